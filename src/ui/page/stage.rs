//! The stage: the ring, the messages over it, one sentence under it, and what opens when something on it is touched.

use yew::prelude::*;

use super::dots::{Dots, Tip};
use super::hooks::{place_in, use_size};
use super::icons::{Icon, IconButton};
use super::legend::Legend;
use super::link_menu::LinkMenu;
use super::network::Network;
use super::node_menu::NodeMenu;
use super::ring::Ring;
use super::wire::use_page;
use crate::base::{Arrange, Endpoint, Instant};
use crate::playground::api::{Command, Flight, Notice, NoticeKind, StatementSummary};
use crate::sim::Place;
use crate::ui::geometry::{Layout, Point, Station};
use crate::ui::scene::progress;
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Cluster, MessageKey, Popover};
use crate::ui::words;

/// How near to a moving message the pointer must be, in pixels.
const REACH: f64 = 14.0;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
    pub cluster: Cluster,
    pub flights: Shared<Vec<Flight>>,
    pub unlisted: u32,
    pub statement: Shared<Option<StatementSummary>>,
    pub sentence: Shared<String>,
    pub now: Instant,
    pub speed: f64,
    pub chosen: Option<Endpoint>,
    pub coordinator: Endpoint,
    pub popover: Option<Popover>,
    pub gossip: bool,
    pub hovered: Option<MessageKey>,
}

#[component]
pub fn Stage(props: &Props) -> Html {
    let page = use_page();
    let space = use_node_ref();
    let size = use_size(space.clone()).unwrap_or((0.0, 0.0));
    let stations: Vec<Station> = props.cluster.nodes.iter().map(station).collect();
    let layout = use_memo((stations, size), |(stations, (width, height))| {
        Shared::new(Layout::new(stations.clone(), *width, *height))
    });
    let layout = (*layout).clone();

    let onpointermove = {
        let space = space.clone();
        let (page, layout, flights, now, hovered) = (
            page.clone(),
            layout.clone(),
            props.flights.clone(),
            props.now,
            props.hovered,
        );
        Callback::from(move |event: PointerEvent| {
            let Some(at) = place_in(&space, &event) else { return };
            let found = flight_at(&layout, &flights, now, at).map(key);
            if found != hovered {
                page.act(Action::Hover(found));
            }
        })
    };
    let onpointerleave = {
        let page = page.clone();
        let space = space.clone();
        Callback::from(move |event: PointerEvent| {
            // Yew tells of leaving its children too.
            if event.target() == space.get().map(Into::into) {
                page.act(Action::Hover(None));
            }
        })
    };
    let onclick = {
        let (page, flights, hovered) = (page.clone(), props.flights.clone(), props.hovered);
        Callback::from(
            move |_: MouseEvent| match flights.iter().find(|flight| Some(key(flight)) == hovered) {
                Some(Flight {
                    cause: Some(request), ..
                }) => page.act(Action::Trace(Some(*request))),
                _ => page.act(Action::Popover(None)),
            },
        )
    };
    let tipped = props.flights.iter().find(|flight| Some(key(flight)) == props.hovered);

    html! {
        <section class="stage" aria-label="The cluster">
            <Bar cluster={props.cluster.clone()} popover={props.popover} />
            <div class="space" ref={space} {onpointermove} {onpointerleave} {onclick}>
                if size.0 > 0.0 {
                    <Ring layout={layout.clone()} cluster={props.cluster.clone()} statement={props.statement.clone()}
                        chosen={props.chosen} coordinator={props.coordinator} />
                    <Dots layout={layout.clone()} flights={props.flights.clone()} now={props.now} speed={props.speed}
                        gossip={props.gossip} hovered={props.hovered} />
                    if let Some((flight, at)) = tipped.and_then(|flight| Some((flight, flight_place(&layout, flight, props.now)?))) {
                        <Tip flight={flight.clone()} {at} width={layout.width} />
                    }
                    { popover(props, &layout) }
                }
                if !props.ready { <p class="starting soft">{ "Starting the cluster…" }</p> }
            </div>
            <p class="sentence">
                { props.sentence.as_str() }
                if props.unlisted > 0 {
                    <span class="small soft">
                        { " " }{ words::counted(u64::from(props.unlisted), "message is not drawn.", "messages are not drawn.") }
                    </span>
                }
            </p>
        </section>
    }
}

