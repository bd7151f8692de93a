//! Checksums of the files that the format leaves without any.
//!
//! Data has checksums of its chunks and Statistics of its parts; the other components have none, and a flipped bit in one could
//! pass for a wrong row. So what is written here carries their checksums in Statistics, after the end of its last part, where
//! Cassandra does not look. SSTables from elsewhere come without.

use super::Component;
use super::input::{Input, Slab};
use super::output;
use crate::storage::StorageError;

const MAGIC: u32 = 0x5253_434b;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trailer(pub Vec<(Component, u32)>);

impl Trailer {
    pub fn checksum(&self, component: Component) -> Option<u32> {
        let found = self.0.iter().find(|(it, _)| *it == component);
        found.map(|(_, checksum)| *checksum)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_be_bytes().to_vec();
        output::u16(self.0.len() as u16, &mut out);
        for (component, checksum) in &self.0 {
            output::with_short_length(component.name().as_bytes(), &mut out);
            output::u32(*checksum, &mut out);
        }
        out
    }

    /// Nothing at the end of the bytes, nor when something else follows there.
    pub fn decode(input: &mut Slab<'_>) -> Result<Option<Trailer>, StorageError> {
        if input.remaining() < 6 || input.u32()? != MAGIC {
            return Ok(None);
        }
        let mut checksums = Vec::new();
        for _ in 0..input.u16()? {
            let name = input.text()?;
            let checksum = input.u32()?;
            checksums.extend(Component::parse(&name).map(|component| (component, checksum)));
        }
        Ok(Some(Trailer(checksums)))
    }
}
