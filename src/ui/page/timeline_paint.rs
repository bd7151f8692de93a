//! How the timeline looks: lanes, ruler, arrows, marks and the playhead, on one canvas.

use web_sys::CanvasRenderingContext2d;
use yew::NodeRef;

use super::canvas::{cross, line, prepare};
use super::palette::Palette;
use crate::base::Duration;
use crate::event::MessageKind;
use crate::playground::api::{Fate, MarkKind};
use crate::ui::axis::FOLD_WIDTH;
use crate::ui::geometry::Point;
use crate::ui::plot::Plot;
use crate::ui::scene::{Arrow, Mark, RULER, Sign, Window};
use crate::ui::state::MessageKey;
use crate::ui::words;

/// Room for the names of the lanes, at the left.
pub const GUTTER: f64 = 96.0;
/// Least distance between two ticks, in pixels.
const TICKS_APART: f64 = 110.0;

pub struct Paint<'a> {
    pub palette: &'a Palette,
    pub plot: &'a Plot,
    pub window: &'a Window<'a>,
    pub hovered: Option<MessageKey>,
    /// Where the playhead is being dragged to.
    pub dragged: Option<f64>,
    pub looks_back: bool,
    pub width: f64,
    pub height: f64,
}

pub fn paint(canvas: &NodeRef, paint: &Paint<'_>) {
    let Some(context) = prepare(canvas, paint.width, paint.height) else {
        return;
    };
    context.set_font(&paint.palette.prose);
    context.set_text_baseline("middle");
    lanes(&context, paint);
    context.save();
    context.begin_path();
    context.rect(GUTTER, 0.0, paint.width - GUTTER, paint.height);
    context.clip();
    // Never fails with finite numbers.
    let _ = context.translate(GUTTER, 0.0);
    ruler(&context, paint);
    folds(&context, paint);
    paint
        .plot
        .scene
        .arrows
        .iter()
        .for_each(|drawn| arrow(&context, paint, drawn));
    paint
        .plot
        .scene
        .marks
        .iter()
        .for_each(|drawn| mark(&context, paint, drawn));
    playhead(&context, paint);
    context.restore();
}

fn lanes(context: &CanvasRenderingContext2d, paint: &Paint<'_>) {
    let palette = paint.palette;
    context.set_text_align("left");
    for lane in &paint.plot.picture.lanes {
        let Some(y) = paint.window.lane_y(*lane) else { continue };
        context.set_stroke_style_str(&palette.hairline);
        context.set_line_width(1.0);
        line(context, Point::new(GUTTER, y), Point::new(paint.width, y));
        let (fill, edge) = palette.node(*lane);
        context.begin_path();
        // Fails for a negative radius only.
        let _ = context.arc(13.0, y, 5.0, 0.0, core::f64::consts::TAU);
        context.set_fill_style_str(fill);
        context.fill();
        context.set_stroke_style_str(edge);
        context.set_line_width(1.5);
        context.stroke();
        text(context, &palette.text, &lane.to_string(), 24.0, y);
    }
}

fn text(context: &CanvasRenderingContext2d, colour: &str, said: &str, x: f64, y: f64) {
    context.set_fill_style_str(colour);
    // Never fails with finite numbers.
    let _ = context.fill_text(said, x, y);
}

fn ruler(context: &CanvasRenderingContext2d, paint: &Paint<'_>) {
    let (window, palette) = (paint.window, paint.palette);
    let ticks = window.axis.ticks(window.left, window.left + window.width, TICKS_APART);
    let apart = ticks
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .min()
        .unwrap_or(Duration::from_millis(1));
    context.set_line_width(1.0);
    let mut free_from = 0.0;
    for at in ticks {
        let x = window.x(at);
        // Beside a fold two ticks may come close; the first keeps its name.
        if x < free_from {
            continue;
        }
        free_from = x + TICKS_APART * 0.7;
        context.set_stroke_style_str(&palette.hairline);
        line(context, Point::new(x, RULER - 6.0), Point::new(x, paint.height));
        text(context, &palette.soft, &words::tick(at, apart), x + 4.0, 8.0);
    }
}

/// Time left out: a band across all lanes that says how much.
fn folds(context: &CanvasRenderingContext2d, paint: &Paint<'_>) {
    context.set_text_align("center");
    for fold in paint.window.axis.folds() {
        let x = fold.left - paint.window.left;
        if x + FOLD_WIDTH < 0.0 || x > paint.window.width {
            continue;
        }
        context.set_fill_style_str(&paint.palette.sunken);
        context.fill_rect(x, RULER, FOLD_WIDTH, paint.height - RULER);
        context.save();
        // Never fails with finite numbers.
        let _ = context.translate(x + FOLD_WIDTH / 2.0, (paint.height + RULER) / 2.0);
        let _ = context.rotate(-core::f64::consts::FRAC_PI_2);
        text(context, &paint.palette.soft, &words::duration(fold.length), 0.0, 0.0);
        context.restore();
    }
    context.set_text_align("left");
}

