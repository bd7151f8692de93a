//! Writing an SSTable: partitions in token order, each row by row, all components beside the data as it goes.

use uuid::Uuid;

use super::bloom::BloomFilter;
use super::clustering::Place;
use super::collector::Collector;
use super::compressor::CompressionParams;
use super::data_writer::DataWriter;
use super::descriptor::{Component, Descriptor};
use super::header::SerializationHeader;
use super::index::{IndexBlock, IndexEntry, RowIndex};
use super::info::SstableInfo;
use super::output;
use super::shape::Shape;
use super::statistics::Statistics;
use super::summary::SummaryBuilder;
use super::trailer::Trailer;
use super::unfiltered::{Marker, UnfilteredRef, flag};
use crate::base::crc32;
use crate::data::{Clustering, DecoratedKey, DeletionTime, Partition, Partitioner, RangeTombstone, Row};
use crate::schema::TableMetadata;
use crate::storage::{CommitLogPosition, Disk, StorageError};

/// How many bytes of rows an index block covers. cassandra.yaml `column_index_size`, for `big` 64 KiB.
pub const COLUMN_INDEX_BYTES: u64 = 64 * 1024;
/// The index is put on the disk in pieces of about this size.
const INDEX_BUFFER_BYTES: usize = 64 * 1024;

/// What an SSTable is written with, beside its table's options.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// The columns that may appear, and what times are counted from: `SerializationHeader::of_partitions` for a flush,
    /// `of_merge` for a compaction.
    pub header: SerializationHeader,
    pub level: u32,
    pub repaired_at: i64,
    /// What of the commit log need not be replayed for this table any more.
    pub commit_log: Vec<(CommitLogPosition, CommitLogPosition)>,
    /// The node that writes.
    pub host: Option<Uuid>,
    pub column_index_bytes: u64,
}

impl WriteOptions {
    pub fn new(header: SerializationHeader) -> WriteOptions {
        WriteOptions {
            header,
            level: 0,
            repaired_at: 0,
            commit_log: Vec::new(),
            host: None,
            column_index_bytes: COLUMN_INDEX_BYTES,
        }
    }
}

/// Between `begin` and `end`: the partition being written.
#[derive(Debug)]
struct Current {
    key: DecoratedKey,
    deletion: DeletionTime,
    start: u64,
    header_length: u64,
    /// Where the row or marker before began, from the start of the partition.
    previous: u64,
    blocks: Vec<IndexBlock>,
    /// Where the block begins, and with what.
    block: Option<(u64, Place)>,
    last: Option<Place>,
    /// The range deletion that is open here, and where it ends.
    open: Option<RangeTombstone>,
}

#[derive(Debug)]
pub struct SstableWriter {
    descriptor: Descriptor,
    shape: Shape,
    options: WriteOptions,
    bloom_filter_fp_chance: f64,
    data: DataWriter,
    index: Vec<u8>,
    index_flushed: u64,
    index_digest: crc32::Hasher,
    filter: Option<BloomFilter>,
    summary: SummaryBuilder,
    collector: Collector,
    current: Option<Current>,
    scratch: Vec<u8>,
}

impl SstableWriter {
    /// Creates the files of the data and the index. `estimated_keys` sizes the bloom filter.
    pub fn new(
        disk: &mut dyn Disk,
        descriptor: Descriptor,
        table: &TableMetadata,
        options: WriteOptions,
        estimated_keys: u64,
    ) -> Result<SstableWriter, StorageError> {
        let compression = CompressionParams::of_table(&table.params.compression);
        let data = DataWriter::create(disk, descriptor.file(Component::Data), compression)?;
        disk.create(&descriptor.file(Component::PrimaryIndex))?;
        let fp_chance = table.params.bloom_filter_fp_chance;
        Ok(SstableWriter {
            shape: Shape::new(descriptor.version, options.header.clone(), table),
            bloom_filter_fp_chance: fp_chance,
            data,
            index: Vec::new(),
            index_flushed: 0,
            index_digest: crc32::Hasher::new(),
            filter: BloomFilter::new(estimated_keys, fp_chance),
            summary: SummaryBuilder::new(table.params.min_index_interval),
            collector: Collector::default(),
            current: None,
            scratch: Vec::new(),
            descriptor,
            options,
        })
    }

    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Bytes of data on the disk so far: what a compaction goes by to start another SSTable.
    pub fn on_disk(&self) -> u64 {
        self.data.on_disk()
    }

    pub fn keys(&self) -> u64 {
        self.summary.keys()
    }

