//! Looks into SSTables as Cassandra's own tools do.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use ringscope::data::EpochSeconds;
use ringscope::shell::sstable::{dump, metadata, sstables, verify};
use ringscope::storage::sstable::Descriptor;
use ringscope::storage::{Disk, FileInfo, StorageError};

use super::Failure;

#[derive(Subcommand)]
pub enum SstableCommand {
    /// The partitions of each SSTable as JSON, like sstabledump.
    Dump {
        /// A folder of SSTables, or a file of one.
        #[arg(value_name = "DIR")]
        path: PathBuf,
    },
    /// Holds each SSTable against its checksums and its index, like sstableverify.
    Verify {
        #[arg(value_name = "DIR")]
        path: PathBuf,
        /// Reads every row, also when the digest of the data is right.
        #[arg(short, long)]
        extended: bool,
    },
    /// What each SSTable says of itself, like sstablemetadata.
    Metadata {
        #[arg(value_name = "DIR")]
        path: PathBuf,
    },
}

pub fn run(command: &SstableCommand) -> Result<ExitCode, Failure> {
    let (SstableCommand::Dump { path } | SstableCommand::Verify { path, .. } | SstableCommand::Metadata { path }) =
        command;
    let disk = Folder::open(path)?;
    let found = match Descriptor::parse(&path.to_string_lossy()) {
        Some((only, _)) if path.is_file() => vec![only],
        _ => sstables(&disk)?,
    };
    if found.is_empty() {
        return Err(Failure::NoSstables(path.clone()));
    }
    let mut out = std::io::stdout().lock();
    let mut code = ExitCode::SUCCESS;
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |it| it.as_secs());
    let now = EpochSeconds(seconds as i64);
    for descriptor in found {
        match command {
            SstableCommand::Dump { .. } => writeln!(out, "{}", dump(&disk, &descriptor, now)?)?,
            SstableCommand::Metadata { .. } => write!(out, "{}", metadata(&disk, &descriptor, now)?)?,
            SstableCommand::Verify { extended, .. } => {
                let (text, is_sound) = verify(&disk, &descriptor, *extended);
                write!(out, "{text}")?;
                if !is_sound {
                    code = ExitCode::FAILURE;
                }
            }
        }
    }
    Ok(code)
}

/// A folder of the file system, to be read only. Its files go by their paths.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn open(path: &Path) -> Result<Folder, Failure> {
        let folder = if path.is_file() {
            path.parent().unwrap_or(Path::new(""))
        } else {
            path
        };
        let path = if folder.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            folder.to_owned()
        };
        std::fs::read_dir(&path).map_err(|error| Failure::Input {
            path: path.clone(),
            error,
        })?;
        Ok(Folder { path })
    }

    fn refuse(&self, file: &str) -> StorageError {
        StorageError::Io {
            file: file.to_owned(),
            why: "the folder is only read".to_owned(),
        }
    }
}

fn failed(file: &str, error: &std::io::Error) -> StorageError {
    let file = file.to_owned();
    match error.kind() {
        std::io::ErrorKind::NotFound => StorageError::NotFound { file },
        _ => StorageError::Io {
            file,
            why: error.to_string(),
        },
    }
}

impl Disk for Folder {
    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let mut read = || -> std::io::Result<usize> {
            let mut opened = std::fs::File::open(file)?;
            opened.seek(SeekFrom::Start(offset))?;
            let mut filled = 0;
            while filled < into.len() {
                match opened.read(&mut into[filled..])? {
                    0 => break,
                    count => filled += count,
                }
            }
            Ok(filled)
        };
        read().map_err(|error| failed(file, &error))
    }

    fn list(&self) -> Result<Vec<FileInfo>, StorageError> {
        let folder = self.path.to_string_lossy();
        let list = || -> std::io::Result<Vec<FileInfo>> {
            let mut files = Vec::new();
            for entry in std::fs::read_dir(&self.path)? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    files.push(FileInfo {
                        name: entry.path().to_string_lossy().into_owned(),
                        len: entry.metadata()?.len(),
                    });
                }
            }
            files.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(files)
        };
        list().map_err(|error| failed(&folder, &error))
    }

    fn len(&self, file: &str) -> Result<u64, StorageError> {
        let found = std::fs::metadata(file).map_err(|error| failed(file, &error))?;
        Ok(found.len())
    }

    fn create(&mut self, file: &str) -> Result<(), StorageError> {
        Err(self.refuse(file))
    }

    fn append(&mut self, file: &str, _: &[u8]) -> Result<(), StorageError> {
        Err(self.refuse(file))
    }

    fn sync(&mut self, file: &str) -> Result<(), StorageError> {
        Err(self.refuse(file))
    }

    fn truncate(&mut self, file: &str, _: u64) -> Result<(), StorageError> {
        Err(self.refuse(file))
    }

    fn rename(&mut self, from: &str, _: &str) -> Result<(), StorageError> {
        Err(self.refuse(from))
    }

    fn delete(&mut self, file: &str) -> Result<(), StorageError> {
        Err(self.refuse(file))
    }
}
