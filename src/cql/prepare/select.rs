//! SELECT: which partitions, which rows of them, what is kept, what is shown.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/statements/SelectStatement`, `cql3/restrictions/StatementRestrictions`.

use std::sync::Arc;

use bytes::Bytes;

use super::expression::Scope;
use super::filter::{conditions_of, other_conditions};
use super::indexing::{self, Indexing, Search};
use super::keys::{Choices, leading_choices};
use super::restrictions::{Bounds, Restriction, Restrictions, TokenRestriction, Where, existing_column, merge};
use super::run::SelectRun;
use super::selection::Projection;
use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext};
use crate::cql::ast::{Direction, Select, Selector, Term};
use crate::cql::{QueryError, ResultColumn};
use crate::data::{Analyzer, CqlType, Operator, Similarity};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata, is_virtual_keyspace};

/// What replicas would have to read and throw away is asked for only on purpose.
const FILTERING_NEEDED: &str = "Cannot execute this query as it might involve data filtering and thus may have unpredictable \
     performance. If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING";

const GROUP_BY_FUNCTION: &str =
    "Group by only supports columns of the PRIMARY KEY and, as the last, a monotonic function of one";

const NO_KEY_FOR_AGGREGATE: &str = "Aggregation query used without partition key";
const KEY_IN_FOR_AGGREGATE: &str = "Aggregation query used on multiple partition keys (IN restriction)";

/// A SELECT whose names and types are known.
#[derive(Clone, Debug)]
pub struct SelectPlan {
    pub(super) table: Arc<TableMetadata>,
    pub(super) projection: Projection,
    pub(super) partitions: Partitions,
    pub(super) rows: Slices,
    pub(super) conditions: Vec<Condition>,
    /// How rows of a range are found without looking at all.
    pub(super) search: Option<Search>,
    pub(super) nearest: Option<NearestTo>,
    pub(super) reversed: bool,
    /// What rows of several partitions are sorted by, and which of these columns in descending order.
    pub(super) sort_by: Vec<(ColumnMetadata, bool)>,
    /// Beside keys: their tokens have to be within this, too.
    pub(super) token: Option<TokenRestriction>,
    pub(super) distinct: bool,
    pub(super) limit: Option<TypedTerm>,
    pub(super) per_partition_limit: Option<TypedTerm>,
}

/// Which partitions are read.
#[derive(Clone, Debug)]
pub(super) enum Partitions {
    Keys(Choices),
    Range(Option<TokenRestriction>),
}

/// Which rows of a partition are read.
#[derive(Clone, Debug)]
pub(super) struct Slices {
    /// `=` and `IN` of the first clustering columns.
    pub prefix: Choices,
    /// Bounds of the clustering column after those.
    pub bounds: Option<Bounds>,
}

/// A condition that rows are filtered by.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub column: ColumnMetadata,
    pub operator: Operator,
    /// One value; several for IN.
    pub values: Vec<TypedTerm>,
    /// The key of `map[key] = value`.
    pub key: Option<TypedTerm>,
    /// What an index makes of texts before it compares them.
    pub analyzer: Analyzer,
}

/// ANN OF: rows are wanted by how near they are to a vector.
#[derive(Clone, Debug)]
pub(super) struct NearestTo {
    pub column: ColumnMetadata,
    pub vector: TypedTerm,
    pub similarity: Similarity,
}

