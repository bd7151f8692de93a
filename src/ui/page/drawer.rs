//! The drawer: its height, its tabs, and what the open one shows.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, window};
use yew::prelude::*;

use super::events::Events;
use super::node_panel::NodePanel;
use super::replicas::Replicas;
use super::timeline::Timeline;
use super::wire::use_page;
use crate::ui::state::{Action, DRAWER_HEIGHTS, State, Tab};

/// Pixels that an arrow key moves the divider.
const STEP: u32 = 16;

#[derive(PartialEq, Properties)]
pub struct DividerProps {
    pub height: u32,
}

#[component]
pub fn Divider(props: &DividerProps) -> Html {
    let page = use_page();
    let held = use_mut_ref(|| None::<(i32, u32)>);
    let height = props.height;
    // The grid's row is as high as the property says.
    use_effect_with(height, |height| {
        let root = window()
            .and_then(|window| window.document())
            .and_then(|document| document.document_element());
        if let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) {
            // A length is always a valid value.
            let _ = root.style().set_property("--drawer", &format!("{height}px"));
        }
    });
    let onpointerdown = {
        let held = held.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(divider) = event.target_dyn_into::<Element>() {
                // Without the capture the divider is lost when the pointer is faster.
                let _ = divider.set_pointer_capture(event.pointer_id());
            }
            *held.borrow_mut() = Some((event.client_y(), height));
        })
    };
    let onpointermove = {
        let (page, held) = (page.clone(), held.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some((from, height)) = *held.borrow() {
                page.act(Action::DrawerHeight(
                    height.saturating_add_signed(from - event.client_y()),
                ));
            }
        })
    };
    let onpointerup = Callback::from(move |_: PointerEvent| *held.borrow_mut() = None);
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let new = match event.key().as_str() {
            "ArrowUp" => height + STEP,
            "ArrowDown" => height.saturating_sub(STEP),
            "Home" => DRAWER_HEIGHTS.0,
            "End" => DRAWER_HEIGHTS.2,
            _ => return,
        };
        event.prevent_default();
        page.act(Action::DrawerHeight(new));
    });
    html! {
        <div class="divider" role="separator" tabindex="0" aria-orientation="horizontal" aria-label="height of the drawer"
            aria-valuenow={height.to_string()} aria-valuemin={DRAWER_HEIGHTS.0.to_string()}
            aria-valuemax={DRAWER_HEIGHTS.2.to_string()}
            {onpointerdown} {onpointermove} onpointercancel={onpointerup.clone()} {onpointerup} {onkeydown} />
    }
}

#[derive(PartialEq, Properties)]
pub struct TabsProps {
    pub shown: Tab,
}

#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let page = use_page();
    let shown = props.shown;
    let onkeydown = {
        let page = page.clone();
        Callback::from(move |event: KeyboardEvent| {
            let here = Tab::ALL.iter().position(|tab| *tab == shown).unwrap_or(0);
            let by = match event.key().as_str() {
                "ArrowRight" => 1,
                "ArrowLeft" => Tab::ALL.len() - 1,
                _ => return,
            };
            // The tab that the layout hides cannot take the focus: the one after it does.
            let others = (1..Tab::ALL.len()).map(|n| Tab::ALL[(here + by * n) % Tab::ALL.len()]);
            let document = window().and_then(|window| window.document());
            for tab in others {
                let element = document
                    .as_ref()
                    .and_then(|document| document.get_element_by_id(&tab_id(tab)));
                if let Some(element) = element
                    .and_then(|element| element.dyn_into::<HtmlElement>().ok())
                    .filter(|element| element.offset_width() > 0)
                {
                    event.prevent_default();
                    page.act(Action::Tab(tab));
                    // It is shown, so it takes the focus.
                    let _ = element.focus();
                    return;
                }
            }
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label="details" {onkeydown}>
            { for Tab::ALL.iter().map(|tab| {
                let (page, tab) = (page.clone(), *tab);
                let onclick = Callback::from(move |_: MouseEvent| page.act(Action::Tab(tab)));
                let selected = tab == shown;
                html! {
                    <button type="button" class={classes!("tab", tab_id(tab))} id={tab_id(tab)} role="tab" aria-controls="panel"
                        aria-selected={selected.to_string()} tabindex={if selected { "0" } else { "-1" }} {onclick}>
                        { tab.name() }
                    </button>
                }
            }) }
        </div>
    }
}

fn tab_id(tab: Tab) -> String {
    format!("tab-{}", tab.name())
}

#[derive(PartialEq, Properties)]
pub struct PanelProps {
    pub state: State,
}

#[component]
pub fn Panel(props: &PanelProps) -> Html {
    let state = &props.state;
    let tab = state.shown_tab();
    html! {
        <section class="panel" id="panel" role="tabpanel" aria-labelledby={tab_id(tab)}>
            { match tab {
                Tab::Cluster => html! {},
                Tab::Timeline => html! {
                    <Timeline timeline={state.timeline.clone()} trace={state.trace.clone()} now={state.now} end={state.end}
                        gossip={state.gossip_lanes} hovered={state.hovered} traced={state.traced} to={state.timeline_to}
                        statement={state.statement.clone()} />
                },
                Tab::Replicas => html! { <Replicas replicas={state.replicas.clone()} follows={state.partition.is_none()}
                        inspected={state.inspected.clone()} sources_of={state.sources_of} /> },
                Tab::Node => {
                    let nodes = state.cluster.nodes.clone();
                    html! { <NodePanel node={state.node.clone()} {nodes} viewed={state.viewed_node()} inspected={state.inspected.clone()}
                        subject={state.subject.clone()} brought={state.brought.clone()} /> }
                }
                Tab::Events => html! { <Events log={state.log.clone()} unlisted={state.unlisted_log} /> },
            } }
        </section>
    }
}
