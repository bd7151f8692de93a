//! One client's connection: reads requests, hands them on, writes answers as they come.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uuid::Uuid;

use super::cluster::session_id;
use super::gateway::Shared;
use super::protocol::{
    Answer, Compression, Decoder, Flags, Frame, Framing, Options, ProtocolError, Reader, Refused, Request, Segments,
    ServerEvent, Version,
};
use super::tracing::Trace;
use crate::base::{Endpoint, RequestId};
use crate::cql::QueryResult;
use crate::data::{KeyspaceName, WriteTimestamp};
use crate::node::{ClientRequest, Form, USE_WARNING};
use crate::sim;

const CQL_VERSION: &str = "3.4.7";

/// Answers written with one call.
const ANSWERS_AT_ONCE: usize = 128;

/// Something to be written.
pub(super) enum Outgoing {
    Answer {
        version: Version,
        stream: i16,
        answer: Answer,
        /// Bytes of the request it answers.
        releases: Option<usize>,
    },
    /// From here on.
    Frame(Framing),
    /// Everything before is written, then the connection ends.
    End,
}

/// A client that wants to be told what happens.
pub(super) struct Registered {
    /// The node it is connected to.
    pub node: Endpoint,
    pub version: Version,
    pub kinds: Vec<String>,
    pub out: UnboundedSender<Outgoing>,
}

impl Registered {
    /// Whether it is still there.
    pub fn tell(&self, event: &ServerEvent) -> bool {
        if self.kinds.iter().any(|kind| kind == event.kind()) {
            let answer = Answer::Event(event.clone());
            return self.out.send(self.outgoing(answer)).is_ok();
        }
        !self.out.is_closed()
    }

    fn outgoing(&self, answer: Answer) -> Outgoing {
        Outgoing::Answer {
            version: self.version,
            // Nobody asked.
            stream: -1,
            answer,
            releases: None,
        }
    }
}

