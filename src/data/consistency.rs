//! Consistency levels.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// How many replicas have to answer. Codes and names as in the native protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConsistencyLevel {
    Any,
    One,
    Two,
    Three,
    Quorum,
    All,
    LocalQuorum,
    EachQuorum,
    Serial,
    LocalSerial,
    LocalOne,
}

impl ConsistencyLevel {
    pub const ALL_LEVELS: [ConsistencyLevel; 11] = [
        ConsistencyLevel::Any,
        ConsistencyLevel::One,
        ConsistencyLevel::Two,
        ConsistencyLevel::Three,
        ConsistencyLevel::Quorum,
        ConsistencyLevel::All,
        ConsistencyLevel::LocalQuorum,
        ConsistencyLevel::EachQuorum,
        ConsistencyLevel::Serial,
        ConsistencyLevel::LocalSerial,
        ConsistencyLevel::LocalOne,
    ];

    /// The code in the native protocol.
    pub const fn code(self) -> u16 {
        self as u16
    }

    pub const fn name(self) -> &'static str {
        match self {
            ConsistencyLevel::Any => "ANY",
            ConsistencyLevel::One => "ONE",
            ConsistencyLevel::Two => "TWO",
            ConsistencyLevel::Three => "THREE",
            ConsistencyLevel::Quorum => "QUORUM",
            ConsistencyLevel::All => "ALL",
            ConsistencyLevel::LocalQuorum => "LOCAL_QUORUM",
            ConsistencyLevel::EachQuorum => "EACH_QUORUM",
            ConsistencyLevel::Serial => "SERIAL",
            ConsistencyLevel::LocalSerial => "LOCAL_SERIAL",
            ConsistencyLevel::LocalOne => "LOCAL_ONE",
        }
    }

    pub const fn is_serial(self) -> bool {
        matches!(self, ConsistencyLevel::Serial | ConsistencyLevel::LocalSerial)
    }

    /// Whether only replicas in the coordinator's datacentre count.
    pub const fn is_datacenter_local(self) -> bool {
        matches!(
            self,
            ConsistencyLevel::LocalOne | ConsistencyLevel::LocalQuorum | ConsistencyLevel::LocalSerial
        )
    }
}

impl fmt::Display for ConsistencyLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is not that of a consistency level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownConsistencyLevel;

impl FromStr for ConsistencyLevel {
    type Err = UnknownConsistencyLevel;

    fn from_str(name: &str) -> Result<ConsistencyLevel, UnknownConsistencyLevel> {
        let named = |level: &&ConsistencyLevel| level.name().eq_ignore_ascii_case(name);
        ConsistencyLevel::ALL_LEVELS
            .iter()
            .find(named)
            .copied()
            .ok_or(UnknownConsistencyLevel)
    }
}
