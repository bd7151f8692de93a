//! What a page's first minute is: opens the page in a browser that notes which functions of its program it compiles, which it does
//! when they are first called. `cargo xtask learn-rest` reads the notes.
//!
//! Takes the folder of the page, whole and with names, and the folder for the notes.

use std::path::Path;
use std::time::Duration;

use browser_tests::{Browser, Policy, Profile, Stage};
use serde_json::json;

const IN_PAGE: &str = include_str!("../bench.js");
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// For gossip, timers and what the page does when nobody types.
const A_WHILE: Duration = Duration::from_secs(2);

/// What people try first. Ends with a question that has no answer.
const SCRIPT: &str = "\
CREATE KEYSPACE my_keyspace WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};
CREATE TABLE my_keyspace.my_table (id INT PRIMARY KEY, data TEXT);
CONSISTENCY ONE
INSERT INTO my_keyspace.my_table (id, data) VALUES (1, 'one') IF NOT EXISTS;
CONSISTENCY LOCAL_QUORUM
SELECT * FROM my_keyspace.my_table;
SELECT id FROM my_keyspace.my_table WHERE id = -1;
";
const END: &str = "(0 rows)";
/// By keys, which also completes words.
const TYPED: &str = "SELECT key FROM system.local;";
const ENTER: &str = "\u{E007}";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [page, notes] = arguments.as_slice() else {
        eprintln!("usage: tour PAGE NOTES");
        std::process::exit(2);
    };
    let stage = Stage::enter_with(Path::new(page), Policy::Strict).await;
    let flags = format!("--js-flags=--perf-basic-prof --perf-basic-prof-path={notes}");
    let browser = Browser::launch_with(Profile::fresh(), &[&flags]).await;
    browser.devtools("Page.enable", json!({})).await;
    let source = json!({"source": IN_PAGE});
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", source).await;
    browser.goto(&stage.site.page("")).await;
    browser.element("html[data-worker=ready]").await;
    tokio::time::sleep(A_WHILE).await;
    browser.click("[data-label=max]").await;
    browser
        .script(&format!("bench.run({}, {})", json!(SCRIPT), json!(END)))
        .await;
    while browser.script("return bench.took ?? null").await.is_null() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    browser.type_into(".prompt .cm-content", TYPED).await;
    browser.type_into(".prompt .cm-content", ENTER).await;
    tokio::time::sleep(A_WHILE).await;
}
