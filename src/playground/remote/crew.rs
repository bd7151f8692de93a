//! A crew: the nodes that one worker hosts.

use core::time::Duration;

use super::{FromCrew, Packed, ToCrew};
use crate::base::codec::CodecError;
use crate::base::{Endpoint, Instant, SortedMap};
use crate::message::Envelope;
use crate::node::NodeConfig;
use crate::sim::{Batch, Emission, Host, Machine, Report, Step};

pub struct Crew<M: Machine> {
    hosts: SortedMap<Endpoint, Host<M>>,
    // Kept for their memory.
    batch: Batch<Envelope>,
    report: Report<Envelope>,
}

impl<M: Machine> Default for Crew<M> {
    fn default() -> Crew<M> {
        Crew {
            hosts: SortedMap::new(),
            batch: Batch::default(),
            report: Report::default(),
        }
    }
}

impl<M: Machine> Crew<M> {
    /// Does what the hub says; nodes it adds are in memory: see `add`. `memory_bytes` is what the worker uses.
    pub fn hear(&mut self, message: ToCrew, memory_bytes: u64) -> Result<Option<FromCrew>, CodecError> {
        Ok(match message {
            ToCrew::Clear { .. } => {
                self.hosts.clear();
                None
            }
            ToCrew::Add {
                config, service_time, ..
            } => {
                self.add(*config, service_time, M::Disk::default());
                None
            }
            ToCrew::Run(batches) => {
                let reports = batches
                    .into_iter()
                    .map(|(node, batch)| Ok((node, self.run(node, batch)?)));
                Some(FromCrew::Reports(reports.collect::<Result<_, CodecError>>()?))
            }
            ToCrew::Look { run, request } => Some(FromCrew::Views {
                run,
                views: self.hosts.values().filter_map(|host| host.view(&request)).collect(),
                memory_bytes,
            }),
        })
    }

    /// Hosts a node on a disk that may have something on it.
    pub fn add(&mut self, config: NodeConfig, service_time: Duration, disk: M::Disk) {
        self.hosts.insert(config.endpoint, Host::on(config, service_time, disk));
    }

    fn run(&mut self, node: Endpoint, batch: Batch<Packed>) -> Result<Report<Packed>, CodecError> {
        self.batch.until = batch.until;
        self.batch.steps.clear();
        for (at, step) in batch.steps {
            self.batch.steps.push((at, unpack(step)?));
        }
        match self.hosts.get_mut(&node) {
            Some(host) => host.run(&mut self.batch, &mut self.report),
            None => debug_assert!(false, "{node} is hosted elsewhere"),
        }
        let emissions = self.report.emissions.drain(..);
        Ok(Report {
            emissions: emissions.map(pack).collect(),
            next: self.report.next,
            queued: self.report.queued,
        })
    }
}

fn unpack(step: Step<Packed>) -> Result<Step<Envelope>, CodecError> {
    Ok(match step {
        Step::Message(packed) => Step::Message(packed.unpack()?),
        Step::Client(request) => Step::Client(request),
        Step::Operator(request) => Step::Operator(request),
        Step::Start => Step::Start,
        Step::Crash => Step::Crash,
        Step::Pause => Step::Pause,
        Step::Resume => Step::Resume,
    })
}

fn pack((at, emission): (Instant, Emission<Envelope>)) -> (Instant, Emission<Packed>) {
    let packed = match emission {
        Emission::Send(envelope) => Emission::Send(Packed::pack(&envelope)),
        Emission::Reply(reply) => Emission::Reply(reply),
        Emission::Told(reply) => Emission::Told(reply),
        Emission::Disconnected(request) => Emission::Disconnected(request),
        Emission::Event(event) => Emission::Event(event),
    };
    (at, packed)
}
