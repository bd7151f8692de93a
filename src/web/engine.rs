//! The page's side of the engine: starts the workers, sends commands, asks for a frame whenever the page can draw one.
//!
//! Workers are started relative to the document, so the page runs from any path. When one breaks, all are started anew and the
//! person is told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue, throw_val};
use web_sys::{Document, ErrorEvent, MessageChannel, MessageEvent, MessagePort, Worker};

use super::READY;
use super::bytes::{from_buffer, to_buffer};
use super::worker::{CREW, HUB};
use super::worker_script::{WorkerScriptError, start_worker};
use crate::playground::Keep;
use crate::playground::api::{Command, Frame, Notice, NoticeKind, Rate};
use crate::playground::remote::{FromHub, MAX_CREWS, ToHub};
use crate::sim::ClusterConfig;

/// Workers that break this often are not started again: something is wrong that another start does not mend.
const MAX_STARTS: u32 = 4;

/// The cluster behind the page. A clone is another handle to it.
#[derive(Clone)]
pub struct Engine(Rc<Inner>);

/// At `Max` a frame comes this long after the one before, in milliseconds: the machine is the cluster's then, and what moves cannot
/// be followed anyway. A shell that is spoken to can.
const HURRIED_FRAME_MS: u32 = 100;
const HURRIED_ANSWER_MS: u32 = 33;

/// Who is given each frame.
type Sink = Box<dyn Fn(Frame)>;

struct Inner {
    document: Document,
    config: ClusterConfig,
    rate: Rate,
    keep: Keep,
    workers: RefCell<Option<Workers>>,
    sink: RefCell<Option<Sink>>,
    /// A frame was asked for and has not come.
    asked: Cell<bool>,
    animation: RefCell<Option<AnimationFrame>>,
    /// Milliseconds until the next frame is asked for; 0: as soon as one can be drawn.
    frame_rest_ms: Cell<u32>,
    rest: RefCell<Option<Timeout>>,
    starts: Cell<u32>,
    /// Runs of workers that are gone: a frame's number of its run counts on.
    runs_before: Cell<u32>,
    last_run: Cell<u32>,
    /// What the next frame tells besides.
    notices: RefCell<Vec<Notice>>,
}

struct Workers {
    hub: Worker,
    crews: Vec<Worker>,
    hub_is_ready: bool,
    /// What the hub is to get once it listens, in order.
    errands: Vec<Errand>,
    /// Kept for as long as the workers may call them.
    listeners: Vec<Closure<dyn FnMut(MessageEvent)>>,
    complaints: Vec<Closure<dyn FnMut(ErrorEvent)>>,
}

enum Errand {
    Say(ToHub),
    /// The hub's end of the line to the next crew.
    Connect(MessagePort),
}

impl Engine {
    /// Starts the hub, and a worker for each node of `config` up to the limit.
    pub fn start(
        document: Document,
        config: ClusterConfig,
        rate: Rate,
        keep: Keep,
    ) -> Result<Engine, WorkerScriptError> {
        let engine = Engine(Rc::new(Inner {
            document,
            config,
            rate,
            keep,
            workers: RefCell::new(None),
            sink: RefCell::new(None),
            asked: Cell::new(false),
            animation: RefCell::new(None),
            frame_rest_ms: Cell::new(0),
            rest: RefCell::new(None),
            starts: Cell::new(0),
            runs_before: Cell::new(0),
            last_run: Cell::new(0),
            notices: RefCell::new(Vec::new()),
        }));
        engine.start_workers()?;
        Ok(engine)
    }

    pub fn send(&self, command: Command) {
        self.say(ToHub::Command(command));
        // Whoever does something wants to see what it does.
        if self.0.rest.take().is_some() {
            self.next_frame();
        }
    }

    /// Where frames go, from now on: one an animation frame at most.
    pub fn connect(&self, sink: impl Fn(Frame) + 'static) {
        *self.0.sink.borrow_mut() = Some(Box::new(sink));
        self.next_frame();
    }

    fn next_frame(&self) {
        let engine = self.clone();
        let animation = request_animation_frame(move |_| {
            if !engine.0.asked.replace(true) {
                engine.say(ToHub::Frame);
            }
            match engine.0.frame_rest_ms.get() {
                0 => engine.next_frame(),
                rest => engine.next_frame_after(rest),
            }
        });
        *self.0.animation.borrow_mut() = Some(animation);
    }

    fn next_frame_after(&self, rest_ms: u32) {
        let engine = self.clone();
        let rest = Timeout::new(rest_ms, move || engine.next_frame());
        *self.0.rest.borrow_mut() = Some(rest);
    }

    fn say(&self, message: ToHub) {
        if let Some(workers) = &mut *self.0.workers.borrow_mut() {
            workers.send_hub(Errand::Say(message));
        }
    }

    fn start_workers(&self) -> Result<(), WorkerScriptError> {
        self.0.starts.set(self.0.starts.get() + 1);
        self.0.asked.set(false);
        let mut workers = Workers {
            hub: start_worker(&self.0.document)?,
            crews: Vec::new(),
            hub_is_ready: false,
            errands: Vec::new(),
            listeners: Vec::new(),
            complaints: Vec::new(),
        };
        let engine = self.clone();
        let hub = workers.hub.clone();
        workers.listen(self, &hub, move |event| engine.hear_hub(event));
        workers.send_hub(Errand::Say(ToHub::Begin {
            config: Box::new(self.0.config.clone()),
            rate: self.0.rate,
            keep: self.0.keep.clone(),
        }));
        *self.0.workers.borrow_mut() = Some(workers);
        self.want_crews(self.0.config.nodes.len());
        Ok(())
    }

