//! Random partitions of random tables, written and read again.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::base::{Random, Seed};
use crate::data::types::ordering::encode_component;
use crate::data::{
    Cell, Clustering, ClusteringBound, ColumnName, CqlType, DecoratedKey, DeletionTime, EpochSeconds, Expiry,
    Partition, PartitionKey, PartitionRange, Row, Slice, TableId, Ttl, UserType, WriteTimestamp,
};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata, TableParams};
use crate::storage::source::{PartitionSource, TableSource};
use crate::storage::{Disk, MemoryDisk};

/// A random table and partitions of it, all from one seed.
pub struct Sample {
    random: Random,
    pub table: TableMetadata,
    pub partitions: Vec<Partition>,
    pub column_index_bytes: u64,
}

const SCALARS: [CqlType; 12] = [
    CqlType::Int,
    CqlType::Text,
    CqlType::Bigint,
    CqlType::Blob,
    CqlType::Boolean,
    CqlType::Smallint,
    CqlType::Timestamp,
    CqlType::Double,
    CqlType::Varint,
    CqlType::Decimal,
    CqlType::Uuid,
    CqlType::Date,
];

fn scalar(random: &mut Random) -> CqlType {
    SCALARS[random.below(SCALARS.len() as u64) as usize].clone()
}

fn column_type(random: &mut Random) -> CqlType {
    match random.below(8) {
        0 => CqlType::set(scalar(random)),
        1 => CqlType::map(scalar(random), scalar(random)),
        2 => CqlType::list(scalar(random)),
        3 => CqlType::UserType(std::sync::Arc::new(UserType {
            keyspace: "ks".into(),
            name: "pair".into(),
            fields: vec![("a".into(), scalar(random)), ("b".into(), scalar(random))],
            frozen: false,
        })),
        4 => CqlType::vector(CqlType::Float, 2),
        _ => scalar(random),
    }
}

/// A value of a scalar type; sometimes one without bytes.
fn value(random: &mut Random, ty: &CqlType) -> Bytes {
    if random.chance(0.1) {
        return Bytes::new();
    }
    let small = random.below(5) as u8;
    match ty {
        CqlType::Int | CqlType::Float => Bytes::copy_from_slice(&(i32::from(small) - 2).to_be_bytes()),
        CqlType::Bigint | CqlType::Timestamp | CqlType::Double => {
            Bytes::copy_from_slice(&(i64::from(small) - 2).to_be_bytes())
        }
        CqlType::Boolean => Bytes::copy_from_slice(&[small % 2]),
        CqlType::Smallint => Bytes::copy_from_slice(&[0, small]),
        CqlType::Date => Bytes::copy_from_slice(&[0x80, 0, 0, small]),
        CqlType::Decimal => Bytes::copy_from_slice(&[0, 0, 0, small, 1]),
        CqlType::Uuid | CqlType::Timeuuid => {
            let mut bytes = [small; 16];
            bytes[6] = 0x10;
            Bytes::copy_from_slice(&bytes)
        }
        CqlType::Vector { .. } => Bytes::copy_from_slice(&[small; 8]),
        CqlType::Varint => Bytes::copy_from_slice(&[small]),
        _ => Bytes::from(vec![b'a' + small; 1 + random.below(12) as usize]),
    }
}

fn cell(random: &mut Random, ty: &CqlType) -> Cell {
    let timestamp = WriteTimestamp(random.below(9) as i64 - 4);
    match random.below(5) {
        0 => Cell::tombstone(timestamp, EpochSeconds(random.below(100) as i64)),
        1 => {
            let expiry = Expiry {
                ttl: Ttl(1 + random.below(5) as u32),
                at: EpochSeconds(50 + random.below(3) as i64),
            };
            Cell::expiring(timestamp, value(random, ty), expiry)
        }
        _ => Cell::live(timestamp, value(random, ty)),
    }
}

fn deletion(random: &mut Random) -> DeletionTime {
    DeletionTime::new(
        WriteTimestamp(random.below(7) as i64 - 4),
        EpochSeconds(random.below(90) as i64),
    )
}

