//! The times that data carries.

use serde::{Deserialize, Serialize};

use crate::base::UnixMicros;

/// Microseconds since the Unix epoch, as the client or coordinator stamped the write. Decides which cell wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WriteTimestamp(pub i64);

impl WriteTimestamp {
    /// Older than every write: the timestamp of "no deletion" and "no liveness". Cassandra refuses it from clients.
    pub const NONE: WriteTimestamp = WriteTimestamp(i64::MIN);

    /// The instant just before: what replacing a whole collection deletes, so that its own cells survive.
    pub const fn just_before(self) -> WriteTimestamp {
        WriteTimestamp(self.0.saturating_sub(1))
    }
}

impl From<UnixMicros> for WriteTimestamp {
    fn from(micros: UnixMicros) -> WriteTimestamp {
        WriteTimestamp(micros.0)
    }
}

/// Seconds since the Unix epoch on a replica's clock: when something was deleted, or when it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EpochSeconds(pub i64);

impl EpochSeconds {
    /// "Never": later than any deletion or expiry.
    pub const NEVER: EpochSeconds = EpochSeconds(i64::MAX);
}

impl From<UnixMicros> for EpochSeconds {
    fn from(micros: UnixMicros) -> EpochSeconds {
        EpochSeconds(micros.seconds())
    }
}

/// Time to live in seconds, as the write asked for it. Cassandra's limit is 20 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ttl(pub u32);

impl Ttl {
    /// `Attributes.MAX_TTL`: 20 years of 365 days.
    pub const MAX_SECONDS: u32 = 20 * 365 * 24 * 60 * 60;

    /// Of a marker that was never to live: it takes away a view's row. `LivenessInfo.EXPIRED_LIVENESS_TTL`.
    pub const EXPIRED: Ttl = Ttl(i32::MAX as u32);
}

/// When data stops being live, and how long it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Expiry {
    pub ttl: Ttl,
    pub at: EpochSeconds,
}

impl Expiry {
    pub fn starting(now: EpochSeconds, ttl: Ttl) -> Expiry {
        Expiry {
            ttl,
            at: EpochSeconds(now.0.saturating_add(i64::from(ttl.0))),
        }
    }
}

/// A deletion: everything written at or before `marked_for_delete_at` is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeletionTime {
    pub marked_for_delete_at: WriteTimestamp,
    /// When the deletion was made on the coordinator's clock: `gc_grace_seconds` counts from here.
    pub local_deletion_time: EpochSeconds,
}

impl DeletionTime {
    /// Nothing is deleted.
    pub const LIVE: DeletionTime = DeletionTime {
        marked_for_delete_at: WriteTimestamp::NONE,
        local_deletion_time: EpochSeconds::NEVER,
    };

    pub fn new(marked_for_delete_at: WriteTimestamp, local_deletion_time: EpochSeconds) -> DeletionTime {
        DeletionTime {
            marked_for_delete_at,
            local_deletion_time,
        }
    }

    pub fn is_live(&self) -> bool {
        *self == DeletionTime::LIVE
    }

    /// Whether a write stamped `timestamp` is gone. A tie goes to the deletion.
    pub fn deletes(&self, timestamp: WriteTimestamp) -> bool {
        !self.is_live() && timestamp <= self.marked_for_delete_at
    }

    /// Whether this deletion says all that `other` does. `DeletionTime.supersedes`.
    pub fn supersedes(&self, other: &DeletionTime) -> bool {
        if self.is_live() || other.is_live() {
            return !self.is_live();
        }
        (self.marked_for_delete_at, self.local_deletion_time) > (other.marked_for_delete_at, other.local_deletion_time)
    }

    pub fn later(self, other: DeletionTime) -> DeletionTime {
        if other.supersedes(&self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_deletes_nothing_and_a_tie_goes_to_the_deletion() {
        let deletion = DeletionTime::new(WriteTimestamp(5), EpochSeconds(1));
        assert!(!DeletionTime::LIVE.deletes(WriteTimestamp(i64::MIN)));
        assert!(deletion.deletes(WriteTimestamp(5)) && !deletion.deletes(WriteTimestamp(6)));
        assert_eq!(DeletionTime::LIVE.later(deletion), deletion);
        assert_eq!(deletion.later(DeletionTime::LIVE), deletion);
    }
}
