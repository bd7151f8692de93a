//! What part of the data each node holds, or why that cannot be said.

use super::ClusterView;
use crate::base::{Endpoint, SortedMap};
use crate::ring::Placement;
use crate::schema::ReplicationParams;

pub enum Ownership {
    Effective(SortedMap<Endpoint, f64>),
    /// It would mean nothing: the note says why.
    Unknown(String),
    NoSuchKeyspace(String),
}

/// Keyspaces that are not a user's.
const SYSTEM_KEYSPACES: [&str; 7] = [
    "system",
    "system_schema",
    "system_auth",
    "system_distributed",
    "system_traces",
    "system_views",
    "system_virtual_schema",
];

/// The keyspace that stands in when users have none.
const FALLBACK_KEYSPACE: &str = "system_traces";

/// For a keyspace, or without one for all of the users' keyspaces if they are replicated alike.
pub fn effective_ownership(view: &ClusterView, keyspace: Option<&str>) -> Ownership {
    let params = match keyspace {
        Some(name) => match view.keyspace(name) {
            Some(params) => params,
            None => return Ownership::NoSuchKeyspace(format!("The keyspace {name}, does not exist")),
        },
        None => match of_all_users(view) {
            Ok(params) => params,
            Err(note) => return Ownership::Unknown(note),
        },
    };
    if *params == ReplicationParams::Local {
        let note = "Ownership values for keyspaces with LocalStrategy are meaningless";
        return Ownership::Unknown(note.to_string());
    }
    let placement = Placement::new(params, &view.topology, view.local);
    let mut owns: SortedMap<Endpoint, f64> = view.topology.members().map(|(endpoint, _)| (endpoint, 0.0)).collect();
    owns.extend(placement.effective_ownership());
    Ownership::Effective(owns)
}

fn of_all_users(view: &ClusterView) -> Result<&ReplicationParams, String> {
    let mut users = view
        .keyspaces
        .iter()
        .filter(|(name, _)| !SYSTEM_KEYSPACES.contains(&&**name))
        .map(|(_, params)| params);
    let Some(first) = users.next() else {
        return view.keyspace(FALLBACK_KEYSPACE).ok_or_else(|| {
            format!(
                "The node does not have {FALLBACK_KEYSPACE} yet, probably still bootstrapping. Effective ownership \
                 information is meaningless."
            )
        });
    };
    if users.any(|params| params != first) {
        let note = "Non-system keyspaces don't have the same replication settings, effective ownership information is \
                    meaningless";
        return Err(note.to_string());
    }
    Ok(first)
}
