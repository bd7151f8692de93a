//! `nodetool ring [KEYSPACE]`: a line a token.

use super::format::percent;
use super::ownership::{Ownership, effective_ownership};
use super::status::{load, up_or_down};
use super::view::STORAGE_PORT;
use super::{ClusterView, Output};
use crate::base::{Arrange, Endpoint};
use crate::data::Token;
use crate::ring::NodeState;

pub fn ring(view: &ClusterView, keyspace: Option<&str>) -> Output {
    let ownership = effective_ownership(view, keyspace);
    if let Ownership::NoSuchKeyspace(message) = &ownership {
        return Output::printed(format!("\nError: {message}\n"));
    }
    let mut tokens: Vec<(Token, Endpoint)> = view
        .topology
        .nodes()
        .flat_map(|(endpoint, node)| node.tokens.iter().map(move |token| (*token, endpoint)))
        .collect();
    tokens.arrange();
    let nodes = view.topology.nodes().filter(|(_, node)| !node.tokens.is_empty());
    // The tool leaves room for the port, which it then does not print.
    let address_width = nodes
        .map(|(endpoint, _)| format!("{endpoint}:{STORAGE_PORT}").len())
        .max()
        .unwrap_or(0);
    let line = |cells: [&str; 7]| {
        let [address, rack, status, state, load, owns, token] = cells;
        format!("{address:address_width$}  {rack:12}{status:7}{state:8}{load:16}{owns:20}{token:44}\n")
    };
    let mut text = "\n".to_string();
    for datacenter in view.nodes_by_datacenter().into_keys() {
        let here: Vec<(Token, Endpoint)> = tokens
            .iter()
            .copied()
            .filter(|(_, endpoint)| view.place(*endpoint).0 == datacenter)
            .collect();
        text += &format!("Datacenter: {datacenter}\n==========\n");
        text += &line(["Address", "Rack", "Status", "State", "Load", "Owns", "Token"]);
        // The ring closes: its last token stands before the first.
        match &here[..] {
            [_, .., (last, _)] => text += &line(["", "", "", "", "", "", &last.to_string()]),
            _ => text += "\n",
        }
        for (token, endpoint) in here {
            let state = match view.topology.get(endpoint).map(|node| node.state) {
                Some(NodeState::Joining) => "Joining",
                Some(NodeState::Leaving) => "Leaving",
                Some(NodeState::Normal) | None => "Normal",
            };
            let owns = match &ownership {
                Ownership::Effective(owns) => owns.get(&endpoint).map(|share| percent(*share, 2)),
                _ => None,
            };
            text += &line([
                &endpoint.to_string(),
                view.place(endpoint).1,
                up_or_down(view, endpoint).1,
                state,
                &load(view, endpoint),
                owns.as_deref().unwrap_or("?"),
                &token.to_string(),
            ]);
        }
        text += "\n";
    }
    if view.topology.nodes().any(|(_, node)| node.tokens.len() > 1) {
        text += "  Warning: \"nodetool ring\" is used to output all the tokens of a node.\n";
        text += "  To view status related info of a node use \"nodetool status\" instead.\n\n";
    }
    text += "\n  ";
    if let Ownership::Unknown(note) = ownership {
        text += &format!("Note: {note}\n");
    }
    Output::printed(text)
}
