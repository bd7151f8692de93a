//! The recent past, as far as it is remembered: arrows and marks for the timeline.

use super::api::{Arrow, Fate, MAX_TIMELINE_ARROWS, MAX_TIMELINE_MARKS, Mark, MarkKind, TimelineView};
use crate::base::{Arrange, Endpoint, Instant, MessageId, Recent};
use crate::event::{DropReason, Event, MessageKind, Outcome, What};

/// Twenty minutes of five idle nodes' gossip.
const MAX_ARROWS: usize = 20_000;
const MAX_MARKS: usize = 5_000;
/// How far back to look for a message that is found undeliverable: more are never under way.
const MAX_UNDER_WAY: usize = 2_000;
/// A tenth of a second at sixty frames.
const LOOKS_APART: u32 = 6;
/// Of a statement's text on its mark, in characters.
const MAX_STATEMENT_CHARS: usize = 80;

#[derive(Debug)]
pub struct Timeline {
    arrows: Recent<Arrow>,
    marks: Recent<Mark>,
    /// Counts what came or changed.
    changes: u64,
    shown: Option<Shown>,
}

/// What a host has been shown last, so that it gets no more than what is new to it.
#[derive(Debug)]
struct Shown {
    range: (Instant, Instant),
    changes: u64,
    /// When the first message that is under way in it arrives: it looks different then.
    until: Instant,
    /// Looks since.
    age: u32,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline {
            arrows: Recent::new(MAX_ARROWS),
            marks: Recent::new(MAX_MARKS),
            changes: 0,
            shown: None,
        }
    }
}

impl Timeline {
    pub fn sent(&mut self, arrow: Arrow) {
        self.changes += 1;
        self.arrows.push(arrow);
    }

    pub fn dropped(&mut self, from: Endpoint, id: MessageId, reason: DropReason) {
        let recent = self.arrows.iter_mut().rev().take(MAX_UNDER_WAY);
        if let Some(arrow) = recent.into_iter().find(|arrow| (arrow.from, arrow.id) == (from, id)) {
            arrow.fate = Fate::Dropped(reason);
            self.changes += 1;
        }
    }

    pub fn event(&mut self, event: &Event) {
        if let Some((kind, text)) = mark(event) {
            self.mark(Mark {
                at: event.at,
                node: Some(event.node),
                kind,
                text,
                cause: event.cause,
            });
        }
    }

    pub fn mark(&mut self, mark: Mark) {
        self.changes += 1;
        self.marks.push(mark);
    }

    /// The view of a range, when it looks different from what was shown of it, and not more often than every few looks.
    pub fn news(
        &mut self,
        range: Option<(Instant, Instant)>,
        now: Instant,
        lanes: impl FnOnce() -> Vec<Endpoint>,
    ) -> Option<TimelineView> {
        let Some(range) = range else {
            self.shown = None;
            return None;
        };
        if let Some(shown) = self.shown.as_mut().filter(|shown| shown.range == range) {
            shown.age += 1;
            let is_new = shown.changes != self.changes || shown.until <= now;
            if !is_new || shown.age < LOOKS_APART {
                return None;
            }
        }
        let view = self.view(range.0, range.1, now, lanes());
        let under_way = view.arrows.iter().filter(|arrow| arrow.fate == Fate::UnderWay);
        self.shown = Some(Shown {
            range,
            changes: self.changes,
            until: under_way.map(|arrow| arrow.arrives_at).min().unwrap_or(Instant::MAX),
            age: 0,
        });
        Some(view)
    }

    /// What is known of the time from `from` to `to`, looked at `now`.
    pub fn view(&self, from: Instant, to: Instant, now: Instant, lanes: Vec<Endpoint>) -> TimelineView {
        let within = |arrow: &&Arrow| arrow.sent_at <= to && arrow.arrives_at >= from;
        let (gossip, business): (Vec<&Arrow>, Vec<&Arrow>) = {
            let seen = self.arrows.iter().filter(within);
            seen.partition(|arrow| arrow.kind == MessageKind::Gossip)
        };
        let unlisted_arrows = (gossip.len() + business.len()).saturating_sub(MAX_TIMELINE_ARROWS) as u32;
        let business = business.into_iter().rev().take(MAX_TIMELINE_ARROWS);
        let mut arrows: Vec<Arrow> = business
            .chain(gossip.into_iter().rev())
            .take(MAX_TIMELINE_ARROWS)
            .map(|arrow| settled(arrow, now))
            .collect();
        arrows.arrange_by_key(|arrow| (arrow.sent_at, arrow.from, arrow.id));
        let seen = self.marks.iter().filter(|mark| (from..=to).contains(&mark.at));
        let all = seen.clone().count();
        let marks: Vec<Mark> = seen.skip(all.saturating_sub(MAX_TIMELINE_MARKS)).cloned().collect();
        let oldest = |forgotten: u64, first: Option<Instant>| if forgotten > 0 { first } else { None };
        let known_from = [
            oldest(
                self.arrows.forgotten(),
                self.arrows.iter().next().map(|arrow| arrow.sent_at),
            ),
            oldest(self.marks.forgotten(), self.marks.iter().next().map(|mark| mark.at)),
        ];
        TimelineView {
            from,
            to,
            known_from: known_from.into_iter().flatten().max().unwrap_or(Instant::ZERO),
            lanes,
            unlisted_marks: (all - marks.len()) as u32,
            marks,
            arrows,
            unlisted_arrows,
        }
    }
}

