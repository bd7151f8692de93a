//! Latency of all links, by datacentre.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::popover::Popover;
use super::wire::use_page;
use crate::base::Duration;
use crate::playground::api::Command;
use crate::sim::Latency;
use crate::ui::geometry::Point;
use crate::ui::shared::Shared;
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub latencies: Shared<Vec<(String, String, Latency)>>,
}

/// Latencies that the slider goes through, in microseconds. Jitter is a fifth, as between machines of one network.
const LATENCIES: [u64; 12] = [
    100, 200, 400, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
];

#[component]
pub fn Network(props: &Props) -> Html {
    let page = use_page();
    let row = |(one, other, latency): &(String, String, Latency)| {
        let place = LATENCIES
            .iter()
            .rposition(|micros| Duration::from_micros(*micros) <= latency.least)
            .unwrap_or(0);
        let onplace = {
            let (page, between) = (page.clone(), (one.clone(), other.clone()));
            Callback::from(move |place: usize| {
                let least = Duration::from_micros(LATENCIES[place]);
                page.send(Command::SetLatency {
                    between: between.clone(),
                    latency: Latency {
                        least,
                        jitter: least / 5,
                    },
                });
            })
        };
        let label = if one == other {
            format!("within {one}")
        } else {
            format!("{one} to {other}")
        };
        let value = format!(
            "{} + {}",
            words::duration(latency.least),
            words::duration(latency.jitter)
        );
        html! { <Slider {label} {value} {place} last={LATENCIES.len() - 1} {onplace} /> }
    };
    html! {
        <Popover at={Point::new(f64::MAX, 0.0)} role="dialog" label="Network">
            <div class="heading">
                <strong>{ "Network" }</strong><span class="small soft">{ "one way, least + mean jitter" }</span>
            </div>
            <div class="form">
                { for props.latencies.iter().map(row) }
                <p class="small soft">{ "Click a link to cut it, slow it, or lose messages on it." }</p>
            </div>
        </Popover>
    }
}

#[derive(PartialEq, Properties)]
pub struct SliderProps {
    pub label: AttrValue,
    pub value: AttrValue,
    pub place: usize,
    pub last: usize,
    pub onplace: Callback<usize>,
}

/// A slider through a few fixed values, with the value beside its name.
#[component]
pub fn Slider(props: &SliderProps) -> Html {
    let onplace = props.onplace.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(place) = event
            .target_dyn_into::<HtmlInputElement>()
            .and_then(|input| input.value().parse().ok())
        {
            onplace.emit(place);
        }
    });
    html! {
        <label class="field">
            <span class="field-name">
                <span class="small soft">{ &props.label }</span><span class="small code">{ &props.value }</span>
            </span>
            <input class="range" type="range" min="0" max={props.last.to_string()} value={props.place.to_string()}
                aria-valuetext={&props.value} {oninput} />
        </label>
    }
}
