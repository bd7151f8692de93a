//! The page's numbers, one JSON line each: `cargo xtask bench-page`. On the release page in `dist/`, in a browser nobody has used.

use std::fmt::Write;
use std::time::{Duration, Instant};

use browser_tests::{Browser, Policy, Profile, Stage};
use ringscope::base::Seed;
use ringscope::playground::record::Recording;
use ringscope::playground::share::to_link;
use ringscope::sim::{ClusterConfig, Script};
use serde_json::{Value, json};

const IN_PAGE: &str = include_str!("../bench.js");
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// For one measurement, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Real time over which rates are taken.
const WHILE: Duration = Duration::from_secs(5);
const OPENINGS: usize = 3;
/// How long a browser that was closed takes to let go of its profile.
const PROFILE_IS_FREE: Duration = Duration::from_millis(500);
const STATEMENTS: usize = 4_000;
const SCHEMA: &str = "CREATE KEYSPACE bench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};\n\
    CREATE TABLE bench.t (id int PRIMARY KEY, data text);\nCONSISTENCY QUORUM\n";
/// Ends every script: nothing has this key, and cqlsh says so.
const LAST: &str = "SELECT id FROM bench.t WHERE id = -1;";
const NONE_FOUND: &str = "(0 rows)";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stage = Stage::enter(Policy::Strict).await;
    first_answer(&stage).await;
    statements(&stage).await;
    idle(&stage).await;
}

fn report(benchmark: &str, numbers: Value) {
    let mut line = json!({"benchmark": benchmark});
    if let (Some(line), Value::Object(numbers)) = (line.as_object_mut(), numbers) {
        line.extend(numbers);
    }
    println!("{line}");
}

async fn open(stage: &Stage, fragment: &str, more: &str) -> Browser {
    open_again(stage, Profile::fresh(), fragment, more).await
}

async fn open_again(stage: &Stage, profile: Profile, fragment: &str, more: &str) -> Browser {
    let browser = Browser::launch(profile).await;
    let source = json!({"source": format!("{IN_PAGE}\n{more}")});
    browser.devtools("Page.enable", json!({})).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", source).await;
    browser.goto(&stage.site.page(fragment)).await;
    browser
}

async fn number(browser: &Browser, expression: &str) -> f64 {
    let value = browser.script(&format!("return Number({expression})")).await;
    value.as_f64().unwrap_or_default()
}

