//! A node's own state: named values that are no part of any replicated table, such as its host id, tokens and promises.
//!
//! They go through the commit log like everything else and are held in memory in full.

use std::collections::BTreeMap;

use super::super::commitlog::SegmentId;

#[derive(Clone, Debug)]
struct Value {
    /// `None`: removed, and not forgotten yet because the commit log may hold an older value.
    bytes: Option<Vec<u8>>,
    /// Where in the commit log it stands; that segment must stay.
    segment: SegmentId,
}

#[derive(Clone, Debug, Default)]
pub struct LocalState {
    values: BTreeMap<String, Value>,
    removed: usize,
}

impl LocalState {
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name)?.bytes.as_deref()
    }

    /// The names of the values whose names start with `prefix`, in order.
    pub fn names_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.values
            .range(prefix.to_owned()..)
            .take_while(move |(name, _)| name.starts_with(prefix))
            .filter(|(_, value)| value.bytes.is_some())
            .map(|(name, _)| name.as_str())
    }

    /// Where each value stands.
    pub fn segments(&self) -> impl Iterator<Item = SegmentId> {
        self.values.values().map(|value| value.segment)
    }

    /// The names of the values that stand in a segment.
    pub fn names_in(&self, segment: SegmentId) -> Vec<String> {
        let there = self
            .values
            .iter()
            .filter(|(_, value)| value.segment == segment && value.bytes.is_some());
        there.map(|(name, _)| name.clone()).collect()
    }

    /// Takes a value, or its removal. Returns the segment that was needed for it until now.
    pub fn put(&mut self, name: &str, bytes: Option<Vec<u8>>, segment: SegmentId) -> Option<SegmentId> {
        self.removed += usize::from(bytes.is_none());
        let value = Value { bytes, segment };
        match self.values.get_mut(name) {
            Some(old) => {
                self.removed -= usize::from(old.bytes.is_none());
                Some(core::mem::replace(old, value).segment)
            }
            None => {
                self.values.insert(name.to_owned(), value);
                None
            }
        }
    }

    /// Whether removals are the greater part: then it is worth looking through all.
    pub fn has_many_removed(&self) -> bool {
        2 * self.removed > self.values.len()
    }

    /// Forgets removals that stand in `oldest`, the first segment there is: no older value can come back. Returns where they stood.
    pub fn forget_removed(&mut self, oldest: SegmentId) -> Vec<SegmentId> {
        let stale = |value: &Value| value.bytes.is_none() && value.segment <= oldest;
        let segments: Vec<SegmentId> = self
            .values
            .values()
            .filter(|it| stale(it))
            .map(|it| it.segment)
            .collect();
        self.removed -= segments.len();
        self.values.retain(|_, value| !stale(value));
        segments
    }
}
