//! Reading an SSTable: what is kept in memory of it, and the way from a key to its partition.

use bytes::Bytes;

use super::bloom::BloomFilter;
use super::compression_info::CompressionInfo;
use super::data_file::DataFile;
use super::descriptor::{Component, Descriptor};
use super::index::{IndexEntry, RawEntry};
use super::info::SstableInfo;
use super::input::Input;
use super::partition::SstablePartition;
use super::partition_index::PartitionIndex;
use super::shape::Shape;
use super::statistics::Statistics;
use crate::base::crc32;
use crate::data::{DecoratedKey, PartitionKey, PartitionRange, Partitioner};
use crate::schema::TableMetadata;
use crate::storage::source::{PartitionSource, PartitionStream, TableSource};
use crate::storage::{Disk, StorageError};

#[derive(Debug)]
pub struct SstableReader {
    info: SstableInfo,
    components: Vec<Component>,
    shape: Shape,
    data: DataFile,
    index: PartitionIndex,
    filter: Option<BloomFilter>,
}

impl SstableReader {
    /// Loads what is needed to find partitions. Everything but the data is held against its checksum where there is one.
    pub fn open(disk: &dyn Disk, descriptor: Descriptor, table: &TableMetadata) -> Result<SstableReader, StorageError> {
        let files = Files::open(disk, descriptor)?;
        let statistics = &files.statistics;
        if Partitioner::from_class_name(&statistics.partitioner) != Some(Partitioner::Murmur3) {
            let what = format!("the partitioner is {}, not Murmur3Partitioner", statistics.partitioner);
            return Err(files.corrupt(Component::Statistics, 0, &what));
        }
        let (mine, tables) = (statistics.header.clustering.len(), table.comparator.len());
        if mine != tables {
            let what = format!("rows have {mine} clustering columns, in the table {tables}");
            return Err(files.corrupt(Component::Statistics, 0, &what));
        }
        let shape = Shape::new(files.descriptor.version, statistics.header.clone(), table);
        let data = files.open_data(disk, table.params.crc_check_chance)?;
        let index = match files.descriptor.version.has_tries() {
            true => PartitionIndex::of_data(disk, files.name(Component::Partitions), &data, &shape)?,
            false => {
                let summary = files.load(disk, Component::Summary)?;
                let name = files.name(Component::Summary);
                let summary = summary.map(|bytes| (name.as_str(), bytes));
                PartitionIndex::of_file(disk, files.open_index(disk)?, summary, table.params.min_index_interval)?
            }
        };
        let (first, last) = index.ends();
        let filter = match files.load(disk, Component::Filter)? {
            Some(bytes) => Some(BloomFilter::decode(&files.name(Component::Filter), bytes)?),
            None => None,
        };
        files.load(disk, Component::Digest)?;
        let info = SstableInfo {
            first,
            last,
            data_length: data.length(),
            data_file_length: data.file_length(),
            file_lengths: files.lengths(disk)?,
            filter_bytes: filter.as_ref().map_or(0, |it| it.size() as u64),
            descriptor: files.descriptor,
            statistics: files.statistics,
        };
        Ok(SstableReader {
            info,
            components: files.components,
            shape,
            data,
            index,
            filter,
        })
    }

    /// What the statistics say now: their file was written anew.
    pub fn set_statistics(&mut self, statistics: Statistics) {
        self.info.statistics = statistics;
    }

    pub fn info(&self) -> &SstableInfo {
        &self.info
    }

    /// The files it is made of.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The class of the compressor, without its package.
    pub fn compression_class(&self) -> Option<&'static str> {
        self.data.compression().map(|info| info.params.compressor.name())
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    pub fn data(&self) -> &DataFile {
        &self.data
    }

    /// It together with the disk, as reads want it.
    pub fn source<'a>(&'a self, disk: &'a dyn Disk) -> SstableSource<'a> {
        SstableSource { reader: self, disk }
    }

    /// Partitions in token order, from the first of a range on.
    pub fn scanner(&self, range: &PartitionRange) -> Scanner {
        Scanner {
            at: self.index.start_for(&|key| !range.is_past_start(key)).unwrap_or(0),
            last: None,
            range: range.clone(),
        }
    }

    /// Whether the key may be in it, as far as memory tells.
    pub fn may_contain(&self, key: &DecoratedKey) -> bool {
        self.info.may_cover(key) && self.filter.as_ref().is_none_or(|filter| filter.may_contain(&key.key.0))
    }

