//! Delivering one file of hints to its host: a few at a time, each to be acknowledged, not faster than the throttle.

use std::collections::VecDeque;

use super::record::{self, Next};
use super::store::HintFile;
use crate::base::{Duration, Endpoint, HostId, Instant, MessageId};
use crate::message::replica::HintRequest;
use crate::message::{Outbox, Payload};
use crate::storage::{Disk, StorageError};

/// Hints sent and not acknowledged at once. Cassandra sends a page of 512 KiB.
const MAX_IN_FLIGHT: usize = 16;

/// Bytes read from a file at once.
const PAGE_BYTES: usize = 64 << 10;

/// A hint not acknowledged by then ends the attempt: the verb expires like a write. cassandra.yaml `write_request_timeout`, 2 s.
pub(super) const HINT_TIMEOUT: Duration = Duration::from_secs(2);

/// One attempt at the first closed file of a store.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub endpoint: Endpoint,
    /// Read and not sent yet, from `position` in the file on.
    page: Vec<u8>,
    position: u64,
    /// In the order of the file.
    in_flight: VecDeque<InFlight>,
    /// Nothing is sent before.
    pub throttled_until: Instant,
    at_end: bool,
}

#[derive(Debug)]
struct InFlight {
    id: MessageId,
    ends_at: u64,
    deadline: Instant,
    acknowledged: bool,
}

/// How an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    UnderWay,
    /// Every hint of the file is delivered or too old.
    Done,
}

impl Dispatch {
    pub fn new(endpoint: Endpoint, file: &HintFile, now: Instant) -> Dispatch {
        Dispatch {
            endpoint,
            page: Vec::new(),
            position: file.delivered_to,
            in_flight: VecDeque::new(),
            throttled_until: now,
            at_end: false,
        }
    }

    /// Sends what may be sent. `dropped` counts the hints that are too old, or lost to a corrupt file.
    pub fn send(
        &mut self,
        now: Instant,
        host: HostId,
        file: &mut HintFile,
        sending: &mut Sending<'_>,
    ) -> Result<Progress, StorageError> {
        while !self.at_end && self.in_flight.len() < MAX_IN_FLIGHT && now >= self.throttled_until {
            let (hint, length) = match record::read(&self.page) {
                Next::Hint(hint, length) => (hint, length),
                Next::Partial(needed) if self.read_more(file, needed, sending.disk)? => continue,
                Next::Partial(_) | Next::Corrupt => {
                    self.at_end = true;
                    break;
                }
            };
            self.page.drain(..length);
            self.position += length as u64;
            if !hint.is_live(sending.now_micros) {
                sending.dropped += 1;
                file.hints = file.hints.saturating_sub(1);
                if self.in_flight.is_empty() {
                    file.delivered_to = self.position;
                }
                continue;
            }
            let request = HintRequest {
                host,
                created: hint.created,
                mutation: hint.mutation,
            };
            let id = sending.out.send(self.endpoint, None, Payload::HintRequest(request));
            self.in_flight.push_back(InFlight {
                id,
                ends_at: self.position,
                deadline: now + HINT_TIMEOUT,
                acknowledged: false,
            });
            let cost = Duration::from_micros(length as u64 * 1_000_000 / sending.bytes_per_second);
            self.throttled_until = self.throttled_until.max(now) + cost;
        }
        if self.at_end && self.in_flight.is_empty() {
            sending.dropped += core::mem::take(&mut file.hints);
            return Ok(Progress::Done);
        }
        Ok(Progress::UnderWay)
    }

    fn read_more(&mut self, file: &HintFile, needed: usize, disk: &dyn Disk) -> Result<bool, StorageError> {
        let from = self.position + self.page.len() as u64;
        let left = file.bytes.saturating_sub(from) as usize;
        let mut more = vec![0; PAGE_BYTES.max(needed).min(left)];
        let read = disk.read_at(&file.name, from, &mut more)?;
        self.page.extend_from_slice(&more[..read]);
        Ok(self.page.len() >= needed && read > 0)
    }

    pub fn awaits(&self, id: MessageId) -> bool {
        self.in_flight.iter().any(|it| it.id == id)
    }

    pub fn acknowledge(&mut self, id: MessageId, file: &mut HintFile) {
        if let Some(hint) = self.in_flight.iter_mut().find(|it| it.id == id) {
            hint.acknowledged = true;
        }
        while let Some(first) = self.in_flight.pop_front_if(|it| it.acknowledged) {
            file.delivered_to = first.ends_at;
            file.hints = file.hints.saturating_sub(1);
        }
    }

    /// When the first hint that is still awaited times out.
    pub fn deadline(&self) -> Option<Instant> {
        let awaited = self.in_flight.iter().filter(|it| !it.acknowledged);
        awaited.map(|it| it.deadline).min()
    }

    /// Whether it could send, were the throttle not.
    pub fn is_throttled(&self) -> bool {
        !self.at_end && self.in_flight.len() < MAX_IN_FLIGHT
    }
}

/// What sending hints takes.
pub(super) struct Sending<'a> {
    pub disk: &'a mut dyn Disk,
    pub out: &'a mut Outbox,
    pub now_micros: i64,
    pub bytes_per_second: u64,
    pub dropped: u32,
}
