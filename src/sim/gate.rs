//! The fixed workloads whose history hashes must be the same natively, in one wasm thread, and across workers.
//!
//! `tests/gate.txt` holds what the histories must be.

use core::time::Duration;

use super::faults::{self, FaultSet};
use super::workload::{self, KEYSPACE};
use super::{ClusterConfig, Control, Deed, Script};
use crate::base::{Endpoint, Instant, Random, RequestId, Seed};
use crate::data::ConsistencyLevel;

#[derive(Clone, Copy, Debug)]
pub struct GateWorkload {
    pub name: &'static str,
    pub script: fn() -> Script,
}

pub const WORKLOADS: [GateWorkload; 3] = [
    GateWorkload {
        name: "first-program",
        script: first_program,
    },
    GateWorkload {
        name: "hints-after-a-crash",
        script: hints_after_a_crash,
    },
    GateWorkload {
        name: "rough-network",
        script: rough_network,
    },
];

impl Script {
    fn new(seed: u64, nodes: usize) -> Script {
        Script {
            config: ClusterConfig::simple(Seed(seed), nodes),
            deeds: Vec::new(),
            until: Instant::ZERO,
        }
    }

    fn control(&mut self, at: Duration, control: Control) {
        self.deeds.push((Instant::ZERO + at, Deed::Control(control)));
    }

    /// `node` counts from 1.
    fn ask(&mut self, at: Duration, node: u8, consistency: ConsistencyLevel, query: &str) {
        let asked = self.deeds.iter().filter(|(_, deed)| matches!(deed, Deed::Ask(..)));
        let id = RequestId(asked.count() as u64 + 1);
        let request = workload::request(id, query.into(), consistency, None);
        let deed = Deed::Ask(Endpoint::nth(node), request);
        self.deeds.push((Instant::ZERO + at, deed));
    }

    fn schema(&mut self) {
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        let keyspace = format!("CREATE KEYSPACE {KEYSPACE} WITH replication = {replication}");
        self.ask(Duration::from_secs(5), 1, ConsistencyLevel::One, &keyspace);
        let table = "CREATE TABLE registers (k int PRIMARY KEY, v bigint)";
        self.ask(Duration::from_secs(7), 1, ConsistencyLevel::One, table);
    }
}

/// A keyspace, a table, a conditional insert and a read.
fn first_program() -> Script {
    let mut script = Script::new(1, 3);
    script.schema();
    let insert = "INSERT INTO registers (k, v) VALUES (1, 1) IF NOT EXISTS";
    script.ask(Duration::from_secs(9), 2, ConsistencyLevel::One, insert);
    let select = "SELECT * FROM registers WHERE k = 1";
    script.ask(Duration::from_secs(10), 3, ConsistencyLevel::LocalQuorum, select);
    script.until = Instant::ZERO + Duration::from_secs(12);
    script
}

/// A node is down while rows are written, and gets them when it is back.
fn hints_after_a_crash() -> Script {
    let mut script = Script::new(2, 3);
    script.schema();
    let seconds = Duration::from_secs;
    script.control(seconds(10), Control::Kill(Endpoint::nth(3)));
    for n in 0..50u64 {
        let insert = format!("INSERT INTO registers (k, v) VALUES ({n}, {n})");
        let node = (n % 2) as u8 + 1;
        script.ask(seconds(10 + n), node, ConsistencyLevel::Quorum, &insert);
    }
    script.control(seconds(60), Control::Start(Endpoint::nth(3)));
    for (at, consistency) in [(62, ConsistencyLevel::One), (100, ConsistencyLevel::All)] {
        script.ask(seconds(at), 3, consistency, "SELECT * FROM registers");
    }
    script.until = Instant::ZERO + seconds(105);
    script
}

/// Five nodes, all kinds of faults, and statements that do not wait for one another.
fn rough_network() -> Script {
    let mut script = Script::new(3, 5);
    script.schema();
    let nodes: Vec<_> = script.config.endpoints().collect();
    let (start, length) = (Duration::from_secs(9), Duration::from_secs(40));
    let mut random = Random::stream(script.config.seed, "statements");
    let mut at = start;
    while at < start + length {
        let (node, key) = (random.below(5) as u8 + 1, random.below(8));
        let query = match random.below(10) {
            0 => format!("DELETE FROM registers WHERE k = {key}"),
            1 => "SELECT * FROM registers".into(),
            2 => format!("UPDATE registers SET v = 0 WHERE k = {key} IF v > 5"),
            3..6 => format!("SELECT v FROM registers WHERE k = {key}"),
            _ => format!("INSERT INTO registers (k, v) VALUES ({key}, {})", random.below(1000)),
        };
        script.ask(at, node, ConsistencyLevel::Quorum, &query);
        at += random.duration(Duration::from_millis(1), Duration::from_millis(100));
    }
    let faults = faults::plan(
        script.config.seed,
        &FaultSet::all(),
        &nodes,
        Instant::ZERO + start,
        length,
    );
    let faults = faults.into_iter().map(|(at, control)| (at, Deed::Control(control)));
    script.deeds.extend(faults);
    let healed = Instant::ZERO + start + length;
    let heal = faults::heal(&nodes).into_iter().map(Deed::Control);
    script.deeds.extend(heal.map(|control| (healed, control)));
    // Stable: statements first of what happens at one moment.
    script.deeds.sort_by_key(|(at, _)| *at);
    script.until = healed + Duration::from_secs(20);
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::NodeDisk;
    use crate::storage::disk::packed;

    /// What a page keeps is the run it would have been in memory.
    #[test]
    fn a_run_on_packed_disks_is_the_same() {
        for workload in WORKLOADS {
            let script = (workload.script)();
            let packed = script.run_on(|_| NodeDisk::Packed(packed::in_memory()));
            assert_eq!(packed, script.run(), "{}", workload.name);
        }
    }
}
