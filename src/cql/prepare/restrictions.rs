//! WHERE: relations gathered column by column, with Cassandra's rules of what goes together.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/Relation` and `cql3/restrictions`.

use std::sync::Arc;

use super::PrepareContext;
use super::expression::Scope;
use super::modify::Kind;
use super::term::{Receiver, TypedTerm};
use crate::base::SortedMap;
use crate::cql::QueryError;
use crate::cql::ast::{BindMarker, InValues, IndexExpression, Operator, Relation, Term, WhereClause};
use crate::data::identifier::maybe_quote;
use crate::data::{ColumnName, CqlType};
use crate::schema::{ColumnMetadata, TableMetadata};

/// What is asked of one column.
#[derive(Clone, Debug)]
pub enum Restriction {
    Equal(TypedTerm),
    In(Vec<TypedTerm>),
    /// This column and those after it, together one of several tuples.
    TupleIn {
        width: usize,
        tuples: Vec<Vec<TypedTerm>>,
    },
    /// Of this column, or of it and those after it compared as one value.
    Slice(Bounds),
    /// CONTAINS and CONTAINS KEY: all must hold.
    Contains {
        values: Vec<TypedTerm>,
        keys: Vec<TypedTerm>,
        /// `map[key] = value`
        entries: Vec<(TypedTerm, TypedTerm)>,
    },
}

/// One or two ends of a slice; a bound is a value for each of some columns that follow each other, and whether it is within.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    pub lower: Option<(Vec<TypedTerm>, bool)>,
    pub upper: Option<(Vec<TypedTerm>, bool)>,
    /// Written as tuples: then null is no bound that holds nothing back, but wrong.
    pub as_tuple: bool,
}

impl Bounds {
    /// How many columns it is about.
    pub fn width(&self) -> usize {
        let width = |bound: &Option<(Vec<TypedTerm>, bool)>| bound.as_ref().map_or(0, |(values, _)| values.len());
        width(&self.lower).max(width(&self.upper))
    }

    /// The bounds that a comparison with these values sets; `None` for operators that set none.
    pub(super) fn of(operator: Operator, values: Vec<TypedTerm>) -> Option<Bounds> {
        let (lower, inclusive) = match operator {
            Operator::Greater => (true, false),
            Operator::GreaterOrEqual => (true, true),
            Operator::Less => (false, false),
            Operator::LessOrEqual => (false, true),
            _ => return None,
        };
        let bound = Some((values, inclusive));
        Some(match lower {
            true => Bounds {
                lower: bound,
                ..Bounds::default()
            },
            false => Bounds {
                upper: bound,
                ..Bounds::default()
            },
        })
    }
}

/// What is asked of the partition key's token.
#[derive(Clone, Debug)]
pub enum TokenRestriction {
    Equal(TypedTerm),
    Slice(Bounds),
}

/// Whose WHERE it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Read,
    /// Clustering columns after a slice, or without those before them, may be restricted, too.
    Filtered,
    Changed(Kind),
}

/// All relations of a WHERE.
#[derive(Clone, Debug, Default)]
pub struct Restrictions {
    pub columns: SortedMap<ColumnName, Restriction>,
    pub token: Option<TokenRestriction>,
}

impl Restrictions {
    pub fn of(&self, column: &ColumnMetadata) -> Option<&Restriction> {
        self.columns.get(column.name.as_str())
    }
}

fn contains_operator(relation: &Relation) -> Option<Operator> {
    match relation {
        Relation::Column { operator, .. } if matches!(operator, Operator::Contains | Operator::ContainsKey) => {
            Some(*operator)
        }
        _ => None,
    }
}

