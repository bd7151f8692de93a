//! The crate as WebAssembly in a real browser: what native tests cannot show. `cargo xtask test` runs it in headless Chromium.

#![cfg(target_arch = "wasm32")]

use ringscope::sim::gate;
use ringscope::web::{WorkerScriptError, start_hub};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_page_without_a_worker_script_is_told_so() {
    let document = web_sys::window().unwrap().document().unwrap();
    assert!(matches!(start_hub(&document, 3), Err(WorkerScriptError::NotNamed(_))));
}

#[wasm_bindgen_test]
fn the_gates_histories_are_those_of_a_native_run() {
    let hashes = gate::WORKLOADS.map(|workload| format!("{} {}\n", workload.name, (workload.script)().run()));
    assert_eq!(hashes.concat(), include_str!("gate.txt"));
}
