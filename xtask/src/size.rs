//! What opening the page costs over the wire: every script and all WebAssembly of dist/, compressed as static hosts do.

use crate::process::Result;
use flate2::{Compression, write::GzEncoder};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Bytes, compressed, that all of it should have: a second on a 10 Mbit/s line.
const GOAL: usize = 1_000_000;

/// What it may have today, which is above the goal: it may only come down.
pub const LIMIT: usize = 1_450_000;

pub struct Report {
    /// Name, bytes as stored, bytes compressed.
    files: Vec<(String, usize, usize)>,
}

impl Report {
    pub fn compressed(&self) -> usize {
        self.files.iter().map(|(_, _, compressed)| compressed).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>12} {:>12}", "bytes", "gzip -9")?;
        for (name, stored, compressed) in &self.files {
            writeln!(f, "{stored:>12} {compressed:>12}  {name}")?;
        }
        let stored: usize = self.files.iter().map(|(_, stored, _)| stored).sum();
        write!(
            f,
            "{stored:>12} {:>12}  together; the goal is {GOAL}, the limit {LIMIT}",
            self.compressed()
        )
    }
}

pub fn measure(dist: &Path) -> Result<Report> {
    let none = || format!("no page in {}: run `trunk build --release` first", dist.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(dist).map_err(|_| none())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".js") || name.ends_with(".wasm") {
            let content = fs::read(entry.path()).map_err(|error| format!("{name}: {error}"))?;
            files.push((
                name,
                content.len(),
                compressed_len(&content).map_err(|error| error.to_string())?,
            ));
        }
    }
    files.sort();
    if files.is_empty() {
        Err(none())
    } else {
        Ok(Report { files })
    }
}

fn compressed_len(content: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish().map(|compressed| compressed.len())
}
