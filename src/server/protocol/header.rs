//! The nine bytes before every message's body.

use super::ProtocolError;

pub const HEADER_BYTES: usize = 9;

/// Set in the first byte of what a server sends.
const RESPONSE: u8 = 0x80;

/// What the server speaks, as its errors and SUPPORTED list it.
pub const VERSIONS: [&str; 4] = ["3/v3", "4/v4", "5/v5", "6/v6-beta"];

/// The protocol's version. Version 6 is as 5 on the wire, and only for clients that say they know it to be unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V3 = 3,
    V4 = 4,
    V5 = 5,
    V6 = 6,
}

impl Version {
    /// What an answer is sent in to a client whose own version is not spoken here.
    pub const HIGHEST_STABLE: Version = Version::V5;

    pub fn of(first_byte: u8) -> Result<Version, ProtocolError> {
        match first_byte & !RESPONSE {
            3 => Ok(Version::V3),
            4 => Ok(Version::V4),
            5 => Ok(Version::V5),
            6 => Ok(Version::V6),
            other => Err(ProtocolError(format!(
                "Invalid or unsupported protocol version ({other}); supported versions are ({})",
                VERSIONS.join(", ")
            ))),
        }
    }

    /// After STARTUP, bytes travel in segments with checksums.
    pub fn has_segments(self) -> bool {
        self >= Version::V5
    }
}

/// A header's flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    pub const COMPRESSED: Flags = Flags(0x01);
    pub const TRACING: Flags = Flags(0x02);
    pub const CUSTOM_PAYLOAD: Flags = Flags(0x04);
    pub const WARNING: Flags = Flags(0x08);
    pub const USE_BETA: Flags = Flags(0x10);

    pub fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }

    pub fn set(&mut self, flag: Flags) {
        self.0 |= flag.0;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Error = 0x00,
    Startup = 0x01,
    Ready = 0x02,
    Options = 0x05,
    Supported = 0x06,
    Query = 0x07,
    Result = 0x08,
    Prepare = 0x09,
    Execute = 0x0a,
    Register = 0x0b,
    Event = 0x0c,
    Batch = 0x0d,
    AuthResponse = 0x0f,
    AuthSuccess = 0x10,
}

impl Opcode {
    /// What clients may send.
    const REQUESTS: [Opcode; 8] = [
        Opcode::Startup,
        Opcode::Options,
        Opcode::Query,
        Opcode::Prepare,
        Opcode::Execute,
        Opcode::Register,
        Opcode::Batch,
        Opcode::AuthResponse,
    ];

    pub fn of_request(code: u8) -> Result<Opcode, ProtocolError> {
        let found = Opcode::REQUESTS.into_iter().find(|it| *it as u8 == code);
        found.ok_or_else(|| ProtocolError(format!("Unknown opcode {code}")))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub version: Version,
    pub flags: Flags,
    pub stream: i16,
    pub opcode: Opcode,
    /// Bytes of the body.
    pub length: u32,
}

impl Header {
    /// Reads a request's header; `None` while bytes are missing. What is wrong comes with the stream to say it on.
    pub fn read(bytes: &[u8]) -> Result<Option<Header>, (ProtocolError, i16)> {
        let Some(first) = bytes.first() else { return Ok(None) };
        // Versions 1 and 2 have shorter headers: they are refused by their first byte.
        let version = Version::of(*first).map_err(|error| (error, 0))?;
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [_, flags, stream_high, stream_low, opcode, length @ ..] = *header;
        let stream = i16::from_be_bytes([stream_high, stream_low]);
        let flags = Flags(flags);
        if version == Version::V6 && !flags.has(Flags::USE_BETA) {
            let text = "Beta version of the protocol used (6/v6-beta), but USE_BETA flag is unset";
            return Err((ProtocolError::new(text), stream));
        }
        if first & RESPONSE != 0 {
            let text = format!("Wrong protocol direction (expected REQUEST, got RESPONSE) for opcode {opcode}");
            return Err((ProtocolError(text), stream));
        }
        let opcode = Opcode::of_request(opcode).map_err(|error| (error, stream))?;
        let length = u32::from_be_bytes(length);
        Ok(Some(Header {
            version,
            flags,
            stream,
            opcode,
            length,
        }))
    }

    /// An answer's header.
    pub fn write(&self, out: &mut Vec<u8>) {
        let stream = self.stream.to_be_bytes();
        out.extend([
            self.version as u8 | RESPONSE,
            self.flags.0,
            stream[0],
            stream[1],
            self.opcode as u8,
        ]);
        out.extend(self.length.to_be_bytes());
    }
}