/// Waits until an expression is a number, with `PATIENCE`.
async fn awaited(browser: &Browser, expression: &str) -> f64 {
    let started = Instant::now();
    loop {
        if let Some(number) = browser.script(&format!("return {expression} ?? null")).await.as_f64() {
            return number;
        }
        assert!(started.elapsed() < PATIENCE, "`{expression}` did not come");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// From opening the page, with nothing kept from before, to the answer to a query.
async fn first_answer(stage: &Stage) {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let browser = open(stage, "", "bench.ask('SELECT cluster_name FROM system.local;')").await;
        times.push(awaited(&browser, "bench.answered").await);
    }
    times.sort_by(f64::total_cmp);
    report(
        "first-answer",
        json!({"ms_median": times[OPENINGS / 2].round(), "ms_worst": times[OPENINGS - 1].round()}),
    );
}

/// QUORUM writes and reads at RF 3, one after the other from one shell at `max`, as pasted scripts; with what the page's thread and memory
/// make of them.
async fn statements(stage: &Stage) {
    let browser = open(stage, "", "").await;
    browser.element("html[data-worker=ready]").await;
    browser.click("[data-label=max]").await;
    run(&browser, &format!("{SCHEMA}{LAST}")).await;
    let inserts = (0..STATEMENTS).fold(String::new(), |mut all, id| {
        // Writing into a string does not fail.
        let _ = writeln!(
            all,
            "INSERT INTO bench.t (id, data) VALUES ({id}, 'a row of the benchmark {id}');"
        );
        all
    });
    let selects = (0..STATEMENTS).fold(String::new(), |mut all, id| {
        let _ = writeln!(all, "SELECT * FROM bench.t WHERE id = {id};");
        all
    });
    for (name, script) in [("page-writes", inserts), ("page-reads", selects)] {
        let sent = number(&browser, "document.documentElement.dataset.sent").await;
        browser.script("bench.long = []").await;
        let ms = run(&browser, &(script + LAST)).await;
        let sent = number(&browser, "document.documentElement.dataset.sent").await - sent;
        let mut numbers = json!({
            "statements": STATEMENTS,
            "a_second": (STATEMENTS as f64 / ms * 1e3).round(),
            "messages_a_second": (sent / ms * 1e3).round(),
            "dom_nodes": number(&browser, "document.querySelectorAll('*').length").await,
        });
        add_long_tasks(&browser, &mut numbers).await;
        report(name, numbers);
    }
    let memory = number(&browser, "document.documentElement.dataset.memory").await;
    report(
        "page-memory",
        json!({"mib_engine_with_rows": (memory / 1048576.0).round()}),
    );
    goes_on(stage, browser.close().await).await;
}

/// From opening the page again to a row that it kept.
async fn goes_on(stage: &Stage, mut profile: Profile) {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        tokio::time::sleep(PROFILE_IS_FREE).await;
        let browser = open_again(
            stage,
            profile,
            "",
            "bench.ask('SELECT data FROM bench.t WHERE id = 7;')",
        )
        .await;
        times.push(awaited(&browser, "bench.answered").await);
        let answer = browser.text().await;
        assert!(answer.contains("a row of the benchmark 7"), "{answer}");
        profile = browser.close().await;
    }
    times.sort_by(f64::total_cmp);
    report(
        "kept-answer",
        json!({"rows": STATEMENTS, "ms_median": times[OPENINGS / 2].round(), "ms_worst": times[OPENINGS - 1].round()}),
    );
}

async fn run(browser: &Browser, script: &str) -> f64 {
    browser
        .script(&format!("bench.run({}, {})", json!(script), json!(NONE_FOUND)))
        .await;
    awaited(browser, "bench.took").await
}

async fn add_long_tasks(browser: &Browser, numbers: &mut Value) {
    let long = browser
        .script("return [bench.long.length, Math.max(0, ...bench.long)]")
        .await;
    numbers["tasks_over_50_ms"] = long[0].clone();
    numbers["longest_of_them_ms"] = long[1].clone();
}

/// Clusters that only gossip, at `max`: how fast virtual time goes, and what the page's thread makes of as many messages.
async fn idle(stage: &Stage) {
    for nodes in [3, 5, 12] {
        let mut script = Script {
            config: ClusterConfig::simple(Seed(1), nodes),
            deeds: Vec::new(),
            until: ringscope::base::Instant::from_micros(0),
        };
        script.until = ringscope::base::Instant::from_micros(20_000_000);
        let history = script.run();
        let link = to_link(&Recording::of_script(&script, history)).expect("a run without commands fits in a link");
        let browser = open(stage, &format!("#{link}"), "").await;
        browser.element("html[data-replay]").await;
        let memory = number(&browser, "document.documentElement.dataset.memory").await;
        browser.click("[data-label=max]").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let look = "const { now, sent } = document.documentElement.dataset; return [Number(now), Number(sent), performance.now()]";
        browser.script("bench.long = []").await;
        let before = browser.script(look).await;
        tokio::time::sleep(WHILE).await;
        let after = browser.script(look).await;
        let passed =
            |place: usize| after[place].as_f64().unwrap_or_default() - before[place].as_f64().unwrap_or_default();
        let seconds = passed(2) / 1e3;
        let mut numbers = json!({
            "nodes": nodes,
            "virtual_seconds_a_second": (passed(0) / 1e6 / seconds).round(),
            "messages_a_second": (passed(1) / seconds).round(),
            "mib_engine": (memory / 1048576.0).round(),
        });
        add_long_tasks(&browser, &mut numbers).await;
        report("page-idle", numbers);
    }
}
