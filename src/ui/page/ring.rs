//! The ring in SVG: token ranges in the colour of their owner, links, node discs, and the mark of the statement's key.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};
use yew::prelude::*;

use super::links::Links;
use super::node_disc::NodeDisc;
use super::palette::node_class;
use crate::base::Endpoint;
use crate::playground::api::StatementSummary;
use crate::ui::geometry::{BAND, Layout, arc};
use crate::ui::shared::Shared;
use crate::ui::state::Cluster;

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

/// A length for SVG: a tenth of a pixel is finer than any screen needs.
pub fn px(length: f64) -> String {
    format!("{length:.1}")
}

pub fn node_id(endpoint: Endpoint) -> String {
    format!("node-{endpoint}")
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