    /// The index entry of a key, read from the disk: worth keeping, and given back to `partition_at`.
    pub fn find(&self, disk: &dyn Disk, key: &DecoratedKey) -> Result<Option<IndexEntry>, StorageError> {
        if !self.may_contain(key) {
            return Ok(None);
        }
        let Some(start) = self.index.start_for(&|other| other <= key) else {
            return Ok(None);
        };
        if let Some(raw) = self.index.entry_of(disk, start, key)? {
            return raw.entry(&self.shape, self.index.name()).map(Some);
        }
        // The filter is wrong at times. An index that is damaged would look the same, so now its order counts.
        let mut entries = Scanner {
            at: start,
            last: None,
            range: PartitionRange::full(),
        };
        let mut before = None;
        while let Some((found, raw)) = entries.next_entry(self, disk)? {
            if found == *key {
                return raw.entry(&self.shape, self.index.name()).map(Some);
            }
            if found > *key {
                self.check_gap(disk, [before, Some((found, raw.position))])?;
                return Ok(None);
            }
            before = Some((found, raw.position));
        }
        Ok(None)
    }

    /// A key that is not there, though the filter thought so: without a checksum of the index, one of its neighbours may be the key
    /// with a flipped bit. Then the data has another key there.
    fn check_gap(&self, disk: &dyn Disk, neighbours: [Option<(DecoratedKey, u64)>; 2]) -> Result<(), StorageError> {
        if self.info.statistics.trailer.is_some() {
            return Ok(());
        }
        for (key, position) in neighbours.into_iter().flatten() {
            if self.data.cursor(disk, position).with_short_length()? != key.key.0 {
                return Err(self.index_corrupt(position, "the data has another key there"));
            }
        }
        Ok(())
    }

    pub fn partition_at<'a>(
        &'a self,
        disk: &'a dyn Disk,
        key: &DecoratedKey,
        entry: IndexEntry,
    ) -> Result<SstablePartition<'a>, StorageError> {
        SstablePartition::open(self, disk, key.clone(), entry)
    }

    /// The index leads to a place in the data where something else is.
    pub fn index_corrupt(&self, position: u64, what: &str) -> StorageError {
        StorageError::Corrupt {
            file: self.index.name().to_owned(),
            offset: 0,
            what: format!("for {position} in the data: {what}"),
        }
    }
}

/// The files of an SSTable, its statistics read.
struct Files {
    descriptor: Descriptor,
    components: Vec<Component>,
    statistics: Statistics,
}

impl Files {
    fn open(disk: &dyn Disk, descriptor: Descriptor) -> Result<Files, StorageError> {
        let toc = descriptor.file(Component::Toc);
        let text = disk.read_all(&toc)?;
        let components = read_toc(disk, &descriptor, &toc, &text)?;
        let name = descriptor.file(Component::Statistics);
        let statistics = Statistics::decode(&name, disk.read_all(&name)?.into(), descriptor.version)?;
        let files = Files {
            descriptor,
            components,
            statistics,
        };
        files.check(Component::Toc, &text)?;
        Ok(files)
    }

    fn name(&self, component: Component) -> String {
        self.descriptor.file(component)
    }

    fn corrupt(&self, component: Component, offset: u64, what: &str) -> StorageError {
        StorageError::Corrupt {
            file: self.name(component),
            offset,
            what: what.to_owned(),
        }
    }

    fn check(&self, component: Component, bytes: &[u8]) -> Result<(), StorageError> {
        match self.checksum(component) {
            Some(checksum) if checksum != crc32::hash(bytes) => {
                Err(self.corrupt(component, 0, "the checksum is another"))
            }
            _ => Ok(()),
        }
    }

    fn checksum(&self, component: Component) -> Option<u32> {
        self.statistics.trailer.as_ref()?.checksum(component)
    }

    /// All of a component, if the SSTable has it.
    fn load(&self, disk: &dyn Disk, component: Component) -> Result<Option<Bytes>, StorageError> {
        if !self.components.contains(&component) {
            return Ok(None);
        }
        let bytes = disk.read_all(&self.name(component))?;
        self.check(component, &bytes)?;
        Ok(Some(bytes.into()))
    }

    fn open_data(&self, disk: &dyn Disk, check_chance: f64) -> Result<DataFile, StorageError> {
        let file = self.name(Component::Data);
        let length = disk.len(&file)?;
        if let Some(bytes) = self.load(disk, Component::CompressionInfo)? {
            let info = CompressionInfo::decode(&self.name(Component::CompressionInfo), bytes, length)?;
            return Ok(DataFile::compressed(file, length, info, check_chance));
        }
        let checksums = self.load(disk, Component::Crc)?;
        let name = self.name(Component::Crc);
        DataFile::plain(
            file,
            length,
            checksums.map(|bytes| (name.as_str(), bytes)),
            check_chance,
        )
    }

    fn open_index(&self, disk: &dyn Disk) -> Result<DataFile, StorageError> {
        let file = self.name(Component::PrimaryIndex);
        let length = disk.len(&file)?;
        if let Some(checksum) = self.checksum(Component::PrimaryIndex)
            && checksum_of(disk, &file)? != checksum
        {
            return Err(self.corrupt(Component::PrimaryIndex, 0, "the checksum is another"));
        }
        DataFile::plain(file, length, None, 0.0)
    }

    fn lengths(&self, disk: &dyn Disk) -> Result<u64, StorageError> {
        self.components
            .iter()
            .try_fold(0, |sum, component| Ok(sum + disk.len(&self.name(*component))?))
    }
}

