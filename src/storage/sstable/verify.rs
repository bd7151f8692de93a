//! Reading all of an SSTable to see whether it is sound: more than a read looks at.

use super::descriptor::Component;
use super::reader::SstableReader;
use crate::data::{DecoratedKey, PartitionRange};
use crate::storage::source::PartitionSource;
use crate::storage::{Disk, StorageError};

impl SstableReader {
    /// Holds all bytes of the data against Digest.crc32; false when there is none.
    pub fn verify_digest(&self, disk: &dyn Disk) -> Result<bool, StorageError> {
        if !self.components().contains(&Component::Digest) {
            return Ok(false);
        }
        let file = self.info().descriptor.file(Component::Digest);
        let corrupt = |what: String| StorageError::Corrupt {
            file: file.clone(),
            offset: 0,
            what,
        };
        let text = disk.read_all(&file)?;
        let said = core::str::from_utf8(&text)
            .ok()
            .and_then(|it| it.trim().parse::<u32>().ok());
        let said = said.ok_or_else(|| corrupt("not a number".to_owned()))?;
        let found = super::reader::checksum_of(disk, self.data().name())?;
        if said != found {
            return Err(corrupt(format!("the data has the checksum {found}, not {said}")));
        }
        Ok(true)
    }

    /// Reads every row by way of the index, and returns how many partitions there are. The index must lead from each partition to
    /// the next without a gap, the rows be in order, and the filter and the statistics fit.
    pub fn verify(&self, disk: &dyn Disk) -> Result<u64, StorageError> {
        let mut scanner = self.scanner(&PartitionRange::full());
        let (mut partitions, mut end, mut rows) = (0, 0, 0);
        let mut last: Option<DecoratedKey> = None;
        while let Some(partition) = scanner.next(self, disk)? {
            if partition.start() != end {
                return Err(self.index_corrupt(partition.start(), &format!("the partition before ends at {end}")));
            }
            if !self.may_contain(&partition.key) {
                let file = self.info().descriptor.file(Component::Filter);
                let what = format!(
                    "the filter does not have the key of the partition at {}",
                    partition.start()
                );
                return Err(StorageError::Corrupt { file, offset: 0, what });
            }
            rows += i64::from(!partition.static_row().is_empty());
            let mut order: Option<Vec<u8>> = None;
            let mut found = partition.unfiltered();
            for unfiltered in &mut found {
                let (position, unfiltered) = unfiltered?;
                if order.as_ref().is_some_and(|last| &last[..] >= unfiltered.order()) {
                    return Err(self.data().corrupt(position, "the rows are out of order"));
                }
                rows += i64::from(matches!(unfiltered, super::Unfiltered::Row(..)));
                order = Some(unfiltered.order().to_vec());
            }
            end = found.position();
            partition.verify_index()?;
            partitions += 1;
            last = Some(partition.key.clone());
        }
        if end != self.data().length() {
            return Err(self.data().corrupt(end, "there is more data than the index knows of"));
        }
        if last.as_ref() != Some(&self.info().last) {
            return Err(self.index_corrupt(end, "the last key is another"));
        }
        if rows != self.info().stats().rows {
            let file = self.info().descriptor.file(Component::Statistics);
            let what = format!("there are {rows} rows, not {}", self.info().stats().rows);
            return Err(StorageError::Corrupt { file, offset: 0, what });
        }
        Ok(partitions)
    }
}

impl super::partition::SstablePartition<'_> {
    /// Each block of the index begins and ends with what it says.
    fn verify_index(&self) -> Result<(), StorageError> {
        let Some(index) = self.row_index() else {
            return Ok(());
        };
        for block in &index.blocks {
            let start = self.start() + block.offset;
            let mut found = self.unfiltered_at(start);
            let mut last = None;
            while found.position() < start + block.width
                && let Some(unfiltered) = found.next()
            {
                let (position, unfiltered) = unfiltered?;
                if position == start && unfiltered.order() != block.first.order() {
                    return Err(self.index_corrupt("a block begins with something else"));
                }
                last = Some(unfiltered.order().to_vec());
            }
            if last.as_deref() != Some(block.last.order()) {
                return Err(self.index_corrupt("a block ends with something else"));
            }
        }
        Ok(())
    }
}
