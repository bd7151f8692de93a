//! Merging what replicas answered to one read, up to its limits. Cassandra's `DataResolver` and `ShortReadProtection`.
//!
//! A replica stops at the limits by its own count. When the merged rows are fewer, since others know some of its rows to be
//! deleted or changed, it may hold more rows that count, which it has to be asked for: its read was short.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::difference;
use super::unheard::{Heard, Unheard};
use crate::base::{Endpoint, SortedMap, SortedSet};
use crate::data::{
    Clustering, ClusteringBound, DecoratedKey, LimitCounter, Partition, PartitionBound, PartitionRange,
    PartitionSelection, ReadCommand, ReadLimits, Row, Slice,
};
use crate::schema::TableMetadata;

/// The least that a short read asks for: one row a question would take long.
const SHORT_READ_ROWS: u32 = 16;

/// What one replica answered, and how far that reaches.
#[derive(Debug)]
struct Answer {
    from: Endpoint,
    partitions: BTreeMap<DecoratedKey, Partition>,
    /// The last row it sent of a partition that it may hold more of.
    cuts: SortedMap<DecoratedKey, Clustering>,
    /// The last partition it sent, when it may hold more.
    reaches: Option<DecoratedKey>,
    /// Rows that it was asked for by their keys.
    heard: Heard,
}

#[derive(Debug)]
pub(super) struct Resolver {
    table: Arc<TableMetadata>,
    command: ReadCommand,
    answers: Vec<Answer>,
}

pub(super) enum Resolution {
    /// More has to be read, each from that replica.
    Short(Vec<(Endpoint, ReadCommand)>),
    Whole(Resolved),
}

pub(super) struct Resolved {
    /// What the client sees: live rows that pass the filter, within the limits.
    pub partitions: Vec<Partition>,
    pub counter: LimitCounter,
    /// For each partition, the replicas that lack something, and that.
    pub repairs: Vec<Vec<(Endpoint, Partition)>>,
}

impl Resolver {
    pub fn new(table: Arc<TableMetadata>, command: ReadCommand) -> Resolver {
        Resolver {
            table,
            command,
            answers: Vec::new(),
        }
    }

    /// Takes a replica's answer: to the read itself, or to `asked`, a question of a short read.
    pub fn add(&mut self, from: Endpoint, asked: Option<&ReadCommand>, partitions: Vec<Partition>) {
        let position = match self.answers.iter().position(|it| it.from == from) {
            Some(position) => position,
            None => {
                self.answers.push(Answer {
                    from,
                    partitions: BTreeMap::new(),
                    cuts: SortedMap::new(),
                    reaches: None,
                    heard: Heard::default(),
                });
                self.answers.len() - 1
            }
        };
        let command = asked.unwrap_or(&self.command);
        if command.filter.search.is_none() && self.command.filter.search.is_some() {
            self.answers[position].complete(&self.command, command, partitions);
        } else {
            self.answers[position].add(command, partitions);
        }
    }

    /// `counter` says how much of the limits is used up by what was read before.
    pub fn resolve(&self, mut counter: LimitCounter) -> Resolution {
        let keys: SortedSet<&DecoratedKey> = self.answers.iter().flat_map(|it| it.partitions.keys()).collect();
        let unheard = self.unheard();
        if !unheard.is_empty() {
            return Resolution::Short(unheard);
        }
        let mut visible = Vec::new();
        let mut repairs = Vec::new();
        for key in keys {
            if counter.is_done() {
                break;
            }
            let short = self.partitions_missing(Some(key), &counter);
            if !short.is_empty() {
                return Resolution::Short(short);
            }
            let Some(merged) = self.merge(key) else { continue };
            let cut = self.first_cut(key);
            let before = counter.rows();
            let last = count(&self.command, &merged, cut, &mut counter);
            if let (Some(cut), Counted::All) = (cut, &last) {
                return Resolution::Short(self.rows_missing(key, cut, &counter));
            }
            let lacking = self.lacking(&merged);
            if !lacking.is_empty() {
                repairs.push(lacking);
            }
            if counter.rows() > before || has_static_beside(&self.command, &merged) {
                visible.push(show(&self.command, merged, &last));
            }
        }
        if !counter.is_done() {
            let short = self.partitions_missing(None, &counter);
            if !short.is_empty() {
                return Resolution::Short(short);
            }
        }
        Resolution::Whole(Resolved {
            partitions: visible,
            counter,
            repairs,
        })
    }

