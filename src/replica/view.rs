//! Views: what a change to a base table's rows changes in the views of it.
//!
//! A replica of the base table looks at a row before and after a change and makes of the difference an update of the view's row: a
//! new one, a changed one, one that is gone, or one in another place. Source: Cassandra 5.0, `db/view/ViewUpdateGenerator`,
//! `TableViews`.

use std::sync::Arc;

use crate::base::{RequestId, SortedMap};
use crate::data::composite::{compose_key, split_key};
use crate::data::{
    Cell, Clustering, ColumnData, ColumnName, ColumnSelection, ComplexData, DecoratedKey, DeletionTime, EpochSeconds,
    Expiry, Liveness, Mutation, Partition, PartitionKey, PartitionSelection, ReadCommand, ReadLimits, Row, RowFilter,
    Slice, TableId, Token, Ttl, WriteTimestamp,
};
use crate::schema::{ColumnKind, ColumnMetadata, TableMetadata};
use crate::storage::{Engine, StorageError};

/// A view and which rows of its base table it shows.
#[derive(Clone, Debug)]
pub struct View {
    pub table: Arc<TableMetadata>,
    pub base: Arc<TableMetadata>,
    pub slices: Vec<Slice>,
    pub filter: RowFilter,
}

impl View {
    /// Whether rows of this key can be among those shown.
    fn may_show(&self, key: &DecoratedKey) -> bool {
        self.filter.accepts_key(&key.key, self.base.partition_key.len())
    }
}

/// The views of each base table.
#[derive(Clone, Debug, Default)]
pub struct Views(SortedMap<TableId, Vec<View>>);

/// An update of a view, and the place on the ring of the base row that led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewUpdate {
    pub base_token: Token,
    pub mutation: Mutation,
    pub cause: Option<RequestId>,
}

impl Views {
    pub fn add(&mut self, base: TableId, view: View) {
        self.0.entry(base).or_default().push(view);
    }

    pub fn of(&self, base: TableId) -> &[View] {
        self.0.get(&base).map_or(&[], |views| views)
    }

    /// Whether a mutation changes what any view might show. `ViewManager.updatesAffectView`.
    pub fn are_affected_by(&self, mutation: &Mutation) -> bool {
        let mut updates = mutation.updates().iter();
        updates.any(|(table, _)| self.of(*table).iter().any(|view| view.may_show(&mutation.key)))
    }
}

/// What a base table's partition held before a change and holds after it, for one view.
struct Difference<'a> {
    view: &'a View,
    before: Option<&'a Partition>,
    after: &'a Partition,
    now: EpochSeconds,
}

