//! The bytes of a segment. All numbers are little-endian.
//!
//! ```text
//! segment  header, then records and markers
//! header   "RSCL"  version u32  segment id u64  CRC of these u32
//! record   length u32  CRC of the length u32  payload  CRC of the payload u32
//! marker   tag u32  own offset u32  CRC of segment id, tag and offset u32
//! ```
//! A marker is written with every sync, as the last thing that the sync makes safe. It says where it stands, so that it is found
//! even behind damage: bytes damaged before a marker were lost after they were safe (corruption); bytes damaged with no marker
//! behind them were never safe (a torn tail). The last marker of a segment that is closed says so.

use super::SegmentId;
use crate::base::crc32;

const MAGIC: [u8; 4] = *b"RSCL";
/// Version of this layout and of the records' encoding.
pub const VERSION: u32 = 1;
pub const HEADER_BYTES: usize = 20;
pub const MARKER_BYTES: usize = 12;
/// Bytes of a record beyond its payload.
pub const RECORD_OVERHEAD: usize = 12;
/// Where the payload starts within a record.
const PAYLOAD_AT: usize = 8;

/// Tags stand where a record has its length; no record is that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Synced,
    Closed,
}

impl Marker {
    const fn tag(self) -> u32 {
        match self {
            Marker::Synced => u32::MAX,
            Marker::Closed => u32::MAX - 1,
        }
    }
}

pub fn file_name(id: SegmentId) -> String {
    format!("CommitLog-{VERSION}-{}.log", id.0)
}

/// The segment that a file holds; `None` for other files.
pub fn segment_of(file: &str) -> Option<SegmentId> {
    let id = file.strip_prefix("CommitLog-1-")?.strip_suffix(".log")?;
    id.parse().ok().map(SegmentId)
}

pub fn header(id: SegmentId) -> [u8; HEADER_BYTES] {
    let mut out = [0; HEADER_BYTES];
    out[..4].copy_from_slice(&MAGIC);
    out[4..8].copy_from_slice(&VERSION.to_le_bytes());
    out[8..16].copy_from_slice(&id.0.to_le_bytes());
    let crc = crc32::hash(&out[..16]);
    out[16..].copy_from_slice(&crc.to_le_bytes());
    out
}

pub fn has_header(bytes: &[u8], id: SegmentId) -> bool {
    bytes.starts_with(&header(id))
}

/// Makes room for a record's length at the start of `out`; the payload is appended after it.
pub fn begin_record(out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&[0; PAYLOAD_AT]);
}

/// Completes the record whose payload was appended.
pub fn finish_record(out: &mut Vec<u8>) {
    let payload = &out[PAYLOAD_AT..];
    let length = (payload.len() as u32).to_le_bytes();
    let crc = crc32::hash(payload);
    out[..4].copy_from_slice(&length);
    out[4..8].copy_from_slice(&crc32::hash(&length).to_le_bytes());
    out.extend_from_slice(&crc.to_le_bytes());
}

pub fn marker(id: SegmentId, kind: Marker, offset: u32) -> [u8; MARKER_BYTES] {
    let mut out = [0; MARKER_BYTES];
    out[..4].copy_from_slice(&kind.tag().to_le_bytes());
    out[4..8].copy_from_slice(&offset.to_le_bytes());
    let mut crc = crc32::Hasher::new();
    crc.update(&id.0.to_le_bytes());
    crc.update(&out[..8]);
    out[8..].copy_from_slice(&crc.finalize().to_le_bytes());
    out
}

/// What stands at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Record { payload: &'a [u8], end: usize },
    Marker { kind: Marker, end: usize },
    End,
    Damaged(&'static str),
}

pub fn item_at(bytes: &[u8], id: SegmentId, offset: usize) -> Item<'_> {
    if offset == bytes.len() {
        return Item::End;
    }
    if let Some(kind) = marker_at(bytes, id, offset) {
        return Item::Marker {
            kind,
            end: offset + MARKER_BYTES,
        };
    }
    let Some((length, crc)) = number_at(bytes, offset).zip(number_at(bytes, offset + 4)) else {
        return Item::Damaged("a record's length is cut off");
    };
    if crc32::hash(&length.to_le_bytes()) != crc {
        return Item::Damaged("a record's length does not match its checksum");
    }
    let start = offset + PAYLOAD_AT;
    let Some((payload, crc)) = start
        .checked_add(length as usize)
        .and_then(|end| bytes.get(start..end).zip(number_at(bytes, end)))
    else {
        return Item::Damaged("a record is cut off");
    };
    if crc32::hash(payload) != crc {
        return Item::Damaged("a record does not match its checksum");
    }
    Item::Record {
        payload,
        end: offset + RECORD_OVERHEAD + payload.len(),
    }
}

/// Whether any marker stands at or after `offset`.
pub fn has_marker_from(bytes: &[u8], id: SegmentId, offset: usize) -> bool {
    (offset..bytes.len()).any(|at| marker_at(bytes, id, at).is_some())
}

fn marker_at(bytes: &[u8], id: SegmentId, offset: usize) -> Option<Marker> {
    let tag = number_at(bytes, offset)?;
    let kind = [Marker::Synced, Marker::Closed]
        .into_iter()
        .find(|kind| kind.tag() == tag)?;
    let found = bytes.get(offset..offset + MARKER_BYTES)?;
    (found == marker(id, kind, offset as u32)).then_some(kind)
}

fn number_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: SegmentId = SegmentId(7);

    fn record(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        begin_record(&mut out);
        out.extend_from_slice(payload);
        finish_record(&mut out);
        out
    }

    #[test]
    fn names_are_read_back() {
        assert_eq!(segment_of(&file_name(ID)), Some(ID));
        assert_eq!(segment_of("hints-1.log"), None);
    }

    #[test]
    fn any_flipped_bit_of_a_record_shows() {
        let good = record(b"payload");
        assert_eq!(
            item_at(&good, ID, 0),
            Item::Record {
                payload: b"payload",
                end: good.len()
            }
        );
        for bit in 0..8 * good.len() {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(item_at(&bad, ID, 0), Item::Damaged(_)), "bit {bit}");
        }
    }

    #[test]
    fn a_marker_counts_only_where_it_was_written() {
        let mut bytes = record(b"x");
        let at = bytes.len();
        bytes.extend(marker(ID, Marker::Closed, at as u32));
        assert_eq!(
            item_at(&bytes, ID, at),
            Item::Marker {
                kind: Marker::Closed,
                end: bytes.len()
            }
        );
        assert!(has_marker_from(&bytes, ID, 1));
        bytes.insert(0, 0);
        assert!(!has_marker_from(&bytes, ID, 0));
    }
}
