//! The page's side of the engine: starts the workers, sends commands, asks for a frame whenever the page can draw one.
//!
//! It starts the hub, which starts the others. When any of them breaks, all are started anew and the person is told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsValue;
use web_sys::{Document, MessageEvent};

use super::READY;
use super::bytes::from_buffer;
use super::line::Line;
use super::worker_script::{WorkerScriptError, start_hub};
use crate::playground::Keep;
use crate::playground::api::{Command, Frame, Notice, NoticeKind, Rate};
use crate::playground::remote::ToHub;
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
    hub: RefCell<Option<Line<ToHub>>>,
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

impl Engine {
    /// Starts the hub, which starts a worker for each node of `config` up to the limit.
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
            hub: RefCell::new(None),
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
        engine.start_hub()?;
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
        if let Some(hub) = &mut *self.0.hub.borrow_mut() {
            hub.say(message);
        }
    }

    fn start_hub(&self) -> Result<(), WorkerScriptError> {
        self.0.starts.set(self.0.starts.get() + 1);
        self.0.asked.set(false);
        let worker = start_hub(&self.0.document, self.0.config.nodes.len())?;
        let (heard, broken) = (self.clone(), self.clone());
        let line = Line::new(
            worker,
            move |event| heard.hear_hub(event),
            move |what| broken.trouble(what),
        );
        *self.0.hub.borrow_mut() = Some(line);
        self.say(ToHub::Begin {
            config: Box::new(self.0.config.clone()),
            rate: self.0.rate,
            keep: self.0.keep.clone(),
        });
        Ok(())
    }

    fn hear_hub(&self, event: &MessageEvent) {
        match from_buffer::<Frame>(&event.data()) {
            Some(Ok(frame)) => self.draw(frame),
            Some(Err(error)) => self.trouble(&error.to_string()),
            None if event.data().as_string().as_deref() == Some(READY) => {
                if let Some(hub) = &mut *self.0.hub.borrow_mut() {
                    hub.listens();
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
        let Some(hub) = self.0.hub.borrow_mut().take() else {
            return;
        };
        hub.terminate();
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
        if let Err(error) = self.start_hub() {
            self.tell(error.to_string());
        }
    }
}