/// The components that TOC.txt lists. It may list some that are unknown here, if only they are there.
fn read_toc(disk: &dyn Disk, descriptor: &Descriptor, toc: &str, text: &[u8]) -> Result<Vec<Component>, StorageError> {
    let corrupt = |what: String| StorageError::Corrupt {
        file: toc.to_owned(),
        offset: 0,
        what,
    };
    let text = core::str::from_utf8(text).map_err(|_| corrupt("not a text".into()))?;
    let mut components = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match Component::parse(line) {
            Some(component) => components.push(component),
            None if disk.len(&format!("{}{line}", descriptor.prefix())).is_ok() => {}
            None => return Err(corrupt(format!("there is no component {line}"))),
        }
    }
    let index = match descriptor.version.has_tries() {
        true => Component::Partitions,
        false => Component::PrimaryIndex,
    };
    for needed in [Component::Data, index, Component::Statistics] {
        if !components.contains(&needed) {
            return Err(corrupt(format!("{} is missing", needed.name())));
        }
    }
    Ok(components)
}

pub fn checksum_of(disk: &dyn Disk, file: &str) -> Result<u32, StorageError> {
    const BLOCK_BYTES: usize = 64 * 1024;
    let mut hasher = crc32::Hasher::new();
    let (mut at, mut block) = (0, vec![0; BLOCK_BYTES]);
    loop {
        let read = disk.read_at(file, at, &mut block)?;
        hasher.update(&block[..read]);
        at += read as u64;
        if read < block.len() {
            return Ok(hasher.finalize());
        }
    }
}

/// Where a scan of an SSTable is: carries on with each call, whatever happened to the disk's handle meanwhile.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// In the index.
    at: u64,
    last: Option<DecoratedKey>,
    range: PartitionRange,
}

impl Scanner {
    /// The next partition of the range.
    pub fn next<'a>(
        &mut self,
        reader: &'a SstableReader,
        disk: &'a dyn Disk,
    ) -> Result<Option<SstablePartition<'a>>, StorageError> {
        let Some((key, raw)) = self.next_in_range(reader, disk)? else {
            return Ok(None);
        };
        let entry = raw.entry(&reader.shape, reader.index.name())?;
        SstablePartition::open(reader, disk, key, entry).map(Some)
    }

    /// The key of the next partition; the one after that comes with the next call.
    pub fn next_key(&mut self, reader: &SstableReader, disk: &dyn Disk) -> Result<Option<DecoratedKey>, StorageError> {
        Ok(self.next_in_range(reader, disk)?.map(|(key, _)| key))
    }

    fn next_in_range(
        &mut self,
        reader: &SstableReader,
        disk: &dyn Disk,
    ) -> Result<Option<(DecoratedKey, RawEntry)>, StorageError> {
        while let Some((key, raw)) = self.next_entry(reader, disk)? {
            if self.range.is_past_end(&key) {
                break;
            }
            if self.range.is_past_start(&key) {
                return Ok(Some((key, raw)));
            }
        }
        self.at = reader.index.length();
        Ok(None)
    }

    fn next_entry(
        &mut self,
        reader: &SstableReader,
        disk: &dyn Disk,
    ) -> Result<Option<(DecoratedKey, RawEntry)>, StorageError> {
        if self.at >= reader.index.length() {
            return Ok(None);
        }
        let (raw, next) = reader.index.entry(disk, self.at)?;
        let key = DecoratedKey::new(PartitionKey(raw.key.clone()));
        if self.last.as_ref().is_some_and(|last| *last >= key) {
            return Err(reader.index.corrupt(self.at, "the keys are out of order"));
        }
        self.at = next;
        self.last = Some(key.clone());
        Ok(Some((key, raw)))
    }
}

/// An SSTable on its disk, as a source of reads.
#[derive(Clone, Copy, Debug)]
pub struct SstableSource<'a> {
    reader: &'a SstableReader,
    disk: &'a dyn Disk,
}

impl SstableSource<'_> {
    pub fn reader(&self) -> &SstableReader {
        self.reader
    }
}

impl TableSource for SstableSource<'_> {
    fn partition(&self, key: &DecoratedKey) -> Result<Option<Box<dyn PartitionSource + '_>>, StorageError> {
        let Some(entry) = self.reader.find(self.disk, key)? else {
            return Ok(None);
        };
        let partition = self.reader.partition_at(self.disk, key, entry)?;
        Ok(Some(Box::new(partition)))
    }

    fn partitions<'a>(&'a self, range: &PartitionRange) -> PartitionStream<'a> {
        let mut scanner = self.reader.scanner(range);
        Box::new(core::iter::from_fn(move || {
            let found = scanner.next(self.reader, self.disk).transpose()?;
            if found.is_err() {
                scanner.at = self.reader.index.length();
            }
            Some(found.map(|it| (it.key().clone(), Box::new(it) as Box<dyn PartitionSource>)))
        }))
    }
}
