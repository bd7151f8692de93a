//! When to ask one replica more, because those asked take long. Cassandra's `SpeculativeRetryPolicy`.

use crate::base::{Arrange, Duration, Recent};

/// How many of a table's latest reads tell how long one takes.
const SAMPLES: usize = 256;

/// After so many new samples the percentiles are taken afresh; before that a few slow ones would pass for the rule.
const REFRESH_AFTER: u32 = 64;

/// A table's `speculative_retry` or `additional_write_policy`.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeculativeRetry {
    Never,
    /// One more from the start.
    Always,
    Fixed(Duration),
    /// Of the table's read latencies; 0 to 100.
    Percentile(f64),
    Earlier(Box<SpeculativeRetry>, Box<SpeculativeRetry>),
    Later(Box<SpeculativeRetry>, Box<SpeculativeRetry>),
}

impl SpeculativeRetry {
    /// As the schema spells it. Anything else never speculates: the schema has let nothing else in.
    pub fn parse(text: &str) -> SpeculativeRetry {
        SpeculativeRetry::try_parse(text).unwrap_or(SpeculativeRetry::Never)
    }

    fn try_parse(text: &str) -> Option<SpeculativeRetry> {
        let hybrid = |name: &str| {
            let (left, right) = text
                .strip_prefix(name)?
                .strip_prefix('(')?
                .strip_suffix(')')?
                .split_once(',')?;
            Some((
                Box::new(SpeculativeRetry::try_parse(left)?),
                Box::new(SpeculativeRetry::try_parse(right)?),
            ))
        };
        if text == "ALWAYS" {
            Some(SpeculativeRetry::Always)
        } else if let Some((left, right)) = hybrid("MIN") {
            Some(SpeculativeRetry::Earlier(left, right))
        } else if let Some((left, right)) = hybrid("MAX") {
            Some(SpeculativeRetry::Later(left, right))
        } else if let Some(number) = text.strip_suffix("ms") {
            let micros = number.parse::<f64>().ok()? * 1000.0;
            Some(SpeculativeRetry::Fixed(Duration::from_micros(micros as u64)))
        } else {
            let number = text.strip_suffix('p')?;
            Some(SpeculativeRetry::Percentile(number.parse().ok()?))
        }
    }

    /// How long after the start of a read, given what reads took lately. `None`: not at all.
    pub fn threshold(&self, latencies: &Latencies) -> Option<Duration> {
        match self {
            SpeculativeRetry::Never => None,
            SpeculativeRetry::Always => Some(Duration::ZERO),
            SpeculativeRetry::Fixed(length) => Some(*length),
            SpeculativeRetry::Percentile(percentile) => Some(latencies.percentile(*percentile)),
            SpeculativeRetry::Earlier(left, right) => left.threshold(latencies).min(right.threshold(latencies)),
            SpeculativeRetry::Later(left, right) => left.threshold(latencies).max(right.threshold(latencies)),
        }
    }
}

/// How long the latest requests of a kind took, for one table on one coordinator.
#[derive(Clone, Debug)]
pub struct Latencies {
    assumed: Duration,
    recent: Recent<Duration>,
    sorted: Vec<Duration>,
    /// Samples since `sorted` was made.
    unsorted: u32,
}

impl Latencies {
    /// `assumed` is what a request takes as long as nothing is known: Cassandra begins with half the request's timeout.
    pub fn new(assumed: Duration) -> Latencies {
        Latencies {
            assumed,
            recent: Recent::new(SAMPLES),
            sorted: Vec::new(),
            unsorted: 0,
        }
    }

    pub fn record(&mut self, latency: Duration) {
        self.recent.push(latency);
        self.unsorted += 1;
        if self.unsorted >= REFRESH_AFTER {
            self.sorted = self.recent.iter().copied().collect();
            self.sorted.arrange();
            self.unsorted = 0;
        }
    }

    fn percentile(&self, percentile: f64) -> Duration {
        let rank = percentile / 100.0 * self.sorted.len() as f64;
        let last = self.sorted.len().saturating_sub(1);
        self.sorted
            .get((rank as usize).min(last))
            .copied()
            .unwrap_or(self.assumed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read() {
        let millis = |n| SpeculativeRetry::Fixed(Duration::from_millis(n));
        assert_eq!(SpeculativeRetry::parse("99p"), SpeculativeRetry::Percentile(99.0));
        assert_eq!(
            SpeculativeRetry::parse("12.5ms"),
            SpeculativeRetry::Fixed(Duration::from_micros(12_500))
        );
        assert_eq!(SpeculativeRetry::parse("ALWAYS"), SpeculativeRetry::Always);
        assert_eq!(SpeculativeRetry::parse("NEVER"), SpeculativeRetry::Never);
        let both = (Box::new(SpeculativeRetry::Percentile(90.0)), Box::new(millis(50)));
        assert_eq!(
            SpeculativeRetry::parse("MIN(90p,50ms)"),
            SpeculativeRetry::Earlier(both.0, both.1)
        );
    }

    #[test]
    fn thresholds_follow_the_latencies() {
        let mut latencies = Latencies::new(Duration::from_secs(2));
        let percentile = SpeculativeRetry::parse("99p");
        assert_eq!(percentile.threshold(&latencies), Some(Duration::from_secs(2)));
        (1..=u64::from(REFRESH_AFTER)).for_each(|n| latencies.record(Duration::from_millis(n)));
        assert_eq!(percentile.threshold(&latencies), Some(Duration::from_millis(64)));
        let at = |text| SpeculativeRetry::parse(text).threshold(&latencies);
        assert_eq!(at("MIN(99p,5ms)"), Some(Duration::from_millis(5)));
        assert_eq!(at("MAX(99p,5ms)"), Some(Duration::from_millis(64)));
        assert_eq!(at("NEVER"), None);
    }
}