fn fill(random: &mut Random, row: &mut Row, column: &ColumnMetadata) {
    let name: &ColumnName = &column.name;
    let (path_type, inner) = match &column.ty {
        CqlType::Set { element, .. } => ((**element).clone(), CqlType::Empty),
        CqlType::Map { key, value, .. } => ((**key).clone(), (**value).clone()),
        CqlType::List { element, .. } => (CqlType::Timeuuid, (**element).clone()),
        CqlType::UserType(definition) => (CqlType::Smallint, definition.fields[0].1.clone()),
        simple => return row.add_cell(name, cell(random, simple)),
    };
    if random.chance(0.3) {
        row.add_complex_deletion(name, deletion(random));
    }
    for _ in 0..random.below(4) {
        let path = match &column.ty {
            CqlType::UserType(_) => Bytes::copy_from_slice(&[0, random.below(2) as u8]),
            _ => value(random, &path_type),
        };
        let mut order = Vec::new();
        encode_component(&path_type, Some(&path), false, &mut order);
        let mut cell = cell(random, &inner);
        if inner == CqlType::Empty && !cell.is_tombstone() {
            cell = Cell::live(cell.timestamp, Bytes::new());
        }
        row.add_complex_cell(name, order.into(), path, cell);
    }
}

fn row(random: &mut Random, columns: &[ColumnMetadata], has_marker: bool) -> Row {
    let mut row = Row::default();
    if has_marker && random.chance(0.2) {
        row = Row::deleted(deletion(random));
    }
    if has_marker && random.chance(0.6) {
        let expiry = random.chance(0.2).then_some(Expiry {
            ttl: Ttl(3),
            at: EpochSeconds(51),
        });
        row.merge(Row::inserted(WriteTimestamp(random.below(6) as i64 - 2), expiry));
    }
    for column in columns {
        if random.chance(0.6) {
            fill(random, &mut row, column);
        }
    }
    row
}

impl Sample {
    pub fn new(seed: u64) -> Sample {
        let mut random = Random::stream(Seed(seed), "sample");
        let it = &mut random;
        let mut columns = vec![column("k", CqlType::Blob, ColumnKind::PartitionKey, 0, false)];
        let clusterings = it.below(4) as usize;
        for at in 0..clusterings {
            let descending = it.chance(0.5);
            columns.push(column(
                &format!("c{at}"),
                scalar(it),
                ColumnKind::Clustering,
                at,
                descending,
            ));
        }
        if clusterings > 0 {
            for at in 0..it.below(3) {
                columns.push(column(&format!("s{at}"), column_type(it), ColumnKind::Static, 0, false));
            }
        }
        let regulars = if it.chance(0.1) { 70 } else { it.below(6) };
        for at in 0..regulars {
            columns.push(column(
                &format!("r{at:02}"),
                column_type(it),
                ColumnKind::Regular,
                0,
                false,
            ));
        }
        let class = [
            "LZ4Compressor",
            "SnappyCompressor",
            "DeflateCompressor",
            "ZstdCompressor",
            "NoopCompressor",
        ];
        let compression = match class.get(it.below(6) as usize) {
            None => Default::default(),
            Some(class) => [
                ("class".to_owned(), (*class).to_owned()),
                ("chunk_length_in_kb".to_owned(), "1".to_owned()),
                (
                    "min_compress_ratio".to_owned(),
                    if it.chance(0.3) { "1.2" } else { "0" }.to_owned(),
                ),
            ]
            .into(),
        };
        let params = TableParams {
            bloom_filter_fp_chance: if it.chance(0.1) { 1.0 } else { 0.01 },
            min_index_interval: 1 + it.below(4) as u32,
            compression,
            ..TableParams::default()
        };
        let id = TableId(uuid::Uuid::from_u128(9));
        let table = TableMetadata::new(id, "ks".into(), "t".into(), columns, params);
        let column_index_bytes = 1 + it.below(400);
        let mut sample = Sample {
            table,
            partitions: Vec::new(),
            column_index_bytes,
            random,
        };
        let count = 1 + sample.random.below(12);
        let mut partitions: Vec<Partition> = (0..count).map(|n| sample.partition(n as u8)).collect();
        partitions.retain(|partition| !partition.is_empty());
        partitions.sort_by(|one, other| one.key.cmp(&other.key));
        sample.partitions = partitions;
        sample
    }

    fn clustering(&mut self) -> Clustering {
        let types: Vec<CqlType> = self.table.clustering.iter().map(|it| it.ty.clone()).collect();
        let values: Vec<Option<Bytes>> = types.iter().map(|ty| Some(value(&mut self.random, ty))).collect();
        self.table.comparator.clustering(values)
    }

    pub fn bound(&mut self) -> ClusteringBound {
        let row = self.clustering();
        let prefix: Vec<Option<Bytes>> = row.values().to_vec();
        let length = self.random.below(prefix.len() as u64 + 1) as usize;
        let prefix = prefix.into_iter().take(length);
        match self.random.chance(0.5) {
            true => self.table.comparator.before(prefix),
            false => self.table.comparator.after(prefix),
        }
    }

