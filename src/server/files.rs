//! A node's disk as files of a folder. Names with `/` lie in folders below it, so that it looks like Cassandra's data directory.

use std::cell::RefCell;
use std::collections::BTreeMap;
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
    open: RefCell<BTreeMap<String, File>>,
}

impl FileDisk {
    /// Makes the folder if it is not there.
    pub fn open(root: impl Into<PathBuf>) -> Result<FileDisk, StorageError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|error| failed(&root.to_string_lossy(), &error))?;
        Ok(FileDisk {
            root,
            open: RefCell::new(BTreeMap::new()),
        })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    fn with<T>(&self, file: &str, act: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, StorageError> {
        let mut open = self.open.borrow_mut();
        if !open.contains_key(file) {
            if open.len() == OPEN_FILES {
                open.pop_first();
            }
            let found = OpenOptions::new().read(true).append(true).open(self.path(file));
            open.insert(file.to_owned(), found.map_err(|error| failed(file, &error))?);
        }
        match open.get_mut(file) {
            Some(found) => act(found).map_err(|error| failed(file, &error)),
            None => Err(StorageError::NotFound { file: file.to_owned() }),
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
        made.map(drop).map_err(|error| failed(file, &error))
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let before = self.len(file)?;
        let written = self.with(file, |it| it.write_all(bytes));
        // All of it or none.
        if written.is_err() {
            self.with(file, |it| it.set_len(before))?;
        }
        written
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.with(file, |it| {
            let mut read = 0;
            while read < into.len() {
                match it.read_at(&mut into[read..], offset + read as u64)? {
                    0 => break,
                    count => read += count,
                }
            }
            Ok(read)
        })
    }

    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        self.with(file, |it| it.sync_all())?;
        self.sync_folder(file)
    }

    fn truncate(&mut self, file: &str, len: u64) -> Result<(), StorageError> {
        let len = len.min(self.len(file)?);
        self.with(file, |it| it.set_len(len).and_then(|()| it.sync_all()))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StorageError> {
        self.forget(from);
        self.forget(to);
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
        self.with(file, |it| Ok(it.metadata()?.len()))
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
