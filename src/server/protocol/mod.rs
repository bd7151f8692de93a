//! The native protocol as bytes: frames, segments, compression, requests and answers.
//!
//! Pure: bytes in, values out, and back. Knows no socket and no cluster. Source: Cassandra 5.0, `doc/native_protocol_v5.spec`
//! and `transport/`.

mod answer;
mod compression;
mod decoder;
mod error;
mod header;
mod metadata;
mod request;
mod segment;
#[cfg(test)]
mod tests;
mod wire;

pub use answer::{Answer, ServerEvent};
pub use compression::Compression;
pub use decoder::{Decoder, Frame, Framing};
pub use error::{Refused, error_body};
pub use header::{Flags, HEADER_BYTES, Header, Opcode, VERSIONS, Version};
pub use request::{Options, Request};
pub use segment::Segments;
pub use wire::{Reader, Writer};

/// What a peer sent that is against the protocol; the text is Cassandra's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProtocolError(pub String);

impl ProtocolError {
    fn new(text: impl Into<String>) -> ProtocolError {
        ProtocolError(text.into())
    }
}