/// Requests without an answer.
#[derive(Default)]
struct InFlight {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

struct Connection {
    shared: Arc<Shared>,
    node: Endpoint,
    client: SocketAddr,
    decoder: Decoder,
    out: UnboundedSender<Outgoing>,
    in_flight: Arc<InFlight>,
    /// The keyspace in use.
    keyspace: Arc<Mutex<Option<KeyspaceName>>>,
    /// It was told not to prepare statements that depend on it.
    warned_of_use: Arc<AtomicBool>,
    /// What the client speaks, from its first message on.
    version: Option<Version>,
    started: bool,
    compression: Option<Compression>,
}

/// Serves a client until it goes.
pub(super) async fn serve(shared: Arc<Shared>, node: Endpoint, stream: TcpStream, client: SocketAddr) {
    // A small answer that waits for more to come helps nobody.
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let (out, outgoing) = unbounded_channel();
    let in_flight = Arc::new(InFlight::default());
    let writing = self::write(write, outgoing, in_flight.clone());
    let connection = Connection {
        decoder: Decoder::new(shared.limits.frame_bytes),
        shared,
        node,
        client,
        out: out.clone(),
        in_flight,
        keyspace: Arc::default(),
        warned_of_use: Arc::default(),
        version: None,
        started: false,
        compression: None,
    };
    let reading = async move {
        connection.read(read).await;
        // What was asked before is still answered, unless the client has gone altogether.
        let _ = out.send(Outgoing::End);
    };
    tokio::join!(reading, writing);
}

/// Writes what is to be written, as much at once as there is.
async fn write(mut socket: OwnedWriteHalf, mut outgoing: UnboundedReceiver<Outgoing>, in_flight: Arc<InFlight>) {
    let mut framing = Framing::Plain(None);
    let mut waiting = Vec::new();
    let (mut bytes, mut messages) = (Vec::new(), Vec::new());
    loop {
        if outgoing.recv_many(&mut waiting, ANSWERS_AT_ONCE).await == 0 {
            return;
        }
        let (mut released, mut ends) = ((0, 0), false);
        for item in waiting.drain(..) {
            match item {
                Outgoing::Answer {
                    version,
                    stream,
                    answer,
                    releases,
                } => {
                    if let Some(length) = releases {
                        released = (released.0 + 1, released.1 + length);
                    }
                    let compression = match framing {
                        Framing::Plain(compression) => compression,
                        Framing::Segments(_) => None,
                    };
                    let message = answer.encode(version, stream, compression).or_else(|error| {
                        let refused = Answer::Refused(Refused::Server(error.to_string()));
                        refused.encode(version, stream, None)
                    });
                    messages.extend(message);
                }
                Outgoing::Frame(next) => {
                    frame(framing, &mut messages, &mut bytes);
                    framing = next;
                }
                Outgoing::End => ends = true,
            }
        }
        frame(framing, &mut messages, &mut bytes);
        let written = socket.write_all(&bytes).await;
        bytes.clear();
        in_flight.requests.fetch_sub(released.0, Ordering::Relaxed);
        in_flight.bytes.fetch_sub(released.1, Ordering::Relaxed);
        if written.is_err() || ends {
            let _ = socket.shutdown().await;
            return;
        }
    }
}

fn frame(framing: Framing, messages: &mut Vec<Vec<u8>>, bytes: &mut Vec<u8>) {
    match framing {
        Framing::Plain(_) => messages.iter().for_each(|message| bytes.extend(message)),
        Framing::Segments(segments) => segments.write_all(messages.iter().map(Vec::as_slice), bytes),
    }
    messages.clear();
}

impl Connection {
    async fn read(mut self, mut socket: OwnedReadHalf) {
        loop {
            loop {
                match self.decoder.next_frame() {
                    Ok(Some(frame)) => {
                        if !self.take(frame) {
                            return;
                        }
                    }
                    Ok(None) => break,
                    Err(broken) => {
                        let version = self.version.unwrap_or(Version::HIGHEST_STABLE);
                        let refused = Refused::Protocol(broken.error.to_string());
                        self.send(version, broken.stream, Answer::Refused(refused), None);
                        if broken.fatal {
                            return;
                        }
                    }
                }
            }
            self.decoder.input.reserve(16 << 10);
            match socket.read_buf(&mut self.decoder.input).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    fn send(&self, version: Version, stream: i16, answer: Answer, releases: Option<usize>) {
        // The writer is gone only when the client is.
        let _ = self.out.send(Outgoing::Answer {
            version,
            stream,
            answer,
            releases,
        });
    }

    /// Takes one message; whether the connection goes on.
    fn take(&mut self, frame: Frame) -> bool {
        let (version, stream) = (frame.header.version, frame.header.stream);
        let refuse = |text: String| Answer::Refused(Refused::Protocol(text));
        if let Some(before) = self.version.filter(|before| *before != version) {
            let name = |it: Version| format!("{0}/v{0}", it as u8);
            let text = format!(
                "Invalid message version. Got {} but previous messages on this connection had version {}",
                name(version),
                name(before)
            );
            self.send(before, stream, refuse(text), None);
            return false;
        }
        self.version = Some(version);
        match self.request(&frame) {
            Ok((request, traced)) => match self.refusal(&request) {
                Some(text) => self.send(version, stream, refuse(text), None),
                None => return self.act(request, &frame, traced),
            },
            Err(error) => self.send(version, stream, refuse(error.to_string()), None),
        }
        true
    }

    fn request(&self, frame: &Frame) -> Result<(Request, bool), ProtocolError> {
        let mut body = Reader::new(frame.body.clone());
        if frame.header.flags.has(Flags::CUSTOM_PAYLOAD) {
            // For query handlers other than Cassandra's own, of which there is none.
            body.bytes_map()?;
        }
        let request = Request::read(&frame.header, &mut body)?;
        Ok((request, frame.header.flags.has(Flags::TRACING)))
    }

    /// What may not be asked now.
    fn refusal(&self, request: &Request) -> Option<String> {
        match request {
            Request::Options => None,
            Request::Startup(_) if self.started => {
                Some("Unexpected message STARTUP, the connection is already initialized".into())
            }
            Request::Startup(_) => None,
            other if !self.started => Some(format!(
                "Unexpected message {}, expecting STARTUP or OPTIONS",
                other.name()
            )),
            _ => None,
        }
    }

    fn act(&mut self, request: Request, frame: &Frame, traced: bool) -> bool {
        let (version, stream) = (frame.header.version, frame.header.stream);
        match request {
            Request::Options => self.send(version, stream, supported(), None),
            Request::Startup(options) => return self.start(&options, version, stream),
            // Nobody asked for credentials; what is given is taken.
            Request::AuthResponse(_) => self.send(version, stream, Answer::AuthSuccess, None),
            Request::Register(kinds) => {
                let known = ["TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"];
                if let Some(unknown) = kinds.iter().find(|kind| !known.contains(&kind.as_str())) {
                    let text = format!("Invalid value '{unknown}' for Type");
                    self.send(version, stream, Answer::Refused(Refused::Protocol(text)), None);
                    return true;
                }
                self.shared.register(Registered {
                    node: self.node,
                    version,
                    kinds,
                    out: self.out.clone(),
                });
                self.send(version, stream, Answer::Ready, None);
            }
            statement => {
                let length = frame.body.len();
                if let Some(text) = self.overload(length) {
                    self.send(version, stream, Answer::Refused(Refused::Overloaded(text)), None);
                    return true;
                }
                self.in_flight.requests.fetch_add(1, Ordering::Relaxed);
                self.in_flight.bytes.fetch_add(length, Ordering::Relaxed);
                self.ask(statement, version, stream, length, traced);
            }
        }
        true
    }

    /// Why one more request would be too many.
    fn overload(&self, length: usize) -> Option<String> {
        let limits = &self.shared.limits;
        let requests = self.in_flight.requests.load(Ordering::Relaxed);
        let bytes = self.in_flight.bytes.load(Ordering::Relaxed);
        if requests >= limits.streams {
            return Some(format!(
                "Request breached limit on requests in flight. (Connection: {requests}/{})",
                limits.streams
            ));
        }
        (bytes + length > limits.in_flight_bytes).then(|| {
            format!(
                "Request breached limit on bytes in flight. (Connection: {}/{} bytes)",
                bytes + length,
                limits.in_flight_bytes
            )
        })
    }

    fn start(&mut self, options: &[(String, String)], version: Version, stream: i16) -> bool {
        let option = |name: &str| {
            let found = options.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let wrong = match option("CQL_VERSION") {
            None => Some("Missing value CQL_VERSION in STARTUP message".to_string()),
            // Drivers ask for versions that are not there yet, too: Cassandra refuses those before 3 only.
            Some(version) if major(version).is_none_or(|major| major < 3) => Some(format!(
                "CQL version {version} is not supported by the binary protocol (supported version are >= 3.0.0)"
            )),
            Some(_) => None,
        };
        let compression = option("COMPRESSION").filter(|name| !name.is_empty());
        let compression = compression.map(Compression::named).transpose();
        let refused = match (wrong, compression) {
            (Some(text), _) => text,
            (None, Err(error)) => error.to_string(),
            (None, Ok(Some(Compression::Snappy))) if version.has_segments() => {
                "Snappy compression is not supported in protocol V5".to_string()
            }
            (None, Ok(compression)) => {
                self.started = true;
                self.compression = compression;
                let framing = match version.has_segments() {
                    true => Framing::Segments(Segments {
                        compressed: compression.is_some(),
                    }),
                    false => Framing::Plain(compression),
                };
                self.decoder.set_framing(framing);
                self.send(version, stream, Answer::Ready, None);
                return self.out.send(Outgoing::Frame(framing)).is_ok();
            }
        };
        self.send(version, stream, Answer::Refused(Refused::Protocol(refused)), None);
        true
    }

    /// Hands a statement to the node.
    fn ask(&self, request: Request, version: Version, stream: i16, length: usize, traced: bool) {
        let session = traced.then(session_id);
        let trace = session.map(|session| Box::new(self.trace(&request, session)));
        let used = self.keyspace.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(asked) = Asked::of(request, used) else {
            return;
        };
        let (out, keyspace, shared) = (self.out.clone(), self.keyspace.clone(), self.shared.clone());
        let warned_of_use = self.warned_of_use.clone();
        let (skip_metadata, known_metadata) = (asked.skip_metadata, asked.known_metadata);
        let reply = move |answer: sim::Answer| {
            let answer = match answer {
                // The node died, and with it the connection.
                sim::Answer::Disconnected(_) | sim::Answer::Told(_) => return drop(out.send(Outgoing::End)),
                sim::Answer::Reply(mut reply) => {
                    // Once is enough.
                    let said = |it: &String| it.starts_with(USE_WARNING);
                    if reply.warnings.iter().any(said) && warned_of_use.swap(true, Ordering::Relaxed) {
                        reply.warnings.retain(|it| !said(it));
                    }
                    match &reply.result {
                        Ok(QueryResult::SetKeyspace(name)) => {
                            *keyspace.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.clone());
                        }
                        Ok(QueryResult::SchemaChange(change)) => shared.tell_all(&ServerEvent::Schema(change.clone())),
                        _ => {}
                    }
                    Answer::Result {
                        result: Box::new(reply.result),
                        warnings: reply.warnings,
                        tracing: session,
                        skip_metadata,
                        known_metadata,
                    }
                }
            };
            let _ = out.send(Outgoing::Answer {
                version,
                stream,
                answer,
                releases: Some(length),
            });
        };
        self.shared
            .cluster()
            .ask(self.node, asked.request, trace, Box::new(reply));
    }

    fn trace(&self, request: &Request, session: Uuid) -> Trace {
        let client: IpAddr = self.client.ip();
        let mut parameters = Vec::new();
        let name = match request {
            Request::Query { text, options } => {
                parameters = options.trace_parameters();
                parameters.push(("query", text.clone()));
                "Execute CQL3 query"
            }
            Request::Prepare { text, .. } => {
                parameters.push(("query", text.clone()));
                "Preparing CQL3 query"
            }
            Request::Execute { options, .. } => {
                parameters = options.trace_parameters();
                "Execute CQL3 prepared query"
            }
            _ => "Execute batch of CQL3 queries",
        };
        Trace {
            session,
            coordinator: self.node,
            client,
            request: name,
            parameters,
            events: Vec::new(),
            answered: None,
        }
    }
}

impl Options {
    fn trace_parameters(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![("consistency_level", self.consistency.name().to_string())];
        if let Some(size) = self.page_size {
            all.push(("page_size", size.to_string()));
        }
        all.push(("serial_consistency_level", self.serial_consistency.name().to_string()));
        all
    }
}

/// A request as the node takes it.
struct Asked {
    request: ClientRequest,
    skip_metadata: bool,
    known_metadata: Option<[u8; 16]>,
}

impl Asked {
    /// `None` for what is not a statement.
    fn of(request: Request, used: Option<KeyspaceName>) -> Option<Asked> {
        let (mut skip_metadata, mut known_metadata) = (false, None);
        let named = |keyspace: Option<&String>| keyspace.map(|name| KeyspaceName::new(name)).or(used);
        let request = match request {
            Request::Query { text, mut options } => {
                let values = core::mem::take(&mut options.values);
                let keyspace = named(options.keyspace.as_ref());
                client_request(text, Form::Query(values), keyspace, Some(options))
            }
            Request::Prepare { text, keyspace } => client_request(text, Form::Prepare, named(keyspace.as_ref()), None),
            Request::Execute {
                statement,
                result_metadata,
                mut options,
            } => {
                skip_metadata = options.skip_metadata;
                known_metadata = result_metadata;
                let values = core::mem::take(&mut options.values);
                let keyspace = named(options.keyspace.as_ref());
                client_request(
                    String::new(),
                    Form::Execute { statement, values },
                    keyspace,
                    Some(options),
                )
            }
            Request::Batch { kind, parts, options } => {
                let keyspace = named(options.keyspace.as_ref());
                let form = Form::Batch {
                    kind,
                    statements: parts,
                };
                client_request(String::new(), form, keyspace, Some(options))
            }
            _ => return None,
        };
        Some(Asked {
            request,
            skip_metadata,
            known_metadata,
        })
    }
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

fn client_request(
    query: String,
    form: Form,
    keyspace: Option<KeyspaceName>,
    options: Option<Options>,
) -> ClientRequest {
    use crate::data::ConsistencyLevel;
    let level = |of: fn(&Options) -> ConsistencyLevel, otherwise| options.as_ref().map_or(otherwise, of);
    ClientRequest {
        id: RequestId(0),
        query,
        form,
        keyspace,
        consistency: level(|it| it.consistency, ConsistencyLevel::One),
        serial_consistency: level(|it| it.serial_consistency, ConsistencyLevel::Serial),
        page_size: options.as_ref().and_then(|it| it.page_size),
        paging_state: options.as_ref().and_then(|it| it.paging_state.clone()),
        timestamp: options.as_ref().and_then(|it| it.timestamp).map(WriteTimestamp),
    }
}

fn supported() -> Answer {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Answer::Supported(vec![
        ("PROTOCOL_VERSIONS", names(&super::protocol::VERSIONS)),
        ("COMPRESSION", names(&Compression::NAMES)),
        ("CQL_VERSION", names(&[CQL_VERSION])),
    ])
}
