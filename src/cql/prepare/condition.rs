//! What an IF asks of a row's columns.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/conditions/ColumnCondition`.

use bytes::Bytes;

use super::definition::not_yet;
use super::expression::RowValues;
use super::restrictions::existing_column;
use super::row_view::RowView;
use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext};
use crate::cql::QueryError;
use crate::cql::ast::{self, ColumnPart, ConditionTest, InValues, Operator};
use crate::data::CqlType;
use crate::data::types::layout::{split_collection, split_tuple};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};

#[derive(Clone, Debug)]
pub(super) enum Conditions {
    NotExists,
    Exists,
    Columns(Vec<Condition>),
}

/// A condition on a column or on a part of it.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub column: ColumnMetadata,
    part: Part,
    /// Of the column, or of the part.
    ty: CqlType,
    test: Test,
}

#[derive(Clone, Debug)]
enum Part {
    Whole,
    /// The value under a key of a map, or at an index of a list.
    Element(TypedTerm),
    /// A field of a user type by its number.
    Field {
        at: usize,
        count: usize,
    },
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Operator, TypedTerm),
    In(Vec<TypedTerm>),
    /// CONTAINS, or CONTAINS KEY.
    Contains {
        key: bool,
        element: TypedTerm,
    },
}

impl PrepareContext<'_> {
    pub(super) fn conditions(
        &self,
        condition: &ast::Condition,
        is_stamped: bool,
        table: &TableMetadata,
    ) -> Result<Conditions, QueryError> {
        let ast::Condition::Columns(columns) = condition else {
            return Ok(Conditions::Exists);
        };
        if is_stamped {
            return Err(QueryError::invalid(
                "Cannot provide custom timestamp for conditional updates",
            ));
        }
        let conditions = columns.iter().map(|it| self.condition(it, table));
        Ok(Conditions::Columns(conditions.collect::<Result<_, _>>()?))
    }

    fn condition(&self, condition: &ast::ColumnCondition, table: &TableMetadata) -> Result<Condition, QueryError> {
        let column = existing_column(table, &condition.column)?;
        if column.ty == CqlType::Counter {
            return Err(QueryError::invalid("Conditions on counters are not supported"));
        }
        let receiver = |name: String, ty: &CqlType| Receiver { name, ty: ty.clone() };
        let (part, receiver) = match &condition.part {
            ColumnPart::Whole => (Part::Whole, receiver(column.name.to_string(), &column.ty)),
            ColumnPart::Element(key) => {
                let (key_name, key_type, value_type) = match &column.ty {
                    CqlType::Map { key, value, .. } => ("key", CqlType::clone(key), value),
                    CqlType::List { element, .. } => ("idx", CqlType::Int, element),
                    _ => {
                        return Err(QueryError::invalid(format!(
                            "Invalid element access syntax for non-collection column {}",
                            column.name
                        )));
                    }
                };
                let key_receiver = receiver(format!("{key_name}({})", column.name), &key_type);
                let key = self.term(key, &key_receiver, &table.keyspace)?;
                (
                    Part::Element(key),
                    receiver(format!("value({})", column.name), value_type),
                )
            }
            ColumnPart::Field(field) => {
                let CqlType::UserType(user_type) = &column.ty else {
                    return Err(QueryError::invalid(format!(
                        "Cannot operate on a field of the non-UDT column {}",
                        column.name
                    )));
                };
                let found = user_type.fields.iter().position(|(name, _)| name == field);
                let at = found
                    .ok_or_else(|| QueryError::invalid(format!("Unknown field {field} for column {}", column.name)))?;
                let count = user_type.fields.len();
                let name = format!("{}.{field}", column.name);
                (Part::Field { at, count }, receiver(name, &user_type.fields[at].1))
            }
        };
        let term = |term| self.term(term, &receiver, &table.keyspace);
        let test = match &condition.test {
            ConditionTest::Compare {
                operator: operator @ (Operator::Contains | Operator::ContainsKey),
                value,
            } => {
                let key = *operator == Operator::ContainsKey;
                let element = contained(&receiver.ty, key).ok_or_else(|| {
                    QueryError::invalid(format!(
                        "Cannot use {operator} on non-{} column {}",
                        if key { "map" } else { "collection" },
                        column.name
                    ))
                })?;
                let receiver = Receiver {
                    name: format!("value({})", column.name),
                    ty: element.clone(),
                };
                let element = self.term(value, &receiver, &table.keyspace)?;
                Test::Contains { key, element }
            }
            ConditionTest::Compare {
                operator: Operator::Like,
                ..
            } => return Err(not_yet("IF conditions with LIKE")),
            ConditionTest::Compare { operator, value } => Test::Compare(*operator, term(value)?),
            ConditionTest::In(InValues::Listed(values)) => Test::In(values.iter().map(term).collect::<Result<_, _>>()?),
            ConditionTest::In(InValues::Marker(marker)) => {
                Test::In(vec![self.each_of(marker, &receiver.name, &receiver.ty)])
            }
        };
        if column.kind <= ColumnKind::Clustering {
            return Err(QueryError::invalid(format!(
                "PRIMARY KEY column '{}' cannot have IF conditions",
                column.name
            )));
        }
        Ok(Condition {
            column: column.clone(),
            part,
            ty: receiver.ty,
            test,
        })
    }
}

