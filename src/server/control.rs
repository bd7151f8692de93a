//! The control port: HTTP on loopback, to do to the cluster what may be done while clients are connected.
//!
//! `curl -X POST http://127.0.0.1:9043/kill/2`; `GET /` tells how the nodes are.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::deed::Deed;
use super::gateway::Shared;
use crate::sim::ProcessState;

/// A request's line and headers are no longer.
const MAX_REQUEST_BYTES: u64 = 8 << 10;

pub(super) async fn listen(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(shared.clone(), stream));
        }
    }
}

/// One request a connection.
async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read.take(MAX_REQUEST_BYTES)).lines();
    let Ok(Some(first)) = lines.next_line().await else {
        return;
    };
    let mut from_a_page = false;
    while let Ok(Some(header)) = lines.next_line().await {
        if header.is_empty() {
            break;
        }
        from_a_page |= header.to_ascii_lowercase().starts_with("origin:");
    }
    let (status, body) = match from_a_page {
        // A web page that is open on this machine has no business here.
        true => ("403 Forbidden", "{\"error\": \"not for web pages\"}".to_string()),
        false => answer(&shared, &first).await,
    };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}\n",
        body.len() + 1
    );
    // Who asked may have gone; what was asked is done.
    let _ = write.write_all(response.as_bytes()).await;
    let _ = write.shutdown().await;
}

async fn answer(shared: &Arc<Shared>, request: &str) -> (&'static str, String) {
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let words: Vec<String> = path
        .split('/')
        .filter(|it| !it.is_empty())
        .map(str::to_string)
        .collect();
    match (method, words.is_empty()) {
        ("GET", true) | ("POST", false) => {}
        _ => return ("405 Method Not Allowed", error("GET / tells, POST does")),
    }
    let shared = shared.clone();
    // The cluster's thread answers within a window; the other clients do not wait for it.
    let done = tokio::task::spawn_blocking(move || match words.is_empty() {
        true => Ok(nodes(&shared)),
        false => act(&shared, &words),
    });
    match done.await {
        Ok(Ok(body)) => ("200 OK", body),
        Ok(Err(text)) => ("400 Bad Request", error(&text)),
        Err(_) => ("500 Internal Server Error", error("the cluster is gone")),
    }
}

fn act(shared: &Shared, words: &[String]) -> Result<String, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let deed = Deed::read(&words).map_err(|error| error.to_string())?;
    let done = shared.cluster().run(move |cluster| deed.apply(cluster));
    match done {
        Some(Ok(())) => Ok(nodes(shared)),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the cluster is gone".into()),
    }
}

/// How each node is.
fn nodes(shared: &Shared) -> String {
    let states = shared.cluster().run(|cluster| {
        let state = |node| match cluster.scheduler().state(node) {
            Some(ProcessState::Running) => "running",
            Some(ProcessState::Paused) => "paused",
            _ => "down",
        };
        let nodes = cluster.endpoints();
        nodes.map(|node| (node, state(node))).collect::<Vec<_>>()
    });
    let states = states.unwrap_or_default();
    let line = |(node, state): &(crate::base::Endpoint, &str)| {
        let native = shared.address_of(*node);
        format!(
            "{{\"node\": {}, \"native\": \"{native}\", \"state\": \"{state}\"}}",
            node.number()
        )
    };
    format!("[{}]", states.iter().map(line).collect::<Vec<_>>().join(", "))
}

fn error(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{{\"error\": \"{escaped}\"}}")
}
