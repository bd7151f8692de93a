//! RocksDB: an LSM tree in C++.

use std::path::Path;

use rocksdb::{BlockBasedOptions, DB, DBCompressionType, Direction, IteratorMode, Options};

use crate::{Failure, Store};

/// What nearly everybody sets.
const BLOOM_BITS_A_KEY: f64 = 10.0;

pub struct RocksdbStore(DB);

pub fn open(folder: &Path) -> Result<RocksdbStore, Failure> {
    let mut table = BlockBasedOptions::default();
    table.set_bloom_filter(BLOOM_BITS_A_KEY, false);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_block_based_table_factory(&table);
    Ok(RocksdbStore(DB::open(&options, folder)?))
}

impl Store for RocksdbStore {
    fn put(&mut self, key: u64, value: &[u8]) -> Result<(), Failure> {
        Ok(self.0.put(key.to_be_bytes(), value)?)
    }

    fn get(&mut self, key: u64) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.0.get(key.to_be_bytes())?)
    }

    fn scan(&mut self, key: u64, rows: usize) -> Result<usize, Failure> {
        let from = key.to_be_bytes();
        let mut count = 0;
        for row in self.0.iterator(IteratorMode::From(&from, Direction::Forward)).take(rows) {
            count += usize::from(!row?.1.is_empty());
        }
        Ok(count)
    }

    fn sync(&mut self) -> Result<(), Failure> {
        Ok(self.0.flush_wal(true)?)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.0.flush()?;
        self.0.compact_range(None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }
}
