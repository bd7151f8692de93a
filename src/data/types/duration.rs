//! Durations: months, days and nanoseconds, kept apart because none has a fixed number of the next.

/// The three parts have the same sign, or are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CqlDuration {
    pub months: i32,
    pub days: i32,
    pub nanoseconds: i64,
}
