//! Small pieces of text that stand in many places.

use yew::prelude::*;

use super::palette::node_class;
use crate::base::Endpoint;

#[derive(PartialEq, Properties)]
pub struct NodeProps {
    pub of: Endpoint,
}

/// A node's mark alone: its disc, small.
#[component]
pub fn NodeMark(props: &NodeProps) -> Html {
    html! { <i class={classes!("node-mark", node_class(props.of))} /> }
}

/// A node's mark and its address: no node is told by colour alone.
#[component]
pub fn NodeName(props: &NodeProps) -> Html {
    html! { <span class="node-text"><NodeMark of={props.of} /><span class="code">{ props.of.to_string() }</span></span> }
}

/// The head of a table; a name that starts with `#` heads a column of numbers.
pub fn heads(names: &[&'static str]) -> Html {
    let head = |name: &&'static str| match name.strip_prefix('#') {
        Some(name) => html! { <th scope="col" class="number">{ name }</th> },
        None => html! { <th scope="col">{ *name }</th> },
    };
    html! { <thead><tr>{ for names.iter().map(head) }</tr></thead> }
}
