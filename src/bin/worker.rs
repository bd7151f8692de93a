//! A node or the network, as its first message says.

#[cfg(target_arch = "wasm32")]
fn main() {
    use ringscope::web;
    use wasm_bindgen::{JsCast, JsValue};

    console_error_panic_hook::set_once();
    let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope
        .post_message(&JsValue::from_str(web::READY))
        .expect("a string can always be posted");
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This is the page's worker: `cargo xtask serve` builds and serves it.");
    std::process::ExitCode::FAILURE
}
