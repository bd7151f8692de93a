//! The hub's role: goes on whenever a message comes or its timer rings, and carries away what the hub leaves.
//!
//! It never runs longer than to open or close a window, so a command gets in between any two of them.

use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen::throw_str;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::{heard, kept, listen, tell};
use crate::playground::Keep;
use crate::playground::remote::{Hub, KeptFile, Outgoing, ToCrew, ToHub};
use crate::web::bytes::memory_bytes;
use crate::web::line::Line;
use crate::web::worker_script::{crews_at_start, start_crew};

/// How long to wait when time stands until more real time has passed: browsers wait no shorter.
const TICK_MS: u32 = 4;

#[derive(Clone)]
struct HubRole(Rc<RefCell<State>>);

struct State {
    scope: DedicatedWorkerGlobalScope,
    hub: Hub,
    crews: Vec<Line<ToCrew>>,
    /// When it last went on, in the browser's milliseconds.
    last_ms: f64,
    timer: Option<Timeout>,
    /// Where what must not be forgotten goes; `None`: the run is in memory.
    kept: Option<KeptFile>,
    /// What the page says while that is opened.
    held: Option<Vec<ToHub>>,
}

/// Listens to the page.
pub fn serve(scope: &DedicatedWorkerGlobalScope) {
    let role = HubRole(Rc::new(RefCell::new(State {
        last_ms: now_ms(scope),
        scope: scope.clone(),
        hub: Hub::default(),
        crews: Vec::new(),
        timer: None,
        kept: None,
        held: None,
    })));
    // They start while the page says what the run is, and what is kept is looked for.
    let crews = (0..crews_at_start()).map(|number| role.start_crew(number)).collect();
    role.0.borrow_mut().crews = crews;
    listen(scope, move |message| {
        role.take(message);
        role.go_on();
    });
}

impl HubRole {
    fn take(&self, message: ToHub) {
        let state = &mut *self.0.borrow_mut();
        match (&mut state.held, message) {
            (Some(held), message) => held.push(message),
            (
                None,
                ToHub::Begin {
                    config,
                    rate,
                    keep: Keep::Fresh(tag),
                },
            ) => {
                state.held = Some(Vec::new());
                let role = self.clone();
                spawn_local(async move {
                    let (file, keep) = kept::find(tag).await;
                    role.begin(file, ToHub::Begin { config, rate, keep });
                });
            }
            (None, message) => state.hub.hear_page(message),
        }
    }

    fn begin(&self, file: Option<KeptFile>, begin: ToHub) {
        {
            let state = &mut *self.0.borrow_mut();
            state.kept = file;
            let held = state.held.take().unwrap_or_default();
            [begin]
                .into_iter()
                .chain(held)
                .for_each(|message| state.hub.hear_page(message));
        }
        self.go_on();
    }

    fn start_crew(&self, number: usize) -> Line<ToCrew> {
        let worker = start_crew().unwrap_or_else(|error| throw_str(&error.to_string()));
        let role = self.clone();
        // The page hears a complaint as this worker's own.
        Line::new(
            worker,
            move |event| role.hear_crew(number, event),
            |what| throw_str(what),
        )
    }

    fn hear_crew(&self, crew: usize, event: &MessageEvent) {
        {
            let state = &mut *self.0.borrow_mut();
            match event.data().is_string() {
                true => state.crews[crew].listens(),
                false => state.hub.hear_crew(crew, heard(event)),
            }
        }
        self.go_on();
    }

    fn go_on(&self) {
        let state = &mut *self.0.borrow_mut();
        let now = now_ms(&state.scope);
        let elapsed = Duration::from_secs_f64((now - state.last_ms).max(0.0) / 1000.0);
        state.last_ms = now;
        state.hub.set_own_memory(memory_bytes());
        let waits_for_crew = state.hub.go_on(elapsed);
        for outgoing in state.hub.take_outgoing() {
            self.carry(state, outgoing);
        }
        if !waits_for_crew && state.timer.is_none() {
            let role = self.clone();
            state.timer = Some(Timeout::new(TICK_MS, move || {
                role.0.borrow_mut().timer = None;
                role.go_on();
            }));
        }
    }

    fn carry(&self, state: &mut State, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Keep(kept) => {
                if let Some(file) = &mut state.kept
                    && let Err(error) = file.save(&kept)
                {
                    state.hub.cannot_keep(&error.to_string());
                    state.kept = None;
                }
            }
            Outgoing::ToPage(frame) => tell(&state.scope, &frame),
            Outgoing::ToCrew(crew, message) => {
                while state.crews.len() <= crew {
                    state.crews.push(self.start_crew(state.crews.len()));
                }
                state.crews[crew].say(message);
            }
        }
    }
}

/// Of the browser's clock that never goes back.
fn now_ms(scope: &DedicatedWorkerGlobalScope) -> f64 {
    scope.performance().map_or(0.0, |performance| performance.now())
}
