//! What is counted while an SSTable is written: the numbers of Statistics.db.

use super::cardinality::Cardinality;
use super::data_writer::NO_COMPRESSION_RATIO;
use super::header::MAX_DELETION_TIME;
use super::histogram::{EstimatedHistogram, TombstoneHistogramBuilder};
use super::statistics::{CoveredClustering, StatsMetadata};
use super::unfiltered::{Marker, UnfilteredRef};
use crate::data::{ClusteringValues, ColumnData, DeletionTime, EpochSeconds, Expiry, Row, WriteTimestamp};

#[derive(Clone, Debug)]
pub struct Collector {
    pub cardinality: Cardinality,
    partition_sizes: EstimatedHistogram,
    cells_per_partition: EstimatedHistogram,
    cells: i64,
    timestamps: MinMax,
    deletion_times: MinMax,
    ttls: MinMax,
    tombstones: TombstoneHistogramBuilder,
    min: Option<(Vec<u8>, ClusteringValues)>,
    max: Option<(Vec<u8>, ClusteringValues)>,
    columns_set: i64,
    rows: i64,
    has_partition_deletions: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct MinMax(Option<(i64, i64)>);

impl MinMax {
    fn see(&mut self, value: i64) {
        let (min, max) = self.0.unwrap_or((value, value));
        self.0 = Some((min.min(value), max.max(value)));
    }
}

impl Default for Collector {
    fn default() -> Collector {
        Collector {
            cardinality: Cardinality::default(),
            partition_sizes: EstimatedHistogram::of_partition_sizes(),
            cells_per_partition: EstimatedHistogram::of_cell_counts(),
            cells: 0,
            timestamps: MinMax::default(),
            deletion_times: MinMax::default(),
            ttls: MinMax::default(),
            tombstones: TombstoneHistogramBuilder::default(),
            min: None,
            max: None,
            columns_set: 0,
            rows: 0,
            has_partition_deletions: false,
        }
    }
}

impl Collector {
    pub fn start_partition(&mut self, deletion: DeletionTime) {
        self.has_partition_deletions |= !deletion.is_live();
        self.deletion(deletion);
    }

    pub fn end_partition(&mut self, key: &[u8], size: u64) {
        self.cardinality.add(key);
        self.partition_sizes.add(size as i64);
        self.cells_per_partition.add(core::mem::take(&mut self.cells));
    }

    pub fn static_row(&mut self, row: &Row) {
        if !row.is_empty() {
            self.row(row);
        }
    }

    pub fn unfiltered(&mut self, unfiltered: UnfilteredRef<'_>) {
        match unfiltered {
            UnfilteredRef::Row(clustering, row) => {
                let order = clustering.order();
                let values = || clustering.values().iter().cloned().collect();
                if self.max.as_ref().is_none_or(|(max, _)| order > &max[..]) {
                    self.max = Some((order.to_vec(), values()));
                    self.min.get_or_insert_with(|| (order.to_vec(), values()));
                } else if self.min.as_ref().is_none_or(|(min, _)| order < &min[..]) {
                    self.min = Some((order.to_vec(), values()));
                }
                self.row(row);
            }
            UnfilteredRef::Marker(marker) => self.marker(marker),
        }
    }

    fn marker(&mut self, marker: &Marker) {
        // Where one deletion gives way to another is neither the first place nor the last.
        if marker.closes.is_none() || marker.opens.is_none() {
            let order = marker.bound.order();
            let place = (order.to_vec(), marker.bound.prefix().iter().cloned().collect());
            if self.max.as_ref().is_none_or(|(max, _)| order > &max[..]) {
                if marker.closes.is_some() {
                    self.max = Some(place);
                } else if self.min.is_none() {
                    self.min = Some(place);
                }
            } else if self.min.as_ref().is_none_or(|(min, _)| order < &min[..]) && marker.opens.is_some() {
                self.min = Some(place);
            }
        }
        for deletion in [marker.closes, marker.opens].into_iter().flatten() {
            self.deletion(deletion);
        }
    }

    fn row(&mut self, row: &Row) {
        if let Some(liveness) = row.liveness {
            self.write(liveness.timestamp, liveness.expiry, EpochSeconds::NEVER);
        }
        self.deletion(row.deletion);
        for (_, data) in row.columns() {
            self.deletion(data.complex_deletion());
            let before = self.cells;
            for cell in data.cells() {
                self.cells += 1;
                self.write(cell.timestamp, cell.expiry(), cell.local_deletion_time());
            }
            let is_set = matches!(data, ColumnData::Simple(_)) || self.cells > before;
            self.columns_set += i64::from(is_set);
        }
        self.rows += 1;
    }

    fn write(&mut self, timestamp: WriteTimestamp, expiry: Option<Expiry>, deleted: EpochSeconds) {
        self.timestamps.see(timestamp.0);
        self.ttls.see(expiry.map_or(0, |it| it.ttl.0.into()));
        self.deleted_at(expiry.map_or(deleted, |it| it.at));
    }

    fn deletion(&mut self, deletion: DeletionTime) {
        if !deletion.is_live() {
            self.timestamps.see(deletion.marked_for_delete_at.0);
            self.deleted_at(deletion.local_deletion_time);
        }
    }

    fn deleted_at(&mut self, at: EpochSeconds) {
        if at == EpochSeconds::NEVER {
            self.deletion_times.see(i64::MAX);
        } else {
            let at = at.0.clamp(0, MAX_DELETION_TIME);
            self.deletion_times.see(at);
            self.tombstones.add(at);
        }
    }

    /// Everything but what the writer knows: level, commit log, compression, host.
    pub fn finish(self) -> (Cardinality, StatsMetadata) {
        let (min_timestamp, max_timestamp) = self.timestamps.0.unwrap_or((i64::MIN, i64::MAX));
        let (min_local_deletion_time, max_local_deletion_time) = self.deletion_times.0.unwrap_or((i64::MAX, i64::MAX));
        let (min_ttl, max_ttl) = self.ttls.0.unwrap_or((0, 0));
        let values = |place: Option<(Vec<u8>, ClusteringValues)>| place.map(|(_, values)| values).unwrap_or_default();
        let stats = StatsMetadata {
            partition_sizes: self.partition_sizes,
            cells_per_partition: self.cells_per_partition,
            commit_log: Vec::new(),
            min_timestamp,
            max_timestamp,
            min_local_deletion_time,
            max_local_deletion_time,
            min_ttl: min_ttl as i32,
            max_ttl: max_ttl as i32,
            compression_ratio: NO_COMPRESSION_RATIO,
            tombstones: self.tombstones.build(),
            level: 0,
            repaired_at: 0,
            covered: CoveredClustering {
                min: values(self.min),
                max: values(self.max),
                ..CoveredClustering::default()
            },
            has_legacy_counter_shards: false,
            columns_set: self.columns_set,
            rows: self.rows,
            pending_repair: None,
            is_transient: false,
            host: None,
            has_partition_deletions: self.has_partition_deletions,
            first_key: None,
            last_key: None,
            token_space_coverage: f64::NAN,
        };
        (self.cardinality, stats)
    }
}