    /// A whole partition; one that holds nothing is left out.
    pub fn append(&mut self, disk: &mut dyn Disk, partition: &Partition) -> Result<(), StorageError> {
        if partition.is_empty() {
            return Ok(());
        }
        self.begin(disk, &partition.key, partition.deletion(), partition.static_row())?;
        let mut tombstones = partition.range_tombstones().iter().peekable();
        for (clustering, row) in partition.rows() {
            while let Some(tombstone) = tombstones.next_if(|it| it.slice.start.compare(clustering).is_lt()) {
                self.range_tombstone(disk, tombstone)?;
            }
            self.row(disk, clustering, row)?;
        }
        for tombstone in tombstones {
            self.range_tombstone(disk, tombstone)?;
        }
        self.end(disk)
    }

    /// Starts a partition, whose token must come after that of the one before. Then its range tombstones, each before the rows
    /// after its start, and its rows, all in order; then `end`.
    pub fn begin(
        &mut self,
        disk: &mut dyn Disk,
        key: &DecoratedKey,
        deletion: DeletionTime,
        static_row: &Row,
    ) -> Result<(), StorageError> {
        debug_assert!(
            self.current.is_none(),
            "a partition begins before the last one has ended"
        );
        debug_assert!(
            self.summary.last().is_none_or(|last| last < key),
            "partitions are written in token order"
        );
        let start = self.data.position();
        let out = &mut self.scratch;
        out.clear();
        output::with_short_length(&key.key.0, out);
        self.shape.write_whole_deletion(deletion, out);
        if self.shape.header.has_static() {
            self.shape.write_row(None, static_row, 0, out);
        }
        self.data.write(disk, out)?;
        self.collector.start_partition(deletion);
        self.collector.static_row(static_row);
        self.current = Some(Current {
            key: key.clone(),
            deletion,
            start,
            header_length: self.data.position() - start,
            previous: 0,
            blocks: Vec::new(),
            block: None,
            last: None,
            open: None,
        });
        Ok(())
    }

    pub fn row(&mut self, disk: &mut dyn Disk, clustering: &Clustering, row: &Row) -> Result<(), StorageError> {
        if self
            .open()
            .is_some_and(|open| open.slice.end.compare(clustering).is_lt())
        {
            self.close(disk)?;
        }
        self.write(disk, UnfilteredRef::Row(clustering, row))
    }

    pub fn range_tombstone(&mut self, disk: &mut dyn Disk, tombstone: &RangeTombstone) -> Result<(), StorageError> {
        let opens = Some(tombstone.deletion);
        let mut closes = None;
        if let Some(open) = self.open() {
            debug_assert!(open.slice.end <= tombstone.slice.start, "range tombstones overlap");
            if open.slice.end == tombstone.slice.start {
                closes = Some(open.deletion);
            } else {
                self.close(disk)?;
            }
        }
        let bound = tombstone.slice.start.clone();
        if let Some(current) = &mut self.current {
            current.open = Some(tombstone.clone());
        }
        let marker = Marker { bound, closes, opens };
        self.write(disk, UnfilteredRef::Marker(&marker))
    }

    fn open(&self) -> Option<&RangeTombstone> {
        self.current.as_ref()?.open.as_ref()
    }

    fn close(&mut self, disk: &mut dyn Disk) -> Result<(), StorageError> {
        let Some(open) = self.current.as_mut().and_then(|current| current.open.take()) else {
            return Ok(());
        };
        let marker = Marker {
            bound: open.slice.end,
            closes: Some(open.deletion),
            opens: None,
        };
        self.write(disk, UnfilteredRef::Marker(&marker))
    }

    fn write(&mut self, disk: &mut dyn Disk, unfiltered: UnfilteredRef<'_>) -> Result<(), StorageError> {
        let Some(current) = &mut self.current else {
            debug_assert!(false, "a row outside of any partition");
            return Ok(());
        };
        let position = self.data.position() - current.start;
        self.scratch.clear();
        self.shape
            .write_unfiltered(unfiltered, position - current.previous, &mut self.scratch);
        self.data.write(disk, &self.scratch)?;
        self.collector.unfiltered(unfiltered);
        current.previous = position;
        let (block_start, _) = current.block.get_or_insert_with(|| (position, unfiltered.place()));
        let width = self.data.position() - current.start - *block_start;
        current.last = Some(unfiltered.place());
        if width >= self.options.column_index_bytes {
            current.end_block(width);
        }
        Ok(())
    }

