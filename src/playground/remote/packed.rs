//! A message as the hub handles it: what it must know, and bytes it does not look into.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::base::codec::{self, CodecError};
use crate::message::Envelope;
use crate::sim::{Header, Parcel};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    header: Header,
    /// The envelope, encoded.
    envelope: Bytes,
}

impl Packed {
    pub fn pack(envelope: &Envelope) -> Packed {
        Packed {
            header: envelope.header(),
            envelope: codec::encode(envelope).into(),
        }
    }

    pub fn unpack(&self) -> Result<Envelope, CodecError> {
        codec::decode(&self.envelope)
    }
}

impl Parcel for Packed {
    fn header(&self) -> Header {
        self.header
    }

    /// As `Envelope::wire_size`: the same run whether packed or not.
    fn size(&self) -> u32 {
        self.envelope.len() as u32
    }
}
