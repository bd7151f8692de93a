//! A SELECT being carried out: which reads to make next, and what has come of those before.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::expression::RowValues;
use super::filter::{check_top_k, filter};
use super::keys::{combinations, partition_key, slices_of};
use super::paging::PagingState;
use super::restrictions::{Bounds, TokenRestriction};
use super::row_view::RowView;
use super::select::{Partitions, SelectPlan};
use super::selection::Group;
use super::term::TypedTerm;
use super::{BoundValue, Evaluation, UuidKind};
use crate::base::{Arrange, SortedSet, UnixMicros};
use crate::cql::{QueryError, QueryResult, Rows};
use crate::data::composite::split_key;
use crate::data::{
    Clustering, ColumnSelection, DecoratedKey, EpochSeconds, Partition, PartitionBound, PartitionRange,
    PartitionSelection, ReadCommand, ReadLimits, RowFilter, Slice, Token, floats,
};
use crate::schema::{ColumnKind, ColumnMetadata};

/// Rows an aggregate reads at a time.
const AGGREGATION_PAGE: u32 = 10_000;

/// What to do next.
#[derive(Clone, Debug)]
pub enum SelectStep {
    /// Carry these out, all at once if you like, and supply what they find.
    Read(Vec<ReadCommand>),
    Done(QueryResult),
}

/// A SELECT under way.
#[derive(Clone, Debug)]
pub struct SelectRun {
    plan: Arc<SelectPlan>,
    /// What came for the markers.
    values: Arc<[BoundValue]>,
    moment: UnixMicros,
    now: EpochSeconds,
    slices: Vec<Slice>,
    filter: RowFilter,
    /// Partitions still to be read one by one.
    keys: VecDeque<DecoratedKey>,
    /// The range still to be read.
    range: Option<PartitionRange>,
    /// A partition that the page before ended in: its rows after this one come first.
    resumed: Option<(DecoratedKey, Option<Clustering>, u32)>,
    /// Rows the statement may still give.
    remaining: u32,
    per_partition: u32,
    /// Rows this page may still take.
    page_left: u32,
    asked: Vec<Asked>,
    rows: Vec<Vec<Option<Bytes>>>,
    /// What the statement's LIMIT is, and for each row what it is sorted by, when it sorts.
    limit: u32,
    sort_keys: Vec<Vec<Option<Bytes>>>,
    /// For each row how near it is, when that is what they are wanted by.
    scores: Vec<f32>,
    warnings: Vec<String>,
    /// The group that the next row may belong to.
    group: Option<Group>,
    /// Groups the statement may still begin, of this partition and of all.
    groups_left: u32,
    groups_left_in_partition: u32,
    groups_a_partition: u32,
    last: Option<(DecoratedKey, Option<Clustering>, u32)>,
}

/// What one command asked for.
#[derive(Clone, Debug)]
struct Asked {
    limit: u32,
    /// What follows when it found as much as it was limited to: the range it went through.
    range: Option<PartitionRange>,
    /// Only the rest of a partition that rows were taken from before: its static row has been shown beside them.
    is_rest: bool,
}

