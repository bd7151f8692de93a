//! A picture laid out in a frame: which stretch of time is in view, at what scale, and where everything lies.

use std::rc::Rc;

use super::axis::{Axis, Folding};
use super::scene::{Picture, RULER, Scene, Window};
use crate::base::{Arrange, Duration, Instant};

/// Pixels a microsecond of virtual time: at first a hop is as long as an arrow reads well.
const FIRST_SCALE: f64 = 0.15;
const SCALES: (f64, f64) = (1e-6, 4.0);
/// Where the playhead stands while the picture follows the run, as a part of the width.
const FOLLOW_AT: f64 = 0.92;
/// Of the run, an idle stretch wider than this is folded, in pixels.
const FOLD_OVER: f64 = 96.0;
/// And of a message that flies for longer than this only the ends are to scale.
const LONGEST_FLIGHT: f64 = 1_200.0;
/// A statement is short, so nothing of it is folded, unless one wait is more than this part of it: then what is more than the
/// second part is.
const STATEMENT_FOLD: (f64, f64) = (0.6, 0.1);
/// Left of the first thing drawn, and as much right of the last.
const MARGIN: f64 = 14.0;
const LEAST_LANE: f64 = 15.0;
const MOST_LANE: f64 = 80.0;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Pixels a microsecond.
    pub scale: f64,
    /// The moment at the left edge; `None` follows the run.
    pub from: Option<Instant>,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            scale: FIRST_SCALE,
            from: None,
        }
    }
}

impl Look {
    fn folding(self) -> Folding {
        let length = |pixels: f64| Duration::from_micros((pixels / self.scale) as u64);
        Folding {
            idle: length(FOLD_OVER),
            busy: length(LONGEST_FLIGHT),
        }
    }

    pub fn scaled(self, by: f64) -> Look {
        Look {
            scale: (self.scale * by).clamp(SCALES.0, SCALES.1),
            ..self
        }
    }
}

#[derive(Clone, Debug)]
pub struct Plot {
    pub picture: Rc<Picture>,
    pub axis: Axis,
    pub left: f64,
    pub scene: Scene,
    width: f64,
    lane_height: f64,
    now: Instant,
    /// Whether now lies on the axis: a statement may be long over.
    pub shows_now: bool,
}

impl Plot {
    /// The run as it is looked at, as far as `to`.
    pub fn of_run(
        picture: &Rc<Picture>,
        look: Look,
        (now, to): (Instant, Option<Instant>),
        (width, height): (f64, f64),
    ) -> Plot {
        let busy = picture.busy();
        let (first, last) = span(&busy, now);
        let axis = Axis::new(busy, first, last.max(now), look.scale, look.folding());
        let left = match look.from {
            Some(from) => axis.x(from),
            None => (axis.x(to.unwrap_or(now)) - width * FOLLOW_AT).max(-MARGIN),
        };
        Plot::new(picture, axis, left, now, true, (width, height))
    }

    /// One statement from its first to its last step, as wide as the frame.
    pub fn of_statement(picture: &Rc<Picture>, now: Instant, (width, height): (f64, f64)) -> Plot {
        let busy = picture.busy();
        let (first, last) = span(&busy, now);
        let axis = fitting(&busy, first, last, width - 2.0 * MARGIN);
        let shows_now = (first..=last).contains(&now);
        Plot::new(picture, axis, -MARGIN, now, shows_now, (width, height))
    }

    fn new(
        picture: &Rc<Picture>,
        axis: Axis,
        left: f64,
        now: Instant,
        shows_now: bool,
        (width, height): (f64, f64),
    ) -> Plot {
        let lanes = picture.lanes.len().max(1) as f64;
        let mut plot = Plot {
            picture: Rc::clone(picture),
            axis,
            left,
            scene: Scene::default(),
            width,
            lane_height: ((height - RULER) / lanes).clamp(LEAST_LANE, MOST_LANE),
            now,
            shows_now,
        };
        plot.scene = Scene::new(picture, &plot.window());
        plot
    }

    pub fn window(&self) -> Window<'_> {
        Window {
            axis: &self.axis,
            left: self.left,
            width: self.width,
            lanes: &self.picture.lanes,
            lane_height: self.lane_height,
            now: self.now,
        }
    }

    /// The moment at a place in the frame.
    pub fn at(&self, x: f64) -> Instant {
        self.axis.at(self.left + x)
    }

    /// Nearer or farther, with what is at `x` staying there unless the run is followed.
    pub fn zoomed(&self, look: Look, x: f64, by: f64) -> Look {
        let look = look.scaled(by);
        let from = look.from.map(|_| {
            let fixed = self.at(x);
            let busy = self.picture.busy();
            let (first, last) = span(&busy, fixed);
            let axis = Axis::new(busy, first, last.max(fixed), look.scale, look.folding());
            axis.at(axis.x(fixed) - x)
        });
        Look { from, ..look }
    }

    pub fn panned(&self, look: Look, by: f64) -> Look {
        Look {
            from: Some(self.at(by)),
            ..look
        }
    }

    /// The moments something begins or ends, in order: where the playhead stops on its way.
    pub fn moments(&self) -> Vec<Instant> {
        let ends = self.picture.busy().into_iter().flat_map(|(from, to)| [from, to]);
        let mut moments: Vec<Instant> = ends.collect();
        moments.arrange();
        moments.dedup();
        moments
    }
}

