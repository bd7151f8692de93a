//! The page on invented data, to work on its look without the engine. Nothing of it is part of the product.
//!
//! Build: `cargo build --target wasm32-unknown-unknown --example page`, then `wasm-bindgen --target web` on the result.

#[cfg(target_arch = "wasm32")]
fn main() {
    fake::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This example runs in a browser.");
}

#[cfg(target_arch = "wasm32")]
mod fake {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use gloo::timers::callback::Interval;
    use ringscope::base::{Endpoint, HostId, Instant, MessageId, RequestId, UnixMicros};
    use ringscope::cql::SourcePosition;
    use ringscope::data::{ConsistencyLevel, Token};
    use ringscope::event::{DropReason, Outcome, Verb, What};
    use ringscope::node::{CommitLogView, HintView, NodeView, PeerView, TableView};
    use ringscope::playground::api::*;
    use ringscope::sim::Latency;
    use ringscope::ui::page::{Wire, mount};
    use uuid::Uuid;

    type Sink = Box<dyn Fn(Frame)>;

    struct Fake {
        frame: Frame,
        history: Vec<Flight>,
        next: u64,
        answer: Option<(Instant, Vec<ShellEntry>, StatementSummary)>,
        gossip_at: Instant,
        sink: Option<Sink>,
    }

    pub fn start() {
        let place = web_sys::window()
            .unwrap()
            .document()
            .unwrap()
            .get_element_by_id("app")
            .unwrap();
        let fake = Rc::new(RefCell::new(Fake::new()));
        let (sender, connector) = (Rc::clone(&fake), Rc::clone(&fake));
        let wire = Wire::new(
            move |command| sender.borrow_mut().obey(command),
            move |sink| {
                let fake = Rc::clone(&connector);
                fake.borrow_mut().sink = Some(sink);
                Interval::new(16, move || {
                    let frame = fake.borrow_mut().tick();
                    let fake = fake.borrow();
                    fake.sink.as_ref().unwrap()(frame);
                })
                .forget();
            },
        );
        mount(place, wire);
    }

    fn node(n: u8) -> Endpoint {
        Endpoint::nth(n)
    }

    impl Fake {
        fn new() -> Fake {
            let search = web_sys::window().unwrap().location().search().unwrap_or_default();
            let many: u8 = search.strip_prefix("?nodes=").and_then(|n| n.parse().ok()).unwrap_or(3);
            let step = u64::MAX / (8 * u64::from(many));
            let tokens: Vec<Token> = (0..8 * u64::from(many))
                .map(|i| Token(i64::MIN.wrapping_add((step * i + step / 3 * (i % 2)) as i64 + 1)))
                .collect();
            let owner = |i: usize| node((i * 7 % usize::from(many)) as u8 + 1);
            let ranges = tokens.iter().enumerate().map(|(i, to)| RangeOwner {
                from: tokens[(i + tokens.len() - 1) % tokens.len()],
                to: *to,
                primary: owner(i),
            });
            let nodes = (1..=many).map(|n| NodeSummary {
                endpoint: node(n),
                datacenter: if many > 8 && n > many / 2 {
                    "datacenter2".into()
                } else {
                    "datacenter1".into()
                },
                rack: "rack1".into(),
                state: NodeState::Up,
                tokens: Vec::new(),
                down_for: Vec::new(),
                memtable_bytes: 1800 * u64::from(n),
                commit_log_bytes: 12_000,
                hints: 0,
                queued: 0,
                pending_requests: 0,
            });
            let latency = Latency::WITHIN_DATACENTER;
            let frame = Frame {
                number: 0,
                run: 1,
                now: Instant::from_micros(12_345_678),
                wall: UnixMicros(0),
                rate: Rate::SlowMotion,
                speed: 0.001,
                paused: false,
                replaying: None,
                end: Instant::ZERO,
                nodes: nodes.collect(),
                ranges: Some(ranges.collect()),
                links: Some(Vec::new()),
                latencies: Some(vec![("datacenter1".into(), "datacenter1".into(), latency)]),
                flights: Vec::new(),
                sent: Counts::default(),
                unlisted_flights: 0,
                log: Vec::new(),
                unlisted_log: 0,
                sentence: "Three nodes gossip; nothing else happens.".into(),
                statement: None,
                shells: Vec::new(),
                notices: Vec::new(),
                watch: Watch::default(),
                node: None,
                replicas: None,
                trace: None,
                timeline: None,
                completion: None,
                share: None,
                summary: RunSummary {
                    config: None,
                    commands: 0,
                    events: 0,
                    history: String::new(),
                    replayed: None,
                    memory_bytes: 0,
                },
            };
            Fake {
                frame,
                history: Vec::new(),
                next: 0,
                answer: None,
                gossip_at: Instant::ZERO,
                sink: None,
            }
        }

