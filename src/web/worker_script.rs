//! Starting a worker: the page's own program once more, which finds itself in a worker.
//!
//! One program for the page and all workers: it travels once, and is compiled once. `www/worker.js` takes it from the page.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{Document, Url, Worker, WorkerOptions, WorkerType};

/// index.html names the workers' first script here; the build replaces it by a name that carries the content.
const WORKER_META: &str = "meta[name=ringscope-worker]";
/// And the program's own script here.
const PROGRAM_META: &str = "meta[name=ringscope-app]";
/// And the rest of the program, when the build has taken it apart.
pub const REST_META: &str = "meta[name=ringscope-rest]";

#[derive(Debug, thiserror::Error)]
pub enum WorkerScriptError {
    #[error("the page names no script (`{0}`)")]
    NotNamed(&'static str),
    #[error("a script's address is unusable: {0}")]
    Address(String),
    #[error("the browser started no worker: {0}")]
    NotStarted(String),
}

/// Starts one more worker. It posts [`READY`](super::READY) once it listens.
pub fn start_worker(document: &Document) -> Result<Worker, WorkerScriptError> {
    let address = named(document, WORKER_META)?;
    let program = named(document, PROGRAM_META)?;
    let rest = named(document, REST_META)?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&address, &options);
    let started = worker.and_then(|worker| {
        let message = Object::new();
        Reflect::set(&message, &"script".into(), &program.into())?;
        Reflect::set(&message, &"rest".into(), &rest.into())?;
        Reflect::set(&message, &"module".into(), &wasm_bindgen::module())?;
        worker.post_message(&message)?;
        Ok(worker)
    });
    started.map_err(|error: JsValue| WorkerScriptError::NotStarted(format!("{error:?}")))
}

/// Taken from the document and relative to it, so that the page runs from any path of any host.
pub fn named(document: &Document, meta: &'static str) -> Result<String, WorkerScriptError> {
    let named = document
        .query_selector(meta)
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    let relative = named.ok_or(WorkerScriptError::NotNamed(meta))?;
    let base = document.base_uri().ok().flatten().unwrap_or_default();
    let address = Url::new_with_base(&relative, &base);
    address
        .map(|url| url.href())
        .map_err(|error| WorkerScriptError::Address(format!("{relative} from {base}: {error:?}")))
}
