//! `sstabledump`: an SSTable's partitions as JSON. Source of the layout: Cassandra 5.0, `tools/JsonTransformer`.

use super::json::Json;
use super::words::{instant, json_of, key_parts, text_of};
use crate::data::identifier::maybe_quote;
use crate::data::{
    Cell, CellContent, Clustering, ClusteringBound, ColumnData, CqlType, DeletionTime, EpochSeconds, Liveness,
    PartitionRange, Row,
};
use crate::schema::{ColumnMetadata, TableMetadata};
use crate::storage::source::PartitionSource;
use crate::storage::sstable::{Descriptor, Marker, SstablePartition, SstableReader, Unfiltered};
use crate::storage::{Disk, StorageError};

/// `now` is what `expired` is said by.
pub fn dump(disk: &dyn Disk, descriptor: &Descriptor, now: EpochSeconds) -> Result<String, StorageError> {
    let (reader, table) = super::open(disk, descriptor)?;
    let mut dump = Dump {
        json: Json::default(),
        reader: &reader,
        table: &table,
        now,
    };
    dump.json.start_array();
    let mut scanner = reader.scanner(&PartitionRange::full());
    while let Some(partition) = scanner.next(&reader, disk)? {
        dump.partition(&partition)?;
    }
    dump.json.end();
    Ok(dump.json.finish())
}

struct Dump<'a> {
    json: Json,
    reader: &'a SstableReader,
    table: &'a TableMetadata,
    now: EpochSeconds,
}

