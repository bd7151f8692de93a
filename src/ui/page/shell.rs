//! The shell: which node it talks to, what was said, and the prompt.

use std::collections::VecDeque;

use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

use super::bits::node_mark;
use super::block::BlockView;
use super::icons::{Icon, IconButton, pictogram};
use super::prompt::Prompt;
use super::wire::{Page, use_page};
use crate::base::{Endpoint, RequestId};
use crate::playground::api::{Command, Completion, NodeState, NodeSummary, ShellId};
use crate::ui::samples::{FIRST, SAMPLES, Step};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Session};
use crate::ui::transcript::Transcript;
use crate::ui::words;

/// Pixels from the end at which the transcript still counts as read to its end.
const AT_END: i32 = 48;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
    pub transcript: Shared<Transcript>,
    pub session: Shared<Session>,
    pub nodes: Shared<Vec<NodeSummary>>,
    pub script: Shared<VecDeque<Step>>,
    pub completion: Shared<Option<Completion>>,
    /// The request whose trace is shown.
    pub traced: Option<RequestId>,
}

#[component]
pub fn Shell(props: &Props) -> Html {
    let playing = !props.script.is_empty();
    html! {
        <section class="shell" aria-label="cqlsh">
            <Bar session={props.session.clone()} nodes={props.nodes.clone()} {playing} />
            <Said transcript={props.transcript.clone()} traced={props.traced} ready={props.ready} nodes={props.nodes.len()} {playing} />
            <Prompt session={props.session.clone()} script={props.script.clone()} completion={props.completion.clone()} ready={props.ready}
                transcript={props.transcript.clone()} />
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct BarProps {
    session: Shared<Session>,
    nodes: Shared<Vec<NodeSummary>>,
    playing: bool,
}

#[component]
fn Bar(props: &BarProps) -> Html {
    let page = use_page();
    let coordinator = props.session.coordinator;
    // The choice is what the engine says, whatever the browser keeps selected.
    let select = use_node_ref();
    use_effect({
        let select = select.clone();
        move || {
            if let Some(select) = select.cast::<HtmlSelectElement>() {
                select.set_value(&coordinator.number().to_string());
            }
        }
    });
    let onnode = {
        let page = page.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target_dyn_into::<HtmlSelectElement>()
                .and_then(|select| select.value().parse().ok());
            if let Some(number) = chosen {
                page.send(Command::Connect {
                    shell: ShellId::FIRST,
                    node: Endpoint::nth(number),
                });
            }
        })
    };
    let onsample = {
        let page = page.clone();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else {
                return;
            };
            if let Some(sample) = select.value().parse().ok().and_then(|place: usize| SAMPLES.get(place)) {
                page.act(Action::Play(sample.steps()));
            }
            select.set_value("");
        })
    };
    let interrupt = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| interrupt(&page))
    };
    html! {
        <div class="bar">
            <h2>{ "cqlsh" }</h2>
            <label class="field-inline grow">
                <span class="unseen">{ "Coordinator: the node the shell talks to" }</span>
                { node_mark(coordinator) }
                <select class="select quiet code" ref={select} onchange={onnode} disabled={props.nodes.is_empty()}
                    title="The node the shell talks to: the coordinator">
                    { for props.nodes.iter().map(|node| html! {
                        <option value={node.endpoint.number().to_string()}>
                            { node.endpoint.to_string() }{ if node.state == NodeState::Down { " (down)" } else { "" } }
                        </option>
                    }) }
                </select>
            </label>
            if props.playing || props.session.busy {
                <IconButton icon={Icon::Stop} text="stop" label="Stop: forget what has not begun" onclick={interrupt} />
            }
            <label class="field-inline">
                <span class="unseen">{ "Sample scripts" }</span>
                <select class="select" onchange={onsample} disabled={props.playing || props.nodes.is_empty()}>
                    <option value="" selected={true}>{ "samples" }</option>
                    { for SAMPLES.iter().enumerate().map(|(place, sample)| html! {
                        <option value={place.to_string()}>{ sample.name }</option>
                    }) }
                </select>
            </label>
        </div>
    }
}

pub fn interrupt(page: &Page) {
    page.act(Action::StopScript);
    page.send(Command::Interrupt { shell: ShellId::FIRST });
}

#[derive(PartialEq, Properties)]
struct SaidProps {
    transcript: Shared<Transcript>,
    traced: Option<RequestId>,
    ready: bool,
    nodes: usize,
    playing: bool,
}

#[component]
fn Said(props: &SaidProps) -> Html {
    let element = use_node_ref();
    let read_to_end = use_mut_ref(|| true);
    let onscroll = {
        let (element, read_to_end) = (element.clone(), read_to_end.clone());
        Callback::from(move |_: Event| {
            if let Some(element) = element.cast::<Element>() {
                *read_to_end.borrow_mut() =
                    element.scroll_height() - element.scroll_top() - element.client_height() <= AT_END;
            }
        })
    };
    // What is new is shown to those who read at the end, and does not pull away those who read further up.
    use_effect_with(props.transcript.clone(), {
        let element = element.clone();
        move |_| {
            if let Some(element) = element.cast::<Element>().filter(|_| *read_to_end.borrow()) {
                element.set_scroll_top(element.scroll_height());
            }
        }
    });
    html! {
        <div class="transcript" ref={element} {onscroll} role="log" aria-label="What was said" aria-live="off" tabindex="0">
            if props.transcript.is_empty() && !props.playing { <First ready={props.ready} nodes={props.nodes} /> }
            { for props.transcript.blocks().map(|block| html! {
                <BlockView key={block.number} block={block.clone()} traced={props.traced} />
            }) }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct FirstProps {
    ready: bool,
    nodes: usize,
}

/// Where nothing was said yet: three things to see, each a script of real statements.
#[component]
fn First(props: &FirstProps) -> Html {
    let page = use_page();
    let cluster = if props.nodes > 0 {
        words::counted(props.nodes as u64, "node", "nodes")
    } else {
        "some nodes".into()
    };
    html! {
        <div class="first">
            <p class="lead">{ format!("A cluster of {cluster} runs in this tab. Type CQL below, or begin with one of these:") }</p>
            { for SAMPLES.iter().take(FIRST).map(|sample| {
                let page = page.clone();
                let onclick = Callback::from(move |_: MouseEvent| page.act(Action::Play(sample.steps())));
                html! {
                    <button type="button" class="sample" {onclick} disabled={!props.ready}>
                        { pictogram(Icon::Play) }
                        <span><strong>{ sample.name }</strong><span class="small soft">{ sample.about }</span></span>
                    </button>
                }
            }) }
        </div>
    }
}
