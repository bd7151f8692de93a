//! Transactions over SSTables: what a flush or a compaction adds and removes becomes true at one moment, whenever the power goes.
//!
//! Each has a log beside the SSTables, `nb_txn_<kind>_<number>.log`, a line a record:
//!
//! ```text
//! ADD:[nb-4-big][crc]      before the first byte of that SSTable
//! REMOVE:[nb-1-big][crc]   before the end
//! COMMIT:[][crc]           the moment
//! ```
//! A log without COMMIT is undone on the next start: what it added is deleted. With COMMIT, what it removes is. The log goes last.
//! Additions are safe on the disk before any file of theirs may be.

use super::super::StorageError;
use super::super::disk::Disk;
use super::super::sstable::Descriptor;
use crate::base::{Arrange, SortedSet, crc32};

#[derive(Debug)]
pub struct Transaction {
    file: String,
    folder: String,
    added: Vec<Descriptor>,
    /// Once a commit was begun, nobody knows whether it is on the disk until it has succeeded.
    in_doubt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    Commit,
}

impl Verb {
    const ALL: [Verb; 3] = [Verb::Add, Verb::Remove, Verb::Commit];

    fn name(self) -> &'static str {
        match self {
            Verb::Add => "ADD",
            Verb::Remove => "REMOVE",
            Verb::Commit => "COMMIT",
        }
    }

    fn line(self, subject: &str) -> String {
        let record = format!("{}:[{subject}]", self.name());
        format!("{record}[{}]\n", crc32::hash(record.as_bytes()))
    }

    fn parse(line: &str) -> Option<(Verb, &str)> {
        let (record, crc) = line.strip_suffix(']')?.rsplit_once('[')?;
        if crc.parse() != Ok(crc32::hash(record.as_bytes())) {
            return None;
        }
        let (name, subject) = record.strip_suffix(']')?.split_once(":[")?;
        let verb = Verb::ALL.into_iter().find(|it| it.name() == name)?;
        Some((verb, subject))
    }
}

impl Transaction {
    /// Nothing is on the disk until something is added.
    pub fn new(folder: &str, kind: &str, number: u64) -> Transaction {
        Transaction {
            file: format!("{folder}/nb_txn_{kind}_{number}.log"),
            folder: folder.to_owned(),
            added: Vec::new(),
            in_doubt: false,
        }
    }

    /// Call before any file of the SSTable is made.
    pub fn add(&mut self, disk: &mut dyn Disk, sstable: Descriptor) -> Result<(), StorageError> {
        self.write(disk, &Verb::Add.line(&self.name_of(&sstable)))?;
        disk.sync(&self.file)?;
        self.added.push(sstable);
        Ok(())
    }

    /// Takes back an addition of which no file was left.
    pub fn forget(&mut self, sstable: &Descriptor) {
        self.added.retain(|it| it != sstable);
    }

    /// What was added is there from now on, and what is in `removed` is not: `clean_up` deletes that.
    pub fn commit(&mut self, disk: &mut dyn Disk, removed: &[Descriptor]) -> Result<(), StorageError> {
        let mut lines: String = removed.iter().map(|it| Verb::Remove.line(&self.name_of(it))).collect();
        lines += &Verb::Commit.line("");
        self.in_doubt = true;
        self.write(disk, &lines)?;
        disk.sync(&self.file)
    }

    /// Deletes what a committed transaction removed, then its log. What fails here is done on the next start.
    pub fn clean_up(self, disk: &mut dyn Disk, removed: &[Descriptor]) -> Result<(), StorageError> {
        delete_files(disk, removed)?;
        disk.delete(&self.file)
    }

    /// Undoes it. With a commit in doubt the log goes first: what both it added and would have removed is then there for a while,
    /// which holds nothing twice.
    pub fn abort(self, disk: &mut dyn Disk) -> Result<(), StorageError> {
        if self.in_doubt {
            disk.delete(&self.file)?;
        }
        delete_files(disk, &self.added)?;
        match disk.delete(&self.file) {
            Err(StorageError::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    fn write(&self, disk: &mut dyn Disk, lines: &str) -> Result<(), StorageError> {
        match disk.append(&self.file, lines.as_bytes()) {
            Err(StorageError::NotFound { .. }) => {
                disk.create(&self.file)?;
                disk.append(&self.file, lines.as_bytes())
            }
            other => other,
        }
    }

    fn name_of(&self, sstable: &Descriptor) -> String {
        let name = sstable.to_string();
        name.strip_prefix(&format!("{}/", self.folder))
            .map_or(name.clone(), str::to_owned)
    }
}

/// Completes or undoes what a crash left half done.
pub fn recover(disk: &mut dyn Disk) -> Result<(), StorageError> {
    let files: Vec<String> = disk.list()?.into_iter().map(|it| it.name).collect();
    let is_log = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or(file);
        name.starts_with("nb_txn_") && name.ends_with(".log")
    };
    for log in files.iter().filter(is_log) {
        let text = String::from_utf8_lossy(&disk.read_all(log)?).into_owned();
        // A torn last line, and anything behind it, was never safe.
        let records: Vec<(Verb, &str)> = text
            .split_inclusive('\n')
            .map_while(|line| Verb::parse(line.strip_suffix('\n')?))
            .collect();
        let committed = records.iter().any(|(verb, _)| *verb == Verb::Commit);
        let folder = log.rsplit_once('/').map_or("", |(folder, _)| folder);
        let prefixes = |wanted: Verb| -> SortedSet<String> {
            let of = records.iter().filter(|(verb, _)| *verb == wanted);
            of.map(|(_, subject)| format!("{folder}/{subject}-")).collect()
        };
        let files_of = |prefixes: &SortedSet<String>| -> Vec<&String> {
            files
                .iter()
                .filter(|file| prefixes.iter().any(|prefix| file.starts_with(prefix)))
                .collect()
        };
        if !committed {
            // Removal only begins after the commit: if any is gone, the commit was there and has been damaged.
            let removed = prefixes(Verb::Remove);
            let is_gone = |prefix: &String| !files.iter().any(|file| file == &format!("{prefix}TOC.txt"));
            if removed.iter().any(is_gone) {
                return Err(StorageError::Corrupt {
                    file: log.clone(),
                    offset: 0,
                    what: "its end is damaged, and what it removes is gone already".into(),
                });
            }
        }
        for file in files_of(&prefixes(if committed { Verb::Remove } else { Verb::Add })) {
            disk.delete(file)?;
        }
        disk.delete(log)?;
    }
    Ok(())
}

/// Deletes all files of these SSTables; the list of components last, so that an SSTable half deleted is known for one.
pub fn delete_files(disk: &mut dyn Disk, sstables: &[Descriptor]) -> Result<(), StorageError> {
    let prefixes: Vec<String> = sstables.iter().map(Descriptor::prefix).collect();
    let mut files: Vec<String> = disk.list()?.into_iter().map(|it| it.name).collect();
    files.retain(|file| prefixes.iter().any(|prefix| file.starts_with(prefix)));
    files.arrange_by_key(|file| file.ends_with("TOC.txt"));
    files.iter().try_for_each(|file| disk.delete(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_only_whole() {
        let line = Verb::Add.line("nb-4-big");
        assert_eq!(Verb::parse(line.trim_end()), Some((Verb::Add, "nb-4-big")));
        assert_eq!(Verb::parse(&line[..line.len() - 2]), None);
        assert_eq!(Verb::parse(&line.trim_end().replace('4', "5")), None);
    }
}
