//! Gossip's three messages and the state they carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::Endpoint;

/// Counts a node's starts: seconds since the epoch when it started, never less than the one before plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Generation(pub u32);

/// Counts the changes of a node's state since its start; its heartbeat is one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateVersion(pub u32);

/// What the sender knows of a node, without the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub endpoint: Endpoint,
    pub generation: Generation,
    pub max_version: StateVersion,
}

/// Names of what a node tells of itself, as `nodetool gossipinfo` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ApplicationState {
    StatusWithPort,
    Load,
    Schema,
    Dc,
    Rack,
    ReleaseVersion,
    NetVersion,
    HostId,
    RpcReady,
    Tokens,
    SstableVersions,
    NativeAddressAndPort,
    Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionedValue {
    pub value: String,
    pub version: StateVersion,
}

/// All that is known of one node, or what of it is news to the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointState {
    pub generation: Generation,
    pub heartbeat: StateVersion,
    pub states: BTreeMap<ApplicationState, VersionedValue>,
}

/// "This is what I know": opens a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syn {
    pub cluster_name: String,
    pub partitioner: String,
    pub digests: Vec<Digest>,
}

/// "This you lack; this I lack."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub requests: Vec<Digest>,
    pub states: BTreeMap<Endpoint, EndpointState>,
}

/// "Here is what you lacked."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack2 {
    pub states: BTreeMap<Endpoint, EndpointState>,
}