/// The arrow as it is known at `now`.
pub fn settled(arrow: &Arrow, now: Instant) -> Arrow {
    let fate = match arrow.fate {
        Fate::UnderWay if arrow.arrives_at <= now => Fate::Arrived,
        fate => fate,
    };
    Arrow { fate, ..arrow.clone() }
}

fn mark(event: &Event) -> Option<(MarkKind, String)> {
    Some(match &event.what {
        What::StatementReceived { query, .. } => {
            let mut text: String = query.chars().take(MAX_STATEMENT_CHARS).collect();
            if text.len() < query.len() {
                text.push('…');
            }
            (MarkKind::Statement, text)
        }
        What::StatementDone { outcome } => match outcome {
            Outcome::Done { .. } => (MarkKind::StatementDone, "answered".into()),
            Outcome::Failed { message, .. } => (MarkKind::StatementFailed, message.clone()),
        },
        What::NodeStarted { .. } => (MarkKind::NodeState, "started".into()),
        What::NodeStopped { .. } => (MarkKind::NodeState, "stopped".into()),
        What::NodePaused => (MarkKind::NodeState, "paused".into()),
        What::NodeResumed => (MarkKind::NodeState, "resumed".into()),
        What::PeerUp { peer } => (MarkKind::Opinion, format!("{peer} is up")),
        What::PeerDown { peer, .. } => (MarkKind::Opinion, format!("{peer} is down")),
        What::PeerState { peer, status } => (MarkKind::Opinion, format!("{peer} is {status}")),
        What::HintStored { host } => (MarkKind::Hint, format!("hint stored for {host}")),
        What::HintReplayed { host } => (MarkKind::Hint, format!("hint delivered to {host}")),
        What::MemtableFlushed { table, .. } => (MarkKind::Flush, format!("{table} flushed")),
        What::SchemaApplied { .. } => (MarkKind::Schema, "schema changed".into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Verb;

    fn arrow(id: u64, verb: Verb) -> Arrow {
        Arrow {
            from: Endpoint::nth(1),
            to: Endpoint::nth(2),
            id: MessageId(id),
            verb,
            kind: verb.kind(),
            cause: None,
            bytes: 1,
            sent_at: Instant::from_micros(id),
            arrives_at: Instant::from_micros(id + 10),
            fate: Fate::UnderWay,
        }
    }

    #[test]
    fn a_view_holds_what_touches_it_and_prefers_business() {
        let mut timeline = Timeline::default();
        for id in 0..2000 {
            let verb = if id % 10 == 0 { Verb::ReadReq } else { Verb::EchoReq };
            timeline.sent(arrow(id, verb));
        }
        let at = Instant::from_micros;
        let few = timeline.view(at(100), at(105), at(112), vec![]);
        assert_eq!(few.arrows.first().map(|arrow| arrow.id.0), Some(90));
        assert_eq!(
            few.arrows.last().map(|arrow| (arrow.id.0, arrow.fate)),
            Some((105, Fate::UnderWay))
        );
        assert_eq!(few.arrows[0].fate, Fate::Arrived);
        let all = timeline.view(at(0), at(9999), at(9999), vec![]);
        assert_eq!(all.arrows.len(), MAX_TIMELINE_ARROWS);
        assert_eq!(all.unlisted_arrows, 1500);
        assert_eq!(
            all.arrows.iter().filter(|arrow| arrow.verb == Verb::ReadReq).count(),
            200
        );
    }

    #[test]
    fn what_was_shown_is_not_shown_again() {
        let mut timeline = Timeline::default();
        timeline.sent(arrow(5, Verb::ReadReq));
        let at = Instant::from_micros;
        let all = Some((Instant::ZERO, Instant::MAX));
        let arrows = |view: Option<TimelineView>| view.map(|view| view.arrows.len());
        assert_eq!(arrows(timeline.news(all, at(6), Vec::new)), Some(1));
        timeline.sent(arrow(6, Verb::ReadReq));
        for _ in 1..LOOKS_APART {
            assert_eq!(arrows(timeline.news(all, at(6), Vec::new)), None);
        }
        assert_eq!(arrows(timeline.news(all, at(6), Vec::new)), Some(2));
        let look = |timeline: &mut Timeline, now| {
            let views = (0..LOOKS_APART).map(|_| timeline.news(all, at(now), Vec::new));
            views.flatten().count()
        };
        assert_eq!(look(&mut timeline, 7), 0, "nothing is new");
        assert_eq!(look(&mut timeline, 15), 1, "a message has arrived");
        assert_eq!(
            arrows(timeline.news(Some((Instant::ZERO, at(5))), at(15), Vec::new)),
            Some(1)
        );
        assert_eq!(arrows(timeline.news(None, at(15), Vec::new)), None);
        assert_eq!(arrows(timeline.news(all, at(15), Vec::new)), Some(2));
    }

    #[test]
    fn what_is_forgotten_is_said() {
        let mut timeline = Timeline::default();
        for id in 0..(MAX_ARROWS as u64 + 5) {
            timeline.sent(arrow(id, Verb::EchoReq));
        }
        let view = timeline.view(Instant::ZERO, Instant::MAX, Instant::MAX, vec![]);
        assert_eq!(view.known_from, Instant::from_micros(5));
    }
}
