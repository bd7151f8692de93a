//! A static file host like any other: files, types, and no headers the page would depend on.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where the files lie on the host. Not the root, so that an absolute address in the page is a 404.
const PREFIX: &str = "/some/where/";

/// A client that says nothing is let go after this long.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// What the host sends besides the files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Nothing but a content type.
    Plain,
    /// A policy as strict as a page with WebAssembly can live under, and no guessing of types.
    Strict,
}

impl Policy {
    fn headers(self) -> &'static str {
        match self {
            Policy::Plain => "",
            Policy::Strict => {
                "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
                 style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'\r\n\
                 X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
            }
        }
    }
}

/// A request and the status it got.
pub type Visit = (String, u16);

/// Serves a folder until dropped or stopped.
pub struct Site {
    address: SocketAddr,
    visits: Arc<Mutex<Vec<Visit>>>,
    stopping: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Site {
    pub fn serve(folder: &Path, policy: Policy) -> Site {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on the loopback interface");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (visits, stopping) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (folder, seen, stop) = (folder.to_owned(), visits.clone(), stopping.clone());
        let listening = thread::spawn(move || {
            for stream in listener
                .incoming()
                .take_while(|_| !stop.load(Ordering::SeqCst))
                .flatten()
            {
                let (folder, seen) = (folder.clone(), seen.clone());
                // A browser that goes away in the middle of an answer is no fault of the page.
                thread::spawn(move || answer(stream, &folder, policy, &seen).ok());
            }
        });
        Site {
            address,
            visits,
            stopping,
            listening: Some(listening),
        }
    }

    /// The page's address; `more` is what follows it (`#fragment`, `?query`).
    pub fn page(&self, more: &str) -> String {
        format!("http://{}{PREFIX}{more}", self.address)
    }

    /// Everything asked for so far.
    pub fn visits(&self) -> Vec<Visit> {
        self.visits
            .lock()
            .expect("no thread panics while it holds the list")
            .clone()
    }

    /// Refuses connections from now on, as a lost network does.
    pub fn stop(&mut self) {
        if let Some(listening) = self.listening.take() {
            self.stopping.store(true, Ordering::SeqCst);
            // Wakes the listener, which then sees that it is to stop.
            TcpStream::connect(self.address).ok();
            listening.join().expect("the listener ends when told to");
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
    }
}

fn answer(mut stream: TcpStream, folder: &Path, policy: Policy, visits: &Mutex<Vec<Visit>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    let Some(target) = request.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()) else {
        return Ok(());
    };
    let file = file_for(target, folder);
    let found = file.and_then(|path| Some((std::fs::read(&path).ok()?, content_type(&path))));
    let (status, body, kind) = match found {
        Some((body, kind)) => (200, body, kind),
        None => (404, b"not found".to_vec(), "text/plain"),
    };
    visits
        .lock()
        .expect("no thread panics while it holds the list")
        .push((target.to_owned(), status));
    let headers = policy.headers();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} \r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    )?;
    stream.write_all(&body)
}

fn file_for(target: &str, folder: &Path) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix(PREFIX)?;
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let stays_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    stays_inside.then(|| folder.join(path))
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}
