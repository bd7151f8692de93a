//! The page with its cluster in its own thread: no workers and no build but this, to work on how it looks.
//!
//! `cargo build --target wasm32-unknown-unknown --example page`, then `wasm-bindgen --target web` on the result, beside an
//! `index.html` with the page's style sheets, its editor and an element `app`. `?nodes=N` starts another number of nodes.

#[cfg(target_arch = "wasm32")]
fn main() {
    page::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This example runs in a browser: its first lines say how.");
}

#[cfg(target_arch = "wasm32")]
mod page {
    use std::cell::RefCell;
    use std::rc::Rc;

    use gloo::timers::callback::Interval;
    use ringscope::base::{Duration, Seed};
    use ringscope::node::Node;
    use ringscope::playground::LocalPlayground;
    use ringscope::shell::Session;
    use ringscope::sim::{ClusterConfig, Rate};
    use ringscope::ui::page::{Wire, mount};
    use web_sys::window;

    /// Real milliseconds between two frames, and the most that one makes up for.
    const FRAME_MS: u32 = 16;
    const LONGEST_MS: f64 = 50.0;

    pub fn start() {
        console_error_panic_hook::set_once();
        let window = window().expect("a browser");
        let search = window.location().search().unwrap_or_default();
        let nodes = search
            .strip_prefix("?nodes=")
            .and_then(|nodes| nodes.parse().ok())
            .unwrap_or(3);
        let config = ClusterConfig::simple(Seed(7), nodes);
        let playground = LocalPlayground::<Node, Session>::new(config, Rate::SlowMotion);
        let playground = Rc::new(RefCell::new(playground));
        let sender = Rc::clone(&playground);
        let clock = window.performance().expect("a clock");
        let wire = Wire::new(
            move |command| sender.borrow_mut().command(command),
            move |sink| {
                let (playground, clock) = (Rc::clone(&playground), clock.clone());
                let mut last = clock.now();
                Interval::new(FRAME_MS, move || {
                    let passed = (clock.now() - last).min(LONGEST_MS);
                    last = clock.now();
                    let frame = {
                        let mut playground = playground.borrow_mut();
                        playground.pump(Duration::from_micros((passed * 1e3) as u64));
                        playground.frame()
                    };
                    sink(frame);
                })
                .forget();
            },
        );
        let place = window.document().and_then(|document| document.get_element_by_id("app"));
        mount(place.expect("an element `app`"), wire);
    }
}
