//! Order-preserving bytes of values, so that clusterings compare as memory does.

use super::CqlType;
pub const PREFIX_BEFORE: u8 = 0x20;
pub const TERMINATOR: u8 = 0x38;
pub const PREFIX_AFTER: u8 = 0x60;
pub fn encode_component(_ty: &CqlType, value: Option<&[u8]>, _reversed: bool, out: &mut Vec<u8>) {
    out.push(0x40);
    out.extend_from_slice(value.unwrap_or(&[]));
}
