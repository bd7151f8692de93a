//! One node of the ring: its disc, state, load, and what it has to do with the statement.

use yew::prelude::*;

use super::links::focus_link_of;
use super::palette::node_class;
use super::ring::{focus, node_id, px};
use super::wire::use_page;
use crate::playground::api::{NodeState, NodeSummary, StatementSummary};
use crate::ui::geometry::{Layout, Place, Point, Side, arc};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Popover};
use crate::ui::words;

/// The gauge is full at this many bytes of memtables: a quarter of a small heap, where Cassandra would flush.
const FULL_MEMTABLE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub node: NodeSummary,
    pub layout: Shared<Layout>,
    pub statement: Shared<Option<StatementSummary>>,
    pub chosen: bool,
    pub coordinator: bool,
    pub tab_stop: bool,
}

/// What the node does for the statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    Asked,
    Answered,
}

#[component]
pub fn NodeDisc(props: &Props) -> Html {
    let page = use_page();
    let (node, layout) = (&props.node, &props.layout);
    let endpoint = node.endpoint;
    let Some(place) = layout.place(endpoint) else {
        return html! {};
    };
    let (at, disc) = (place.centre, layout.disc);
    let part = part(node, props.statement.as_ref());

    let open = {
        let page = page.clone();
        Callback::from(move |()| {
            page.act(Action::Choose(Some(endpoint)));
            page.act(Action::Popover(Some(Popover::Node(endpoint))));
        })
    };
    let onclick = {
        let open = open.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            open.emit(());
        })
    };
    let onfocus = {
        let page = page.clone();
        Callback::from(move |_: FocusEvent| page.act(Action::Choose(Some(endpoint))))
    };
    let onkeydown = {
        let layout = layout.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = |by: usize| {
                let here = layout
                    .places
                    .iter()
                    .position(|place| place.endpoint == endpoint)
                    .unwrap_or(0);
                node_id(layout.places[(here + by) % layout.places.len()].endpoint)
            };
            match event.key().as_str() {
                "Enter" | " " => {
                    event.prevent_default();
                    open.emit(());
                }
                "ArrowRight" => focus(&event, &step(1)),
                "ArrowLeft" => focus(&event, &step(layout.places.len() - 1)),
                "ArrowDown" | "ArrowUp" => focus_link_of(&event, &layout, endpoint),
                _ => {}
            }
        })
    };

    let state = match node.state {
        NodeState::Up => "up",
        NodeState::Down => "down",
        NodeState::Paused => "paused",
        NodeState::Joining => "joining",
    };
    let part_class = match part {
        Part::None => None,
        Part::Asked => Some("asked"),
        Part::Answered => Some("answered"),
    };
    let chosen = props.chosen.then_some("chosen");
    let class = classes!("node", node_class(endpoint), format!("is-{state}"), part_class, chosen);
    html! {
        <g id={node_id(endpoint)} {class} role="button" tabindex={if props.tab_stop { "0" } else { "-1" }} aria-haspopup="menu"
            aria-label={spoken(node, part, props.coordinator)} {onclick} {onfocus} {onkeydown}>
            <circle class="node-focus" cx={px(at.x)} cy={px(at.y)} r={px(disc + 9.0)} />
            <circle class="node-part" cx={px(at.x)} cy={px(at.y)} r={px(disc + 5.5)} />
            <circle class="node-disc" cx={px(at.x)} cy={px(at.y)} r={px(disc)} />
            { gauge(node, at, disc - 3.5) }
            { face(node.state, endpoint.number(), at, disc) }
            if props.coordinator { { crown(at, disc) } }
            if part == Part::Answered { { answered_badge(at, disc) } }
            { badges(node, at, disc) }
            { labels(node, layout, place) }
        </g>
    }
}

fn part(node: &NodeSummary, statement: Option<&StatementSummary>) -> Part {
    match statement {
        Some(statement) if statement.answered.contains(&node.endpoint) => Part::Answered,
        Some(statement) if statement.replicas.contains(&node.endpoint) => Part::Asked,
        _ => Part::None,
    }
}

fn spoken(node: &NodeSummary, part: Part, coordinator: bool) -> String {
    let mut said = vec![node.endpoint.to_string(), words::node_state(node.state).to_owned()];
    if coordinator {
        said.push("the shell's coordinator".into());
    }
    match part {
        Part::None => {}
        Part::Asked => said.push("replica of the last statement's key".into()),
        Part::Answered => said.push("replica of the last statement's key, has answered".into()),
    }
    if !node.down_for.is_empty() {
        said.push(format!(
            "taken for dead by {}",
            words::counted(node.down_for.len() as u64, "node", "nodes")
        ));
    }
    said.push(format!("{} in memtables", words::bytes(node.memtable_bytes)));
    if node.hints > 0 {
        said.push(words::counted(u64::from(node.hints), "hint kept", "hints kept"));
    }
    if node.queued + node.pending_requests > 0 {
        said.push(format!("{} pending", node.queued + node.pending_requests));
    }
    said.join(", ")
}

