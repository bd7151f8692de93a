//! The crew's role: does what the hub says, message by message. A node that is kept waits for its disk, and so does what comes after.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::throw_str;
use wasm_bindgen_futures::spawn_local;
use web_sys::DedicatedWorkerGlobalScope;

use super::kept::open_disk;
use super::{listen, tell};
use crate::base::{Endpoint, SortedMap};
use crate::node::Node;
use crate::playground::remote::{Crew, ToCrew};
use crate::sim::NodeDisk;
use crate::storage::PackedDisk;
use crate::web::bytes::memory_bytes;

struct State {
    crew: Crew<Node>,
    /// Disks stay open: opening one takes long, and another tab must not get it.
    disks: SortedMap<Endpoint, PackedDisk>,
    /// A disk is being opened.
    opening: bool,
    inbox: VecDeque<ToCrew>,
    scope: DedicatedWorkerGlobalScope,
}

/// Listens to the hub.
pub fn serve(scope: &DedicatedWorkerGlobalScope) {
    let state = Rc::new(RefCell::new(State {
        crew: Crew::default(),
        disks: SortedMap::new(),
        opening: false,
        inbox: VecDeque::new(),
        scope: scope.clone(),
    }));
    listen(scope, move |message| {
        state.borrow_mut().inbox.push_back(message);
        work(&state);
    });
}

fn work(shared: &Rc<RefCell<State>>) {
    let state = &mut *shared.borrow_mut();
    while !state.opening
        && let Some(message) = state.inbox.pop_front()
    {
        match message {
            ToCrew::Add {
                config,
                service_time,
                disk: Some(tag),
            } => {
                let node = config.endpoint;
                if let Some(disk) = state.disks.get(&node) {
                    if disk.tag() != tag
                        && let Err(error) = disk.wipe(tag)
                    {
                        state.disks.insert(node, PackedDisk::unusable(error));
                    }
                    let disk = state.disks[&node].clone();
                    state.crew.add(*config, service_time, NodeDisk::Packed(disk));
                    continue;
                }
                state.opening = true;
                let shared = shared.clone();
                spawn_local(async move {
                    let disk = open_disk(node, tag).await;
                    {
                        let state = &mut *shared.borrow_mut();
                        state.disks.insert(node, disk.clone());
                        state.crew.add(*config, service_time, NodeDisk::Packed(disk));
                        state.opening = false;
                    }
                    work(&shared);
                });
            }
            ToCrew::Clear { wipe: true } => {
                state.hear(ToCrew::Clear { wipe: true });
                for disk in state.disks.values() {
                    // One that cannot be emptied is found out when a node is to start on it.
                    disk.wipe(0).unwrap_or_default();
                }
            }
            message => state.hear(message),
        }
    }
}

impl State {
    fn hear(&mut self, message: ToCrew) {
        match self.crew.hear(message, memory_bytes()) {
            Ok(Some(answer)) => tell(&self.scope, &answer),
            Ok(None) => {}
            Err(error) => throw_str(&error.to_string()),
        }
    }
}