impl Difference<'_> {
    /// The updates of the view that the change to these rows leads to.
    fn updates<'c>(&self, rows: impl Iterator<Item = &'c Clustering>) -> Vec<Mutation> {
        let mut updates: SortedMap<DecoratedKey, Partition> = SortedMap::new();
        let key = &self.after.key;
        let Some(key_values) = split_key(&key.key.0, self.view.base.partition_key.len()) else {
            return Vec::new();
        };
        if !self.view.may_show(key) {
            return Vec::new();
        }
        for clustering in rows {
            let is_within = |slice: &Slice| slice.contains(clustering);
            if !self.view.slices.iter().any(is_within) || !self.view.filter.accepts_clustering(clustering) {
                continue;
            }
            let before = self.before.map(|it| effective(it, clustering)).unwrap_or_default();
            let after = effective(self.after, clustering);
            for (place, row) in self.row_updates(&before, &after) {
                if row.is_empty() {
                    continue;
                }
                let values = |columns: &[ColumnMetadata]| {
                    let values = columns.iter().map(|column| {
                        let base = self.view.base.column(&column.name)?;
                        match base.kind {
                            ColumnKind::PartitionKey => key_values.get(usize::from(base.position)).cloned(),
                            ColumnKind::Clustering => clustering.values().get(usize::from(base.position)).cloned()?,
                            _ => place.cell(&base.name)?.value(self.now).cloned(),
                        }
                    });
                    values.collect::<Option<Vec<_>>>()
                };
                let table = &self.view.table;
                let (Some(partition), Some(clustering)) = (values(&table.partition_key), values(&table.clustering))
                else {
                    continue;
                };
                let key = DecoratedKey::new(PartitionKey(compose_key(&partition)));
                let update = updates.entry(key.clone()).or_insert_with(|| Partition::empty(key));
                update.add_row(table.comparator.clustering(clustering.into_iter().map(Some)), row);
            }
        }
        let table = &self.view.table;
        let mutation = |update| Mutation::new(table.keyspace.clone(), table.id, update);
        updates.into_values().map(mutation).collect()
    }

    /// The view's rows that change, each with the base row that says where it stands.
    fn row_updates<'r>(&self, before: &'r Row, after: &'r Row) -> Vec<(&'r Row, Row)> {
        let place = |row: &'r Row| match self.base_column_in_key() {
            None => row.is_live(self.now).then_some(None),
            Some(column) => row.cell(column).and_then(|cell| cell.value(self.now)).map(Some),
        };
        match (place(before), place(after)) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![(after, self.entry(after))],
            (Some(_), None) => vec![(before, self.deletion(before, after))],
            (Some(old), Some(new)) if old == new => {
                let mut row = Row::deleted(after.deletion);
                row.liveness = self.liveness(after);
                self.add_changed_columns(&mut row, before, after);
                vec![(after, row)]
            }
            (Some(_), Some(_)) => vec![(after, self.entry(after)), (before, self.deletion(before, after))],
        }
    }

    fn base_column_in_key(&self) -> Option<&ColumnName> {
        self.view.table.view.as_ref()?.base_column_in_key.as_ref()
    }

    fn shows_all_columns(&self) -> bool {
        self.view.table.view.as_ref().is_some_and(|it| it.includes_all_columns)
    }

    /// The whole row of the view for a base row.
    fn entry(&self, base: &Row) -> Row {
        let mut row = Row::deleted(base.deletion);
        row.liveness = self.liveness(base);
        self.add_changed_columns(&mut row, &Row::default(), base);
        row
    }

    /// What makes the row of the view disappear. A marker that has expired rather than a deletion: so the row can come back with
    /// cells that are no newer.
    fn deletion(&self, before: &Row, after: &Row) -> Row {
        let mut row = Row::deleted(after.deletion);
        let timestamp = self.deletion_timestamp(before, after);
        if timestamp > after.deletion.marked_for_delete_at {
            let expiry = Expiry {
                ttl: Ttl::EXPIRED,
                at: self.now,
            };
            row.liveness = Some(Liveness {
                timestamp,
                expiry: Some(expiry),
            });
        }
        self.add_changed_columns(&mut row, before, after);
        row
    }

    fn deletion_timestamp(&self, before: &Row, after: &Row) -> WriteTimestamp {
        let deletion = after.deletion;
        if let Some(column) = self.base_column_in_key() {
            return match before.cell(column) {
                Some(cell) if !cell.is_deleted_by(&deletion) => cell.timestamp,
                _ => deletion.marked_for_delete_at,
            };
        }
        let marker = before.liveness.map_or(WriteTimestamp::NONE, |it| it.timestamp);
        let unselected = self.unselected_cells(before).map(|cell| cell.timestamp);
        unselected.fold(deletion.marked_for_delete_at.max(marker), WriteTimestamp::max)
    }

    /// Cells of columns that the view does not have: they keep its row alive, as they do the base row.
    fn unselected_cells<'r>(&'r self, row: &'r Row) -> impl Iterator<Item = &'r Cell> {
        let all = self.shows_all_columns();
        let columns = row
            .columns()
            .filter(move |(name, _)| !all && self.view.table.column(name).is_none());
        columns.flat_map(|(_, data)| data.cells())
    }

    fn liveness(&self, base: &Row) -> Option<Liveness> {
        if let Some(column) = self.base_column_in_key() {
            let cell = base.cell(column)?;
            return Some(Liveness {
                timestamp: cell.timestamp,
                expiry: cell.expiry(),
            });
        }
        let marker = base.liveness;
        let mut timestamp = marker.map_or(WriteTimestamp::NONE, |it| it.timestamp);
        let mut lives_on = marker.is_some_and(|it| it.expiry.is_none());
        let mut longest: Option<Expiry> = None;
        for cell in self.unselected_cells(base).filter(|cell| cell.is_live(self.now)) {
            timestamp = timestamp.max(cell.timestamp);
            match cell.expiry() {
                None => lives_on = true,
                Some(expiry) if longest.is_none_or(|it| expiry.at > it.at) => longest = Some(expiry),
                Some(_) => {}
            }
        }
        let expiry = match (lives_on, longest, marker) {
            (true, _, _) => None,
            (false, None, marker) => return marker,
            (false, Some(longest), Some(marker))
                if marker.is_live(self.now) && marker.expiry.is_some_and(|it| it.at >= longest.at) =>
            {
                return Some(marker);
            }
            (false, longest, _) => longest,
        };
        Some(Liveness { timestamp, expiry })
    }

    /// Adds what the view shows of the columns that differ.
    fn add_changed_columns(&self, row: &mut Row, before: &Row, after: &Row) {
        for (name, data) in after.columns() {
            let column = self.view.table.column(name);
            if column.is_none_or(|column| column.kind <= ColumnKind::Clustering) {
                continue;
            }
            match (before.column(name), data) {
                (Some(old), new) if old == new => {}
                (Some(ColumnData::Complex(old)), ColumnData::Complex(new)) => {
                    let changed = changed_elements(old, new);
                    if !changed.is_empty() {
                        row.add_column(name, ColumnData::Complex(changed));
                    }
                }
                (_, new) => row.add_column(name, new.clone()),
            }
        }
    }
}