/// The type of a collection's elements, or of a map's keys.
fn contained(ty: &CqlType, key: bool) -> Option<&CqlType> {
    match ty {
        CqlType::Map { key: of_key, value, .. } => Some(if key { of_key } else { value }),
        CqlType::List { element, .. } | CqlType::Set { element, .. } if !key => Some(element),
        _ => None,
    }
}

impl Condition {
    pub fn holds(&self, view: &RowView<'_>, at: &mut Evaluation<'_>) -> Result<bool, QueryError> {
        let found = self.found(view, at)?;
        let ty = &self.ty;
        let equal = |a: &Option<Bytes>, b: &Option<Bytes>| match (a, b) {
            (Some(a), Some(b)) => ty.compare(a, b).is_eq(),
            (None, None) => true,
            // A collection without elements is no collection.
            (Some(some), None) | (None, Some(some)) => ty.is_multi_cell() && ty.is_collection() && **some == [0; 4],
        };
        match &self.test {
            Test::In(terms) => {
                for term in terms {
                    if term.evaluate_each(at)?.iter().any(|value| equal(&found, value)) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::Contains { key, element } => {
                let (Some(found), Some(element)) = (found, element.evaluate(at)?) else {
                    return Ok(false);
                };
                let (kind, width, offset) = match ty {
                    CqlType::Map { .. } => ("map", 2, usize::from(!key)),
                    _ => ("list", 1, 0),
                };
                let parts = split_collection(kind, &found)?;
                let is_it = |part: &&[u8]| contained(ty, *key).is_some_and(|ty| ty.compare(part, &element).is_eq());
                Ok(parts.iter().skip(offset).step_by(width).any(is_it))
            }
            Test::Compare(operator, term) => {
                let wanted = term.evaluate(at)?;
                match operator {
                    Operator::Equal => return Ok(equal(&found, &wanted)),
                    Operator::NotEqual => return Ok(!equal(&found, &wanted)),
                    _ => {}
                }
                let Some(wanted) = wanted else {
                    return Err(QueryError::invalid(format!(
                        "Invalid comparison with null for operator \"{operator}\""
                    )));
                };
                let Some(found) = found else { return Ok(false) };
                let order = ty.compare(&found, &wanted);
                Ok(match operator {
                    Operator::Less => order.is_lt(),
                    Operator::LessOrEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    Operator::GreaterOrEqual => order.is_ge(),
                    other => return Err(not_yet(&format!("IF conditions with {other}"))),
                })
            }
        }
    }

    /// What the row holds where the condition looks.
    fn found(&self, view: &RowView<'_>, at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        let whole = view.value(&self.column.name);
        let key = match &self.part {
            Part::Whole => return Ok(whole),
            Part::Field { at, count } => {
                let Some(whole) = whole else { return Ok(None) };
                let field = split_tuple(*count, &whole)?.get(*at).copied().flatten();
                return Ok(field.map(|part| whole.slice_ref(part)));
            }
            Part::Element(key) => key.evaluate(at)?,
        };
        let name = &self.column.name;
        let key = key.ok_or_else(|| QueryError::invalid(format!("Invalid null value for element access on {name}")))?;
        if let CqlType::Map { key: of_key, .. } = &self.column.ty {
            let Some(whole) = whole else { return Ok(None) };
            let parts = split_collection("map", &whole)?;
            let entry = parts
                .chunks_exact(2)
                .find(|entry| of_key.compare(entry[0], &key).is_eq());
            return Ok(entry.map(|entry| whole.slice_ref(entry[1])));
        }
        let index = <[u8; 4]>::try_from(&*key).map_or(-1, i32::from_be_bytes);
        let index =
            usize::try_from(index).map_err(|_| QueryError::invalid(format!("Invalid negative list index {index}")))?;
        let Some(whole) = whole else { return Ok(None) };
        let parts = split_collection("list", &whole)?;
        Ok(parts.get(index).map(|part| whole.slice_ref(part)))
    }
}
