//! What nodes tell of themselves in `system_views`, through cqlsh and nodetool.

use ringscope::base::Seed;
use ringscope::shell::{Console, Output};
use ringscope::sim::ClusterConfig;

fn typed(console: &mut Console, text: &str) -> String {
    let mut shown = String::new();
    console.submit(&format!("{text}\n"), |output| match output {
        Output::Text(text) => shown += &text,
        Output::Error(error) => shown += &format!("{}\n", error.text),
        Output::Clear | Output::Exit => {}
    });
    shown
}

/// Ten rows written and read, at three replicas of three nodes.
fn worked() -> Console {
    let mut console = Console::start(&ClusterConfig::simple(Seed(7), 3), false);
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
    let mut script = format!(
        "CREATE KEYSPACE k WITH replication = {replication}; CREATE TABLE k.t (id int PRIMARY KEY, v text); CONSISTENCY ALL;"
    );
    for id in 0..10 {
        script += &format!("INSERT INTO k.t (id, v) VALUES ({id}, 'a');\nSELECT * FROM k.t WHERE id = {id};\n");
    }
    typed(&mut console, &script);
    console
}

/// The one value of a query that has one row of one column.
fn value(console: &mut Console, query: &str) -> String {
    let shown = typed(console, query);
    assert!(shown.contains("\n(1 rows)\n"), "{query}\n{shown}");
    shown.lines().nth(3).map(str::trim).unwrap_or_default().to_owned()
}

#[test]
fn tables_show_what_was_done_with_them() {
    let mut console = worked();
    let of = |table: &str, column: &str| {
        format!("SELECT {column} FROM system_views.{table} WHERE keyspace_name = 'k' AND table_name = 't';")
    };
    assert_eq!(value(&mut console, &of("local_write_latency", "count")), "10");
    assert_eq!(value(&mut console, &of("local_read_latency", "count")), "10");
    assert_eq!(value(&mut console, &of("rows_per_read", "p50th")), "1");
    assert_eq!(value(&mut console, &of("disk_usage", "mebibytes")), "0");
    typed(&mut console, "nodetool flush k");
    assert_eq!(value(&mut console, &of("disk_usage", "mebibytes")), "1");
    assert_eq!(value(&mut console, &of("max_sstable_size", "mebibytes")), "1");
    typed(&mut console, "nodetool snapshot -t before k");
    let snapshots = "SELECT count(*) FROM system_views.snapshots WHERE name = 'before';";
    assert_eq!(value(&mut console, snapshots), "1");
}

#[test]
fn a_node_tells_of_its_settings_and_of_its_peers() {
    let mut console = worked();
    let setting = |name: &str| format!("SELECT value FROM system_views.settings WHERE name = '{name}';");
    assert_eq!(value(&mut console, &setting("cluster_name")), "Test Cluster");
    assert_eq!(value(&mut console, &setting("num_tokens")), "8");
    assert_eq!(value(&mut console, &setting("read_request_timeout")), "5000ms");
    typed(&mut console, "nodetool disablehandoff");
    assert_eq!(value(&mut console, &setting("hinted_handoff_enabled")), "false");
    let gossip = "SELECT status_with_port FROM system_views.gossip_info WHERE address = '127.0.0.3';";
    assert!(value(&mut console, gossip).starts_with("NORMAL,"));
    for (table, column) in [
        ("internode_outbound", "sent_count"),
        ("internode_inbound", "received_count"),
    ] {
        let query = format!("SELECT {column} FROM system_views.{table} WHERE address = '127.0.0.2' AND port = 7000;");
        let counted: u32 = value(&mut console, &query).parse().unwrap();
        assert!(counted >= 20, "{table}: {counted} messages for 10 writes and 10 reads");
    }
}

#[test]
fn what_a_node_has_done_is_counted_by_stage() {
    let mut console = worked();
    let done = |name: &str| format!("SELECT completed_tasks FROM system_views.thread_pools WHERE name = '{name}';");
    assert_eq!(value(&mut console, &done("MutationStage")), "10");
    assert_eq!(value(&mut console, &done("ReadStage")), "10");
    // Asked and not yet answered: the statement that looks.
    let active = "SELECT active_tasks FROM system_views.thread_pools WHERE name = 'Native-Transport-Requests';";
    assert_eq!(value(&mut console, active), "1");
    let shown = typed(&mut console, "nodetool tpstats");
    assert!(
        shown.contains("MutationStage                  0      0       10        0       0               \n"),
        "{shown}"
    );
    let regular = "SELECT value FROM system_views.cql_metrics WHERE name = 'regular_statements_executed';";
    assert!(value(&mut console, regular).parse::<f64>().unwrap() >= 22.0);
    let own = typed(&mut console, "SELECT task FROM system_views.queries;");
    assert!(own.contains("QUERY SELECT task FROM system_views.queries"), "{own}");
}

