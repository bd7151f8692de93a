//! All hints of a node: taking them, looking every ten seconds who can have his, delivering.

use super::dispatch::{Dispatch, Progress, Sending};
use super::record::HintRecord;
use super::store::{self, Store};
use crate::base::{Arrange, Duration, Endpoint, HostId, Instant, MessageId, SortedMap, SortedSet, WallClock};
use crate::data::{Mutation, WriteTimestamp};
use crate::event::What;
use crate::message::{Outbox, Payload};
use crate::storage::{Disk, StorageError};

/// Hints for a host are no longer taken once it has been down so long, or once the oldest kept for it is that old.
/// cassandra.yaml `max_hint_window`, 3 h, and `hint_window_persistent_enabled`.
pub const MAX_HINT_WINDOW: Duration = Duration::from_hours(3);

/// Time between two looks at who can have his hints (`HintsDispatchTrigger`), and between two flushes (`hints_flush_period`).
pub const LOOK_PERIOD: Duration = Duration::from_secs(10);

/// Bytes of hints a node sends in a second, shared among those who may send to one host: a node's rate is this divided by the
/// number of other nodes. cassandra.yaml `hinted_handoff_throttle`, 1024 KiB.
pub const THROTTLE_BYTES_PER_SECOND: u64 = 1024 << 10;

/// Hosts delivered to at once. cassandra.yaml `max_hints_delivery_threads`.
const MAX_DISPATCHES: usize = 2;

/// A fuller buffer is flushed before its time. Cassandra's hint buffers have 32 MiB in all.
const MAX_BUFFERED_BYTES: usize = 1 << 20;

/// What the rest of the node knows of the hosts that hints are for.
pub struct HintTargets<'a> {
    /// Where a host is, when it is up.
    pub live_endpoint: &'a dyn Fn(HostId) -> Option<Endpoint>,
    /// Nodes in the cluster but for this one.
    pub other_nodes: usize,
}

/// What is kept for one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintSummary {
    pub host: HostId,
    pub hints: u32,
    pub bytes: u64,
    pub oldest: Option<WriteTimestamp>,
    /// When each file ready to be delivered was begun, in milliseconds since the epoch: what `listpendinghints` counts.
    pub closed_files_millis: Vec<i64>,
    pub is_being_delivered: bool,
}

#[derive(Debug)]
pub struct Hints {
    clock: WallClock,
    is_enabled: bool,
    is_paused: bool,
    window: Duration,
    stores: SortedMap<HostId, Store>,
    /// Hosts to be delivered to when there is room.
    scheduled: SortedSet<HostId>,
    dispatches: SortedMap<HostId, Dispatch>,
    started: Instant,
    looked: Instant,
}

impl Hints {
    /// Takes up the hints that an earlier start left on the disk.
    pub fn open(disk: &mut dyn Disk, clock: WallClock, now: Instant) -> Result<Hints, StorageError> {
        let mut stores: SortedMap<HostId, Store> = SortedMap::new();
        for info in disk.list()? {
            if let Some((host, file)) = store::recover(disk, &info.name)? {
                let store = stores.entry(host).or_insert_with(|| Store::new(host));
                store.closed.push_back(file);
            }
        }
        for store in stores.values_mut() {
            store.closed.make_contiguous().arrange_by_key(|file| file.millis);
        }
        Ok(Hints {
            clock,
            is_enabled: true,
            is_paused: false,
            window: MAX_HINT_WINDOW,
            stores,
            scheduled: SortedSet::new(),
            dispatches: SortedMap::new(),
            started: now,
            looked: now,
        })
    }

