//! What moves: one canvas over the ring with the messages under way, drawn on between frames.
//!
//! Where nothing may fly, or messages are too quick to see, the lanes they take light up instead.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{CanvasRenderingContext2d, window};
use yew::prelude::*;

use super::bits::node_name;
use super::canvas::{cross, glyph, line, prepare};
use super::hooks::Animation;
use super::palette::Palette;
use super::popover::Placed;
use super::stage::key;
use super::wire::use_page;
use crate::base::{Duration, Endpoint, Instant, SortedMap};
use crate::event::{DropReason, MessageKind};
use crate::playground::api::{Fate, Flight};
use crate::ui::geometry::{Layout, Point};
use crate::ui::scene::progress;
use crate::ui::shared::Shared;
use crate::ui::state::MessageKey;
use crate::ui::words;

/// Real milliseconds that a break or a lit lane takes to fade.
const FADE_MS: f64 = 900.0;
/// The drawing runs ahead of the last frame by no more than this: a host that is late stops the picture, not the time.
const MOST_AHEAD_MS: f64 = 120.0;
/// A message that takes less real time than this is not seen flying; its lane lights up.
const TOO_QUICK_MS: f64 = 120.0;
/// Breaks kept: more than the eye takes in.
const MOST_BREAKS: usize = 60;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub layout: Shared<Layout>,
    pub flights: Shared<Vec<Flight>>,
    pub now: Instant,
    pub speed: f64,
    pub gossip: bool,
    pub hovered: Option<MessageKey>,
}

/// What the drawing needs of the last frame, and what it remembers itself.
struct Motion {
    layout: Shared<Layout>,
    flights: Shared<Vec<Flight>>,
    now: Instant,
    speed: f64,
    /// Real time of the frame, in milliseconds.
    framed: f64,
    gossip: bool,
    hovered: Option<MessageKey>,
    palette: Shared<Palette>,
    still: bool,
    breaks: Vec<(Point, f64)>,
    /// When a lane was last used, and whether for more than gossip.
    lit: SortedMap<(Endpoint, Endpoint), (f64, bool)>,
}

#[component]
pub fn Dots(props: &Props) -> Html {
    let page = use_page();
    let canvas = use_node_ref();
    let animation = use_memo((), |()| Animation::default());
    let motion = use_memo((), |()| {
        Rc::new(RefCell::new(Motion {
            layout: props.layout.clone(),
            flights: Shared::default(),
            now: props.now,
            speed: 0.0,
            framed: 0.0,
            gossip: true,
            hovered: None,
            palette: page.palette.clone(),
            still: page.still,
            breaks: Vec::new(),
            lit: SortedMap::new(),
        }))
    });
    {
        let mut motion = motion.borrow_mut();
        if motion.flights != props.flights || motion.now != props.now {
            motion.framed = real_now();
            motion.notice(&props.flights);
        }
        motion.layout = props.layout.clone();
        motion.flights = props.flights.clone();
        (motion.now, motion.speed) = (props.now, props.speed);
        (motion.gossip, motion.hovered) = (props.gossip, props.hovered);
        (motion.palette, motion.still) = (page.palette.clone(), page.still);
    }
    {
        let (canvas, motion, animation) = (canvas.clone(), Rc::clone(&motion), Rc::clone(&animation));
        use_effect(move || {
            animation.start(move |at| motion.borrow_mut().draw(&canvas, at));
        });
    }
    use_effect_with((), move |()| move || animation.stop());
    html! { <canvas class="dots" ref={canvas} aria-hidden="true" /> }
}

fn real_now() -> f64 {
    window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now())
}

impl Motion {
    /// Takes note of what in a frame has ended or is too quick to be seen.
    fn notice(&mut self, flights: &[Flight]) {
        for flight in flights
            .iter()
            .filter(|flight| self.gossip || flight.kind != MessageKind::Gossip)
        {
            let was_there = self
                .flights
                .iter()
                .any(|known| key(known) == key(flight) && known.fate == flight.fate);
            if was_there {
                continue;
            }
            let takes_ms = flight.arrives_at.since(flight.sent_at).as_micros() as f64 / 1e3 / self.speed.max(1e-9);
            if self.still || takes_ms < TOO_QUICK_MS {
                let (at, asked) = self.lit.entry((flight.from, flight.to)).or_insert((self.framed, false));
                *asked = flight.kind != MessageKind::Gossip || (*asked && self.framed - *at < FADE_MS);
                *at = self.framed;
            }
            if let (Fate::Dropped(reason), Some((from, to))) = (flight.fate, self.layout.lane(flight.from, flight.to)) {
                let at = if reason == DropReason::ReceiverDown {
                    to
                } else {
                    from.towards(to, 0.5)
                };
                self.breaks.push((at, self.framed));
            }
        }
        let over = self.breaks.len().saturating_sub(MOST_BREAKS);
        self.breaks.drain(..over);
    }

