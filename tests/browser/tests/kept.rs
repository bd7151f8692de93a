//! What a page keeps: through the tab's end, the browser's, and its sudden death.

use std::time::{Duration, Instant};

use browser_tests::{Browser, Policy, Profile, Stage};
use serde_json::{Value, json};

const SCHEMA: &str = "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}; \
    CREATE TABLE ks.t (id int PRIMARY KEY, v text);";

/// Statements that have been answered, without an error.
const ANSWERED: &str = "document.querySelectorAll('.block .footing').length";

/// How long a browser that was closed takes to let go of its profile.
const PROFILE_IS_FREE: Duration = Duration::from_millis(500);

async fn until_ready(browser: &Browser) {
    browser
        .wait_until(
            "document.querySelectorAll('svg .node').length === 3 && document.querySelector('.run:not(:disabled)')",
        )
        .await;
    browser.click(".transport [data-label='max']").await;
}

/// Pastes a script and has it run.
async fn run(browser: &Browser, script: &str) {
    let paste = "const content = document.querySelector('.cm-content'), data = new DataTransfer();
        data.setData('text/plain', SCRIPT);
        content.focus();
        content.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        const key = { key: 'Enter', code: 'Enter', keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true };
        content.dispatchEvent(new KeyboardEvent('keydown', key));";
    browser
        .script(&paste.replace("SCRIPT", &Value::from(script).to_string()))
        .await;
}

async fn number(browser: &Browser, expression: &str) -> u64 {
    let value = browser.script(&format!("return Number({expression})")).await;
    value.as_u64().unwrap_or_default()
}

async fn keeping(browser: &Browser) -> String {
    browser.wait_until("document.documentElement.dataset.keeping").await;
    let value = browser.script("return document.documentElement.dataset.keeping").await;
    value.as_str().unwrap_or_default().to_owned()
}

async fn now(browser: &Browser) -> u64 {
    number(browser, "document.documentElement.dataset.now").await
}

async fn again(stage: &Stage, profile: Profile) -> Browser {
    tokio::time::sleep(PROFILE_IS_FREE).await;
    let asked = Instant::now();
    let browser = stage.open_again(profile, "").await;
    until_ready(&browser).await;
    println!("open again and ready in {:.1} s", asked.elapsed().as_secs_f64());
    browser
}

/// The first number that a query brings.
async fn count(browser: &Browser) -> u64 {
    let before = number(browser, ANSWERED).await;
    run(browser, "CONSISTENCY QUORUM\nSELECT count(*) FROM ks.t;").await;
    browser.wait_until(&format!("{ANSWERED} > {before}")).await;
    let shown = "[...document.querySelectorAll('.output')].map(it => it.innerText).filter(it => it.includes('count'))\
        .at(-1)?.match(/\\d+/)?.[0]";
    browser.wait_until(shown).await;
    number(browser, shown).await
}

#[tokio::test]
async fn a_cluster_goes_on_when_its_page_is_opened_again() {
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    until_ready(&browser).await;
    assert_eq!(keeping(&browser).await, "kept");
    run(
        &browser,
        &format!("{SCHEMA} INSERT INTO ks.t (id, v) VALUES (1, 'one');"),
    )
    .await;
    browser.wait_until(&format!("{ANSWERED} === 3")).await;
    assert_eq!(count(&browser).await, 1);
    let before = now(&browser).await;
    browser.click("[aria-label^='Share']").await;
    browser.wait_until("location.hash.length > 20").await;
    let link = browser.script("return location.hash").await;
    browser.expect_quiet_console().await;
    let profile = browser.close().await;

    // A link's run is in memory, whatever becomes of it.
    tokio::time::sleep(PROFILE_IS_FREE).await;
    let browser = stage.open_again(profile, link.as_str().unwrap_or_default()).await;
    browser.wait_for_text("as it was").await;
    assert_eq!(keeping(&browser).await, "memory");
    run(&browser, "DROP KEYSPACE ks; SELECT * FROM ks.t;").await;
    browser.wait_for_text("does not exist").await;
    browser.expect_quiet_console().await;
    let profile = browser.close().await;

    let browser = again(&stage, profile).await;
    assert_eq!(keeping(&browser).await, "continued");
    assert!(now(&browser).await >= before);
    assert_eq!(count(&browser).await, 1);
    // Its past cannot be replayed, so there is no link.
    browser.click("[aria-label^='Share']").await;
    browser.wait_for_text("There is no link to this run").await;
    browser.screenshot("kept-1-no-link").await;

    // The page alone is loaded anew: its workers have let go of their files by then.
    browser.reload().await;
    until_ready(&browser).await;
    assert_eq!(keeping(&browser).await, "continued");
    assert_eq!(count(&browser).await, 1);

    // A second tab has a cluster of its own, and says so.
    let tab = browser.client.new_window(true).await.unwrap();
    browser.client.switch_to_window(tab.handle).await.unwrap();
    browser.goto(&stage.site.page("")).await;
    browser.wait_for_text("Another tab of this page has the cluster").await;
    assert_eq!(keeping(&browser).await, "memory");
    browser.screenshot("kept-2-second-tab").await;
    browser.client.close_window().await.unwrap();
    let windows = browser.client.windows().await.unwrap();
    browser.client.switch_to_window(windows[0].clone()).await.unwrap();

    // Emptied, after a question, it is gone for good.
    browser.click("[aria-label^='Empty everything']").await;
    browser.screenshot("kept-3-empty").await;
    browser.click("dialog[open] .confirm").await;
    browser
        .wait_until("document.documentElement.dataset.keeping === 'kept'")
        .await;
    until_ready(&browser).await;
    run(&browser, "SELECT * FROM ks.t;").await;
    browser.wait_for_text("does not exist").await;
    browser.expect_quiet_console().await;
    let profile = browser.close().await;

    let browser = again(&stage, profile).await;
    run(&browser, "SELECT * FROM ks.t;").await;
    browser.wait_for_text("does not exist").await;
    browser.expect_quiet_console().await;
}

