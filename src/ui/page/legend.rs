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
        html! { <svg class={classes!("glyph", hollow.then_some("hollow"), (kind == MessageKind::Gossip).then_some("faint"))} viewBox="0 0 16 16" aria-hidden="true"><path d={path(kind, 8.0, 8.0)} /></svg> }
    };
    html! {
        <Popover at={Point::new(f64::MAX, 0.0)} role="dialog" label="Messages">
            <div class="heading"><strong>{ "Messages" }</strong></div>
            <div class="form">
                <p class="small soft">{ "Filled asks, hollow answers, a cross is where one was lost." }</p>
                <ul class="legend">
                    { for KINDS.iter().map(|kind| html! {
                        <li>{ sign(*kind, false) }if *kind != MessageKind::Gossip && *kind != MessageKind::Failure { { sign(*kind, true) } }<span>{ words::kind(*kind) }</span></li>
                    }) }
                </ul>
                <label class="check"><input type="checkbox" checked={props.gossip} onchange={ongossip} />{ "show gossip" }</label>
                <ul class="legend signs">
                    <li><svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d="M2 13l-1-8 4 3.500 3-5 3 5 4-3.500-1 8z" /></svg><span>{ "the shell's coordinator" }</span></li>
                    <li><svg class="glyph hollow" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" /></svg><span>{ "replica of the key" }</span></li>
                    <li><svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 3l5.500 9.500h-11z" /></svg><span>{ "▲n hints kept for others" }</span></li>
                </ul>
            </div>
        </Popover>
    }
}
