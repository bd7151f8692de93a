//! The rows of a partition, sorted by clustering.

use crate::base::Arrange;
use core::ops::Bound;
use std::collections::{BTreeMap, btree_map};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Clustering, Row};

/// Up to this many rows lie in one piece of memory just large enough. Most partitions of most tables have one row, for which a
/// sorted map would take ten times its size.
const FEW: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Rows(Form);

#[derive(Clone, Debug)]
enum Form {
    /// Sorted.
    Few(Vec<(Clustering, Row)>),
    Many(BTreeMap<Clustering, Row>),
}

impl Rows {
    pub const fn new() -> Rows {
        Rows(Form::Few(Vec::new()))
    }

    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Few(rows) => rows.len(),
            Form::Many(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, clustering: &Clustering) -> Option<&Row> {
        match &self.0 {
            Form::Few(rows) => {
                let place = rows.binary_search_by(|(mine, _)| mine.cmp(clustering)).ok()?;
                Some(&rows[place].1)
            }
            Form::Many(rows) => rows.get(clustering),
        }
    }

    /// The row there; an empty one is put there if there is none. The caller leaves no empty row.
    pub fn get_or_insert(&mut self, clustering: Clustering) -> &mut Row {
        if let Form::Few(rows) = &mut self.0
            && rows.len() == FEW
            && rows.binary_search_by(|(mine, _)| mine.cmp(&clustering)).is_err()
        {
            self.0 = Form::Many(core::mem::take(rows).into_iter().collect());
        }
        match &mut self.0 {
            Form::Few(rows) => match rows.binary_search_by(|(mine, _)| mine.cmp(&clustering)) {
                Ok(place) => &mut rows[place].1,
                Err(place) => {
                    if rows.is_empty() {
                        rows.reserve_exact(1);
                    }
                    rows.insert(place, (clustering, Row::default()));
                    &mut rows[place].1
                }
            },
            Form::Many(rows) => rows.entry(clustering).or_default(),
        }
    }

    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Form::Few(rows) => Iter::Few(rows.iter()),
            Form::Many(rows) => Iter::Many(rows.iter()),
        }
    }

    /// The rows whose order lies between the two, neither included.
    pub fn between(&self, start: &[u8], end: &[u8]) -> Between<'_> {
        match &self.0 {
            Form::Few(rows) => Between::Few(few_between(rows, start, end).0.iter()),
            // A sorted map does not take a range that ends before it starts.
            Form::Many(_) if start >= end => Between::Few([].iter()),
            Form::Many(rows) => Between::Many(rows.range::<[u8], _>((Bound::Excluded(start), Bound::Excluded(end)))),
        }
    }

    /// Hands each row between the two to `change`, and drops those it leaves empty.
    pub fn change_between(&mut self, start: &[u8], end: &[u8], mut change: impl FnMut(&mut Row)) {
        match &mut self.0 {
            Form::Few(rows) => {
                let (_, range) = few_between(rows, start, end);
                let mut emptied = false;
                for (_, row) in &mut rows[range] {
                    change(row);
                    emptied |= row.is_empty();
                }
                if emptied {
                    rows.retain(|(_, row)| !row.is_empty());
                }
            }
            Form::Many(_) if start >= end => {}
            Form::Many(rows) => {
                let range = (Bound::Excluded(start), Bound::Excluded(end));
                let mut emptied = Vec::new();
                for (clustering, row) in rows.range_mut::<[u8], _>(range) {
                    change(row);
                    if row.is_empty() {
                        emptied.push(clustering.clone());
                    }
                }
                emptied.iter().for_each(|clustering| drop(rows.remove(clustering)));
            }
        }
    }

    /// Keeps the rows for which `keep` holds; it may change them.
    pub fn retain(&mut self, mut keep: impl FnMut(&Clustering, &mut Row) -> bool) {
        match &mut self.0 {
            Form::Few(rows) => rows.retain_mut(|(clustering, row)| keep(clustering, row)),
            Form::Many(rows) => rows.retain(keep),
        }
    }

    pub fn into_pairs(self) -> impl Iterator<Item = (Clustering, Row)> {
        let (few, many) = match self.0 {
            Form::Few(rows) => (Some(rows), None),
            Form::Many(rows) => (None, Some(rows)),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }
}

fn few_between<'a>(
    rows: &'a [(Clustering, Row)],
    start: &[u8],
    end: &[u8],
) -> (&'a [(Clustering, Row)], core::ops::Range<usize>) {
    let from = rows.partition_point(|(clustering, _)| clustering.order() <= start);
    let to = rows.partition_point(|(clustering, _)| clustering.order() < end);
    let range = from..to.max(from);
    (&rows[range.clone()], range)
}

/// Rows in any order, each once.
impl FromIterator<(Clustering, Row)> for Rows {
    fn from_iter<I: IntoIterator<Item = (Clustering, Row)>>(rows: I) -> Rows {
        let mut rows: Vec<(Clustering, Row)> = rows.into_iter().collect();
        if rows.len() > FEW {
            return Rows(Form::Many(rows.into_iter().collect()));
        }
        rows.arrange_by(|(one, _), (other, _)| one.cmp(other));
        Rows(Form::Few(rows))
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Rows) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Rows {}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rows, D::Error> {
        Ok(Vec::<(Clustering, Row)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

macro_rules! either {
    ($(#[$doc:meta])* $name:ident, $many:ident) => {
        $(#[$doc])*
        pub enum $name<'a> {
            Few(core::slice::Iter<'a, (Clustering, Row)>),
            Many(btree_map::$many<'a, Clustering, Row>),
        }

        impl<'a> Iterator for $name<'a> {
            type Item = (&'a Clustering, &'a Row);

            fn next(&mut self) -> Option<Self::Item> {
                match self {
                    $name::Few(rows) => rows.next().map(|(clustering, row)| (clustering, row)),
                    $name::Many(rows) => rows.next(),
                }
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                match self {
                    $name::Few(rows) => rows.size_hint(),
                    $name::Many(rows) => rows.size_hint(),
                }
            }
        }

        impl DoubleEndedIterator for $name<'_> {
            fn next_back(&mut self) -> Option<Self::Item> {
                match self {
                    $name::Few(rows) => rows.next_back().map(|(clustering, row)| (clustering, row)),
                    $name::Many(rows) => rows.next_back(),
                }
            }
        }
    };
}

either!(
    /// All rows.
    Iter,
    Iter
);
either!(
    /// Some rows.
    Between,
    Range
);

impl ExactSizeIterator for Iter<'_> {}