    /// What replicas have not told of rows that others found in an index.
    fn unheard(&self) -> Vec<(Endpoint, ReadCommand)> {
        if self.command.filter.search.is_none() || self.answers.len() < 2 {
            return Vec::new();
        }
        let mut unheard = Unheard::new(&self.command, &self.table);
        for answer in &self.answers {
            answer.partitions.values().for_each(|it| unheard.found(it));
        }
        let questions = self.answers.iter().flat_map(|answer| {
            let reaches = |key: &DecoratedKey| answer.reaches.as_ref().is_none_or(|last| key <= last);
            let cut = |key: &DecoratedKey| answer.cuts.get(key);
            let questions = unheard.questions(&answer.partitions, &answer.heard, &reaches, &cut);
            questions.into_iter().map(|command| (answer.from, command))
        });
        questions.collect()
    }

    fn merge(&self, key: &DecoratedKey) -> Option<Partition> {
        let versions = self.answers.iter().filter_map(|it| it.partitions.get(key));
        versions.cloned().reduce(|mut merged, other| {
            merged.merge(other);
            merged
        })
    }

    /// Where, in reading order, the first of the replicas stopped. One that answers alone is never short.
    fn first_cut(&self, key: &DecoratedKey) -> Option<&Clustering> {
        if self.answers.len() < 2 {
            return None;
        }
        let cuts = self.answers.iter().filter_map(|it| it.cuts.get(key));
        if self.command.reversed { cuts.max() } else { cuts.min() }
    }

    /// From whom partitions up to `key` are missing, or any at all.
    fn partitions_missing(&self, key: Option<&DecoratedKey>, counter: &LimitCounter) -> Vec<(Endpoint, ReadCommand)> {
        let PartitionSelection::Range(range) = &self.command.partitions else {
            return Vec::new();
        };
        if self.answers.len() < 2 {
            return Vec::new();
        }
        let question = |answer: &Answer| {
            let reaches = answer.reaches.as_ref()?;
            let is_short = key.is_none_or(|key| reaches < key);
            let rest = PartitionRange {
                start: PartitionBound::AfterKey(reaches.clone()),
                end: range.end.clone(),
            };
            let command = ReadCommand {
                partitions: PartitionSelection::Range(rest),
                limits: ReadLimits {
                    rows: self.short_read_rows(counter),
                    ..self.command.limits
                },
                ..self.command.clone()
            };
            is_short.then_some((answer.from, command))
        };
        self.answers.iter().filter_map(question).collect()
    }

    fn rows_missing(
        &self,
        key: &DecoratedKey,
        cut: &Clustering,
        counter: &LimitCounter,
    ) -> Vec<(Endpoint, ReadCommand)> {
        let rest = self.beyond(cut);
        let command = ReadCommand {
            partitions: PartitionSelection::One(key.clone()),
            slices: self
                .command
                .slices
                .iter()
                .filter_map(|it| it.intersection(&rest))
                .collect(),
            limits: ReadLimits::rows(self.short_read_rows(counter)),
            ..self.command.clone()
        };
        let stopped_there = |answer: &&Answer| answer.cuts.get(key) == Some(cut);
        let short = self.answers.iter().filter(stopped_there);
        short.map(|answer| (answer.from, command.clone())).collect()
    }

    /// Twice what is missing: rows that do not count are likely among them.
    fn short_read_rows(&self, counter: &LimitCounter) -> u32 {
        let limits = &self.command.limits;
        let missing = limits
            .rows
            .saturating_sub(counter.rows())
            .min(limits.rows_per_partition);
        missing.saturating_mul(2).max(SHORT_READ_ROWS)
    }

    /// The rows that are read after this one.
    fn beyond(&self, row: &Clustering) -> Slice {
        if self.command.reversed {
            Slice {
                start: ClusteringBound::start(),
                end: self.table.comparator.before_row(row),
            }
        } else {
            Slice {
                start: self.table.comparator.after_row(row),
                end: ClusteringBound::end(),
            }
        }
    }

    /// Who lacks what of a merged partition.
    fn lacking(&self, merged: &Partition) -> Vec<(Endpoint, Partition)> {
        if self.answers.len() < 2 {
            return Vec::new();
        }
        let lacking = |answer: &Answer| {
            let theirs = answer.partitions.get(&merged.key);
            let known = self.known_slice(answer.cuts.get(&merged.key));
            Some((answer.from, difference::missing(merged, theirs, &known)?))
        };
        self.answers.iter().filter_map(lacking).collect()
    }

    /// The rows that a replica has told of: all, or those up to where it stopped.
    fn known_slice(&self, cut: Option<&Clustering>) -> Slice {
        let Some(cut) = cut else { return Slice::all() };
        if self.command.reversed {
            Slice {
                start: self.table.comparator.before_row(cut),
                end: ClusteringBound::end(),
            }
        } else {
            Slice {
                start: ClusteringBound::start(),
                end: self.table.comparator.after_row(cut),
            }
        }
    }
}

