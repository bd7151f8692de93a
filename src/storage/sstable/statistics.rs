//! Statistics.db: what an SSTable says of itself, in four parts with a checksum each.

use bytes::Bytes;
use uuid::Uuid;

use super::cardinality::Cardinality;
use super::clustering::Kind;
use super::header::SerializationHeader;
use super::histogram::{EstimatedHistogram, TombstoneHistogram};
use super::input::{Input, Slab};
use super::output;
use super::trailer::Trailer;
use super::{Component, Descriptor, Version};
use crate::base::crc32;
use crate::data::{ClusteringValues, CqlType};
use crate::storage::commitlog::{CommitLogPosition, SegmentId};
use crate::storage::{Disk, StorageError};

/// All of a Statistics.db.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The class of the partitioner.
    pub partitioner: String,
    pub bloom_filter_fp_chance: f64,
    /// How many different keys there are, about.
    pub cardinality: Cardinality,
    pub stats: StatsMetadata,
    pub header: SerializationHeader,
    /// Checksums of the other files; only in SSTables that were written here.
    pub trailer: Option<Trailer>,
}

/// The rows that an SSTable covers: the smallest and largest prefix of any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoveredClustering {
    pub min: ClusteringValues,
    pub max: ClusteringValues,
    /// Whether rows with exactly these prefixes are among them: always so before `da`.
    pub excludes_min: bool,
    pub excludes_max: bool,
    /// It is shown as two bounds also when it covers everything: from `da` on.
    pub is_written_out: bool,
}

/// `StatsMetadata`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsMetadata {
    pub partition_sizes: EstimatedHistogram,
    pub cells_per_partition: EstimatedHistogram,
    /// Stretches of the commit log that need no replay any more: after the first position, up to the second.
    pub commit_log: Vec<(CommitLogPosition, CommitLogPosition)>,
    /// Microseconds.
    pub min_timestamp: i64,
    pub max_timestamp: i64,
    /// Seconds; `i64::MAX` when something lives for ever.
    pub min_local_deletion_time: i64,
    pub max_local_deletion_time: i64,
    pub min_ttl: i32,
    pub max_ttl: i32,
    /// -1 when not compressed.
    pub compression_ratio: f64,
    pub tombstones: TombstoneHistogram,
    pub level: u32,
    /// Milliseconds; 0 when not repaired.
    pub repaired_at: i64,
    pub covered: CoveredClustering,
    pub has_legacy_counter_shards: bool,
    pub columns_set: i64,
    pub rows: i64,
    pub pending_repair: Option<Uuid>,
    pub is_transient: bool,
    pub host: Option<Uuid>,
    /// Whether any partition as a whole is deleted; before `da`, whether there may be one.
    pub has_partition_deletions: bool,
    /// From `da` on.
    pub first_key: Option<Bytes>,
    pub last_key: Option<Bytes>,
    pub token_space_coverage: f64,
}

const PARTS: u32 = 4;
const CHECKSUM_BYTES: usize = 4;

impl Statistics {
    /// The statistics of an SSTable on a disk.
    pub fn load(disk: &dyn Disk, descriptor: &Descriptor) -> Result<Statistics, StorageError> {
        let file = descriptor.file(Component::Statistics);
        Statistics::decode(&file, disk.read_all(&file)?.into(), descriptor.version)
    }

    /// In version `nb`.
    pub fn encode(&self) -> Vec<u8> {
        let mut validation = Vec::new();
        output::with_short_length(self.partitioner.as_bytes(), &mut validation);
        output::f64(self.bloom_filter_fp_chance, &mut validation);
        let mut compaction = Vec::new();
        output::with_length(&self.cardinality.encode(), &mut compaction);
        let mut stats = Vec::new();
        self.stats.encode(&mut stats);
        // What follows the last part within its checksum is read by nobody but us.
        let mut header = self.header.encode();
        if let Some(trailer) = &self.trailer {
            header.extend(trailer.encode());
        }
        let parts = [validation, compaction, stats, header];

        let mut contents = PARTS.to_be_bytes().to_vec();
        let count_checksum = crc32::hash(&contents);
        let mut position = (4 + 8 * parts.len() + 2 * CHECKSUM_BYTES) as u32;
        for (number, part) in parts.iter().enumerate() {
            output::u32(number as u32, &mut contents);
            output::u32(position, &mut contents);
            position += (part.len() + CHECKSUM_BYTES) as u32;
        }
        let contents_checksum = crc32::hash(&contents);
        let mut out = PARTS.to_be_bytes().to_vec();
        output::u32(count_checksum, &mut out);
        out.extend_from_slice(&contents[4..]);
        output::u32(contents_checksum, &mut out);
        for part in parts {
            let checksum = crc32::hash(&part);
            out.extend(part);
            output::u32(checksum, &mut out);
        }
        out
    }