    /// `nodetool disablehandoff` and `enablehandoff`: whether new hints are taken. Those that are there are delivered anyway.
    pub fn set_enabled(&mut self, is_enabled: bool) {
        self.is_enabled = is_enabled;
    }

    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// `nodetool pausehandoff` and `resumehandoff`: whether those that are there wait. What is on its way is not called back.
    pub fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        if is_paused {
            self.scheduled.clear();
            self.dispatches.clear();
        }
    }

    /// `nodetool setmaxhintwindow`.
    pub fn set_window(&mut self, window: Duration) {
        self.window = window;
    }

    pub fn window(&self) -> Duration {
        self.window
    }

    /// Whether a write that a host misses is to be kept for it. `downtime` is how long it has been down, if it is.
    pub fn takes(&self, now: Instant, host: HostId, downtime: Option<Duration>) -> bool {
        let oldest = self.stores.get(&host).and_then(Store::oldest);
        let oldest_age = oldest.map(|it| self.clock.at(now).0.saturating_sub(it.0));
        let window_micros = self.window.as_micros() as i64;
        self.is_enabled
            && downtime.is_none_or(|down| down <= self.window)
            && oldest_age.is_none_or(|age| age <= window_micros)
    }

    /// Keeps a write for a host that missed it. In memory at first, on the disk within ten seconds: like Cassandra's, a hint
    /// may be lost with its coordinator. `gc_grace_seconds` is the least of the tables written to.
    pub fn store(
        &mut self,
        now: Instant,
        target: (HostId, Endpoint),
        mutation: Mutation,
        gc_grace_seconds: u32,
        disk: &mut dyn Disk,
        out: &mut Outbox,
    ) {
        let (host, endpoint) = target;
        let hint = HintRecord {
            created: WriteTimestamp(self.clock.at(now).0),
            gc_grace_seconds,
            mutation,
        };
        if self.stores.is_empty() {
            // Nothing was to be done, so nobody looked: the rhythm goes on from the start.
            let periods = now.since(self.started).as_micros() / LOOK_PERIOD.as_micros();
            self.looked = self.started + LOOK_PERIOD * periods as u32;
        }
        let store = self.stores.entry(host).or_insert_with(|| Store::new(host));
        store.endpoint = endpoint;
        store.add(&hint);
        out.event(None, What::HintStored { host: endpoint });
        if store.buffered_bytes() >= MAX_BUFFERED_BYTES {
            let millis = self.clock.at(now).millis();
            flush(store, millis, disk, out);
        }
    }

    /// Brings all that is buffered to the disk: before a node stops on purpose.
    pub fn flush(&mut self, now: Instant, disk: &mut dyn Disk) -> Result<(), StorageError> {
        let millis = self.clock.at(now).millis();
        for store in self.stores.values_mut() {
            store.flush(disk, millis).map_err(|(_, error)| error)?;
        }
        Ok(())
    }

    /// Forgets the hints for a host that is gone for good, or for all with `nodetool truncatehints`.
    pub fn forget(
        &mut self,
        host: HostId,
        endpoint: Endpoint,
        disk: &mut dyn Disk,
        out: &mut Outbox,
    ) -> Result<(), StorageError> {
        self.scheduled.remove(&host);
        self.dispatches.remove(&host);
        if let Some(mut store) = self.stores.remove(&host) {
            let count = store.delete_all(disk)?;
            out.event(None, What::HintsDropped { host: endpoint, count });
        }
        Ok(())
    }

    pub fn summaries(&self) -> impl Iterator<Item = HintSummary> {
        self.stores.values().map(|store| HintSummary {
            host: store.host,
            hints: store.hints(),
            bytes: store.bytes(),
            oldest: store.oldest(),
            closed_files_millis: store.closed.iter().map(|file| file.millis).collect(),
            is_being_delivered: self.dispatches.contains_key(&store.host),
        })
    }

    /// When to be called again if no answer comes. `None` as long as there are no hints.
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.stores.is_empty() {
            return None;
        }
        let of_dispatch = |dispatch: &Dispatch| {
            let resume = dispatch.is_throttled().then_some(dispatch.throttled_until);
            dispatch.deadline().into_iter().chain(resume).min()
        };
        let look = self.looked + LOOK_PERIOD;
        self.dispatches.values().filter_map(of_dispatch).chain([look]).min()
    }

    pub fn on_timeout(
        &mut self,
        now: Instant,
        targets: &HintTargets<'_>,
        disk: &mut dyn Disk,
        out: &mut Outbox,
    ) -> Result<(), StorageError> {
        self.dispatches
            .retain(|_, dispatch| dispatch.deadline().is_none_or(|deadline| now < deadline));
        if !self.stores.is_empty() && now >= self.looked + LOOK_PERIOD {
            self.look(now, targets, disk, out);
        }
        self.proceed(now, targets, disk, out)
    }

    /// Flushes, and schedules whoever is up. A file that is still written is closed first and delivered with the next look, so
    /// that one sees 10 to 20 s pass between UP and the hints, as with Cassandra.
    fn look(&mut self, now: Instant, targets: &HintTargets<'_>, disk: &mut dyn Disk, out: &mut Outbox) {
        while now >= self.looked + LOOK_PERIOD {
            self.looked += LOOK_PERIOD;
        }
        let millis = self.clock.at(now).millis();
        for store in self.stores.values_mut() {
            flush(store, millis, disk, out);
            if self.is_paused || (targets.live_endpoint)(store.host).is_none() {
                continue;
            }
            if !store.closed.is_empty() && !self.dispatches.contains_key(&store.host) {
                self.scheduled.insert(store.host);
            }
            if store.is_writing() {
                store.close();
            }
        }
    }

    /// Whether a message of that id was a hint of this node's that is still awaited.
    pub fn awaits(&self, id: MessageId) -> bool {
        self.dispatches.values().any(|dispatch| dispatch.awaits(id))
    }

    /// Takes the answer to a hint. One that failed ends the attempt; the file's rest is tried again with a later look.
    pub fn on_response(
        &mut self,
        now: Instant,
        id: MessageId,
        answer: &Payload,
        targets: &HintTargets<'_>,
        disk: &mut dyn Disk,
        out: &mut Outbox,
    ) -> Result<(), StorageError> {
        let Some((&host, dispatch)) = self.dispatches.iter_mut().find(|(_, it)| it.awaits(id)) else {
            return Ok(());
        };
        let file = self.stores.get_mut(&host).and_then(|store| store.closed.front_mut());
        match (answer, file) {
            (Payload::HintResponse, Some(file)) => dispatch.acknowledge(id, file),
            _ => drop(self.dispatches.remove(&host)),
        }
        self.proceed(now, targets, disk, out)
    }

    /// Sends what may be sent, goes on from file to file, and begins with the next host when there is room.
    fn proceed(
        &mut self,
        now: Instant,
        targets: &HintTargets<'_>,
        disk: &mut dyn Disk,
        out: &mut Outbox,
    ) -> Result<(), StorageError> {
        while self.dispatches.len() < MAX_DISPATCHES
            && let Some(host) = self.scheduled.pop_first()
        {
            let file = self.stores.get(&host).and_then(|store| store.closed.front());
            if let (Some(file), Some(endpoint)) = (file, (targets.live_endpoint)(host)) {
                self.dispatches.insert(host, Dispatch::new(endpoint, file, now));
            }
        }
        let bytes_per_second = THROTTLE_BYTES_PER_SECOND / targets.other_nodes.max(1) as u64;
        let mut sending = Sending {
            disk,
            out,
            now_micros: self.clock.at(now).0,
            bytes_per_second: bytes_per_second.max(1),
            dropped: 0,
        };
        let mut outcome = Ok(());
        let (stores, dispatches) = (&mut self.stores, &mut self.dispatches);
        dispatches.retain(|host, dispatch| {
            let Some(store) = stores.get_mut(host) else {
                return false;
            };
            let progress = advance(now, store, dispatch, &mut sending);
            if store.is_empty() {
                stores.remove(host);
            }
            match progress {
                Ok(progress) => progress == Progress::UnderWay,
                // Another attempt comes with a later look, lest a broken disk be asked without end.
                Err(error) => {
                    outcome = Err(error);
                    false
                }
            }
        });
        outcome
    }
}

