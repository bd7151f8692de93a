//! From restrictions to partition keys and clusterings.

use bytes::Bytes;

use super::Evaluation;
use super::restrictions::{Bounds, Restriction, Restrictions, null_in_condition};
use super::term::TypedTerm;
use crate::base::Arrange;
use crate::cql::QueryError;
use crate::data::composite::compose_key;
use crate::data::{DecoratedKey, PartitionKey, Slice};
use crate::schema::{ColumnMetadata, TableMetadata};

/// `Constants.MAX_KEY_SIZE`: a partition key is written with a length of two bytes.
const MAX_KEY_BYTES: usize = 65_535;

/// `guardrails.max_in_select_cartesian_product`'s default is off; this bounds the memory one statement may take.
const MAX_KEYS: usize = 65_536;

/// What a few columns that follow each other may be: each alternative has a value a column.
#[derive(Clone, Debug)]
pub struct Choice {
    pub width: usize,
    pub alternatives: Vec<Vec<TypedTerm>>,
}

/// What the first columns may be, in their order: one alternative for `=`, several for `IN`.
#[derive(Clone, Debug, Default)]
pub struct Choices(pub Vec<Choice>);

impl Choices {
    /// How many columns are given.
    pub fn width(&self) -> usize {
        self.0.iter().map(|choice| choice.width).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any column may have several values.
    pub fn has_in(&self) -> bool {
        let is_each = |values: &Vec<TypedTerm>| values.iter().any(TypedTerm::is_each);
        let mut choices = self.0.iter();
        choices.any(|choice| choice.alternatives.len() != 1 || choice.alternatives.iter().any(is_each))
    }
}

/// The choices of the first columns that are restricted by `=` or `IN`; stops at the first that is not.
pub fn leading_choices(columns: &[ColumnMetadata], restrictions: &Restrictions) -> Choices {
    let mut choices = Choices::default();
    while let Some(column) = columns.get(choices.width()) {
        let choice = match restrictions.of(column) {
            Some(Restriction::Equal(term)) => Choice {
                width: 1,
                alternatives: vec![vec![term.clone()]],
            },
            Some(Restriction::In(terms)) => Choice {
                width: 1,
                alternatives: terms.iter().map(|term| vec![term.clone()]).collect(),
            },
            Some(Restriction::TupleIn { width, tuples }) => Choice {
                width: *width,
                alternatives: tuples.clone(),
            },
            _ => break,
        };
        choices.0.push(choice);
    }
    choices
}

/// Every combination of the choices, evaluated; the last column varies fastest.
pub fn combinations(
    choices: &Choices,
    columns: &[ColumnMetadata],
    at: &mut Evaluation<'_>,
) -> Result<Vec<Vec<Bytes>>, QueryError> {
    let mut all: Vec<Vec<Bytes>> = vec![Vec::new()];
    let mut start = 0;
    for choice in &choices.0 {
        let mut values = Vec::with_capacity(choice.alternatives.len());
        for terms in &choice.alternatives {
            let first = values.len();
            for (term, column) in terms.iter().zip(&columns[start..]) {
                let required = |value: Option<Bytes>| value.ok_or_else(|| null_in_condition(&column.name));
                if !term.is_each() {
                    values.resize_with(first + 1, || Vec::with_capacity(choice.width));
                    values[first].push(required(term.evaluate(at)?)?);
                    continue;
                }
                for (number, value) in term.evaluate_each(at)?.into_iter().enumerate() {
                    if values.len() == first + number {
                        values.push(Vec::with_capacity(choice.width));
                    }
                    values[first + number].push(required(value)?);
                }
            }
        }
        start += choice.width;
        if all.len() * values.len() > MAX_KEYS {
            return Err(QueryError::invalid(format!(
                "The cartesian product of the IN restrictions has more than {MAX_KEYS} combinations"
            )));
        }
        let extended = all.iter().flat_map(|start| {
            values
                .iter()
                .map(move |tuple| [start.as_slice(), tuple.as_slice()].concat())
        });
        all = extended.collect();
        // Nothing is one of nothing: what stands after it is not looked at.
        if all.is_empty() {
            break;
        }
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

/// The slices of rows whose first clustering columns are one of the choices and the next within the bounds, in the table's order.
pub fn slices_of(
    table: &TableMetadata,
    prefix: &Choices,
    bounds: Option<&Bounds>,
    at: &mut Evaluation<'_>,
) -> Result<Vec<Slice>, QueryError> {
    let mut slices = Vec::new();
    for prefix in combinations(prefix, &table.clustering, at)? {
        match bounds {
            Some(bounds) => slices.extend(bounded_slices(table, &prefix, bounds, at)?),
            None if prefix.is_empty() => slices.push(Slice::all()),
            None => slices.push(prefix_slice(table, &prefix)),
        }
    }
    slices.retain(|slice| !slice.is_empty());
    slices.arrange_by(|a, b| a.start.cmp(&b.start));
    slices.dedup();
    Ok(slices)
}

/// A bound whose values are known, and whether it is within.
type Bound = (Vec<Bytes>, bool);

/// The slices of rows that start with `prefix` and whose next clustering columns are within `bounds`, in the table's order. Of
/// several columns compared as one, each that is in the other direction than the one before starts another slice.
pub fn bounded_slices(
    table: &TableMetadata,
    prefix: &[Bytes],
    bounds: &Bounds,
    at: &mut Evaluation<'_>,
) -> Result<Vec<Slice>, QueryError> {
    let mut evaluate = |bound: &Option<(Vec<TypedTerm>, bool)>| -> Result<Option<Bound>, QueryError> {
        let Some((terms, inclusive)) = bound else {
            return Ok(None);
        };
        let mut values = Vec::new();
        for (term, column) in terms.iter().zip(&table.clustering[prefix.len()..]) {
            match term.evaluate(at)? {
                Some(value) => values.push(value),
                // A null bound of one column holds nothing back.
                None if terms.len() == 1 && !bounds.as_tuple => return Ok(None),
                None => return Err(null_in_condition(&column.name)),
            }
        }
        Ok(Some((values, *inclusive)))
    };
    let lower = match evaluate(&bounds.lower)? {
        None => vec![prefix_slice(table, prefix)],
        Some(bound) => beyond(table, prefix, &bound, true),
    };
    let upper = match evaluate(&bounds.upper)? {
        None => vec![prefix_slice(table, prefix)],
        Some(bound) => beyond(table, prefix, &bound, false),
    };
    let pairs = lower
        .iter()
        .flat_map(|a| upper.iter().filter_map(|b| a.intersection(b)));
    let mut slices: Vec<Slice> = pairs.collect();
    slices.arrange_by(|a, b| a.start.cmp(&b.start));
    let mut merged: Vec<Slice> = Vec::new();
    for slice in slices {
        match merged.last_mut() {
            Some(last) if last.end == slice.start => last.end = slice.end,
            _ => merged.push(slice),
        }
    }
    Ok(merged)
}

/// The rows whose columns after `prefix`, compared as one value, are above (or below) a bound.
fn beyond(table: &TableMetadata, prefix: &[Bytes], (values, inclusive): &Bound, above: bool) -> Vec<Slice> {
    let slice = |at: usize| {
        let equal = prefix.iter().chain(&values[..at]).cloned();
        let bound = equal.clone().chain([values[at].clone()]);
        let is_last = at + 1 == values.len();
        let column = &table.clustering[prefix.len() + at];
        // In descending order the greater values come first: the ends change places.
        let at_start = above != column.descending;
        let comparator = &table.comparator;
        if at_start {
            Slice {
                start: match *inclusive && is_last {
                    true => comparator.before(bound.map(Some)),
                    false => comparator.after(bound.map(Some)),
                },
                end: comparator.after(equal.map(Some)),
            }
        } else {
            Slice {
                start: comparator.before(equal.map(Some)),
                end: match *inclusive && is_last {
                    true => comparator.after(bound.map(Some)),
                    false => comparator.before(bound.map(Some)),
                },
            }
        }
    };
    (0..values.len()).map(slice).collect()
}

/// The slice of all rows that start with `prefix`.
pub fn prefix_slice(table: &TableMetadata, prefix: &[Bytes]) -> Slice {
    let values = || prefix.iter().cloned().map(Some);
    Slice {
        start: table.comparator.before(values()),
        end: table.comparator.after(values()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::UnixMicros;
    use crate::data::{ColumnName, CqlType, KeyspaceName, TableId, TableName};
    use crate::schema::{ColumnKind, TableParams};

    fn table(descending: [bool; 3]) -> TableMetadata {
        let column = |name: &str, kind, position, descending| ColumnMetadata {
            name: ColumnName::new(name),
            ty: CqlType::Int,
            kind,
            position,
            descending,
        };
        let clustering = ["a", "b", "c"].into_iter().zip(0..).zip(descending);
        let clustering = clustering.map(|((name, at), down)| column(name, ColumnKind::Clustering, at, down));
        let key = column("p", ColumnKind::PartitionKey, 0, false);
        TableMetadata::new(
            TableId(uuid::Uuid::nil()),
            KeyspaceName::new("k"),
            TableName::new("t"),
            clustering.chain([key]),
            TableParams::default(),
        )
    }

    fn int(number: i32) -> Bytes {
        Bytes::copy_from_slice(&number.to_be_bytes())
    }

    fn bound(values: &[i32], inclusive: bool) -> Option<(Vec<TypedTerm>, bool)> {
        let terms = values.iter().map(|it| TypedTerm::Constant(int(*it))).collect();
        (!values.is_empty()).then_some((terms, inclusive))
    }

    proptest! {
        /// Whatever the directions of the columns, the slices hold exactly the rows that lie between the bounds as tuples.
        #[test]
        fn slices_hold_what_lies_between_tuples(
            descending in any::<[bool; 3]>(),
            lower in prop::collection::vec(0..3i32, 0..=3),
            upper in prop::collection::vec(0..3i32, 0..=3),
            inclusive in any::<[bool; 2]>(),
        ) {
            let table = table(descending);
            let bounds = Bounds { lower: bound(&lower, inclusive[0]), upper: bound(&upper, inclusive[1]), as_tuple: true };
            let mut no_uuids = |_| uuid::Uuid::nil();
            let mut at = Evaluation { now: UnixMicros(0), uuids: &mut no_uuids, values: &[] };
            let slices = bounded_slices(&table, &[], &bounds, &mut at).unwrap();
            prop_assert!(slices.windows(2).all(|pair| pair[0].end < pair[1].start), "in order, and apart");
            for number in 0..27 {
                let row = [number / 9, number / 3 % 3, number % 3];
                let above = lower.is_empty() || row[..lower.len()] > lower[..] || inclusive[0] && row[..lower.len()] == lower[..];
                let below = upper.is_empty() || row[..upper.len()] < upper[..] || inclusive[1] && row[..upper.len()] == upper[..];
                let clustering = table.comparator.clustering(row.map(|it| Some(int(it))));
                let held = slices.iter().filter(|slice| slice.contains(&clustering)).count();
                prop_assert_eq!(held, usize::from(above && below), "{:?}", row);
            }
        }
    }
}
