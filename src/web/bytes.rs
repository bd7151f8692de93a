//! Values to array buffers and back: what workers hand each other without a copy.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

use crate::base::codec::{self, CodecError};

/// The value's encoding in a buffer, and the list that has it handed over rather than copied.
pub fn to_buffer<T: Serialize>(value: &T) -> (ArrayBuffer, Array) {
    let bytes = codec::encode(value);
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    let transfer = Array::of1(&buffer);
    (buffer, transfer)
}

/// `None` when it is no buffer.
pub fn from_buffer<T: DeserializeOwned>(data: &JsValue) -> Option<Result<T, CodecError>> {
    let buffer = data.dyn_ref::<ArrayBuffer>()?;
    Some(codec::decode(&Uint8Array::new(buffer).to_vec()))
}

/// Of this module's WebAssembly, code not counted.
pub fn memory_bytes() -> u64 {
    const PAGE: u64 = 65_536;
    core::arch::wasm32::memory_size::<0>() as u64 * PAGE
}
