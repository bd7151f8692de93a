//! What stands above the timeline: what it shows, and how near.

use yew::prelude::*;

use super::icons::{Icon, IconButton};
use super::wire::use_page;
use crate::base::{Instant, RequestId};
use crate::ui::plot::Look;
use crate::ui::state::Action;
use crate::ui::words;

/// How much nearer or farther a button or key brings what is shown.
pub const ZOOM: f64 = 1.5;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub look: UseStateHandle<Look>,
    /// One statement is shown, and not the run.
    pub statement: bool,
    pub last: Option<RequestId>,
    pub left_out: u32,
    pub gossip: bool,
    /// Where the stretch before this one ends.
    pub earlier: Option<Instant>,
    /// This is not the run's last stretch.
    pub looks_back: bool,
}

#[component]
pub fn TimelineBar(props: &Props) -> Html {
    let page = use_page();
    let look = &props.look;
    let set = |new: Look| {
        let look = look.clone();
        Callback::from(move |_: MouseEvent| look.set(new))
    };
    let show = |request: Option<RequestId>| {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| page.act(Action::Trace(request)))
    };
    let go = |to: Option<Instant>| {
        let (page, look) = (page.clone(), look.clone());
        Callback::from(move |_: MouseEvent| {
            page.act(Action::TimelineTo(to));
            look.set(Look { from: None, ..*look });
        })
    };
    let gossip = {
        let (page, shown) = (page.clone(), props.gossip);
        Callback::from(move |_: MouseEvent| page.act(Action::GossipLanes(!shown)))
    };
    let choice = |name: &'static str, chosen: bool, request: Option<RequestId>, disabled: bool| {
        html! {
            <button type="button" class="button" role="radio" data-label={name} aria-checked={chosen.to_string()} {disabled}
                onclick={show(request)}>{ name }</button>
        }
    };
    html! {
        <div class="panel-bar">
            <div class="segments" role="radiogroup" aria-label="what is shown">
                { choice("the run", !props.statement, None, false) }
                { choice("one statement", props.statement, props.last, props.last.is_none() && !props.statement) }
            </div>
            if !props.statement {
                <IconButton icon={Icon::Minus} label="Zoom out (−)" onclick={set(look.scaled(1.0 / ZOOM))} />
                <IconButton icon={Icon::Plus} label="Zoom in (+)" onclick={set(look.scaled(ZOOM))} />
                <button type="button" class="button" aria-pressed={props.gossip.to_string()} onclick={gossip}>{ "gossip" }</button>
                if look.from.is_some() || props.looks_back {
                    <button type="button" class="button link" onclick={go(None)}>{ "follow the run" }</button>
                }
            }
            if props.left_out > 0 {
                <span class="small soft">
                    { format!("{} not drawn", words::counted(u64::from(props.left_out), "older message", "older messages")) }
                </span>
                if let (false, Some(earlier)) = (props.statement, props.earlier) {
                    <button type="button" class="button link" onclick={go(Some(earlier))}>{ "go back to them" }</button>
                }
            }
        </div>
    }
}
