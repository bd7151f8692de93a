//! What opening the page costs over the wire: every script and the WebAssembly it opens with, compressed as static hosts do. And
//! what may follow (xtask/src/parts).

use crate::process::Result;
use flate2::{Compression, write::GzEncoder};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Bytes, compressed, that opening the page may cost: a second on a 10 Mbit/s line.
const LIMIT: usize = 1_000_000;
/// The same for the rest, which follows when something first needs it.
const LIMIT_OF_REST: usize = 600_000;
/// How its file is named.
pub const REST: &str = "rest-";

pub struct Report {
    /// Name, bytes as stored, bytes compressed.
    files: Vec<(String, usize, usize)>,
}

impl Report {
    /// Stored and compressed, of the rest or of all else.
    fn sum(&self, of_rest: bool) -> (usize, usize) {
        let files = self.files.iter().filter(|(name, ..)| name.starts_with(REST) == of_rest);
        files.fold((0, 0), |(all, packed), (_, stored, compressed)| {
            (all + stored, packed + compressed)
        })
    }

    pub fn is_within_limits(&self) -> bool {
        self.sum(false).1 <= LIMIT && self.sum(true).1 <= LIMIT_OF_REST
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>12} {:>12}", "bytes", "gzip -9")?;
        for (name, stored, compressed) in &self.files {
            writeln!(f, "{stored:>12} {compressed:>12}  {name}")?;
        }
        let ((stored, compressed), (stored_rest, compressed_rest)) = (self.sum(false), self.sum(true));
        writeln!(
            f,
            "{stored:>12} {compressed:>12}  to open the page; the limit is {LIMIT}"
        )?;
        write!(
            f,
            "{stored_rest:>12} {compressed_rest:>12}  when first needed; the limit is {LIMIT_OF_REST}"
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

pub fn compressed_len(content: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish().map(|compressed| compressed.len())
}
