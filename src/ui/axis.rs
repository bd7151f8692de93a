//! The timeline's axis: virtual time from left to right, with long idle stretches folded away.

use crate::base::{Duration, Instant};

/// What is left of a folded stretch, in pixels: enough for its mark.
pub const FOLD_WIDTH: f64 = 28.0;
/// Busy time kept on either side of a fold, in pixels, so that nothing sits on its edge.
const SHOULDER: f64 = 12.0;

/// What is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folding {
    /// Idle stretches longer than this.
    pub idle: Duration,
    /// The middle of busy stretches longer than this: while a message takes its time over a very slow link, nothing happens.
    pub busy: Duration,
}

impl Folding {
    pub const NONE: Folding = Folding {
        idle: Duration::MAX,
        busy: Duration::MAX,
    };
}

/// A stretch of time and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    from: Instant,
    to: Instant,
    left: f64,
    right: f64,
    folded: bool,
}

/// A stretch folded away: where its mark stands and how long it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fold {
    pub left: f64,
    pub length: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pieces: Vec<Piece>,
    pixels_per_micro: f64,
}

impl Axis {
    /// An axis from `start` to `end`. `busy` are the stretches in which something is shown, in the order they begin; a stretch
    /// of no length is a moment.
    pub fn new(
        busy: impl IntoIterator<Item = (Instant, Instant)>,
        start: Instant,
        end: Instant,
        pixels_per_micro: f64,
        folding: Folding,
    ) -> Axis {
        let mut axis = Axis {
            pieces: Vec::new(),
            pixels_per_micro,
        };
        let shoulder = Duration::from_micros((SHOULDER / pixels_per_micro) as u64);
        let mut busy_from = start;
        let mut last = start;
        for (from, to) in busy.into_iter().chain([(end, end)]) {
            let (from, to) = (from.clamp(start, end), to.clamp(start, end));
            let idle = from.since(last);
            if idle > folding.idle {
                let shoulder = shoulder.min(idle / 3);
                axis.add(busy_from, last + shoulder, false);
                axis.add(last + shoulder, from - shoulder, true);
                busy_from = from - shoulder;
            }
            last = last.max(from);
            if to.since(from) <= folding.busy {
                last = last.max(to);
            }
        }
        axis.add(busy_from, end.max(busy_from), false);
        axis
    }

    fn pixels(&self, from: Instant, to: Instant) -> f64 {
        to.since(from).as_micros() as f64 * self.pixels_per_micro
    }

    fn add(&mut self, from: Instant, to: Instant, folded: bool) {
        let left = self.width();
        let length = if folded { FOLD_WIDTH } else { self.pixels(from, to) };
        self.pieces.push(Piece {
            from,
            to,
            left,
            right: left + length,
            folded,
        });
    }

    pub fn width(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.right)
    }

    /// Where a moment lies; the ends hold what is beyond them.
    pub fn x(&self, at: Instant) -> f64 {
        let index = self
            .pieces
            .partition_point(|piece| piece.to < at)
            .min(self.pieces.len() - 1);
        let piece = &self.pieces[index];
        let (into, length) = (
            at.since(piece.from).as_micros() as f64,
            piece.to.since(piece.from).as_micros() as f64,
        );
        if length == 0.0 {
            return piece.left;
        }
        piece.left + (piece.right - piece.left) * (into / length).min(1.0)
    }

    /// The moment at a place.
    pub fn at(&self, x: f64) -> Instant {
        let index = self
            .pieces
            .partition_point(|piece| piece.right < x)
            .min(self.pieces.len() - 1);
        let piece = &self.pieces[index];
        let width = piece.right - piece.left;
        let part = if width == 0.0 {
            0.0
        } else {
            ((x - piece.left) / width).clamp(0.0, 1.0)
        };
        piece.from + Duration::from_micros((piece.to.since(piece.from).as_micros() as f64 * part) as u64)
    }

    pub fn folds(&self) -> impl Iterator<Item = Fold> {
        let folded = self.pieces.iter().filter(|piece| piece.folded);
        folded.map(|piece| Fold {
            left: piece.left,
            length: piece.to.since(piece.from),
        })
    }

    /// Round moments between two places, at least `apart` pixels from one another, outside folds.
    pub fn ticks(&self, left: f64, right: f64, apart: f64) -> Vec<Instant> {
        let step = round_step(apart / self.pixels_per_micro);
        let mut ticks = Vec::new();
        for piece in self
            .pieces
            .iter()
            .filter(|piece| !piece.folded && piece.right >= left && piece.left <= right)
        {
            let from = self.at(piece.left.max(left)).max(piece.from).as_micros();
            let to = self.at(piece.right.min(right)).min(piece.to).as_micros();
            ticks.extend((from.div_ceil(step)..=to / step).map(|n| Instant::from_micros(n * step)));
        }
        ticks
    }
}