/// How full the memtables are, on a scale where a kilobyte shows and a full one is full.
fn gauge(node: &NodeSummary, at: Point, radius: f64) -> Html {
    let bytes = node.memtable_bytes as f64;
    let part = (libm::log2(1.0 + bytes / 64.0) / libm::log2(1.0 + FULL_MEMTABLE_BYTES / 64.0)).min(1.0);
    if part <= 0.0 || node.state == NodeState::Down {
        return html! {};
    }
    html! { <path class="gauge" d={arc(at, radius, 0.0, part * core::f64::consts::TAU)} /> }
}

/// Up nodes show their number; the other states a sign of their own, so that no state is told by colour alone.
fn face(state: NodeState, number: u8, at: Point, disc: f64) -> Html {
    let (x, y, r) = (at.x, at.y, disc * 0.34);
    let sign = match state {
        NodeState::Up => return html! { <text class="node-number" x={px(x)} y={px(y)}>{ number }</text> },
        NodeState::Down => {
            let (left, right, top, bottom) = (x - r, x + r, y - r, y + r);
            format!("M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{right:.1} {top:.1}L{left:.1} {bottom:.1}")
        }
        NodeState::Paused => {
            let (left, right, top) = (x - r * 0.6, x + r * 0.6, y - r);
            format!("M{left:.1} {top:.1}v{0:.1}M{right:.1} {top:.1}v{0:.1}", 2.0 * r)
        }
        NodeState::Joining => format!("M{:.1} {y:.1}h{2:.1}M{x:.1} {:.1}v{2:.1}", x - r, y - r, 2.0 * r),
    };
    html! { <path class="node-sign" d={sign} /> }
}

fn crown(at: Point, disc: f64) -> Html {
    let (x, y) = (at.x - disc * 0.78, at.y - disc * 0.78);
    html! {
        <g class="badge crown">
            <circle cx={px(x)} cy={px(y)} r="9" />
            <path d={format!("M{:.1} {:.1}l-1-6.2 2.9 2.7 2.6-3.8 2.6 3.800 2.9-2.7-1 6.200z", x - 4.5, y + 3.6)} />
        </g>
    }
}

fn answered_badge(at: Point, disc: f64) -> Html {
    let (x, y) = (at.x + disc * 0.78, at.y - disc * 0.78);
    html! {
        <g class="badge answered-badge">
            <circle cx={px(x)} cy={px(y)} r="8" />
            <path d={format!("M{:.1} {:.1}l2.5 2.8 4.7-5.4", x - 3.6, y + 0.2)} />
        </g>
    }
}

/// Hints kept for others, and work that waits: only where there are any.
fn badges(node: &NodeSummary, at: Point, disc: f64) -> Html {
    let pending = node.queued + node.pending_requests;
    let badge = |x: f64, sign: &'static str, count: u32, means: String| {
        let (x, y) = (at.x + x, at.y + disc * 0.72);
        let text = format!("{sign}{}", if count > 999 { "999+".into() } else { count.to_string() });
        let half = 5.0 + 3.6 * text.chars().count() as f64;
        html! {
            <g class="badge">
                <rect x={px(x - half)} y={px(y - 8.0)} width={px(2.0 * half)} height="16" rx="8" />
                <text class="small-text" x={px(x)} y={px(y)}>{ text }</text>
                <title>{ means }</title>
            </g>
        }
    };
    html! {
        <>
            if node.hints > 0 {
                { badge(-disc * 0.86, "▲", node.hints, words::counted(u64::from(node.hints), "hint for others", "hints for others")) }
            }
            if pending > 0 {
                { badge(disc * 0.86, "", pending, words::counted(u64::from(pending), "request pending", "requests pending")) }
            }
        </>
    }
}

fn labels(node: &NodeSummary, layout: &Layout, place: &Place) -> Html {
    let name = if layout.long_labels {
        node.endpoint.to_string()
    } else {
        format!(".{}", node.endpoint.number())
    };
    let seen_down = node.down_for.len();
    let state = match (node.state, seen_down) {
        (NodeState::Up, 0) => words::bytes(node.memtable_bytes + node.commit_log_bytes),
        (state, 0) => words::node_state(state).to_owned(),
        (NodeState::Up, n) => format!("up, dead to {n}"),
        // Below a disc there is room for a word or two.
        (state, _) if matches!(place.side, Side::Above | Side::Below) => words::node_state(state).to_owned(),
        (state, n) => format!("{}, known to {n}", words::node_state(state)),
    };
    let two = layout.label_lines > 1;
    let (x, y) = (place.label.x, place.label.y);
    let (anchor, first) = match place.side {
        Side::Right => ("start", if two { y - 3.0 } else { y + 5.0 }),
        Side::Left => ("end", if two { y - 3.0 } else { y + 5.0 }),
        Side::Above => ("middle", if two { y - 20.0 } else { y - 4.0 }),
        Side::Below => ("middle", y + 11.0),
    };
    html! {
        <>
            <text class="node-name code-text" x={px(x)} y={px(first)} text-anchor={anchor}>{ name }</text>
            if two { <text class="node-state small-text" x={px(x)} y={px(first + 16.0)} text-anchor={anchor}>{ state }</text> }
        </>
    }
}