impl PrepareContext<'_> {
    pub(super) fn select(&self, statement: &Select) -> Result<(SelectPlan, Vec<String>), QueryError> {
        let table = self.table(&statement.from)?;
        // What is made up as it is read is small.
        let allow_filtering = statement.allow_filtering || is_virtual_keyspace(&table.keyspace);
        let only_statics = self.shows_only_statics(&statement.selection, table)?;
        let nearest = self.nearest(statement, table)?;
        let of = if allow_filtering { Where::Filtered } else { Where::Read };
        let restrictions = self.restrictions(&statement.where_clause, table, of)?;
        if let Some((column, vector)) = &nearest {
            // The order is one more restriction of its column.
            merge(column, Restriction::Equal(vector.clone()), &mut restrictions.clone())?;
        }
        let indexing = Indexing::new(table, &restrictions, nearest.as_ref().map(|it| &it.0));
        let may_filter = allow_filtering || indexing.has_index;
        let (partitions, mut conditions) = partitions(table, &restrictions, allow_filtering)?;
        let is_range = matches!(partitions, Partitions::Range(_));
        if is_range && !may_filter && table.partition_key.iter().any(|it| restrictions.of(it).is_some()) {
            return Err(QueryError::invalid(FILTERING_NEEDED));
        }
        if only_statics && table.clustering.iter().any(|column| restrictions.of(column).is_some()) {
            return Err(QueryError::invalid(
                "Cannot restrict clustering columns when selecting only static columns",
            ));
        }
        let (rows, more) = rows(table, &restrictions, &partitions, may_filter)?;
        let filters_clustering = indexing::filters_clustering(table, &restrictions, &rows.prefix);
        indexing.check_vectors(&partitions, filters_clustering)?;
        let usage = indexing.usage(&partitions, filters_clustering);
        if usage.is_used {
            let is_said = |column: &&ColumnMetadata| more.iter().any(|it| it.column.name == column.name);
            for column in indexing.indexed_clustering().filter(|it| !is_said(it)) {
                conditions.extend(conditions_of(core::slice::from_ref(column), &restrictions)?);
            }
        }
        conditions.extend(more);
        let others = other_conditions(table, &restrictions)?;
        if !may_filter && (!others.is_empty() || nearest.is_some()) {
            return Err(QueryError::invalid(FILTERING_NEEDED));
        }
        conditions.extend(others);
        if usage.is_used && matches!(&partitions, Partitions::Keys(choices) if choices.has_in()) {
            return Err(QueryError::invalid(
                "Select on indexed columns and with IN clause for the PRIMARY KEY are not supported",
            ));
        }
        if nearest.is_some()
            && (statement.order_by.len() > 1 || statement.order_by[0].direction == Direction::Descending)
        {
            return Err(QueryError::invalid(match statement.order_by.len() {
                1 => "Descending ANN ordering is not supported",
                _ => "ANN ordering does not support any other ordering",
            }));
        }
        let mut projection = self.projection(&statement.selection, table)?;
        if statement.distinct {
            let is_sorted = matches!(&partitions, Partitions::Keys(choices) if choices.has_in());
            self.check_distinct(statement, &projection, &restrictions, nearest.is_some(), table)?;
            if is_sorted && let Some(ordering) = statement.order_by.first() {
                return Err(not_of_partitions(&ordering.column));
            }
            if is_range {
                check_whole_key(&projection, table)?;
            }
        }
        self.group_by(statement, &restrictions, &mut projection, table)?;
        if statement.per_partition_limit.is_some() && projection.is_grouped() && !projection.has_group_by() {
            return Err(QueryError::invalid(
                "PER PARTITION LIMIT is not allowed with aggregate queries.",
            ));
        }
        if usage.is_used && nearest.is_none() && !statement.order_by.is_empty() {
            return Err(QueryError::invalid(
                "ORDER BY with 2ndary indexes is not supported, except for ANN queries.",
            ));
        }
        let sort_by = match &partitions {
            Partitions::Keys(choices) if choices.has_in() => self.sort_columns(statement, table)?,
            _ => Vec::new(),
        };
        let reversed = nearest.is_none() && self.order(statement, table, &restrictions, &partitions)?;
        let is_bounded = is_range && table.clustering.iter().any(|column| restrictions.of(column).is_some());
        let filters = match indexing.has_index {
            true => usage.needs_filtering,
            false => is_bounded || !conditions.is_empty(),
        };
        if filters && !allow_filtering {
            return Err(QueryError::invalid(FILTERING_NEEDED));
        }
        indexing::analyze(&mut conditions, table);
        let search = match &partitions {
            Partitions::Range(_) if usage.is_used => indexing::search(&conditions, table),
            _ => None,
        };
        let nearest = nearest.map(|(column, vector)| NearestTo {
            similarity: similarity(table, &column),
            column,
            vector,
        });
        let limit = |name: &str, term: &Option<Term>| {
            let receiver = Receiver {
                name: name.to_string(),
                ty: CqlType::Int,
            };
            term.as_ref()
                .map(|term| self.term(term, &receiver, &table.keyspace))
                .transpose()
        };
        let (limit, per_partition_limit) = (
            limit("[limit]", &statement.limit)?,
            limit("[per_partition_limit]", &statement.per_partition_limit)?,
        );
        if nearest.is_some() && projection.is_grouped() {
            return Err(QueryError::invalid("Top-K queries can not be run with aggregation"));
        }
        let mut warnings = Vec::new();
        if projection.is_grouped() {
            let mut key = table.partition_key.iter().map(|it| restrictions.of(it));
            if key.clone().any(|it| matches!(it, Some(Restriction::In(_)))) {
                warnings.push(KEY_IN_FOR_AGGREGATE.to_string());
            } else if matches!(partitions, Partitions::Range(None)) && key.all(|it| it.is_none()) {
                warnings.push(NO_KEY_FOR_AGGREGATE.to_string());
            }
        }
        let token = match &partitions {
            Partitions::Keys(_) => restrictions.token.clone(),
            Partitions::Range(_) => None,
        };
        if statement.json {
            projection = projection.into_json(table);
        }
        let plan = SelectPlan {
            table: table.clone(),
            projection,
            partitions,
            rows,
            conditions,
            search,
            nearest,
            reversed,
            sort_by,
            token,
            distinct: statement.distinct,
            limit,
            per_partition_limit,
        };
        Ok((plan, warnings))
    }

    /// GROUP BY takes the first columns of the primary key, of which those fixed by `=` may be left out, and last of all a
    /// function that keeps their order.
    fn group_by(
        &self,
        statement: &Select,
        restrictions: &Restrictions,
        projection: &mut Projection,
        table: &TableMetadata,
    ) -> Result<(), QueryError> {
        let mut scope = Scope::of_rows(table);
        let mut expressions = Vec::new();
        let mut key = table.partition_key.iter().chain(&table.clustering);
        let selectors = &statement.group_by;
        let mut last = ColumnKind::PartitionKey;
        for (at, selector) in selectors.iter().enumerate() {
            let (name, is_column) = match selector {
                Selector::Column(name) => (name, true),
                Selector::Function { name, arguments } => match arguments.as_slice() {
                    [Selector::Column(column), ..] if name.name == "floor" => (column, false),
                    _ => return Err(QueryError::invalid(GROUP_BY_FUNCTION)),
                },
                _ => return Err(QueryError::invalid(GROUP_BY_FUNCTION)),
            };
            let column = existing_column(table, name)?;
            if column.kind > ColumnKind::Clustering {
                return Err(QueryError::invalid(format!(
                    "Group by is currently only supported on the columns of the PRIMARY KEY, got {name}"
                )));
            }
            if !is_column && (at + 1 < selectors.len() || column.kind == ColumnKind::PartitionKey) {
                return Err(QueryError::invalid(GROUP_BY_FUNCTION));
            }
            let is_in_order = loop {
                match key.next() {
                    Some(next) if next.name == column.name => break true,
                    Some(next) if matches!(restrictions.of(next), Some(Restriction::Equal(_))) => {}
                    _ => break false,
                }
            };
            if !is_in_order {
                return Err(QueryError::invalid(
                    "Group by currently only support groups of columns following their declared order in the PRIMARY KEY",
                ));
            }
            last = column.kind;
            expressions.push(self.expression(selector, None, &mut scope)?.0);
        }
        // Groups do not go beyond a partition.
        if !expressions.is_empty() && key.next().is_some_and(|it| it.kind == ColumnKind::PartitionKey) {
            return Err(QueryError::invalid(
                "Group by is not supported on only a part of the partition key",
            ));
        }
        if statement.distinct && last == ColumnKind::Clustering {
            return Err(QueryError::invalid(
                "Grouping on clustering columns is not allowed for SELECT DISTINCT queries",
            ));
        }
        projection.group_by(expressions, scope.needed);
        Ok(())
    }

    fn check_distinct(
        &self,
        statement: &Select,
        projection: &Projection,
        restrictions: &Restrictions,
        is_nearest: bool,
        table: &TableMetadata,
    ) -> Result<(), QueryError> {
        if statement.per_partition_limit.is_some() {
            return Err(QueryError::invalid(
                "PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries",
            ));
        }
        let is_of_rows = |it: &&ColumnMetadata| matches!(it.kind, ColumnKind::Clustering | ColumnKind::Regular);
        let mut of_rows = table.columns().filter(is_of_rows);
        if is_nearest || of_rows.any(|column| restrictions.of(column).is_some()) {
            return Err(QueryError::invalid(
                "SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.",
            ));
        }
        for name in projection.columns() {
            let column = existing_column(table, name)?;
            if !matches!(column.kind, ColumnKind::PartitionKey | ColumnKind::Static) {
                return Err(not_of_partitions(name));
            }
        }
        Ok(())
    }

    /// The column and the vector of `ORDER BY column ANN OF vector`.
    fn nearest(
        &self,
        statement: &Select,
        table: &TableMetadata,
    ) -> Result<Option<(ColumnMetadata, TypedTerm)>, QueryError> {
        let mut nearest = Vec::new();
        for ordering in &statement.order_by {
            let column = existing_column(table, &ordering.column)?;
            let Some(term) = &ordering.nearest_to else { continue };
            let receiver = Receiver {
                name: column.name.to_string(),
                ty: column.ty.clone(),
            };
            nearest.push((column.clone(), self.term(term, &receiver, &table.keyspace)?));
        }
        match nearest.len() {
            0 | 1 => Ok(nearest.pop()),
            _ => Err(QueryError::invalid("Cannot specify more than one ANN ordering")),
        }
    }

    fn sort_columns(
        &self,
        statement: &Select,
        table: &TableMetadata,
    ) -> Result<Vec<(ColumnMetadata, bool)>, QueryError> {
        let column = |ordering: &crate::cql::ast::Ordering| {
            let column = existing_column(table, &ordering.column)?;
            Ok((column.clone(), ordering.direction == Direction::Descending))
        };
        statement.order_by.iter().map(column).collect()
    }

    /// Whether rows are wanted against the table's order.
    fn order(
        &self,
        statement: &Select,
        table: &TableMetadata,
        restrictions: &Restrictions,
        partitions: &Partitions,
    ) -> Result<bool, QueryError> {
        if statement.order_by.is_empty() {
            return Ok(false);
        }
        if !matches!(partitions, Partitions::Keys(_)) {
            return Err(QueryError::invalid(
                "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.",
            ));
        }
        let mut reversed = None;
        let mut clustering = table.clustering.iter();
        for ordering in &statement.order_by {
            let column = existing_column(table, &ordering.column)?;
            if column.kind != ColumnKind::Clustering {
                return Err(QueryError::invalid(format!(
                    "Order by is currently only supported on the clustered columns of the PRIMARY KEY, got {}",
                    column.name
                )));
            }
            // Columns fixed by `=` may be left out of the order.
            let in_order = loop {
                match clustering.next() {
                    Some(next) if next.name == column.name => break true,
                    Some(next) if matches!(restrictions.of(next), Some(Restriction::Equal(_))) => {}
                    _ => break false,
                }
            };
            if !in_order {
                return Err(QueryError::invalid(
                    "Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY",
                ));
            }
            let is_reversed = (ordering.direction == Direction::Descending) != column.descending;
            if *reversed.get_or_insert(is_reversed) != is_reversed {
                return Err(QueryError::invalid("Unsupported order by relation"));
            }
        }
        let reversed = reversed.unwrap_or(false);
        Ok(reversed)
    }
}

