//! What a worker is: the hub, or a crew. Its first message says which.
//!
//! From then on everything is bytes: the page and the hub speak through the workers' own channel, the hub and each crew through
//! a `MessagePort` that the page made for them.

mod crew_role;
mod hub_role;
mod kept;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue, throw_str};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use super::READY;
use hub_role::HubRole;

/// The first message to the worker that is to be the hub. A message of the same word later brings the port of the next crew.
pub const HUB: &str = "hub";
/// The first message to a worker that is to be a crew; the port to the hub comes with it.
pub const CREW: &str = "crew";

type Listener = Closure<dyn FnMut(MessageEvent)>;

/// Says that the worker is there, and waits to be told what to be.
pub fn run() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let role: Rc<RefCell<Option<Role>>> = Rc::default();
    let own_scope = scope.clone();
    let listener: Listener = Closure::new(move |event: MessageEvent| {
        let mut role = role.borrow_mut();
        match &mut *role {
            None => *role = Some(Role::from(&event, &own_scope)),
            Some(Role::Hub(hub)) => hub.hear_page(&event),
            Some(Role::Crew) => throw_str("a crew listens to the hub only"),
        }
    });
    scope.set_onmessage(Some(listener.into_js_value().unchecked_ref()));
    if let Err(error) = scope.post_message(&JsValue::from_str(READY)) {
        wasm_bindgen::throw_val(error);
    }
}

enum Role {
    Hub(HubRole),
    Crew,
}

impl Role {
    fn from(event: &MessageEvent, scope: &DedicatedWorkerGlobalScope) -> Role {
        match event.data().as_string().as_deref() {
            Some(HUB) => Role::Hub(HubRole::new(scope.clone())),
            Some(CREW) => match port_of(event) {
                Some(port) => {
                    crew_role::serve(&port);
                    Role::Crew
                }
                None => throw_str("a crew needs a port to the hub"),
            },
            _ => throw_str("a worker's first message says whether it is the hub or a crew"),
        }
    }
}

/// The port that came with a message.
fn port_of(event: &MessageEvent) -> Option<MessagePort> {
    let ports: Array = event.ports().unchecked_into();
    ports.get(0).dyn_into().ok()
}