impl PrepareContext<'_> {
    /// Gathers the relations of a WHERE.
    pub(super) fn restrictions(
        &self,
        clause: &WhereClause,
        table: &TableMetadata,
        of: Where,
    ) -> Result<Restrictions, QueryError> {
        let mut restrictions = Restrictions::default();
        for relation in &clause.relations {
            if let (Where::Changed(kind), Some(operator)) = (of, contains_operator(relation)) {
                return Err(QueryError::invalid(format!("Cannot use {kind} with {operator}")));
            }
            let last = restrictions.last_clustering(table);
            self.restrict(relation, table, &mut restrictions)?;
            restrictions.check_overlap(relation, table)?;
            if let Some(last) = last.filter(|_| of != Where::Filtered) {
                restrictions.check_order(relation, last, table)?;
            }
        }
        match clause.expressions.as_slice() {
            [] => Ok(restrictions),
            expressions => Err(refused_expression(expressions, table)),
        }
    }

    fn restrict(&self, relation: &Relation, table: &TableMetadata, all: &mut Restrictions) -> Result<(), QueryError> {
        match relation {
            Relation::Column {
                column,
                operator,
                value,
            } => {
                let column = existing_column(table, column)?;
                let added = self.column_relation(column, *operator, value, table)?;
                merge(column, added, all)
            }
            Relation::ColumnIn { column, values } => {
                let column = existing_column(table, column)?;
                check_receiver(column, "IN")?;
                let values = match values {
                    InValues::Listed(values) => values,
                    InValues::Marker(marker) => {
                        let each = self.each_of(marker, &column.name, &column.ty);
                        return merge(column, Restriction::In(vec![each]), all);
                    }
                };
                let receiver = Receiver {
                    name: column.name.to_string(),
                    ty: column.ty.clone(),
                };
                let values = values
                    .iter()
                    .map(|it| self.term(it, &receiver, &table.keyspace))
                    .collect::<Result<Vec<_>, _>>()?;
                // One value in a list is as good as `=`.
                let added = match <[TypedTerm; 1]>::try_from(values) {
                    Ok([only]) => Restriction::Equal(only),
                    Err(values) => Restriction::In(values),
                };
                merge(column, added, all)
            }
            Relation::IsNotNull { column } => Err(QueryError::invalid(format!(
                "Unsupported restriction: {} IS NOT NULL",
                maybe_quote(column)
            ))),
            Relation::Token {
                columns,
                operator,
                value,
            } => self.token_relation(columns, *operator, value, table, all),
            Relation::Element {
                column,
                key,
                operator,
                value,
            } => {
                let column = existing_column(table, column)?;
                let added = self.element_relation(column, key, *operator, value, relation, table)?;
                merge(column, added, all)
            }
            Relation::Columns {
                columns,
                operator,
                value,
            } => self.tuple_relation(columns, *operator, value, relation, table, all),
            Relation::ColumnsIn { columns, values } => self.tuple_in(columns, values, relation, table, all),
        }
    }

    fn column_relation(
        &self,
        column: &ColumnMetadata,
        operator: Operator,
        value: &Term,
        table: &TableMetadata,
    ) -> Result<Restriction, QueryError> {
        let receiver = Receiver {
            name: column.name.to_string(),
            ty: column.ty.clone(),
        };
        let is_slice = Bounds::of(operator, Vec::new()).is_some();
        if is_slice {
            refuse_slice(column)?;
        }
        if is_slice || matches!(operator, Operator::Equal | Operator::Like) {
            check_receiver(column, &operator.to_string())?;
        }
        match operator {
            Operator::Equal => Ok(Restriction::Equal(self.term(value, &receiver, &table.keyspace)?)),
            Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
                let term = self.term(value, &receiver, &table.keyspace)?;
                Ok(Restriction::Slice(Bounds::of(operator, vec![term]).unwrap_or_default()))
            }
            Operator::NotEqual => Err(QueryError::invalid(format!(
                "Unsupported \"!=\" relation: {} != {value}",
                maybe_quote(&column.name)
            ))),
            Operator::Contains | Operator::ContainsKey => self.contains(column, operator, value, table),
            Operator::Like => {
                self.term(value, &receiver, &table.keyspace)?;
                Err(QueryError::invalid(format!(
                    "LIKE restriction is only supported on properly indexed columns. {} LIKE {value} is not valid.",
                    maybe_quote(&column.name)
                )))
            }
        }
    }

    fn contains(
        &self,
        column: &ColumnMetadata,
        operator: Operator,
        value: &Term,
        table: &TableMetadata,
    ) -> Result<Restriction, QueryError> {
        let is_key = operator == Operator::ContainsKey;
        let wrong = |what: &str| {
            Err(QueryError::invalid(format!(
                "Cannot use {operator} on {what} column {}",
                column.name
            )))
        };
        let part = match &column.ty {
            CqlType::List { element, .. } | CqlType::Set { element, .. } if !is_key => element,
            CqlType::Map { value, .. } if !is_key => value,
            CqlType::Map { key, .. } => key,
            _ if is_key => return wrong("non-map"),
            _ => return wrong("non-collection"),
        };
        let name = if is_key { "key" } else { "value" };
        let receiver = Receiver {
            name: format!("{name}({})", column.name),
            ty: CqlType::clone(part),
        };
        let term = self.term(value, &receiver, &table.keyspace)?;
        Ok(match is_key {
            true => Restriction::Contains {
                values: Vec::new(),
                keys: vec![term],
                entries: Vec::new(),
            },
            false => Restriction::Contains {
                values: vec![term],
                keys: Vec::new(),
                entries: Vec::new(),
            },
        })
    }

    fn element_relation(
        &self,
        column: &ColumnMetadata,
        key: &Term,
        operator: Operator,
        value: &Term,
        relation: &Relation,
        table: &TableMetadata,
    ) -> Result<Restriction, QueryError> {
        let (of_key, of_value) = match &column.ty {
            CqlType::Map { key, value, .. } => (key, value),
            CqlType::List { .. } => {
                return Err(QueryError::invalid(format!(
                    "Indexes on list entries ({}[index] = value) are not currently supported.",
                    column.name
                )));
            }
            _ => {
                return Err(QueryError::invalid(format!(
                    "Column {} cannot be used as a map",
                    column.name
                )));
            }
        };
        if !column.ty.is_multi_cell() {
            return Err(QueryError::invalid(format!(
                "Map-entry equality predicates on frozen map column {} are not supported",
                column.name
            )));
        }
        if operator != Operator::Equal {
            return Err(match operator {
                Operator::NotEqual => QueryError::invalid(format!("Unsupported \"{operator}\" relation: {relation}")),
                _ => QueryError::invalid("Only EQ relations are supported on map entries"),
            });
        }
        let part = |name: &str, ty: &CqlType| Receiver {
            name: format!("{name}({})", column.name),
            ty: ty.clone(),
        };
        let key = self.term(key, &part("key", of_key), &table.keyspace)?;
        let value = self.term(value, &part("value", of_value), &table.keyspace)?;
        Ok(Restriction::Contains {
            values: Vec::new(),
            keys: Vec::new(),
            entries: vec![(key, value)],
        })
    }

    /// A marker for a list of values, any of which a column may have.
    pub(super) fn each_of(&self, marker: &BindMarker, name: &str, ty: &CqlType) -> TypedTerm {
        let receiver = Receiver {
            name: format!("in({name})"),
            ty: CqlType::List {
                element: Arc::new(ty.clone()),
                frozen: false,
            },
        };
        TypedTerm::Each {
            of: Box::new(self.markers.record(marker, &receiver)),
            component: None,
        }
    }

    fn token_relation(
        &self,
        columns: &[String],
        operator: Operator,
        value: &Term,
        table: &TableMetadata,
        all: &mut Restrictions,
    ) -> Result<(), QueryError> {
        for name in columns {
            existing_column(table, name)?;
        }
        let key: Vec<&str> = table.partition_key.iter().map(|it| it.name.as_str()).collect();
        if columns != key {
            let has_all = key.iter().all(|it| columns.iter().any(|name| name == it));
            let foreign = (has_all && columns.len() > key.len())
                .then_some("The token() function must contains only partition key components");
            let is_permuted = columns.len() == key.len() && key.iter().all(|it| columns.iter().any(|name| name == it));
            return Err(QueryError::invalid(match is_permuted {
                true => {
                    "The token function arguments must be in the partition key order: ".to_string() + &key.join(", ")
                }
                false => foreign
                    .unwrap_or("The token() function must be applied to all partition key components or none of them")
                    .to_string(),
            }));
        }
        let receiver = Receiver {
            name: "partition key token".into(),
            ty: CqlType::Bigint,
        };
        let term = match value {
            Term::Function { .. } => {
                self.computed(value, &receiver, &mut Scope::of_terms(&table.keyspace, Some(table)))?
            }
            _ => self.term(value, &receiver, &table.keyspace)?,
        };
        let added = match operator {
            Operator::Equal => TokenRestriction::Equal(term),
            other => match Bounds::of(other, vec![term]) {
                Some(bounds) => TokenRestriction::Slice(bounds),
                None => {
                    let columns = columns.join(", ");
                    return Err(QueryError::invalid(format!(
                        "Unsupported \"{other}\" relation: token({columns}) {other} {value}"
                    )));
                }
            },
        };
        let columns = columns.join(", ");
        all.token = Some(match (all.token.take(), added) {
            (None, added) => added,
            (Some(TokenRestriction::Slice(old)), TokenRestriction::Slice(new)) => {
                TokenRestriction::Slice(merge_bounds(old, new, &columns)?)
            }
            _ => {
                return Err(QueryError::invalid(format!(
                    "{columns} cannot be restricted by more than one relation if it includes an Equal"
                )));
            }
        });
        Ok(())
    }
}

