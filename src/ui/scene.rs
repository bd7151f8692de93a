//! What the timeline draws: arrows between the lanes of nodes, and marks on them.

use super::axis::Axis;
use super::geometry::Point;
use super::state::MessageKey;
use crate::base::{Arrange, Endpoint, Instant, RequestId};
use crate::event::{DropReason, MessageKind};
use crate::playground::api::{self, Fate, MarkKind, TimelineView, TraceView};

/// Height of the ruler above the lanes.
pub const RULER: f64 = 32.0;
/// How near to an arrow the pointer must be, in pixels.
const REACH: f64 = 7.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    pub key: MessageKey,
    pub kind: MessageKind,
    pub from: Point,
    pub to: Point,
    pub fate: Fate,
    pub response: bool,
    pub cause: Option<RequestId>,
    /// Its place in the view.
    pub index: usize,
}

/// What a mark on a lane stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Mark(MarkKind),
    /// A step of a statement on one node.
    Activity,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub sign: Sign,
    pub at: Point,
    pub index: usize,
}

/// What there is to draw, of the whole run or of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub lanes: Vec<Endpoint>,
    pub arrows: Vec<api::Arrow>,
    pub marks: Vec<Sighting>,
}

/// A mark before it has a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    pub at: Instant,
    pub node: Option<Endpoint>,
    pub sign: Sign,
    pub text: String,
}

impl Picture {
    pub fn of_run(view: &TimelineView, gossip: bool) -> Picture {
        let arrows = view
            .arrows
            .iter()
            .filter(|arrow| gossip || arrow.kind != MessageKind::Gossip)
            .cloned();
        let mark = |mark: &api::Mark| Sighting {
            at: mark.at,
            node: mark.node,
            sign: Sign::Mark(mark.kind),
            text: mark.text.clone(),
        };
        Picture {
            lanes: view.lanes.clone(),
            arrows: arrows.collect(),
            marks: view.marks.iter().map(mark).collect(),
        }
    }

    /// Steps that are the end of an arrow are drawn as that arrow.
    pub fn of_statement(view: &TraceView) -> Picture {
        let steps = view.rows.iter().filter(|row| row.arrow.is_none());
        let mark = |row: &api::TraceRow| Sighting {
            at: row.at,
            node: Some(row.node),
            sign: Sign::Activity,
            text: row.activity.clone(),
        };
        Picture {
            lanes: view.lanes.clone(),
            arrows: view.arrows.clone(),
            marks: steps.map(mark).collect(),
        }
    }

    /// The stretches of time in which something is drawn, in the order they begin: what an axis folds around.
    pub fn busy(&self) -> Vec<(Instant, Instant)> {
        let flights = self.arrows.iter().map(|arrow| (arrow.sent_at, arrow.arrives_at));
        let marks = self.marks.iter().map(|mark| (mark.at, mark.at));
        let mut busy: Vec<(Instant, Instant)> = flights.chain(marks).collect();
        busy.arrange();
        busy
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub arrows: Vec<Arrow>,
    pub marks: Vec<Mark>,
}

/// The part of the axis in view, and where the lanes lie.
pub struct Window<'a> {
    pub axis: &'a Axis,
    /// The place on the axis at the left edge.
    pub left: f64,
    pub width: f64,
    pub lanes: &'a [Endpoint],
    pub lane_height: f64,
    pub now: Instant,
}

impl Window<'_> {
    pub fn lane_y(&self, node: Endpoint) -> Option<f64> {
        let lane = self.lanes.iter().position(|lane| *lane == node)?;
        Some(RULER + (lane as f64 + 0.5) * self.lane_height)
    }

    pub fn x(&self, at: Instant) -> f64 {
        self.axis.x(at) - self.left
    }

    fn arrow(&self, index: usize, arrow: &api::Arrow) -> Option<Arrow> {
        let from = Point::new(self.x(arrow.sent_at), self.lane_y(arrow.from)?);
        let full = Point::new(self.x(arrow.arrives_at), self.lane_y(arrow.to)?);
        let to = match arrow.fate {
            Fate::Arrived => full,
            Fate::Dropped(DropReason::ReceiverDown) => full,
            Fate::Dropped(_) => from.towards(full, 0.5),
            // As far as it has come.
            Fate::UnderWay => from.towards(full, progress(arrow.sent_at, arrow.arrives_at, self.now)),
        };
        (to.x >= 0.0 && from.x <= self.width).then_some(Arrow {
            key: (arrow.from, arrow.id, arrow.sent_at),
            kind: arrow.kind,
            from,
            to,
            fate: arrow.fate,
            response: arrow.verb.is_response(),
            cause: arrow.cause,
            index,
        })
    }
}

/// The part of its way a message has come.
pub fn progress(sent: Instant, arrives: Instant, now: Instant) -> f64 {
    let (passed, whole) = (
        now.since(sent).as_micros() as f64,
        arrives.since(sent).as_micros() as f64,
    );
    if whole == 0.0 { 1.0 } else { (passed / whole).min(1.0) }
}

