//! The commands there are, and a line's way through them: what to ask of the node, and what its answer is to look like.

use super::line::{Arguments, Line, arguments, unexpected_words};
use super::usage::{self, Usage};
use super::{Output, cluster, compaction, hints, operating, settings, snapshots, storage, tablestats};
use crate::base::Endpoint;
use crate::node::{ClusterView, OperatorAnswer, OperatorCall, StorageAnswer};

/// A command: one line of its family's table.
pub struct Entry {
    pub name: &'static str,
    /// How many words it takes besides options.
    pub most_words: usize,
    /// What it wants of the node, once its arguments are as they should be.
    pub ask: fn(&Arguments) -> Result<OperatorCall, Output>,
    pub tell: Tell,
}

/// What is made of the node's answer.
#[derive(Clone, Copy)]
pub enum Tell {
    /// It was done: there is nothing to say.
    Nothing,
    View(fn(&Arguments, &ClusterView) -> Output),
    Storage(fn(&Arguments, &StorageAnswer) -> Output),
}

/// The tables of all families.
const FAMILIES: [&[Entry]; 8] = [
    cluster::COMMANDS,
    hints::COMMANDS,
    operating::COMMANDS,
    settings::COMMANDS,
    storage::COMMANDS,
    compaction::COMMANDS,
    snapshots::COMMANDS,
    tablestats::COMMANDS,
];

/// A command that was asked of a node.
pub struct Asked {
    arguments: Arguments,
    tell: Tell,
}

pub enum Begun {
    /// It is over without a node.
    Said(Output),
    Asks {
        node: Endpoint,
        call: OperatorCall,
        then: Asked,
    },
}

/// Takes the words after `nodetool`. `here` is the node that is asked when the line names none.
pub fn begin(words: Vec<String>, here: Endpoint) -> Begun {
    match prepare(words, here) {
        Ok(begun) => begun,
        Err(output) => Begun::Said(output),
    }
}

fn prepare(words: Vec<String>, here: Endpoint) -> Result<Begun, Output> {
    let line = Line::parse(words)?;
    let rest: Vec<&str> = line.rest.iter().map(String::as_str).collect();
    let Some(name) = line.command.as_deref().filter(|name| *name != "help") else {
        return Ok(Begun::Said(usage::help(&rest)));
    };
    let Some(usage) = Usage::of(name) else {
        let words: Vec<String> = line.command.iter().chain(&line.rest).cloned().collect();
        return Err(unexpected_words(&words));
    };
    let Some(entry) = FAMILIES.into_iter().flatten().find(|entry| entry.name == name) else {
        return Err(Output::bad_use(&format!("{name} is not supported: {}", missing(name))));
    };
    let arguments = arguments(&usage, &line.rest, entry.most_words)?;
    let call = (entry.ask)(&arguments)?;
    Ok(Begun::Asks {
        node: line.node(here)?,
        call,
        then: Asked {
            arguments,
            tell: entry.tell,
        },
    })
}

/// What a command would need that is not there.
fn missing(name: &str) -> &'static str {
    const LACKING: [(&str, &str); 6] = [
        (
            "there is no repair and no streaming yet.",
            "repair repair_admin rebuild decommission move removenode assassinate bootstrap cleanup import refresh \
             getstreamthroughput setstreamthroughput getinterdcstreamthroughput setinterdcstreamthroughput",
        ),
        (
            "nobody has to log in.",
            "cidrfilteringstats dropcidrgroup getauthcacheconfig setauthcacheconfig getcidrgroupsofip \
             invalidatecidrpermissionscache invalidatecredentialscache invalidatejmxpermissionscache \
             invalidatenetworkpermissionscache invalidatepermissionscache invalidaterolescache listcidrgroups \
             reloadcidrgroupscache updatecidrgroup reloadssl",
        ),
        ("there is no Java virtual machine.", "gcstats sjk reloadtriggers"),
        (
            "what happens is events, not logs.",
            "enableauditlog disableauditlog getauditlog enablefullquerylog disablefullquerylog getfullquerylog \
             resetfullquerylog getlogginglevels setlogginglevel",
        ),
        (
            "stop and start nodes instead.",
            "disablegossip enablegossip disablebinary enablebinary stopdaemon",
        ),
        (
            "a node does one thing at a time.",
            "getconcurrency setconcurrency setconcurrentcompactors getconcurrentviewbuilders setconcurrentviewbuilders",
        ),
    ];
    let is_among = |names: &str| names.split(' ').any(|it| it == name);
    let lacking = LACKING.iter().find(|(_, names)| is_among(names));
    match lacking {
        Some((why, _)) => why,
        None if name.starts_with("set") || name.starts_with("get") => "there is no such setting.",
        None => "it is not built yet.",
    }
}

impl Asked {
    pub fn told(&self, answer: &OperatorAnswer) -> Output {
        match (self.tell, answer) {
            (Tell::View(tell), OperatorAnswer::View(view)) => tell(&self.arguments, view),
            (Tell::Storage(tell), OperatorAnswer::Storage(answer)) => tell(&self.arguments, answer),
            _ => Output::printed(""),
        }
    }
}

/// Names of commands that are there, for completion.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.into_iter().flatten().map(|entry| entry.name).chain(["help"])
}

/// For a command that only looks.
pub fn look(_: &Arguments) -> Result<OperatorCall, Output> {
    Ok(OperatorCall::Look { schema: false })
}

/// Refuses what a command's arguments should not be, in the tool's words.
pub fn check(is_right: bool, message: &str) -> Result<(), Output> {
    if is_right {
        Ok(())
    } else {
        Err(Output::bad_use(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_explained_and_listed_once() {
        let mut seen = std::collections::BTreeSet::new();
        for name in names() {
            assert!(Usage::of(name).is_some(), "{name} is not in usage.txt");
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
}
