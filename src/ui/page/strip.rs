//! For narrow screens: the nodes as a strip, and the three parts of the page as tabs.

use yew::prelude::*;

use super::palette::node_class;
use super::wire::use_page;
use crate::base::Endpoint;
use crate::playground::api::NodeSummary;
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Popover, Tab};
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct StripProps {
    pub nodes: Shared<Vec<NodeSummary>>,
    pub coordinator: Endpoint,
}

#[component]
pub fn Strip(props: &StripProps) -> Html {
    let page = use_page();
    html! {
        <ul class="strip" aria-label="nodes">
            { for props.nodes.iter().map(|node| {
                let (page, endpoint) = (page.clone(), node.endpoint);
                let onclick = Callback::from(move |event: MouseEvent| {
                    event.stop_propagation();
                    page.act(Action::Choose(Some(endpoint)));
                    page.act(Action::Tab(Tab::Cluster));
                    page.act(Action::Popover(Some(Popover::Node(endpoint))));
                });
                let state = words::node_state(node.state);
                let role = if endpoint == props.coordinator { ", coordinator" } else { "" };
                html! {
                    <li>
                        <button type="button" class={classes!("strip-node", node_class(endpoint), format!("is-{state}"))} {onclick}
                            aria-label={format!("{endpoint}, {state}{role}")}>
                            <i class="node-mark" />
                            <span class="code">{ format!(".{}", endpoint.number()) }</span>
                            <span class="small">{ state }</span>
                        </button>
                    </li>
                }
            }) }
        </ul>
    }
}

#[derive(PartialEq, Properties)]
pub struct PanesProps {
    /// The shell is in front.
    pub shell: bool,
    /// If not: whether the cluster is, or the drawer.
    pub cluster: bool,
}

#[component]
pub fn Panes(props: &PanesProps) -> Html {
    let page = use_page();
    let pane = |name: &'static str, selected: bool, action: Action| {
        let page = page.clone();
        let onclick = Callback::from(move |_: MouseEvent| page.act(action.clone()));
        html! { <button type="button" class="tab" aria-pressed={selected.to_string()} {onclick}>{ name }</button> }
    };
    html! {
        <nav class="panes" aria-label="parts of the page">
            { pane("shell", props.shell, Action::ShowShell(true)) }
            { pane("cluster", !props.shell && props.cluster, Action::Tab(Tab::Cluster)) }
            { pane("details", !props.shell && !props.cluster, Action::Tab(Tab::Timeline)) }
        </nav>
    }
}
