//! The timeline: the run, or one statement, as lanes with arrows between them; and the playhead that goes anywhere in it.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::hooks::{place_in, use_size};
use super::popover::Placed;
use super::timeline_bar::{TimelineBar, ZOOM};
use super::timeline_paint::{GUTTER, Paint, paint};
use super::trace::Trace;
use super::wire::{Page, use_page};
use crate::base::{Instant, RequestId};
use crate::playground::api::{Command, Fate, StatementSummary, TimelineView, TraceView};
use crate::ui::geometry::Point;
use crate::ui::plot::{Look, Plot};
use crate::ui::scene::{Picture, RULER};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, MessageKey};
use crate::ui::words;

/// What a notch of the wheel zooms by.
const WHEEL: f64 = 1.15;
/// Room a tip needs.
const TIP_WIDTH: f64 = 260.0;

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
    /// Where the stretch that is shown ends; `None` follows the run.
    pub to: Option<Instant>,
}

#[component]
pub fn Timeline(props: &Props) -> Html {
    let page = use_page();
    let (space, canvas) = (use_node_ref(), use_node_ref());
    let (width, height) = use_size(space.clone()).unwrap_or((0.0, 0.0));
    let look = use_state_eq(Look::default);
    let dragged = use_state_eq(|| None::<f64>);
    let pointed = use_state_eq(|| None::<Point>);

    let statement = props.traced.is_some();
    let picture = use_memo(
        (props.timeline.clone(), props.trace.clone(), statement, props.gossip),
        |(timeline, trace, statement, gossip)| {
            let of_statement = || trace.as_ref().map(Picture::of_statement);
            let of_run = || timeline.as_ref().map(|view| Picture::of_run(view, *gossip));
            let picture = if *statement { of_statement() } else { of_run() };
            Rc::new(picture.unwrap_or_default())
        },
    );
    let frame = (width - GUTTER, height);
    let plot = Rc::new(if statement {
        Plot::of_statement(&picture, props.now, frame)
    } else {
        Plot::of_run(&picture, *look, (props.now, props.to), frame)
    });
    {
        let (palette, hovered, dragged) = (page.palette.clone(), props.hovered, *dragged);
        let (plot, canvas, looks_back) = (Rc::clone(&plot), canvas.clone(), props.now < props.end);
        use_effect(move || {
            let paint_this = Paint {
                palette: &palette,
                plot: &plot,
                window: &plot.window(),
                hovered,
                dragged,
                looks_back,
                width,
                height,
            };
            paint(&canvas, &paint_this);
        });
    }
    let onwheel = {
        let (space, look, plot) = (space.clone(), look.clone(), Rc::clone(&plot));
        Callback::from(move |event: WheelEvent| {
            event.prevent_default();
            let aside = if event.shift_key() {
                event.delta_y()
            } else {
                event.delta_x()
            };
            if event.shift_key() || event.delta_x().abs() > event.delta_y().abs() {
                look.set(plot.panned(*look, aside));
            } else if let Some(at) = place_in(&space, &event) {
                let by = if event.delta_y() < 0.0 { WHEEL } else { 1.0 / WHEEL };
                look.set(plot.zoomed(*look, at.x - GUTTER, by));
            }
        })
    };
    let onpointerdown = {
        let (space, dragged) = (space.clone(), dragged.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(at) = place_in(&space, &event).filter(|at| at.y <= RULER && at.x >= GUTTER) else {
                return;
            };
            if let Some(element) = space.cast::<HtmlElement>() {
                // Without the capture the playhead is lost when the pointer leaves.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            dragged.set(Some(at.x - GUTTER));
        })
    };
    let onpointermove = {
        let (page, space, plot) = (page.clone(), space.clone(), Rc::clone(&plot));
        let (dragged, pointed, hovered) = (dragged.clone(), pointed.clone(), props.hovered);
        Callback::from(move |event: PointerEvent| {
            let Some(at) = place_in(&space, &event) else { return };
            let at = Point::new(at.x - GUTTER, at.y);
            if dragged.is_some() {
                dragged.set(Some(at.x.max(0.0)));
                return;
            }
            let found = plot.scene.arrow_at(at).map(|arrow| arrow.key);
            if found != hovered {
                page.act(Action::Hover(found));
            }
            pointed.set((found.is_some() || plot.scene.mark_at(at).is_some()).then_some(at));
        })
    };
    let onpointerup = {
        let (page, plot, dragged) = (page.clone(), Rc::clone(&plot), dragged.clone());
        Callback::from(move |_: PointerEvent| {
            if let Some(x) = *dragged {
                page.send(Command::GoTo { to: plot.at(x) });
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
        let (page, space, plot) = (page.clone(), space.clone(), Rc::clone(&plot));
        Callback::from(move |event: MouseEvent| {
            let at = place_in(&space, &event).map(|at| Point::new(at.x - GUTTER, at.y));
            if let Some(request) = at.and_then(|at| plot.scene.arrow_at(at)?.cause) {
                page.act(Action::Trace(Some(request)));
            }
        })
    };
    let onkeydown = {
        let (page, look, plot) = (page.clone(), look.clone(), Rc::clone(&plot));
        let (now, looks_back) = (props.now, props.now < props.end);
        Callback::from(move |event: KeyboardEvent| on_key(&event, &page, &look, &plot, (now, looks_back)))
    };
    let tip = (*pointed).and_then(|at| Some((at, tip(&plot, at)?)));
    let empty = plot.picture.arrows.is_empty() && plot.picture.marks.is_empty();
    let last = props.statement.as_ref().map(|statement| statement.request);
    html! {
        <div class="timeline">
            <div class="timeline-main">
                <TimelineBar look={look.clone()} {statement} {last} left_out={left_out(props)} gossip={props.gossip}
                    earlier={earlier(props)} looks_back={props.to.is_some()} />
                <div class="timeline-space" ref={space} role="slider" tabindex="0" aria-label="playhead" aria-valuetext={props.now.to_string()}
                    aria-valuenow={millis(props.now)} aria-valuemin="0" aria-valuemax={millis(props.end)}
                    {onwheel} {onpointerdown} {onpointermove} {onpointerup} {onpointerleave} {onclick} {onkeydown}>
                    <canvas ref={canvas} aria-hidden="true" />
                    if empty {
                        <p class="empty soft">{ "Statements and what they lead to appear here." }</p>
                    }
                    if let Some((at, text)) = tip {
                        <Placed class="tip" at={Point::new((at.x + GUTTER + 12.0).min((width - TIP_WIDTH).max(8.0)), at.y + 14.0)}>
                            { text }
                        </Placed>
                    }
                </div>
            </div>
            if let (true, Some(trace)) = (statement, props.trace.as_ref()) {
                <Trace trace={trace.clone()} hovered={props.hovered} now={props.now} />
            }
        </div>
    }
}

fn millis(at: Instant) -> String {
    (at.as_micros() / 1_000).to_string()
}

fn left_out(props: &Props) -> u32 {
    match (props.traced, props.trace.as_ref(), props.timeline.as_ref()) {
        (Some(_), Some(trace), _) => trace.unlisted_arrows,
        (None, _, Some(timeline)) => timeline.unlisted_arrows,
        _ => 0,
    }
}

/// Where the stretch before the one that is shown ends, if there is more of the run.
fn earlier(props: &Props) -> Option<Instant> {
    let view = props.timeline.as_ref().filter(|view| view.unlisted_arrows > 0)?;
    view.arrows.first().map(|arrow| arrow.sent_at)
}

/// What is under the pointer, in words.
fn tip(plot: &Plot, at: Point) -> Option<Html> {
    if let Some(mark) = plot.scene.mark_at(at) {
        let mark = &plot.picture.marks[mark.index];
        return Some(
            html! { <><strong>{ &mark.text }</strong><span class="soft code">{ mark.at.to_string() }</span></> },
        );
    }
    let arrow = &plot.picture.arrows[plot.scene.arrow_at(at)?.index];
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

fn on_key(
    event: &KeyboardEvent,
    page: &Page,
    look: &UseStateHandle<Look>,
    plot: &Plot,
    (now, looks_back): (Instant, bool),
) {
    let moments = plot.moments();
    let to = |at: Option<&Instant>| at.map(|at| Command::GoTo { to: *at });
    let middle = plot.window().width / 2.0;
    let command = match event.key().as_str() {
        "ArrowLeft" => to(moments.iter().rev().find(|at| **at < now)),
        "ArrowRight" if looks_back => to(moments.iter().find(|at| **at > now)),
        "ArrowRight" => Some(Command::Step),
        "Home" => to(moments.first()),
        "End" => to(moments.last()),
        "+" | "=" => return look.set(plot.zoomed(**look, middle, ZOOM)),
        "-" => return look.set(plot.zoomed(**look, middle, 1.0 / ZOOM)),
        _ => return,
    };
    event.prevent_default();
    command.into_iter().for_each(|command| page.send(command));
}