impl SelectPlan {
    pub fn table(&self) -> &Arc<TableMetadata> {
        &self.table
    }

    /// The columns of the result.
    pub fn columns(&self) -> &[ResultColumn] {
        &self.projection.columns
    }

    /// Only the rows nearest to a vector are wanted.
    pub fn is_top_k(&self) -> bool {
        self.nearest.is_some()
    }

    /// Begins to carry it out. `paging_state` is where the page before ended.
    pub fn start(
        self: &Arc<SelectPlan>,
        at: &mut Evaluation<'_>,
        page_size: Option<u32>,
        paging_state: Option<&Bytes>,
    ) -> Result<SelectRun, QueryError> {
        SelectRun::new(self, at, page_size, paging_state)
    }
}

fn not_of_partitions(column: &str) -> QueryError {
    QueryError::invalid(format!(
        "SELECT DISTINCT queries must only request partition key columns and/or static columns (not {column})"
    ))
}

/// Of partitions not named one by one, each that is shown has to be told from the others.
fn check_whole_key(projection: &Projection, table: &TableMetadata) -> Result<(), QueryError> {
    let is_missing = |column: &&ColumnMetadata| !projection.columns().any(|name| *name == column.name);
    match table.partition_key.iter().find(is_missing) {
        Some(column) => Err(QueryError::invalid(format!(
            "SELECT DISTINCT queries must request all the partition key columns (missing {})",
            column.name
        ))),
        None => Ok(()),
    }
}

