//! Where the hub keeps what it must not forget: one small file with two slots that take turns, so that one is always whole.
//!
//! ```text
//! length u32 | crc u32 | version u32 | number u64 | Kept
//! ```
//! The slot with the higher number counts.

use crate::base::{codec, crc32};
use crate::playground::Kept;
use crate::storage::StorageError;
use crate::storage::disk::packed::BlockFile;

/// Goes up whenever what is kept changes its form: this, or anything on the nodes' disks.
const VERSION: u32 = 1;

/// More than sixty nodes with the longest names take.
const SLOT_BYTES: u64 = 32 << 10;

const HEADER_BYTES: usize = 20;

#[derive(Debug)]
pub struct KeptFile {
    file: Box<dyn BlockFile>,
    number: u64,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Nothing,
    Kept(Box<Kept>),
    /// Something that is no `Kept` of this version.
    Other,
}

impl KeptFile {
    pub fn open(file: Box<dyn BlockFile>) -> Result<(KeptFile, Found), StorageError> {
        let mut bytes = vec![0; file.size()?.min(2 * SLOT_BYTES) as usize];
        let read = file.read_at(0, &mut bytes)?;
        bytes.truncate(read);
        let mut newest: (u64, Found) = (0, Found::Nothing);
        if bytes.iter().any(|byte| *byte != 0) {
            newest.1 = Found::Other;
        }
        for slot in bytes.chunks(SLOT_BYTES as usize) {
            if let Some((number, found)) = read_slot(slot)
                && number > newest.0
            {
                newest = (number, found);
            }
        }
        let (number, found) = newest;
        let mut kept = KeptFile { file, number };
        if kept.file.size()? < 2 * SLOT_BYTES {
            kept.file.truncate(2 * SLOT_BYTES)?;
        }
        Ok((kept, found))
    }

    /// Returns when it is safe.
    pub fn save(&mut self, kept: &Kept) -> Result<(), StorageError> {
        self.number += 1;
        let mut bytes = vec![0; 8];
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        let mut bytes = codec::encode_into(kept, bytes);
        let length = bytes.len() as u32;
        if u64::from(length) > SLOT_BYTES {
            return Err(StorageError::NoSpace {
                needed: length.into(),
                free: SLOT_BYTES,
            });
        }
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        let crc = crc32::hash(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        self.file.write_at(self.number % 2 * SLOT_BYTES, &bytes)?;
        self.file.flush()
    }
}

fn read_slot(slot: &[u8]) -> Option<(u64, Found)> {
    let word = |from: usize| Some(u32::from_le_bytes(*slot.get(from..)?.first_chunk()?));
    let whole = slot.get(..word(0)? as usize).filter(|it| it.len() >= HEADER_BYTES)?;
    if crc32::hash(&whole[8..]) != word(4)? {
        return None;
    }
    let number = u64::from_le_bytes(*whole[12..].first_chunk()?);
    let kept = codec::decode(&whole[HEADER_BYTES..]);
    let found = match kept {
        Ok(kept) if word(8)? == VERSION => Found::Kept(Box::new(kept)),
        _ => Found::Other,
    };
    Some((number, found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Instant, Random, Seed};
    use crate::sim::ClusterConfig;
    use crate::storage::disk::packed::crash::{Death, Machine};

    fn kept(micros: u64) -> Kept {
        Kept {
            tag: 5,
            config: ClusterConfig::simple(Seed(1), 3),
            joined: Vec::new(),
            ceiling: Instant::from_micros(micros),
        }
    }

    fn open(machine: &Machine) -> (KeptFile, Found) {
        KeptFile::open(machine.files().data).unwrap()
    }

    #[test]
    fn what_was_saved_last_is_there_whenever_the_power_goes() {
        for operations in 0..25 {
            for seed in 0..20 {
                let machine = Machine::default();
                machine.die_after(operations);
                let mut saved = 0;
                if let Ok((mut file, found)) = KeptFile::open(machine.files().data) {
                    assert_eq!(found, Found::Nothing);
                    while file.save(&kept(saved + 1)).is_ok() {
                        saved += 1;
                    }
                }
                machine.revive(Death::Power, &mut Random::stream(Seed(seed), "death"));
                match open(&machine).1 {
                    Found::Kept(found) => {
                        let micros = found.ceiling.as_micros();
                        assert!(micros == saved || micros == saved + 1, "{micros} after {saved}");
                    }
                    _ => assert_eq!(saved, 0),
                }
            }
        }
    }

    #[test]
    fn another_version_is_known_for_one() {
        let machine = Machine::default();
        let (mut file, _) = open(&machine);
        file.save(&kept(1)).unwrap();
        assert!(matches!(open(&machine).1, Found::Kept(_)));
        // The version's lowest byte, in the second slot; the checksum no longer fits.
        assert!(machine.flip(0, SLOT_BYTES as usize + 8));
        assert_eq!(open(&machine).1, Found::Other);
    }
}
