//! What a strategy has to remember between choices. Kept in memory only: a restart begins anew, as Cassandra's does.

use super::{Choice, LEVELS};
use crate::base::UnixMicros;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Choices carried out so far.
    pub choices: u64,
    /// For each level, how many leveled compactions went by since one into it.
    pub rounds_without: [u32; LEVELS],
    /// The newest window of time that was seen.
    pub highest_window_ms: i64,
    /// When SSTables were last looked through for fully expired ones.
    pub expired_check: Option<UnixMicros>,
}

impl History {
    /// Takes down that a choice is carried out.
    pub fn note(&mut self, choice: &Choice) {
        self.choices += 1;
        for (level, rounds) in self.rounds_without.iter_mut().enumerate() {
            *rounds = if level as u32 == choice.level { 0 } else { *rounds + 1 };
        }
    }

    /// Whether a check is due that is made this often; a table that was just opened is taken to have been checked then.
    pub(super) fn is_expired_check_due(&self, now: UnixMicros, every_seconds: i64) -> bool {
        self.expired_check
            .is_none_or(|last| now.0.saturating_sub(last.0) > every_seconds.saturating_mul(1_000_000))
    }
}
