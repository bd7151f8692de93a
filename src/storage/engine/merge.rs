//! What a compaction makes of one partition: its versions merged, and what may be forgotten left out.

use super::super::StorageError;
use super::super::read::MergedRows;
use super::super::source::PartitionSource;
use crate::data::{DecoratedKey, DeletionTime, Partition, Purge, RangeTombstones, Row, Slice};

/// What lies beside the parts of a merge and may delete what they have.
pub(super) struct Shadows<'a> {
    pub sources: &'a [&'a dyn PartitionSource],
    /// What their newer cells overwrite or delete goes too.
    pub cells_too: bool,
}

impl Shadows<'_> {
    pub const NONE: Shadows<'static> = Shadows {
        sources: &[],
        cells_too: false,
    };

    fn clear(&self, row: &mut Row, by: &Row) {
        row.shadow(&by.deletion);
        if self.cells_too {
            row.drop_superseded(by);
        }
    }
}

/// Merges `parts`. What `shadows` delete goes too, but their deletions do not come along.
pub(super) fn merge_parts(
    key: &DecoratedKey,
    parts: &[&dyn PartitionSource],
    shadows: &Shadows<'_>,
    purge: &Purge,
) -> Result<Partition, StorageError> {
    let all = Slice::all();
    let newest = |of: &[&dyn PartitionSource]| {
        of.iter()
            .fold(DeletionTime::LIVE, |newest, part| newest.later(part.deletion()))
    };
    let ranges_of = |of: &[&dyn PartitionSource]| {
        of.iter().try_fold(RangeTombstones::default(), |mut ranges, part| {
            ranges.merge(part.range_tombstones(&all)?);
            Ok::<_, StorageError>(ranges)
        })
    };
    let (mut deletion, mut ranges) = (newest(parts), ranges_of(parts)?);
    let (outer, outer_ranges) = (newest(shadows.sources), ranges_of(shadows.sources)?);
    ranges.shadow(&deletion);
    let mut static_row = Row::default();
    for part in parts {
        static_row.merge(part.static_row().clone());
    }
    static_row.shadow(&deletion.later(outer));
    for shadow in shadows.sources {
        shadows.clear(&mut static_row, shadow.static_row());
    }
    static_row.purge(purge);

    let mut rows = Vec::new();
    let mut outer_rows = MergedRows::new(shadows.sources.iter().map(|it| it.rows(&all, false)), false).peekable();
    for found in MergedRows::new(parts.iter().map(|part| part.rows(&all, false)), false) {
        let (clustering, mut row) = found?;
        row.shadow(&deletion.later(ranges.covering(&clustering)));
        row.shadow(&outer.later(outer_ranges.covering(&clustering)));
        while let Some(passed) = outer_rows.next_if(|it| it.as_ref().map_or(true, |(other, _)| *other <= clustering)) {
            let (other, outer_row) = passed?;
            if other == clustering {
                shadows.clear(&mut row, &outer_row);
            }
        }
        if row.purge(purge) {
            rows.push((clustering, row));
        }
    }
    if outer.supersedes(&deletion) {
        deletion = DeletionTime::LIVE;
    }
    ranges.shadow(&outer);
    ranges.purge(purge);
    Ok(Partition::assemble(
        key.clone(),
        deletion.purged(purge),
        static_row,
        rows,
        ranges,
    ))
}
