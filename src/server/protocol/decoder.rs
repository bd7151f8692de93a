//! From a connection's bytes to its messages.

use bytes::{Buf, Bytes, BytesMut};

use super::header::{Flags, HEADER_BYTES, Header};
use super::{Compression, ProtocolError, Segments};

/// How messages follow each other on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One after the other, their bodies perhaps compressed: before STARTUP, and up to version 4.
    Plain(Option<Compression>),
    /// In segments.
    Segments(Segments),
}

/// A message whose body is not read yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub header: Header,
    pub body: Bytes,
}

/// What is wrong with what came, and the stream to say it on.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    pub error: ProtocolError,
    pub stream: i16,
    /// Nothing that follows on the connection can be read.
    pub fatal: bool,
}

/// Cuts a connection's bytes into messages. Holds no more than one message and what came after it.
pub struct Decoder {
    framing: Framing,
    /// As it came from the socket.
    pub input: BytesMut,
    /// Taken out of segments.
    unwrapped: BytesMut,
    max_frame_bytes: usize,
}

impl Decoder {
    pub fn new(max_frame_bytes: usize) -> Decoder {
        Decoder {
            framing: Framing::Plain(None),
            input: BytesMut::new(),
            unwrapped: BytesMut::new(),
            max_frame_bytes,
        }
    }

    /// From the next byte on.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// The next message; `None` while bytes are missing.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Broken> {
        match self.framing {
            Framing::Plain(compression) => {
                let frame = cut(&mut self.input, self.max_frame_bytes)?;
                frame.map(|it| self.expand(it, compression)).transpose()
            }
            Framing::Segments(segments) => loop {
                if let Some(frame) = cut(&mut self.unwrapped, self.max_frame_bytes)? {
                    return Ok(Some(frame));
                }
                let read = segments.read(&mut self.input).map_err(|error| Broken {
                    error,
                    stream: 0,
                    fatal: true,
                })?;
                let Some(payload) = read else { return Ok(None) };
                if payload.self_contained && !self.unwrapped.is_empty() {
                    return Err(Broken {
                        error: ProtocolError::new("A message that was begun is not ended"),
                        stream: 0,
                        fatal: true,
                    });
                }
                self.unwrapped.extend_from_slice(&payload.bytes);
            },
        }
    }

    fn expand(&self, frame: Frame, compression: Option<Compression>) -> Result<Frame, Broken> {
        let Frame { mut header, body } = frame;
        if !header.flags.has(Flags::COMPRESSED) {
            return Ok(Frame { header, body });
        }
        let stream = header.stream;
        let broken = |error| Broken {
            error,
            stream,
            fatal: false,
        };
        let compression = compression.ok_or_else(|| {
            broken(ProtocolError::new(
                "A compressed body on a connection without compression",
            ))
        })?;
        let body = compression
            .decompress_body(&body, self.max_frame_bytes)
            .map_err(broken)?;
        header.flags.0 &= !Flags::COMPRESSED.0;
        header.length = body.len() as u32;
        Ok(Frame {
            header,
            body: body.into(),
        })
    }
}

/// Takes a message off, once all of it is there.
fn cut(input: &mut BytesMut, max_frame_bytes: usize) -> Result<Option<Frame>, Broken> {
    let read = Header::read(input).map_err(|(error, stream)| Broken {
        error,
        stream,
        fatal: true,
    })?;
    let Some(header) = read else { return Ok(None) };
    let length = header.length as usize;
    if length + HEADER_BYTES > max_frame_bytes {
        return Err(Broken {
            error: ProtocolError(format!(
                "Request is too big: length {} exceeds maximum allowed length {max_frame_bytes}.",
                length + HEADER_BYTES
            )),
            stream: header.stream,
            fatal: true,
        });
    }
    if input.len() < HEADER_BYTES + length {
        return Ok(None);
    }
    input.advance(HEADER_BYTES);
    let body = input.split_to(length).freeze();
    Ok(Some(Frame { header, body }))
}
