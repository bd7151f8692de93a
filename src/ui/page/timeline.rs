//! The timeline: the run, or one statement, as lanes with arrows between them; and the playhead that goes anywhere in it.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::hooks::use_size;
use super::icons::{Icon, IconButton};
use super::popover::Placed;
use super::timeline_paint::{GUTTER, Paint, paint};
use super::trace::Trace;
use super::wire::{Page, use_page};
use crate::base::{Instant, RequestId};
use crate::playground::api::{Command, Fate, StatementSummary, TimelineView, TraceView};
use crate::ui::axis::Axis;
use crate::ui::geometry::Point;
use crate::ui::scene::{Picture, RULER, Scene, Window};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, MessageKey};
use crate::ui::words;

/// Pixels a microsecond of virtual time: at first a hop is as long as an arrow reads well.
const FIRST_SCALE: f64 = 0.15;
const SCALES: (f64, f64) = (1e-6, 4.0);
const ZOOM: f64 = 1.5;
/// Where the playhead stands while the picture follows the run, as a part of the width.
const FOLLOW_AT: f64 = 0.92;
const LEAST_LANE: f64 = 15.0;
const MOST_LANE: f64 = 80.0;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub timeline: Shared<Option<TimelineView>>,
    pub trace: Shared<Option<TraceView>>,
    pub now: Instant,
    pub end: Instant,
    pub gossip: bool,
    pub hovered: Option<MessageKey>,
    /// Set: the statement is shown and not the run.
    pub traced: Option<RequestId>,
    pub statement: Shared<Option<StatementSummary>>,
}

/// What is looked at: scale, and the moment at the left edge; `None` follows the run.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    scale: f64,
    from: Option<Instant>,
}

/// Everything a drawing and the pointer over it need.
struct Drawn {
    picture: Rc<Picture>,
    axis: Axis,
    left: f64,
    scene: Scene,
    lane_height: f64,
}

