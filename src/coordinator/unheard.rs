//! What replicas have not told when a read went by an index. Cassandra's `ReplicaFilteringProtection`.
//!
//! A replica tells of the rows that its own index finds. One that is silent about a row that another found may have a newer
//! version of it with which the row is no longer what was asked for, so it is asked for the row by its key. Whatever the merged
//! rows are that the index should find, at least one replica finds each: the one whose value wins.

use std::collections::BTreeMap;

use crate::base::{SortedMap, SortedSet};
use crate::data::{Clustering, DecoratedKey, Partition, PartitionSelection, ReadCommand, ReadLimits, RowFilter, Slice};
use crate::schema::TableMetadata;

/// The rows that one replica was asked for by their keys.
#[derive(Debug, Default)]
pub(super) struct Heard(SortedMap<DecoratedKey, Vec<Slice>>);

impl Heard {
    pub fn note(&mut self, asked: &ReadCommand) {
        if let PartitionSelection::One(key) = &asked.partitions {
            let slices = self.0.entry(key.clone()).or_default();
            slices.extend(asked.slices.iter().cloned());
        }
    }

    fn has_asked(&self, key: &DecoratedKey) -> bool {
        self.0.contains_key(key)
    }

    fn has(&self, key: &DecoratedKey, row: &Clustering) -> bool {
        let slices = self.0.get(key);
        slices.is_some_and(|slices| slices.iter().any(|slice| slice.contains(row)))
    }
}

/// The rows that any replica's index found.
pub(super) struct Unheard<'a> {
    command: &'a ReadCommand,
    table: &'a TableMetadata,
    found: SortedMap<&'a DecoratedKey, SortedSet<&'a Clustering>>,
}

impl<'a> Unheard<'a> {
    pub fn new(command: &'a ReadCommand, table: &'a TableMetadata) -> Unheard<'a> {
        Unheard {
            command,
            table,
            found: SortedMap::new(),
        }
    }

    /// Takes note of what one replica has of a partition.
    pub fn found(&mut self, partition: &'a Partition) {
        let (filter, now) = (&self.command.filter, self.command.now);
        let columns = self.table.partition_key.len();
        let is_found = |row| filter.finds(&partition.key.key, columns, partition.static_row(), row, now);
        if filter.searches_partitions() {
            if is_found(None) {
                self.found.entry(&partition.key).or_default();
            }
            return;
        }
        let rows: SortedSet<&Clustering> = partition
            .rows()
            .filter(|(clustering, row)| is_found(Some((clustering, row))))
            .map(|(clustering, _)| clustering)
            .collect();
        if !rows.is_empty() {
            self.found.entry(&partition.key).or_default().extend(rows);
        }
    }

    /// What to ask a replica for, of which these partitions are known. It may have more partitions than `reaches` says and, of a
    /// partition, rows after its cut: those are asked for as a short read is.
    pub fn questions(
        &self,
        partitions: &BTreeMap<DecoratedKey, Partition>,
        heard: &Heard,
        reaches: &dyn Fn(&DecoratedKey) -> bool,
        cut: &dyn Fn(&DecoratedKey) -> Option<&'a Clustering>,
    ) -> Vec<ReadCommand> {
        let within = self.found.iter().filter(|(key, _)| reaches(key));
        let questions = within.filter_map(|(key, rows)| {
            let slices = match self.command.filter.searches_partitions() {
                true if partitions.contains_key(*key) || heard.has_asked(key) => return None,
                true => self.command.slices.clone(),
                false => {
                    let (theirs, cut) = (partitions.get(*key), cut(key));
                    let is_known = |row: &Clustering| {
                        theirs.is_some_and(|it| it.row(row).is_some())
                            || heard.has(key, row)
                            || cut.is_some_and(|cut| row > cut)
                    };
                    let comparator = &self.table.comparator;
                    let slice = |row: &&Clustering| Slice {
                        start: comparator.before_row(row),
                        end: comparator.after_row(row),
                    };
                    rows.iter().filter(|row| !is_known(row)).map(slice).collect()
                }
            };
            (!slices.is_empty()).then(|| self.question(key, slices))
        });
        questions.collect()
    }

    fn question(&self, key: &DecoratedKey, slices: Vec<Slice>) -> ReadCommand {
        let filter = &self.command.filter;
        let by_partition = filter.searches_partitions();
        ReadCommand {
            partitions: PartitionSelection::One(key.clone()),
            slices,
            filter: RowFilter {
                search: None,
                ..filter.clone()
            },
            limits: match by_partition {
                true => self.command.limits,
                false => ReadLimits::NONE,
            },
            ..self.command.clone()
        }
    }
}
