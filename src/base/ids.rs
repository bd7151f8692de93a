//! Names for the things of a run.

use core::fmt;
use core::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A node's address. All nodes listen for one another on Cassandra's storage port, 7000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint(pub Ipv4Addr);

impl Endpoint {
    /// The n-th node of a cluster on the loopback addresses: 127.0.0.n.
    pub const fn nth(n: u8) -> Endpoint {
        Endpoint(Ipv4Addr::new(127, 0, 0, n))
    }

    /// The node's number when the cluster is on the loopback addresses: the last octet.
    pub const fn number(self) -> u8 {
        self.0.octets()[3]
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A node's identity through restarts and changes of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostId(pub Uuid);

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One request of a client, unique in a run: the host that takes it counts them. Everything done for it carries it as its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// One message, unique among those its sender sent since it last started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub u64);