impl SelectRun {
    pub(super) fn new(
        plan: &Arc<SelectPlan>,
        at: &mut Evaluation<'_>,
        page_size: Option<u32>,
        paging_state: Option<&Bytes>,
    ) -> Result<SelectRun, QueryError> {
        let resumed = match paging_state {
            None => None,
            Some(bytes) => Some(PagingState::decode(bytes, &plan.table)?),
        };
        let limit = evaluate_limit(plan.limit.as_ref(), "LIMIT", at)?;
        let per_partition = evaluate_limit(plan.per_partition_limit.as_ref(), "LIMIT", at)?;
        let is_grouped = plan.projection.is_grouped();
        let sorts = !plan.sort_by.is_empty() || plan.nearest.is_some();
        let warnings = check_top_k(plan, limit, page_size)?;
        // Keys first, then rows, then conditions: where there are none of the one, the next is not looked at.
        let mut keys = match &plan.partitions {
            Partitions::Keys(choices) => combinations(choices, &plan.table.partition_key, at)?,
            Partitions::Range(_) => Vec::new(),
        };
        let is_range = matches!(plan.partitions, Partitions::Range(_));
        let slices = match is_range || !keys.is_empty() {
            true => slices_of(&plan.table, &plan.rows.prefix, plan.rows.bounds.as_ref(), at)?,
            false => Vec::new(),
        };
        let (is_empty, mut filtered) = (slices.is_empty(), RowFilter::default());
        match is_empty {
            true => keys.clear(),
            false => filtered = filter(plan, limit, at)?,
        }
        let mut run = SelectRun {
            moment: at.now,
            now: at.now.into(),
            slices,
            filter: filtered,
            keys: VecDeque::new(),
            range: None,
            resumed: None,
            remaining: if is_grouped || sorts { u32::MAX } else { limit },
            limit,
            sort_keys: Vec::new(),
            scores: Vec::new(),
            warnings,
            per_partition: if is_grouped { u32::MAX } else { per_partition },
            page_left: match page_size {
                Some(size) if !is_grouped && !sorts => size.max(1),
                _ => u32::MAX,
            },
            asked: Vec::new(),
            rows: Vec::new(),
            group: None,
            groups_left: limit,
            groups_left_in_partition: per_partition,
            groups_a_partition: per_partition,
            last: None,
            plan: plan.clone(),
            values: at.values.into(),
        };
        match &plan.partitions {
            Partitions::Keys(_) => {
                let keys = keys.into_iter().map(|values| Ok((partition_key(&values)?, values)));
                let mut keys = keys.collect::<Result<Vec<_>, QueryError>>()?;
                // Several keys come in the order of their values, each once.
                keys.arrange_by(|(_, a), (_, b)| compare_values(&plan.table.partition_key, a, b));
                keys.dedup_by(|(a, _), (b, _)| a == b);
                let within = match &plan.token {
                    None => Some(PartitionRange::full()),
                    token => range(token.as_ref(), at)?,
                };
                let is_within = |key: &DecoratedKey| within.as_ref().is_some_and(|range| range.contains(key));
                run.keys = keys.into_iter().map(|(key, _)| key).filter(is_within).collect();
            }
            Partitions::Range(_) if is_empty => {}
            Partitions::Range(token) => run.range = range(token.as_ref(), at)?,
        }
        if !plan.sort_by.is_empty() && page_size.is_some() && (is_grouped || !run.keys.is_empty()) {
            return Err(QueryError::invalid(
                "Cannot page queries with both ORDER BY and a IN restriction on the partition key; you must either remove \
                 the ORDER BY or the IN and sort client side, or disable paging for this query",
            ));
        }
        if let Some(state) = resumed {
            run.resume(state);
        }
        Ok(run)
    }

    fn resume(&mut self, state: PagingState) {
        self.remaining = state.remaining;
        if let Some(at) = self.keys.iter().position(|key| *key == state.key) {
            self.keys.drain(..=at);
        }
        if let Some(range) = &mut self.range {
            range.start = PartitionBound::AfterKey(state.key.clone());
        }
        if state.remaining_in_partition > 0 && !self.plan.distinct {
            self.resumed = Some((state.key, state.clustering, state.remaining_in_partition));
        }
    }

    /// What the client is to be told beside the result.
    pub fn take_warnings(&mut self) -> Vec<String> {
        core::mem::take(&mut self.warnings)
    }

    /// What is to be done now. After `Read`, `supply` comes before the next call.
    pub fn step(&mut self) -> Result<SelectStep, QueryError> {
        let enough = self.remaining == 0 || self.page_left == 0;
        if enough || (self.keys.is_empty() && self.range.is_none() && self.resumed.is_none()) {
            return self.finish(enough).map(SelectStep::Done);
        }
        let limit = self.remaining.min(self.page_left);
        self.asked.clear();
        if let Some((key, after, left)) = self.resumed.take() {
            let mut command = self.command(PartitionSelection::One(key), limit.min(left));
            let is_rest = after.is_some();
            if let Some(after) = after {
                command.slices = rest_after(&command.slices, &after, self.plan.reversed, &self.plan);
            }
            self.asked.push(Asked {
                limit,
                range: None,
                is_rest,
            });
            return Ok(SelectStep::Read(vec![command]));
        }
        if !self.keys.is_empty() {
            // With pages, a partition at a time: the next ones may not be wanted.
            let count = if self.page_left == u32::MAX { self.keys.len() } else { 1 };
            let keys: Vec<DecoratedKey> = self.keys.drain(..count).collect();
            let commands = keys
                .into_iter()
                .map(|key| self.command(PartitionSelection::One(key), limit));
            let commands: Vec<ReadCommand> = commands.collect();
            let asked = Asked {
                limit,
                range: None,
                is_rest: false,
            };
            self.asked = vec![asked; commands.len()];
            return Ok(SelectStep::Read(commands));
        }
        let Some(range) = self.range.take() else {
            return self.finish(enough).map(SelectStep::Done);
        };
        let limit = if self.plan.projection.is_grouped() {
            limit.min(AGGREGATION_PAGE)
        } else {
            limit
        };
        let command = self.command(PartitionSelection::Range(range.clone()), limit);
        self.asked.push(Asked {
            limit,
            range: Some(range),
            is_rest: false,
        });
        Ok(SelectStep::Read(vec![command]))
    }

