//! The page starts wherever it is put, asks nothing of its host, and stays when the network goes.

use browser_tests::{Browser, Policy, Stage};

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
