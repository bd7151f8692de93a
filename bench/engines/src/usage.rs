//! What this process used, as Linux tells.

use std::fs;
use std::path::Path;

use crate::Failure;

fn field(file: &str, name: &str) -> Result<u64, Failure> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or_else(|| format!("{file} has no {name}"))?.parse()?)
}

/// To the disk, or to pages that will go there.
pub fn bytes_written() -> Result<u64, Failure> {
    field("/proc/self/io", "write_bytes:")
}

pub fn peak_memory_bytes() -> Result<u64, Failure> {
    Ok(field("/proc/self/status", "VmHWM:")? << 10)
}

pub fn bytes_in(folder: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += match metadata.is_dir() {
            true => bytes_in(&entry.path())?,
            // Files may be longer than what is in them.
            false => std::os::unix::fs::MetadataExt::blocks(&metadata) * 512,
        };
    }
    Ok(bytes)
}
