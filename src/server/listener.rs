//! One node's listener: there while the node's process runs, and gone with all its connections when it does not.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection;
use super::gateway::Shared;
use crate::base::Endpoint;

/// Until the port is free again, or the process may open another file.
const RETRY: Duration = Duration::from_millis(50);

/// Opens a port, without waiting for connections that were closed a moment ago.
pub(super) fn open(address: SocketAddr) -> std::io::Result<StdListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

pub(super) async fn listen(
    shared: Arc<Shared>,
    node: Endpoint,
    address: SocketAddr,
    first: StdListener,
    mut runs: watch::Receiver<bool>,
) {
    let mut opened = Some(first);
    loop {
        while !*runs.borrow_and_update() {
            opened = None;
            if runs.changed().await.is_err() {
                return;
            }
        }
        let listener = match opened
            .take()
            .map_or_else(|| open(address), Ok)
            .and_then(TcpListener::from_std)
        {
            Ok(listener) => listener,
            Err(_) => {
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        // Dropped with the listener: a process that dies takes its connections with it.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                changed = runs.changed() => match changed {
                    Err(_) => return,
                    Ok(()) if !*runs.borrow() => break,
                    Ok(()) => {}
                },
                accepted = listener.accept() => match accepted {
                    Ok((stream, client)) => {
                        connections.spawn(connection::serve(shared.clone(), node, stream, client));
                    }
                    Err(_) => tokio::time::sleep(RETRY).await,
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    }
}
