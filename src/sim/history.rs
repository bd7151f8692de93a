//! The history hash: one number for everything that happened in a run, in order.

use core::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::base::codec;
use crate::event::Event;

/// Grows with every event. Two runs with the same hash did the same to the byte.
pub struct History {
    hasher: Xxh3,
    events: u64,
    /// The encoding of one event, kept for its memory.
    scratch: Vec<u8>,
    is_off: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HistoryHash(pub u128);

impl Default for History {
    fn default() -> History {
        History {
            hasher: Xxh3::new(),
            events: 0,
            scratch: Vec::new(),
            is_off: false,
        }
    }
}

impl History {
    /// Counts events and nothing more from now on: for a run that will not be compared with any other.
    pub fn turn_off(&mut self) {
        self.is_off = true;
    }

    pub fn record(&mut self, event: &Event) {
        self.events += 1;
        if self.is_off {
            return;
        }
        let mut scratch = core::mem::take(&mut self.scratch);
        scratch.clear();
        self.scratch = codec::encode_into(event, scratch);
        self.hasher.update(&self.scratch);
    }

    pub fn events(&self) -> u64 {
        self.events
    }

    pub fn hash(&self) -> HistoryHash {
        HistoryHash(self.hasher.digest128())
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events, {}", self.events, self.hash())
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for HistoryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for HistoryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Endpoint, Instant};
    use crate::event::What;

    fn event(micros: u64, what: What) -> Event {
        Event {
            at: Instant::from_micros(micros),
            node: Endpoint::nth(1),
            cause: None,
            what,
        }
    }

    #[test]
    fn order_time_and_content_count() {
        let hash = |events: &[Event]| {
            let mut history = History::default();
            events.iter().for_each(|event| history.record(event));
            history.hash()
        };
        let (a, b) = (event(1, What::NodePaused), event(1, What::NodeResumed));
        let all = [
            hash(&[]),
            hash(&[a.clone(), b.clone()]),
            hash(&[b.clone(), a.clone()]),
            hash(&[a.clone(), event(2, What::NodeResumed)]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| other != one));
        }
        assert_eq!(hash(&[a.clone(), b.clone()]), hash(&[a, b]));
        assert_eq!(all[0].to_string().len(), 32);
    }
}
