//! COPY and SOURCE through the shell. The files in `tests/copy` are what cqlsh 6.2.2 wrote of the same rows.
#![cfg(not(target_arch = "wasm32"))]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ringscope::base::Seed;
use ringscope::shell::{Console, Files, Output};
use ringscope::sim::ClusterConfig;

const ROWS: &str = include_str!("copy/rows.cql");
const ALL_TYPES: &str = include_str!("copy/all-types.csv");
const OTHER_DIALECT: &str = include_str!("copy/other-dialect.csv");
const FEW_DIGITS: &str = include_str!("copy/few-digits.csv");

/// Files by name.
#[derive(Clone, Default)]
struct Shelf(Rc<RefCell<BTreeMap<String, String>>>);

impl Shelf {
    fn put(&self, file: &str, text: &str) {
        self.0.borrow_mut().insert(file.to_owned(), text.to_owned());
    }

    fn get(&self, file: &str) -> String {
        self.0.borrow().get(file).cloned().unwrap_or_default()
    }

    /// In order: the rows come in the order of their tokens.
    fn lines(&self, file: &str) -> Vec<String> {
        sorted(&self.get(file))
    }
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.split_inclusive("\r\n").map(str::to_owned).collect();
    lines.sort();
    lines
}

impl Files for Shelf {
    fn read(&self, file: &str) -> Result<String, String> {
        let found = self.0.borrow().get(file).cloned();
        found.ok_or_else(|| "no such file".to_owned())
    }

    fn write(&mut self, file: &str, text: &str) -> Result<(), String> {
        self.put(file, text);
        Ok(())
    }
}

struct Shell {
    console: Console,
    files: Shelf,
}

fn shell() -> Shell {
    let mut console = Console::start(&ClusterConfig::simple(Seed(5), 3), false);
    let files = Shelf::default();
    console.files = Some(Box::new(files.clone()));
    let mut shell = Shell { console, files };
    assert_eq!(shell.typed(ROWS), "");
    shell
}

impl Shell {
    fn typed(&mut self, text: &str) -> String {
        let mut shown = String::new();
        self.console.submit(&format!("{text}\n"), |output| match output {
            Output::Text(text) => shown += &text,
            Output::Error(error) => {
                let place = error.file.map(|file| format!("{file}:{}:", error.line));
                shown += &format!("{}{}\n", place.unwrap_or_default(), error.text);
            }
            Output::Clear | Output::Exit => {}
        });
        shown
    }
}

#[test]
fn what_is_written_is_what_cqlsh_writes() {
    let mut shell = shell();
    let said = shell.typed("COPY c.t TO 'all';");
    assert!(
        said.starts_with("Starting copy of c.t with columns [id, a, b, bl,"),
        "{said}"
    );
    assert!(said.ends_with("\n5 rows exported to 1 files.\n"), "{said}");
    assert_eq!(shell.files.lines("all"), sorted(ALL_TYPES));
    shell.typed(
        "COPY c.t (id, tx, bo) TO 'other' WITH HEADER = true AND DELIMITER = '|' AND NULL = 'nil' AND BOOLSTYLE = 'yes,no' \
         AND QUOTE = '''' AND ESCAPE = '''';",
    );
    assert_eq!(shell.files.lines("other"), sorted(OTHER_DIALECT));
    shell.typed("COPY t (id, dob, f) TO 'few' WITH DOUBLEPRECISION = 3 AND FLOATPRECISION = 2;");
    assert_eq!(shell.files.lines("few"), sorted(FEW_DIGITS));
    assert_eq!(
        sorted(&shell.typed("COPY t (id, dob, f) TO STDOUT WITH DOUBLEPRECISION=3 AND FLOATPRECISION=2;")),
        sorted(FEW_DIGITS)
    );
}

