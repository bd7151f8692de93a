//! The ring in SVG: token ranges in the colour of their owner, links, node discs, and the mark of the statement's key.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};
use yew::prelude::*;

use super::node_disc::NodeDisc;
use super::palette::node_class;
use super::wire::use_page;
use crate::base::Endpoint;
use crate::playground::api::StatementSummary;
use crate::sim::LinkFaults;
use crate::ui::geometry::{BAND, Layout, Point, arc};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Cluster, Popover};
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub layout: Shared<Layout>,
    pub cluster: Cluster,
    pub statement: Shared<Option<StatementSummary>>,
    pub chosen: Option<Endpoint>,
    pub coordinator: Endpoint,
}

#[component]
pub fn Ring(props: &Props) -> Html {
    let layout = &props.layout;
    let view_box = format!("0 0 {} {}", layout.width, layout.height);
    let first = layout.places.first().map(|place| place.endpoint);
    let tab_stop = props.chosen.filter(|chosen| layout.place(*chosen).is_some()).or(first);
    html! {
        <svg class="ring" viewBox={view_box} width={layout.width.to_string()} height={layout.height.to_string()} role="group"
            aria-label="The ring: nodes and the links between them">
            <Ranges layout={layout.clone()} ranges={props.cluster.ranges.clone()} />
            { for groups(layout) }
            { for key_mark(layout, props.statement.as_ref()) }
            <Links layout={layout.clone()} cluster={props.cluster.clone()} />
            { for layout.places.iter().filter_map(|place| {
                let node = props.cluster.node(place.endpoint)?.clone();
                Some(html! {
                    <NodeDisc key={place.endpoint.number()} {node} layout={layout.clone()} statement={props.statement.clone()}
                        chosen={props.chosen == Some(place.endpoint)} coordinator={props.coordinator == place.endpoint}
                        tab_stop={tab_stop == Some(place.endpoint)} />
                })
            }) }
        </svg>
    }
}

#[derive(PartialEq, Properties)]
struct RangesProps {
    layout: Shared<Layout>,
    ranges: Shared<Vec<crate::playground::api::RangeOwner>>,
}

#[component]
fn Ranges(props: &RangesProps) -> Html {
    html! {
        <g class="ranges" aria-hidden="true">
            { for props.ranges.iter().map(|range| html! {
                <path class={classes!("token-range", node_class(range.primary))} d={props.layout.range(range.from, range.to)}>
                    <title>{ format!("{}: tokens after {} up to {}", range.primary, range.from, range.to) }</title>
                </path>
            }) }
        </g>
    }
}

/// Datacentres by name, where there is more than one.
fn groups(layout: &Layout) -> Vec<Html> {
    if layout.groups.len() < 2 {
        return Vec::new();
    }
    let radius = layout.radius - BAND - 10.0;
    let group = |group: &crate::ui::geometry::Group| {
        let middle = (group.from + group.to) / 2.0;
        let at = layout.on_circle(radius - 44.0, middle);
        html! {
            <g class="group" aria-hidden="true">
                <path class="group-arc" d={arc(layout.centre, radius, group.from - 0.12, group.to + 0.12)} />
                <text class="small-text soft-text" x={px(at.x)} y={px(at.y)}>{ &group.datacenter }</text>
            </g>
        }
    };
    layout.groups.iter().map(group).collect()
}

/// A pin at the token of the key that the last statement is about, with the key beside it.
fn key_mark(layout: &Layout, statement: Option<&StatementSummary>) -> Option<Html> {
    let statement = statement?;
    let token = statement.token?;
    let (tip, base) = (layout.at_token(token, 1.0), layout.at_token(token, 9.0));
    let (x, y) = ((base.x - tip.x) / 8.0, (base.y - tip.y) / 8.0);
    let pin = format!(
        "M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
        tip.x,
        tip.y,
        base.x - y * 5.0,
        base.y + x * 5.0,
        base.x + y * 5.0,
        base.y - x * 5.0
    );
    let label = layout.at_token(token, 14.0);
    let side = if label.x > layout.centre.x { "end" } else { "start" };
    let key = statement
        .partition
        .as_ref()
        .map_or_else(|| token.to_string(), |partition| partition.key.clone());
    Some(html! {
        <g class={classes!("key-mark", statement.took.is_none().then_some("busy"))}>
            <path d={pin} />
            <text class="small-text code-text" x={px(label.x)} y={px(label.y + 4.0)} text-anchor={side}>{ shorten(&key) }</text>
            <title>{ format!("key {key}, token {token}") }</title>
        </g>
    })
}

/// As much of a key as fits beside the ring.
fn shorten(key: &str) -> String {
    const LONGEST: usize = 18;
    if key.chars().count() <= LONGEST {
        key.to_owned()
    } else {
        format!("{}…", key.chars().take(LONGEST - 1).collect::<String>())
    }
}

/// With more nodes than this the sound links are drawn fainter.
const MANY_NODES: usize = 6;

#[derive(PartialEq, Properties)]
struct LinksProps {
    layout: Shared<Layout>,
    cluster: Cluster,
}