/// From the first to the last of what is drawn.
fn span(busy: &[(Instant, Instant)], or: Instant) -> (Instant, Instant) {
    let first = busy.first().map_or(or, |(from, _)| *from);
    (first, busy.iter().map(|(_, to)| *to).max().unwrap_or(first))
}

/// The axis that fills a width, folds and all.
fn fitting(busy: &[(Instant, Instant)], first: Instant, last: Instant, width: f64) -> Axis {
    let (whole, mut until, mut longest_wait) = (last.since(first), first, Duration::ZERO);
    for (from, to) in busy {
        longest_wait = longest_wait.max(from.since(until));
        until = until.max(*to);
    }
    let folds = longest_wait > whole.mul_f64(STATEMENT_FOLD.0);
    let idle = if folds {
        whole.mul_f64(STATEMENT_FOLD.1)
    } else {
        Duration::MAX
    };
    let folding = Folding { idle, ..Folding::NONE };
    let at_scale = |scale: f64| Axis::new(busy.iter().copied(), first, last, scale, folding);
    let (mut low, mut high) = SCALES;
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        if at_scale(middle).width() < width {
            low = middle;
        } else {
            high = middle;
        }
    }
    at_scale(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Endpoint;
    use crate::playground::api::MarkKind;
    use crate::ui::scene::{Sighting, Sign};

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    fn picture(micros: &[u64]) -> Rc<Picture> {
        let mark = |micros: &u64| Sighting {
            at: at(*micros),
            node: Some(Endpoint::nth(1)),
            sign: Sign::Mark(MarkKind::Hint),
            text: String::new(),
        };
        Rc::new(Picture {
            lanes: vec![Endpoint::nth(1)],
            arrows: Vec::new(),
            marks: micros.iter().map(mark).collect(),
        })
    }

    const FRAME: (f64, f64) = (600.0, 120.0);

    #[test]
    fn the_run_is_followed() {
        let plot = Plot::of_run(&picture(&[0, 300, 90_000]), Look::default(), (at(90_400), None), FRAME);
        let x = plot.window().x(at(90_400));
        assert!(x <= FRAME.0 * FOLLOW_AT && x > 0.0, "{x}");
        let long = picture(&(0..200).map(|n| n * 500).collect::<Vec<u64>>());
        let plot = Plot::of_run(&long, Look::default(), (at(100_000), None), FRAME);
        assert!((plot.window().x(at(100_000)) - FRAME.0 * FOLLOW_AT).abs() < 1.0);
    }

    #[test]
    fn a_statement_fills_the_frame_whatever_it_took() {
        for micros in [&[5, 900, 1_700][..], &[0, 40, 2_000_000, 2_000_090]] {
            let plot = Plot::of_statement(&picture(micros), at(9_000_000), FRAME);
            let ends = [micros[0], micros[micros.len() - 1]].map(|micros| plot.window().x(at(micros)));
            assert!((ends[0] - MARGIN).abs() < 1e-6, "{ends:?}");
            assert!(ends[1] <= FRAME.0 - MARGIN && ends[1] > FRAME.0 * 0.8, "{ends:?}");
            assert!(!plot.shows_now);
        }
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let picture = picture(&(0..100).map(|n| n * 400).collect::<Vec<u64>>());
        let look = Look {
            from: Some(at(8_000)),
            ..Look::default()
        };
        let plot = Plot::of_run(&picture, look, (at(40_000), None), FRAME);
        let (under, nearer) = (plot.at(200.0), plot.zoomed(look, 200.0, 2.0));
        let zoomed = Plot::of_run(&picture, nearer, (at(40_000), None), FRAME);
        assert!((zoomed.window().x(under) - 200.0).abs() < 2.0);
        assert_eq!(nearer.scale, 2.0 * look.scale);
    }

    #[test]
    fn an_earlier_stretch_is_followed_to_its_end() {
        let picture = picture(&[0, 300, 90_000]);
        let plot = Plot::of_run(&picture, Look::default(), (at(900_000), Some(at(90_000))), FRAME);
        let end = plot.window().x(at(90_000));
        assert!((0.0..=FRAME.0).contains(&end), "{end}");
    }
}
