//! What components share: the wire to whoever runs the cluster, and the way to change the page's state.

use std::rc::Rc;

use yew::{UseReducerDispatcher, hook, use_context};

use super::palette::Palette;
use crate::playground::api::{Command, Frame};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, State};

/// Where frames go.
pub type Sink = Box<dyn Fn(Frame)>;

/// Both directions between the page and whoever runs the cluster for it.
#[derive(Clone)]
pub struct Wire {
    send: Rc<dyn Fn(Command)>,
    connect: Rc<dyn Fn(Sink)>,
}

impl Wire {
    /// `connect` is called once, with where frames go: at most one an animation frame.
    pub fn new(send: impl Fn(Command) + 'static, connect: impl Fn(Sink) + 'static) -> Wire {
        Wire {
            send: Rc::new(send),
            connect: Rc::new(connect),
        }
    }

    pub fn send(&self, command: Command) {
        (self.send)(command);
    }

    pub fn connect(&self, sink: impl Fn(Frame) + 'static) {
        (self.connect)(Box::new(sink));
    }
}

impl PartialEq for Wire {
    fn eq(&self, other: &Wire) -> bool {
        Rc::ptr_eq(&self.send, &other.send)
    }
}

/// Given to every component as a context. Never changes while the theme does not, so nothing is drawn again for it.
#[derive(Clone, PartialEq)]
pub struct Page {
    pub wire: Wire,
    pub dispatcher: UseReducerDispatcher<State>,
    pub palette: Shared<Palette>,
    /// The reader asked for less motion.
    pub still: bool,
}

impl Page {
    pub fn send(&self, command: Command) {
        self.wire.send(command);
    }

    pub fn act(&self, action: Action) {
        self.dispatcher.dispatch(action);
    }
}

#[hook]
pub fn use_page() -> Page {
    use_context::<Page>().expect("every component stands inside of `App`, which provides it")
}
