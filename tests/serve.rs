//! `ringscope serve` as a process: what it keeps when it is stopped, and when it is killed.

#[path = "serve/client.rs"]
mod client;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use client::Client;

/// A process that is killed with the test that started it.
struct Served {
    process: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(data: &Path, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringscope"));
    command.args(["serve", "--no-control", "--port", &port.to_string(), "--data"]);
    command.arg(data).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn serve(data: &Path) -> Served {
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut process = command(data, port).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let up = lines.next().map(Result::unwrap).unwrap_or_default();
    if !up.starts_with("The cluster is up") {
        let mut said = String::new();
        process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        panic!("{up}{said}");
    }
    // The rest is read, or the process would wait for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Served {
        process,
        address: format!("127.0.0.1:{port}"),
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ringscope-serve-{name}-{}", std::process::id()));
    // Of a test that failed before.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn create(client: &mut Client) {
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
    client
        .query(&format!("CREATE KEYSPACE k WITH replication = {replication}"))
        .unwrap();
    client.query("CREATE TABLE k.t (id int PRIMARY KEY, v text)").unwrap();
}

#[test]
fn a_cluster_that_is_stopped_goes_on_where_it_was() {
    let data = folder("stopped");
    let mut served = serve(&data);
    let mut client = Client::connect(&served.address).unwrap();
    create(&mut client);
    for id in 0..20 {
        client
            .query(&format!("INSERT INTO k.t (id, v) VALUES ({id}, 'a')"))
            .unwrap();
    }
    let bootstraps = "SELECT gossip_generation FROM system.local";
    let generation = client.query(bootstraps).unwrap()[0];
    let other = command(&data, 1).output().unwrap();
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    let holder = format!("is in use by process {}: ", served.process.id());
    assert!(!other.status.success() && said.contains(&holder), "{said}");

    let pid = served.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(served.process.wait().unwrap().success(), "it stops in good order");

    let served = serve(&data);
    let mut client = Client::connect(&served.address).unwrap();
    let mut ids = client.query("SELECT id FROM k.t").unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    assert!(
        client.query(bootstraps).unwrap()[0] > generation,
        "a start has a number of its own"
    );
    // Written later, it is newer.
    client.query("INSERT INTO k.t (id, v) VALUES (1, 'b')").unwrap();
    let newer = "SELECT id FROM k.t WHERE id = 1 AND v = 'b' ALLOW FILTERING";
    assert_eq!(client.query(newer).unwrap(), [1]);
    drop(served);

    let more = command(&data, 1).args(["--nodes", "5"]).output().unwrap();
    let said = String::from_utf8_lossy(&more.stderr).into_owned();
    assert!(
        said.contains("holds the data of 3 nodes, and 5 were asked for"),
        "{said}"
    );
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_process_that_is_killed_loses_nothing_acknowledged() {
    const ROUNDS: i32 = 3;
    const WRITES: i32 = 300;
    let data = folder("killed");
    let mut written = 0;
    for round in 0..ROUNDS {
        let mut served = serve(&data);
        let mut client = Client::connect(&served.address).unwrap();
        if round == 0 {
            create(&mut client);
        }
        let mut ids = client.query("SELECT id FROM k.t").unwrap();
        ids.sort_unstable();
        // One that was under way when the process died may be there or not.
        let acknowledged: Vec<i32> = (0..written).collect();
        assert!(
            ids == acknowledged || ids == (0..=written).collect::<Vec<_>>(),
            "after round {round}: {} rows of {written}",
            ids.len()
        );
        let writer = std::thread::spawn(move || {
            let mut id = written;
            let insert = |id: i32| format!("INSERT INTO k.t (id, v) VALUES ({id}, 'value {id}')");
            while client.query(&insert(id)).is_ok() {
                id += 1;
            }
            id
        });
        let mut watcher = Client::connect(&served.address).unwrap();
        let target = written + WRITES;
        while watcher
            .query(&format!("SELECT id FROM k.t WHERE id = {target}"))
            .unwrap()
            .is_empty()
        {}
        served.process.kill().unwrap();
        written = writer.join().unwrap();
        assert!(written > target - 1);
    }
    std::fs::remove_dir_all(data).unwrap();
}
