//! The playground with real nodes and the real cqlsh: what the page does, without a page.

use ringscope::base::{Duration, Seed};
use ringscope::node::Node;
use ringscope::playground::LocalPlayground;
use ringscope::playground::api::{Command, ShellId};
use ringscope::shell::Session;
use ringscope::sim::{ClusterConfig, Rate};

#[test]
fn a_script_runs_and_its_result_is_cqlshs() {
    let config = ClusterConfig::simple(Seed(1), 3);
    let mut playground: LocalPlayground<Node, Session> = LocalPlayground::new(config, Rate::Max);
    assert!(
        playground.run_until_idle(Duration::from_secs(60)),
        "the cluster does not come up"
    );
    let script = "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};\n\
                  USE ks;\nCREATE TABLE t (id int PRIMARY KEY, v text);\nCONSISTENCY QUORUM\n\
                  INSERT INTO t (id, v) VALUES (1, 'one');\nSELECT * FROM t WHERE id = 1;\n";
    playground.command(Command::Shell {
        shell: ShellId(0),
        text: script.into(),
    });
    assert!(
        playground.run_until_idle(Duration::from_secs(60)),
        "the script does not end"
    );
    let shown = format!("{:?}", playground.shell_updates());
    assert!(
        shown.contains(" id | v\\n----+-----\\n  1 | one\\n\\n(1 rows)\\n"),
        "{shown}"
    );
}
