//! The playground with real nodes and the real cqlsh: what the page does, without a page.

use ringscope::base::{Duration, Endpoint, Seed};
use ringscope::node::{Finding, Inspect, Node, SstableRef, StorageView, Subject};
use ringscope::playground::LocalPlayground;
use ringscope::playground::api::{CellState, Command, Frame, PartitionRef, ShellEntry, ShellId, Watch};
use ringscope::playground::record::Recording;
use ringscope::playground::share::to_link;
use ringscope::sim::{ClusterConfig, Rate, gate};

#[test]
fn a_script_runs_and_its_result_is_cqlshs() {
    let config = ClusterConfig::simple(Seed(1), 3);
    let mut playground: LocalPlayground<Node> = LocalPlayground::new(config, Rate::Max);
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

type Local = LocalPlayground<Node>;

const PATIENCE: Duration = Duration::from_secs(120);

fn with_a_table(seed: u64) -> Local {
    let mut playground = Local::new(ClusterConfig::simple(Seed(seed), 3), Rate::Max);
    type_in(
        &mut playground,
        "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};\n\
         USE ks;\nCREATE TABLE t (id int PRIMARY KEY, v text);\nCONSISTENCY QUORUM\n\
         INSERT INTO t (id, v) VALUES (1, 'one');\n",
    );
    playground
}

/// Types into the first shell and waits for the end of what was typed.
fn type_in(playground: &mut Local, text: &str) {
    playground.command(Command::Shell {
        shell: ShellId::FIRST,
        text: text.into(),
    });
    assert!(playground.run_until_idle(PATIENCE), "{text}");
}

fn pass(playground: &mut Local, length: Duration) {
    let until = playground.playground().now() + length;
    playground.run_until(until);
}

fn watch(playground: &mut Local, key: &str) {
    let partition = Some(PartitionRef {
        keyspace: "ks".into(),
        table: "t".into(),
        key: key.into(),
    });
    playground.command(Command::Watch(Box::new(Watch {
        partition,
        ..Watch::default()
    })));
    // The schema first, then the partition.
    playground.frame();
}

/// The values of column `v`, a replica each; "?" is stale, "-" missing, "x" unreachable.
fn values(frame: &Frame) -> Vec<String> {
    let replicas = frame.replicas.as_ref().expect("a partition is watched");
    assert_eq!(replicas.error, None);
    let cells = replicas.rows.iter().flat_map(|row| &row.cells);
    let cell = cells
        .into_iter()
        .find(|cell| cell.column == "v")
        .expect("the row has its cell");
    let text = |state: &Option<CellState>| match state {
        None => "x".to_owned(),
        Some(CellState::Missing) => "-".to_owned(),
        Some(CellState::Live {
            value, stale: false, ..
        }) => value.clone(),
        Some(CellState::Live { value, .. }) => format!("{value}?"),
        Some(CellState::Deleted { .. }) => "deleted".to_owned(),
    };
    cell.states.iter().map(text).collect()
}

#[test]
fn a_statement_says_which_partition_it_is_about() {
    let mut playground = with_a_table(2);
    playground.frame();
    let statement = playground.frame().statement.unwrap();
    let partition = statement.partition.clone().unwrap();
    assert_eq!((partition.table.as_str(), partition.key.as_str()), ("t", "1"));
    assert_eq!((statement.replicas.len(), statement.required), (3, Some(2)));
    assert!(statement.answered.len() >= 2, "{:?}", statement.answered);
    assert!(statement.token.is_some() && statement.took.is_some());
}

#[test]
fn a_write_missed_is_shown_and_comes_by_a_hint() {
    let mut playground = with_a_table(3);
    watch(&mut playground, "1");
    assert_eq!(values(&playground.frame()), ["'one'", "'one'", "'one'"]);
    let last = playground.frame().replicas.unwrap().replicas[2];
    // The shell's own coordinator stays.
    let other = Endpoint::nth(if last == Endpoint::nth(1) { 2 } else { 1 });
    playground.command(Command::Connect {
        shell: ShellId::FIRST,
        node: other,
    });
    playground.command(Command::Kill { node: last });
    pass(&mut playground, Duration::from_secs(40));
    type_in(&mut playground, "INSERT INTO t (id, v) VALUES (1, 'two');\n");
    assert_eq!(values(&playground.frame()), ["'two'", "'two'", "x"]);
    playground.command(Command::Start { node: last });
    pass(&mut playground, Duration::from_millis(100));
    let frame = playground.frame();
    assert_eq!(
        values(&frame),
        ["'two'", "'two'", "'one'?"],
        "what was synced is still there"
    );
    assert!(!frame.replicas.unwrap().agree);
    pass(&mut playground, Duration::from_secs(120));
    assert_eq!(values(&playground.frame()), ["'two'", "'two'", "'two'"]);
    assert!(playground.frame().replicas.unwrap().agree);
}

#[test]
fn names_are_completed_from_the_live_schema() {
    let mut playground = with_a_table(4);
    playground.frame();
    let text = "SELECT v FROM ";
    playground.command(Command::Complete {
        id: 9,
        shell: ShellId::FIRST,
        text: text.into(),
        cursor: text.len() as u32,
    });
    let completion = playground.frame().completion.unwrap();
    assert_eq!((completion.id, completion.from), (9, text.len() as u32));
    let offered: Vec<&str> = completion.candidates.iter().map(|it| it.text.as_str()).collect();
    assert!(offered.starts_with(&["t", "ks"]), "{offered:?}");
}

#[test]
fn a_link_brings_back_rows_and_history() {
    let mut playground = with_a_table(5);
    playground.command(Command::Kill { node: Endpoint::nth(2) });
    type_in(
        &mut playground,
        "INSERT INTO t (id, v) VALUES (2, 'two');\nSELECT * FROM t;\n",
    );
    let shown = format!("{:?}", playground.shell_updates());
    playground.command(Command::Share);
    let link = playground.frame().share.unwrap().unwrap().fragment;
    let mut fresh = Local::new(ClusterConfig::simple(Seed(99), 3), Rate::SlowMotion);
    fresh.command(Command::Load { link });
    while fresh.playground().history() != playground.playground().history() {
        assert!(fresh.run_window(), "the replay ends elsewhere");
    }
    assert_eq!(format!("{:?}", fresh.shell_updates()), shown);
}

#[test]
fn the_gates_histories_are_those_of_replays() {
    for workload in gate::WORKLOADS {
        let script = (workload.script)();
        let recording = Recording::of_script(&script, script.run());
        let link = to_link(&recording).unwrap_or_else(|error| panic!("{}: {error}", workload.name));
        let mut playground = Local::new(ClusterConfig::simple(Seed(99), 3), Rate::SlowMotion);
        playground.command(Command::Load { link });
        while !playground.playground().is_settled() {
            playground.run_window();
        }
        let replayed = playground.frame().summary.replayed.unwrap();
        assert_eq!(replayed.as_recorded, Some(true), "{}", workload.name);
    }
}

/// Everything the first shell shows, errors among it.
fn shown(playground: &mut Local) -> String {
    let entries = playground.shell_updates().into_iter().flat_map(|update| update.entries);
    let text = |entry| match entry {
        ShellEntry::Output(text) => text,
        ShellEntry::Error { text, .. } => text + "\n",
        _ => String::new(),
    };
    entries.map(text).collect()
}

#[test]
fn nodetool_and_scripts_that_kill_are_part_of_the_run() {
    let mut playground = with_a_table(5);
    // Who has hardly heard of a node cannot tell that it fell silent.
    pass(&mut playground, Duration::from_secs(10));
    shown(&mut playground);
    type_in(
        &mut playground,
        "nodetool -h 127.0.0.2 disablehandoff\nnodetool -h 127.0.0.2 statushandoff\nnodetool statushandoff\n\
         ! down 3\nnodetool status ks\n! nodetool 3 version\n! down 9\n\
         CONSISTENCY ALL\nSELECT * FROM ks.t WHERE id = 1;\n! up 3\nSELECT * FROM ks.t WHERE id = 1;\n",
    );
    let first = shown(&mut playground);
    for part in [
        "Hinted handoff is not running\nHinted handoff is running\n",
        "\nUN  127.0.0.2",
        "\nDN  127.0.0.3",
        "nodetool: Failed to connect to '127.0.0.3:7199' - ConnectException: 'Connection refused'.\n",
        "There is no node 9.\n",
        "'required_replicas': 3, 'alive_replicas': 2}",
        " id | v\n----+-----\n  1 | one\n",
    ] {
        assert!(first.contains(part), "{part} is missing in\n{first}");
    }
    let recording = playground.playground().recording();
    let link = to_link(&recording).unwrap();
    // Not at full speed: it is to stand where the replay ends.
    let mut again = Local::new(ClusterConfig::simple(Seed(1), 3), Rate::RealTime);
    again.command(Command::Load { link });
    while !again.playground().is_settled() {
        again.run_window();
    }
    assert_eq!(again.playground().history(), recording.history);
    let replayed = shown(&mut again);
    assert!(replayed.ends_with(&first), "{replayed}");
}

fn inspect(playground: &mut Local, what: Subject) -> Finding {
    let node = Endpoint::nth(1);
    playground.command(Command::Watch(Box::new(Watch {
        inspect: Some(Inspect { node, what }),
        ..Watch::default()
    })));
    let found = playground.frame().inspected.expect("the node is up");
    found.answer.expect("there is an answer")
}

fn tables(playground: &mut Local) -> StorageView {
    match inspect(playground, Subject::Storage) {
        Finding::Storage(view) => *view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_nodes_storage_is_seen_as_it_fills_is_flushed_and_compacted() {
    let mut playground = with_a_table(5);
    let generations = |view: &StorageView| -> Vec<u64> {
        let table = view.tables.iter().find(|it| it.keyspace == "ks").expect("it has data");
        let sstables = table.groups.iter().flat_map(|it| &it.sstables);
        sstables.map(|it| it.generation).collect()
    };
    for n in 1..=2 {
        type_in(
            &mut playground,
            &format!("CONSISTENCY ALL\nINSERT INTO ks.t (id, v) VALUES ({n}, 'v');\n"),
        );
        let view = tables(&mut playground);
        assert!(view.segments.iter().any(|it| it.dirty.contains(&"ks.t".to_owned())));
        assert_eq!(view.tables[0].memtable_partitions, 1, "what people made comes first");
        type_in(&mut playground, "! nodetool 1 flush ks t\n");
        let view = tables(&mut playground);
        assert!(!view.segments.iter().any(|it| it.dirty.contains(&"ks.t".to_owned())));
        assert_eq!(generations(&view).len(), n);
    }
    let before = tables(&mut playground);
    let first = &before.tables[0].groups[0].sstables[0];
    assert_eq!((first.partitions, first.rows, &*first.first_key), (1, 1, "1"));
    type_in(&mut playground, "! nodetool 1 compact ks t\n");
    let after = tables(&mut playground);
    assert_eq!(generations(&after), [3]);
    let cost = after.tables[0].amplification;
    assert!(cost.compacted_bytes > 0 && cost.flushed_bytes > cost.compacted_bytes);
    assert_eq!((cost.partitions, cost.distinct_partitions), (2, 2));
}

#[test]
fn an_sstable_is_read_as_rows_and_as_bytes() {
    let mut playground = with_a_table(6);
    type_in(
        &mut playground,
        "CONSISTENCY ALL\nINSERT INTO ks.t (id, v) VALUES (2, 'two');\nDELETE v FROM ks.t WHERE id = 1;\n! nodetool 1 flush ks t\n",
    );
    let of = SstableRef::Own {
        keyspace: "ks".into(),
        table: "t".into(),
        generation: 1,
    };
    let Finding::Rows(rows) = inspect(&mut playground, Subject::Rows(of.clone())) else {
        panic!("no rows");
    };
    let keys: Vec<&str> = rows.partitions.iter().map(|it| it.key.as_str()).collect();
    assert_eq!((keys, rows.goes_on), (vec!["1", "2"], false));
    let values: Vec<Option<&str>> = rows
        .partitions
        .iter()
        .map(|it| it.rows[0].cells[0].value.as_deref())
        .collect();
    assert_eq!(values, [None, Some("'two'")]);
    assert!(rows.files.components.iter().any(|(name, _)| name == "Data.db"));
    for (file, length) in &rows.files.components {
        let subject = Subject::Bytes {
            of: of.clone(),
            file: file.clone(),
            inside: false,
            from: 0,
        };
        let Finding::Bytes(bytes) = inspect(&mut playground, subject) else {
            panic!("no bytes of {file}");
        };
        assert_eq!(bytes.annotation.length, *length, "{file}");
        assert!(!bytes.annotation.spans.is_empty());
    }
    let inside = Subject::Bytes {
        of: of.clone(),
        file: "Data.db".into(),
        inside: true,
        from: 0,
    };
    let Finding::Bytes(bytes) = inspect(&mut playground, inside.clone()) else {
        panic!("no bytes");
    };
    let two = bytes.annotation.spans.iter().find(|it| it.name == "v: value");
    assert_eq!(two.map(|it| it.value.as_str()), Some("'two'"));

    // What lies in files is asked for once: a frame without news brings none.
    assert_eq!(playground.frame().inspected, None);
    type_in(&mut playground, "! nodetool 1 compact ks t\n");
    let gone = Watch {
        inspect: Some(Inspect {
            node: Endpoint::nth(1),
            what: Subject::Rows(of),
        }),
        ..Watch::default()
    };
    playground.command(Command::Watch(Box::new(gone)));
    let answer = playground.frame().inspected.expect("there is an answer").answer;
    assert_eq!(answer, Err("SSTable 1 is no more: a compaction has merged it".into()));
}

fn golden_files(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let path = format!("{}/tests/golden-sstables/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if wanted(&name) {
            files.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    files.sort();
    files
}

fn brought_rows(playground: &mut Local, number: u32) -> Result<Finding, String> {
    let what = Subject::Rows(SstableRef::Brought(number));
    let node = Endpoint::nth(1);
    playground.command(Command::Watch(Box::new(Watch {
        inspect: Some(Inspect { node, what }),
        ..Watch::default()
    })));
    playground.frame().inspected.expect("there is an answer").answer
}

#[test]
fn sstables_of_a_real_cluster_are_opened_from_their_files() {
    let mut playground = with_a_table(7);
    for folder in [
        "simple_int",
        "collections",
        "wide_desc",
        "compression_zstd",
        "bti_da_tombstones",
    ] {
        let files = golden_files(folder, |_| true);
        playground.command(Command::Bring { files });
        let frame = playground.frame();
        let brought = frame.brought.expect("they are told of");
        assert!(
            !brought.is_empty() && brought.iter().all(|it| it.error.is_none()),
            "{folder}: {brought:?}"
        );
        assert_eq!(playground.frame().brought, None);
        for number in 0..brought.len() as u32 {
            let Ok(Finding::Rows(rows)) = brought_rows(&mut playground, number) else {
                panic!("no rows of {folder}");
            };
            assert!(!rows.partitions.is_empty(), "{folder}");
            for (file, length) in rows.files.components {
                let of = SstableRef::Brought(number);
                let (inside, from) = (false, 0);
                let Finding::Bytes(bytes) = inspect(&mut playground, Subject::Bytes { of, file, inside, from }) else {
                    panic!("no bytes of {folder}");
                };
                assert_eq!(bytes.annotation.length, length);
            }
        }
    }
}

#[test]
fn what_cannot_be_opened_is_said_why() {
    let mut playground = with_a_table(7);
    let mut bring = |files: Vec<(String, Vec<u8>)>| {
        playground.command(Command::Bring { files });
        let frame = playground.frame();
        let notices: Vec<String> = frame.notices.into_iter().map(|it| it.text).collect();
        (frame.brought.unwrap_or_default(), notices.join(" "))
    };
    let (_, why) = bring(golden_files("simple_int", |name| name.ends_with(".cql")));
    assert!(why.contains("no SSTable among these files"), "{why}");
    let (_, why) = bring(vec![("mc-1-big-Data.db".into(), vec![0])]);
    assert!(
        why.contains("mc-1-big-Data.db is of a version that is not read here"),
        "{why}"
    );
    let (_, why) = bring(vec![("a.tar".into(), vec![1; 600])]);
    assert!(why.contains("a.tar is corrupt at byte 0: this is no tar"), "{why}");
    let (brought, _) = bring(golden_files("simple_int", |name| !name.ends_with("Statistics.db")));
    let why = brought[0].error.as_deref().unwrap_or_default();
    assert!(why.starts_with("nb-1-big-Statistics.db is missing"), "{why}");
    // A table of contents is made up for whoever leaves it out.
    let (brought, _) = bring(golden_files("simple_int", |name| name.ends_with(".db")));
    assert_eq!(brought[0].error, None);
}

#[test]
fn an_sstable_that_is_taken_along_can_be_brought_again() {
    let mut playground = with_a_table(8);
    type_in(
        &mut playground,
        "CONSISTENCY ALL\nINSERT INTO ks.t (id, v) VALUES (2, 'two');\n! nodetool 1 flush ks t\n",
    );
    let of = SstableRef::Own {
        keyspace: "ks".into(),
        table: "t".into(),
        generation: 1,
    };
    let Finding::Rows(own) = inspect(&mut playground, Subject::Rows(of.clone())) else {
        panic!("no rows");
    };
    let Finding::Archive(archive) = inspect(&mut playground, Subject::Archive(of)) else {
        panic!("no archive");
    };
    assert!(
        archive.name.starts_with("ks-t-") && archive.name.ends_with("-nb-1-big.tar"),
        "{}",
        archive.name
    );
    let before = playground.frame().summary.history;
    let files = vec![(archive.name, archive.bytes)];
    playground.command(Command::Bring { files });
    let Ok(Finding::Rows(brought)) = brought_rows(&mut playground, 0) else {
        panic!("no rows");
    };
    assert_eq!(
        (&brought.partitions, &brought.files.components),
        (&own.partitions, &own.files.components)
    );
    assert_eq!(
        brought.files.columns,
        ["PartitionKey int", "v text"],
        "it does not say what its key is called"
    );
    assert_eq!(playground.frame().summary.history, before, "it is no part of the run");
}