fn changed_elements(old: &ComplexData, new: &ComplexData) -> ComplexData {
    let mut changed = ComplexData::empty();
    if new.deletion.supersedes(&old.deletion) {
        changed.deletion = new.deletion;
    }
    for (order, element) in &new.cells {
        if old.cells.get(order) != Some(element) {
            changed.cells.insert(order.clone(), element.clone());
        }
    }
    changed
}

/// A row with whatever deletes it: its own deletion, that of a range, or of the partition.
fn effective(partition: &Partition, clustering: &Clustering) -> Row {
    let mut row = partition.row(clustering).cloned().unwrap_or_default();
    let around: DeletionTime = partition
        .deletion()
        .later(partition.range_tombstones().covering(clustering));
    row.deletion = row.deletion.later(around);
    row
}

/// What a mutation, not applied yet, is going to change in views.
pub fn view_updates(
    engine: &Engine,
    views: &Views,
    mutation: &Mutation,
    now: EpochSeconds,
    cause: Option<RequestId>,
) -> Result<Vec<ViewUpdate>, StorageError> {
    let mut updates = Vec::new();
    for (table, update) in mutation.updates() {
        let views = views.of(*table);
        let Some(View { base, .. }) = views.iter().find(|view| view.may_show(&mutation.key)) else {
            continue;
        };
        let before = read_before(engine, base, update, now)?;
        let mut after = before.clone().unwrap_or_else(|| Partition::empty(update.key.clone()));
        after.merge(update.clone());
        let is_deleted = |clustering: &Clustering| {
            let ranges = update.range_tombstones();
            !update.deletion().is_live() || !ranges.covering(clustering).is_live()
        };
        let old = before
            .iter()
            .flat_map(Partition::rows)
            .map(|(clustering, _)| clustering);
        let touched = old.filter(|it| is_deleted(it) && update.row(it).is_none());
        let rows: Vec<&Clustering> = update.rows().map(|(clustering, _)| clustering).chain(touched).collect();
        for view in views {
            let before = before.as_ref();
            let after = &after;
            let difference = Difference {
                view,
                before,
                after,
                now,
            };
            let found = difference.updates(rows.iter().copied());
            updates.extend(found.into_iter().map(|mutation| ViewUpdate {
                base_token: update.key.token,
                mutation,
                cause,
            }));
        }
    }
    Ok(updates)
}

/// The rows that an update changes, as they are.
fn read_before(
    engine: &Engine,
    base: &TableMetadata,
    update: &Partition,
    now: EpochSeconds,
) -> Result<Option<Partition>, StorageError> {
    let deletes = !update.deletion().is_live() || !update.range_tombstones().is_empty();
    let row = |(clustering, _): (&Clustering, &Row)| {
        let values = || clustering.values().iter().cloned();
        Slice {
            start: base.comparator.before(values()),
            end: base.comparator.after(values()),
        }
    };
    let command = ReadCommand {
        table: base.id,
        partitions: PartitionSelection::One(update.key.clone()),
        slices: match deletes || base.clustering.is_empty() {
            true => vec![Slice::all()],
            false => update.rows().map(row).collect(),
        },
        reversed: false,
        columns: ColumnSelection::All,
        filter: RowFilter::default(),
        limits: ReadLimits::NONE,
        now,
    };
    Ok(engine.read(&command, base)?.partitions.pop())
}

/// What a view shows of a partition that was there before the view.
pub fn view_rows(view: &View, partition: &Partition, now: EpochSeconds) -> Vec<ViewUpdate> {
    let difference = Difference {
        view,
        before: None,
        after: partition,
        now,
    };
    let rows = partition.rows().map(|(clustering, _)| clustering);
    let update = |mutation| ViewUpdate {
        base_token: partition.key.token,
        mutation,
        cause: None,
    };
    difference.updates(rows).into_iter().map(update).collect()
}
