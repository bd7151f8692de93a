//! The colours of the theme as a canvas needs them: resolved, where style sheets have custom properties.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};

use crate::base::Endpoint;

/// Node identities in `tokens.css`.
pub const IDENTITIES: u8 = 8;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    pub surface: String,
    pub sunken: String,
    pub text: String,
    pub soft: String,
    pub edge: String,
    pub hairline: String,
    pub accent: String,
    pub bad: String,
    pub warn: String,
    /// Fill and edge.
    nodes: Vec<(String, String)>,
    /// The style sheet's families for prose and code.
    pub prose: String,
}

impl Palette {
    /// As the document shows them now.
    pub fn read() -> Palette {
        let colour = |name: &str| resolve(name).unwrap_or_default();
        Palette {
            surface: colour("surface"),
            sunken: colour("sunken"),
            text: colour("text"),
            soft: colour("text-soft"),
            edge: colour("edge"),
            hairline: colour("hairline"),
            accent: colour("accent"),
            bad: colour("bad"),
            warn: colour("warn"),
            nodes: (1..=IDENTITIES)
                .map(|n| (colour(&format!("node-{n}")), colour(&format!("node-{n}-edge"))))
                .collect(),
            prose: "12px system-ui, sans-serif".into(),
        }
    }

    pub fn node(&self, node: Endpoint) -> (&str, &str) {
        let found = self.nodes.get(usize::from(identity(node)) - 1);
        found.map_or((&self.edge, &self.edge), |(fill, edge)| (fill, edge))
    }
}

/// Which of the identities a node has, from 1: they begin again after the last.
pub fn identity(node: Endpoint) -> u8 {
    (node.number().max(1) - 1) % IDENTITIES + 1
}

/// The classes that give an element a node's colours.
pub fn node_class(node: Endpoint) -> String {
    let round = if node.number() > IDENTITIES {
        " second-round"
    } else {
        ""
    };
    format!("node-{}{round}", identity(node))
}

/// `light-dark()` and `var()` are only resolved where a property uses them: an element of no size stands in.
fn resolve(name: &str) -> Option<String> {
    let window = window()?;
    let document = window.document()?;
    let probe: HtmlElement = document.create_element("span").ok()?.dyn_into().ok()?;
    document.body()?.append_child(&probe).ok()?;
    let style = probe.style();
    style.set_property("color", &format!("var(--{name})")).ok()?;
    let colour = window
        .get_computed_style(&probe)
        .ok()??
        .get_property_value("color")
        .ok();
    probe.remove();
    colour
}