impl Dump<'_> {
    fn partition(&mut self, partition: &SstablePartition<'_>) -> Result<(), StorageError> {
        let position = partition.rows_start();
        self.json.start_object();
        self.json.field("table kind", "REGULAR");
        self.json.name("partition");
        self.json.start_object();
        self.json.name("key");
        self.json.compact_objects = true;
        self.json.compact_arrays = true;
        self.json.start_array();
        for part in key_parts(&self.reader.info().statistics.header, &partition.key.key) {
            self.json.text(&part);
        }
        self.json.end();
        self.json.compact_objects = false;
        self.json.compact_arrays = false;
        self.json.number("position", position);
        if !partition.deletion().is_live() {
            self.deletion(partition.deletion());
        }
        self.json.end();
        self.json.name("rows");
        self.json.start_array();
        if !partition.static_row().is_empty() {
            self.row(position, None, partition.static_row());
        }
        for found in partition.unfiltered() {
            match found? {
                (position, Unfiltered::Row(clustering, row)) => self.row(position, Some(&clustering), &row),
                (_, Unfiltered::Marker(marker)) => self.marker(&marker),
            }
        }
        self.json.end();
        self.json.end();
        Ok(())
    }

    fn row(&mut self, position: u64, clustering: Option<&Clustering>, row: &Row) {
        self.json.start_object();
        let kind = if clustering.is_none() { "static_block" } else { "row" };
        self.json.field("type", kind);
        self.json.number("position", position);
        if let Some(clustering) = clustering {
            self.clustering(clustering.values());
        }
        if let Some(liveness) = row.liveness {
            self.json.compact_objects = false;
            self.json.name("liveness_info");
            self.json.compact_objects = true;
            self.json.start_object();
            self.json.field("tstamp", &instant(liveness.timestamp.0));
            if let Some(expiry) = liveness.expiry {
                self.json.number("ttl", expiry.ttl.0.into());
                self.json.field("expires_at", &seconds(expiry.at));
                self.json.boolean("expired", expiry.at < self.now);
            }
            self.json.end();
            self.json.compact_objects = false;
        }
        if !row.deletion.is_live() {
            self.deletion(row.deletion);
        }
        self.json.name("cells");
        self.json.start_array();
        let columns = if clustering.is_none() {
            &self.table.statics
        } else {
            &self.table.regulars
        };
        let mut present: Vec<&ColumnMetadata> = columns.values().filter(|it| row.column(&it.name).is_some()).collect();
        present.sort_by_key(|column| column.ty.is_multi_cell());
        for column in present {
            match row.column(&column.name) {
                Some(ColumnData::Simple(cell)) => self.cell(column, None, cell, row.liveness),
                Some(ColumnData::Complex(data)) => {
                    if !data.deletion.is_live() {
                        self.json.compact_objects = true;
                        self.json.start_object();
                        self.json.field("name", &maybe_quote(&column.name));
                        self.deletion(data.deletion);
                        self.json.compact_objects = true;
                        self.json.end();
                        self.json.compact_objects = false;
                    }
                    for (path, cell) in data.cells.values() {
                        self.cell(column, Some(path), cell, row.liveness);
                    }
                }
                None => {}
            }
        }
        self.json.end();
        self.json.end();
    }

    fn cell(&mut self, column: &ColumnMetadata, path: Option<&bytes::Bytes>, cell: &Cell, liveness: Option<Liveness>) {
        self.json.start_object();
        self.json.compact_objects = true;
        self.json.field("name", &maybe_quote(&column.name));
        let mut ty = column.ty.clone();
        if let Some(path) = path {
            let (name, inner) = element(&column.ty, path);
            ty = inner;
            self.json.name("path");
            self.json.compact_arrays = true;
            self.json.start_array();
            self.json.text(&name);
            self.json.end();
            self.json.compact_arrays = false;
        }
        match &cell.content {
            CellContent::Deleted(at) => {
                self.json.name("deletion_info");
                self.json.compact_objects = true;
                self.json.start_object();
                self.json.field("local_delete_time", &seconds(*at));
                self.json.end();
                self.json.compact_objects = false;
            }
            CellContent::Live(value) | CellContent::Expiring(value, _) => {
                self.json.name("value");
                self.json.raw(&json_of(&ty, value));
            }
            CellContent::Counter(context) => {
                self.json.name("value");
                self.json.raw(&json_of(&ty, context.as_bytes()));
            }
        }
        if liveness.is_none_or(|it| it.timestamp != cell.timestamp) {
            self.json.field("tstamp", &instant(cell.timestamp.0));
        }
        if let Some(expiry) = cell.expiry()
            && liveness.is_none_or(|it| it.expiry.is_none_or(|of_row| of_row.ttl != expiry.ttl))
        {
            self.json.number("ttl", expiry.ttl.0.into());
            self.json.field("expires_at", &seconds(expiry.at));
            self.json.boolean("expired", !cell.is_live(self.now));
        }
        self.json.end();
        self.json.compact_objects = false;
    }

    fn marker(&mut self, marker: &Marker) {
        self.json.start_object();
        match (marker.closes, marker.opens) {
            (Some(closes), Some(opens)) => {
                self.json.field("type", "range_tombstone_boundary");
                self.bound("start", &marker.bound, opens);
                self.bound("end", &marker.bound, closes);
            }
            (Some(closes), None) => {
                self.json.field("type", "range_tombstone_bound");
                self.bound("end", &marker.bound, closes);
            }
            (None, opens) => {
                self.json.field("type", "range_tombstone_bound");
                self.bound("start", &marker.bound, opens.unwrap_or(DeletionTime::LIVE));
            }
        }
        self.json.end();
        self.json.compact_objects = false;
    }

    fn bound(&mut self, name: &str, bound: &ClusteringBound, deletion: DeletionTime) {
        let is_inclusive = bound.is_after() == (name == "end");
        self.json.name(name);
        self.json.start_object();
        self.json
            .field("type", if is_inclusive { "inclusive" } else { "exclusive" });
        self.clustering(bound.prefix());
        self.deletion(deletion);
        self.json.end();
    }

    fn clustering(&mut self, values: &[Option<bytes::Bytes>]) {
        if values.is_empty() {
            return;
        }
        self.json.name("clustering");
        self.json.compact_objects = true;
        self.json.start_array();
        self.json.compact_arrays = true;
        for (at, column) in self.table.clustering.iter().enumerate() {
            match values.get(at) {
                None => self.json.text("*"),
                Some(None) => self.json.raw("null"),
                Some(Some(value)) => self.json.raw(&json_of(&column.ty, value)),
            }
        }
        self.json.end();
        self.json.compact_objects = false;
        self.json.compact_arrays = false;
    }

    fn deletion(&mut self, deletion: DeletionTime) {
        self.json.name("deletion_info");
        self.json.compact_objects = true;
        self.json.start_object();
        self.json
            .field("marked_deleted", &instant(deletion.marked_for_delete_at.0));
        self.json
            .field("local_delete_time", &seconds(deletion.local_deletion_time));
        self.json.end();
        self.json.compact_objects = false;
    }
}

fn seconds(at: EpochSeconds) -> String {
    instant(at.0.saturating_mul(1_000_000))
}

/// What an element of a collection is called, and its type.
fn element(ty: &CqlType, path: &[u8]) -> (String, CqlType) {
    match ty {
        CqlType::List { element, .. } => (text_of(&CqlType::Timeuuid, path), (**element).clone()),
        CqlType::Set { element, .. } => (text_of(element, path), CqlType::Empty),
        CqlType::Map { key, value, .. } => (text_of(key, path), (**value).clone()),
        CqlType::UserType(definition) => {
            let number = path.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
            match definition.fields.get(number) {
                Some((name, ty)) => (name.clone(), ty.clone()),
                None => (number.to_string(), CqlType::Blob),
            }
        }
        other => (String::new(), other.clone()),
    }
}
