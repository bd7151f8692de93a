//! What a worker is: the hub, or a crew.
//!
//! Everything said to and by it is bytes, through its own channel: the page and the hub, the hub and each crew.

mod crew_role;
mod hub_role;
mod kept;

use js_sys::ArrayBuffer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue, throw_str, throw_val};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::READY;
use super::bytes::{from_buffer, to_buffer};
use super::worker_script::Role;

/// Is what the worker was started to be, and says that it listens.
pub fn run() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    match Role::own() {
        Some(Role::Hub) => hub_role::serve(&scope),
        Some(Role::Crew) => crew_role::serve(&scope),
        None => throw_str("a worker is started to be the hub or a crew"),
    }
    if let Err(error) = scope.post_message(&JsValue::from_str(READY)) {
        throw_val(error);
    }
}

/// Hears whoever started this worker for as long as it lives.
fn listen<T: DeserializeOwned>(scope: &DedicatedWorkerGlobalScope, mut hear: impl FnMut(T) + 'static) {
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(heard(&event)));
    scope.set_onmessage(Some(listener.into_js_value().unchecked_ref()));
}

/// The message of an event. Whatever else comes is a fault of this program.
fn heard<T: DeserializeOwned>(event: &MessageEvent) -> T {
    match from_buffer(&event.data()) {
        Some(Ok(message)) => message,
        Some(Err(error)) => throw_str(&error.to_string()),
        None => throw_str("workers speak in buffers"),
    }
}

/// Says something to whoever started this worker.
fn tell(scope: &DedicatedWorkerGlobalScope, message: &impl Serialize) {
    let (buffer, transfer): (ArrayBuffer, _) = to_buffer(message);
    if let Err(error) = scope.post_message_with_transfer(&buffer, &transfer) {
        throw_val(error);
    }
}
