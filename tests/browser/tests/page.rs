//! The page starts wherever it is put, asks nothing of its host, and stays when the network goes.

use browser_tests::{Browser, Policy, Profile, Stage, built_page};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How long the workers of a page that was left may take to go.
const WORKERS_GO: Duration = Duration::from_secs(3);

async fn worker_answers(browser: &Browser) {
    browser
        .wait_until("document.documentElement.dataset.worker === 'ready'")
        .await;
}

async fn starts_under(policy: Policy) {
    let stage = Stage::enter(policy).await;
    let browser = stage.open().await;
    worker_answers(&browser).await;
    browser.expect_quiet_console().await;
    let missing: Vec<_> = stage
        .site
        .visits()
        .into_iter()
        .filter(|(_, status)| *status != 200)
        .collect();
    assert!(missing.is_empty(), "asked for what is not there: {missing:?}");
}

#[tokio::test]
async fn starts_from_any_path_without_special_headers() {
    starts_under(Policy::Plain).await;
}

#[tokio::test]
async fn starts_under_a_strict_policy() {
    starts_under(Policy::Strict).await;
}

#[tokio::test]
async fn opens_without_a_network_once_it_was_loaded() {
    let mut stage = Stage::enter(Policy::Strict).await;
    let browser = stage.open().await;
    worker_answers(&browser).await;
    let kept = browser
        .script_async("return (await navigator.serviceWorker.ready).active !== null")
        .await;
    assert_eq!(kept, true);
    stage.site.stop();
    browser.reload().await;
    worker_answers(&browser).await;
}

#[tokio::test]
async fn a_kept_page_never_hides_a_newer_one() {
    let host = copy_of_the_page();
    let stage = Stage::enter_with(host.path(), Policy::Plain).await;
    let browser = stage.open().await;
    browser.script_async("await navigator.serviceWorker.ready").await;
    change(
        &host.path().join("index.html"),
        "<title>Ringscope</title>",
        "<title>Newer</title>",
    );
    change(
        &host.path().join("service-worker.js"),
        "const VERSION = \"",
        "const VERSION = \"newer",
    );
    browser.reload().await;
    worker_answers(&browser).await;
    assert_eq!(browser.client.title().await.unwrap(), "Newer");
    // The browser looks for a newer one, though asked to, only once the page leaves it the time.
    browser.click(".pause").await;
    browser
        .script("navigator.serviceWorker.getRegistration().then(it => it.update())")
        .await;
    // Both are kept while a page of the old one may be open; the old one goes when the last such page does.
    browser.wait_until_async("(await caches.keys()).length === 2").await;
    // The workers of a page that was left count as open pages, and take a moment to go.
    browser.goto("about:blank").await;
    tokio::time::sleep(WORKERS_GO).await;
    browser.goto(&stage.site.page("")).await;
    browser.wait_until_async("(await caches.keys()).length === 1").await;
}

/// Without the service worker, which fetches every file to keep it.
#[tokio::test]
async fn the_rest_of_the_program_comes_when_a_statement_needs_it() {
    let host = copy_of_the_page();
    change(&host.path().join("index.html"), "ringscope-offline", "no-offline");
    let stage = Stage::enter_with(host.path(), Policy::Strict).await;
    let rests = || {
        let visits = stage.site.visits();
        visits.iter().filter(|(file, _)| file.contains("/rest-")).count()
    };
    let browser = stage.open().await;
    browser.element(".run:not(:disabled)").await;
    browser.click(".transport [data-label='max']").await;
    ask(&browser, "SELECT key FROM system.local;").await;
    browser.wait_for_text("(1 rows)").await;
    // The page has it brought for itself, by then or later; nobody else asked.
    let brought = "performance.getEntriesByType('resource').filter(it => it.name.includes('/rest-') && it.initiatorType === 'fetch')";
    let others = rests() as u64
        - browser
            .script(&format!("return {brought}.length"))
            .await
            .as_u64()
            .unwrap();
    assert_eq!(
        others, 0,
        "a first statement needs what is listed as needed later: `cargo xtask learn-rest` lists anew"
    );
    browser.wait_until(&format!("{brought}.length === 1")).await;
    ask(&browser, "SELECT abs(-7) FROM system.local;").await;
    browser.wait_for_text("system.abs(-7)").await;
    ask(&browser, "nodetool help flush").await;
    browser.wait_for_text("Flush one or more tables").await;
    assert!(rests() > 1, "the program was not taken apart");
    browser.expect_quiet_console().await;
}

async fn ask(browser: &Browser, statement: &str) {
    browser.type_into(".prompt .cm-content", statement).await;
    browser.type_into(".prompt .cm-content", "\u{E007}").await;
}

/// Of `dist/`, to be changed.
fn copy_of_the_page() -> Profile {
    let host = Profile::fresh();
    let files = fs::read_dir(built_page()).unwrap().flatten();
    for file in files.filter(|file| file.path().is_file()) {
        fs::copy(file.path(), host.path().join(file.file_name())).unwrap();
    }
    host
}

fn change(file: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(file).unwrap();
    assert!(before.contains(from), "{} no longer says {from}", file.display());
    fs::write(file, before.replace(from, to)).unwrap();
}