        fn fly(&mut self, from: u8, to: u8, verb: Verb, sent_at: Instant, micros: u64, cause: Option<u64>) -> Instant {
            self.next += 1;
            let down = self.frame.nodes[usize::from(to) - 1].state == NodeState::Down;
            let cut = self
                .frame
                .links
                .iter()
                .flatten()
                .any(|link| link.from == node(from) && link.to == node(to) && link.faults.cut);
            let fate = match (down, cut) {
                (_, true) => Fate::Dropped(DropReason::LinkCut),
                (true, _) => Fate::Dropped(DropReason::ReceiverDown),
                _ => Fate::UnderWay,
            };
            let arrives_at = sent_at + Duration::from_micros(micros);
            self.history.push(Flight {
                from: node(from),
                to: node(to),
                id: MessageId(self.next),
                in_reply_to: None,
                verb,
                kind: verb.kind(),
                digest: false,
                cause: cause.map(RequestId),
                bytes: 92,
                sent_at,
                arrives_at,
                fate,
            });
            arrives_at
        }

        fn tick(&mut self) -> Frame {
            let busy = self.answer.is_some();
            let speed = match (self.frame.paused, self.frame.rate, busy) {
                (true, ..) => 0.0,
                (_, Rate::SlowMotion, true) => 0.001,
                (_, Rate::Max, _) => 50.0,
                _ => 1.0,
            };
            self.frame.number += 1;
            self.frame.speed = speed;
            let before = self.frame.now;
            self.frame.now = before + Duration::from_micros((speed * 16_000.0) as u64);
            let now = self.frame.now;
            if now > self.gossip_at {
                self.gossip_at = now + Duration::from_millis(700);
                let many = self.frame.nodes.len() as u8;
                let from = (self.next % u64::from(many)) as u8 + 1;
                let at = self.fly(from, from % many + 1, Verb::GossipDigestSyn, now, 600, None);
                self.fly(from % many + 1, from, Verb::GossipDigestAck, at, 500, None);
            }
            for flight in &mut self.history {
                if flight.fate == Fate::UnderWay && flight.arrives_at <= now {
                    flight.fate = Fate::Arrived;
                }
            }
            let over = self.history.len().saturating_sub(400);
            self.history.drain(..over);
            let mut frame = self.frame.clone();
            frame.flights = self
                .history
                .iter()
                .filter(|flight| flight.sent_at <= now && flight.arrives_at > before)
                .cloned()
                .collect();
            if self.answer.as_ref().is_some_and(|(at, ..)| *at <= now) {
                let (_, mut entries, summary) = self.answer.take().unwrap();
                entries.push(ShellEntry::Summary(summary.clone()));
                self.frame.statement = Some(summary);
                frame.shells.push(shell(entries, false));
                self.frame.sentence = "127.0.0.1 has answered: 2 of 3 replicas were enough.".into();
            }
            frame.statement.clone_from(&self.frame.statement);
            frame.end = frame.now;
            let watch = frame.watch.clone();
            frame.timeline = watch.timeline.map(|_| self.timeline());
            frame.trace = watch.trace.and_then(|request| self.trace(request));
            frame.node = watch.node.map(|endpoint| self.view(endpoint));
            frame.replicas = watch.partition.map(replicas);
            self.frame.shells.clear();
            self.frame.log.clear();
            self.frame.notices.clear();
            self.frame.completion = None;
            self.frame.share = None;
            frame
        }

        fn log(&mut self, n: u8, text: &str, notable: bool) {
            let what = if notable {
                What::NodeStopped { graceful: false }
            } else {
                What::Preparing
            };
            self.frame.log.push(LogEntry {
                at: self.frame.now,
                node: node(n),
                cause: None,
                what,
                text: text.into(),
                notable,
                partition: None,
            });
        }

