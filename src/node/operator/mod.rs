//! What an operator's tool asks of a node, as Cassandra's does over JMX: facts, and a few things to do. No words: those are the
//! tool's.

mod storage;
mod view;

use serde::{Deserialize, Serialize};

use super::Output;
use super::core::Running;
use crate::base::{Duration, Endpoint, HostId, RequestId};
pub use storage::{CompactionView, Histograms, Scope, StorageAnswer, StorageCall, TableStats};
pub use view::{BootstrapState, CacheView, ClusterView, InfoView, PendingHints, PoolView, TrafficView};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorRequest {
    pub id: RequestId,
    pub call: OperatorCall,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperatorCall {
    /// What the node knows of the cluster and of itself; with `schema`, the tables of every keyspace too.
    Look {
        schema: bool,
    },
    /// Whether hints are taken from now on.
    SetHandoff(bool),
    SetMaxHintWindow(Duration),
    /// Drops the hints kept for one node, or for all.
    TruncateHints(Option<Endpoint>),
    Storage(Box<StorageCall>),
    /// Whether hints wait from now on, whoever is up.
    PauseHandoff(bool),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorReply {
    pub id: RequestId,
    pub answer: OperatorAnswer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OperatorAnswer {
    View(Box<ClusterView>),
    Storage(Box<StorageAnswer>),
    Done,
}

impl Running {
    pub(super) fn operate(&mut self, request: OperatorRequest) {
        let answer = match request.call {
            OperatorCall::Look { schema } => OperatorAnswer::View(Box::new(self.cluster_view(schema))),
            OperatorCall::SetHandoff(enabled) => {
                self.hints.set_enabled(enabled);
                OperatorAnswer::Done
            }
            OperatorCall::SetMaxHintWindow(window) => {
                self.hints.set_window(window);
                OperatorAnswer::Done
            }
            OperatorCall::PauseHandoff(paused) => {
                self.hints.set_paused(paused);
                OperatorAnswer::Done
            }
            OperatorCall::TruncateHints(endpoint) => {
                self.truncate_hints(endpoint);
                OperatorAnswer::Done
            }
            OperatorCall::Storage(call) => OperatorAnswer::Storage(Box::new(self.operate_storage(*call))),
        };
        let id = request.id;
        self.outputs.push(Output::Told(OperatorReply { id, answer }));
    }

    fn truncate_hints(&mut self, only: Option<Endpoint>) {
        let hosts: Vec<HostId> = self.hints.summaries().map(|it| it.host).collect();
        for host in hosts {
            let endpoint = self.ring.topology().endpoint_of(host);
            if let Some(endpoint) = endpoint
                && only.is_none_or(|only| only == endpoint)
            {
                self.forget_hints(host, endpoint);
            }
        }
    }
}
