//! The folder a cluster lives in between processes: a folder a node, a lock, and how far its clock has come.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::files::FileDisk;
use crate::base::{Endpoint, UnixMicros};
use crate::sim::{ClusterConfig, NodeDisk};
use crate::storage::StorageError;

const LOCK: &str = "lock";
const CLOCK: &str = "clock";

/// The clock is noted so far ahead, so that it is not noted at every step. A process that is killed loses this much of time.
const CLOCK_STEP: Duration = Duration::from_millis(10);

/// Wide enough for any time, so that a new one covers the one before.
const CLOCK_DIGITS: usize = 20;

/// A cluster's folder, held against other processes for as long as this value lives.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    /// Holds the lock.
    _lock: File,
    clock: File,
    /// No later than this was the clock of whoever had the folder.
    reached: UnixMicros,
}

#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("cannot use the folder {}: {error}", path.display())]
    Folder { path: PathBuf, error: io::Error },
    #[error("the folder {} is in use by process {holder}: a cluster's data belongs to one process at a time", path.display())]
    InUse { path: PathBuf, holder: String },
    #[error(
        "the folder {} holds the data of {kept} nodes, and {asked} were asked for: give --nodes {kept}, or another folder",
        path.display()
    )]
    OtherNodes { path: PathBuf, kept: usize, asked: usize },
    #[error("the file {} holds no time: {text:?}", path.display())]
    Clock { path: PathBuf, text: String },
    #[error("cannot use the folder of node {node}: {error}")]
    Disk { node: Endpoint, error: StorageError },
}

impl DataFolder {
    /// Virtual time at the moment a cluster is asked for: what it takes the nodes to find each other is past by then.
    pub const HEAD_START: Duration = Duration::from_secs(10);

    /// Makes the folder if it is not there.
    pub fn open(root: impl Into<PathBuf>) -> Result<DataFolder, DataError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|error| failed(&root, error))?;
        let lock = lock(&root)?;
        let path = root.join(CLOCK);
        let mut clock = file(&path)?;
        let mut text = String::new();
        clock.read_to_string(&mut text).map_err(|error| failed(&path, error))?;
        let reached = match text.trim() {
            "" => 0,
            digits => digits.parse().map_err(|_| DataError::Clock {
                path,
                text: text.clone(),
            })?,
        };
        Ok(DataFolder {
            root,
            _lock: lock,
            clock,
            reached: UnixMicros(reached),
        })
    }

    /// How many nodes have their data here; none in a new folder.
    pub fn nodes(&self) -> usize {
        let has_data = |n: &usize| self.folder_of(Endpoint::nth(*n as u8)).is_dir();
        (1..=ClusterConfig::MAX_NODES).take_while(has_data).count()
    }

    /// The folders of the nodes, made if there are none. They are for this many nodes and no others: tokens were given out so.
    pub fn prepare(&self, config: &ClusterConfig) -> Result<(), DataError> {
        let (kept, asked) = (self.nodes(), config.nodes.len());
        if kept != 0 && kept != asked {
            let path = self.root.clone();
            return Err(DataError::OtherNodes { path, kept, asked });
        }
        for node in config.endpoints() {
            let path = self.folder_of(node);
            fs::create_dir_all(&path).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    fn folder_of(&self, node: Endpoint) -> PathBuf {
        self.root.join(node.to_string())
    }

    /// Each node's disk, for a cluster that starts.
    pub fn disks(&self, config: &ClusterConfig) -> Result<impl FnMut(Endpoint) -> NodeDisk + use<>, DataError> {
        let mut disks = BTreeMap::new();
        for node in config.endpoints() {
            let disk = FileDisk::open(self.folder_of(node)).map_err(|error| DataError::Disk { node, error })?;
            disks.insert(node, NodeDisk::Lasting(Rc::new(RefCell::new(disk))));
        }
        Ok(move |node| disks.remove(&node).unwrap_or_default())
    }

    /// The clock on the wall, unless the cluster's has come further: its time never goes back.
    pub fn now(&self) -> UnixMicros {
        self.reached.max(wall_clock())
    }

    /// When virtual time begins, for a cluster that shows `now` after its head start.
    pub fn epoch(&self) -> UnixMicros {
        before_head_start(self.now())
    }

    /// Takes down that the clock comes to `time`, before anybody may see it there.
    pub fn reach(&mut self, time: UnixMicros) -> Result<(), DataError> {
        if time <= self.reached {
            return Ok(());
        }
        self.note(UnixMicros(time.0 + CLOCK_STEP.as_micros() as i64))
    }

    /// Takes down that the clock stops at `time`.
    pub fn stop_at(&mut self, time: UnixMicros) -> Result<(), DataError> {
        self.note(time)?;
        self.clock.sync_all().map_err(|error| self.clock_failed(error))
    }

    fn note(&mut self, time: UnixMicros) -> Result<(), DataError> {
        let text = format!("{:0CLOCK_DIGITS$}\n", time.0);
        let written = self.clock.write_all_at(text.as_bytes(), 0);
        written.map_err(|error| self.clock_failed(error))?;
        self.reached = time;
        Ok(())
    }

    fn clock_failed(&self, error: io::Error) -> DataError {
        failed(&self.root.join(CLOCK), error)
    }
}

pub(super) fn before_head_start(now: UnixMicros) -> UnixMicros {
    UnixMicros(now.0 - DataFolder::HEAD_START.as_micros() as i64)
}

pub(super) fn wall_clock() -> UnixMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMicros(since.as_micros() as i64)
}

/// The lock goes with the process, however that ends.
fn lock(root: &Path) -> Result<File, DataError> {
    let path = root.join(LOCK);
    let mut lock = file(&path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            lock.read_to_string(&mut holder).map_err(|error| failed(&path, error))?;
            return Err(DataError::InUse {
                path: root.to_owned(),
                holder: holder.trim().to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed(&path, error)),
    }
    let holder = format!("{}\n", std::process::id());
    lock.set_len(0)
        .and_then(|()| lock.write_all_at(holder.as_bytes(), 0))
        .map_err(|error| failed(&path, error))?;
    Ok(lock)
}

fn file(path: &Path) -> Result<File, DataError> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> DataError {
    DataError::Folder {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn a_folder_is_one_process_s_and_its_clock_goes_on() {
        let root = std::env::temp_dir().join(format!("ringscope-data-{}", std::process::id()));
        let mut folder = DataFolder::open(&root).unwrap();
        assert_eq!(folder.nodes(), 0);
        let here = std::process::id().to_string();
        let other = DataFolder::open(&root).unwrap_err();
        assert!(
            matches!(&other, DataError::InUse { holder, .. } if *holder == here),
            "{other}"
        );
        folder.prepare(&ClusterConfig::simple(Seed(1), 2)).unwrap();
        let ahead = UnixMicros(folder.now().0 + 3_600_000_000);
        folder.reach(ahead).unwrap();
        folder.stop_at(ahead).unwrap();
        drop(folder);

        let folder = DataFolder::open(&root).unwrap();
        assert_eq!(folder.now(), ahead);
        let refused = folder.prepare(&ClusterConfig::simple(Seed(1), 3)).unwrap_err();
        assert!(
            matches!(refused, DataError::OtherNodes { kept: 2, asked: 3, .. }),
            "{refused}"
        );
        drop(folder);
        fs::write(root.join(CLOCK), "noon").unwrap();
        let wrong = DataFolder::open(&root).unwrap_err().to_string();
        assert!(wrong.ends_with("clock holds no time: \"noon\""), "{wrong}");
        fs::remove_dir_all(root).unwrap();
    }
}
