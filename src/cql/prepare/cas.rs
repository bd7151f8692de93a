//! Conditional updates: what is read to decide, how it is decided, what is answered.
//!
//! Source: Cassandra 5.0, `cql3/statements/CQL3CasRequest`, `cql3/conditions`.

use std::sync::Arc;

use bytes::Bytes;

use super::condition::Conditions;
use super::expression::RowValues;
use super::keys::combinations;
use super::modify::{Kind, ModifyPlan, Rows as ModifiedRows, clustering_is_missing};
use super::prefetched::Prefetched;
use super::row_view::RowView;
use super::{Evaluation, PrepareContext};
use crate::base::{Arrange, SortedSet};
use crate::cql::ast::Modification;
use crate::cql::result::ResultColumn;
use crate::cql::{QueryError, QueryResult, Rows};
use crate::data::composite::split_key;
use crate::data::{
    Clustering, ColumnName, ColumnSelection, CqlType, DecoratedKey, EpochSeconds, Mutation, Partition,
    PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice, WriteTimestamp,
};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

/// Modifications of one partition that are applied, all of them, only if all their conditions hold.
#[derive(Clone, Debug)]
pub struct CasPlan {
    statements: Vec<Conditional>,
    /// Its refusal shows which rows it is about.
    is_batch: bool,
}

/// One of them; in a batch some may have no conditions of their own.
#[derive(Clone, Debug)]
struct Conditional {
    modify: ModifyPlan,
    conditions: Option<Conditions>,
}

/// Which row a condition is on: by its clustering, or the static row.
type Place = Option<Clustering>;

/// What was decided.
#[derive(Clone, Debug)]
pub enum CasDecision {
    /// Propose this update.
    Apply(Mutation),
    /// Propose nothing, and answer with this.
    Refuse(Rows),
}

impl PrepareContext<'_> {
    /// The plan of a modification that has conditions; `None` when it has none.
    pub(super) fn cas(&self, statement: &Modification) -> Result<Option<CasPlan>, QueryError> {
        let (modify, conditions) = match statement {
            Modification::Insert(insert) if insert.if_not_exists => (self.insert(insert)?, Conditions::NotExists),
            Modification::InsertJson(insert) if insert.if_not_exists => {
                (self.insert_json(insert)?, Conditions::NotExists)
            }
            Modification::Update(update) => match &update.condition {
                None => return Ok(None),
                Some(condition) => {
                    let table = self.table(&update.table)?;
                    let conditions = self.conditions(condition, update.using.timestamp.is_some(), table)?;
                    (self.update(update)?, conditions)
                }
            },
            Modification::Delete(delete) => match &delete.condition {
                None => return Ok(None),
                Some(condition) => {
                    let table = self.table(&delete.table)?;
                    let conditions = self.conditions(condition, delete.timestamp.is_some(), table)?;
                    (self.delete(delete)?, conditions)
                }
            },
            _ => return Ok(None),
        };
        if modify.table.is_counter() {
            return Err(QueryError::invalid(
                "Conditional updates are not supported on counter tables",
            ));
        }
        if modify.attributes.has_timestamp() {
            return Err(QueryError::invalid(
                "Cannot provide custom timestamp for conditional updates",
            ));
        }
        if let (ModifiedRows::Static, Conditions::Columns(columns)) = (&modify.rows, &conditions)
            && columns.iter().any(|it| it.column.kind == ColumnKind::Regular)
        {
            return Err(clustering_is_missing(&modify.table));
        }
        match &modify.rows {
            ModifiedRows::Range { .. } => Err(QueryError::invalid(
                "DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns",
            )),
            _ => Ok(Some(CasPlan {
                statements: vec![Conditional {
                    modify,
                    conditions: Some(conditions),
                }],
                is_batch: false,
            })),
        }
    }
}

