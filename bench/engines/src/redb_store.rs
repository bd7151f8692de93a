//! redb: a B-tree in Rust. It knows writes in transactions only, so some share one.

use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, TableDefinition, WriteTransaction};

use crate::{Failure, Store};

const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");
const WRITES_A_TRANSACTION: usize = 1_000;

pub struct RedbStore {
    database: Database,
    pending: Vec<(u64, Vec<u8>)>,
}

pub fn open(folder: &Path) -> Result<RedbStore, Failure> {
    let database = Database::create(folder.join("rows"))?;
    Ok(RedbStore {
        database,
        pending: Vec::new(),
    })
}

impl RedbStore {
    fn commit(&mut self, durability: Durability) -> Result<(), Failure> {
        let mut transaction: WriteTransaction = self.database.begin_write()?;
        transaction.set_durability(durability)?;
        {
            let mut rows = transaction.open_table(ROWS)?;
            for (key, value) in self.pending.drain(..) {
                rows.insert(key, value.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }
}

impl Store for RedbStore {
    fn put(&mut self, key: u64, value: &[u8]) -> Result<(), Failure> {
        self.pending.push((key, value.to_vec()));
        if self.pending.len() == WRITES_A_TRANSACTION {
            self.commit(Durability::None)?;
        }
        Ok(())
    }

    fn get(&mut self, key: u64) -> Result<Option<Vec<u8>>, Failure> {
        let rows = self.database.begin_read()?.open_table(ROWS)?;
        Ok(rows.get(key)?.map(|value| value.value().to_vec()))
    }

    fn scan(&mut self, key: u64, rows: usize) -> Result<usize, Failure> {
        let table = self.database.begin_read()?.open_table(ROWS)?;
        let mut count = 0;
        for row in table.range(key..)?.take(rows) {
            count += usize::from(!row?.1.value().is_empty());
        }
        Ok(count)
    }

    fn sync(&mut self) -> Result<(), Failure> {
        self.commit(Durability::Immediate)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
