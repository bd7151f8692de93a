//! Commands that have a node do something at once: caches, compactions, indexes, hints.

use super::Output;
use super::command::{Entry, Tell, check, look};
use super::storage::{asks, done};
use crate::node::{OperatorCall, StorageAnswer, StorageCall};

/// There is nothing of the kind here, so nothing is to be done.
const fn nothing(name: &'static str) -> Entry {
    Entry {
        name,
        most_words: 0,
        ask: look,
        tell: Tell::Nothing,
    }
}

pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        ask: |_| asks(StorageCall::InvalidateKeyCache),
        ..nothing("invalidatekeycache")
    },
    nothing("invalidaterowcache"),
    nothing("invalidatecountercache"),
    // The schema is always what its tables hold.
    nothing("reloadlocalschema"),
    nothing("refreshsizeestimates"),
    Entry {
        most_words: 1,
        ask: |given| {
            const TYPES: &str = "ANTICOMPACTION CLEANUP COMPACTION GARBAGE_COLLECT INDEX_BUILD MAJOR_COMPACTION RELOCATE SCRUB \
                                 TOMBSTONE_COMPACTION UPGRADE_SSTABLES VALIDATION VERIFY VIEW_BUILD";
            let word = given.word(0).unwrap_or("COMPACTION");
            let message = format!("compaction_type: can not convert \"{word}\" to a OperationType");
            check(TYPES.split(' ').any(|it| it == word), &message)?;
            asks(StorageCall::StopCompaction)
        },
        ..nothing("stop")
    },
    Entry {
        most_words: usize::MAX,
        ask: |given| {
            let [keyspace, table, names @ ..] = &given.words[..] else {
                check(false, "rebuild_index requires ks, cf and idx args")?;
                return look(given);
            };
            check(!names.is_empty(), "rebuild_index requires ks, cf and idx args")?;
            asks(StorageCall::RebuildIndexes {
                keyspace: keyspace.clone(),
                table: table.clone(),
                names: names.to_vec(),
            })
        },
        tell: Tell::Storage(|given, answer| match answer {
            StorageAnswer::NoTable(keyspace, table) => {
                Output::bad_use(&format!("Unknown keyspace/cf pair ({keyspace}.{table})"))
            }
            other => done(given, other),
        }),
        ..nothing("rebuild_index")
    },
    Entry {
        ask: |_| Ok(OperatorCall::PauseHandoff(true)),
        ..nothing("pausehandoff")
    },
    Entry {
        ask: |_| Ok(OperatorCall::PauseHandoff(false)),
        ..nothing("resumehandoff")
    },
];