#[test]
fn what_cqlsh_wrote_is_read_back() {
    let mut shell = shell();
    let before = shell.typed("SELECT * FROM t WHERE id = 1;");
    shell.files.put("all", ALL_TYPES);
    assert_eq!(shell.typed("TRUNCATE t;"), "");
    assert_eq!(
        shell.typed("COPY t FROM 'all';").lines().last(),
        Some("5 rows imported from 1 files (0 skipped).")
    );
    shell.typed("COPY t TO 'again';");
    // As with cqlsh, of a text's backslashes each way makes more.
    let but_third = |lines: Vec<String>| lines.into_iter().filter(|it| !it.starts_with("3,")).collect::<Vec<_>>();
    assert_eq!(but_third(shell.files.lines("again")), but_third(sorted(ALL_TYPES)));
    assert_eq!(shell.typed("SELECT * FROM t WHERE id = 1;"), before);
    shell.files.put("other", OTHER_DIALECT);
    shell.typed("TRUNCATE t;");
    let dialect = "DELIMITER = '|' AND NULL = 'nil' AND BOOLSTYLE = 'yes,no' AND QUOTE = '''' AND ESCAPE = ''''";
    let read = format!("COPY c.t (id, tx, bo) FROM 'other' WITH HEADER = true AND {dialect} AND SKIPCOLS = 'bo';");
    assert_eq!(
        shell.typed(&read),
        "Starting copy of c.t with columns [id, tx, bo].\n5 rows imported from 1 files (0 skipped).\n"
    );
    assert!(
        shell
            .typed("SELECT bo, tx FROM t WHERE id = 1;")
            .contains("\n null | he said \"hi\", ok\n")
    );
}

