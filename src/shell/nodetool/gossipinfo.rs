//! `nodetool gossipinfo` and `nodetool failuredetector`: what is heard of the others, and how much they are suspected.

use super::{ClusterView, Output};
use crate::message::gossip::ApplicationState;

pub fn gossip_info(view: &ClusterView) -> Output {
    let mut text = String::new();
    for (endpoint, state) in &view.gossip {
        text += &format!(
            "/{endpoint}\n  generation:{}\n  heartbeat:{}\n",
            state.generation.0, state.heartbeat.0
        );
        let shown = state
            .states
            .iter()
            .filter(|(name, _)| **name != ApplicationState::Tokens);
        for (name, value) in shown {
            text += &format!("  {}:{}:{}\n", name.name(), value.version.0, value.value);
        }
        text += &match state.states.get(&ApplicationState::Tokens) {
            Some(tokens) => format!("  TOKENS:{}:<hidden>\n", tokens.version.0),
            None => "  TOKENS: not present\n".to_string(),
        };
    }
    Output::printed(text)
}

pub fn failure_detector(view: &ClusterView) -> Output {
    let mut text = format!("{:>10},{:>16}\n", "Endpoint", "Phi");
    for (endpoint, phi) in &view.phi {
        text += &format!("/{endpoint},{phi:>16.8}\n");
    }
    Output::printed(text)
}
