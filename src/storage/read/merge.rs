//! Merging what several sources hold of the same rows.

use core::iter::Peekable;

use crate::data::{Clustering, Row};
use crate::storage::StorageError;
use crate::storage::source::RowStream;

/// The rows of several streams as one, versions of the same row merged.
pub struct MergedRows<'a> {
    streams: Vec<Peekable<RowStream<'a>>>,
    reversed: bool,
}

impl<'a> MergedRows<'a> {
    pub fn new(streams: impl IntoIterator<Item = RowStream<'a>>, reversed: bool) -> MergedRows<'a> {
        MergedRows {
            streams: streams.into_iter().map(Iterator::peekable).collect(),
            reversed,
        }
    }

    /// The stream whose next row comes first; one that has failed comes before all.
    fn first(&mut self) -> Option<usize> {
        let reversed = self.reversed;
        let mut first: Option<(usize, &Clustering)> = None;
        for (position, stream) in self.streams.iter_mut().enumerate() {
            match stream.peek() {
                None => {}
                Some(Err(_)) => return Some(position),
                Some(Ok((clustering, _)))
                    if first.is_none_or(|(_, found)| (clustering < found) != reversed && clustering != found) =>
                {
                    first = Some((position, clustering));
                }
                Some(Ok(_)) => {}
            }
        }
        first.map(|(position, _)| position)
    }
}

impl Iterator for MergedRows<'_> {
    type Item = Result<(Clustering, Row), StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let [only] = self.streams.as_mut_slice() {
            return only.next();
        }
        let first = self.first()?;
        let (clustering, mut row) = match self.streams[first].next()? {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        for stream in &mut self.streams[first + 1..] {
            if let Some(Ok((_, other))) = stream.next_if(|it| matches!(it, Ok((same, _)) if *same == clustering)) {
                row.merge(other);
            }
        }
        Some(Ok((clustering, row)))
    }
}