fn popover(props: &Props, layout: &Shared<Layout>) -> Html {
    match props.popover {
        Some(Popover::Node(endpoint)) => match (props.cluster.node(endpoint), layout.place(endpoint)) {
            (Some(node), Some(place)) => html! {
                <NodeMenu node={node.clone()} at={place.centre} reach={layout.disc} coordinator={props.coordinator == endpoint} />
            },
            _ => html! {},
        },
        Some(Popover::Link(one, other)) => match layout.link(one, other) {
            Some((a, b)) => html! {
                <LinkMenu {one} {other} at={a.towards(b, 0.5)} there={props.cluster.faults(one, other)}
                    back={props.cluster.faults(other, one)} />
            },
            None => html! {},
        },
        Some(Popover::Network) => html! { <Network latencies={props.cluster.latencies.clone()} /> },
        Some(Popover::Legend) => html! { <Legend gossip={props.gossip} /> },
        None => html! {},
    }
}

#[derive(PartialEq, Properties)]
struct BarProps {
    cluster: Cluster,
    popover: Option<Popover>,
}

#[component]
fn Bar(props: &BarProps) -> Html {
    let page = use_page();
    let nodes = &props.cluster.nodes;
    let toggle = |which: Popover| {
        let (page, open) = (page.clone(), props.popover == Some(which));
        Callback::from(move |_: MouseEvent| page.act(Action::Popover((!open).then_some(which))))
    };
    let last = nodes.last().map(|node| Place {
        datacenter: node.datacenter.clone(),
        rack: node.rack.clone(),
    });
    let full = nodes.len() >= MOST_NODES;
    let add = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(place) = last.clone() {
                page.send(Command::AddNode { place });
                let text = "A node joins the ring. The data of its ranges is not moved to it yet.".into();
                let kind = NoticeKind::Information;
                page.act(Action::Notice(Notice { kind, text }));
            }
        })
    };
    let mut datacenters: Vec<&str> = nodes.iter().map(|node| node.datacenter.as_str()).collect();
    datacenters.arrange();
    datacenters.dedup();
    html! {
        <div class="bar">
            <h2>{ "the cluster" }</h2>
            if !nodes.is_empty() {
                <span class="small soft grow">
                    { format!("{}, {}", words::counted(nodes.len() as u64, "node", "nodes"), datacenters.join(", ")) }
                </span>
            }
            <IconButton icon={Icon::Plus} text="add a node" disabled={full || nodes.is_empty()} onclick={add}
                label={if full { "No more nodes can be added" } else { "Add a node: it joins the ring; data is not moved to it yet" }} />
            <IconButton icon={Icon::Network} text="network" label="Network: latency of all links" id="network-button"
                pressed={props.popover == Some(Popover::Network)} onclick={toggle(Popover::Network)} />
            <IconButton icon={Icon::Shapes} text="messages" label="Messages: what the shapes mean" id="legend-button"
                pressed={props.popover == Some(Popover::Legend)} onclick={toggle(Popover::Legend)} />
        </div>
    }
}

/// Each node is a worker of its own; a page holds so many well.
const MOST_NODES: usize = 12;

fn station(node: &crate::playground::api::NodeSummary) -> Station {
    Station {
        datacenter: node.datacenter.clone(),
        rack: node.rack.clone(),
        endpoint: node.endpoint,
    }
}

pub fn key(flight: &Flight) -> MessageKey {
    (flight.from, flight.id, flight.sent_at)
}

fn flight_place(layout: &Layout, flight: &Flight, now: Instant) -> Option<Point> {
    let (from, to) = layout.lane(flight.from, flight.to)?;
    Some(from.towards(to, progress(flight.sent_at, flight.arrives_at, now)))
}

fn flight_at<'a>(layout: &Layout, flights: &'a [Flight], now: Instant, at: Point) -> Option<&'a Flight> {
    let places = flights
        .iter()
        .filter_map(|flight| Some((flight_place(layout, flight, now)?.distance(at), flight)));
    places
        .filter(|(off, _)| *off <= REACH)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, flight)| flight)
}
