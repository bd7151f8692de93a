//! From restrictions to partition keys and clusterings.

use bytes::Bytes;

use super::restrictions::{Bounds, Restriction, Restrictions, null_in_condition};
use super::{Evaluation, TypedTerm};
use crate::cql::QueryError;
use crate::data::composite::compose_key;
use crate::data::{DecoratedKey, PartitionKey, Slice};
use crate::schema::{ColumnMetadata, TableMetadata};

/// `Constants.MAX_KEY_SIZE`: a partition key is written with a length of two bytes.
const MAX_KEY_BYTES: usize = 65_535;

/// `guardrails.max_in_select_cartesian_product`'s default is off; this bounds the memory one statement may take.
const MAX_KEYS: usize = 65_536;

/// The values each of a row of columns may have, in their order: one for `=`, several for `IN`.
pub type Choices = Vec<Vec<TypedTerm>>;

/// The choices of the first columns that are restricted by `=` or `IN`; stops at the first that is not.
pub fn leading_choices(columns: &[ColumnMetadata], restrictions: &Restrictions) -> Choices {
    let choice = |column| match restrictions.of(column) {
        Some(Restriction::Equal(term)) => Some(vec![term.clone()]),
        Some(Restriction::In(terms)) => Some(terms.clone()),
        _ => None,
    };
    columns.iter().map_while(choice).collect()
}

/// Every combination of the choices, evaluated; the last column varies fastest.
pub fn combinations(
    choices: &Choices,
    columns: &[ColumnMetadata],
    at: &mut Evaluation<'_>,
) -> Result<Vec<Vec<Bytes>>, QueryError> {
    let mut all: Vec<Vec<Bytes>> = vec![Vec::new()];
    for (terms, column) in choices.iter().zip(columns) {
        let mut values = Vec::with_capacity(terms.len());
        for term in terms {
            values.push(term.evaluate(at)?.ok_or_else(|| null_in_condition(&column.name))?);
        }
        if all.len() * values.len() > MAX_KEYS {
            return Err(QueryError::invalid(format!(
                "The cartesian product of the IN restrictions has more than {MAX_KEYS} combinations"
            )));
        }
        let extended = all.iter().flat_map(|start| {
            values
                .iter()
                .map(move |value| start.iter().chain([value]).cloned().collect::<Vec<_>>())
        });
        all = extended.collect();
    }
    Ok(all)
}

/// The key of a partition from the values of its columns.
pub fn partition_key(values: &[Bytes]) -> Result<DecoratedKey, QueryError> {
    let bytes = match values {
        [single] if single.is_empty() => return Err(QueryError::invalid("Key may not be empty")),
        [single] => single.clone(),
        _ => compose_key(values),
    };
    if bytes.len() > MAX_KEY_BYTES {
        return Err(QueryError::invalid(format!(
            "Key length of {} is longer than maximum of {MAX_KEY_BYTES}",
            bytes.len()
        )));
    }
    Ok(DecoratedKey::new(PartitionKey(bytes)))
}

/// The slice of rows that start with `prefix` and whose next clustering column is within `bounds`. A null bound holds nothing back.
pub fn bounded_slice(
    table: &TableMetadata,
    prefix: &[Bytes],
    bounds: &Bounds,
    at: &mut Evaluation<'_>,
) -> Result<Slice, QueryError> {
    let comparator = &table.comparator;
    let values =
        |last: Option<&Bytes>| -> Vec<Option<Bytes>> { prefix.iter().chain(last).cloned().map(Some).collect() };
    let descending = table
        .clustering
        .get(prefix.len())
        .is_some_and(|column| column.descending);
    let mut evaluate = |bound: &Option<(TypedTerm, bool)>| match bound {
        None => Ok(None),
        Some((term, inclusive)) => Ok::<_, QueryError>(term.evaluate(at)?.map(|value| (value, *inclusive))),
    };
    let (lower, upper) = (evaluate(&bounds.lower)?, evaluate(&bounds.upper)?);
    // In descending order the greater values come first: the ends change places.
    let (first, last) = if descending { (upper, lower) } else { (lower, upper) };
    Ok(Slice {
        start: match &first {
            None => comparator.before(values(None)),
            Some((value, true)) => comparator.before(values(Some(value))),
            Some((value, false)) => comparator.after(values(Some(value))),
        },
        end: match &last {
            None => comparator.after(values(None)),
            Some((value, true)) => comparator.after(values(Some(value))),
            Some((value, false)) => comparator.before(values(Some(value))),
        },
    })
}

/// The slice of all rows that start with `prefix`.
pub fn prefix_slice(table: &TableMetadata, prefix: &[Bytes]) -> Slice {
    let values = || prefix.iter().cloned().map(Some);
    Slice {
        start: table.comparator.before(values()),
        end: table.comparator.after(values()),
    }
}
