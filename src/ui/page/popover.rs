//! Things placed at a point of the stage. A style attribute is forbidden by the page's policy; a property is not.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, window};
use yew::prelude::*;

use super::wire::use_page;
use crate::ui::geometry::Point;
use crate::ui::state::Action;

#[derive(PartialEq, Properties)]
pub struct PlacedProps {
    pub at: Point,
    #[prop_or_default]
    pub class: Classes,
    pub children: Html,
}

#[component]
pub fn Placed(props: &PlacedProps) -> Html {
    let element = use_node_ref();
    use_effect_with(props.at, {
        let element = element.clone();
        move |at| place(&element, *at)
    });
    html! { <div class={classes!("placed", props.class.clone())} ref={element}>{ props.children.clone() }</div> }
}

fn place(element: &NodeRef, at: Point) {
    if let Some(element) = element.cast::<HtmlElement>() {
        // Lengths are always valid values.
        let _ = element.style().set_property("left", &format!("{}px", at.x));
        let _ = element.style().set_property("top", &format!("{}px", at.y));
    }
}

#[derive(PartialEq, Properties)]
pub struct PopoverProps {
    pub at: Point,
    /// How far to stay away from the point.
    #[prop_or_default]
    pub clear: f64,
    pub role: &'static str,
    pub label: AttrValue,
    pub children: Html,
}

/// A panel beside a point, kept inside its frame. Takes the focus, gives it back when it closes.
#[component]
pub fn Popover(props: &PopoverProps) -> Html {
    let page = use_page();
    let element = use_node_ref();
    use_effect_with((props.at, props.clear), {
        let element = element.clone();
        move |(at, clear)| {
            if let (Some(panel), Some(frame)) = (
                element.cast::<HtmlElement>(),
                element.cast::<HtmlElement>().and_then(|panel| panel.offset_parent()),
            ) {
                let (wide, high) = (f64::from(panel.offset_width()), f64::from(panel.offset_height()));
                let (right, last) = (at.x + clear + 8.0, f64::from(frame.client_width()) - wide - 4.0);
                let x = if right <= last {
                    right
                } else {
                    (at.x - clear - 8.0 - wide).min(last).max(4.0)
                };
                let y = (at.y - high / 3.0)
                    .min(f64::from(frame.client_height()) - high - 4.0)
                    .max(4.0);
                place(&element, Point::new(x, y));
            }
        }
    });
    use_effect_with((), {
        let element = element.clone();
        move |()| {
            let before = window()
                .and_then(|window| window.document())
                .and_then(|document| document.active_element());
            focus_item(&element, 0);
            move || {
                if let Some(before) = before {
                    // Gone with what opened it: then the focus starts anew.
                    let _ = before.unchecked_into::<HtmlElement>().focus();
                }
            }
        }
    });
    let onkeydown = {
        let (page, element, menu) = (page.clone(), element.clone(), props.role == "menu");
        Callback::from(move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "Escape" => {
                    event.prevent_default();
                    page.act(Action::Popover(None));
                    return;
                }
                "ArrowDown" if menu => 1,
                "ArrowUp" if menu => -1,
                _ => return,
            };
            event.prevent_default();
            focus_item(&element, by);
        })
    };
    let onclick = Callback::from(|event: MouseEvent| event.stop_propagation());
    html! {
        <div class="popover" ref={element} role={props.role} aria-label={&props.label} {onkeydown} {onclick}>
            { props.children.clone() }
        </div>
    }
}

/// Moves the focus among what can take it; 0 is the first.
fn focus_item(panel: &NodeRef, by: i32) {
    let Some(panel) = panel.cast::<Element>() else { return };
    let Ok(items) = panel.query_selector_all("button:not(:disabled), input, select") else {
        return;
    };
    let count = items.length() as i32;
    let active = window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element());
    let here = (0..count).find(|place| items.item(*place as u32).as_ref() == active.as_ref().map(AsRef::as_ref));
    let next = match (by, here) {
        (0, _) | (_, None) => 0,
        (by, Some(here)) => (here + by).rem_euclid(count.max(1)),
    };
    if let Some(item) = items.item(next as u32) {
        // Every one of them can take the focus.
        let _ = item.unchecked_into::<HtmlElement>().focus();
    }
}