impl CasPlan {
    /// A batch of which at least one statement has conditions.
    pub(super) fn batch(statements: Vec<(ModifyPlan, Option<Conditions>)>) -> CasPlan {
        let statements = statements.into_iter();
        CasPlan {
            statements: statements
                .map(|(modify, conditions)| Conditional { modify, conditions })
                .collect(),
            is_batch: true,
        }
    }

    /// The one statement and its conditions.
    pub(super) fn into_parts(mut self) -> Result<(ModifyPlan, Option<Conditions>), QueryError> {
        let last = self.statements.pop();
        let last = last.ok_or_else(|| QueryError::Server("a conditional update without a statement".into()))?;
        Ok((last.modify, last.conditions))
    }

    pub fn table(&self) -> &Arc<TableMetadata> {
        &self.statements[0].modify.table
    }

    /// What is wrong with its statements whatever they write.
    pub fn validate(&self) -> Result<(), QueryError> {
        self.statements.iter().try_for_each(|it| it.modify.validate())
    }

    pub fn key(&self, at: &mut Evaluation<'_>) -> Result<DecoratedKey, QueryError> {
        let mut first = None;
        for statement in &self.statements {
            let kind = match statement.modify.kind {
                Kind::Delete => "deletions",
                _ => "updates",
            };
            let keys = statement.modify.keys(at)?;
            if statement.modify.partition_keys.has_in() {
                return Err(match self.is_batch {
                    false => QueryError::invalid(format!(
                        "IN on the partition key is not supported with conditional {kind}"
                    )),
                    // Cassandra throws what it takes for a fault of its own.
                    true => QueryError::Server(
                        "java.lang.IllegalArgumentException: Batch with conditions cannot span multiple partitions (you \
                         cannot use IN on the partition key)"
                            .into(),
                    ),
                });
            }
            for key in keys {
                match &first {
                    None => first = Some(key),
                    Some(first) if *first != key => {
                        return Err(QueryError::invalid(
                            "Batch with conditions cannot span multiple partitions",
                        ));
                    }
                    Some(_) => {}
                }
            }
            if let ModifiedRows::Exact(choices) = &statement.modify.rows
                && choices.has_in()
            {
                return Err(QueryError::invalid(format!(
                    "IN on the clustering key columns is not supported with conditional {kind}"
                )));
            }
        }
        first.ok_or_else(|| QueryError::invalid("A conditional update needs a partition key"))
    }

    /// What has to be known to decide.
    pub fn read(&self, at: &mut Evaluation<'_>) -> Result<ReadCommand, QueryError> {
        let places = self.places(at)?;
        let table = self.table();
        let mut rows: Vec<&Clustering> = places.iter().filter_map(|(place, _)| place.as_ref()).collect();
        rows.arrange_by(|a, b| a.order().cmp(b.order()));
        rows.dedup_by(|a, b| a.order() == b.order());
        let row = |clustering: &&Clustering| {
            let values = || clustering.values().iter().cloned();
            Slice {
                start: table.comparator.before(values()),
                end: table.comparator.after(values()),
            }
        };
        // With conditions on the static row alone, the first row of the partition is shown beside it.
        let only_static = rows.is_empty();
        let slices = match only_static || table.clustering.is_empty() {
            true => vec![Slice::all()],
            false => rows.iter().map(row).collect(),
        };
        let columns: SortedSet<ColumnName> = table.columns().map(|column| column.name.clone()).collect();
        Ok(ReadCommand {
            table: table.id,
            partitions: PartitionSelection::One(self.key(at)?),
            slices,
            reversed: false,
            columns: ColumnSelection::Only(columns),
            filter: RowFilter::default(),
            limits: match only_static {
                true => ReadLimits::rows(1),
                false => ReadLimits::NONE,
            },
            now: EpochSeconds::from(at.now),
        })
    }

    /// The conditions, each with the row it is on. Those on one row must go together.
    fn places(&self, at: &mut Evaluation<'_>) -> Result<Vec<(Place, &Conditions)>, QueryError> {
        let mut places: Vec<(Place, &Conditions)> = Vec::new();
        for statement in &self.statements {
            let Some(conditions) = &statement.conditions else {
                continue;
            };
            let place = statement.clustering(at)?;
            for (_, other) in places.iter().filter(|(other, _)| *other == place) {
                go_together(other, conditions)?;
            }
            places.push((place, conditions));
        }
        Ok(places)
    }

