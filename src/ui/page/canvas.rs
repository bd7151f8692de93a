//! A canvas in CSS pixels, sharp on any screen.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, window};
use yew::NodeRef;

use crate::event::MessageKind;
use crate::ui::geometry::Point;
use crate::ui::glyph::{Outline, outline};

/// The canvas, cleared, its units CSS pixels; `None` before it is in the document.
pub fn prepare(canvas: &NodeRef, width: f64, height: f64) -> Option<CanvasRenderingContext2d> {
    let canvas: HtmlCanvasElement = canvas.cast()?;
    let density = window()?.device_pixel_ratio();
    let (wide, high) = ((width * density) as u32, (height * density) as u32);
    // Setting either clears the canvas and its state, and costs an allocation.
    if canvas.width() != wide || canvas.height() != high {
        canvas.set_width(wide);
        canvas.set_height(high);
    }
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    // These cannot fail with finite numbers.
    let _ = context.set_transform(density, 0.0, 0.0, density, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    Some(context)
}

pub fn line(context: &CanvasRenderingContext2d, from: Point, to: Point) {
    context.begin_path();
    context.move_to(from.x, from.y);
    context.line_to(to.x, to.y);
    context.stroke();
}

/// Lays down the outline of a kind of message round a point; filling and stroking are the caller's.
pub fn glyph(context: &CanvasRenderingContext2d, kind: MessageKind, at: Point, scale: f64) {
    context.begin_path();
    match outline(kind) {
        Outline::Circle(radius) => {
            // Fails for a negative radius only.
            let _ = context.arc(at.x, at.y, radius * scale, 0.0, core::f64::consts::TAU);
        }
        Outline::Polygon(points) => {
            for (place, (x, y)) in points.iter().enumerate() {
                let (x, y) = (at.x + x * scale, at.y + y * scale);
                if place == 0 {
                    context.move_to(x, y)
                } else {
                    context.line_to(x, y)
                }
            }
            context.close_path();
        }
    }
}

/// A small cross: something ended here that should not have.
pub fn cross(context: &CanvasRenderingContext2d, at: Point, reach: f64) {
    line(
        context,
        Point::new(at.x - reach, at.y - reach),
        Point::new(at.x + reach, at.y + reach),
    );
    line(
        context,
        Point::new(at.x - reach, at.y + reach),
        Point::new(at.x + reach, at.y - reach),
    );
}
