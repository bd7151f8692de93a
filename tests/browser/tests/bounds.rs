//! However much is said, what the page holds and draws stays bounded.

use browser_tests::{Policy, Stage};
use serde_json::json;
use std::fmt::Write;

const IN_PAGE: &str = include_str!("../src/bench.js");
const STATEMENTS: usize = 1_000;
/// The last results of a script that are shown, and what stands round them.
const MOST_IN_A_BLOCK: u64 = 70;
/// Of the whole page: a fresh one has some 1,000.
const MOST_ELEMENTS: u64 = 4_000;

#[tokio::test]
async fn a_long_script_leaves_a_page_of_bounded_size() {
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    browser
        .wait_until("document.documentElement.dataset.worker === 'ready'")
        .await;
    browser.script(IN_PAGE).await;
    browser.click("[data-label=max]").await;
    let mut script = "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};\n\
                      CREATE TABLE k.t (id int PRIMARY KEY, data text);\nSELECT wrong FROM k.t;\n"
        .to_owned();
    for id in 0..STATEMENTS {
        writeln!(script, "INSERT INTO k.t (id, data) VALUES ({id}, 'x');").unwrap();
    }
    script += "SELECT count(*) FROM k.t;";
    browser.script(&format!("bench.run({}, '1000')", json!(script))).await;
    browser.wait_until("bench.took").await;
    let count = async |css: &str| {
        let script = format!("return document.querySelectorAll({}).length", json!(css));
        browser.script(&script).await.as_u64().unwrap()
    };
    let (in_block, elements) = (count(".transcript .block:last-child > *").await, count("*").await);
    assert!(in_block <= MOST_IN_A_BLOCK, "{in_block} elements in the script's block");
    assert!(elements <= MOST_ELEMENTS, "{elements} elements in the page");
    let said = browser.text().await;
    assert!(said.contains("earlier results are not kept"), "{said}");
    assert!(
        said.contains("Undefined column name wrong"),
        "the script's error stays: {said}"
    );
    browser.expect_quiet_console().await;
}