    fn slice(&mut self) -> Slice {
        Slice {
            start: self.bound(),
            end: self.bound(),
        }
    }

    fn partition(&mut self, n: u8) -> Partition {
        let mut partition = Partition::empty(DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(&[n, 1]))));
        if self.random.chance(0.2) {
            partition.delete(deletion(&mut self.random));
        }
        let statics: Vec<ColumnMetadata> = self.table.statics.values().cloned().collect();
        let regulars: Vec<ColumnMetadata> = self.table.regulars.values().cloned().collect();
        if self.random.chance(0.5) {
            partition.add_static(row(&mut self.random, &statics, false));
        }
        for _ in 0..self.random.below(30) {
            if self.random.chance(0.2) && !self.table.clustering.is_empty() {
                let slice = self.slice();
                partition.delete_range(slice, deletion(&mut self.random));
            } else {
                let clustering = self.clustering();
                partition.add_row(clustering, row(&mut self.random, &regulars, true));
            }
        }
        partition
    }

    pub fn write(&self, disk: &mut MemoryDisk) -> Option<SstableInfo> {
        let header = SerializationHeader::of_partitions(&self.table, &self.partitions);
        let options = WriteOptions {
            column_index_bytes: self.column_index_bytes,
            ..WriteOptions::new(header)
        };
        let descriptor = Descriptor::new(&self.table, 1);
        let keys = self.partitions.len() as u64;
        let mut writer = SstableWriter::new(disk, descriptor, &self.table, options, keys).unwrap();
        for partition in &self.partitions {
            writer.append(disk, partition).unwrap();
        }
        writer.finish(disk).unwrap()
    }
}

fn column(name: &str, ty: CqlType, kind: ColumnKind, position: usize, descending: bool) -> ColumnMetadata {
    ColumnMetadata {
        name: name.into(),
        ty,
        kind,
        position: position as u16,
        descending,
    }
}

fn rows_of(source: &dyn PartitionSource, slice: &Slice, reversed: bool) -> Vec<(Clustering, Row)> {
    source.rows(slice, reversed).collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read(seed in any::<u64>()) {
        let mut sample = Sample::new(seed);
        let mut disk = MemoryDisk::new();
        let Some(info) = sample.write(&mut disk) else {
            prop_assert!(sample.partitions.is_empty());
            prop_assert!(disk.list().unwrap().is_empty());
            return Ok(());
        };
        let reader = SstableReader::open(&disk, info.descriptor.clone(), &sample.table).unwrap();
        prop_assert_eq!(&reader.info().statistics.stats.partition_sizes, &info.statistics.stats.partition_sizes);
        prop_assert_eq!(reader.info().file_lengths, disk.used());
        prop_assert_eq!(info.file_lengths, disk.used());
        prop_assert_eq!(reader.verify(&disk).unwrap(), sample.partitions.len() as u64);
        prop_assert!(reader.verify_digest(&disk).unwrap());

        let mut scanner = reader.scanner(&PartitionRange::full());
        let mut found = Vec::new();
        while let Some(partition) = scanner.next(&reader, &disk).unwrap() {
            found.push(partition.load().unwrap());
        }
        prop_assert_eq!(&found, &sample.partitions);

        let source = reader.source(&disk);
        for partition in sample.partitions.clone() {
            let found = source.partition(&partition.key).unwrap().expect("a partition that was written");
            let expected = &partition;
            for _ in 0..4 {
                let slice = sample.slice();
                if slice.is_empty() {
                    continue;
                }
                for reversed in [false, true] {
                    let mine = rows_of(&*found, &slice, reversed);
                    prop_assert_eq!(mine, rows_of(&expected, &slice, reversed));
                }
                prop_assert_eq!(
                    found.range_tombstones(&slice).unwrap(),
                    partition.range_tombstones().within(&slice)
                );
            }
        }
        for n in 0..20u8 {
            let other = DecoratedKey::new(PartitionKey(Bytes::copy_from_slice(&[n, 2])));
            prop_assert!(source.partition(&other).unwrap().is_none());
        }
        let (from, to) = (&sample.partitions[0].key, &sample.partitions[sample.partitions.len() / 2].key);
        let range = PartitionRange {
            start: crate::data::PartitionBound::AfterKey(from.clone()),
            end: crate::data::PartitionBound::AfterKey(to.clone()),
        };
        let keys: Vec<DecoratedKey> = source.partitions(&range).map(|found| found.unwrap().0).collect();
        let expected: Vec<DecoratedKey> = sample.partitions.iter().map(|it| it.key.clone()).filter(|it| range.contains(it)).collect();
        prop_assert_eq!(keys, expected);
    }
}
