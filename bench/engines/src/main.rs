//! A million rows of 100 bytes in this storage engine and in others, one JSON line each: `cargo run --release`.
//!
//! Every engine gets the same keys and values in the same order from one thread; others have threads of their own besides. Nothing is
//! synced by write; at the end of each phase of writes all is. Before the reads each has all rows in one sorted run. Each runs in a
//! process of its own, whose count of bytes written to the disk is divided by the bytes of keys and values.

mod fjall_store;
mod redb_store;
mod ringscope_store;
#[cfg(feature = "rocksdb")]
mod rocksdb_store;
mod rows;
mod usage;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::{Parser, ValueEnum};

use rows::{KEY_BYTES, Rows, VALUE_BYTES};

pub type Failure = Box<dyn std::error::Error>;

/// One engine, empty at first.
pub trait Store {
    fn put(&mut self, key: u64, value: &[u8]) -> Result<(), Failure>;
    fn get(&mut self, key: u64) -> Result<Option<Vec<u8>>, Failure>;
    /// Reads up to so many rows in the engine's own order, from some place that `key` names; tells how many.
    fn scan(&mut self, key: u64, rows: usize) -> Result<usize, Failure>;
    /// Makes all safe from a loss of power.
    fn sync(&mut self) -> Result<(), Failure>;
    /// Everything in one sorted run, and nothing left to be done.
    fn settle(&mut self) -> Result<(), Failure>;
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Ringscope,
    Fjall,
    Redb,
    #[cfg(feature = "rocksdb")]
    Rocksdb,
}

#[derive(Parser)]
struct Args {
    /// All of them, one after the other, unless named.
    engine: Option<Engine>,
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
}

/// Of the reads and of the mixed operations.
const OPERATIONS: u64 = 200_000;
const SCANS: u64 = 5_000;
const ROWS_A_SCAN: usize = 100;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.engine {
        Some(engine) => measure(engine, args.rows),
        None => each_alone(args.rows),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn each_alone(rows: u64) -> Result<(), Failure> {
    for engine in Engine::value_variants() {
        let name = engine.to_possible_value().ok_or("a name")?;
        let mut alone = Command::new(std::env::current_exe()?);
        let status = alone.args([name.get_name(), "--rows", &rows.to_string()]).status()?;
        if !status.success() {
            return Err(format!("{} failed", name.get_name()).into());
        }
    }
    Ok(())
}

fn open(engine: Engine, folder: &Path) -> Result<Box<dyn Store>, Failure> {
    Ok(match engine {
        Engine::Ringscope => Box::new(ringscope_store::open(folder)?),
        Engine::Fjall => Box::new(fjall_store::open(folder)?),
        Engine::Redb => Box::new(redb_store::open(folder)?),
        #[cfg(feature = "rocksdb")]
        Engine::Rocksdb => Box::new(rocksdb_store::open(folder)?),
    })
}

fn measure(engine: Engine, count: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let mut store = open(engine, folder.path())?;
    let mut rows = Rows::new(count);

    let began = Instant::now();
    for nth in 0..count {
        let (key, value) = rows.nth(nth);
        store.put(key, value)?;
    }
    store.sync()?;
    let load = per_second(count, began);
    let began = Instant::now();
    store.settle()?;
    let settle = began.elapsed().as_secs_f64();
    let written = usage::bytes_written()?;
    let space = usage::bytes_in(folder.path())?;

    let began = Instant::now();
    for _ in 0..OPERATIONS {
        let key = rows.some();
        let found = store.get(key)?;
        assert_eq!(found.as_deref(), Some(rows.value(key)), "{key}");
    }
    let read = per_second(OPERATIONS, began);

    let began = Instant::now();
    let mut scanned = 0;
    for _ in 0..SCANS {
        let key = rows.some();
        scanned += store.scan(key, ROWS_A_SCAN)?;
    }
    assert!(scanned > SCANS as usize * ROWS_A_SCAN / 2, "{scanned} rows");
    let scan = per_second(scanned as u64, began);

    let began = Instant::now();
    for nth in 0..OPERATIONS {
        let key = rows.some();
        match nth % 2 {
            0 => store.put(key, rows.value(key))?,
            _ => assert!(store.get(key)?.is_some(), "{key}"),
        }
    }
    store.sync()?;
    let mixed = per_second(OPERATIONS, began);
    let data = count * (KEY_BYTES + VALUE_BYTES) as u64;
    println!(
        r#"{{"engine":"{}","rows":{count},"load_a_second":{load:.0},"settle_s":{settle:.1},"reads_a_second":{read:.0},"scanned_rows_a_second":{scan:.0},"mixed_a_second":{mixed:.0},"space_ratio":{:.2},"write_amplification":{:.2},"memory_mib":{}}}"#,
        engine.to_possible_value().ok_or("a name")?.get_name(),
        space as f64 / data as f64,
        written as f64 / data as f64,
        usage::peak_memory_bytes()? >> 20,
    );
    Ok(())
}

fn per_second(count: u64, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}
