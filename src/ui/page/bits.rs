//! Small pieces of text that stand in many places.

use yew::prelude::*;

use super::palette::node_class;
use crate::base::Endpoint;

/// A node's mark alone: its disc, small.
pub fn node_mark(of: Endpoint) -> Html {
    html! { <i class={classes!("node-mark", node_class(of))} /> }
}

/// A node's mark and its address: no node is told by colour alone.
pub fn node_name(of: Endpoint) -> Html {
    html! { <span class="node-text">{ node_mark(of) }<span class="code">{ of.to_string() }</span></span> }
}

/// The head of a table; a name that starts with `#` heads a column of numbers.
pub fn heads(names: &[&'static str]) -> Html {
    let head = |name: &&'static str| match name.strip_prefix('#') {
        Some(name) => html! { <th scope="col" class="number">{ name }</th> },
        None => html! { <th scope="col">{ *name }</th> },
    };
    html! { <thead><tr>{ for names.iter().map(head) }</tr></thead> }
}
