//! Random changes to one partition of a small table, for property tests: every kind of cell and tombstone, with few enough
//! places and times that they collide.

use bytes::Bytes;
use proptest::prelude::*;

use super::types::ordering::encode_component;
use super::{
    Cell, Clustering, ClusteringComparator, ColumnName, CqlType, DecoratedKey, DeletionTime, EpochSeconds, Expiry,
    Liveness, Partition, PartitionKey, Row, Slice, Ttl, WriteTimestamp,
};

/// How many values each of the two clustering columns takes.
pub const PLACES: i32 = 4;

/// The second clustering column is in descending order.
pub fn comparator() -> ClusteringComparator {
    ClusteringComparator::new(vec![(CqlType::Int, false), (CqlType::Int, true)])
}

pub fn int(n: i32) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(&n.to_be_bytes()))
}

pub fn key(n: u8) -> DecoratedKey {
    DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(&[n])))
}

pub fn clustering(place: (i32, i32)) -> Clustering {
    comparator().clustering([int(place.0), int(place.1)])
}

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    Marker((i32, i32), Liveness),
    Cell((i32, i32), u8, Cell),
    Static(u8, Cell),
    Element((i32, i32), u8, Cell),
    DeleteCollection((i32, i32), DeletionTime),
    DeleteRow((i32, i32), DeletionTime),
    /// From before one prefix to after another: one or two values each.
    DeleteRange(Vec<i32>, Vec<i32>, DeletionTime),
    DeletePartition(DeletionTime),
}

pub fn column(n: u8) -> ColumnName {
    ColumnName::new(["a", "b", "c"][usize::from(n) % 3])
}

/// The column that has elements: a map of blobs to blobs.
pub fn collection() -> ColumnName {
    ColumnName::new("m")
}

impl Change {
    /// The same change made at another time.
    pub fn at(mut self, time: i64) -> Change {
        let time = WriteTimestamp(time);
        match &mut self {
            Change::Marker(_, liveness) => liveness.timestamp = time,
            Change::Cell(_, _, cell) | Change::Static(_, cell) | Change::Element(_, _, cell) => cell.timestamp = time,
            Change::DeleteCollection(_, deletion)
            | Change::DeleteRow(_, deletion)
            | Change::DeleteRange(_, _, deletion)
            | Change::DeletePartition(deletion) => deletion.marked_for_delete_at = time,
        }
        self
    }

    pub fn apply(&self, partition: &mut Partition) {
        let row = |change: &dyn Fn(&mut Row)| {
            let mut row = Row::default();
            change(&mut row);
            row
        };
        match self.clone() {
            Change::Marker(place, liveness) => {
                partition.add_row(clustering(place), row(&|row| row.liveness = Some(liveness)))
            }
            Change::Cell(place, n, cell) => {
                partition.add_row(clustering(place), row(&|row| row.add_cell(&column(n), cell.clone())));
            }
            Change::Static(n, cell) => partition.add_static(row(&|row| row.add_cell(&column(n), cell.clone()))),
            Change::Element(place, n, cell) => {
                let path = Bytes::copy_from_slice(&[n]);
                let mut order = Vec::new();
                encode_component(&CqlType::Blob, Some(&path), false, &mut order);
                let order: Bytes = order.into();
                let add =
                    |row: &mut Row| row.add_complex_cell(&collection(), order.clone(), path.clone(), cell.clone());
                partition.add_row(clustering(place), row(&add));
            }
            Change::DeleteCollection(place, deletion) => {
                let delete = |row: &mut Row| row.add_complex_deletion(&collection(), deletion);
                partition.add_row(clustering(place), row(&delete));
            }
            Change::DeleteRow(place, deletion) => partition.add_row(clustering(place), Row::deleted(deletion)),
            Change::DeleteRange(from, to, deletion) => partition.delete_range(slice(&from, &to), deletion),
            Change::DeletePartition(deletion) => partition.delete(deletion),
        }
    }
}

pub fn slice(from: &[i32], to: &[i32]) -> Slice {
    Slice {
        start: comparator().before(from.iter().map(|n| int(*n))),
        end: comparator().after(to.iter().map(|n| int(*n))),
    }
}

pub fn partition(n: u8, changes: &[Change]) -> Partition {
    let mut partition = Partition::empty(key(n));
    changes.iter().for_each(|change| change.apply(&mut partition));
    partition
}

fn place() -> impl Strategy<Value = (i32, i32)> {
    (0..PLACES, 0..PLACES)
}

fn timestamp() -> impl Strategy<Value = WriteTimestamp> {
    (1..6i64).prop_map(WriteTimestamp)
}

fn seconds() -> impl Strategy<Value = EpochSeconds> {
    (1..4i64).prop_map(EpochSeconds)
}

fn deletion() -> impl Strategy<Value = DeletionTime> {
    (timestamp(), seconds()).prop_map(|(at, local)| DeletionTime::new(at, local))
}

fn expiry() -> impl Strategy<Value = Expiry> {
    // Written at these seconds, and living that long from there.
    let at = |ttl: u32, written: EpochSeconds| EpochSeconds(written.0 + i64::from(ttl));
    (1..4u32, seconds()).prop_map(move |(ttl, written)| Expiry {
        ttl: Ttl(ttl),
        at: at(ttl, written),
    })
}

fn cell() -> impl Strategy<Value = Cell> {
    let value = || (0..3u8).prop_map(|n| Bytes::copy_from_slice(&[n]));
    prop_oneof![
        3 => (timestamp(), value()).prop_map(|(at, value)| Cell::live(at, value)),
        1 => (timestamp(), value(), expiry()).prop_map(|(at, value, expiry)| Cell::expiring(at, value, expiry)),
        1 => (timestamp(), seconds()).prop_map(|(at, local)| Cell::tombstone(at, local)),
    ]
}

fn prefix() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::vec(0..PLACES, 1..=2)
}

pub fn change() -> impl Strategy<Value = Change> {
    let liveness = (timestamp(), prop::option::of(expiry()));
    let marker = (place(), liveness).prop_map(|(place, (timestamp, expiry))| (place, Liveness { timestamp, expiry }));
    prop_oneof![
        3 => marker.prop_map(|(place, liveness)| Change::Marker(place, liveness)),
        6 => (place(), 0..3u8, cell()).prop_map(|(place, n, cell)| Change::Cell(place, n, cell)),
        1 => (0..3u8, cell()).prop_map(|(n, cell)| Change::Static(n, cell)),
        2 => (place(), 0..3u8, cell()).prop_map(|(place, n, cell)| Change::Element(place, n, cell)),
        1 => (place(), deletion()).prop_map(|(place, deletion)| Change::DeleteCollection(place, deletion)),
        1 => (place(), deletion()).prop_map(|(place, deletion)| Change::DeleteRow(place, deletion)),
        2 => (prefix(), prefix(), deletion()).prop_map(|(from, to, deletion)| Change::DeleteRange(from, to, deletion)),
        1 => deletion().prop_map(Change::DeletePartition),
    ]
}

pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 0..24)
}