#[component]
pub fn Timeline(props: &Props) -> Html {
    let page = use_page();
    let (space, canvas) = (use_node_ref(), use_node_ref());
    let (width, height) = use_size(space.clone()).unwrap_or((0.0, 0.0));
    let look = use_state_eq(|| Look {
        scale: FIRST_SCALE,
        from: None,
    });
    let dragged = use_state_eq(|| None::<f64>);
    let pointed = use_state_eq(|| None::<Point>);

    let statement = props.traced.is_some();
    let picture = use_memo(
        (props.timeline.clone(), props.trace.clone(), statement, props.gossip),
        |(timeline, trace, statement, gossip)| {
            let of_statement = trace.as_ref().filter(|_| *statement).map(Picture::of_statement);
            let of_run = || timeline.as_ref().map(|view| Picture::of_run(view, *gossip));
            Rc::new(of_statement.or_else(of_run).unwrap_or_default())
        },
    );
    let drawn = Rc::new(draw(&picture, props, *look, width - GUTTER, height));
    {
        let (palette, hovered, dragged, now) = (page.palette.clone(), props.hovered, *dragged, props.now);
        let (drawn, canvas, looks_back) = (Rc::clone(&drawn), canvas.clone(), props.now < props.end);
        use_effect(move || {
            let window = drawn.window(now, width - GUTTER);
            let paint_this = Paint {
                palette: &palette,
                scene: &drawn.scene,
                picture: &drawn.picture,
                window: &window,
                hovered,
                dragged,
                looks_back,
                width,
                height,
            };
            paint(&canvas, &paint_this);
        });
    }
    // Wheel listeners that prevent scrolling must say so when they are set, which yew does for those on elements.
    let onwheel = {
        let (look, drawn) = (look.clone(), Rc::clone(&drawn));
        Callback::from(move |event: WheelEvent| {
            event.prevent_default();
            let x = f64::from(event.offset_x()) - GUTTER;
            if event.shift_key() || event.delta_x().abs() > event.delta_y().abs() {
                let by = if event.shift_key() {
                    event.delta_y()
                } else {
                    event.delta_x()
                };
                look.set(Look {
                    from: Some(drawn.axis.at(drawn.left + by)),
                    ..*look
                });
            } else {
                zoom(&look, &drawn, x, if event.delta_y() < 0.0 { 1.15 } else { 1.0 / 1.15 });
            }
        })
    };
    let onpointerdown = {
        let dragged = dragged.clone();
        Callback::from(move |event: PointerEvent| {
            let (x, y) = (f64::from(event.offset_x()) - GUTTER, f64::from(event.offset_y()));
            if y <= RULER && x >= 0.0 {
                if let Some(element) = event.target_dyn_into::<HtmlElement>() {
                    // Without the capture the playhead is lost when the pointer leaves.
                    let _ = element.set_pointer_capture(event.pointer_id());
                }
                dragged.set(Some(x));
            }
        })
    };
    let onpointermove = {
        let (page, drawn, dragged, pointed, hovered) = (
            page.clone(),
            Rc::clone(&drawn),
            dragged.clone(),
            pointed.clone(),
            props.hovered,
        );
        Callback::from(move |event: PointerEvent| {
            let at = Point::new(f64::from(event.offset_x()) - GUTTER, f64::from(event.offset_y()));
            if dragged.is_some() {
                dragged.set(Some(at.x.max(0.0)));
                return;
            }
            let found = drawn.scene.arrow_at(at).map(|arrow| arrow.key);
            if found != hovered {
                page.act(Action::Hover(found));
            }
            pointed.set((found.is_some() || drawn.scene.mark_at(at).is_some()).then_some(at));
        })
    };
    let onpointerup = {
        let (page, drawn, dragged) = (page.clone(), Rc::clone(&drawn), dragged.clone());
        Callback::from(move |_: PointerEvent| {
            if let Some(x) = *dragged {
                page.send(Command::GoTo {
                    to: drawn.axis.at(drawn.left + x),
                });
                dragged.set(None);
            }
        })
    };
    let onpointerleave = {
        let (page, pointed) = (page.clone(), pointed.clone());
        Callback::from(move |_: PointerEvent| {
            pointed.set(None);
            page.act(Action::Hover(None));
        })
    };
    let onclick = {
        let (page, drawn) = (page.clone(), Rc::clone(&drawn));
        Callback::from(move |event: MouseEvent| {
            let at = Point::new(f64::from(event.offset_x()) - GUTTER, f64::from(event.offset_y()));
            if let Some(request) = drawn.scene.arrow_at(at).and_then(|arrow| arrow.cause) {
                page.act(Action::Trace(Some(request)));
            }
        })
    };
    let onkeydown = {
        let (page, look, drawn, now, looks_back) = (
            page.clone(),
            look.clone(),
            Rc::clone(&drawn),
            props.now,
            props.now < props.end,
        );
        Callback::from(move |event: KeyboardEvent| {
            on_key(&event, &page, &look, &drawn, now, looks_back, width - GUTTER)
        })
    };
    let tip = (*pointed).and_then(|at| Some((at, drawn.tip(at)?)));
    html! {
        <div class="timeline">
            <div class="timeline-main">
                <Bar look={look.clone()} following={look.from.is_none()} {statement}
                    last={props.statement.as_ref().map(|statement| statement.request)} left_out={left_out(props)} />
                <div class="timeline-space" ref={space} role="slider" tabindex="0" aria-label="playhead" aria-valuetext={props.now.to_string()}
                    aria-valuenow={(props.now.as_micros() / 1_000).to_string()} aria-valuemin="0" aria-valuemax={(props.end.as_micros() / 1_000).to_string()}
                    {onwheel} {onpointerdown} {onpointermove} {onpointerup} {onpointerleave} {onclick} {onkeydown}>
                    <canvas ref={canvas} aria-hidden="true" />
                    if drawn.picture.arrows.is_empty() && drawn.picture.marks.is_empty() { <p class="empty soft">{ "Nothing has happened yet." }</p> }
                    if let Some((at, text)) = tip { <Placed class="tip" at={Point::new((at.x + GUTTER + 12.0).min((width - 260.0).max(8.0)), at.y + 14.0)}>{ text }</Placed> }
                </div>
            </div>
            if let (true, Some(trace)) = (statement, props.trace.as_ref()) {
                <Trace trace={trace.clone()} hovered={props.hovered} now={props.now} />
            }
        </div>
    }
}

fn left_out(props: &Props) -> u32 {
    match (props.traced, props.trace.as_ref(), props.timeline.as_ref()) {
        (Some(_), Some(trace), _) => trace.unlisted_arrows,
        (None, _, Some(timeline)) => timeline.unlisted_arrows,
        _ => 0,
    }
}

fn draw(picture: &Rc<Picture>, props: &Props, look: Look, width: f64, height: f64) -> Drawn {
    let busy = picture.busy();
    let (first, last) = span(&busy, props.now);
    // A statement ends; the run goes on to now, or to its end while looking back.
    let (end, scale) = match props.traced {
        Some(_) => (last, fitting(&busy, first, last, width)),
        None => (last.max(props.now), look.scale),
    };
    let axis = Axis::new(busy, first, end, scale);
    let left = match (props.traced, look.from) {
        (Some(_), _) => -12.0,
        (None, Some(from)) => axis.x(from),
        (None, None) => (axis.x(props.now) - width * FOLLOW_AT).max(-12.0),
    };
    let lanes = picture.lanes.len().max(1) as f64;
    let lane_height = ((height - RULER) / lanes).clamp(LEAST_LANE, MOST_LANE);
    let mut drawn = Drawn {
        picture: Rc::clone(picture),
        axis,
        left,
        scene: Scene::default(),
        lane_height,
    };
    drawn.scene = Scene::new(picture, &drawn.window(props.now, width));
    drawn
}

/// From the first to the last of what is drawn.
fn span(busy: &[(Instant, Instant)], or: Instant) -> (Instant, Instant) {
    let first = busy.first().map_or(or, |(from, _)| *from);
    (first, busy.iter().map(|(_, to)| *to).max().unwrap_or(first))
}

