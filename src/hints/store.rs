//! The hints for one host: a buffer, the file that is written, and the files to deliver.

use core::net::Ipv4Addr;
use std::collections::VecDeque;

use uuid::Uuid;

use super::record::{self, HintRecord, Next};
use crate::base::{Endpoint, HostId};
use crate::data::WriteTimestamp;
use crate::storage::{Disk, StorageError};

/// A file that has grown so large is closed and another begun. cassandra.yaml `max_hints_file_size`, 128 MiB.
const MAX_FILE_BYTES: u64 = 128 << 20;

/// The version of hint files, in their names as Cassandra has it.
const FILE_VERSION: u32 = 2;

/// A file of hints, and how much of it is delivered.
#[derive(Clone, Debug)]
pub(super) struct HintFile {
    pub name: String,
    /// When it was begun, as its name says: milliseconds since the epoch.
    pub millis: i64,
    pub bytes: u64,
    /// Hints left in it.
    pub hints: u32,
    /// When the first of them was created.
    pub oldest: WriteTimestamp,
    /// All before this byte is delivered.
    pub delivered_to: u64,
}

#[derive(Debug)]
pub(super) struct Store {
    pub host: HostId,
    /// Where the host was when a hint was last taken for it in this run: for what is reported of the buffer.
    pub endpoint: Endpoint,
    buffer: Vec<u8>,
    buffered: u32,
    buffered_since: Option<WriteTimestamp>,
    writing: Option<HintFile>,
    pub closed: VecDeque<HintFile>,
}

impl Store {
    pub fn new(host: HostId) -> Store {
        Store {
            host,
            endpoint: Endpoint(Ipv4Addr::UNSPECIFIED),
            buffer: Vec::new(),
            buffered: 0,
            buffered_since: None,
            writing: None,
            closed: VecDeque::new(),
        }
    }

    pub fn add(&mut self, hint: &HintRecord) {
        hint.append_to(&mut self.buffer);
        self.buffered += 1;
        self.buffered_since.get_or_insert(hint.created);
    }

    pub fn buffered_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Brings what is buffered to the disk, safe from a crash. On an error the buffer's hints are lost; says how many.
    pub fn flush(&mut self, disk: &mut dyn Disk, now_millis: i64) -> Result<(), (u32, StorageError)> {
        let Some(oldest) = self.buffered_since.take() else {
            return Ok(());
        };
        let count = core::mem::take(&mut self.buffered);
        let bytes = core::mem::take(&mut self.buffer);
        self.append(disk, now_millis, oldest, count, &bytes)
            .map_err(|error| (count, error))
    }

    fn append(
        &mut self,
        disk: &mut dyn Disk,
        now_millis: i64,
        oldest: WriteTimestamp,
        count: u32,
        bytes: &[u8],
    ) -> Result<(), StorageError> {
        if self.writing.as_ref().is_some_and(|file| file.bytes >= MAX_FILE_BYTES) {
            self.close();
        }
        let file = match &mut self.writing {
            Some(file) => file,
            none => none.insert(begin(disk, self.host, now_millis, oldest)?),
        };
        disk.append(&file.name, bytes)?;
        disk.sync(&file.name)?;
        file.bytes += bytes.len() as u64;
        file.hints += count;
        Ok(())
    }

    /// Ends the file that is written, so that it may be delivered. The buffer is to be flushed before.
    pub fn close(&mut self) {
        self.closed.extend(self.writing.take());
    }

    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.buffered == 0 && self.writing.is_none() && self.closed.is_empty()
    }

    pub fn files(&self) -> impl Iterator<Item = &HintFile> {
        self.closed.iter().chain(&self.writing)
    }

    pub fn hints(&self) -> u32 {
        self.buffered + self.files().map(|file| file.hints).sum::<u32>()
    }

    /// Bytes not delivered yet.
    pub fn bytes(&self) -> u64 {
        let in_files: u64 = self.files().map(|file| file.bytes - file.delivered_to).sum();
        self.buffer.len() as u64 + in_files
    }

    pub fn oldest(&self) -> Option<WriteTimestamp> {
        let in_files = self.files().map(|file| file.oldest).min();
        in_files.into_iter().chain(self.buffered_since).min()
    }

    /// Forgets all hints for this host; says how many there were.
    pub fn delete_all(&mut self, disk: &mut dyn Disk) -> Result<u32, StorageError> {
        let hints = self.hints();
        self.buffer.clear();
        self.buffered = 0;
        self.buffered_since = None;
        self.close();
        while let Some(file) = self.closed.pop_front() {
            disk.delete(&file.name)?;
        }
        Ok(hints)
    }
}

fn begin(disk: &mut dyn Disk, host: HostId, now_millis: i64, oldest: WriteTimestamp) -> Result<HintFile, StorageError> {
    // Two files of one millisecond: the later one is named for the next.
    let mut millis = now_millis;
    loop {
        let name = file_name(host, millis);
        match disk.create(&name) {
            Ok(()) => {
                return Ok(HintFile {
                    name,
                    millis,
                    bytes: 0,
                    hints: 0,
                    oldest,
                    delivered_to: 0,
                });
            }
            Err(StorageError::AlreadyExists { .. }) => millis += 1,
            Err(error) => return Err(error),
        }
    }
}

/// `HOSTID-MILLIS-2.hints`, as Cassandra names them.
fn file_name(host: HostId, millis: i64) -> String {
    format!("{host}-{millis}-{FILE_VERSION}.hints")
}

fn parse_file_name(name: &str) -> Option<(HostId, i64)> {
    let (rest, version) = name.strip_suffix(".hints")?.rsplit_once('-')?;
    let (host, millis) = rest.rsplit_once('-')?;
    let is_ours = version.parse() == Ok(FILE_VERSION);
    is_ours.then_some((HostId(Uuid::parse_str(host).ok()?), millis.parse().ok()?))
}

/// Finds a file of hints that an earlier start left. Empty ones are deleted.
pub(super) fn recover(disk: &mut dyn Disk, name: &str) -> Result<Option<(HostId, HintFile)>, StorageError> {
    let Some((host, millis)) = parse_file_name(name) else {
        return Ok(None);
    };
    let content = disk.read_all(name)?;
    let mut file = HintFile {
        name: name.to_owned(),
        millis,
        bytes: 0,
        hints: 0,
        oldest: WriteTimestamp(millis.saturating_mul(1000)),
        delivered_to: 0,
    };
    let mut at = 0;
    // What follows a torn or corrupt record cannot be told apart any more.
    while let Next::Hint(hint, length) = record::read(&content[at..]) {
        if file.hints == 0 {
            file.oldest = hint.created;
        }
        file.hints += 1;
        at += length;
    }
    file.bytes = at as u64;
    if file.hints == 0 {
        disk.delete(name)?;
        return Ok(None);
    }
    Ok(Some((host, file)))
}
