//! The crew's role: does what the hub says, message by message.

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, throw_str, throw_val};
use web_sys::{MessageEvent, MessagePort};

use super::Listener;
use crate::node::Node;
use crate::playground::remote::{Crew, ToCrew};
use crate::web::bytes::{from_buffer, memory_bytes, to_buffer};

/// Listens to the hub for as long as the port is open.
pub fn serve(port: &MessagePort) {
    let mut crew: Crew<Node> = Crew::default();
    let answers = port.clone();
    let listener: Listener = Closure::new(move |event: MessageEvent| {
        let message: ToCrew = match from_buffer(&event.data()) {
            Some(Ok(message)) => message,
            Some(Err(error)) => throw_str(&error.to_string()),
            None => throw_str("the hub speaks in buffers"),
        };
        match crew.hear(message, memory_bytes()) {
            Ok(Some(answer)) => {
                let (buffer, transfer) = to_buffer(&answer);
                if let Err(error) = answers.post_message_with_transferable(&buffer, &transfer) {
                    throw_val(error);
                }
            }
            Ok(None) => {}
            Err(error) => throw_str(&error.to_string()),
        }
    });
    // Setting the listener also opens the port.
    port.set_onmessage(Some(listener.into_js_value().unchecked_ref()));
}
