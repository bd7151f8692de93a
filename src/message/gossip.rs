//! Gossip's three messages and the state they carry.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Endpoint, SortedMap};

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

macro_rules! application_states {
    ($($state:ident = $name:literal;)*) => {
        /// Names of what a node tells of itself, in the order and words of `nodetool gossipinfo`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ApplicationState { $($state),* }

        impl ApplicationState {
            pub const ALL: &[ApplicationState] = &[$(ApplicationState::$state),*];

            pub const fn name(self) -> &'static str {
                match self { $(ApplicationState::$state => $name),* }
            }
        }
    };
}

application_states! {
    Status = "STATUS";
    Load = "LOAD";
    Schema = "SCHEMA";
    Dc = "DC";
    Rack = "RACK";
    ReleaseVersion = "RELEASE_VERSION";
    RemovalCoordinator = "REMOVAL_COORDINATOR";
    NetVersion = "NET_VERSION";
    HostId = "HOST_ID";
    RpcReady = "RPC_READY";
    NativeAddressAndPort = "NATIVE_ADDRESS_AND_PORT";
    StatusWithPort = "STATUS_WITH_PORT";
    SstableVersions = "SSTABLE_VERSIONS";
    Tokens = "TOKENS";
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
    pub states: SortedMap<ApplicationState, VersionedValue>,
}

impl EndpointState {
    pub fn get(&self, state: ApplicationState) -> Option<&str> {
        Some(&self.states.get(&state)?.value)
    }

    /// The version of the newest of its values.
    pub fn values_version(&self) -> StateVersion {
        let versions = self.states.values().map(|it| it.version);
        versions.max().unwrap_or(StateVersion(0))
    }

    /// The version of the newest of its parts, the heartbeat included.
    pub fn max_version(&self) -> StateVersion {
        self.heartbeat.max(self.values_version())
    }
}

/// "I stop on purpose."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shutdown {
    /// The sender's, lest a late farewell be taken for that of its next start.
    pub generation: Generation,
}

/// "This is what I know": opens a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syn {
    pub cluster_name: Arc<str>,
    pub partitioner: Arc<str>,
    pub digests: Vec<Digest>,
}

/// "This you lack; this I lack."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub requests: Vec<Digest>,
    pub states: Vec<(Endpoint, EndpointState)>,
}

/// "Here is what you lacked."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack2 {
    pub states: Vec<(Endpoint, EndpointState)>,
}
