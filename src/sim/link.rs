//! What a link between two nodes does to messages, as settings.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// A probability in parts per million, so that it is the same number everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ppm(u32);

impl Ppm {
    pub const NEVER: Ppm = Ppm(0);
    pub const ALWAYS: Ppm = Ppm(1_000_000);

    /// More than always is always.
    pub const fn new(parts: u32) -> Ppm {
        if parts > 1_000_000 { Ppm::ALWAYS } else { Ppm(parts) }
    }

    pub const fn percent(percent: u32) -> Ppm {
        Ppm::new(percent.saturating_mul(10_000))
    }

    pub const fn parts(self) -> u32 {
        self.0
    }
}

/// How long a message takes one way: never less than `least`; beyond it a delay of mean `jitter`, exponentially distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    pub least: Duration,
    pub jitter: Duration,
}

impl Latency {
    /// Nothing travels faster: it bounds from below how far nodes may run ahead of one another, and with it the simulator's speed.
    pub const SMALLEST: Duration = Duration::from_micros(50);
    /// Nothing is slower, or a slider could stop the cluster for days.
    pub const LARGEST: Duration = Duration::from_secs(60);
    /// Within a datacentre: half a millisecond there and a millisecond back and forth, as between racks of one. What varies is a small
    /// part of it, as in a quiet network: so answers to what was asked at once arrive in one of a scheduler's windows.
    pub const WITHIN_DATACENTER: Latency = Latency {
        least: Duration::from_micros(450),
        jitter: Duration::from_micros(50),
    };
    /// Between datacentres of one continent.
    pub const BETWEEN_DATACENTERS: Latency = Latency {
        least: Duration::from_millis(20),
        jitter: Duration::from_millis(1),
    };

    /// The same, within the limits.
    pub fn bounded(self) -> Latency {
        Latency {
            least: self.least.clamp(Latency::SMALLEST, Latency::LARGEST),
            jitter: self.jitter.min(Latency::LARGEST),
        }
    }

    pub fn mean(self) -> Duration {
        self.least + self.jitter
    }
}

/// What is wrong with one direction of a link, on top of its latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFaults {
    /// Nothing gets through.
    pub cut: bool,
    pub loss: Ppm,
    pub duplication: Ppm,
    /// How many messages are held back by up to `Network::REORDER_WITHIN`, so that later ones overtake them.
    pub reordering: Ppm,
    pub extra_latency: Duration,
    /// Bytes a second; `None`: as many as there are.
    pub bandwidth: Option<u32>,
}

impl LinkFaults {
    pub const NONE: LinkFaults = LinkFaults {
        cut: false,
        loss: Ppm::NEVER,
        duplication: Ppm::NEVER,
        reordering: Ppm::NEVER,
        extra_latency: Duration::ZERO,
        bandwidth: None,
    };
    pub const CUT: LinkFaults = LinkFaults {
        cut: true,
        ..LinkFaults::NONE
    };
}