/// `expr(index, ...)` is for indexes that make sense of expressions of their own, and none of these does.
fn refused_expression(expressions: &[IndexExpression], table: &TableMetadata) -> QueryError {
    let [IndexExpression { index, .. }] = expressions else {
        return QueryError::invalid("Multiple custom index expressions in a single query are not supported");
    };
    let name = &index.name;
    QueryError::invalid(match table.indexes.get(name) {
        None => format!(
            "Invalid index expression, index {name} not found for {}.{}",
            table.keyspace, table.name
        ),
        Some(index) if index.is_storage_attached() => format!("Index {name} does not support custom expressions"),
        Some(_) => format!("Only CUSTOM indexes may be used in custom index expressions, {name} is not valid"),
    })
}

pub(super) fn null_in_condition(column: &str) -> QueryError {
    QueryError::invalid(format!("Invalid null value in condition for column {column}"))
}

pub(super) fn existing_column<'a>(table: &'a TableMetadata, name: &str) -> Result<&'a ColumnMetadata, QueryError> {
    let undefined = || {
        QueryError::invalid(format!(
            "Undefined column name {} in table {}.{}",
            maybe_quote(name),
            maybe_quote(&table.keyspace),
            maybe_quote(&table.name)
        ))
    };
    table.column(name).ok_or_else(undefined)
}

