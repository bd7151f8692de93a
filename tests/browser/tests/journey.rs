//! What a newcomer does, from the first script to a link that brings it all back elsewhere.

use browser_tests::{Browser, Policy, Stage};

const EDITOR: &str = ".prompt .cm-content";
/// WebDriver's code for the Enter key.
const ENTER: &str = "\u{E007}";

/// How many answers stand in the transcript.
async fn answers(browser: &Browser) -> u64 {
    let count = browser
        .script("return document.querySelectorAll('.block .footing').length")
        .await;
    count.as_u64().unwrap_or_default()
}

/// Types a line as a person does, and presses Enter.
async fn enter(browser: &Browser, line: &str) {
    browser.type_into(EDITOR, line).await;
    browser.type_into(EDITOR, ENTER).await;
}

/// Types a statement and waits for its end.
async fn ask(browser: &Browser, statement: &str) {
    let before = answers(browser).await;
    enter(browser, statement).await;
    browser
        .wait_until(&format!(
            "document.querySelectorAll('.block .footing').length > {before}"
        ))
        .await;
}

/// The text of the last thing said in the shell.
async fn last_said(browser: &Browser) -> String {
    let text = browser
        .script("return [...document.querySelectorAll('.transcript .block')].at(-1)?.innerText ?? ''")
        .await;
    text.as_str().unwrap_or_default().to_owned()
}

async fn set_rate(browser: &Browser, rate: &str) {
    browser.click(&format!(".transport [data-label='{rate}']")).await;
}

/// Opens a node's menu and does what one of its entries says.
async fn choose(browser: &Browser, node: &str, entry: &str) {
    // On the disc: the middle of the element may lie beside it, as its label belongs to it.
    browser
        .script(&format!(
            "document.getElementById('node-{node}').dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))"
        ))
        .await;
    browser.element(".popover [role=menuitem]").await;
    let script = "return [...document.querySelectorAll('.popover [role=menuitem]')]
        .filter(item => item.querySelector('span').innerText === ENTRY).map(item => item.click()).length";
    let found = browser.script(&script.replace("ENTRY", &format!("{entry:?}"))).await;
    assert_eq!(found, 1, "{entry} is no entry of {node}'s menu");
}

async fn until_ready(browser: &Browser) {
    browser
        .wait_until(
            "document.querySelectorAll('svg .node').length === 3 && document.querySelector('.run:not(:disabled)')",
        )
        .await;
}

/// The history that the transcript's last remark names.
async fn history(browser: &Browser) -> String {
    let found = browser
        .script("return [...document.querySelectorAll('.note')].map(note => note.innerText.match(/history is ([0-9a-f]{32})/)?.[1]).filter(Boolean).at(-1)")
        .await;
    found.as_str().unwrap_or_default().to_owned()
}