        fn obey(&mut self, command: Command) {
            match command {
                Command::Shell { text, .. } => self.statement(&text),
                Command::Kill { node } | Command::Start { node } => {
                    let down = matches!(command, Command::Kill { .. });
                    let number = node.number();
                    self.frame.nodes[usize::from(number) - 1].state =
                        if down { NodeState::Down } else { NodeState::Up };
                    for other in &mut self.frame.nodes {
                        other.down_for.clear();
                        if other.endpoint == node && down {
                            other.down_for = vec![Endpoint::nth(1)];
                        }
                    }
                    self.frame.nodes[0].hints = if down { 3 } else { 0 };
                    self.log(
                        number,
                        if down {
                            "Killed: what was not synced is gone"
                        } else {
                            "Started, generation 2"
                        },
                        true,
                    );
                }
                Command::PauseNode { node } => {
                    self.frame.nodes[usize::from(node.number()) - 1].state = NodeState::Paused
                }
                Command::ResumeNode { node } => self.frame.nodes[usize::from(node.number()) - 1].state = NodeState::Up,
                Command::SetLink { from, to, faults } => {
                    let links = self.frame.links.get_or_insert_default();
                    links.retain(|link| (link.from, link.to) != (from, to));
                    links.push(LinkState { from, to, faults });
                }
                Command::SetRate(rate) => self.frame.rate = rate,
                Command::SetPaused(paused) => self.frame.paused = paused,
                Command::Watch(watch) => self.frame.watch = watch,
                Command::Share => self.frame.share = Some(Ok("v1.abc".into())),
                Command::Complete { id, cursor, text, .. } => {
                    let from = text[..cursor as usize]
                        .rfind(|c: char| !c.is_alphanumeric())
                        .map_or(0, |at| at + 1);
                    let all = [
                        ("SELECT", CandidateKind::Keyword, ""),
                        ("shop", CandidateKind::Keyspace, ""),
                        ("orders", CandidateKind::Table, "shop"),
                        ("price", CandidateKind::Column, "decimal"),
                    ];
                    let typed = text[from..cursor as usize].to_lowercase();
                    let fits = all
                        .into_iter()
                        .filter(|(text, ..)| text.to_lowercase().starts_with(&typed));
                    let candidates = fits
                        .map(|(text, kind, detail)| Candidate {
                            text: text.into(),
                            kind,
                            detail: detail.into(),
                        })
                        .collect();
                    self.frame.completion = Some(Completion {
                        id,
                        from: from as u32,
                        candidates,
                    });
                }
                _ => {}
            }
        }

        fn statement(&mut self, text: &str) {
            let input = ShellEntry::Input {
                prompt: "cqlsh> ".into(),
                text: text.into(),
            };
            let upper = text.to_uppercase();
            if !upper.contains("SELECT") && !upper.contains("INSERT") && !upper.contains("UPDATE") {
                let said = if upper.starts_with("CONSISTENCY") {
                    "Consistency level set to QUORUM.\n"
                } else {
                    ""
                };
                self.frame.shells = vec![shell(vec![input, ShellEntry::Output(said.into())], false)];
                return;
            }
            if upper.contains("FORM") {
                let error = ShellEntry::Error {
                    text: "SyntaxException: line 1:9 no viable alternative at input 'FORM' (SELECT * [FORM]...)".into(),
                    position: Some(SourcePosition {
                        line: 1,
                        column: 9,
                        length: 4,
                    }),
                };
                self.frame.shells = vec![shell(vec![input, error], false)];
                return;
            }
            self.frame.shells = vec![shell(vec![input], true)];
            let reads = upper.contains("SELECT");
            let (ask, answer) = if reads {
                (Verb::ReadReq, Verb::ReadRsp)
            } else {
                (Verb::MutationReq, Verb::MutationRsp)
            };
            let request = self.next + 1000;
            let started = self.frame.now + Duration::from_micros(120);
            let mut last = started;
            for to in [2, 3] {
                let arrived = self.fly(1, to, ask, started, 380 + 170 * u64::from(to), Some(request));
                last = self.fly(to, 1, answer, arrived + Duration::from_micros(150), 520, Some(request));
            }
            let partition = PartitionRef {
                keyspace: "shop".into(),
                table: "orders".into(),
                key: "1".into(),
            };
            let summary = StatementSummary {
                shell: ShellId::FIRST,
                request: RequestId(request),
                statement: text.into(),
                coordinator: node(1),
                consistency: ConsistencyLevel::Quorum,
                started,
                took: None,
                outcome: None,
                token: Some(Token(-4_069_959_284_402_364_209)),
                replicas: vec![node(1), node(2), node(3)],
                partition: Some(partition),
                answered: vec![node(1)],
                required: Some(2),
                messages: 4,
            };
            self.frame.statement = Some(summary.clone());
            self.frame.sentence = "127.0.0.1 coordinates: asked 3 replicas, 1 of 2 answers in.".into();
            let done = StatementSummary {
                took: Some(last.since(started)),
                outcome: Some(Outcome::Done {
                    rows: reads.then_some(1),
                }),
                answered: vec![node(1), node(2)],
                ..summary
            };
            let rows = "\n id | item      | price\n----+-----------+--------\n  1 | telescope | 249.00\n\n(1 rows)\n";
            let entries = if reads {
                vec![ShellEntry::Output(rows.into())]
            } else {
                Vec::new()
            };
            self.answer = Some((last, entries, done));
            self.log(1, "Parsing a statement", false);
        }

