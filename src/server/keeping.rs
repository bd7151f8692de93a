//! A served cluster's data: in memory, gone with the process, or in a folder.

use super::cluster::SimCluster;
use super::data::{DataFolder, before_head_start, wall_clock};
use super::{DataError, ServeError};
use crate::base::{Duration, Endpoint, Instant, UnixMicros};
use crate::node::{OperatorAnswer, OperatorCall, StorageAnswer, StorageCall};
use crate::sim::{Answer, CLIENT_LATENCY, ClusterConfig, NodeDisk, ProcessState};
use crate::storage::CommitLogSync;

/// A node that has not kept its data by then, in virtual time, will not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window is no longer.
const WINDOW: Duration = Duration::from_micros(2 * CLIENT_LATENCY.as_micros() as u64);

pub(super) struct Keeper {
    folder: Option<DataFolder>,
    epoch: UnixMicros,
    clock_failed: bool,
}

impl Keeper {
    pub fn new(folder: Option<DataFolder>) -> Keeper {
        Keeper {
            folder,
            epoch: UnixMicros(0),
            clock_failed: false,
        }
    }

    /// Says when the cluster's time begins and how its commit logs are synced.
    pub fn set_up(&mut self, config: &mut ClusterConfig) -> Result<(), DataError> {
        let now = self.folder.as_ref().map_or_else(wall_clock, DataFolder::now);
        self.epoch = before_head_start(now);
        config.epoch = self.epoch;
        if let Some(folder) = &self.folder {
            folder.prepare(config)?;
            // What was appended survives the process; the machine itself is trusted as far as Cassandra does.
            config.storage.commit_log.sync = CommitLogSync::CASSANDRA_DEFAULT;
        }
        Ok(())
    }

    pub fn disks(&self, config: &ClusterConfig) -> Result<Box<dyn FnMut(Endpoint) -> NodeDisk>, ServeError> {
        match &self.folder {
            Some(folder) => Ok(Box::new(folder.disks(config)?)),
            None => Ok(Box::new(|_| NodeDisk::default())),
        }
    }

    /// Before nodes see a time, it is taken down.
    pub fn before_window(&mut self, cluster: &SimCluster) {
        if self.folder.is_some()
            && let Some(next) = cluster.scheduler().next_event()
        {
            self.reach(next + WINDOW);
        }
    }

    pub fn reach(&mut self, at: Instant) {
        let time = self.time_of(at);
        if let Some(Err(error)) = self.folder.as_mut().map(|folder| folder.reach(time))
            && !core::mem::replace(&mut self.clock_failed, true)
        {
            eprintln!("ringscope: the cluster's clock cannot be kept: {error}");
        }
    }

    fn time_of(&self, at: Instant) -> UnixMicros {
        UnixMicros(self.epoch.0 + at.since(Instant::ZERO).as_micros() as i64)
    }

    /// What `nodetool drain` does, at every node that runs; then nothing more happens.
    pub fn keep_all(&mut self, cluster: &mut SimCluster) -> Result<(), ServeError> {
        if self.folder.is_none() {
            return Ok(());
        }
        let nodes: Vec<Endpoint> = cluster.endpoints().collect();
        for node in nodes {
            if cluster.scheduler().state(node) != Some(ProcessState::Running) {
                continue;
            }
            let call = OperatorCall::Storage(Box::new(StorageCall::Drain));
            let why = match cluster.operate(node, call, PATIENCE) {
                Some(Answer::Told(reply)) => match reply.answer {
                    OperatorAnswer::Storage(answer) if *answer == StorageAnswer::Done => continue,
                    other => format!("{other:?}"),
                },
                _ => "it gives no answer".to_owned(),
            };
            return Err(ServeError::Drain { node, why });
        }
        let time = self.time_of(cluster.now());
        match &mut self.folder {
            Some(folder) => Ok(folder.stop_at(time)?),
            None => Ok(()),
        }
    }
}
