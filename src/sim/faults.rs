//! What goes wrong in a campaign: crashes with torn disks, pauses, cuts and partitions, loss and latency; all healed at the end.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::{Control, LinkFaults, Ppm};
use crate::base::{Endpoint, Instant, Random, Seed};

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The power goes, and with it what was not synced; the node starts again later.
    Crash,
    /// The process stands still and then goes on.
    Pause,
    /// One direction of one link lets nothing through, or a node is cut off from all others.
    Cut,
    /// Messages are lost, doubled and overtaken.
    Loss,
    /// Messages of a node take longer.
    Latency,
}

impl Fault {
    pub const ALL: [Fault; 5] = [Fault::Crash, Fault::Pause, Fault::Cut, Fault::Loss, Fault::Latency];

    pub const fn name(self) -> &'static str {
        match self {
            Fault::Crash => "crash",
            Fault::Pause => "pause",
            Fault::Cut => "cut",
            Fault::Loss => "loss",
            Fault::Latency => "latency",
        }
    }
}

/// Which faults a campaign has. Read from `all`, `none`, or names with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSet(Vec<Fault>);

impl FaultSet {
    pub fn all() -> FaultSet {
        FaultSet(Fault::ALL.to_vec())
    }

    pub fn none() -> FaultSet {
        FaultSet(Vec::new())
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no fault {0:?}: give all, none, or some of crash,pause,cut,loss,latency")]
pub struct UnknownFault(String);

impl FromStr for FaultSet {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<FaultSet, UnknownFault> {
        match text {
            "all" => return Ok(FaultSet::all()),
            "none" => return Ok(FaultSet::none()),
            _ => {}
        }
        let fault = |name: &str| {
            let known = Fault::ALL.into_iter().find(|fault| fault.name() == name.trim());
            known.ok_or_else(|| UnknownFault(name.into()))
        };
        let mut faults = text.split(',').map(fault).collect::<Result<Vec<_>, _>>()?;
        faults.sort();
        faults.dedup();
        Ok(FaultSet(faults))
    }
}

impl fmt::Display for FaultSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let names: Vec<_> = self.0.iter().map(|fault| fault.name()).collect();
        f.write_str(&names.join(","))
    }
}

/// The mean time between two faults; most last longer, so that they overlap.
const MEAN_BETWEEN: Duration = Duration::from_secs(3);

/// Longer than phi takes to convict a node, so that some are marked down.
const LONGEST: Duration = Duration::from_secs(30);

/// What happens when, in order of time, all of it before `from + length`.
pub fn plan(
    seed: Seed,
    faults: &FaultSet,
    nodes: &[Endpoint],
    from: Instant,
    length: Duration,
) -> Vec<(Instant, Control)> {
    let mut random = Random::stream(seed, "faults");
    let until = from + length;
    let mut plan = Vec::new();
    let mut at = from;
    loop {
        at += random.duration(Duration::ZERO, 2 * MEAN_BETWEEN);
        if at >= until {
            break;
        }
        let (Some(fault), Some(node)) = (random.pick(&faults.0).copied(), random.pick(nodes).copied()) else {
            break;
        };
        let end = (at + lasting(&mut random)).min(until);
        let mut during = |begin: Control, over: Control| plan.extend([(at, begin), (end, over)]);
        let mut link = |from: Endpoint, to: Endpoint, faults: LinkFaults| {
            let set = |faults| Control::SetLink { from, to, faults };
            during(set(faults), set(LinkFaults::NONE));
        };
        let others = || nodes.iter().copied().filter(|other| *other != node);
        match fault {
            Fault::Crash => during(Control::Kill(node), Control::Start(node)),
            Fault::Pause => during(Control::Pause(node), Control::Resume(node)),
            Fault::Cut if random.chance(0.5) => {
                let others: Vec<_> = others().collect();
                if let Some(other) = random.pick(&others) {
                    link(node, *other, LinkFaults::CUT);
                }
            }
            Fault::Cut => others().for_each(|other| {
                link(node, other, LinkFaults::CUT);
                link(other, node, LinkFaults::CUT);
            }),
            Fault::Loss => {
                let noise = noise(&mut random);
                others().for_each(|other| {
                    link(node, other, noise);
                    link(other, node, noise);
                });
            }
            Fault::Latency => {
                let slow = LinkFaults {
                    extra_latency: random.duration(Duration::from_millis(1), Duration::from_millis(700)),
                    ..LinkFaults::NONE
                };
                others().for_each(|other| link(node, other, slow));
            }
        }
    }
    // Stable: what was planned first happens first of what happens at one moment.
    plan.sort_by_key(|(at, _)| *at);
    plan
}

/// Mostly short, now and then long enough for others to notice.
fn lasting(random: &mut Random) -> Duration {
    let longest = if random.chance(0.5) { LONGEST / 15 } else { LONGEST };
    random.duration(Duration::from_millis(1), longest)
}

fn noise(random: &mut Random) -> LinkFaults {
    let mut up_to = |percent: u64| Ppm::percent(random.below(percent + 1) as u32);
    LinkFaults {
        loss: up_to(30),
        duplication: up_to(20),
        reordering: up_to(30),
        ..LinkFaults::NONE
    }
}

/// Makes everything whole, whatever was wrong.
pub fn heal(nodes: &[Endpoint]) -> Vec<Control> {
    let links = nodes
        .iter()
        .flat_map(|from| nodes.iter().map(move |to| (*from, *to)))
        .filter(|(from, to)| from != to)
        .map(|(from, to)| Control::SetLink {
            from,
            to,
            faults: LinkFaults::NONE,
        });
    let processes = nodes
        .iter()
        .flat_map(|node| [Control::Resume(*node), Control::Start(*node)]);
    links.chain(processes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_as_they_are_written() {
        for text in ["none", "crash", "crash,pause,cut,loss,latency", "cut,latency"] {
            assert_eq!(text.parse::<FaultSet>().unwrap().to_string(), text);
        }
        assert_eq!("loss,cut,loss".parse::<FaultSet>().unwrap().to_string(), "cut,loss");
        assert_eq!("all".parse(), Ok(FaultSet::all()));
        assert_eq!("rain".parse::<FaultSet>(), Err(UnknownFault("rain".into())));
    }

    #[test]
    fn plans_are_in_order_replay_and_end_in_time() {
        let nodes: Vec<_> = (1..=3).map(Endpoint::nth).collect();
        let length = Duration::from_secs(60);
        let plan_of = |seed| plan(Seed(seed), &FaultSet::all(), &nodes, Instant::from_micros(7), length);
        let one = plan_of(1);
        assert!(one.len() > 10 && one.is_sorted_by_key(|(at, _)| *at));
        assert!(one.iter().all(|(at, _)| *at <= Instant::from_micros(7) + length));
        assert_eq!(one, plan_of(1));
        assert_ne!(one, plan_of(2));
        assert!(plan(Seed(1), &FaultSet::none(), &nodes, Instant::ZERO, length).is_empty());
    }
}