    /// Decides on what was read, for a write with the ballot's timestamp.
    pub fn decide(
        &self,
        at: &mut Evaluation<'_>,
        found: Option<&Partition>,
        timestamp: WriteTimestamp,
    ) -> Result<CasDecision, QueryError> {
        let now = EpochSeconds::from(at.now);
        let table = self.table();
        let key = self.key(at)?;
        let key_values = split_key(&key.key.0, table.partition_key.len()).unwrap_or_default();
        let nothing = Row::default();
        let static_row = found.map_or(&nothing, Partition::static_row);
        let live_rows = || {
            let rows = found.into_iter().flat_map(Partition::rows);
            rows.filter(|(_, row)| row.is_live(now))
        };
        let view = |clustering, row| RowView {
            table,
            key: &key_values,
            clustering,
            static_row,
            row,
            now,
        };
        let mut holds = true;
        let places = self.places(at)?;
        for (place, conditions) in &places {
            let row = match place {
                Some(clustering) => live_rows().find(|(it, _)| *it == clustering).map(|(_, row)| row),
                None => None,
            };
            let exists = match place {
                Some(_) => row.is_some(),
                None => static_row.is_live(now),
            };
            holds &= match conditions {
                Conditions::NotExists => !exists,
                Conditions::Exists => exists,
                Conditions::Columns(conditions) => {
                    let view = view(place.as_ref(), row);
                    let mut all = true;
                    for condition in conditions {
                        all &= condition.holds(&view, at)?;
                    }
                    all
                }
            };
        }
        if holds {
            return self.update(at, found, timestamp).map(CasDecision::Apply);
        }
        let mut shown: Vec<RowView<'_>> = live_rows()
            .map(|(clustering, row)| view(Some(clustering), Some(row)))
            .collect();
        let mut statics = table.statics.values().filter(|it| self.reads(it));
        let has_static = |it: &ColumnMetadata| static_row.column(&it.name).is_some_and(|data| data.is_live(now));
        if shown.is_empty() && statics.any(has_static) {
            shown.push(view(None, None));
        }
        Ok(CasDecision::Refuse(self.refusal(&shown)))
    }

    fn update(
        &self,
        at: &mut Evaluation<'_>,
        found: Option<&Partition>,
        timestamp: WriteTimestamp,
    ) -> Result<Mutation, QueryError> {
        let mut prefetched = Prefetched::default();
        if let Some(found) = found {
            for statement in &self.statements {
                prefetched.add(statement.modify.table.id, found.clone());
            }
        }
        let mut all: Option<Mutation> = None;
        for statement in &self.statements {
            for mutation in statement.modify.mutations(at, timestamp, &prefetched)? {
                match &mut all {
                    None => all = Some(mutation),
                    Some(all) => {
                        for (table, update) in mutation.into_updates() {
                            all.add(table, update);
                        }
                    }
                }
            }
        }
        all.ok_or_else(|| QueryError::Server("a conditional update without an update".into()))
    }

    pub fn applied(&self) -> QueryResult {
        QueryResult::Rows(Rows {
            columns: vec![self.applied_column()],
            rows: vec![vec![boolean(true)]],
            paging_state: None,
        })
    }

    /// `[applied] False` and the values that stood in the way, if there are any.
    fn refusal(&self, found: &[RowView<'_>]) -> Rows {
        let table = self.table();
        let shown = if found.is_empty() { Vec::new() } else { self.shown() };
        let result_column = |column: &&ColumnMetadata| ResultColumn {
            keyspace: table.keyspace.clone(),
            table: table.name.to_string(),
            name: column.name.clone(),
            ty: column.ty.clone(),
        };
        let columns = core::iter::once(self.applied_column()).chain(shown.iter().map(result_column));
        let row = |view: &RowView<'_>| {
            let values = shown.iter().map(|column| match self.reads(column) {
                true => view.value(&column.name),
                false => None,
            });
            core::iter::once(boolean(false)).chain(values).collect()
        };
        let rows = match found {
            [] => vec![vec![boolean(false)]],
            found => found.iter().map(row).collect(),
        };
        Rows {
            columns: columns.collect(),
            rows,
            paging_state: None,
        }
    }

