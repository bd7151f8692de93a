//! The history-hash gate across workers: the page, opened with a link to each of the gate's workloads, replays it in its
//! workers and comes to the history of a native run.

use browser_tests::{Policy, Stage};
use ringscope::playground::record::Recording;
use ringscope::playground::share::to_link;
use ringscope::sim::gate;

#[tokio::test]
async fn the_gates_histories_are_those_of_a_native_run() {
    let stage = Stage::enter(Policy::Strict).await;
    for workload in gate::WORKLOADS {
        let script = (workload.script)();
        let history = script.run();
        let link = to_link(&Recording::of_script(&script, history)).expect("the gate's runs fit in a link");
        let browser = stage.open_at(&format!("#{link}")).await;
        let replayed = browser.wait_until("document.documentElement.dataset.replay").await;
        let said = browser
            .script("const { replay, history } = document.documentElement.dataset; return `${replay} ${history}`")
            .await;
        assert_eq!(said, format!("as-recorded {history}"), "{}", workload.name);
        println!(
            "{}: {} virtual s in {:.1} s",
            workload.name,
            script.until.as_micros() / 1_000_000,
            replayed.as_secs_f64()
        );
        browser.expect_quiet_console().await;
    }
}