/// The next of 1, 2, 5, 10, 20, ... microseconds.
fn round_step(least_micros: f64) -> u64 {
    let mut decade = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            if (decade * factor) as f64 >= least_micros || decade >= 1_000_000_000_000 {
                return decade * factor;
            }
        }
        decade *= 10;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn moments(millis: impl IntoIterator<Item = u64>) -> Vec<(Instant, Instant)> {
        millis.into_iter().map(|millis| (at(millis), at(millis))).collect()
    }

    const FOLDING: Folding = Folding {
        idle: Duration::from_millis(96),
        busy: Duration::from_millis(1_200),
    };
    /// One pixel a millisecond.
    const SCALE: f64 = 0.001;

    #[test]
    fn busy_time_is_to_scale() {
        let axis = Axis::new(moments((0..10).map(|i| i * 50)), at(0), at(450), SCALE, FOLDING);
        assert_eq!(axis.width(), 450.0);
        assert_eq!(axis.x(at(125)), 125.0);
        assert_eq!(axis.at(125.0), at(125));
        assert_eq!(axis.folds().count(), 0);
    }

    #[test]
    fn a_long_idle_stretch_is_folded() {
        let axis = Axis::new(moments([0, 20, 9_000, 9_050]), at(0), at(9_050), SCALE, FOLDING);
        let folds: Vec<Fold> = axis.folds().collect();
        assert_eq!(
            folds,
            [Fold {
                left: 32.0,
                length: Duration::from_millis(8_956)
            }]
        );
        assert_eq!(axis.x(at(9_000)), 32.0 + FOLD_WIDTH + SHOULDER);
        assert_eq!(axis.width(), 32.0 + FOLD_WIDTH + SHOULDER + 50.0);
    }

    #[test]
    fn time_in_which_a_message_flies_is_not_folded() {
        let axis = Axis::new([(at(0), at(500)), (at(100), at(120))], at(0), at(550), SCALE, FOLDING);
        assert_eq!((axis.folds().count(), axis.width()), (0, 550.0));
        let slow = Axis::new([(at(0), at(5_000))], at(0), at(5_000), SCALE, FOLDING);
        assert_eq!(
            slow.folds().count(),
            1,
            "but that of a message that flies for very long is"
        );
    }

    #[test]
    fn an_empty_run_has_an_axis_too() {
        let axis = Axis::new([], at(5), at(5), SCALE, FOLDING);
        assert_eq!((axis.width(), axis.x(at(9)), axis.at(40.0)), (0.0, 0.0, at(5)));
    }

    #[test]
    fn ticks_are_round_and_outside_folds() {
        let axis = Axis::new(moments([0, 50, 100, 9_000]), at(0), at(9_080), SCALE, FOLDING);
        let ticks = axis.ticks(0.0, axis.width(), 40.0);
        assert_eq!(ticks, [0, 50, 100, 9_000, 9_050].map(at));
    }

    proptest! {
        #[test]
        fn time_never_runs_backwards(
            mut busy in proptest::collection::vec((0_u64..100_000, 0_u64..9_000), 0..50),
            probes in proptest::collection::vec(0_u64..100_000, 2..20),
        ) {
            busy.sort_unstable();
            let axis = Axis::new(busy.into_iter().map(|(from, length)| (at(from), at(from + length))), at(0), at(100_000), SCALE, FOLDING);
            let mut probes = probes;
            probes.sort_unstable();
            let places: Vec<f64> = probes.iter().map(|probe| axis.x(at(*probe))).collect();
            prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", places);
            let back: Vec<Instant> = places.iter().map(|x| axis.at(*x)).collect();
            for (probe, found) in probes.iter().zip(back) {
                // A fold is coarse: many moments share a pixel. Elsewhere a pixel is a millisecond.
                let off = found.since(at(*probe)).max(at(*probe).since(found));
                let x = axis.x(at(*probe));
                let folded = axis.folds().any(|fold| (fold.left..=fold.left + FOLD_WIDTH).contains(&x));
                prop_assert!(folded || off <= Duration::from_millis(1), "{:?}", off);
            }
        }
    }
}
