//! Values to bytes and back, for what travels between workers, to a disk of ours, or into a link.
//!
//! The encoding is postcard's: compact, and the same on every platform.

use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CodecError {
    #[error("these {length} bytes do not hold a {what}: {why}")]
    Malformed {
        what: &'static str,
        length: usize,
        why: String,
    },
    #[error("{left} bytes are left over after a {what}")]
    LeftOver { what: &'static str, left: usize },
}

pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("a value of our own always encodes: no maps of unknown length, no custom errors")
}

/// Appends the encoding of `value` to `out`.
pub fn encode_into<T: Serialize>(value: &T, out: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, out)
        .expect("a value of our own always encodes: no maps of unknown length, no custom errors")
}

/// Decodes the whole of `bytes`; left-over bytes are an error.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let what = core::any::type_name::<T>();
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|error| CodecError::Malformed {
        what,
        length: bytes.len(),
        why: error.to_string(),
    })?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CodecError::LeftOver { what, left: rest.len() })
    }
}

/// How many bytes `encode` would make, without making them.
pub fn encoded_len<T: Serialize>(value: &T) -> usize {
    postcard::experimental::serialized_size(value).expect("a value of our own always encodes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_and_rubbish_does_not() {
        let value = (7u32, "seven".to_string());
        let bytes = encode(&value);
        assert_eq!(bytes.len(), encoded_len(&value));
        assert_eq!(decode::<(u32, String)>(&bytes), Ok(value));
        assert!(decode::<(u32, String)>(&bytes[..3]).is_err());
        assert!(matches!(
            decode::<u8>(&[1, 2]),
            Err(CodecError::LeftOver { left: 1, .. })
        ));
    }
}
