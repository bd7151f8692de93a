//! The page's components. They draw the state, dispatch actions, and send commands over the wire they were given.

mod app;
mod bits;
mod block;
mod brought;
mod canvas;
mod dots;
mod drawer;
mod editor;
mod empty;
mod events;
mod header;
mod help;
mod hooks;
mod icons;
mod legend;
mod link_menu;
mod links;
mod network;
mod node_disc;
mod node_menu;
mod node_panel;
mod notices;
mod palette;
mod popover;
mod prompt;
mod replicas;
mod ring;
mod settings;
mod share;
mod shell;
mod sources;
mod sstable;
mod stage;
mod storage;
mod strip;
mod timeline;
mod timeline_bar;
mod timeline_paint;
mod trace;
mod wire;

use std::rc::Rc;

use web_sys::Element;
use yew::{Reducible, Renderer};

use super::state::{Action, State};
use app::{App, AppProps};
pub use wire::Wire;

/// Puts the page into an element of the document, in place of what is there.
pub fn mount(place: Element, wire: Wire) {
    place.set_inner_html("");
    Renderer::<App>::with_root_and_props(place, AppProps { wire }).render();
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<State>, action: Action) -> Rc<State> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(action);
        Rc::new(next)
    }
}
