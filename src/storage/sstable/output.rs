//! Writing the bytes of a component: the other side of `input`.

use crate::base::vint;

pub fn u16(value: u16, out: &mut Vec<u8>) {
    out.extend(value.to_be_bytes());
}

pub fn i32(value: i32, out: &mut Vec<u8>) {
    out.extend(value.to_be_bytes());
}

pub fn u32(value: u32, out: &mut Vec<u8>) {
    out.extend(value.to_be_bytes());
}

pub fn i64(value: i64, out: &mut Vec<u8>) {
    out.extend(value.to_be_bytes());
}

pub fn f64(value: f64, out: &mut Vec<u8>) {
    out.extend(value.to_be_bytes());
}

/// A signed number of 32 bits where the format has an unsigned of variable length.
pub fn vint_i32(value: i32, out: &mut Vec<u8>) {
    vint::write_unsigned(i64::from(value) as u64, out);
}

pub fn with_vint_length(bytes: &[u8], out: &mut Vec<u8>) {
    vint::write_unsigned(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// At most 65,535 bytes after their length.
pub fn with_short_length(bytes: &[u8], out: &mut Vec<u8>) {
    debug_assert!(bytes.len() <= 0xffff, "longer than a length of 16 bits can say");
    u16(bytes.len() as u16, out);
    out.extend_from_slice(bytes);
}

pub fn with_length(bytes: &[u8], out: &mut Vec<u8>) {
    u32(bytes.len() as u32, out);
    out.extend_from_slice(bytes);
}