/// Sends from a store's files, one after the other.
fn advance(
    now: Instant,
    store: &mut Store,
    dispatch: &mut Dispatch,
    sending: &mut Sending<'_>,
) -> Result<Progress, StorageError> {
    let host = dispatch.endpoint;
    while let Some(file) = store.closed.front_mut() {
        let progress = dispatch.send(now, store.host, file, sending);
        let count = core::mem::take(&mut sending.dropped);
        if count > 0 {
            sending.out.event(None, What::HintsDropped { host, count });
        }
        if progress? == Progress::UnderWay {
            return Ok(Progress::UnderWay);
        }
        sending.disk.delete(&file.name)?;
        store.closed.pop_front();
        sending.out.event(None, What::HintReplayed { host });
        if let Some(next) = store.closed.front() {
            *dispatch = Dispatch::new(host, next, now.max(dispatch.throttled_until));
        }
    }
    Ok(Progress::Done)
}

/// A full or broken disk must not fail the write that was to be hinted: the hints are lost, and that is said.
fn flush(store: &mut Store, millis: i64, disk: &mut dyn Disk, out: &mut Outbox) {
    if let Err((count, _)) = store.flush(disk, millis) {
        let host = store.endpoint;
        out.event(None, What::HintsDropped { host, count });
    }
}
