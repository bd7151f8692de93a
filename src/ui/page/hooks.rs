//! What the browser tells: sizes, media queries, animation frames.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::events::EventListener;
use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, ResizeObserver, ResizeObserverEntry, window};
use yew::prelude::*;

use crate::ui::geometry::Point;

/// The size of an element's content in CSS pixels, from when it is first laid out.
#[hook]
pub fn use_size(element: NodeRef) -> Option<(f64, f64)> {
    let size = use_state_eq(|| None);
    {
        let size = size.clone();
        use_effect_with((), move |()| {
            let resized = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
                if let Ok(entry) = entries.get(0).dyn_into::<ResizeObserverEntry>() {
                    let content = entry.content_rect();
                    size.set(Some((content.width(), content.height())));
                }
            });
            let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
            if let (Some(observer), Some(element)) = (&observer, element.cast::<Element>()) {
                observer.observe(&element);
            }
            move || {
                observer.inspect(ResizeObserver::disconnect);
                drop(resized);
            }
        });
    }
    *size
}

/// Whether a media query holds.
#[hook]
pub fn use_media(query: &'static str) -> bool {
    let list = use_memo((), |()| {
        window().and_then(|window| window.match_media(query).ok().flatten())
    });
    let holds = use_state_eq(|| list.as_ref().as_ref().is_some_and(web_sys::MediaQueryList::matches));
    {
        let holds = holds.clone();
        use_effect_with((), move |()| {
            let listener = list.as_ref().clone().map(|list| {
                let queried = list.clone();
                EventListener::new(&list, "change", move |_| holds.set(queried.matches()))
            });
            move || drop(listener)
        });
    }
    *holds
}

/// Where in an element a pointer is, in CSS pixels, whichever of its children is under it.
pub fn place_in(element: &NodeRef, event: &MouseEvent) -> Option<Point> {
    let frame = element.cast::<Element>()?.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    Some(Point::new(x - frame.left(), y - frame.top()))
}

type Callback = Closure<dyn FnMut(f64)>;

/// Draws once an animation frame for as long as the drawing asks for another.
#[derive(Clone, Default)]
pub struct Animation {
    running: Rc<Cell<bool>>,
    request: Rc<Cell<i32>>,
    callback: Rc<RefCell<Option<Callback>>>,
}

impl Animation {
    /// `draw` gets the time in milliseconds and says whether to go on. While one runs, another start does nothing.
    pub fn start(&self, mut draw: impl FnMut(f64) -> bool + 'static) {
        if self.running.replace(true) {
            return;
        }
        let this = self.clone();
        let callback = Callback::new(move |at: f64| {
            if draw(at) {
                this.ask();
            } else {
                this.running.set(false);
            }
        });
        *self.callback.borrow_mut() = Some(callback);
        self.ask();
    }

    fn ask(&self) {
        if let (Some(window), Some(callback)) = (window(), self.callback.borrow().as_ref())
            && let Ok(request) = window.request_animation_frame(callback.as_ref().unchecked_ref())
        {
            self.request.set(request);
        }
    }

    /// For good: what it draws on is gone. Not to be called by the drawing itself.
    pub fn stop(&self) {
        if let Some(window) = window() {
            // Nothing to cancel is no error.
            let _ = window.cancel_animation_frame(self.request.get());
        }
        self.running.set(true);
        self.callback.borrow_mut().take();
    }
}
