//! What the page's program needs of the browser besides the engine: where it is, the link it was opened with, a seed.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Document, window};

use super::Engine;
use crate::base::Seed;
use crate::playground::api::{Command, Frame, Rate};
use crate::sim::ClusterConfig;

/// Slow enough to see messages travel.
pub const FIRST_RATE: Rate = Rate::SlowMotion;

/// Three nodes; each visit has a seed of its own, which its share link names.
pub fn config() -> ClusterConfig {
    let seed = Seed((js_sys::Math::random() * f64::from(u32::MAX)) as u64);
    ClusterConfig::simple(seed, ClusterConfig::DEFAULT_NODES)
}

/// Replays the run that the address names, now and whenever its fragment changes by hand.
pub fn follow_link(document: &Document, engine: &Engine) {
    let Some(location) = document.location() else {
        return;
    };
    let engine = engine.clone();
    let open = move || {
        let link = location.hash().unwrap_or_default();
        if link.len() > 1 {
            engine.send(Command::Load { link });
        }
    };
    open();
    if let Some(window) = window() {
        let listener: Closure<dyn FnMut()> = Closure::new(open);
        window.set_onhashchange(Some(listener.into_js_value().unchecked_ref()));
    }
}

/// Leaves on the document's element what a test or a benchmark reads: that the cluster is up, how a replay ended, virtual time,
/// memory, and messages sent so far.
pub fn mark(document: &Document, frame: &Frame, sent: u64) {
    let Some(element) = document.document_element() else {
        return;
    };
    let set = |name: &str, value: &str| {
        if element.get_attribute(name).as_deref() != Some(value) {
            // Refused for a bad name only, and these are not.
            element.set_attribute(name, value).unwrap_or_default();
        }
    };
    set("data-worker", super::READY);
    set("data-now", &frame.now.as_micros().to_string());
    set("data-memory", &frame.summary.memory_bytes.to_string());
    set("data-sent", &sent.to_string());
    if let Some(replayed) = &frame.summary.replayed {
        let verdict = match replayed.as_recorded {
            Some(true) => "as-recorded",
            Some(false) => "differs",
            None => "done",
        };
        set("data-replay", verdict);
        set("data-history", &replayed.history);
    }
}
