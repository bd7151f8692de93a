//! The line to a worker that was started here. What is said before it listens waits.

use serde::Serialize;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, throw_val};
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::bytes::to_buffer;

/// To a worker that takes messages of type `M`.
pub struct Line<M> {
    worker: Worker,
    listens: bool,
    waiting: Vec<M>,
    // Kept for as long as the worker may call them.
    _listener: Closure<dyn FnMut(MessageEvent)>,
    _complaint: Closure<dyn FnMut(ErrorEvent)>,
}

impl<M: Serialize> Line<M> {
    /// `hear` is told what the worker says, `complain` that it broke.
    pub fn new(
        worker: Worker,
        mut hear: impl FnMut(&MessageEvent) + 'static,
        mut complain: impl FnMut(&str) + 'static,
    ) -> Line<M> {
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&event));
        worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        let complaint = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| complain(&event.message()));
        worker.set_onerror(Some(complaint.as_ref().unchecked_ref()));
        Line {
            worker,
            listens: false,
            waiting: Vec::new(),
            _listener: listener,
            _complaint: complaint,
        }
    }

    pub fn say(&mut self, message: M) {
        if !self.listens {
            return self.waiting.push(message);
        }
        let (buffer, transfer) = to_buffer(&message);
        // Only a message that cannot be copied fails, and these are bytes.
        if let Err(error) = self.worker.post_message_with_transfer(&buffer, &transfer) {
            throw_val(error);
        }
    }

    /// The worker has said that it does.
    pub fn listens(&mut self) {
        self.listens = true;
        for message in core::mem::take(&mut self.waiting) {
            self.say(message);
        }
    }

    /// Ends the worker, and those that it started.
    pub fn terminate(self) {
        self.worker.terminate();
    }
}