    /// Takes what the reads found, in the order of the commands.
    pub fn supply(&mut self, answers: Vec<Vec<Partition>>) -> Result<(), QueryError> {
        debug_assert_eq!(answers.len(), self.asked.len(), "an answer a command");
        for (partitions, asked) in answers.into_iter().zip(core::mem::take(&mut self.asked)) {
            let mut taken = 0;
            for partition in &partitions {
                taken += self.take_partition(partition, asked.is_rest)?;
            }
            // Fewer than the limit: the range is through. Else it goes on after the last row.
            if let (Some(mut range), true) = (asked.range, taken >= asked.limit)
                && let Some((key, clustering, left)) = self.last.clone()
            {
                range.start = PartitionBound::AfterKey(key.clone());
                self.range = Some(range);
                if left > 0 && !self.plan.distinct && !self.plan.table.clustering.is_empty() {
                    self.resumed = Some((key, clustering, left));
                }
            }
        }
        Ok(())
    }

    /// Answers how many rows it had.
    fn take_partition(&mut self, partition: &Partition, is_rest: bool) -> Result<u32, QueryError> {
        let table = self.plan.table.clone();
        let key = split_key(&partition.key.key.0, table.partition_key.len())
            .ok_or_else(|| QueryError::Server("a partition key that does not split into its columns".into()))?;
        let view = |clustering, row| RowView {
            table: &table,
            key: &key,
            clustering,
            static_row: partition.static_row(),
            row,
            now: self.now,
        };
        let (now, mut left) = (self.now, self.per_partition);
        let live = partition.rows().filter(|(_, row)| row.is_live(now));
        let mut rows: Vec<(Option<&Clustering>, RowView<'_>)> = live
            .map(|(clustering, row)| (Some(clustering), view(Some(clustering), Some(row))))
            .collect();
        if self.plan.reversed {
            rows.reverse();
        }
        if rows.is_empty() && !is_rest && partition.static_row().is_live(now) && self.plan.shows_static_alone() {
            rows.push((None, view(None, None)));
        }
        if self.plan.distinct {
            rows.truncate(1);
        }
        let is_grouped = self.plan.projection.is_grouped();
        if self.last.as_ref().is_none_or(|(key, _, _)| *key != partition.key) {
            self.groups_left_in_partition = self.groups_a_partition;
        }
        let mut taken = 0;
        for (clustering, row) in rows {
            if self.remaining == 0 || self.page_left == 0 || left == 0 {
                break;
            }
            taken += 1;
            left -= 1;
            if !is_grouped {
                self.remaining -= 1;
            }
            if self.page_left != u32::MAX {
                self.page_left -= 1;
            }
            let mut no_uuids = |_: UuidKind| uuid::Uuid::nil();
            let values = self.values.clone();
            let mut at = Evaluation {
                now: self.moment,
                uuids: &mut no_uuids,
                values: &values,
            };
            if !self.plan.sort_by.is_empty() && !is_grouped {
                let key = self.plan.sort_by.iter().map(|(column, _)| row.value(&column.name));
                self.sort_keys.push(key.collect());
            }
            if let (Some(nearest), Some(to)) = (&self.filter.nearest, &self.plan.nearest) {
                let vector = row.value(&to.column.name);
                let score = vector.map(|it| nearest.similarity.of(&floats(&it), &floats(&nearest.vector)));
                self.scores.push(score.unwrap_or(f32::NEG_INFINITY));
            }
            match is_grouped {
                true => self.group(&row, &mut at)?,
                false => self.rows.push(self.plan.projection.project(&row, &mut at)?),
            }
            // Where the static row stands alone there are no rows to come.
            let left = if clustering.is_some() { left } else { 0 };
            self.last = Some((partition.key.clone(), clustering.cloned(), left));
        }
        Ok(taken)
    }

    /// Adds a row to its group, which the rows before may have begun.
    fn group(&mut self, row: &RowView<'_>, at: &mut Evaluation<'_>) -> Result<(), QueryError> {
        let projection = &self.plan.projection;
        let key = projection.key(row, at)?;
        if let Some(group) = &mut self.group
            && group.has_key(&key)
        {
            return projection.add(group, row, at);
        }
        if let Some(group) = self.group.take() {
            self.rows.push(projection.close(group, at)?);
        }
        if self.groups_left == 0 {
            self.remaining = 0;
        } else if self.groups_left_in_partition > 0 {
            self.groups_left -= 1;
            self.groups_left_in_partition -= 1;
            self.group = Some(projection.open(key, row, at)?);
        }
        Ok(())
    }

    fn finish(&mut self, enough: bool) -> Result<QueryResult, QueryError> {
        let mut rows = core::mem::take(&mut self.rows);
        if !self.sort_keys.is_empty() {
            rows = self.sorted(rows);
        }
        if self.plan.nearest.is_some() {
            rows = self.nearest_first(rows);
        }
        let projection = &self.plan.projection;
        // Without GROUP BY all rows are one group, even if there are none.
        let is_one_group = projection.is_grouped() && !projection.has_group_by();
        let last = self
            .group
            .take()
            .or_else(|| (is_one_group && rows.is_empty()).then(|| projection.empty_group()));
        if let Some(group) = last {
            let mut no_uuids = |_: UuidKind| uuid::Uuid::nil();
            let values = self.values.clone();
            let mut at = Evaluation {
                now: self.moment,
                uuids: &mut no_uuids,
                values: &values,
            };
            rows.push(projection.close(group, &mut at)?);
        }
        let more = enough && self.remaining > 0;
        let paging_state = self.last.take().filter(|_| more).map(|(key, clustering, left)| {
            let state = PagingState {
                key,
                clustering,
                remaining: self.remaining,
                remaining_in_partition: left,
            };
            state.encode()
        });
        Ok(QueryResult::Rows(Rows {
            columns: self.plan.projection.columns.clone(),
            rows,
            paging_state,
        }))
    }

    fn nearest_first(&mut self, rows: Vec<Vec<Option<Bytes>>>) -> Vec<Vec<Option<Bytes>>> {
        let mut scored: Vec<_> = core::mem::take(&mut self.scores).into_iter().zip(rows).collect();
        // Rows that are equally near stay in the order of their keys.
        scored.arrange_by(|(a, _), (b, _)| b.total_cmp(a));
        scored.truncate(self.limit as usize);
        scored.into_iter().map(|(_, row)| row).collect()
    }

    fn sorted(&mut self, rows: Vec<Vec<Option<Bytes>>>) -> Vec<Vec<Option<Bytes>>> {
        let mut keyed: Vec<_> = core::mem::take(&mut self.sort_keys).into_iter().zip(rows).collect();
        keyed.arrange_by(|(a, _), (b, _)| {
            for ((column, descending), (a, b)) in self.plan.sort_by.iter().zip(a.iter().zip(b)) {
                let order = match (a, b) {
                    (Some(a), Some(b)) => column.ty.compare(a, b),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                };
                if order.is_ne() {
                    return if *descending { order.reverse() } else { order };
                }
            }
            core::cmp::Ordering::Equal
        });
        keyed.truncate(self.limit as usize);
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    fn command(&self, partitions: PartitionSelection, limit: u32) -> ReadCommand {
        let columns = self.plan.projection.columns().cloned();
        let filtered = self
            .plan
            .conditions
            .iter()
            .map(|condition| condition.column.name.clone());
        let columns = columns.chain(self.plan.sort_by.iter().map(|(column, _)| column.name.clone()));
        let columns = columns.chain(self.plan.nearest.iter().map(|it| it.column.name.clone()));
        let distinct = self.plan.distinct;
        let mut filter = self.filter.clone();
        // A partition whose key is known is read itself.
        if matches!(partitions, PartitionSelection::One(_)) {
            filter.search = None;
        }
        ReadCommand {
            table: self.plan.table.id,
            partitions,
            slices: self.slices.clone(),
            reversed: self.plan.reversed,
            columns: ColumnSelection::Only(columns.chain(filtered).collect::<SortedSet<_>>()),
            filter,
            limits: ReadLimits {
                rows: if distinct { u32::MAX } else { limit },
                rows_per_partition: if distinct { 1 } else { self.per_partition },
                partitions: if distinct { limit } else { u32::MAX },
            },
            now: self.now,
        }
    }
}

impl SelectPlan {
    /// A partition with static columns and no row is shown as a row, unless the statement is about some of its rows.
    fn shows_static_alone(&self) -> bool {
        let about_rows = |column: &ColumnMetadata| matches!(column.kind, ColumnKind::Clustering | ColumnKind::Regular);
        self.rows.prefix.is_empty()
            && self.rows.bounds.is_none()
            && !self.conditions.iter().any(|condition| about_rows(&condition.column))
    }
}

fn compare_values(columns: &[ColumnMetadata], a: &[Bytes], b: &[Bytes]) -> core::cmp::Ordering {
    let pairs = columns.iter().zip(a.iter().zip(b));
    pairs
        .map(|(column, (a, b))| column.ty.compare(a, b))
        .find(|it| it.is_ne())
        .unwrap_or(core::cmp::Ordering::Equal)
}

fn evaluate_limit(term: Option<&TypedTerm>, name: &str, at: &mut Evaluation<'_>) -> Result<u32, QueryError> {
    let Some(term) = term.filter(|term| !term.is_unset(at)) else {
        return Ok(u32::MAX);
    };
    let value = term
        .evaluate(at)?
        .ok_or_else(|| QueryError::invalid(format!("Invalid null value of {}", name.to_lowercase())))?;
    let bytes = <[u8; 4]>::try_from(&*value).map_err(|_| QueryError::invalid(format!("Invalid {name} value")))?;
    match i32::from_be_bytes(bytes) {
        number if number <= 0 => Err(QueryError::invalid(format!("{name} must be strictly positive"))),
        number => Ok(number as u32),
    }
}

/// What of the slices lies beyond a row in the direction of reading.
fn rest_after(slices: &[Slice], row: &Clustering, reversed: bool, plan: &SelectPlan) -> Vec<Slice> {
    let values = || row.values().iter().cloned();
    let comparator = &plan.table.comparator;
    let rest = match reversed {
        false => Slice {
            start: comparator.after(values()),
            ..Slice::all()
        },
        true => Slice {
            end: comparator.before(values()),
            ..Slice::all()
        },
    };
    slices.iter().filter_map(|slice| slice.intersection(&rest)).collect()
}

/// The partitions of a token restriction; `None` when there can be none.
fn range(token: Option<&TokenRestriction>, at: &mut Evaluation<'_>) -> Result<Option<PartitionRange>, QueryError> {
    let mut evaluate = |term: &TypedTerm| -> Result<Token, QueryError> {
        let value = term
            .evaluate(at)?
            .ok_or_else(|| QueryError::invalid("Invalid null token value"))?;
        let bytes = <[u8; 8]>::try_from(&*value).map_err(|_| QueryError::invalid("Invalid token value"))?;
        Ok(Token(i64::from_be_bytes(bytes)))
    };
    let mut range = PartitionRange::full();
    match token {
        None => {}
        Some(TokenRestriction::Equal(term)) => {
            let token = evaluate(term)?;
            range.start = PartitionBound::BeforeToken(token);
            // As below: the smallest token is the ring's end, too.
            if token != Token::MIN {
                range.end = PartitionBound::AfterToken(token);
            }
        }
        Some(TokenRestriction::Slice(Bounds { lower, upper, .. })) => {
            if let Some(([term], inclusive)) = lower.as_ref().map(|(terms, it)| (terms.as_slice(), it)) {
                let token = evaluate(term)?;
                range.start = if *inclusive {
                    PartitionBound::BeforeToken(token)
                } else {
                    PartitionBound::AfterToken(token)
                };
            }
            if let Some(([term], inclusive)) = upper.as_ref().map(|(terms, it)| (terms.as_slice(), it)) {
                let token = evaluate(term)?;
                // The ring's smallest token, given as an upper bound, is its end.
                if token != Token::MIN {
                    range.end = if *inclusive {
                        PartitionBound::AfterToken(token)
                    } else {
                        PartitionBound::BeforeToken(token)
                    };
                }
            }
        }
    }
    let place = |bound: &PartitionBound| (bound.token(), matches!(bound, PartitionBound::AfterToken(_)));
    Ok((place(&range.start) < place(&range.end)).then_some(range))
}