#[test]
fn requests_are_timed_and_counted_by_table() {
    let mut console = worked();
    let of = |table: &str, column: &str| {
        format!("SELECT {column} FROM system_views.{table} WHERE keyspace_name = 'k' AND table_name = 't';")
    };
    typed(&mut console, "SELECT count(*) FROM k.t;");
    for (table, counted) in [
        ("coordinator_read_latency", "10"),
        ("coordinator_write_latency", "10"),
        ("coordinator_scan_latency", "1"),
    ] {
        assert_eq!(value(&mut console, &of(table, "count")), counted, "{table}");
    }
    assert_ne!(value(&mut console, &of("local_scan_latency", "count")), "0");
    // Two ways over a link, at least.
    let median: f64 = value(&mut console, &of("coordinator_write_latency", "p50th_ms"))
        .parse()
        .unwrap();
    assert!((0.5..50.0).contains(&median), "{median} ms");
    let shown = typed(&mut console, "nodetool proxyhistograms");
    let row = shown.lines().find(|line| line.starts_with("50%")).unwrap_or_default();
    let medians: Vec<f64> = row.split_whitespace().skip(1).map(|it| it.parse().unwrap()).collect();
    assert_eq!(medians.len(), 6, "{shown}");
    assert!(medians[..3].iter().all(|it| *it > 0.0), "{shown}");
    assert!(medians[3..].iter().all(|it| *it == 0.0), "{shown}");
}

#[test]
fn what_nodetool_throws_away_is_made_again() {
    let mut console = worked();
    let keys = |column: &str| format!("SELECT {column} FROM system_views.caches WHERE name = 'keys';");
    typed(&mut console, "nodetool flush k");
    typed(
        &mut console,
        "SELECT * FROM k.t WHERE id = 1; SELECT * FROM k.t WHERE id = 1;",
    );
    assert_ne!(value(&mut console, &keys("hit_count")), "0");
    typed(&mut console, "nodetool invalidatekeycache");
    assert_eq!(value(&mut console, &keys("entry_count")), "0");
    typed(&mut console, "CREATE INDEX by_v ON k.t (v);");
    let search = "SELECT count(*) FROM k.t WHERE v = 'a';";
    assert_eq!(value(&mut console, search), "10");
    for line in [
        "rebuild_index k t by_v",
        "stop COMPACTION",
        "reloadlocalschema",
        "invalidaterowcache",
    ] {
        assert_eq!(typed(&mut console, &format!("nodetool {line}")).trim(), "", "{line}");
    }
    assert_eq!(value(&mut console, search), "10");
    assert!(typed(&mut console, "nodetool repair").contains("repair is not supported: there is no repair"));
}

#[test]
fn compactions_are_remembered_through_a_restart() {
    let mut console = worked();
    assert_eq!(
        typed(&mut console, "nodetool compactionhistory"),
        "There is no compaction history\n"
    );
    typed(
        &mut console,
        "nodetool flush k\nINSERT INTO k.t (id, v) VALUES (1, 'b');",
    );
    typed(&mut console, "nodetool flush k\nnodetool compact k t");
    let history = typed(&mut console, "nodetool compactionhistory");
    let row = history.lines().nth(2).unwrap_or_default();
    assert!(row.contains(" k             t                 20"), "{history}");
    assert!(row.contains(" {1:9, 2:1} "), "{history}");
    assert!(
        row.trim_end().ends_with("{compaction_type:Major compaction}"),
        "{history}"
    );
    assert_eq!(typed(&mut console, "! down 1\n! up 1"), "");
    assert_eq!(typed(&mut console, "nodetool compactionhistory"), history);
    let merged = "SELECT rows_merged FROM system.compaction_history WHERE columnfamily_name = 't' ALLOW FILTERING;";
    assert_eq!(value(&mut console, merged), "{1: 9, 2: 1}");
}
