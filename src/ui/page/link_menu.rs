//! What can be done to a link: both directions at once, or one.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::bits::node_name;
use super::links::describe;
use super::network::Slider;
use super::popover::Popover;
use super::wire::use_page;
use crate::base::{Duration, Endpoint};
use crate::playground::api::Command;
use crate::sim::{LinkFaults, Ppm};
use crate::ui::geometry::Point;
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub one: Endpoint,
    pub other: Endpoint,
    pub there: LinkFaults,
    pub back: LinkFaults,
    pub at: Point,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Both,
    There,
    Back,
}

/// Added latencies that the slider goes through, in milliseconds.
const DELAYS_MS: [u64; 12] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 3_000];
/// Parts of messages lost that the slider goes through, in percent.
const LOSSES_PERCENT: [u32; 10] = [0, 1, 2, 5, 10, 20, 30, 50, 75, 90];

#[component]
pub fn LinkMenu(props: &Props) -> Html {
    let page = use_page();
    let way = use_state_eq(|| Way::Both);
    let shown = if *way == Way::Back { props.back } else { props.there };
    let set = {
        let (page, way, one, other) = (page.clone(), *way, props.one, props.other);
        Callback::from(move |faults: LinkFaults| {
            if way != Way::Back {
                page.send(Command::SetLink {
                    from: one,
                    to: other,
                    faults,
                });
            }
            if way != Way::There {
                page.send(Command::SetLink {
                    from: other,
                    to: one,
                    faults,
                });
            }
        })
    };
    let onway = {
        let way = way.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target_dyn_into::<HtmlSelectElement>()
                .map(|select| select.value());
            way.set(match chosen.as_deref() {
                Some("there") => Way::There,
                Some("back") => Way::Back,
                _ => Way::Both,
            });
        })
    };
    let oncut = {
        let set = set.clone();
        Callback::from(move |event: Event| {
            let cut = event
                .target_dyn_into::<HtmlInputElement>()
                .is_some_and(|input| input.checked());
            set.emit(LinkFaults { cut, ..shown });
        })
    };
    let ondelay = set.reform(move |place: usize| LinkFaults {
        extra_latency: Duration::from_millis(DELAYS_MS[place]),
        ..shown
    });
    let onloss = set.reform(move |place: usize| LinkFaults {
        loss: Ppm::percent(LOSSES_PERCENT[place]),
        ..shown
    });
    let heal = set.reform(|_: MouseEvent| LinkFaults::NONE);
    let delay = DELAYS_MS
        .iter()
        .rposition(|ms| Duration::from_millis(*ms) <= shown.extra_latency)
        .unwrap_or(0);
    let loss = LOSSES_PERCENT
        .iter()
        .rposition(|percent| Ppm::percent(*percent) <= shown.loss)
        .unwrap_or(0);
    let (one, other) = (props.one, props.other);
    html! {
        <Popover at={props.at} role="dialog" label={format!("Link between {one} and {other}")}>
            <div class="heading">
                { node_name(one) }{ node_name(other) }
            </div>
            <div class="form">
                <label class="field">
                    <span class="small soft">{ "direction" }</span>
                    <select class="select" onchange={onway}>
                        <option value="both" selected={*way == Way::Both}>{ "both ways" }</option>
                        <option value="there" selected={*way == Way::There}>{ format!("{one} → {other}") }</option>
                        <option value="back" selected={*way == Way::Back}>{ format!("{other} → {one}") }</option>
                    </select>
                </label>
                <label class="check">
                    <input type="checkbox" checked={shown.cut} onchange={oncut} />{ "cut: nothing gets through" }
                </label>
                <Slider label="slower by" value={words::duration(shown.extra_latency)} place={delay} last={DELAYS_MS.len() - 1}
                    onplace={ondelay} />
                <Slider label="messages lost" value={format!("{} %", LOSSES_PERCENT[loss])} place={loss}
                    last={LOSSES_PERCENT.len() - 1} onplace={onloss} />
                <button type="button" class="button lined" onclick={heal} disabled={shown == LinkFaults::NONE}>
                    { "make it whole" }
                </button>
                <p class="small soft">
                    { format!("{one} → {other}: {}", describe(&props.there)) }<br />
                    { format!("{other} → {one}: {}", describe(&props.back)) }
                </p>
            </div>
        </Popover>
    }
}
