//! `nodetool status [KEYSPACE]`: a line a node.

use super::format::{columns, file_size, percent, widths};
use super::java_order;
use super::ownership::{Ownership, effective_ownership};
use super::view::STORAGE_PORT;
use super::{ClusterView, Output};
use crate::base::Endpoint;
use crate::message::gossip::ApplicationState;
use crate::ring::NodeState;

pub fn status(view: &ClusterView, keyspace: Option<&str>) -> Output {
    let ownership = effective_ownership(view, keyspace);
    if let Ownership::NoSuchKeyspace(message) = &ownership {
        return Output {
            exit_status: 1,
            ..Output::printed(format!("\nError: {message}\n"))
        };
    }
    let datacenters = view.nodes_by_datacenter();
    let tokens: usize = view.topology.nodes().map(|(_, node)| node.tokens.len()).sum();
    // The tool's own measure: as many tokens as datacentres.
    let is_one_token_each = datacenters.len() >= tokens;
    let header = header(&ownership, is_one_token_each);
    let mut tables = Vec::new();
    for (datacenter, mut nodes) in datacenters {
        java_order::sort(&mut nodes, java_order::DEFAULT_CAPACITY, |node| {
            java_order::hash_of_text(&format!("{node}:{STORAGE_PORT}"))
        });
        let rows = nodes.iter().map(|node| row(view, *node, &ownership, is_one_token_each));
        let rows: Vec<Vec<String>> = core::iter::once(header.clone()).chain(rows).collect();
        tables.push((datacenter, rows));
    }
    let widths = widths(tables.iter().flat_map(|(_, rows)| rows).map(Vec::as_slice));
    let mut text = String::new();
    for (datacenter, rows) in tables {
        let title = format!("Datacenter: {datacenter}");
        text += &format!("{title}\n{}\n", "=".repeat(title.chars().count()));
        text += "Status=Up/Down\n|/ State=Normal/Leaving/Joining/Moving\n";
        rows.iter().for_each(|row| text += &columns(&widths, row));
        text += "\n";
    }
    if let Ownership::Unknown(note) = ownership {
        text += &format!("Note: {note}\n");
    }
    Output::printed(text)
}

fn header(ownership: &Ownership, is_one_token_each: bool) -> Vec<String> {
    let owns = match ownership {
        Ownership::Effective(_) => "Owns (effective)",
        _ => "Owns",
    };
    let names: &[&str] = if is_one_token_each {
        &["--", "Address", "Load", owns, "Host ID", "Token", "Rack"]
    } else {
        &["--", "Address", "Load", "Tokens", owns, "Host ID", "Rack"]
    };
    names.iter().map(|name| name.to_string()).collect()
}

fn row(view: &ClusterView, endpoint: Endpoint, ownership: &Ownership, is_one_token_each: bool) -> Vec<String> {
    let node = view.topology.get(endpoint);
    let state = match node.map(|node| node.state) {
        Some(NodeState::Joining) => 'J',
        Some(NodeState::Leaving) => 'L',
        Some(NodeState::Normal) | None => 'N',
    };
    let owns = match ownership {
        Ownership::Effective(owns) => owns.get(&endpoint).map(|share| percent(*share, 1)),
        _ => None,
    };
    let owns = owns.unwrap_or_else(|| "?".to_string());
    let host_id = node.map_or_else(|| "null".to_string(), |node| node.host_id.to_string());
    let tokens = node.map_or(&[][..], |node| &node.tokens);
    let mut row = vec![
        format!("{}{state}", up_or_down(view, endpoint).0),
        endpoint.to_string(),
        load(view, endpoint),
    ];
    if is_one_token_each {
        let token = tokens.first().map(|token| token.to_string()).unwrap_or_default();
        row.extend([owns, host_id, token]);
    } else {
        row.extend([tokens.len().to_string(), owns, host_id]);
    }
    row.push(view.place(endpoint).1.to_string());
    row
}

/// As `status` has it, and as `ring` does.
pub(super) fn up_or_down(view: &ClusterView, endpoint: Endpoint) -> (char, &'static str) {
    if view.live.contains(&endpoint) {
        ('U', "Up")
    } else if view.unreachable.contains(&endpoint) {
        ('D', "Down")
    } else {
        ('?', "?")
    }
}

/// What a node said it holds; its own word is the newest.
pub(super) fn load(view: &ClusterView, endpoint: Endpoint) -> String {
    let said = view.said_by(endpoint, ApplicationState::Load);
    let bytes = said.and_then(|text| text.parse().ok());
    let own = (endpoint == view.local).then_some(view.info.load_bytes);
    own.or(bytes).map_or_else(|| "?".to_string(), file_size)
}