/// What is written cell by cell is not compared as a whole.
fn check_receiver(column: &ColumnMetadata, relation: &str) -> Result<(), QueryError> {
    let ColumnMetadata { name, ty, .. } = column;
    match ty {
        CqlType::UserType(_) if ty.is_multi_cell() => Err(QueryError::invalid(format!(
            "Non-frozen UDT column '{name}' ({ty}) cannot be restricted by any relation"
        ))),
        _ if ty.is_collection() && ty.is_multi_cell() => Err(QueryError::invalid(format!(
            "Collection column '{name}' ({ty}) cannot be restricted by a '{relation}' relation"
        ))),
        _ => Ok(()),
    }
}

/// Types whose values have no useful order.
fn refuse_slice(column: &ColumnMetadata) -> Result<(), QueryError> {
    if column.ty.any_type(&|it| *it == CqlType::Duration) {
        let kind = match &column.ty {
            CqlType::Duration => "duration columns",
            ty if ty.is_collection() => "collections containing durations",
            CqlType::Tuple(_) => "tuples containing durations",
            _ => "UDTs containing durations",
        };
        return Err(QueryError::invalid(format!(
            "Slice restrictions are not supported on {kind}"
        )));
    }
    Ok(())
}

/// Puts a restriction beside those the column has already.
pub(super) fn merge(column: &ColumnMetadata, added: Restriction, all: &mut Restrictions) -> Result<(), QueryError> {
    let name = &column.name;
    let only_one = |what: &str| {
        QueryError::invalid(format!(
            "{name} cannot be restricted by more than one relation if it includes {what}"
        ))
    };
    let merged = match (all.columns.remove(name.as_str()), added) {
        (None, added) => added,
        (Some(Restriction::Slice(old)), Restriction::Slice(new)) => Restriction::Slice(merge_bounds(old, new, name)?),
        (
            Some(Restriction::Contains {
                mut values,
                mut keys,
                mut entries,
            }),
            Restriction::Contains {
                values: more_values,
                keys: more_keys,
                entries: more_entries,
            },
        ) => {
            values.extend(more_values);
            keys.extend(more_keys);
            entries.extend(more_entries);
            Restriction::Contains { values, keys, entries }
        }
        (Some(Restriction::In(_) | Restriction::TupleIn { .. }), _) => return Err(only_one("a IN")),
        (Some(Restriction::Equal(_)), _) => return Err(only_one("an Equal")),
        (Some(Restriction::Slice(_)), _) => {
            return Err(QueryError::invalid(format!(
                "Column \"{name}\" cannot be restricted by both an equality and an inequality relation"
            )));
        }
        _ => {
            return Err(QueryError::invalid(format!(
                "Collection column {name} can only be restricted by CONTAINS, CONTAINS KEY, or map-entry equality"
            )));
        }
    };
    all.columns.insert(name.clone(), merged);
    Ok(())
}

fn merge_bounds(old: Bounds, new: Bounds, on: &str) -> Result<Bounds, QueryError> {
    let twice = |end: &str| {
        QueryError::invalid(format!(
            "More than one restriction was found for the {end} bound on {on}"
        ))
    };
    if old.lower.is_some() && new.lower.is_some() {
        return Err(twice("start"));
    }
    if old.upper.is_some() && new.upper.is_some() {
        return Err(twice("end"));
    }
    Ok(Bounds {
        lower: old.lower.or(new.lower),
        upper: old.upper.or(new.upper),
        as_tuple: old.as_tuple || new.as_tuple,
    })
}