#[component]
fn Links(props: &LinksProps) -> Html {
    let page = use_page();
    let places = &props.layout.places;
    let pairs = places
        .iter()
        .enumerate()
        .flat_map(|(i, one)| places[i + 1..].iter().map(move |other| (one.endpoint, other.endpoint)));
    let link = |(one, other): (Endpoint, Endpoint)| {
        let (a, b) = props.layout.link(one, other)?;
        let open = {
            let page = page.clone();
            Callback::from(move |()| page.act(Action::Popover(Some(Popover::Link(one, other)))))
        };
        let onclick = {
            let open = open.clone();
            Callback::from(move |event: MouseEvent| {
                event.stop_propagation();
                open.emit(());
            })
        };
        let onkeydown = Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" | " " => {
                event.prevent_default();
                open.emit(());
            }
            // Up and Down walk through the links of the node, left and right go back to the nodes at the ends.
            "ArrowLeft" => focus(&event, &node_id(one)),
            "ArrowRight" => focus(&event, &node_id(other)),
            "ArrowDown" => focus_sibling(&event, true),
            "ArrowUp" => focus_sibling(&event, false),
            _ => {}
        });
        let both = [(one, other), (other, one)].map(|(from, to)| (from, to, props.cluster.faults(from, to)));
        let wrong: Vec<String> = both
            .iter()
            .filter(|(_, _, faults)| *faults != LinkFaults::NONE)
            .map(|(from, to, faults)| format!("from {from} to {to} {}", describe(faults)))
            .collect();
        let state = if wrong.is_empty() {
            "sound".to_owned()
        } else {
            wrong.join(", ")
        };
        let whole = both.iter().all(|(_, _, faults)| *faults == LinkFaults::NONE);
        Some(html! {
            <g key={link_id(one, other)} class="link" id={link_id(one, other)} role="button" tabindex="-1" {onclick} {onkeydown} aria-haspopup="dialog"
                aria-label={format!("Link between {one} and {other}: {state}")}>
                { segment("link-hit", a, b) }
                { segment("link-focus", a, b) }
                if whole { { segment("link-line", a, b) } } else { { for both.iter().filter_map(|(from, to, faults)| faulty(&props.layout, *from, *to, faults)) } }
                <title>{ format!("{one} – {other}: {state}") }</title>
            </g>
        })
    };
    let many = (places.len() > MANY_NODES).then_some("many");
    html! { <g class={classes!("links", many)}>{ for pairs.filter_map(link) }</g> }
}

/// One direction of a link with something done to it; the sound direction beside it stays a plain line.
fn faulty(layout: &Layout, from: Endpoint, to: Endpoint, faults: &LinkFaults) -> Option<Html> {
    let (a, b) = layout.lane(from, to)?;
    let middle = a.towards(b, 0.5);
    if *faults == LinkFaults::NONE {
        return Some(segment("link-line", a, b));
    }
    if faults.cut {
        let cross = format!("M{:.1} {:.1}l10 10m0-10l-10 10", middle.x - 5.0, middle.y - 5.0);
        return Some(html! {
            <g class="link-cut">{ segment("", a, a.towards(b, 0.42)) }{ segment("", a.towards(b, 0.58), b) }<path d={cross} /></g>
        });
    }
    Some(html! {
        <g class={if faults.loss.parts() > 0 { "link-lossy" } else { "link-slow" }}>
            { segment("", a, b) }
            <text class="small-text link-text" x={px(middle.x)} y={px(middle.y - 6.0)}>{ describe(faults) }</text>
        </g>
    })
}

pub fn describe(faults: &LinkFaults) -> String {
    let mut said = Vec::new();
    if faults.cut {
        said.push("cut".to_owned());
    }
    if !faults.extra_latency.is_zero() {
        said.push(format!("+{}", words::duration(faults.extra_latency)));
    }
    if faults.loss.parts() > 0 {
        said.push(format!("{} % lost", f64::from(faults.loss.parts()) / 10_000.0));
    }
    if said.is_empty() {
        "sound".into()
    } else {
        said.join(", ")
    }
}

fn segment(class: &'static str, a: Point, b: Point) -> Html {
    html! { <line class={class} x1={px(a.x)} y1={px(a.y)} x2={px(b.x)} y2={px(b.y)} /> }
}

/// A length for SVG: a tenth of a pixel is finer than any screen needs.
pub fn px(length: f64) -> String {
    format!("{length:.1}")
}

pub fn node_id(endpoint: Endpoint) -> String {
    format!("node-{endpoint}")
}

fn link_id(one: Endpoint, other: Endpoint) -> String {
    format!("link-{one}-{other}")
}

pub fn focus(event: &KeyboardEvent, id: &str) {
    event.prevent_default();
    let element = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element {
        // An SVG element takes the focus as an HTML one does; that it does not is no harm.
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

fn focus_sibling(event: &KeyboardEvent, next: bool) {
    let here = event
        .current_target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let there = here.and_then(|here| {
        if next {
            here.next_element_sibling()
        } else {
            here.previous_element_sibling()
        }
    });
    if let Some(there) = there {
        focus(event, &there.id());
    }
}

/// The first link at a node, for the way from nodes to links.
pub fn focus_link_of(event: &KeyboardEvent, layout: &Layout, endpoint: Endpoint) {
    let other = layout
        .places
        .iter()
        .map(|place| place.endpoint)
        .find(|other| *other != endpoint);
    if let Some(other) = other {
        let before = |node: Endpoint| layout.places.iter().position(|place| place.endpoint == node);
        let (one, other) = if before(endpoint) < before(other) {
            (endpoint, other)
        } else {
            (other, endpoint)
        };
        focus(event, &link_id(one, other));
    }
}
