//! A node's storage in the page: rows written, flushed, looked at as bytes, and compacted.

use std::path::PathBuf;
use std::process::Command;

use browser_tests::{Browser, Policy, Stage};
use serde_json::{Value, json};

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

    // Opened, the bytes have names.
    browser.click("[aria-label='open SSTable 1']").await;
    browser.wait_for_text("SSTable 1 of ks.t on 127.0.0.1").await;
    browser
        .wait_until("document.querySelector('.sstable .plain')?.innerText.includes(\"'one'\")")
        .await;
    browser.screenshot("inspector-2-rows").await;
    browser.wait_until("document.activeElement.innerText === 'back'").await;
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

/// Drops a file onto the page as a person does.
async fn drop_file(browser: &Browser, name: &str, bytes: &[u8]) {
    let script = "const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(BYTES)], NAME));
        const target = document.querySelector('.app'), about = { dataTransfer: data, bubbles: true, cancelable: true };
        target.dispatchEvent(new DragEvent('dragover', about));
        target.dispatchEvent(new DragEvent('drop', about));";
    let script = script
        .replace("BYTES", &json!(bytes).to_string())
        .replace("NAME", &Value::from(name).to_string());
    browser.script(&script).await;
}

#[tokio::test]
async fn an_sstable_is_taken_along_and_those_of_a_real_cluster_are_opened() {
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
    enter(&browser, "INSERT INTO ks.t (id, v) VALUES (1, 'taken along');").await;
    browser.click("#tab-node").await;
    browser.wait_for_text("memtable 1 partition").await;
    browser.click("[aria-label='flush ks.t on 127.0.0.1']").await;
    browser.click("[aria-label='open SSTable 1']").await;
    browser.wait_for_text("SSTable 1 of ks.t on 127.0.0.1").await;

    let folder = std::env::temp_dir().join(format!("ringscope-downloads-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let allow = json!({"behavior": "allow", "downloadPath": folder});
    browser.devtools("Browser.setDownloadBehavior", allow).await;
    let button = "return [...document.querySelectorAll('.sstable button')].filter(it => it.innerText === 'download .tar').map(it => it.click()).length";
    assert_eq!(browser.script(button).await, 1);
    let saved = saved_in(&folder).await;
    let listed = Command::new("tar").arg("-tf").arg(&saved).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for component in ["Data.db", "Index.db", "Statistics.db", "TOC.txt"] {
        let is_it = |line: &str| line.starts_with("ks/t-") && line.ends_with(&format!("/nb-1-big-{component}"));
        assert!(listed.lines().any(is_it), "{component} is not in {listed}");
    }
    // The rows stay in view meanwhile.
    browser
        .wait_until("document.querySelector('.sstable .plain')?.innerText.includes(\"'taken along'\")")
        .await;

    // Dropped onto the page, it is opened again: nobody's any more.
    drop_file(&browser, "one.tar", &std::fs::read(&saved).unwrap()).await;
    browser
        .wait_for_text("from files: only looked at, no node has it")
        .await;
    browser
        .wait_until("document.querySelector('.sstable .plain')?.innerText.includes(\"'taken along'\")")
        .await;
    browser.screenshot("inspector-8-dropped").await;

    // One that Cassandra wrote, picked file by file.
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../golden-sstables/collections");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(golden.canonicalize().unwrap()).unwrap() {
        files.push(entry.unwrap().path().to_string_lossy().into_owned());
    }
    browser.type_into(".picker input", &files.join("\n")).await;
    browser.wait_for_text("nb-1-big, from files").await;
    browser
        .wait_until("document.querySelector('.sstable .plain tbody tr')")
        .await;
    browser.screenshot("inspector-9-real").await;
    let statistics = "return [...document.querySelectorAll('.sstable button')].filter(it => it.innerText.startsWith('Statistics.db')).map(it => it.click()).length";
    assert_eq!(browser.script(statistics).await, 1);
    browser
        .wait_until("document.querySelector('.bytes')?.innerText.includes('Murmur3Partitioner')")
        .await;
    browser.resize(360, 740).await;
    let fits = browser
        .script("return document.documentElement.scrollWidth <= 360")
        .await;
    assert_eq!(fits, true, "at 360 pixels nothing sticks out of the page");
    browser.screenshot("inspector-10-real-narrow").await;
    browser.resize(1400, 900).await;

    // What is none says why, and what was open stays.
    drop_file(&browser, "notes.tar", b"not a tar").await;
    browser.wait_for_text("notes.tar is corrupt at byte 0").await;
    browser.screenshot("inspector-11-refused").await;
    browser.expect_quiet_console().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The one file in a folder, when it is whole.
async fn saved_in(folder: &std::path::Path) -> PathBuf {
    for _ in 0..400 {
        let mut found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        if let Some(file) = found.next()
            && file.extension().is_some_and(|it| it == "tar")
        {
            return file;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("nothing was saved in {}", folder.display());
}
