//! Conditional updates: what is read to decide, how it is decided, what is answered.
//!
//! Source: Cassandra 5.0, `cql3/statements/CQL3CasRequest`, `cql3/conditions`.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::condition::Conditions;
use super::expression::RowValues;
use super::keys::combinations;
use super::modify::{Kind, ModifyPlan, Rows as ModifiedRows, clustering_is_missing};
use super::row_view::RowView;
use super::{Evaluation, PrepareContext};
use crate::cql::ast::Modification;
use crate::cql::result::ResultColumn;
use crate::cql::{QueryError, QueryResult, Rows};
use crate::data::composite::split_key;
use crate::data::{
    Clustering, ColumnName, ColumnSelection, CqlType, DecoratedKey, EpochSeconds, Mutation, Partition,
    PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter, Slice, WriteTimestamp,
};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

/// A modification that is applied only if its conditions hold.
#[derive(Clone, Debug)]
pub struct CasPlan {
    modify: ModifyPlan,
    conditions: Conditions,
}

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
            Modification::Update(update) => match &update.condition {
                None => return Ok(None),
                Some(condition) => {
                    let modify = self.update(update)?;
                    let conditions = self.conditions(condition, &modify.table)?;
                    (modify, conditions)
                }
            },
            Modification::Delete(delete) => match &delete.condition {
                None => return Ok(None),
                Some(condition) => {
                    let modify = self.delete(delete)?;
                    let conditions = self.conditions(condition, &modify.table)?;
                    (modify, conditions)
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
        if modify.partition_keys.has_in() {
            let kind = if modify.kind == Kind::Delete {
                "deletions"
            } else {
                "updates"
            };
            return Err(QueryError::invalid(format!(
                "IN on the partition key is not supported with conditional {kind}"
            )));
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
            ModifiedRows::Exact(choices) if choices.has_in() => Err(QueryError::invalid(
                "IN on the clustering key columns is not supported with conditional updates",
            )),
            _ => Ok(Some(CasPlan { modify, conditions })),
        }
    }
}

impl CasPlan {
    pub fn table(&self) -> &Arc<TableMetadata> {
        &self.modify.table
    }

    pub fn key(&self, at: &mut Evaluation<'_>) -> Result<DecoratedKey, QueryError> {
        let key = self.modify.keys(at)?.pop();
        key.ok_or_else(|| QueryError::invalid("A conditional update needs a partition key"))
    }

    /// What has to be known to decide.
    pub fn read(&self, at: &mut Evaluation<'_>) -> Result<ReadCommand, QueryError> {
        let slices = match self.clustering(at)? {
            Some(clustering) if !self.modify.table.clustering.is_empty() => {
                let values = || clustering.values().iter().cloned();
                let comparator = &self.modify.table.comparator;
                vec![Slice {
                    start: comparator.before(values()),
                    end: comparator.after(values()),
                }]
            }
            Some(_) => vec![Slice::all()],
            // Of a static row: beside it the first row of the partition is shown.
            None => vec![Slice::all()],
        };
        let is_static = matches!(self.modify.rows, ModifiedRows::Static);
        let columns: BTreeSet<ColumnName> = self.modify.table.columns().map(|column| column.name.clone()).collect();
        Ok(ReadCommand {
            table: self.modify.table.id,
            partitions: PartitionSelection::One(self.key(at)?),
            slices,
            reversed: false,
            columns: ColumnSelection::Only(columns),
            filter: RowFilter::default(),
            limits: match is_static {
                true => ReadLimits::rows(1),
                false => ReadLimits::NONE,
            },
            now: EpochSeconds::from(at.now),
        })
    }

    /// The row it is about; `None` for the static row.
    fn clustering(&self, at: &mut Evaluation<'_>) -> Result<Option<Clustering>, QueryError> {
        let ModifiedRows::Exact(choices) = &self.modify.rows else {
            return Ok(None);
        };
        let values = combinations(choices, &self.modify.table.clustering, at)?
            .pop()
            .unwrap_or_default();
        Ok(Some(
            self.modify.table.comparator.clustering(values.into_iter().map(Some)),
        ))
    }

    /// Decides on what was read, for a write with the ballot's timestamp.
    pub fn decide(
        &self,
        at: &mut Evaluation<'_>,
        found: Option<&Partition>,
        timestamp: WriteTimestamp,
    ) -> Result<CasDecision, QueryError> {
        let now = EpochSeconds::from(at.now);
        let table = self.modify.table.clone();
        let key = self.key(at)?;
        let key_values = split_key(&key.key.0, table.partition_key.len()).unwrap_or_default();
        let clustering = self.clustering(at)?;
        let nothing = Row::default();
        let row = found
            .and_then(|it| it.row(clustering.as_ref()?))
            .filter(|row| row.is_live(now));
        let static_row = found.map_or(&nothing, Partition::static_row);
        let first = found.and_then(|it| it.rows().find(|(_, row)| row.is_live(now)));
        let view = RowView {
            table: &table,
            key: &key_values,
            clustering: clustering.as_ref().or(first.map(|(clustering, _)| clustering)),
            static_row,
            row,
            now,
        };
        let exists = if clustering.is_some() {
            row.is_some()
        } else {
            static_row.is_live(now)
        };
        let holds = match &self.conditions {
            Conditions::NotExists => !exists,
            Conditions::Exists => exists,
            Conditions::Columns(conditions) => {
                let mut holds = true;
                for condition in conditions {
                    holds &= condition.holds(&view, at)?;
                }
                holds
            }
        };
        if holds {
            let mutation = self.modify.mutations(at, timestamp)?.pop();
            let mutation =
                mutation.ok_or_else(|| QueryError::Server("a conditional update without an update".into()))?;
            return Ok(CasDecision::Apply(mutation));
        }
        Ok(CasDecision::Refuse(
            self.refusal(&view, exists || static_row.is_live(now)),
        ))
    }

    pub fn applied(&self) -> QueryResult {
        QueryResult::Rows(Rows {
            columns: vec![self.applied_column()],
            rows: vec![vec![boolean(true)]],
            paging_state: None,
        })
    }

    /// `[applied] False` and the values that stood in the way, if there are any.
    fn refusal(&self, view: &RowView<'_>, exists: bool) -> Rows {
        let table = &self.modify.table;
        let mut columns = vec![self.applied_column()];
        let mut row = vec![boolean(false)];
        if exists {
            let shown: Vec<&ColumnMetadata> = match &self.conditions {
                Conditions::NotExists | Conditions::Exists => table.columns().collect(),
                Conditions::Columns(conditions) => {
                    let mut shown: Vec<&ColumnMetadata> =
                        conditions.iter().map(|condition| &condition.column).collect();
                    // Regular columns come before static ones.
                    shown.sort_by_key(|column| column.kind == ColumnKind::Static);
                    shown.dedup_by(|a, b| a.name == b.name);
                    shown
                }
            };
            for column in shown {
                columns.push(ResultColumn {
                    keyspace: table.keyspace.clone(),
                    table: table.name.to_string(),
                    name: column.name.clone(),
                    ty: column.ty.clone(),
                });
                row.push(view.value(&column.name));
            }
        }
        Rows {
            columns,
            rows: vec![row],
            paging_state: None,
        }
    }

    fn applied_column(&self) -> ResultColumn {
        ResultColumn {
            keyspace: self.modify.table.keyspace.clone(),
            table: self.modify.table.name.to_string(),
            name: ColumnName::new("[applied]"),
            ty: CqlType::Boolean,
        }
    }
}

fn boolean(value: bool) -> Option<Bytes> {
    Some(Bytes::from_static(if value { &[1] } else { &[0] }))
}
