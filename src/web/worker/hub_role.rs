//! The hub's role: goes on whenever a message comes or its timer rings, and carries away what the hub leaves.
//!
//! It never runs longer than to open or close a window, so a command gets in between any two of them.

use core::time::Duration;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, throw_str, throw_val};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use super::{HUB, Listener, kept, port_of};
use crate::playground::Keep;
use crate::playground::remote::{FromHub, Hub, KeptFile, Outgoing, ToCrew, ToHub};
use crate::web::bytes::{from_buffer, memory_bytes, to_buffer};

/// How long to wait when time stands until more real time has passed: browsers wait no shorter.
const TICK_MS: u32 = 4;

pub struct HubRole(Rc<RefCell<State>>);

struct State {
    scope: DedicatedWorkerGlobalScope,
    hub: Hub,
    crews: Vec<CrewLine>,
    /// When it last went on, in the browser's milliseconds.
    last_ms: f64,
    timer: Option<Timeout>,
    /// Where what must not be forgotten goes; `None`: the run is in memory.
    kept: Option<KeptFile>,
    /// What the page says while that is opened.
    held: Option<Vec<ToHub>>,
}

/// The line to one crew. What is said before the port is there waits for it.
#[derive(Default)]
struct CrewLine {
    port: Option<(MessagePort, Listener)>,
    waiting: VecDeque<ToCrew>,
}

impl CrewLine {
    fn say(&mut self, message: ToCrew) {
        match &self.port {
            Some((port, _)) => {
                let (buffer, transfer) = to_buffer(&message);
                if let Err(error) = port.post_message_with_transferable(&buffer, &transfer) {
                    throw_val(error);
                }
            }
            None => self.waiting.push_back(message),
        }
    }
}

impl HubRole {
    pub fn new(scope: DedicatedWorkerGlobalScope) -> HubRole {
        HubRole(Rc::new(RefCell::new(State {
            last_ms: now_ms(&scope),
            scope,
            hub: Hub::default(),
            crews: Vec::new(),
            timer: None,
            kept: None,
            held: None,
        })))
    }

    pub fn hear_page(&self, event: &MessageEvent) {
        match from_buffer(&event.data()) {
            Some(Ok(message)) => self.take(message),
            Some(Err(error)) => throw_str(&error.to_string()),
            None if event.data().as_string().as_deref() == Some(HUB) => self.take_port(event),
            None => throw_str("the page speaks to the hub in buffers"),
        }
        self.go_on();
    }

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
                let role = HubRole(self.0.clone());
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

    /// The next crew is there.
    fn take_port(&self, event: &MessageEvent) {
        let Some(port) = port_of(event) else {
            throw_str("a crew came without its port");
        };
        let state = &mut *self.0.borrow_mut();
        let place = state.crews.iter().position(|line| line.port.is_none());
        let number = place.unwrap_or(state.crews.len());
        if number == state.crews.len() {
            state.crews.push(CrewLine::default());
        }
        let role = HubRole(self.0.clone());
        let listener: Listener = Closure::new(move |event: MessageEvent| role.hear_crew(number, &event));
        port.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        let line = &mut state.crews[number];
        line.port = Some((port, listener));
        for message in core::mem::take(&mut line.waiting) {
            line.say(message);
        }
    }

    fn hear_crew(&self, crew: usize, event: &MessageEvent) {
        match from_buffer(&event.data()) {
            Some(Ok(message)) => self.0.borrow_mut().hub.hear_crew(crew, message),
            Some(Err(error)) => throw_str(&error.to_string()),
            None => throw_str("a crew speaks in buffers"),
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
            state.carry(outgoing);
        }
        if !waits_for_crew && state.timer.is_none() {
            let role = HubRole(self.0.clone());
            state.timer = Some(Timeout::new(TICK_MS, move || {
                role.0.borrow_mut().timer = None;
                role.go_on();
            }));
        }
    }
}

impl State {
    fn carry(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Keep(kept) => {
                if let Some(file) = &mut self.kept
                    && let Err(error) = file.save(&kept)
                {
                    self.hub.cannot_keep(&error.to_string());
                    self.kept = None;
                }
            }
            Outgoing::ToPage(message) => self.tell_page(&message),
            Outgoing::ToCrew(crew, message) => {
                if crew >= self.crews.len() {
                    self.crews.resize_with(crew + 1, CrewLine::default);
                }
                self.crews[crew].say(message);
            }
        }
    }

    fn tell_page(&self, message: &FromHub) {
        let (buffer, transfer) = to_buffer(message);
        if let Err(error) = self.scope.post_message_with_transfer(&buffer, &transfer) {
            throw_val(error);
        }
    }
}

/// Of the browser's clock that never goes back.
fn now_ms(scope: &DedicatedWorkerGlobalScope) -> f64 {
    scope.performance().map_or(0.0, |performance| performance.now())
}
