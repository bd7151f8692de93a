//! The links between nodes, and what is done to them.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::ring::{focus, node_id, px};
use super::wire::use_page;
use crate::base::Endpoint;
use crate::sim::LinkFaults;
use crate::ui::geometry::{Layout, Point};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Cluster, Popover};
use crate::ui::words;

/// With more nodes than this the sound links are drawn fainter.
const MANY_NODES: usize = 6;

#[derive(PartialEq, Properties)]
pub struct LinksProps {
    pub layout: Shared<Layout>,
    pub cluster: Cluster,
}

#[component]
pub fn Links(props: &LinksProps) -> Html {
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
        let lines: Html = if wrong.is_empty() {
            segment("link-line", a, b)
        } else {
            let drawn = both
                .iter()
                .filter_map(|(from, to, faults)| faulty(&props.layout, *from, *to, faults));
            html! { <>{ for drawn }</> }
        };
        Some(html! {
            <g key={link_id(one, other)} class="link" id={link_id(one, other)} role="button" tabindex="-1" {onclick} {onkeydown}
                aria-haspopup="dialog" aria-label={format!("Link between {one} and {other}: {state}")}>
                { segment("link-hit", a, b) }
                { segment("link-focus", a, b) }
                { lines }
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

fn link_id(one: Endpoint, other: Endpoint) -> String {
    format!("link-{one}-{other}")
}

fn focus_sibling(event: &KeyboardEvent, next: bool) {
    let here = event
        .current_target()
        .and_then(|target| target.dyn_into::<Element>().ok());
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
