//! The Python driver and cqlsh, as they come from PyPI.

use std::process::Command;

use driver_tests::{client, here, python, run, serve};

#[test]
fn the_python_driver_finds_all_it_asks_for() {
    let server = serve(3);
    assert!(python(&server, "driver.py").ends_with("done\n"));
}

/// The scripts that `ringscope golden` runs in its own shell, in Cassandra's.
#[test]
fn golden_scripts_read_the_same_in_a_real_cqlsh() {
    let server = serve(3);
    let golden = here().join("../golden");
    let scripts = [
        "00-first-steps",
        "04-insert-select",
        "13-clustering-ranges",
        "19-aggregates-group-by",
        "25-collections-lists",
    ];
    let (port, known) = (
        server.addresses()[0].port().to_string(),
        golden.join("known-differences.txt"),
    );
    let mut command = Command::new(client("python"));
    command
        .arg(here().join("python/golden.py"))
        .arg(port)
        .arg("0")
        .arg(client("cqlsh"))
        .arg(known);
    run(command.args(scripts.map(|name| golden.join(format!("{name}.golden")))));
}

#[test]
fn cqlsh_copies_describes_and_traces() {
    let server = serve(3);
    let port = server.addresses()[0].port();
    let place = here().join(format!("../../target/cqlsh-{port}"));
    std::fs::create_dir_all(&place).unwrap();
    let (input, output) = (place.join("in.csv"), place.join("out.csv"));
    let rows: String = (0..500)
        .map(|n| format!("ada,{n},\"title, {n}\",\"{{'a', 'b{n}'}}\"\n"))
        .collect();
    std::fs::write(&input, format!("artist,number,title,tags\n{rows}")).unwrap();
    let script = std::fs::read_to_string(here().join("python/shell.cql")).unwrap();
    let script = script.replace("'IN'", &format!("'{}'", input.display()));
    let script = script.replace("'OUT'", &format!("'{}'", output.display()));
    let file = place.join("script.cql");
    std::fs::write(&file, script).unwrap();
    let mut command = Command::new(client("cqlsh"));
    let shown = run(command
        .args(["--no-color", "127.0.0.1"])
        .arg(port.to_string())
        .arg("-f")
        .arg(file)
        .env("HOME", &place));
    let shown = String::from_utf8_lossy(&shown.stdout);
    for wanted in [
        "500 rows imported from 1 files",
        "500 rows exported to 1 files",
        "CREATE TABLE shell.songs (",
        "Partitioner: Murmur3Partitioner",
        "title, 1",
        "Executing single-partition query on songs",
    ] {
        assert!(
            shown.contains(wanted),
            "{wanted:?} is not in what cqlsh printed:\n{shown}"
        );
    }
    let copied = std::fs::read_to_string(&output).unwrap();
    assert_eq!(copied.lines().count(), 501);
    assert!(copied.contains("ada,7,\"{'a', 'b7'}\",\"title, 7\""), "{copied}");
    std::fs::remove_dir_all(&place).unwrap();
}
