//! fjall: an LSM tree in Rust.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::{Failure, Store};

pub struct FjallStore {
    database: Database,
    rows: Keyspace,
}

pub fn open(folder: &Path) -> Result<FjallStore, Failure> {
    let database = Database::builder(folder).open()?;
    let rows = database.keyspace("rows", KeyspaceCreateOptions::default)?;
    Ok(FjallStore { database, rows })
}

impl Store for FjallStore {
    fn put(&mut self, key: u64, value: &[u8]) -> Result<(), Failure> {
        Ok(self.rows.insert(key.to_be_bytes(), value)?)
    }

    fn get(&mut self, key: u64) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.rows.get(key.to_be_bytes())?.map(|value| value.to_vec()))
    }

    fn scan(&mut self, key: u64, rows: usize) -> Result<usize, Failure> {
        let mut count = 0;
        for row in self.rows.range(key.to_be_bytes()..).take(rows) {
            count += usize::from(!row.value()?.is_empty());
        }
        Ok(count)
    }

    fn sync(&mut self) -> Result<(), Failure> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.rows.rotate_memtable_and_wait()?;
        self.rows.major_compact()?;
        Ok(())
    }
}
