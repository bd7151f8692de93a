//! What is kept in the browser: the hub's file, and the disks of nodes.

use crate::base::Endpoint;
use crate::playground::Keep;
use crate::playground::remote::{Found, KeptFile};
use crate::storage::disk::packed::{Files, PackedDisk};
use crate::storage::{StorageError, disk};
use crate::web::opfs::{OpenError, OpfsFile};

/// Whoever has the hub's file has the cluster. A tab that was just left lets go of it within a few milliseconds.
const HUB_PATIENCE_MS: u32 = 500;
/// Whoever has the hub's file gets the others: the workers that had them are going.
const NODE_PATIENCE_MS: u32 = 5_000;

/// Opens the hub's file: where it can write from now on, and how the run is to begin. `tag` is for one that begins anew.
pub async fn find(tag: u64) -> (Option<KeptFile>, Keep) {
    let opened = match OpfsFile::open("hub", HUB_PATIENCE_MS).await {
        Ok(file) => KeptFile::open(Box::new(file)),
        Err(OpenError::Locked) => return (None, Keep::No(Some(ANOTHER_TAB.into()))),
        Err(OpenError::Refused(why)) => return (None, no_disk(&why)),
    };
    match opened {
        Ok((file, Found::Nothing)) => (Some(file), Keep::Fresh(tag)),
        Ok((file, Found::Kept(kept))) => (Some(file), Keep::On(kept)),
        Ok((file, Found::Other)) => (Some(file), Keep::Unread(tag)),
        Err(error) => (None, no_disk(&error.to_string())),
    }
}

const ANOTHER_TAB: &str = "Another tab of this page has the cluster that this browser keeps: here is one of its own, in memory, gone \
    when the tab is closed.";

fn no_disk(why: &str) -> Keep {
    Keep::No(Some(format!(
        "This browser keeps nothing here ({why}): the cluster is in memory, gone when the tab is closed."
    )))
}

/// A node's disk; when it cannot be opened, one that says why to whoever starts on it.
pub async fn open_disk(node: Endpoint, tag: u64) -> PackedDisk {
    match try_open(node, tag).await {
        Ok(disk) => disk,
        Err(error) => PackedDisk::unusable(error),
    }
}

async fn try_open(node: Endpoint, tag: u64) -> Result<PackedDisk, StorageError> {
    let mut opened: Vec<Box<dyn disk::packed::BlockFile>> = Vec::new();
    for part in ["data", "journal-1", "journal-2"] {
        let name = format!("{node}.{part}");
        let file = OpfsFile::open(&name, NODE_PATIENCE_MS).await;
        let file = file.map_err(|error| StorageError::Io {
            file: name,
            why: match error {
                OpenError::Locked => "another tab has it".into(),
                OpenError::Refused(why) => why,
            },
        })?;
        opened.push(Box::new(file));
    }
    match <[_; 3]>::try_from(opened) {
        Ok([data, one, other]) => PackedDisk::open(
            Files {
                data,
                journal: [one, other],
            },
            tag,
        ),
        Err(_) => Err(StorageError::NotFound { file: node.to_string() }),
    }
}