    pub fn decode(file: &str, bytes: Bytes, version: Version) -> Result<Statistics, StorageError> {
        let mut input = Slab::new(file, bytes.clone());
        let wrong = |input: &Slab<'_>| input.corrupt("the checksum is another");
        let count = input.u32()?;
        let mut contents = count.to_be_bytes().to_vec();
        if input.u32()? != crc32::hash(&contents) {
            return Err(wrong(&input));
        }
        if count != PARTS {
            return Err(input.corrupt(&format!("{count} parts instead of four")));
        }
        let mut starts = Vec::new();
        for number in 0..count {
            let (kind, position) = (input.u32()?, input.u32()?);
            output::u32(kind, &mut contents);
            output::u32(position, &mut contents);
            if kind != number {
                return Err(input.corrupt("the parts are out of order"));
            }
            starts.push(position as usize);
        }
        if input.u32()? != crc32::hash(&contents) {
            return Err(wrong(&input));
        }
        starts.push(bytes.len());
        let mut parts = Vec::new();
        for range in starts.windows(2) {
            input.seek(range[0])?;
            let Some(length) = range[1].checked_sub(range[0] + CHECKSUM_BYTES) else {
                return Err(input.corrupt("the parts are out of order"));
            };
            let part = input.take(length)?;
            if input.u32()? != crc32::hash(&part) {
                return Err(wrong(&input));
            }
            parts.push(Slab::part(file, part, range[0] as u64));
        }
        let [mut validation, mut compaction, mut stats, mut header] =
            <[Slab<'_>; 4]>::try_from(parts).map_err(|_| input.corrupt("not four parts"))?;
        let partitioner = validation.text()?;
        let bloom_filter_fp_chance = validation.f64()?;
        let estimator = compaction.with_length()?;
        let cardinality = Cardinality::decode(file, estimator)?;
        let stats = StatsMetadata::decode(&mut stats, version)?;
        let decoded = SerializationHeader::decode(&mut header)?;
        Ok(Statistics {
            partitioner,
            bloom_filter_fp_chance,
            cardinality,
            stats,
            trailer: Trailer::decode(&mut header)?,
            header: decoded,
        })
    }
}

impl StatsMetadata {
    #[cfg(test)]
    pub fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.partition_sizes.encode(out);
        self.cells_per_partition.encode(out);
        write_position(self.commit_log.last().map(|(_, end)| *end), out);
        output::i64(self.min_timestamp, out);
        output::i64(self.max_timestamp, out);
        for at in [self.min_local_deletion_time, self.max_local_deletion_time] {
            let at = if at == i64::MAX {
                i32::MAX
            } else {
                at.min(super::header::MAX_DELETION_TIME) as i32
            };
            output::i32(at, out);
        }
        output::i32(self.min_ttl, out);
        output::i32(self.max_ttl, out);
        output::f64(self.compression_ratio, out);
        self.tombstones.encode(out);
        output::u32(self.level, out);
        output::i64(self.repaired_at, out);
        for values in [&self.covered.min, &self.covered.max] {
            let count = values.iter().take_while(|it| it.is_some()).count();
            output::u32(count as u32, out);
            values
                .iter()
                .map_while(|it| it.as_ref())
                .for_each(|value| output::with_short_length(value, out));
        }
        out.push(u8::from(self.has_legacy_counter_shards));
        output::i64(self.columns_set, out);
        output::i64(self.rows, out);
        write_position(self.commit_log.first().map(|(start, _)| *start), out);
        output::u32(self.commit_log.len() as u32, out);
        for (start, end) in &self.commit_log {
            write_position(Some(*start), out);
            write_position(Some(*end), out);
        }
        write_uuid(self.pending_repair, out);
        out.push(u8::from(self.is_transient));
        write_uuid(self.host, out);
    }