/// The tables the shell has shown.
async fn tables(browser: &Browser) -> String {
    let found = browser
        .script("return [...document.querySelectorAll('.output')].map(output => output.innerText).filter(text => text.includes('rows)')).join('\\n')")
        .await;
    found.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_newcomer_sees_a_cluster_lose_a_node_and_gets_it_back_from_a_link() {
    let stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    browser.resize(1280, 800).await;
    until_ready(&browser).await;
    browser.screenshot("journey-1-open").await;

    // The first program, as it is typed.
    set_rate(&browser, "real time").await;
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
    ask(
        &browser,
        &format!("CREATE KEYSPACE my_keyspace WITH replication = {replication};"),
    )
    .await;
    ask(
        &browser,
        "CREATE TABLE my_keyspace.my_table (id INT PRIMARY KEY, data TEXT);",
    )
    .await;
    ask(
        &browser,
        "INSERT INTO my_keyspace.my_table (id, data) VALUES (1, 'one') IF NOT EXISTS;",
    )
    .await;
    assert!(last_said(&browser).await.contains("[applied]"));
    enter(&browser, "CONSISTENCY LOCAL_QUORUM").await;
    browser.wait_for_text("Consistency level set to LOCAL_QUORUM.").await;
    ask(&browser, "SELECT * FROM my_keyspace.my_table WHERE id = 1;").await;
    assert!(
        last_said(&browser).await.contains("  1 |  one"),
        "{}",
        last_said(&browser).await
    );
    browser.screenshot("journey-2-first-script").await;

    // A node dies; once the others know, QUORUM goes on and ALL cannot.
    choose(&browser, "127.0.0.3", "Kill").await;
    set_rate(&browser, "max").await;
    browser
        .wait_until("document.querySelector('[id=\"node-127.0.0.3\"]').ariaLabel.includes('taken for dead by 2 nodes')")
        .await;
    set_rate(&browser, "real time").await;
    enter(&browser, "nodetool status my_keyspace").await;
    browser
        .wait_until("document.body.innerText.match(/DN +127.0.0.3 /)")
        .await;
    enter(&browser, "CONSISTENCY QUORUM").await;
    browser.wait_for_text("Consistency level set to QUORUM.").await;
    ask(
        &browser,
        "INSERT INTO my_keyspace.my_table (id, data) VALUES (2, 'two');",
    )
    .await;
    ask(&browser, "SELECT * FROM my_keyspace.my_table WHERE id = 2;").await;
    assert!(
        last_said(&browser).await.contains("  2 |  two"),
        "{}",
        last_said(&browser).await
    );
    enter(&browser, "CONSISTENCY ALL").await;
    browser.wait_for_text("Consistency level set to ALL.").await;
    ask(&browser, "SELECT * FROM my_keyspace.my_table WHERE id = 2;").await;
    let refused = "Unavailable: Error from server: code=1000 [Unavailable exception] message=\"Cannot achieve consistency \
                   level ALL\" info={'consistency': 'ALL', 'required_replicas': 3, 'alive_replicas': 2}";
    assert!(
        last_said(&browser).await.contains(refused),
        "{}",
        last_said(&browser).await
    );
    browser.screenshot("journey-3-a-node-is-down").await;

    // It comes back, and with it the write it missed.
    browser.click("#tab-events").await;
    choose(&browser, "127.0.0.3", "Start").await;
    set_rate(&browser, "max").await;
    browser.wait_for_text("delivered a hint to 127.0.0.3").await;
    set_rate(&browser, "real time").await;
    ask(&browser, "SELECT * FROM my_keyspace.my_table WHERE id = 2;").await;
    assert!(
        last_said(&browser).await.contains("  2 |  two"),
        "{}",
        last_said(&browser).await
    );
    browser.screenshot("journey-4-the-hint-arrived").await;
    let replicas = browser
        .script("return [...document.querySelectorAll('.footing .link')].filter(link => link.innerText === 'replicas').map(link => link.click()).length")
        .await;
    assert!(replicas.as_u64() > Some(0));
    // The statement itself says 'two' as well: what counts is that all three replicas show it.
    let held = "[...document.querySelectorAll('table.replicas td')].filter(cell => cell.innerText.includes('two'))";
    browser.wait_until(&format!("{held}.length === 3")).await;
    browser.screenshot("journey-5-replicas").await;

    // The link brings the run back where nobody has been before.
    browser.click("[aria-label^='Share']").await;
    browser.wait_for_text("its history is ").await;
    browser.wait_until("location.hash.length > 20").await;
    let link = browser.script("return location.hash").await;
    let (shared, shown) = (history(&browser).await, tables(&browser).await);
    assert_eq!(shared.len(), 32);
    browser.screenshot("journey-6-shared").await;
    browser.expect_quiet_console().await;
    drop(browser);

    let elsewhere = stage.open_at(link.as_str().unwrap_or_default()).await;
    elsewhere.resize(1280, 800).await;
    elsewhere.wait_for_text("as it was").await;
    assert_eq!(history(&elsewhere).await, shared);
    assert_eq!(tables(&elsewhere).await, shown);
    elsewhere.screenshot("journey-7-elsewhere").await;
    elsewhere.expect_quiet_console().await;
}
