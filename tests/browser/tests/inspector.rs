//! A node's storage in the page: rows written, flushed, looked at as bytes, and compacted.

use browser_tests::{Browser, Policy, Stage};

const EDITOR: &str = ".prompt .cm-content";
/// WebDriver's code for the Enter key.
const ENTER: &str = "\u{E007}";

/// Types a line as a person does, and waits until the shell has done it.
async fn enter(browser: &Browser, line: &str) {
    let before = "document.querySelectorAll('.block').length";
    let count = browser.script(&format!("return {before}")).await;
    browser.type_into(EDITOR, line).await;
    browser.type_into(EDITOR, ENTER).await;
    let stop = "document.querySelector(\"[aria-label^='Stop']\")";
    browser.wait_until(&format!("{before} > {count} && !{stop}")).await;
}

/// The opened table's SSTables, by generation.
async fn generations(browser: &Browser) -> String {
    let found = browser
        .script("return [...document.querySelectorAll('details[open] .sstables tbody th button')].map(it => it.innerText.trim()).join(' ')")
        .await;
    found.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_write_is_followed_into_its_bytes() {
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    browser.resize(1400, 900).await;
    browser
        .wait_until(
            "document.querySelectorAll('svg .node').length === 3 && document.querySelector('.run:not(:disabled)')",
        )
        .await;
    browser.click(".transport [data-label='max']").await;
    enter(
        &browser,
        "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};",
    )
    .await;
    enter(&browser, "CREATE TABLE ks.t (id int PRIMARY KEY, v text);").await;
    enter(&browser, "CONSISTENCY ALL").await;
    browser.click("#tab-node").await;
    for (id, word) in [(1, "one"), (2, "two")] {
        enter(&browser, &format!("INSERT INTO ks.t (id, v) VALUES ({id}, '{word}');")).await;
        browser.wait_for_text("memtable 1 partition").await;
        browser.click("[aria-label='flush ks.t on 127.0.0.1']").await;
        browser
            .wait_until(&format!(
                "document.querySelectorAll('details[open] .sstables tbody tr').length === {id}"
            ))
            .await;
    }
    browser.screenshot("inspector-1-sstables").await;

    // Opened, the focus is on the way back, and the bytes have names.
    browser.click("[aria-label='open SSTable 1']").await;
    browser.wait_for_text("SSTable 1 of ks.t on 127.0.0.1").await;
    browser.wait_until("document.activeElement.innerText === 'back'").await;
    browser
        .wait_until("document.querySelector('.sstable .plain')?.innerText.includes(\"'one'\")")
        .await;
    browser.screenshot("inspector-2-rows").await;
    let inside = "return [...document.querySelectorAll('.sstable button')].filter(it => it.innerText.startsWith('Data.db inside')).map(it => it.click()).length";
    assert_eq!(browser.script(inside).await, 1, "new tables are compressed");
    browser
        .wait_until("['partition key length', 'row flags', 'row timestamp delta', 'v: value'].every(it => document.querySelector('.bytes')?.innerText.includes(it))")
        .await;
    browser.screenshot("inspector-3-bytes").await;
    browser.prefer(&[("prefers-color-scheme", "dark")]).await;
    browser.screenshot("inspector-4-dark").await;
    browser.resize(360, 740).await;
    browser.screenshot("inspector-5-narrow-bytes").await;
    let fits = browser
        .script("return document.documentElement.scrollWidth <= 360")
        .await;
    assert_eq!(fits, true, "at 360 pixels nothing sticks out of the page");
    browser.click(".sstable .button").await;
    browser.wait_until("document.querySelector('details .sstables')").await;
    browser.screenshot("inspector-6-narrow").await;

    browser.resize(1400, 900).await;
    browser.prefer(&[]).await;
    assert_eq!(generations(&browser).await, "1 2");
    browser.click("[aria-label='compact ks.t on 127.0.0.1']").await;
    browser
        .wait_until("document.querySelectorAll('details[open] .sstables tbody tr').length === 1")
        .await;
    assert_eq!(generations(&browser).await, "3");
    browser.screenshot("inspector-7-compacted").await;
    browser.expect_quiet_console().await;
}