/// How an index of the column measures vectors.
fn similarity(table: &TableMetadata, column: &ColumnMetadata) -> Similarity {
    let mut of_column = table.indexes_of(&column.name).filter_map(|it| it.similarity(column));
    of_column.next().unwrap_or(Similarity::Cosine)
}

/// What the WHERE says of partitions: keys, or a range and conditions on components of the key.
fn partitions(
    table: &TableMetadata,
    restrictions: &Restrictions,
    allow_filtering: bool,
) -> Result<(Partitions, Vec<Condition>), QueryError> {
    let key = &table.partition_key;
    let restricted = key.iter().filter(|column| restrictions.of(column).is_some()).count();
    let choices = leading_choices(key, restrictions);
    if let Some(token) = &restrictions.token
        && choices.width() < key.len()
    {
        if restricted > 0 && !allow_filtering {
            let columns: Vec<&str> = key.iter().map(|it| it.name.as_str()).collect();
            return Err(QueryError::invalid(format!(
                "Columns \"{}\" cannot be restricted by both a normal relation and a token relation",
                columns.join(", ")
            )));
        }
        return Ok((
            Partitions::Range(Some(token.clone())),
            conditions_of(key, restrictions)?,
        ));
    }
    if choices.width() == key.len() {
        return Ok((Partitions::Keys(choices), Vec::new()));
    }
    Ok((Partitions::Range(None), conditions_of(key, restrictions)?))
}