#[tokio::test]
async fn no_acknowledged_row_is_lost_when_the_browser_is_killed() {
    const ROWS: u64 = 400;
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    until_ready(&browser).await;
    run(&browser, SCHEMA).await;
    browser.wait_until(&format!("{ANSWERED} === 2")).await;
    let rows: String = (0..ROWS)
        .map(|id| format!("INSERT INTO ks.t (id, v) VALUES ({id}, '{}');\n", "x".repeat(200)))
        .collect();
    run(&browser, &format!("CONSISTENCY QUORUM\n{rows}")).await;
    browser.wait_until(&format!("{ANSWERED} > 60")).await;
    let (before, acknowledged) = (now(&browser).await, number(&browser, ANSWERED).await - 2);
    let profile = browser.kill();

    let browser = again(&stage, profile).await;
    assert_eq!(keeping(&browser).await, "continued");
    assert!(now(&browser).await >= before);
    let found = count(&browser).await;
    assert!(
        found >= acknowledged && acknowledged < ROWS,
        "{found} of {acknowledged}"
    );
    browser.expect_quiet_console().await;
}

#[tokio::test]
async fn a_full_disk_stops_nodes_and_the_page_says_so() {
    const ENOUGH_FOR_A_SCHEMA: u64 = 4 << 20;
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    until_ready(&browser).await;
    run(&browser, SCHEMA).await;
    browser.wait_until(&format!("{ANSWERED} === 2")).await;
    let origin = browser.script("return location.origin").await;
    let quota = json!({"origin": origin, "quotaSize": ENOUGH_FOR_A_SCHEMA});
    browser.devtools("Storage.overrideQuotaForOrigin", quota).await;
    // As much at once as a shell takes, some times over.
    for first in [0, 15, 30, 45] {
        let rows: String = (first..first + 15)
            .map(|id| format!("INSERT INTO ks.t (id, v) VALUES ({id}, '{}');\n", "x".repeat(50_000)))
            .collect();
        run(&browser, &format!("CONSISTENCY QUORUM\n{rows}")).await;
    }
    browser
        .wait_for_text("hears no clients, as its disk failed: no space left on the disk")
        .await;
    browser.screenshot("kept-4-full").await;
    let acknowledged = number(&browser, ANSWERED).await - 2;

    // With room again, all goes on.
    browser
        .devtools("Storage.overrideQuotaForOrigin", json!({"origin": origin}))
        .await;
    browser.reload().await;
    until_ready(&browser).await;
    let found = count(&browser).await;
    assert!(found >= acknowledged, "{found} of {acknowledged}");
}

#[tokio::test]
async fn who_asks_for_memory_leaves_nothing() {
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open_at("?memory").await;
    until_ready(&browser).await;
    assert_eq!(keeping(&browser).await, "memory");
    let found = browser
        .script_async("const root = await navigator.storage.getDirectory(); for await (const name of root.keys()) return name; return ''")
        .await;
    assert_eq!(found, "");
    browser.expect_quiet_console().await;
}
