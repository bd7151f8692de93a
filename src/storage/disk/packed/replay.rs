//! What a journal comes to: the files, and bytes that are in the journal only.

use super::journal::Change;
use super::pack::{Block, Entry};
use super::space::BLOCK_BYTES;
use crate::base::SortedMap;

/// A file, an offset, and bytes that may have to be written there still.
pub type Unwritten = Vec<(String, u64, Vec<u8>)>;

/// All files as the last change left them.
pub fn replay(files: Vec<Change>, changes: Vec<Change>) -> (SortedMap<String, Entry>, Unwritten) {
    let mut entries: SortedMap<String, Entry> = SortedMap::new();
    let mut unwritten: Unwritten = Vec::new();
    for change in files.into_iter().chain(changes) {
        match change {
            Change::Put {
                file,
                start,
                len,
                runs,
                crcs,
                bytes,
            } => {
                // What the file had from `start` on is no more, and its blocks may be another's.
                for (_, offset, old) in unwritten.iter_mut().filter(|(name, ..)| *name == file) {
                    old.truncate(start.saturating_sub(*offset) as usize);
                }
                let places = runs.into_iter().flat_map(|(first, count)| first..first + count);
                let entry = entries.entry(file.clone()).or_default();
                entry.blocks.truncate((start / BLOCK_BYTES) as usize);
                entry
                    .blocks
                    .extend(places.zip(crcs).map(|(place, crc)| Block { place, crc }));
                entry.len = len;
                entry.synced = Some((len, entry.last_crc()));
                if !bytes.is_empty() {
                    unwritten.push((file, start, bytes));
                }
            }
            Change::Renamed { from, to } => {
                unwritten.retain(|(name, ..)| *name != to);
                for (name, ..) in unwritten.iter_mut().filter(|(name, ..)| *name == from) {
                    name.clone_from(&to);
                }
                if let Some(entry) = entries.remove(&from) {
                    entries.insert(to, entry);
                }
            }
            Change::Deleted { file } => {
                unwritten.retain(|(name, ..)| *name != file);
                entries.remove(&file);
            }
        }
    }
    (entries, unwritten)
}
