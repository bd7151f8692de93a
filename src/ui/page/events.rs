//! The event log: what happened, newest at the end. Only the lines in view are in the document.

use std::collections::VecDeque;
use std::rc::Rc;

use web_sys::{Element, HtmlElement, HtmlSelectElement};
use yew::prelude::*;

use super::bits::node_mark;
use super::hooks::use_size;
use super::wire::use_page;
use crate::event::{MessageKind, What};
use crate::playground::api::LogEntry;
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Tab};
use crate::ui::words;

/// Height of a line, as `drawer.css` sets it.
const LINE: f64 = 24.0;
/// Lines drawn beyond either edge, so that scrolling shows no gap.
const SPARE: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Notable,
    Messages,
    WithoutMessages,
}

impl Filter {
    const ALL: [(Filter, &str, &str); 4] = [
        (Filter::Notable, "notable", "what is notable"),
        (Filter::WithoutMessages, "acts", "all but messages"),
        (Filter::Messages, "messages", "messages"),
        (Filter::All, "all", "all but gossip"),
    ];

    fn lets(self, entry: &LogEntry) -> bool {
        let verb = match &entry.what {
            What::MessageSent { verb, .. } | What::MessageReceived { verb, .. } | What::MessageDropped { verb, .. } => {
                Some(*verb)
            }
            _ => None,
        };
        let gossip = verb.is_some_and(|verb| verb.kind() == MessageKind::Gossip);
        match self {
            Filter::All => !gossip,
            Filter::Notable => entry.notable,
            Filter::Messages => verb.is_some() && !gossip,
            Filter::WithoutMessages => verb.is_none(),
        }
    }
}

#[derive(PartialEq, Properties)]
pub struct Props {
    pub log: Shared<VecDeque<Rc<LogEntry>>>,
    pub unlisted: u64,
}

#[component]
pub fn Events(props: &Props) -> Html {
    let page = use_page();
    let filter = use_state_eq(|| Filter::WithoutMessages);
    let element = use_node_ref();
    let (_, height) = use_size(element.clone()).unwrap_or((0.0, 240.0));
    let top = use_state_eq(|| 0.0);
    let at_end = use_mut_ref(|| true);
    let shown = use_memo((props.log.clone(), *filter), |(log, filter)| {
        log.iter()
            .filter(|entry| filter.lets(entry))
            .cloned()
            .collect::<Vec<_>>()
    });
    let onscroll = {
        let (element, top, at_end) = (element.clone(), top.clone(), at_end.clone());
        Callback::from(move |_: Event| {
            if let Some(element) = element.cast::<Element>() {
                top.set(f64::from(element.scroll_top()));
                *at_end.borrow_mut() =
                    element.scroll_height() - element.scroll_top() - element.client_height() <= LINE as i32;
            }
        })
    };
    let first = ((*top / LINE) as usize).saturating_sub(SPARE).min(shown.len());
    let last = (first + (height / LINE) as usize + 2 * SPARE + 1).min(shown.len());
    use_effect_with((shown.len(), first), {
        let element = element.clone();
        move |_| {
            if let Some(element) = element.cast::<HtmlElement>().filter(|_| *at_end.borrow()) {
                element.set_scroll_top(element.scroll_height());
            }
        }
    });
    let onfilter = {
        let filter = filter.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target_dyn_into::<HtmlSelectElement>()
                .map(|select| select.value());
            let found = Filter::ALL
                .iter()
                .find(|(_, value, _)| Some(*value) == chosen.as_deref());
            filter.set(found.map_or(Filter::All, |(filter, _, _)| *filter));
        })
    };
    // The room of lines that are not in the document; a style attribute could not say it, an SVG's height can.
    let spacer = |lines: usize| {
        let height = (lines as f64 * LINE).to_string();
        html! { <svg class="spacer" width="1" {height} aria-hidden="true" /> }
    };
    let option = |(value, name, text): &(Filter, &'static str, &'static str)| {
        html! { <option value={*name} selected={*value == *filter}>{ *text }</option> }
    };
    html! {
        <>
            <div class="panel-bar">
                <label class="field-inline"><span class="small soft">{ "show" }</span>
                    <select class="select" onchange={onfilter}>
                        { for Filter::ALL.iter().map(option) }
                    </select>
                </label>
                <span class="small soft">{ words::counted(shown.len() as u64, "event", "events") }
                    if props.unlisted > 0 { { format!("; {} came too fast to be listed", props.unlisted) } }
                </span>
            </div>
            <div class="scroll" ref={element} {onscroll} tabindex="0" role="log" aria-live="off" aria-label="Events">
                if shown.is_empty() { <p class="empty soft">{ "Nothing of this kind has happened yet." }</p> }
                { spacer(first) }
                <ol class="events">
                    { for shown[first..last].iter().enumerate().map(|(place, entry)| {
                        let onclick = entry.cause.map(|request| {
                            let page = page.clone();
                            Callback::from(move |_: MouseEvent| {
                                page.act(Action::Trace(Some(request)));
                                page.act(Action::Tab(Tab::Timeline));
                            })
                        });
                        html! {
                            <li key={first + place} class={classes!("event", entry.notable.then_some("notable"))}>
                                <span class="code soft">{ entry.at.to_string() }</span>
                                { node_mark(entry.node) }
                                <span class="event-text" title={entry.text.clone()}>{ &entry.text }</span>
                                if let Some(onclick) = onclick {
                                    <button type="button" class="button link" {onclick} title="The trace of the statement it was done for">
                                        { "trace" }
                                    </button>
                                }
                            </li>
                        }
                    }) }
                </ol>
                { spacer(shown.len() - last) }
            </div>
        </>
    }
}
