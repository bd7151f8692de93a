//! The browser's private file system (OPFS): files of this origin that nobody else sees, read and written without waiting.
//!
//! Opening one waits, and locks it: a second tab does not get it. A folder for each address that the page runs from, as
//! several may share an origin. `flush` returns when the bytes are on the device; what was only written outlives the browser's
//! process, not the machine's power.
//!
//! The bindings are our own: these methods are missing in older browsers and refused in private windows, which is then an
//! error here rather than an exception.

use gloo::timers::callback::Timeout;
use js_sys::{Date, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::base::crc32;
use crate::storage::StorageError;
use crate::storage::disk::packed::BlockFile;

#[wasm_bindgen]
extern "C" {
    type Manager;
    #[wasm_bindgen(method, catch, js_name = getDirectory)]
    fn root(this: &Manager) -> Result<Promise, JsValue>;

    type Folder;
    #[wasm_bindgen(method, catch, js_name = getDirectoryHandle)]
    fn folder(this: &Folder, name: &str, options: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    fn file(this: &Folder, name: &str, options: &Object) -> Result<Promise, JsValue>;

    type Entry;
    #[wasm_bindgen(method, catch, js_name = createSyncAccessHandle)]
    fn open(this: &Entry) -> Result<Promise, JsValue>;

    #[derive(Debug)]
    type Handle;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Handle, into: &mut [u8], options: &Object) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &Handle, bytes: &[u8], options: &Object) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn flush(this: &Handle) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn truncate(this: &Handle, size: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = getSize)]
    fn size(this: &Handle) -> Result<f64, JsValue>;
}

/// A flush takes milliseconds, and each write of a cluster would wait for one on each replica. The browser's process may end at any
/// time and nothing is lost; a machine without power loses the last writes, as with Cassandra's periodic commit log sync (10 s there).
const FLUSH_EVERY_MS: f64 = 1_000.0;

/// Workers of a page that was just left hold their files for a moment still.
const TRY_AGAIN_MS: u32 = 25;

/// Why a file could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another tab has it.
    Locked,
    /// There is no such file system here: an old browser, a private window, a page from a file.
    Refused(String),
}

/// A file that is open for as long as the worker lives.
#[derive(Debug)]
pub struct OpfsFile {
    name: String,
    handle: Handle,
    flushed_ms: f64,
}

impl OpfsFile {
    /// Opens a file of the page's folder, made if it is not there. Waits up to `patience_ms` for whoever has it.
    pub async fn open(name: &str, patience_ms: u32) -> Result<OpfsFile, OpenError> {
        let mut waited = 0;
        loop {
            match open(name).await {
                Ok(handle) => {
                    let name = name.to_owned();
                    let flushed_ms = Date::now();
                    return Ok(OpfsFile {
                        name,
                        handle,
                        flushed_ms,
                    });
                }
                Err(error) if text_of(&error, "name") != "NoModificationAllowedError" => {
                    return Err(OpenError::Refused(text_of(&error, "message")));
                }
                Err(_) if waited >= patience_ms => return Err(OpenError::Locked),
                Err(_) => pause().await,
            }
            waited += TRY_AGAIN_MS;
        }
    }

    fn failed(&self, needed: usize, error: &JsValue) -> StorageError {
        if text_of(error, "name") == "QuotaExceededError" {
            return StorageError::NoSpace {
                needed: needed as u64,
                free: 0,
            };
        }
        StorageError::Io {
            file: self.name.clone(),
            why: text_of(error, "message"),
        }
    }
}

impl BlockFile for OpfsFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let read = self.handle.read(into, &at(offset));
        read.map(|count| count as usize).map_err(|error| self.failed(0, &error))
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let written = self.handle.write(bytes, &at(offset));
        let written = written.map_err(|error| self.failed(bytes.len(), &error))? as usize;
        if written < bytes.len() {
            return Err(StorageError::NoSpace {
                needed: bytes.len() as u64,
                free: written as u64,
            });
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        self.handle.flush().map_err(|error| self.failed(0, &error))?;
        self.flushed_ms = Date::now();
        Ok(())
    }

    fn flush_is_due(&self) -> bool {
        (Date::now() - self.flushed_ms).abs() >= FLUSH_EVERY_MS
    }

    fn truncate(&mut self, size: u64) -> Result<(), StorageError> {
        let done = self.handle.truncate(size as f64);
        done.map_err(|error| self.failed(size as usize, &error))
    }

    fn size(&self) -> Result<u64, StorageError> {
        let size = self.handle.size();
        size.map(|size| size as u64).map_err(|error| self.failed(0, &error))
    }
}

async fn open(name: &str) -> Result<Handle, JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let manager = Reflect::get(&navigator, &"storage".into())?;
    if !manager.is_object() {
        return Err(js_sys::Error::new("the browser has no file system for pages").into());
    }
    let root: Folder = JsFuture::from(manager.unchecked_into::<Manager>().root()?)
        .await?
        .unchecked_into();
    let create = option("create", JsValue::TRUE);
    let folder: Folder = JsFuture::from(root.folder(&folder_name()?, &create)?)
        .await?
        .unchecked_into();
    let entry: Entry = JsFuture::from(folder.file(name, &create)?).await?.unchecked_into();
    Ok(JsFuture::from(entry.open()?).await?.unchecked_into())
}

/// Of the folder that the page's scripts lie in.
fn folder_name() -> Result<String, JsValue> {
    let location = Reflect::get(&js_sys::global(), &"location".into())?;
    let path = Reflect::get(&location, &"pathname".into())?
        .as_string()
        .unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Ok(format!("ringscope-{:08x}", crc32::hash(folder.as_bytes())))
}

fn at(offset: u64) -> Object {
    option("at", JsValue::from_f64(offset as f64))
}

fn option(name: &str, value: JsValue) -> Object {
    let options = Object::new();
    // A plain object takes any property.
    Reflect::set(&options, &name.into(), &value).unwrap_or_default();
    options
}

fn text_of(error: &JsValue, property: &str) -> String {
    let text = Reflect::get(error, &property.into())
        .ok()
        .and_then(|text| text.as_string());
    text.unwrap_or_else(|| "no reason given".into())
}

async fn pause() {
    let promise = Promise::new(&mut |resolve: Function, _| {
        Timeout::new(TRY_AGAIN_MS, move || drop(resolve.call0(&JsValue::NULL))).forget();
    });
    // It is never rejected.
    JsFuture::from(promise).await.unwrap_or_default();
}