    /// Whether a refusal knows the column's value: those of a kind that is written to, or that has a condition.
    /// `CQL3CasRequest.columnsToRead`.
    fn reads(&self, column: &ColumnMetadata) -> bool {
        let mut modified = self.statements.iter();
        let has_condition = |it: &Conditional| match &it.conditions {
            Some(Conditions::Columns(conditions)) => conditions.iter().any(|it| it.column.name == column.name),
            _ => false,
        };
        match column.kind {
            ColumnKind::PartitionKey | ColumnKind::Clustering => true,
            ColumnKind::Regular => {
                modified.any(|it| !matches!(it.modify.rows, ModifiedRows::Static) || has_condition(it))
            }
            ColumnKind::Static => modified.any(|it| {
                let writes = it
                    .modify
                    .operations
                    .iter()
                    .any(|it| it.column.kind == ColumnKind::Static);
                (writes && it.conditions.is_some()) || has_condition(it)
            }),
        }
    }

    /// The columns that a refusal shows: those that conditions are on, or all if any is on a row's existence.
    fn shown(&self) -> Vec<&ColumnMetadata> {
        let table = self.table();
        let mut shown: Vec<&ColumnMetadata> = match self.is_batch {
            true => table.partition_key.iter().chain(&table.clustering).collect(),
            false => Vec::new(),
        };
        for conditions in self.statements.iter().filter_map(|it| it.conditions.as_ref()) {
            let Conditions::Columns(conditions) = conditions else {
                return table.columns().collect();
            };
            let mut named: Vec<&ColumnMetadata> = conditions.iter().map(|condition| &condition.column).collect();
            // Regular columns come before static ones.
            named.arrange_by_key(|column| column.kind == ColumnKind::Static);
            for column in named {
                if shown.iter().all(|it| it.name != column.name) {
                    shown.push(column);
                }
            }
        }
        shown
    }

    fn applied_column(&self) -> ResultColumn {
        ResultColumn {
            keyspace: self.table().keyspace.clone(),
            table: self.table().name.to_string(),
            name: ColumnName::new("[applied]"),
            ty: CqlType::Boolean,
        }
    }
}

impl Conditional {
    /// The row it is about; `None` for the static row.
    fn clustering(&self, at: &mut Evaluation<'_>) -> Result<Place, QueryError> {
        let ModifiedRows::Exact(choices) = &self.modify.rows else {
            return Ok(None);
        };
        let table = &self.modify.table;
        let values = combinations(choices, &table.clustering, at)?.pop().unwrap_or_default();
        Ok(Some(table.comparator.clustering(values.into_iter().map(Some))))
    }
}

/// Whether two statements of a batch may have these conditions on the same row.
fn go_together(first: &Conditions, second: &Conditions) -> Result<(), QueryError> {
    use Conditions::{Columns, Exists, NotExists};
    let refuse = |text: &str| Err(QueryError::invalid(format!("Cannot mix {text} for the same row")));
    match (first, second) {
        (Exists, Exists) | (NotExists, NotExists) | (Columns(_), Columns(_)) => Ok(()),
        (Exists, NotExists) | (NotExists, Exists) => refuse("IF EXISTS and IF NOT EXISTS conditions"),
        (Columns(_), Exists) => refuse("IF conditions and IF EXISTS"),
        (Columns(_), NotExists) | (_, Columns(_)) => refuse("IF conditions and IF NOT EXISTS"),
    }
}

fn boolean(value: bool) -> Option<Bytes> {
    Some(Bytes::from_static(if value { &[1] } else { &[0] }))
}