        fn arrows(&self, keep: impl Fn(&Flight) -> bool) -> Vec<Arrow> {
            let known = self
                .history
                .iter()
                .filter(|flight| flight.sent_at <= self.frame.now && keep(flight));
            let arrow = |flight: &Flight| Arrow {
                from: flight.from,
                to: flight.to,
                id: flight.id,
                verb: flight.verb,
                kind: flight.kind,
                cause: flight.cause,
                bytes: flight.bytes,
                sent_at: flight.sent_at,
                arrives_at: flight.arrives_at,
                fate: flight.fate,
            };
            known.map(arrow).collect()
        }

        fn timeline(&self) -> TimelineView {
            let lanes = self.frame.nodes.iter().map(|node| node.endpoint).collect();
            let marks = self.frame.statement.iter().flat_map(|statement| {
                let mark = |at, kind, text: &str| Mark {
                    at,
                    node: Some(node(1)),
                    kind,
                    text: text.into(),
                    cause: Some(statement.request),
                };
                let done = statement
                    .took
                    .map(|took| mark(statement.started + took, MarkKind::StatementDone, "done"));
                [
                    Some(mark(statement.started, MarkKind::Statement, &statement.statement)),
                    done,
                ]
            });
            TimelineView {
                from: Instant::ZERO,
                to: Instant::MAX,
                known_from: Instant::ZERO,
                lanes,
                marks: marks.flatten().collect(),
                arrows: self.arrows(|_| true),
                unlisted_marks: 0,
                unlisted_arrows: 0,
            }
        }

        fn trace(&self, request: RequestId) -> Option<TraceView> {
            let statement = self.frame.statement.clone()?;
            let arrows = self.arrows(|flight| flight.cause == Some(request));
            let from = statement.started;
            let row = |at: Instant, node, activity: String, arrow| TraceRow {
                at,
                node,
                activity,
                elapsed: at.since(from),
                arrow,
            };
            let mut rows = vec![
                row(from, node(1), "Execute CQL3 query".into(), None),
                row(
                    from + Duration::from_micros(40),
                    node(1),
                    format!("Parsing {}", statement.statement),
                    None,
                ),
                row(
                    from + Duration::from_micros(70),
                    node(1),
                    "Determining replicas for mutation".into(),
                    None,
                ),
            ];
            for (i, arrow) in arrows.iter().enumerate() {
                let i = Some(i as u32);
                rows.push(row(
                    arrow.sent_at,
                    arrow.from,
                    format!(
                        "Sending {} message to /{}:7000 message size 92 bytes",
                        arrow.verb, arrow.to
                    ),
                    i,
                ));
                if arrow.fate == Fate::Arrived {
                    rows.push(row(
                        arrow.arrives_at,
                        arrow.to,
                        format!("{} message received from /{}:7000", arrow.verb, arrow.from),
                        i,
                    ));
                    if !arrow.verb.is_response() {
                        let at = arrow.arrives_at;
                        rows.push(row(
                            at + Duration::from_micros(60),
                            arrow.to,
                            "Appending to commitlog".into(),
                            None,
                        ));
                        rows.push(row(
                            at + Duration::from_micros(90),
                            arrow.to,
                            "Adding to orders memtable".into(),
                            None,
                        ));
                    }
                }
            }
            rows.sort_by_key(|row| row.at);
            let to = rows.last()?.at;
            let lanes = vec![node(1), node(2), node(3)];
            Some(TraceView {
                request,
                statement,
                lanes,
                from,
                to,
                rows,
                arrows,
                unlisted_rows: 0,
                unlisted_arrows: 0,
            })
        }

