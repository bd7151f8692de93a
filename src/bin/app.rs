//! The page, and each of its workers: one program, which does what the place it finds itself in asks for.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    match web_sys::window().and_then(|window| window.document()) {
        Some(document) => open(document),
        None => ringscope::web::worker::run(),
    }
}

/// The engine in workers, and what is seen of it.
#[cfg(target_arch = "wasm32")]
fn open(document: web_sys::Document) {
    use std::cell::Cell;

    use ringscope::ui::page::{Wire, mount};
    use ringscope::web::{Engine, bring_to_page, page};

    let place = document
        .get_element_by_id("app")
        .expect("index.html has a place for the page");
    let engine = match Engine::start(
        document.clone(),
        page::config(),
        page::FIRST_RATE,
        page::keep(&document),
    ) {
        Ok(engine) => engine,
        Err(error) => return place.set_text_content(Some(&format!("Ringscope could not start: {error}"))),
    };
    page::follow_link(&document, &engine);
    bring_to_page(document.clone());
    let sender = engine.clone();
    let wire = Wire::new(
        move |command| sender.send(command),
        move |sink| {
            let document = document.clone();
            let sent = Cell::new(0);
            engine.connect(move |frame| {
                sent.set(sent.get() + u64::from(frame.sent.total()));
                page::mark(&document, &frame, sent.get());
                sink(frame);
            });
        },
    );
    mount(place, wire);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This is the page's program: `cargo xtask serve` builds and serves it.");
    std::process::ExitCode::FAILURE
}
