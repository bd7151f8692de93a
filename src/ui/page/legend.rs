//! What the shapes of messages and the signs of nodes mean; also where gossip is hidden.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::popover::Popover;
use super::wire::use_page;
use crate::event::MessageKind;
use crate::ui::geometry::Point;
use crate::ui::glyph::{KINDS, path};
use crate::ui::state::Action;
use crate::ui::words;

/// Shape, whether hollow, and meaning.
const SIGNS: [(&str, bool, &str); 4] = [
    (
        "M2 13l-1-8 4 3.5 3-5 3 5 4-3.5-1 8z",
        false,
        "the shell talks to this node",
    ),
    (
        "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12",
        true,
        "has answered as a replica of the key",
    ),
    ("M8 3l5.5 9.500h-11z", false, "with a number: hints kept for others"),
    ("M3 8a5 5 0 0 1 5-5", true, "within a disc: how full its memtables are"),
];

#[derive(PartialEq, Properties)]
pub struct Props {
    pub gossip: bool,
}

#[component]
pub fn Legend(props: &Props) -> Html {
    let page = use_page();
    let ongossip = Callback::from(move |event: Event| {
        let shown = event
            .target_dyn_into::<HtmlInputElement>()
            .is_some_and(|input| input.checked());
        page.act(Action::Gossip(shown));
    });
    let sign = |kind: MessageKind, hollow: bool| {
        let faint = (kind == MessageKind::Gossip).then_some("faint");
        let class = classes!("glyph", hollow.then_some("hollow"), faint);
        html! { <svg {class} viewBox="0 0 16 16" aria-hidden="true"><path d={path(kind, 8.0, 8.0)} /></svg> }
    };
    html! {
        <Popover at={Point::new(f64::MAX, 0.0)} role="dialog" label="Messages">
            <div class="heading"><strong>{ "Messages" }</strong></div>
            <div class="form">
                <p class="small soft">{ "Filled asks, hollow answers, a cross is where one was lost." }</p>
                <ul class="legend">
                    { for KINDS.iter().map(|kind| {
                        let answers = !matches!(kind, MessageKind::Gossip | MessageKind::Failure);
                        let hollow = answers.then(|| sign(*kind, true));
                        html! { <li>{ sign(*kind, false) }{ hollow }<span>{ words::kind(*kind) }</span></li> }
                    }) }
                </ul>
                <label class="check"><input type="checkbox" checked={props.gossip} onchange={ongossip} />{ "show gossip" }</label>
                <ul class="legend signs">
                    { for SIGNS.iter().map(|(shape, hollow, meaning)| html! {
                        <li>
                            <svg class={classes!("glyph", hollow.then_some("hollow"))} viewBox="0 0 16 16" aria-hidden="true">
                                <path d={*shape} />
                            </svg>
                            <span>{ *meaning }</span>
                        </li>
                    }) }
                </ul>
            </div>
        </Popover>
    }
}
