//! The rest of the program: what the page did not open with (xtask/src/parts), fetched when one of its functions is first called.
//!
//! That call is in the middle of a node's step, which cannot wait for a promise: so the request is a synchronous one. It happens
//! once in each worker, and the browser has the file at hand after the first. The page, where a person would see it wait, has it
//! brought once it runs.

use gloo::timers::callback::Timeout;
use js_sys::{ArrayBuffer, Object, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue, throw_val};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Response, XmlHttpRequest, XmlHttpRequestResponseType, window};

use super::worker_script::{REST_META, named, started_with};

/// Where the rest imports from.
const FIRST: &str = "first";
const OK: u16 = 200;
/// The first statements come first.
const AFTER_START_MS: u32 = 2_000;

/// Has the rest there, in the page, before anything calls for it. What goes wrong is told when something does.
pub fn bring_to_page(document: Document) {
    let begin = move || spawn_local(async move { bring(&document).await.unwrap_or_default() });
    Timeout::new(AFTER_START_MS, begin).forget();
}

async fn bring(document: &Document) -> Result<(), JsValue> {
    let (Ok(address), Some(window)) = (named(document, REST_META), window()) else {
        return Ok(());
    };
    // The program is in one piece.
    if Some(&address) == document.base_uri()?.as_ref() {
        return Ok(());
    }
    let response: Response = JsFuture::from(window.fetch_with_str(&address)).await?.unchecked_into();
    if response.status() != OK {
        return Ok(());
    }
    let bytes = JsFuture::from(response.array_buffer()?).await?;
    let module: WebAssembly::Module = JsFuture::from(WebAssembly::compile(&bytes)).await?.unchecked_into();
    JsFuture::from(WebAssembly::instantiate_module(&module, &imports()?)).await?;
    Ok(())
}

/// Called by what stands for the rest until it is there.
#[wasm_bindgen]
pub fn ringscope_load_rest() {
    if let Err(error) = load() {
        throw_val(error);
    }
}

/// Its first act is to fill the table through which it is called.
fn load() -> Result<(), JsValue> {
    let module = WebAssembly::Module::new(&fetch(&address()?)?)?;
    WebAssembly::Instance::new(&module, &imports()?).map(drop)
}

fn imports() -> Result<Object, JsValue> {
    let imports = Object::new();
    Reflect::set(&imports, &FIRST.into(), &wasm_bindgen::exports())?;
    Ok(imports)
}

fn address() -> Result<String, JsValue> {
    match window().and_then(|window| window.document()) {
        Some(document) => named(&document, REST_META).map_err(|error| JsError::new(&error.to_string()).into()),
        None => {
            // A worker has no document.
            let address = started_with("rest")?.as_string();
            address.ok_or_else(|| JsError::new("the worker was not told where the rest of its program is").into())
        }
    }
}

fn fetch(address: &str) -> Result<JsValue, JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open_with_async("GET", address, false)?;
    let in_window = window().is_some();
    if in_window {
        // A window may ask for text only when it does not want to wait: here each character is a byte.
        request.override_mime_type("text/plain; charset=x-user-defined")?;
    } else {
        request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
    }
    request.send()?;
    if request.status()? != OK {
        let message = format!(
            "{address}, the rest of this page's program, did not come: status {}",
            request.status()?
        );
        return Err(JsError::new(&message).into());
    }
    if in_window {
        let text = request.response_text()?.unwrap_or_default();
        let bytes: Vec<u8> = text.encode_utf16().map(|unit| unit as u8).collect();
        Ok(Uint8Array::from(bytes.as_slice()).into())
    } else {
        Ok(request.response()?.unchecked_into::<ArrayBuffer>().into())
    }
}
