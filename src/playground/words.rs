//! Events in words a person understands, for the log, the live region and the one sentence.

use core::time::Duration;

use super::api::StatementSummary;
use crate::event::{DropReason, Event, Outcome, What};

/// What the log says of an event, and whether it is worth saying aloud; `None` for what happens all the time.
pub fn describe(event: &Event) -> Option<(String, bool)> {
    let quiet = |text: String| Some((text, false));
    let aloud = |text: String| Some((text, true));
    let node = event.node;
    match &event.what {
        What::StatementReceived { query, consistency } => quiet(format!("{node} received at {consistency}: {query}")),
        What::StatementDone { outcome } => match outcome {
            Outcome::Done { rows: Some(1) } => quiet(format!("{node} answered: 1 row")),
            Outcome::Done { rows: Some(rows) } => quiet(format!("{node} answered: {rows} rows")),
            Outcome::Done { rows: None } => quiet(format!("{node} answered")),
            Outcome::Failed { message, .. } => aloud(format!("{node} answered with an error: {message}")),
        },
        What::MessageDropped { to, verb, reason, .. } if event.cause.is_some() => quiet(match reason {
            DropReason::Lost => format!("{verb} from {node} to {to} was lost"),
            DropReason::LinkCut => format!("{verb} from {node} to {to} was lost: the link is cut"),
            DropReason::ReceiverDown => format!("{verb} from {node} found {to} down"),
        }),
        What::DigestMismatch { key } => {
            let token = key.token;
            aloud(format!("{node} found that replicas of token {token} disagree"))
        }
        What::ReadRepairSent { to } => aloud(format!("{node} repairs what {to} lacks")),
        What::SpeculativeRetry { to } => quiet(format!("{node} asks {to} too: another replica is slow")),
        What::ReplicasUnavailable { required, alive } => {
            aloud(format!("{node} refused: {required} replicas needed, {alive} alive"))
        }
        What::RequestTimedOut { received, required } => {
            aloud(format!("{node} gave up waiting: {received} of {required} answers came"))
        }
        What::HintStored { host } => aloud(format!("{node} keeps a hint for {host}")),
        What::HintReplayed { host } => aloud(format!("{node} delivered a hint to {host}")),
        What::HintsDropped { host, count } => aloud(format!("{node} dropped {count} hints for {host}")),
        What::PaxosPreparing { .. } => quiet(format!("{node} asks for promises (Paxos)")),
        What::PaxosRejected { .. } => quiet(format!("{node} refused: it promised a newer ballot (Paxos)")),
        What::PaxosConditionMet { .. } => quiet(format!("{node} found the condition met (Paxos)")),
        What::PaxosConditionFailed => quiet(format!("{node} found the condition not met (Paxos)")),
        What::PaxosContention { .. } => aloud(format!("{node} meets another ballot and tries again (Paxos)")),
        What::MemtableFlushed { table, bytes } => quiet(format!("{node} flushed {table}: {bytes} bytes")),
        What::CommitLogReplayed { mutations, torn } => {
            let tail = if *torn { ", and found a torn tail" } else { "" };
            aloud(format!(
                "{node} replayed {mutations} mutations from its commit log{tail}"
            ))
        }
        What::Truncated { table } => quiet(format!("{node} truncated {table}")),
        What::StartFailed { why } => aloud(format!("{node} does not start: {why}")),
        What::DiskFailed { why } => aloud(format!(
            "{node} left gossip and hears no clients, as its disk failed: {why}"
        )),
        What::DiskCorrupt { why } => aloud(format!("{node} found damage on its disk: {why}")),
        What::NodeStarted { .. } => aloud(format!("{node} started")),
        What::NodeStopped { graceful: true } => aloud(format!("{node} shut down")),
        What::NodeStopped { graceful: false } => aloud(format!("{node} died")),
        What::NodePaused => aloud(format!("{node} stands still")),
        What::NodeResumed => aloud(format!("{node} goes on")),
        What::PeerJoined { peer } => quiet(format!("{node} learnt of {peer}")),
        What::PeerUp { peer } => aloud(format!("{node} takes {peer} for up")),
        What::PeerDown { peer, phi_thousandths } => {
            let phi = f64::from(*phi_thousandths) / 1000.0;
            aloud(format!("{node} takes {peer} for down (phi {phi:.1})"))
        }
        What::PeerState { peer, status } => quiet(format!("{node} sees {peer} as {status}")),
        What::SchemaApplied { version } => quiet(format!("{node} has schema {version}")),
        _ => None,
    }
}

/// What a statement is at, or how it ended, in one sentence.
pub fn sentence(statement: &StatementSummary) -> String {
    let coordinator = statement.coordinator;
    if let Some(outcome) = &statement.outcome {
        let took = statement
            .took
            .map(|took| format!(" after {}", length(took)))
            .unwrap_or_default();
        return match outcome {
            Outcome::Done { .. } => format!("{coordinator} answered at {}{took}.", statement.consistency),
            Outcome::Failed { message, .. } => {
                format!(
                    "{coordinator} answered with an error{took}: {}.",
                    message.trim_end_matches('.')
                )
            }
        };
    }
    let answered = statement.answered.len();
    match (statement.replicas.len(), statement.required) {
        (0, _) => format!("{coordinator} coordinates."),
        (1, Some(required)) => {
            format!("{coordinator} coordinates: 1 replica, {answered} of {required} answers in.")
        }
        (replicas, Some(required)) => {
            format!("{coordinator} coordinates: {replicas} replicas, {answered} of {required} answers in.")
        }
        (replicas, None) => format!("{coordinator} coordinates: {replicas} replicas, {answered} answers in."),
    }
}

/// Milliseconds with the digits that matter.
pub fn length(length: Duration) -> String {
    let millis = length.as_secs_f64() * 1000.0;
    match millis {
        _ if millis < 10.0 => format!("{millis:.2} ms"),
        _ if millis < 1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1000.0),
    }
}