/// The scale at which a statement fills the width, folds and all.
fn fitting(busy: &[(Instant, Instant)], first: Instant, last: Instant, width: f64) -> f64 {
    let (mut low, mut high) = SCALES;
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        let axis = Axis::new(busy.iter().copied(), first, last, middle);
        if axis.width() < width - 32.0 {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

impl Drawn {
    fn window(&self, now: Instant, width: f64) -> Window<'_> {
        Window {
            axis: &self.axis,
            left: self.left,
            width,
            lanes: &self.picture.lanes,
            lane_height: self.lane_height,
            now,
        }
    }

    /// What is under the pointer, in words.
    fn tip(&self, at: Point) -> Option<Html> {
        if let Some(mark) = self.scene.mark_at(at) {
            let mark = &self.picture.marks[mark.index];
            return Some(
                html! { <><strong>{ &mark.text }</strong><span class="soft code">{ mark.at.to_string() }</span></> },
            );
        }
        let arrow = &self.picture.arrows[self.scene.arrow_at(at)?.index];
        let fate = match arrow.fate {
            Fate::UnderWay => "under way".to_owned(),
            Fate::Arrived => format!("took {}", words::duration(arrow.arrives_at.since(arrow.sent_at))),
            Fate::Dropped(reason) => words::lost(reason).to_owned(),
        };
        Some(html! {
            <>
                <strong class="code">{ arrow.verb.name() }</strong>
                <span>{ format!("{} → {}", arrow.from, arrow.to) }</span>
                <span class="soft">{ format!("{}, {fate}", words::bytes(u64::from(arrow.bytes))) }</span>
            </>
        })
    }
}

fn zoom(look: &UseStateHandle<Look>, drawn: &Drawn, x: f64, by: f64) {
    let scale = (look.scale * by).clamp(SCALES.0, SCALES.1);
    // What is under the pointer stays there.
    let from = look.from.map(|_| {
        let fixed = drawn.axis.at(drawn.left + x);
        let busy = drawn.picture.busy();
        let (first, last) = span(&busy, fixed);
        let axis = Axis::new(busy, first, last.max(fixed), scale);
        axis.at(axis.x(fixed) - x)
    });
    look.set(Look { scale, from });
}

fn on_key(
    event: &KeyboardEvent,
    page: &Page,
    look: &UseStateHandle<Look>,
    drawn: &Drawn,
    now: Instant,
    looks_back: bool,
    width: f64,
) {
    let mut moments: Vec<Instant> = drawn
        .picture
        .busy()
        .into_iter()
        .flat_map(|(from, to)| [from, to])
        .collect();
    moments.sort_unstable();
    let to = |at: Option<&Instant>| at.map(|at| Command::GoTo { to: *at });
    let command = match event.key().as_str() {
        "ArrowLeft" => to(moments.iter().rev().find(|at| **at < now)),
        "ArrowRight" if looks_back => to(moments.iter().find(|at| **at > now)),
        "ArrowRight" => Some(Command::Step),
        "Home" => to(moments.first()),
        "End" => to(moments.last()),
        "+" | "=" => return zoom(look, drawn, width / 2.0, ZOOM),
        "-" => return zoom(look, drawn, width / 2.0, 1.0 / ZOOM),
        _ => return,
    };
    event.prevent_default();
    command.into_iter().for_each(|command| page.send(command));
}

#[derive(PartialEq, Properties)]
struct BarProps {
    look: UseStateHandle<Look>,
    following: bool,
    statement: bool,
    last: Option<RequestId>,
    left_out: u32,
}

#[component]
fn Bar(props: &BarProps) -> Html {
    let page = use_page();
    let look = &props.look;
    let scaled = |by: f64| {
        let look = look.clone();
        Callback::from(move |_: MouseEvent| {
            look.set(Look {
                scale: (look.scale * by).clamp(SCALES.0, SCALES.1),
                ..*look
            })
        })
    };
    let follow = {
        let look = look.clone();
        Callback::from(move |_: MouseEvent| look.set(Look { from: None, ..*look }))
    };
    let show = |request: Option<RequestId>| {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| page.act(Action::Trace(request)))
    };
    html! {
        <div class="panel-bar">
            <div class="segments" role="radiogroup" aria-label="what is shown">
                <button type="button" class="button" role="radio" data-label="the run" aria-checked={(!props.statement).to_string()} onclick={show(None)}>{ "the run" }</button>
                <button type="button" class="button" role="radio" data-label="one statement" aria-checked={props.statement.to_string()}
                    disabled={props.last.is_none() && !props.statement} onclick={show(props.last)}>{ "one statement" }</button>
            </div>
            if !props.statement {
                <IconButton icon={Icon::Minus} label="Zoom out (−)" onclick={scaled(1.0 / ZOOM)} />
                <IconButton icon={Icon::Plus} label="Zoom in (+)" onclick={scaled(ZOOM)} />
                if !props.following { <button type="button" class="button link" onclick={follow}>{ "follow the run" }</button> }
            }
            if props.left_out > 0 { <span class="small soft">{ format!("{} not drawn", words::counted(u64::from(props.left_out), "older message", "older messages")) }</span> }
        </div>
    }
}