impl Answer {
    /// Adds rows that were asked for because others found them in an index.
    fn complete(&mut self, read: &ReadCommand, asked: &ReadCommand, partitions: Vec<Partition>) {
        self.heard.note(asked);
        // Of rows asked for one by one nothing is left out; of a partition, what is beyond the limits.
        if read.filter.searches_partitions() {
            return self.add(asked, partitions);
        }
        for partition in partitions {
            match self.partitions.get_mut(&partition.key) {
                Some(mine) => mine.merge(partition),
                None => drop(self.partitions.insert(partition.key.clone(), partition)),
            }
        }
    }

    /// Adds partitions read by `command`, and notes where that read stopped, counting as the replica did.
    fn add(&mut self, command: &ReadCommand, partitions: Vec<Partition>) {
        let mut counter = LimitCounter::new(command.limits);
        let is_range = matches!(command.partitions, PartitionSelection::Range(_));
        if let PartitionSelection::One(key) = &command.partitions {
            self.cuts.remove(key);
        }
        if is_range {
            self.reaches = None;
        }
        for partition in partitions {
            let key = partition.key.clone();
            if let Counted::Until(last) = count(command, &partition, None, &mut counter) {
                self.cuts.insert(key.clone(), last);
            }
            if is_range && counter.is_done() {
                self.reaches = Some(key.clone());
            }
            match self.partitions.get_mut(&key) {
                Some(mine) => mine.merge(partition),
                None => drop(self.partitions.insert(key, partition)),
            }
        }
    }
}

/// Where counting a partition's rows came to.
enum Counted {
    /// To the end, or to the row it was told to stop after.
    All,
    /// To this row: no more of the partition are wanted.
    Until(Clustering),
}

/// Counts a partition's rows in reading order, those after `cut` left out.
fn count(
    command: &ReadCommand,
    partition: &Partition,
    cut: Option<&Clustering>,
    counter: &mut LimitCounter,
) -> Counted {
    counter.begin_partition();
    let static_row = partition.static_row();
    let static_passes = command.filter.accepts_static(static_row, command.now);
    let is_beyond = |row: &Clustering| cut.is_some_and(|cut| if command.reversed { row < cut } else { row > cut });
    let mut counted = Counted::All;
    for (clustering, row) in in_reading_order(command, partition) {
        if is_beyond(clustering) {
            break;
        }
        if static_passes && counts(command, clustering, row) {
            counter.count_row();
            if counter.is_partition_done() {
                counted = Counted::Until(clustering.clone());
                break;
            }
        }
    }
    let static_counts = static_passes && static_row.is_live(command.now) && command.counts_static_alone();
    // Rows that still have to be asked for come before a static row that would stand alone.
    if cut.is_none() || matches!(counted, Counted::Until(_)) {
        counter.end_partition(static_counts);
    }
    counted
}

fn counts(command: &ReadCommand, clustering: &Clustering, row: &Row) -> bool {
    row.is_live(command.now)
        && command.filter.accepts_clustering(clustering)
        && command.filter.accepts_row(row, command.now)
}

fn in_reading_order<'a>(
    command: &ReadCommand,
    partition: &'a Partition,
) -> Box<dyn Iterator<Item = (&'a Clustering, &'a Row)> + 'a> {
    if command.reversed {
        Box::new(partition.rows().rev())
    } else {
        Box::new(partition.rows())
    }
}

/// A read of some rows of one partition answers with its static row even when none of them is there: a condition may ask for it.
fn has_static_beside(command: &ReadCommand, partition: &Partition) -> bool {
    let static_row = partition.static_row();
    matches!(command.partitions, PartitionSelection::One(_))
        && static_row.is_live(command.now)
        && command.filter.accepts_static(static_row, command.now)
}

/// Leaves what the client sees of a partition.
fn show(command: &ReadCommand, mut partition: Partition, counted: &Counted) -> Partition {
    let is_beyond = |row: &Clustering| match counted {
        Counted::All => false,
        Counted::Until(last) if command.reversed => row < last,
        Counted::Until(last) => row > last,
    };
    let static_passes = command.filter.accepts_static(partition.static_row(), command.now);
    partition
        .retain_rows(|clustering, row| static_passes && !is_beyond(clustering) && counts(command, clustering, row));
    partition
}

/// What the client sees of one replica's answer that needs no merging.
pub fn take_alone(command: &ReadCommand, partitions: Vec<Partition>) -> Vec<Partition> {
    let mut counter = LimitCounter::new(command.limits);
    let mut visible = Vec::new();
    for partition in partitions {
        if counter.is_done() {
            break;
        }
        let before = counter.rows();
        let counted = count(command, &partition, None, &mut counter);
        if counter.rows() > before || has_static_beside(command, &partition) {
            visible.push(show(command, partition, &counted));
        }
    }
    visible
}
