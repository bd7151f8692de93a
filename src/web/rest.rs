//! The rest of the program: what the page did not open with (xtask/src/parts), fetched when one of its functions is first called.
//!
//! That call is in the middle of a node's step, which cannot wait for a promise: so the request is a synchronous one. It happens
//! once in each worker, and the browser has the file at hand after the first.

use js_sys::{ArrayBuffer, Object, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue, throw_val};
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType, window};

use super::worker_script::{REST_META, named, started_with};

/// Where the rest imports from.
const FIRST: &str = "first";
const OK: u16 = 200;

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
    let imports = Object::new();
    Reflect::set(&imports, &FIRST.into(), &wasm_bindgen::exports())?;
    WebAssembly::Instance::new(&module, &imports).map(drop)
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
