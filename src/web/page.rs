//! What the page's program needs of the browser besides the engine: where it is, the link it was opened with, a seed.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Document, window};

use super::Engine;
use crate::base::Seed;
use crate::playground::Keep;
use crate::playground::api::{Command, Frame, Keeping, Rate};
use crate::sim::ClusterConfig;
use crate::storage::CommitLogConfig;

/// The query that asks for a cluster in memory.
const MEMORY: &str = "?memory";

/// Slow enough to see messages travel.
pub const FIRST_RATE: Rate = Rate::SlowMotion;

/// A quarter of Cassandra's segments, and as much commit log as is replayed in a second when the page is opened again.
const SEGMENT_BYTES: u32 = CommitLogConfig::SEGMENT_BYTES / 4;
const COMMIT_LOG_SPACE_BYTES: u64 = 16 << 20;

/// Three nodes; each visit has a seed of its own, which its share link names.
pub fn config() -> ClusterConfig {
    let seed = Seed((js_sys::Math::random() * f64::from(u32::MAX)) as u64);
    let mut config = ClusterConfig::simple(seed, ClusterConfig::DEFAULT_NODES);
    config.storage.commit_log.segment_bytes = SEGMENT_BYTES;
    config.storage.commit_log_space_bytes = COMMIT_LOG_SPACE_BYTES;
    config
}

/// The page's own address keeps its cluster. A link brings a run of its own, a page within another may be in many places at once,
/// and `?memory` asks for it.
pub fn keep(document: &Document) -> Keep {
    let parent = window().and_then(|window| window.parent().ok().flatten());
    let framed = parent != window();
    let part = |part: Result<String, _>| part.unwrap_or_default();
    let location = document.location();
    let linked = location.as_ref().is_none_or(|location| part(location.hash()).len() > 1);
    let asked = location.is_some_and(|location| part(location.search()) == MEMORY);
    if framed || linked || asked {
        return Keep::No(None);
    }
    // What an `f64` holds to the last bit.
    const TAGS: f64 = 9_007_199_254_740_992.0;
    Keep::Fresh((js_sys::Math::random() * TAGS) as u64 + 1)
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
    let keeping = match frame.summary.keeping {
        Keeping::Memory => "memory",
        Keeping::Kept => "kept",
        Keeping::Continued => "continued",
        Keeping::Unread => "unread",
    };
    set("data-keeping", keeping);
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