#[test]
fn what_is_no_row_is_told_and_kept() {
    let mut shell = shell();
    shell.files.put(
        "mixed",
        "7,x\r\nseven,x\r\n8\r\n,x\r\n9,\"a, b\"\r\n10,x'); DROP TABLE t; --\r\n",
    );
    let said = shell.typed("COPY t (id, tx) FROM 'mixed' WITH SKIPROWS = 1 AND ERRFILE = 'wrong';");
    let expected = [
        "Starting copy of c.t with columns [id, tx].".to_owned(),
        "Failed to import 1 rows: ParseError - Failed to parse seven : it is no int,  given up without retries".to_owned(),
        "Failed to import 1 rows: ParseError - Invalid row length 1 should be 2,  given up without retries".to_owned(),
        "Failed to import 1 rows: InvalidRequest: Error from server: code=2200 [Invalid query] message=\"Invalid null value in \
         condition for column id\""
            .to_owned(),
        "Failed to process 3 rows; failed rows written to wrong".to_owned(),
        "2 rows imported from 1 files (1 skipped).".to_owned(),
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    assert_eq!(shell.files.get("wrong"), "seven,x\r\n8\r\n,x\r\n");
    assert!(
        shell
            .typed("SELECT tx FROM t WHERE id = 10;")
            .contains("\n x'); DROP TABLE t; --\n")
    );
    shell.files.put("list", "1,\"['a'], l = [\"\r\n");
    let said = shell.typed("COPY t (id, l) FROM 'list' WITH MAXPARSEERRORS = 0;");
    assert!(
        said.contains("Failed to parse ['a'], l = [ : it is no list<text>"),
        "{said}"
    );
    assert!(said.contains("\nExceeded maximum number of parse errors 0\n"), "{said}");
    assert_eq!(shell.files.get("import_c_t.err"), "1,\"['a'], l = [\"\r\n");
}

#[test]
fn what_cannot_be_copied_is_said() {
    let mut shell = shell();
    for (statement, said) in [
        (
            "COPY t (id) TO 'x' WITH NONSENSE = 1 AND MORE = 2;",
            "Unrecognized COPY TO options: nonsense, more\n",
        ),
        (
            "COPY t TO 'x' WITH BOOLSTYLE = 'a,a';",
            "Invalid boolean styles ['a', 'a']\n",
        ),
        (
            "COPY t TO 'x' WITH DELIMITER = ';;';",
            "DELIMITER must be a 1-character string, not ';;'\n",
        ),
        (
            "COPY t TO 'x' WITH BEGINTOKEN = '5';",
            "The option BEGINTOKEN of COPY is not supported\n",
        ),
        ("COPY t FROM 'x';", "Can't open 'x' for reading: no such file\n"),
        ("COPY t FROM STDIN;", "COPY FROM STDIN is not supported: name a file\n"),
        ("COPY t;", "Improper COPY command.\n"),
        ("SOURCE 'x'", "Could not open 'x': no such file\n"),
        ("SOURCE x", "Improper SOURCE command.\n"),
    ] {
        assert_eq!(shell.typed(statement), said, "{statement}");
    }
    assert!(
        shell
            .typed("COPY nowhere TO 'x';")
            .contains("table nowhere does not exist")
    );
    assert!(shell.files.0.borrow().is_empty());
}

#[test]
fn a_sourced_file_runs_in_a_shell_of_its_own() {
    let mut shell = shell();
    shell.files.put("inner", "SELECT nothing FROM t;\n");
    shell.files.put(
        "outer",
        "CONSISTENCY\nCONSISTENCY ALL\nSOURCE 'inner'\nUSE system;\nSELECT no FROM local;\nSELECT id FROM c.t WHERE id = 2;",
    );
    let said = shell.typed("CONSISTENCY QUORUM\nSOURCE 'outer'\nCONSISTENCY\nSELECT id FROM t WHERE id = 1;");
    let said: Vec<&str> = said.lines().filter(|it| !it.is_empty()).collect();
    let undefined = "InvalidRequest: Error from server: code=2200 [Invalid query] message=\"Undefined column name";
    assert_eq!(said[0], "Consistency level set to QUORUM.");
    assert_eq!(said[1], "Current consistency level is ONE.");
    assert_eq!(said[2], "Consistency level set to ALL.");
    assert_eq!(said[3], format!("inner:2:{undefined} nothing in table c.t\""));
    assert_eq!(said[4], format!("outer:6:{undefined} no in table system.local\""));
    assert_eq!(&said[5..9], [" id", "----", "  2", "(1 rows)"]);
    assert_eq!(said[9], "Current consistency level is QUORUM.");
    assert_eq!(said[10..13], [" id", "----", "  1"]);
}

#[test]
fn a_file_ends_where_it_says_so_and_never_runs_itself_for_long() {
    let mut shell = shell();
    shell.files.put(
        "short",
        "SELECT id FROM t WHERE id = 1;\nEXIT\nSELECT id FROM t WHERE id = 2;",
    );
    let said = shell.typed("SOURCE 'short'\nSELECT id FROM t WHERE id = 4;");
    let ids: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|it| it.parse::<u32>().is_ok())
        .collect();
    assert_eq!(ids, ["1", "4"]);
    shell.files.put("again", "SOURCE 'again'\n");
    assert!(
        shell
            .typed("SOURCE 'again'")
            .contains("Could not open 'again': 32 files source one another")
    );
}

/// The rules that cqlsh has for what lies in collections: checked against it, of which one file was written by cqlsh.
#[test]
fn what_lies_in_collections_is_written_by_their_rules() {
    let mut shell = shell();
    shell.typed(
        "CREATE TYPE two (a int, b text); CREATE TABLE d (id int PRIMARY KEY, l list<double>, v double, u frozen<two>);
         INSERT INTO d (id, l, v, u) VALUES (1, [0.123456789012345], 0.123456789012345, {a: 1});",
    );
    let line = "1,[0.123457],\"{a: 1, b: }\",0.1234567890123\r\n";
    assert_eq!(shell.typed("COPY d TO STDOUT;"), line);
    shell.typed("COPY d TO 'd'; TRUNCATE d; COPY d FROM 'd';");
    assert_eq!(shell.typed("COPY d TO STDOUT;"), line);
}
