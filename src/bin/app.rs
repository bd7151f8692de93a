//! The page.

#[cfg(target_arch = "wasm32")]
fn main() {
    use ringscope::web;
    use wasm_bindgen::prelude::{Closure, JsCast};
    use web_sys::{MessageEvent, window};

    console_error_panic_hook::set_once();
    let document = window()
        .and_then(|window| window.document())
        .expect("the page's script runs in a window");
    let worker = web::start_worker(&document).expect("the build names the worker's script in the page");
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let said = message.data().as_string().unwrap_or_default();
        if let Some(page) = document.document_element().filter(|_| said == web::READY) {
            page.set_attribute("data-worker", &said)
                .expect("`data-worker` is a valid attribute name");
        }
    });
    worker.set_onmessage(Some(hear.into_js_value().unchecked_ref()));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This is the page's program: `cargo xtask serve` builds and serves it.");
    std::process::ExitCode::FAILURE
}
