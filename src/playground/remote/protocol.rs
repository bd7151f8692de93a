//! Who says what: the page and the hub, the hub and its crews.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::Packed;
use crate::base::Endpoint;
use crate::node::{NodeConfig, NodeView, ViewRequest};
use crate::playground::Keep;
use crate::playground::api::Command;
use crate::sim::{Batch, ClusterConfig, Rate, Report};

/// From the page to the hub, which answers with frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToHub {
    /// Comes first. `keep` as the page wants it, and then as what is kept allows.
    Begin {
        config: Box<ClusterConfig>,
        rate: Rate,
        keep: Keep,
    },
    Command(Command),
    /// The page is ready to draw.
    Frame,
}

/// From the hub to a crew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToCrew {
    /// All its nodes go; with `wipe`, what they keep goes too.
    Clear { wipe: bool },
    /// A machine with an empty disk in memory, or with the one of this tag that is kept.
    Add {
        config: Box<NodeConfig>,
        service_time: Duration,
        disk: Option<u64>,
    },
    /// Answered by `FromCrew::Reports`.
    Run(Vec<(Endpoint, Batch<Packed>)>),
    /// Answered by `FromCrew::Views`. `run` tells answers of an earlier run.
    Look { run: u32, request: ViewRequest },
}

/// From a crew to the hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromCrew {
    /// In the order of the batches.
    Reports(Vec<(Endpoint, Report<Packed>)>),
    Views {
        run: u32,
        views: Vec<NodeView>,
        /// All of the worker's.
        memory_bytes: u64,
    },
}