/// What the WHERE says of clusterings: slices, and conditions on what slices cannot express.
fn rows(
    table: &TableMetadata,
    restrictions: &Restrictions,
    partitions: &Partitions,
    allow_filtering: bool,
) -> Result<(Slices, Vec<Condition>), QueryError> {
    let clustering = &table.clustering;
    let prefix = leading_choices(clustering, restrictions);
    let bounds = match clustering
        .get(prefix.width())
        .and_then(|column| restrictions.of(column))
    {
        Some(Restriction::Slice(bounds)) => Some(bounds.clone()),
        _ => None,
    };
    let used = prefix.width() + usize::from(bounds.is_some());
    let any = clustering.iter().any(|column| restrictions.of(column).is_some());
    if any && !allow_filtering {
        let is_range = matches!(partitions, Partitions::Range(_));
        let filters = indexing::filters_clustering(table, restrictions, &prefix);
        if is_range && filters {
            indexing::refuse_skipped_clustering(table, restrictions)?;
        }
        let width = bounds.as_ref().map_or(0, Bounds::width);
        for (at, column) in clustering.iter().enumerate().skip(used).filter(|_| !is_range) {
            if restrictions.of(column).is_none() {
                continue;
            }
            if width > 1 && at <= prefix.width() + width {
                return Err(QueryError::invalid(format!(
                    "Clustering column \"{}\" cannot be restricted (preceding column \"{}\" is restricted by a non-EQ relation)",
                    column.name,
                    clustering[prefix.width()].name
                )));
            }
            let Some(before) = at.checked_sub(1).map(|at| &clustering[at]) else {
                break;
            };
            indexing::refuse_skipped_clustering(table, restrictions)?;
            return Err(QueryError::invalid(format!(
                "Clustering column \"{}\" cannot be restricted (preceding column \"{}\" is restricted by a non-EQ relation)",
                column.name, before.name
            )));
        }
    }
    let conditions = conditions_of(&clustering[used..], restrictions)?;
    Ok((Slices { prefix, bounds }, conditions))
}
