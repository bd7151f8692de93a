//! Who wins among a partition's sources, held to what reads give.

use super::*;
use crate::data::ColumnData;

impl Bench {
    /// The newest versions, told source by source, are the cells that a read gives.
    fn sources_agree(&self, table: u8, n: u8) -> Result<(), TestCaseError> {
        let ask = Ask {
            key: Some(n),
            slices: None,
            reversed: false,
            rows: u32::MAX,
        };
        let now = EpochSeconds(self.wall().seconds());
        let read = self
            .engine
            .read(&self.command(table, &ask), &self.tables[usize::from(table)])
            .unwrap();
        let mut given = Vec::new();
        for partition in &read.partitions {
            let rows = partition
                .rows()
                .map(|(clustering, row)| (Some(clustering.clone()), row));
            for (clustering, row) in rows.chain([(None, partition.static_row())]) {
                // A marker whose time is over says nothing, whether a read still gives it or not.
                let marker = row.liveness.filter(|it| it.is_live(now));
                given.extend(marker.map(|it| format!("{clustering:?} {}", it.timestamp.0)));
                for (column, data) in row.columns() {
                    let paths: Vec<_> = match data {
                        ColumnData::Simple(cell) => vec![(None, cell)],
                        ColumnData::Complex(data) => {
                            data.cells.iter().map(|(order, (_, it))| (Some(order), it)).collect()
                        }
                    };
                    for (path, cell) in paths {
                        given.push(format!(
                            "{clustering:?} {column} {path:?} {} {:?}",
                            cell.timestamp.0,
                            cell.value(now)
                        ));
                    }
                }
            }
        }
        let mut newest = Vec::new();
        for found in self.engine.provenance(id(table), &key(n)).unwrap() {
            let row = &found.row;
            match (&found.thing, found.verdict) {
                (_, verdict) if !verdict.is_newest() => {}
                (Thing::Marker(_), Verdict::Expired) => {}
                (Thing::Marker(it), _) => newest.push(format!("{row:?} {}", it.timestamp.0)),
                (Thing::Cell { column, element, cell }, _) => {
                    let path = element.as_ref().map(|(order, _)| order);
                    newest.push(format!(
                        "{row:?} {column} {path:?} {} {:?}",
                        cell.timestamp.0,
                        cell.value(now)
                    ));
                }
            }
        }
        for all in [&mut given, &mut newest] {
            all.sort();
            all.dedup();
        }
        prop_assert_eq!(newest, given);
        Ok(())
    }
}

proptest! {
    #[test]
    fn who_wins_among_the_sources_is_what_a_read_gives(
        writes in prop::collection::vec((0..3u8, prop::collection::vec(change(), 1..12), any::<bool>()), 1..12),
        compacts in any::<bool>(),
    ) {
        let mut bench = Bench::new(CommitLogSync::Batch, false);
        let mut model = Model::default();
        for (n, changes, flushes) in writes {
            let write = Step::Write { table: 0, key: n, changes };
            bench.carry_out(&write, &mut model).unwrap();
            if flushes {
                bench.carry_out(&Step::Flush(0), &mut model).unwrap();
            }
            for n in 0..3 {
                bench.sources_agree(0, n)?;
            }
        }
        if compacts {
            bench.carry_out(&Step::Compact(0), &mut model).unwrap();
            for n in 0..3 {
                bench.sources_agree(0, n)?;
            }
        }
    }
}
