//! Virtual time: the only time there is below the hosts.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

pub use core::time::Duration;

/// A moment of virtual time: microseconds since the run began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Instant(u64);

impl Instant {
    pub const ZERO: Instant = Instant(0);
    pub const MAX: Instant = Instant(u64::MAX);

    pub const fn from_micros(micros: u64) -> Instant {
        Instant(micros)
    }

    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long `earlier` lies back; zero when it lies ahead.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, length: Duration) -> Instant {
        Instant(self.0.saturating_add(length.as_micros() as u64))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, length: Duration) {
        *self = *self + length;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, length: Duration) -> Instant {
        Instant(self.0.saturating_sub(length.as_micros() as u64))
    }
}

/// `hh:mm:ss.mmm`, as the page's clock shows it.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1_000_000, self.0 / 1_000 % 1_000);
        write!(
            f,
            "{:02}:{:02}:{:02}.{millis:03}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnixMicros(pub i64);

impl UnixMicros {
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    pub fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

/// A node's clock on the wall: virtual time counted from the run's epoch, plus how far this node's clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallClock {
    pub epoch: UnixMicros,
    pub skew_micros: i64,
}

impl WallClock {
    pub fn at(&self, now: Instant) -> UnixMicros {
        UnixMicros(self.epoch.0 + now.as_micros() as i64 + self.skew_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_as_a_clock() {
        assert_eq!(Instant::from_micros(3_723_004_999).to_string(), "01:02:03.004");
    }

    #[test]
    fn a_clock_that_is_off_shows_it() {
        let clock = WallClock {
            epoch: UnixMicros(1_000_000),
            skew_micros: -1,
        };
        assert_eq!(clock.at(Instant::from_micros(5)), UnixMicros(1_000_004));
        assert_eq!(UnixMicros(-1).seconds(), -1);
    }
}