    pub fn decode(input: &mut dyn Input, version: Version) -> Result<StatsMetadata, StorageError> {
        let newer = version.has_uint_deletion_time();
        let partition_sizes = EstimatedHistogram::decode(input)?;
        let cells_per_partition = EstimatedHistogram::decode(input)?;
        read_position(input)?;
        let (min_timestamp, max_timestamp) = (input.i64()?, input.i64()?);
        let mut deletion_time = || {
            let at = input.i32()?;
            Ok(match (newer, at) {
                (false, i32::MAX) | (true, -1) => i64::MAX,
                (false, at) => at.into(),
                (true, at) => i64::from(at as u32),
            })
        };
        let min_local_deletion_time: i64 = deletion_time()?;
        let max_local_deletion_time = deletion_time()?;
        let (min_ttl, max_ttl) = (input.i32()?, input.i32()?);
        let compression_ratio = input.f64()?;
        let tombstones = TombstoneHistogram::decode(input, newer)?;
        let level = input.u32()?;
        let repaired_at = input.i64()?;
        let covered = match newer {
            true => read_slice(input)?,
            false => CoveredClustering {
                min: read_legacy_values(input)?,
                max: read_legacy_values(input)?,
                ..CoveredClustering::default()
            },
        };
        let has_legacy_counter_shards = input.boolean()?;
        let (columns_set, rows) = (input.i64()?, input.i64()?);
        read_position(input)?;
        let mut commit_log = Vec::new();
        for _ in 0..input.u32()? {
            let (start, end) = (read_position(input)?, read_position(input)?);
            commit_log.extend(start.zip(end));
        }
        let pending_repair = read_uuid(input)?;
        let is_transient = input.boolean()?;
        let host = if version.has_host_id() { read_uuid(input)? } else { None };
        let mut has_partition_deletions = min_local_deletion_time != i64::MAX;
        let (mut first_key, mut last_key, mut token_space_coverage) = (None, None, f64::NAN);
        if newer {
            has_partition_deletions = input.boolean()?;
            first_key = Some(input.with_vint_length()?);
            last_key = Some(input.with_vint_length()?);
            token_space_coverage = input.f64()?;
        }
        Ok(StatsMetadata {
            partition_sizes,
            cells_per_partition,
            commit_log,
            min_timestamp,
            max_timestamp,
            min_local_deletion_time,
            max_local_deletion_time,
            min_ttl,
            max_ttl,
            compression_ratio,
            tombstones,
            level,
            repaired_at,
            covered,
            has_legacy_counter_shards,
            columns_set,
            rows,
            pending_repair,
            is_transient,
            host,
            has_partition_deletions,
            first_key,
            last_key,
            token_space_coverage,
        })
    }
}

/// None is Cassandra's `CommitLogPosition.NONE`.
fn write_position(position: Option<CommitLogPosition>, out: &mut Vec<u8>) {
    output::i64(position.map_or(-1, |it| it.segment.0 as i64), out);
    output::u32(position.map_or(0, |it| it.offset), out);
}

fn read_position(input: &mut dyn Input) -> Result<Option<CommitLogPosition>, StorageError> {
    let (segment, offset) = (input.i64()?, input.u32()?);
    Ok(u64::try_from(segment).ok().map(|segment| CommitLogPosition {
        segment: SegmentId(segment),
        offset,
    }))
}

fn write_uuid(uuid: Option<Uuid>, out: &mut Vec<u8>) {
    out.push(u8::from(uuid.is_some()));
    if let Some(uuid) = uuid {
        out.extend_from_slice(uuid.as_bytes());
    }
}

fn read_uuid(input: &mut dyn Input) -> Result<Option<Uuid>, StorageError> {
    if !input.boolean()? {
        return Ok(None);
    }
    let bytes = input.take(16)?;
    let uuid = Uuid::from_slice(&bytes).map_err(|error| input.corrupt(&error.to_string()))?;
    Ok(Some(uuid))
}

fn read_legacy_values(input: &mut dyn Input) -> Result<ClusteringValues, StorageError> {
    let mut values = ClusteringValues::new();
    for _ in 0..input.u32()? {
        values.push(Some(input.with_short_length()?));
    }
    Ok(values)
}

/// The types of the clustering columns, then a bound each.
fn read_slice(input: &mut dyn Input) -> Result<CoveredClustering, StorageError> {
    let mut types: Vec<(CqlType, bool)> = Vec::new();
    for _ in 0..input.vint_len()? {
        let class = input.text_with_vint_length()?;
        types.push(CqlType::parse_class(&class).map_err(|error| input.corrupt(&error.to_string()))?);
    }
    let mut bound = || {
        let kind = Kind::read(input)?;
        let count = usize::from(input.u16()?);
        if count > types.len() {
            return Err(input.corrupt("a bound of more values than there are types"));
        }
        Ok((kind, super::clustering::read_values(&types, count, input)?))
    };
    let (start, min) = bound()?;
    let (end, max) = bound()?;
    Ok(CoveredClustering {
        min,
        max,
        excludes_min: start == Kind::ExclusiveStart,
        excludes_max: end == Kind::ExclusiveEnd,
        is_written_out: true,
    })
}