    /// Ends the partition.
    pub fn end(&mut self, disk: &mut dyn Disk) -> Result<(), StorageError> {
        self.close(disk)?;
        let Some(mut current) = self.current.take() else {
            return Ok(());
        };
        self.data.write(disk, &[flag::END_OF_PARTITION])?;
        // A last block that was not full takes the end of the partition in.
        if let Some((start, _)) = &current.block {
            let width = self.data.position() - current.start - start;
            current.end_block(width);
        }
        let key = &current.key;
        self.collector
            .end_partition(&key.key.0, self.data.position() - current.start);
        if let Some(filter) = &mut self.filter {
            filter.add(&key.key.0);
        }
        self.summary.add(key, self.index_flushed + self.index.len() as u64);
        let entry = IndexEntry {
            position: current.start,
            rows: (current.blocks.len() > 1).then_some(RowIndex {
                header_length: current.header_length,
                deletion: current.deletion,
                blocks: current.blocks,
            }),
        };
        entry.write(&key.key.0, &self.shape, &mut self.index);
        if self.index.len() >= INDEX_BUFFER_BYTES {
            self.flush_index(disk)?;
        }
        Ok(())
    }

    fn flush_index(&mut self, disk: &mut dyn Disk) -> Result<(), StorageError> {
        self.index_digest.update(&self.index);
        self.index_flushed += self.index.len() as u64;
        disk.append(&self.descriptor.file(Component::PrimaryIndex), &self.index)?;
        self.index.clear();
        Ok(())
    }

    /// Completes all components and makes them safe, the list of them last: an SSTable without it was never finished.
    /// Nothing was written when there was no partition: then there is no SSTable.
    pub fn finish(mut self, disk: &mut dyn Disk) -> Result<Option<SstableInfo>, StorageError> {
        self.flush_index(disk)?;
        let file = |component| self.descriptor.file(component);
        let Some(summary) = self.summary.build() else {
            drop(self.data);
            disk.delete(&file(Component::Data))?;
            disk.delete(&file(Component::PrimaryIndex))?;
            return Ok(None);
        };
        disk.sync(&file(Component::PrimaryIndex))?;
        let written = self.data.finish(disk)?;
        let mut components = vec![Component::Data, Component::PrimaryIndex, Component::Statistics];
        let mut checksums = vec![(Component::PrimaryIndex, self.index_digest.finalize())];
        let mut sizes = written.file_length + self.index_flushed;
        let mut others = vec![
            (Component::Summary, summary.encode()),
            (Component::Digest, written.digest.to_string().into_bytes()),
        ];
        others.extend(self.filter.as_ref().map(|it| (Component::Filter, it.encode())));
        others.extend(
            written
                .compression
                .as_ref()
                .map(|it| (Component::CompressionInfo, it.encode())),
        );
        others.extend(written.checksums.map(|it| (Component::Crc, it)));
        for (component, bytes) in others {
            checksums.push((component, crc32::hash(&bytes)));
            components.push(component);
            sizes += bytes.len() as u64;
            put(disk, &file(component), &bytes)?;
        }
        components.push(Component::Toc);
        let toc: String = components.iter().map(|it| format!("{}\n", it.name())).collect();
        checksums.push((Component::Toc, crc32::hash(toc.as_bytes())));

        let (cardinality, mut stats) = self.collector.finish();
        stats.level = self.options.level;
        stats.repaired_at = self.options.repaired_at;
        stats.commit_log = self.options.commit_log;
        stats.host = self.options.host;
        stats.compression_ratio = written.compression_ratio;
        let statistics = Statistics {
            partitioner: Partitioner::Murmur3.class_name().to_owned(),
            bloom_filter_fp_chance: self.bloom_filter_fp_chance,
            cardinality,
            stats,
            header: self.options.header,
            trailer: Some(Trailer(checksums)),
        };
        let bytes = statistics.encode();
        sizes += (bytes.len() + toc.len()) as u64;
        put(disk, &file(Component::Statistics), &bytes)?;
        put(disk, &file(Component::Toc), toc.as_bytes())?;
        Ok(Some(SstableInfo {
            first: summary.first,
            last: summary.last,
            data_length: written.data_length,
            data_file_length: written.file_length,
            file_lengths: sizes,
            filter_bytes: self.filter.map_or(0, |it| it.size() as u64),
            statistics,
            descriptor: self.descriptor,
        }))
    }
}

impl Current {
    fn end_block(&mut self, width: u64) {
        let (Some((offset, first)), Some(last)) = (self.block.take(), self.last.take()) else {
            return;
        };
        self.blocks.push(IndexBlock {
            first,
            last,
            offset,
            width,
            open: self.open.as_ref().map(|it| it.deletion),
        });
    }
}

fn put(disk: &mut dyn Disk, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
    disk.create(file)?;
    disk.append(file, bytes)?;
    disk.sync(file)
}