        fn view(&self, endpoint: Endpoint) -> NodeView {
            let peers = self.frame.nodes.iter().map(|peer| PeerView {
                endpoint: peer.endpoint,
                alive: peer.down_for.is_empty(),
                status: "NORMAL".into(),
                phi: 0.31 * f64::from(peer.endpoint.number()),
                generation: 1,
                heartbeat: 77,
            });
            let table = |keyspace: &str, table: &str, bytes| TableView {
                keyspace: keyspace.into(),
                table: table.into(),
                memtable_bytes: bytes,
                memtable_partitions: 12,
                memtable_rows: 14,
            };
            NodeView {
                endpoint,
                host_id: HostId(Uuid::from_u128(7)),
                datacenter: "datacenter1".into(),
                rack: "rack1".into(),
                tokens: Vec::new(),
                mode: "NORMAL".into(),
                generation: 1,
                schema_version: Uuid::from_u128(0x2207c2a9_f598_3971_986b_2926e09e239d),
                peers: peers.collect(),
                tables: vec![table("shop", "orders", 1840), table("system", "local", 420)],
                commit_log: CommitLogView {
                    segments: 1,
                    bytes: 12_400,
                    unsynced_bytes: 310,
                },
                hints: vec![HintView {
                    target: node(3),
                    count: 3,
                    bytes: 512,
                    oldest: Some(Instant::from_micros(9_000_000)),
                }],
                pending_requests: 0,
                partition: None,
            }
        }
    }

    fn shell(entries: Vec<ShellEntry>, busy: bool) -> ShellUpdate {
        ShellUpdate {
            shell: ShellId::FIRST,
            entries,
            prompt: "cqlsh> ".into(),
            coordinator: node(1),
            consistency: ConsistencyLevel::Quorum,
            serial_consistency: ConsistencyLevel::Serial,
            busy,
        }
    }

    fn replicas(partition: PartitionRef) -> ReplicaView {
        let live = |value: &str, timestamp, stale| {
            Some(CellState::Live {
                value: value.into(),
                timestamp,
                expires_at: None,
                stale,
            })
        };
        let (old, new) = (1_767_225_612_345_678, 1_767_225_614_000_123);
        let row = |clustering: &str| ReplicaRow {
            clustering: clustering.into(),
            cells: vec![
                ReplicaCell {
                    column: "item".into(),
                    states: vec![
                        live("'tripod'", old, false),
                        live("'tripod'", old, false),
                        live("'tripod'", old, false),
                    ],
                },
                ReplicaCell {
                    column: "price".into(),
                    states: vec![
                        live("59.90", new, false),
                        live("59.90", new, false),
                        live("79.90", old, true),
                    ],
                },
                ReplicaCell {
                    column: "note".into(),
                    states: vec![live("'new'", new, false), Some(CellState::Missing), None],
                },
                ReplicaCell {
                    column: "gone".into(),
                    states: vec![
                        Some(CellState::Deleted {
                            timestamp: new,
                            stale: false,
                        }),
                        live("7", old, true),
                        Some(CellState::Missing),
                    ],
                },
            ],
        };
        ReplicaView {
            partition,
            error: None,
            token: Some(Token(-4_069_959_284_402_364_209)),
            replicas: vec![node(1), node(2), node(3)],
            unreachable: vec![node(3)],
            rows: vec![row("")],
            unlisted_rows: 0,
            agree: false,
        }
    }
}