    /// Draws the moment and says whether the next one will look different.
    fn draw(&mut self, canvas: &NodeRef, at: f64) -> bool {
        let Some(context) = prepare(canvas, self.layout.width, self.layout.height) else {
            return false;
        };
        self.breaks.retain(|(_, since)| at - since < FADE_MS);
        self.lit.retain(|_, (since, _)| at - *since < FADE_MS);
        self.draw_lanes(&context, at);
        let ahead_ms = (at - self.framed).clamp(0.0, MOST_AHEAD_MS) * self.speed;
        let now = self.now + Duration::from_micros((ahead_ms * 1e3) as u64);
        let mut moving = false;
        for flight in self.flights.iter().rev() {
            moving |= self.draw_flight(&context, flight, now);
        }
        context.set_global_alpha(1.0);
        context.set_line_width(2.0);
        context.set_stroke_style_str(&self.palette.bad);
        for (place, since) in &self.breaks {
            let age = ((at - since) / FADE_MS).clamp(0.0, 1.0);
            context.set_global_alpha(1.0 - age * age);
            cross(&context, *place, if self.still { 5.0 } else { 4.0 + 3.0 * age });
        }
        context.set_global_alpha(1.0);
        // At full speed each frame is a picture of its own: there is nothing to draw on between two.
        self.speed.is_finite() && ((moving && self.speed > 0.0) || !self.breaks.is_empty() || !self.lit.is_empty())
    }

    fn draw_lanes(&self, context: &CanvasRenderingContext2d, at: f64) {
        for ((from, to), (since, asked)) in &self.lit {
            let Some((a, b)) = self.layout.lane(*from, *to) else {
                continue;
            };
            let left = 1.0 - ((at - since) / FADE_MS).clamp(0.0, 1.0);
            context.set_global_alpha(left * if *asked { 0.9 } else { 0.35 });
            context.set_stroke_style_str(if *asked {
                &self.palette.accent
            } else {
                &self.palette.edge
            });
            context.set_line_width(if *asked { 2.5 } else { 1.0 });
            line(context, a, b);
        }
    }

    fn draw_flight(&self, context: &CanvasRenderingContext2d, flight: &Flight, now: Instant) -> bool {
        let gossip = flight.kind == MessageKind::Gossip;
        if self.still || (gossip && !self.gossip) {
            return false;
        }
        let way = progress(flight.sent_at, flight.arrives_at, now);
        let end = match flight.fate {
            Fate::Dropped(DropReason::ReceiverDown) | Fate::UnderWay | Fate::Arrived => 1.0,
            Fate::Dropped(_) => 0.5,
        };
        let Some((from, to)) = self.layout.lane(flight.from, flight.to) else {
            return false;
        };
        if way >= end || now < flight.sent_at {
            return false;
        }
        let here = from.towards(to, way);
        let marked = self.hovered == Some(key(flight));
        let colour = if gossip {
            &self.palette.edge
        } else {
            &self.palette.accent
        };
        context.set_global_alpha(if gossip { 0.55 } else { 1.0 });
        if !gossip {
            // A short tail says where it comes from.
            context.set_global_alpha(0.35);
            context.set_stroke_style_str(colour);
            context.set_line_width(2.0);
            line(context, from.towards(to, (way - 0.12).max(0.0)), here);
            context.set_global_alpha(1.0);
        }
        glyph(context, flight.kind, here, if marked { 1.5 } else { 1.0 });
        if flight.verb.is_response() && !gossip {
            context.set_fill_style_str(&self.palette.surface);
            context.fill();
            context.set_line_width(2.0);
            context.set_stroke_style_str(colour);
        } else {
            context.set_fill_style_str(colour);
            context.fill();
            context.set_line_width(1.5);
            context.set_stroke_style_str(&self.palette.surface);
        }
        context.stroke();
        true
    }
}

#[derive(PartialEq, Properties)]
pub struct TipProps {
    pub flight: Flight,
    pub at: Point,
    pub width: f64,
}

/// What a message is: beside it, for as long as the pointer is on it.
#[component]
pub fn Tip(props: &TipProps) -> Html {
    let flight = &props.flight;
    let fate = match flight.fate {
        Fate::UnderWay => None,
        Fate::Arrived => Some("arrived"),
        Fate::Dropped(reason) => Some(words::lost(reason)),
    };
    let at = Point::new(props.at.x.min(props.width - 200.0).max(8.0), props.at.y + 12.0);
    html! {
        <Placed class="tip" {at}>
            <strong class="code">{ flight.verb.name() }</strong>
            <span>
                { node_name(flight.from) }{ " → " }{ node_name(flight.to) }
            </span>
            <span class="soft">
                { words::bytes(u64::from(flight.bytes)) }
                if flight.digest { { ", digest only" } }
                if let Some(cause) = flight.cause { { format!(", for statement {}", cause.0) } }
                if let Some(fate) = fate { { format!(", {fate}") } }
            </span>
        </Placed>
    }
}