fn arrow(context: &CanvasRenderingContext2d, paint: &Paint<'_>, arrow: &Arrow) {
    let palette = paint.palette;
    let marked = paint.hovered == Some(arrow.key);
    let gossip = arrow.kind == MessageKind::Gossip;
    let lost = matches!(arrow.fate, Fate::Dropped(_));
    let colour = if lost {
        &palette.bad
    } else if gossip {
        &palette.edge
    } else {
        &palette.accent
    };
    context.set_global_alpha(if gossip && !marked { 0.45 } else { 1.0 });
    context.set_stroke_style_str(colour);
    context.set_fill_style_str(colour);
    context.set_line_width(if marked { 3.0 } else { 1.5 });
    line(context, arrow.from, arrow.to);
    match arrow.fate {
        Fate::Arrived => head(context, arrow, if marked { 9.0 } else { 7.0 }, palette),
        Fate::Dropped(_) => cross(context, arrow.to, 4.0),
        Fate::UnderWay => {}
    }
    context.set_global_alpha(1.0);
}

/// Filled for a request, hollow for a response, as the dots are.
fn head(context: &CanvasRenderingContext2d, arrow: &Arrow, size: f64, palette: &Palette) {
    let length = arrow.from.distance(arrow.to).max(1e-6);
    let (x, y) = (
        (arrow.to.x - arrow.from.x) / length,
        (arrow.to.y - arrow.from.y) / length,
    );
    let back = Point::new(arrow.to.x - x * size, arrow.to.y - y * size);
    context.begin_path();
    context.move_to(arrow.to.x, arrow.to.y);
    context.line_to(back.x - y * size * 0.45, back.y + x * size * 0.45);
    context.line_to(back.x + y * size * 0.45, back.y - x * size * 0.45);
    context.close_path();
    if arrow.response {
        context.set_fill_style_str(&palette.surface);
    }
    context.fill();
    context.stroke();
}

fn mark(context: &CanvasRenderingContext2d, paint: &Paint<'_>, mark: &Mark) {
    let (palette, at) = (paint.palette, mark.at);
    let polygon = |points: &[(f64, f64)]| {
        context.begin_path();
        for (place, (x, y)) in points.iter().enumerate() {
            if place == 0 {
                context.move_to(at.x + x, at.y + y)
            } else {
                context.line_to(at.x + x, at.y + y)
            }
        }
        context.close_path();
    };
    let circle = |radius: f64| {
        context.begin_path();
        // Fails for a negative radius only.
        let _ = context.arc(at.x, at.y, radius, 0.0, core::f64::consts::TAU);
    };
    context.set_line_width(1.5);
    let (fill, stroke) = match mark.sign {
        Sign::Activity => {
            circle(2.5);
            (&palette.text, &palette.text)
        }
        Sign::Mark(kind) => match kind {
            MarkKind::Statement => {
                polygon(&[(-4.0, -6.0), (6.0, 0.0), (-4.0, 6.0)]);
                (&palette.text, &palette.text)
            }
            MarkKind::StatementDone => {
                circle(4.5);
                (&palette.surface, &palette.text)
            }
            MarkKind::StatementFailed => {
                context.set_stroke_style_str(&palette.bad);
                context.set_line_width(2.5);
                return cross(context, at, 5.0);
            }
            MarkKind::Fault => {
                polygon(&[(0.0, -7.0), (6.5, 5.0), (-6.5, 5.0)]);
                (&palette.warn, &palette.text)
            }
            MarkKind::NodeState => {
                polygon(&[(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)]);
                (&palette.surface, &palette.text)
            }
            MarkKind::Opinion => {
                polygon(&[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)]);
                (&palette.surface, &palette.soft)
            }
            MarkKind::Hint => {
                polygon(&[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)]);
                (&palette.surface, &palette.accent)
            }
            MarkKind::Flush => {
                polygon(&[(-6.0, -2.0), (6.0, -2.0), (6.0, 2.0), (-6.0, 2.0)]);
                (&palette.text, &palette.text)
            }
            MarkKind::Schema => {
                polygon(&[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)]);
                (&palette.soft, &palette.text)
            }
        },
    };
    context.set_fill_style_str(fill);
    context.fill();
    context.set_stroke_style_str(stroke);
    context.stroke();
}

fn playhead(context: &CanvasRenderingContext2d, paint: &Paint<'_>) {
    let (window, palette) = (paint.window, paint.palette);
    let now = window.x(window.now);
    if paint.looks_back && paint.plot.shows_now {
        // What lies ahead has happened once; it may not happen again.
        context.set_global_alpha(0.6);
        context.set_fill_style_str(&palette.sunken);
        context.fill_rect(now, RULER, (window.width - now).max(0.0), paint.height - RULER);
        context.set_global_alpha(1.0);
    }
    let now = paint.plot.shows_now.then_some(now);
    for (x, faint) in [(now, paint.dragged.is_some()), (paint.dragged, false)] {
        let Some(x) = x else { continue };
        context.set_global_alpha(if faint { 0.4 } else { 1.0 });
        context.set_stroke_style_str(&palette.text);
        context.set_fill_style_str(&palette.text);
        context.set_line_width(1.5);
        line(context, Point::new(x, RULER - 8.0), Point::new(x, paint.height));
        context.begin_path();
        context.move_to(x - 6.0, RULER - 14.0);
        context.line_to(x + 6.0, RULER - 14.0);
        context.line_to(x + 6.0, RULER - 8.0);
        context.line_to(x, RULER - 2.0);
        context.line_to(x - 6.0, RULER - 8.0);
        context.close_path();
        context.fill();
    }
    context.set_global_alpha(1.0);
}
