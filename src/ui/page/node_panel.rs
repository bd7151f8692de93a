//! A node's own view: who it thinks is up, and what its storage holds.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::bits::{heads, node_mark, node_name};
use super::brought::{picker, shelf};
use super::sstable::Sstable;
use super::storage::Storage;
use super::wire::use_page;
use crate::base::Endpoint;
use crate::node::{Inspected, NodeView, SstableRef, Subject};
use crate::playground::api::{BroughtSstable, NodeState, NodeSummary};
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub node: Shared<Option<NodeView>>,
    pub nodes: Shared<Vec<NodeSummary>>,
    pub viewed: Endpoint,
    pub inspected: Shared<Option<Inspected>>,
    pub subject: Option<Subject>,
    pub brought: Shared<Vec<BroughtSstable>>,
}

#[component]
pub fn NodePanel(props: &Props) -> Html {
    let page = use_page();
    let viewed = props.viewed;
    let pick = picker(&page);
    let books = (!props.brought.is_empty()).then(|| {
        html! { <section class="card"><h3>{ "from files" }</h3>{ shelf(&page, &props.brought, None) }</section> }
    });
    let onchange = Callback::from(move |event: Event| {
        let chosen = event
            .target_dyn_into::<HtmlSelectElement>()
            .and_then(|select| select.value().parse().ok());
        page.act(Action::Choose(chosen.map(Endpoint::nth)));
    });
    let view = props.node.as_ref().filter(|view| view.endpoint == viewed);
    html! {
        <>
            <div class="panel-bar">
                <label class="field-inline">
                    <span class="small soft">{ "node" }</span>{ node_mark(viewed) }
                    <select class="select code" {onchange}>
                        { for props.nodes.iter().map(|node| html! {
                            <option value={node.endpoint.number().to_string()} selected={node.endpoint == viewed}>
                                { node.endpoint.to_string() }
                            </option>
                        }) }
                    </select>
                </label>
                if let Some(view) = view {
                    <span class="small soft">
                        { format!("{}, generation {}, schema {}", view.mode, view.generation, view.schema_version) }
                    </span>
                }
                { pick }
            </div>
            <div class="scroll" tabindex="0">
                if let Some(subject) = props.subject.as_ref().filter(|it| view.is_some() || is_brought(it)) {
                    <Sstable of={viewed} subject={subject.clone()} inspected={props.inspected.clone()} brought={props.brought.clone()} />
                } else if let Some(view) = view {
                    <div class="cards">
                        <Peers view={view.clone()} nodes={props.nodes.clone()} />
                        <Work view={view.clone()} />
                        { for books }
                        <Storage of={viewed} inspected={props.inspected.clone()} />
                    </div>
                } else {
                    <p class="empty soft">{ format!("{viewed} is down: it has no view of anything.") }</p>
                }
            </div>
        </>
    }
}

fn is_brought(subject: &Subject) -> bool {
    matches!(subject.sstable(), Some(SstableRef::Brought(_)))
}

#[derive(PartialEq, Properties)]
struct PeersProps {
    view: NodeView,
    nodes: Shared<Vec<NodeSummary>>,
}

/// Like `nodetool status` on that node: views differ, and that is shown.
#[component]
fn Peers(props: &PeersProps) -> Html {
    let view = &props.view;
    html! {
        <section class="card">
            <h3>{ format!("the cluster as {} sees it", view.endpoint) }</h3>
            <table class="plain">
                { heads(&["", "address", "status", "#phi", "#heartbeat"]) }
                <tbody>
                    { for view.peers.iter().map(|peer| {
                        let really = props.nodes.iter().find(|node| node.endpoint == peer.endpoint);
                        let down = really.is_some_and(|node| node.state == NodeState::Down);
                        let wrong = really.is_some() && down == peer.alive && peer.endpoint != view.endpoint;
                        html! {
                            <tr>
                                <td class="code">{ status_letters(peer.alive, &peer.status) }</td>
                                <td>{ node_name(peer.endpoint) }</td>
                                <td>
                                    { &peer.status }
                                    if wrong { <span class="small warn">{ " (it does not know better yet)" }</span> }
                                </td>
                                <td class="number code" title="How sure it is that the peer is dead; 8 is enough">
                                    { format!("{:.2}", peer.phi) }
                                </td>
                                <td class="number code" title={format!("generation {}", peer.generation)}>{ peer.heartbeat }</td>
                            </tr>
                        }
                    }) }
                </tbody>
            </table>
        </section>
    }
}

/// U or D, and N, J, L or M, as `nodetool status` has them.
fn status_letters(alive: bool, status: &str) -> String {
    let state = match status {
        "JOINING" | "BOOT" => 'J',
        "LEAVING" => 'L',
        "MOVING" => 'M',
        _ => 'N',
    };
    format!("{}{state}", if alive { 'U' } else { 'D' })
}

#[derive(PartialEq, Properties)]
struct WorkProps {
    view: NodeView,
}

/// What waits: bytes for a sync, requests for answers, hints for their nodes.
#[component]
fn Work(props: &WorkProps) -> Html {
    let view = &props.view;
    let log = &view.commit_log;
    html! {
        <>
            <section class="card">
                <h3>{ "under way" }</h3>
                <dl class="facts">
                    <dt title="A crash now would lose this">{ "not synced" }</dt><dd>{ words::bytes(log.unsynced_bytes) }</dd>
                    <dt>{ "requests" }</dt><dd>{ view.pending_requests }</dd>
                </dl>
            </section>
            <section class="card">
                <h3>{ "hints it keeps" }</h3>
                if view.hints.is_empty() { <p class="small soft">{ "None: every replica it wrote to has answered." }</p> } else {
                    <table class="plain">
                        { heads(&["for", "#hints", "#size", "oldest"]) }
                        <tbody>
                            { for view.hints.iter().map(|hint| html! {
                                <tr>
                                    <td>{ node_name(hint.target) }</td>
                                    <td class="number">{ hint.count }</td><td class="number">{ words::bytes(hint.bytes) }</td>
                                    <td class="code">{ hint.oldest.map(|at| at.to_string()).unwrap_or_default() }</td>
                                </tr>
                            }) }
                        </tbody>
                    </table>
                }
            </section>
        </>
    }
}
