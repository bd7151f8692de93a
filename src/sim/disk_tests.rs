//! What becomes of a node whose disk fails.

use super::*;
use crate::base::{Duration, Endpoint, Instant, Seed};
use crate::data::ConsistencyLevel;
use crate::event::{Event, What};
use crate::message::Envelope;
use crate::node::{NativeTransport, Node};
use crate::storage::MemoryDisk;

#[derive(Default)]
struct Notes(Vec<(Endpoint, What)>);

impl Observer<Envelope> for Notes {
    fn event(&mut self, event: &Event) {
        self.0.push((event.node, event.what.clone()));
    }

    fn sent(&mut self, _: Instant, _: &Envelope, _: Verdict) {}

    fn answer(&mut self, _: Instant, _: Answer) {}
}

const PATIENCE: Duration = Duration::from_secs(10);

struct Bench {
    cluster: Cluster<Node, Notes>,
    disks: Vec<MemoryDisk>,
}

impl Bench {
    fn start() -> Bench {
        let config = ClusterConfig::simple(Seed(1), 3);
        let disks: Vec<MemoryDisk> = config.endpoints().map(|_| MemoryDisk::new()).collect();
        let disk_of = |node: Endpoint| NodeDisk::Memory(disks[usize::from(node.number()) - 1].clone());
        let mut cluster = Cluster::start_on(&config, NativeTransport::default(), Notes::default(), disk_of);
        cluster.run_for(Duration::from_secs(10));
        Bench { cluster, disks }
    }

    fn ask(&mut self, node: u8, query: &str) -> Option<Answer> {
        let id = self.cluster.next_request();
        let request = workload::request(id, query.into(), ConsistencyLevel::Quorum, None);
        self.cluster.execute(Endpoint::nth(node), request, PATIENCE)
    }

    fn answers(&mut self, node: u8, query: &str) -> bool {
        matches!(self.ask(node, query), Some(Answer::Reply(reply)) if reply.result.is_ok())
    }

    fn saw(&self, by: u8, wanted: impl Fn(&What) -> bool) -> usize {
        let seen = self.cluster.observer().0.iter();
        seen.filter(|(node, what)| *node == Endpoint::nth(by) && wanted(what))
            .count()
    }
}

#[test]
fn a_node_whose_disk_is_full_stops_and_comes_back_when_there_is_room() {
    let mut bench = Bench::start();
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
    assert!(bench.answers(1, &format!("CREATE KEYSPACE ks WITH replication = {replication}")));
    assert!(bench.answers(1, "CREATE TABLE ks.t (k int PRIMARY KEY, v int)"));
    bench.disks[2].set_capacity(Some(bench.disks[2].used() + 100));
    for k in 0..20 {
        assert!(
            bench.answers(1, &format!("INSERT INTO ks.t (k, v) VALUES ({k}, 0)")),
            "{k}"
        );
    }
    let full = |what: &What| matches!(what, What::DiskFailed { why } if why.contains("no space left"));
    assert_eq!(bench.saw(3, full), 1, "told once");
    bench.cluster.run_for(Duration::from_secs(30));
    let down = |what: &What| matches!(what, What::PeerDown { peer, .. } if *peer == Endpoint::nth(3));
    assert_eq!((bench.saw(1, down), bench.saw(2, down)), (1, 1));
    // It hears no clients, and the others do without it.
    assert!(matches!(
        bench.ask(3, "SELECT * FROM ks.t"),
        Some(Answer::Disconnected(_))
    ));
    assert!(bench.answers(1, "SELECT * FROM ks.t"));
    assert_eq!(bench.saw(1, full) + bench.saw(2, full), 0);

    bench.disks[2].set_capacity(None);
    bench.cluster.control(Control::Kill(Endpoint::nth(3)));
    bench.cluster.control(Control::Start(Endpoint::nth(3)));
    bench.cluster.run_for(Duration::from_secs(30));
    assert!(bench.answers(3, "SELECT * FROM ks.t"));
}

#[test]
fn a_node_does_not_start_on_a_disk_that_cannot_be_written() {
    let mut bench = Bench::start();
    bench.cluster.control(Control::Kill(Endpoint::nth(2)));
    bench.cluster.run_for(Duration::from_secs(1));
    bench.disks[1].set_capacity(Some(0));
    bench.cluster.control(Control::Start(Endpoint::nth(2)));
    bench.cluster.run_for(Duration::from_secs(1));
    let refused = |what: &What| matches!(what, What::StartFailed { why } if why.contains("no space left"));
    assert_eq!(bench.saw(2, refused), 1);
}
