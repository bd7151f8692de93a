//! What a node knows of the others, and what went between them.

use super::{Rows, count, text};
use crate::base::SortedMap;
use crate::data::Value;
use crate::message::gossip::ApplicationState;
use crate::node::core::Running;
use crate::node::system_tables::STORAGE_PORT;
use core::net::IpAddr;

impl Running {
    pub(super) fn gossip_info(&self, rows: &mut Rows<'_>) {
        for (endpoint, state) in self.gossiper.endpoint_states() {
            let mut cells: SortedMap<String, Value> = SortedMap::new();
            for (which, said) in &state.states {
                let name = which.name().to_lowercase();
                cells.insert(format!("{name}_version"), Value::Int(said.version.0 as i32));
                // Tokens are bytes there, too long to be shown.
                if *which != ApplicationState::Tokens {
                    cells.insert(name, text(&said.value));
                }
            }
            cells.insert("generation".into(), Value::Int(state.generation.0 as i32));
            cells.insert("heartbeat".into(), Value::Int(state.heartbeat.0 as i32));
            cells.insert("hostname".into(), text(&endpoint.to_string()));
            let address = Value::Inet(IpAddr::V4(endpoint.0));
            let cells = cells.iter().map(|(name, value)| (name.as_str(), value.clone()));
            rows.add_all(&[address], &[Value::Int(STORAGE_PORT)], cells);
        }
    }

    /// Nothing waits, expires or goes wrong between nodes but in the network, which is not theirs. How many bytes came in is not counted.
    pub(super) fn internode(&self, rows: &mut Rows<'_>) {
        let is_inbound = rows.table == "internode_inbound";
        for (peer, node) in self.ring.topology().nodes() {
            let link = self.work.links.get(&peer).copied().unwrap_or_default();
            let key = [Value::Inet(IpAddr::V4(peer.0)), Value::Int(STORAGE_PORT)];
            let place = [text(&node.location.datacenter), text(&node.location.rack)];
            let nothing = |names: &[&'static str]| names.iter().map(|it| (*it, count(0))).collect::<Vec<_>>();
            let cells = match is_inbound {
                true => {
                    let mut cells = nothing(&[
                        "corrupt_frames_recovered",
                        "corrupt_frames_unrecovered",
                        "error_bytes",
                        "error_count",
                        "expired_bytes",
                        "expired_count",
                        "scheduled_bytes",
                        "scheduled_count",
                        "throttled_count",
                        "throttled_nanos",
                        "using_bytes",
                        "using_reserve_bytes",
                    ]);
                    cells.push(("received_count", count(link.received)));
                    cells.push(("processed_count", count(link.received)));
                    cells
                }
                false => {
                    let mut cells = nothing(&[
                        "error_bytes",
                        "error_count",
                        "expired_bytes",
                        "expired_count",
                        "overload_bytes",
                        "overload_count",
                        "pending_bytes",
                        "pending_count",
                        "using_bytes",
                        "using_reserve_bytes",
                    ]);
                    cells.push(("sent_count", count(link.sent)));
                    cells.push(("sent_bytes", count(link.sent_bytes)));
                    cells
                }
            };
            rows.add_all(&key, &place, cells);
        }
    }

    pub(super) fn pending_hints(&self, rows: &mut Rows<'_>) {
        for hints in self.hints.summaries() {
            let files = &hints.closed_files_millis;
            let (Some(oldest), Some(newest)) = (files.iter().min(), files.iter().max()) else {
                continue;
            };
            let endpoint = self.ring.topology().endpoint_of(hints.host);
            let node = endpoint.and_then(|it| self.ring.topology().get(it));
            let place =
                |of: fn(&crate::ring::Location) -> &str| text(node.map_or("Unknown", |node| of(&node.location)));
            let status = match endpoint {
                None => "Unknown",
                Some(it) if self.gossiper.is_alive(it) => "UP",
                Some(_) => "DOWN",
            };
            let mut cells = vec![
                ("dc", place(|it| &it.datacenter)),
                ("files", Value::Int(files.len() as i32)),
                ("newest", Value::Timestamp(*newest)),
                ("oldest", Value::Timestamp(*oldest)),
                ("rack", place(|it| &it.rack)),
                ("status", text(status)),
            ];
            if let Some(endpoint) = endpoint {
                cells.push(("address", Value::Inet(IpAddr::V4(endpoint.0))));
                cells.push(("port", Value::Int(STORAGE_PORT)));
            }
            rows.add_all(&[Value::Uuid(hints.host.0)], &[], cells);
        }
    }
}
