//! Short bytes that are compared a lot: kept where they are used, without memory of their own.

use core::fmt;
use core::ops::Deref;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

/// Longer ones are kept apart. A clustering of two numbers, or of a time UUID, fits.
const INLINE: usize = 24;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct OrderedBytes(SmallVec<[u8; INLINE]>);

impl From<&[u8]> for OrderedBytes {
    fn from(bytes: &[u8]) -> OrderedBytes {
        OrderedBytes(SmallVec::from_slice(bytes))
    }
}

impl Deref for OrderedBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for OrderedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for OrderedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OrderedBytes, D::Error> {
        struct Expected;
        impl<'de> Visitor<'de> for Expected {
            type Value = OrderedBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<OrderedBytes, E> {
                Ok(OrderedBytes::from(bytes))
            }

            // Formats that people read write bytes as a list of numbers.
            fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<OrderedBytes, A::Error> {
                let mut all = SmallVec::new();
                while let Some(byte) = bytes.next_element()? {
                    all.push(byte);
                }
                Ok(OrderedBytes(all))
            }
        }
        deserializer.deserialize_bytes(Expected)
    }
}
