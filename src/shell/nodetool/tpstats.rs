//! `tpstats`: what was done, by Cassandra's pools of threads.

use super::Output;
use super::format::table;
use crate::event::Verb;
use crate::node::{ClusterView, PoolView};

/// So many pools are there from the start; the others come with what they are for.
const ALWAYS: usize = 21;

/// Nodes drop no message and let none wait: what the network loses is the network's.
pub fn tpstats(view: &ClusterView) -> Output {
    let titles = [
        "Pool Name",
        "Active",
        "Pending",
        "Completed",
        "Blocked",
        "All time blocked",
    ];
    let is_shown = |(at, pool): &(usize, &PoolView)| *at < ALWAYS || pool.completed > 0;
    let pools = view.info.pools.iter().enumerate().filter(is_shown).map(|(_, pool)| {
        let nothing = || "0".to_owned();
        let (active, completed) = (pool.active.to_string(), pool.completed.to_string());
        vec![pool.name.clone(), active, nothing(), completed, nothing(), nothing()]
    });
    let pools = table(titles, pools);
    let messages = Verb::ALL.iter().map(|verb| {
        let mut row = vec![verb.name().to_owned(), "0".to_owned()];
        row.extend(core::iter::repeat_n("0.0".to_owned(), 4));
        row
    });
    let messages = table(["Message type", "Dropped", "50%", "95%", "99%", "Max"], messages);
    Output::printed(format!(
        "{pools}\nLatencies waiting in queue (micros) per dropped message types\n{messages}"
    ))
}
