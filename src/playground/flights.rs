//! Messages for the next frame: those under way, and those that ended since the frame before.

use indexmap::IndexMap;

use super::api::{Counts, Fate, Flight, MAX_FLIGHTS};
use crate::base::{Endpoint, Instant, MessageId};
use crate::event::{DropReason, MessageKind};

/// Messages remembered between two frames; beyond it they are only counted.
const MAX_TRACKED: usize = 4096;

#[derive(Debug, Default)]
pub struct Flights {
    /// In the order they were sent.
    tracked: IndexMap<(Endpoint, MessageId), Flight>,
    /// Sent since the frame before.
    sent: Counts,
    untracked: u32,
}

impl Flights {
    pub fn sent(&mut self, flight: Flight) {
        self.sent.count(flight.kind);
        if self.tracked.len() < MAX_TRACKED {
            self.tracked.insert((flight.from, flight.id), flight);
        } else {
            self.untracked += 1;
        }
    }

    /// It got as far as its receiver's door.
    pub fn dropped(&mut self, from: Endpoint, id: MessageId, reason: DropReason) {
        if let Some(flight) = self.tracked.get_mut(&(from, id)) {
            flight.fate = Fate::Dropped(reason);
        }
    }

    /// What a frame at `now` lists; what has ended by then is forgotten. Also how many it does not list, and the counts.
    pub fn take(&mut self, now: Instant) -> (Vec<Flight>, u32, Counts) {
        let mut listed: Vec<Flight> = Vec::with_capacity(self.tracked.len().min(MAX_FLIGHTS));
        let under_way = |flight: &Flight| flight.arrives_at > now;
        let mut unlisted = core::mem::take(&mut self.untracked);
        // Business first, and of that what is still under way.
        let order = [(false, true), (false, false), (true, true), (true, false)];
        for (gossip, flying) in order {
            for flight in self.tracked.values() {
                if (flight.kind == MessageKind::Gossip, under_way(flight)) != (gossip, flying) {
                    continue;
                }
                if listed.len() < MAX_FLIGHTS {
                    listed.push(settled(flight, now));
                } else {
                    unlisted += 1;
                }
            }
        }
        self.tracked.retain(|_, flight| under_way(flight));
        (listed, unlisted, core::mem::take(&mut self.sent))
    }
}

fn settled(flight: &Flight, now: Instant) -> Flight {
    let fate = match flight.fate {
        Fate::UnderWay if flight.arrives_at <= now => Fate::Arrived,
        fate => fate,
    };
    Flight { fate, ..flight.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Verb;

    fn flight(id: u64, verb: Verb, arrives: u64) -> Flight {
        Flight {
            from: Endpoint::nth(1),
            to: Endpoint::nth(2),
            id: MessageId(id),
            in_reply_to: None,
            verb,
            kind: verb.kind(),
            digest: false,
            cause: None,
            bytes: 1,
            sent_at: Instant::ZERO,
            arrives_at: Instant::from_micros(arrives),
            fate: Fate::UnderWay,
        }
    }

    #[test]
    fn a_message_is_listed_until_a_frame_has_shown_its_end() {
        let mut flights = Flights::default();
        flights.sent(flight(1, Verb::EchoReq, 10));
        flights.sent(flight(2, Verb::MutationReq, 20));
        flights.sent(flight(3, Verb::MutationReq, 10));
        flights.dropped(Endpoint::nth(1), MessageId(3), DropReason::ReceiverDown);
        let fates = |flights: &mut Flights, at| {
            let (listed, unlisted, sent) = flights.take(Instant::from_micros(at));
            assert_eq!(unlisted, 0);
            let fates: Vec<_> = listed.iter().map(|flight| (flight.id.0, flight.fate)).collect();
            (fates, sent.total())
        };
        let lost = Fate::Dropped(DropReason::ReceiverDown);
        assert_eq!(
            fates(&mut flights, 10),
            (vec![(2, Fate::UnderWay), (3, lost), (1, Fate::Arrived)], 3)
        );
        assert_eq!(fates(&mut flights, 20), (vec![(2, Fate::Arrived)], 0));
        assert_eq!(fates(&mut flights, 30), (vec![], 0));
    }

    #[test]
    fn a_storm_is_counted_and_gossip_gives_way() {
        let mut flights = Flights::default();
        for id in 0..10_000 {
            flights.sent(flight(id, Verb::GossipDigestSyn, 50));
            if id == 4000 {
                flights.sent(flight(20_000, Verb::ReadReq, 50));
            }
        }
        let (listed, unlisted, sent) = flights.take(Instant::ZERO);
        assert_eq!((listed.len(), listed[0].verb), (MAX_FLIGHTS, Verb::ReadReq));
        assert_eq!((unlisted as usize + MAX_FLIGHTS, sent.total()), (10_001, 10_001));
    }
}
