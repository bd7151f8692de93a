//! Where the worker's script lies, and starting it.

use web_sys::{Document, Url, Worker};

/// index.html names the worker's loader here; the build replaces it by a name that carries the content.
const WORKER_META: &str = "meta[name=ringscope-worker]";

#[derive(Debug, thiserror::Error)]
pub enum WorkerScriptError {
    #[error("the page names no worker script (`{WORKER_META}`)")]
    NotNamed,
    #[error("the worker script's address is unusable: {0}")]
    Address(String),
    #[error("the browser started no worker: {0}")]
    NotStarted(String),
}

/// Starts one more worker. It posts [`READY`](super::READY) once it listens.
pub fn start_worker(document: &Document) -> Result<Worker, WorkerScriptError> {
    let address = worker_address(document)?;
    Worker::new(&address).map_err(|error| WorkerScriptError::NotStarted(format!("{error:?}")))
}

/// Taken from the document and relative to it, so that the page runs from any path of any host.
fn worker_address(document: &Document) -> Result<String, WorkerScriptError> {
    let named = document
        .query_selector(WORKER_META)
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    let relative = named.ok_or(WorkerScriptError::NotNamed)?;
    let base = document.base_uri().ok().flatten().unwrap_or_default();
    let address = Url::new_with_base(&relative, &base);
    address
        .map(|url| url.href())
        .map_err(|error| WorkerScriptError::Address(format!("{relative} from {base}: {error:?}")))
}
