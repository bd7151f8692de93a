//! A node's disk as files of a folder. Names with `/` lie in folders below it, so that it looks like Cassandra's data directory.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::storage::{Disk, FileInfo, StorageError};

/// How many files are kept open for reading or appending.
const OPEN_FILES: usize = 64;

#[derive(Debug)]
pub struct FileDisk {
    root: PathBuf,
    open: RefCell<BTreeMap<String, Opened>>,
    /// Counts uses of open files.
    uses: Cell<u64>,
    /// Files whose names are not safe yet.
    new: BTreeSet<String>,
}

#[derive(Debug)]
struct Opened {
    file: File,
    len: u64,
    last_use: u64,
}

impl FileDisk {
    /// Makes the folder if it is not there.
    pub fn open(root: impl Into<PathBuf>) -> Result<FileDisk, StorageError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|error| failed(&root.to_string_lossy(), &error))?;
        Ok(FileDisk {
            root,
            open: RefCell::new(BTreeMap::new()),
            uses: Cell::new(0),
            new: BTreeSet::new(),
        })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Opened) -> io::Result<T>) -> Result<T, StorageError> {
        let mut open = self.open.borrow_mut();
        let last_use = self.uses.get() + 1;
        self.uses.set(last_use);
        if !open.contains_key(name) {
            let oldest = open
                .iter()
                .min_by_key(|(_, it)| it.last_use)
                .map(|(name, _)| name.clone());
            if let Some(oldest) = oldest.filter(|_| open.len() >= OPEN_FILES) {
                open.remove(&oldest);
            }
            let found = OpenOptions::new().read(true).append(true).open(self.path(name));
            let file = found.map_err(|error| failed(name, &error))?;
            let len = file.metadata().map_err(|error| failed(name, &error))?.len();
            let opened = Opened { file, len, last_use };
            open.insert(name.to_owned(), opened);
        }
        match open.get_mut(name) {
            Some(found) => {
                found.last_use = last_use;
                act(found).map_err(|error| failed(name, &error))
            }
            None => Err(StorageError::NotFound { file: name.to_owned() }),
        }
    }

    fn forget(&self, file: &str) {
        self.open.borrow_mut().remove(file);
    }

    /// Makes what was done to a file's name safe.
    fn sync_folder(&self, file: &str) -> Result<(), StorageError> {
        let path = self.path(file);
        let mut folder = path.parent();
        while let Some(here) = folder.filter(|it| it.starts_with(&self.root)) {
            File::open(here)
                .and_then(|it| it.sync_all())
                .map_err(|error| failed(file, &error))?;
            folder = here.parent();
        }
        Ok(())
    }
}

fn failed(file: &str, error: &io::Error) -> StorageError {
    let file = file.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => StorageError::NotFound { file },
        io::ErrorKind::AlreadyExists => StorageError::AlreadyExists { file },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::NoSpace { needed: 0, free: 0 },
        _ => StorageError::Io {
            file,
            why: error.to_string(),
        },
    }
}

impl Disk for FileDisk {
    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        let path = self.path(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(file, &error))?;
        }
        let made = OpenOptions::new().read(true).append(true).create_new(true).open(&path);
        made.map_err(|error| failed(file, &error))?;
        self.new.insert(file.to_owned());
        Ok(())
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.with(file, |it| {
            let written = it.file.write_all(bytes);
            match written {
                Ok(()) => it.len += bytes.len() as u64,
                // All of it or none.
                Err(_) => it.file.set_len(it.len)?,
            }
            written
        })
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.with(file, |it| {
            let mut read = 0;
            while read < into.len() {
                match it.file.read_at(&mut into[read..], offset + read as u64)? {
                    0 => break,
                    count => read += count,
                }
            }
            Ok(read)
        })
    }

    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.with(file, |it| it.file.sync_all())?;
        if self.new.contains(file) {
            self.sync_folder(file)?;
            self.new.remove(file);
        }
        Ok(())
    }

    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        self.with(file, |it| {
            let len = len.min(it.len);
            it.file.set_len(len)?;
            it.len = len;
            it.file.sync_all()
        })
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.forget(from);
        self.forget(to);
        self.new.remove(from);
        let path = self.path(to);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(to, &error))?;
        }
        fs::rename(self.path(from), path).map_err(|error| failed(from, &error))?;
        self.sync_folder(from)?;
        self.sync_folder(to)
    }

    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        self.forget(file);
        self.new.remove(file);
        fs::remove_file(self.path(file)).map_err(|error| failed(file, &error))?;
        self.sync_folder(file)
    }

    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        let mut found = Vec::new();
        collect(&self.root, String::new(), &mut found).map_err(|error| failed("", &error))?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn len(&self, file: &str) -> Result<u64, StorageError> {
        self.with(file, |it| Ok(it.len))
    }
}

fn collect(folder: &Path, prefix: String, found: &mut Vec<FileInfo>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.metadata()?;
        if kind.is_dir() {
            collect(&entry.path(), format!("{name}/"), found)?;
        } else {
            found.push(FileInfo { name, len: kind.len() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_and_found_again() {
        let root = std::env::temp_dir().join(format!("ringscope-files-{}", std::process::id()));
        let mut disk = FileDisk::open(&root).unwrap();
        disk.create("ks/t/a").unwrap();
        assert_eq!(
            disk.create("ks/t/a"),
            Err(StorageError::AlreadyExists { file: "ks/t/a".into() })
        );
        disk.append("ks/t/a", b"one two").unwrap();
        disk.sync("ks/t/a").unwrap();
        disk.truncate("ks/t/a", 3).unwrap();
        disk.rename("ks/t/a", "ks/b").unwrap();
        let disk = FileDisk::open(&root).unwrap();
        assert_eq!(
            disk.list().unwrap(),
            [FileInfo {
                name: "ks/b".into(),
                len: 3
            }]
        );
        let mut into = [0; 8];
        assert_eq!(
            (disk.read_at("ks/b", 1, &mut into).unwrap(), &into[..2]),
            (2, &b"ne"[..])
        );
        let mut disk = disk;
        disk.delete("ks/b").unwrap();
        assert_eq!(disk.len("ks/b"), Err(StorageError::NotFound { file: "ks/b".into() }));
        fs::remove_dir_all(root).unwrap();
    }
}