    fn want_crews(&self, wanted: usize) {
        let mut workers = self.0.workers.borrow_mut();
        let Some(workers) = &mut *workers else {
            return;
        };
        while workers.crews.len() < wanted.min(MAX_CREWS) {
            let worker = match start_worker(&self.0.document) {
                Ok(worker) => worker,
                Err(error) => return self.tell(error.to_string()),
            };
            let (engine, crew) = (self.clone(), worker.clone());
            workers.listen(self, &worker, move |event| {
                if is_word(event, READY) {
                    engine.connect_crew(&crew);
                }
            });
            workers.crews.push(worker);
        }
    }

    /// Lays the line between a crew that listens and the hub.
    fn connect_crew(&self, crew: &Worker) {
        let Ok(channel) = MessageChannel::new() else {
            return self.tell("the browser makes no line between workers".into());
        };
        hand_over(crew, CREW, &channel.port1());
        if let Some(workers) = &mut *self.0.workers.borrow_mut() {
            workers.send_hub(Errand::Connect(channel.port2()));
        }
    }

    fn hear_hub(&self, event: &MessageEvent) {
        match from_buffer::<FromHub>(&event.data()) {
            Some(Ok(FromHub::Frame(frame))) => self.draw(*frame),
            Some(Ok(FromHub::Crews(wanted))) => self.want_crews(wanted as usize),
            Some(Err(error)) => self.trouble(&error.to_string()),
            None if is_word(event, READY) => {
                if let Some(workers) = &mut *self.0.workers.borrow_mut() {
                    workers.hub_listens();
                }
            }
            None => self.trouble("the hub said something that is no frame"),
        }
    }

    fn draw(&self, mut frame: Frame) {
        self.0.asked.set(false);
        frame.run += self.0.runs_before.get();
        self.0.last_run.set(frame.run);
        self.0.frame_rest_ms.set(match frame.rate {
            Rate::Max if frame.paused => 0,
            Rate::Max if frame.shells.is_empty() => HURRIED_FRAME_MS,
            Rate::Max => HURRIED_ANSWER_MS,
            _ => 0,
        });
        frame.notices.append(&mut self.0.notices.borrow_mut());
        if let Some(sink) = &*self.0.sink.borrow() {
            sink(frame);
        }
    }

    fn tell(&self, text: String) {
        let kind = NoticeKind::Broken;
        self.0.notices.borrow_mut().push(Notice { kind, text });
    }

    /// A worker broke: nothing that any of them holds can be trusted.
    fn trouble(&self, what: &str) {
        let Some(workers) = self.0.workers.borrow_mut().take() else {
            return;
        };
        workers.terminate();
        self.0.runs_before.set(self.0.last_run.get());
        if self.0.starts.get() >= MAX_STARTS {
            web_sys::console::error_1(&JsValue::from_str(what));
            return;
        }
        let then = match self.0.keep {
            Keep::No(_) => "A fresh cluster was started.",
            _ => "The cluster goes on from what this browser keeps.",
        };
        self.tell(format!("Part of the engine broke ({what}). {then}"));
        if let Err(error) = self.start_workers() {
            self.tell(error.to_string());
        }
    }
}

impl Workers {
    fn listen(&mut self, engine: &Engine, worker: &Worker, mut hear: impl FnMut(&MessageEvent) + 'static) {
        let listener: Closure<dyn FnMut(MessageEvent)> = Closure::new(move |event: MessageEvent| hear(&event));
        worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        self.listeners.push(listener);
        let engine = engine.clone();
        let complaint: Closure<dyn FnMut(ErrorEvent)> = Closure::new(move |event: ErrorEvent| {
            engine.trouble(&event.message());
        });
        worker.set_onerror(Some(complaint.as_ref().unchecked_ref()));
        self.complaints.push(complaint);
    }

    fn hub_listens(&mut self) {
        if !core::mem::replace(&mut self.hub_is_ready, true) {
            or_throw(self.hub.post_message(&JsValue::from_str(HUB)));
            for errand in core::mem::take(&mut self.errands) {
                self.send_hub(errand);
            }
        }
    }

    fn send_hub(&mut self, errand: Errand) {
        match errand {
            errand if !self.hub_is_ready => self.errands.push(errand),
            Errand::Say(message) => {
                let (buffer, transfer) = to_buffer(&message);
                or_throw(self.hub.post_message_with_transfer(&buffer, &transfer));
            }
            Errand::Connect(port) => hand_over(&self.hub, HUB, &port),
        }
    }

    fn terminate(&self) {
        self.crews.iter().chain([&self.hub]).for_each(Worker::terminate);
    }
}

/// Gives a worker a port, with the word that says what for.
fn hand_over(worker: &Worker, word: &str, port: &MessagePort) {
    or_throw(worker.post_message_with_transfer(&JsValue::from_str(word), &Array::of1(port)));
}

fn is_word(event: &MessageEvent, word: &str) -> bool {
    event.data().as_string().as_deref() == Some(word)
}

/// Only a message that cannot be copied fails, and ours are bytes, words and ports.
fn or_throw(result: Result<(), JsValue>) {
    if let Err(error) = result {
        throw_val(error);
    }
}