impl Scene {
    pub fn new(picture: &Picture, window: &Window<'_>) -> Scene {
        let arrows = picture
            .arrows
            .iter()
            .enumerate()
            .filter_map(|(index, arrow)| window.arrow(index, arrow))
            .collect();
        let mark = |(index, mark): (usize, &Sighting)| {
            let y = match mark.node {
                Some(node) => window.lane_y(node)?,
                None => RULER,
            };
            let at = Point::new(window.x(mark.at), y);
            (0.0..=window.width).contains(&at.x).then_some(Mark {
                sign: mark.sign,
                at,
                index,
            })
        };
        Scene {
            arrows,
            marks: picture.marks.iter().enumerate().filter_map(mark).collect(),
        }
    }

    /// The arrow under the pointer.
    pub fn arrow_at(&self, at: Point) -> Option<&Arrow> {
        let near = self
            .arrows
            .iter()
            .map(|arrow| (distance(at, arrow.from, arrow.to), arrow));
        near.filter(|(off, _)| *off <= REACH)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, arrow)| arrow)
    }

    pub fn mark_at(&self, at: Point) -> Option<&Mark> {
        self.marks.iter().rev().find(|mark| mark.at.distance(at) <= REACH + 2.0)
    }
}

/// How far a point is from a stretch of a line.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (x, y) = (to.x - from.x, to.y - from.y);
    let length = x * x + y * y;
    let part = if length == 0.0 {
        0.0
    } else {
        ((point.x - from.x) * x + (point.y - from.y) * y) / length
    };
    point.distance(from.towards(to, part.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::MessageId;
    use crate::event::Verb;
    use crate::ui::axis::Folding;

    const LANES: [Endpoint; 2] = [Endpoint::nth(1), Endpoint::nth(2)];

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    fn arrow(verb: Verb, fate: Fate) -> api::Arrow {
        api::Arrow {
            from: LANES[0],
            to: LANES[1],
            id: MessageId(1),
            verb,
            kind: verb.kind(),
            cause: None,
            bytes: 80,
            sent_at: at(100),
            arrives_at: at(200),
            fate,
        }
    }

    fn view(arrows: Vec<api::Arrow>) -> TimelineView {
        let mark = api::Mark {
            at: at(250),
            node: Some(LANES[0]),
            kind: MarkKind::Hint,
            text: "hint".into(),
            cause: None,
        };
        TimelineView {
            from: at(0),
            to: at(400),
            known_from: at(0),
            lanes: LANES.to_vec(),
            marks: vec![mark],
            arrows,
            unlisted_marks: 0,
            unlisted_arrows: 0,
        }
    }

    fn scene(view: &TimelineView, left: f64, now: u64) -> Scene {
        let axis = Axis::new(
            (0..9).map(|n| (at(n * 50), at(n * 50))),
            at(0),
            at(400),
            1.0,
            Folding::NONE,
        );
        let window = Window {
            axis: &axis,
            left,
            width: 300.0,
            lanes: &LANES,
            lane_height: 40.0,
            now: at(now),
        };
        Scene::new(&Picture::of_run(view, false), &window)
    }

    #[test]
    fn a_message_is_an_arrow_from_lane_to_lane() {
        let scene = scene(&view(vec![arrow(Verb::MutationReq, Fate::Arrived)]), 50.0, 400);
        let found = scene.arrows[0];
        assert_eq!(
            (found.from, found.to),
            (Point::new(50.0, RULER + 20.0), Point::new(150.0, RULER + 60.0))
        );
        assert_eq!(scene.arrow_at(Point::new(100.0, RULER + 40.0)), Some(&found));
        assert_eq!(scene.arrow_at(Point::new(210.0, RULER + 60.0)), None);
        assert_eq!(
            scene.mark_at(Point::new(203.0, RULER + 22.0)).map(|mark| mark.sign),
            Some(Sign::Mark(MarkKind::Hint))
        );
    }

    #[test]
    fn an_arrow_grows_with_time_and_breaks_half_way_when_lost() {
        let under_way = view(vec![
            arrow(Verb::ReadReq, Fate::UnderWay),
            arrow(Verb::ReadReq, Fate::Dropped(DropReason::Lost)),
        ]);
        let ends: Vec<f64> = scene(&under_way, 0.0, 125)
            .arrows
            .iter()
            .map(|arrow| arrow.to.x)
            .collect();
        assert_eq!(ends, [125.0, 150.0]);
    }

    #[test]
    fn gossip_and_what_is_out_of_view_are_not_drawn() {
        let gossip = view(vec![arrow(Verb::GossipDigestSyn, Fate::Arrived)]);
        assert!(scene(&gossip, 0.0, 400).arrows.is_empty());
        assert_eq!(Picture::of_run(&gossip, false).busy(), [(at(250), at(250))]);
        assert_eq!(
            Picture::of_run(&gossip, true).busy(),
            [(at(100), at(200)), (at(250), at(250))]
        );
        assert!(
            scene(&view(vec![arrow(Verb::ReadReq, Fate::Arrived)]), 290.0, 400)
                .arrows
                .is_empty()
        );
    }
}
