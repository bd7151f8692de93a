//! Starting a worker: the page's own program once more, which finds itself in a worker.
//!
//! One program for the page and all workers: it travels once, and is compiled once. `www/worker.js` takes it from whoever starts
//! the worker, with what the worker is to be. The page starts the hub and the hub starts the crews, since what a worker and its
//! starter say to each other travels in half the time that it takes through a `MessagePort`.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{Document, Url, Worker, WorkerOptions, WorkerType};

/// index.html names the workers' first script here; the build replaces it by a name that carries the content.
const WORKER_META: &str = "meta[name=ringscope-worker]";
/// And the program's own script here.
const PROGRAM_META: &str = "meta[name=ringscope-app]";
/// And the rest of the program, when the build has taken it apart.
pub const REST_META: &str = "meta[name=ringscope-rest]";

/// Where www/worker.js leaves what a worker was started with.
const START: &str = "ringscopeStart";
const ROLE: &str = "role";
const CREWS: &str = "crews";

#[derive(Debug, thiserror::Error)]
pub enum WorkerScriptError {
    #[error("the page names no script (`{0}`)")]
    NotNamed(&'static str),
    #[error("a script's address is unusable: {0}")]
    Address(String),
    #[error("the browser started no worker: {0}")]
    NotStarted(String),
}

/// What a worker is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    Hub,
    Crew,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Role::Hub => "hub",
            Role::Crew => "crew",
        }
    }

    /// Of this worker.
    pub fn own() -> Option<Role> {
        let name = started_with(ROLE).ok()?.as_string()?;
        [Role::Hub, Role::Crew].into_iter().find(|role| role.name() == name)
    }
}

/// The page starts the hub, which starts so many crews at once. It posts [`READY`](super::READY) once it listens.
pub fn start_hub(document: &Document, crews: usize) -> Result<Worker, WorkerScriptError> {
    let worker: JsValue = named(document, WORKER_META)?.into();
    let program = named(document, PROGRAM_META)?.into();
    let rest = named(document, REST_META)?.into();
    let module = wasm_bindgen::module();
    let crews = (crews as f64).into();
    let with = [
        ("worker", worker),
        ("script", program),
        ("rest", rest),
        ("module", module),
        (CREWS, crews),
    ];
    start(Role::Hub, &with).map_err(not_started)
}

/// The hub starts a crew as it was started itself.
pub fn start_crew() -> Result<Worker, WorkerScriptError> {
    let like_this_one = || {
        let with = ["worker", "script", "rest", "module"].map(|name| started_with(name).map(|it| (name, it)));
        let [worker, script, rest, module] = with;
        start(Role::Crew, &[worker?, script?, rest?, module?])
    };
    like_this_one().map_err(not_started)
}

/// How many crews the hub, which this worker is, starts before it is asked for any.
pub fn crews_at_start() -> usize {
    let crews = started_with(CREWS).ok().and_then(|crews| crews.as_f64());
    crews.map_or(0, |crews| crews as usize)
}

/// The first of `with` is the address of `www/worker.js`.
fn start(role: Role, with: &[(&str, JsValue)]) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let address = with.first().and_then(|(_, address)| address.as_string());
    let started = Worker::new_with_options(&address.unwrap_or_default(), &options)?;
    let message = Object::new();
    Reflect::set(&message, &ROLE.into(), &role.name().into())?;
    for (name, value) in with {
        Reflect::set(&message, &(*name).into(), value)?;
    }
    started.post_message(&message)?;
    Ok(started)
}

fn not_started(error: JsValue) -> WorkerScriptError {
    WorkerScriptError::NotStarted(format!("{error:?}"))
}

/// One of the things that this worker was started with.
pub fn started_with(name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(&Reflect::get(&js_sys::global(), &START.into())?, &name.into())
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
