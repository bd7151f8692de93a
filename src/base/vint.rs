//! Cassandra's variable-length integers: the leading one-bits of the first byte say how many bytes follow it.

/// Reads an unsigned number off the front of `input`.
pub fn read_unsigned(input: &mut &[u8]) -> Option<u64> {
    let (first, rest) = input.split_first()?;
    let extra = first.leading_ones() as usize;
    let bytes = rest.get(..extra)?;
    *input = &rest[extra..];
    Some(
        bytes
            .iter()
            .fold(first_bits(*first), |value, byte| value << 8 | u64::from(*byte)),
    )
}

/// The highest bits of a number, which are in the first of its bytes.
pub fn first_bits(first: u8) -> u64 {
    match first.leading_ones() {
        7.. => 0,
        extra => u64::from(first & (0xff >> (extra + 1))),
    }
}

pub fn write_unsigned(value: u64, out: &mut Vec<u8>) {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    let extra = bits.div_ceil(7).min(9) - 1;
    if extra == 8 {
        out.push(0xff);
        out.extend(value.to_be_bytes());
    } else {
        let start = out.len();
        out.extend(&value.to_be_bytes()[7 - extra..]);
        out[start] |= !(0xff_u8 >> extra);
    }
}

/// Reads a signed number, written with its sign in the lowest bit.
pub fn read(input: &mut &[u8]) -> Option<i64> {
    let zigzag = read_unsigned(input)?;
    Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
}

pub fn write(value: i64, out: &mut Vec<u8>) {
    write_unsigned(((value << 1) ^ (value >> 63)) as u64, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write_unsigned(value, &mut out);
        out
    }

    #[test]
    fn lengths_change_every_seven_bits() {
        assert_eq!(written(0), [0]);
        assert_eq!(written(127), [127]);
        assert_eq!(written(128), [0x80, 128]);
        assert_eq!(written((1 << 14) - 1), [0xbf, 0xff]);
        assert_eq!(written(1 << 14), [0xc0, 0x40, 0]);
        assert_eq!(written((1 << 56) - 1), [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(written(u64::MAX), [0xff; 9]);
    }

    proptest! {
        #[test]
        fn read_back(value in any::<i64>(), shift in 0u32..64) {
            let value = value >> shift;
            let mut out = Vec::new();
            write(value, &mut out);
            out.push(7);
            let mut input = &out[..];
            prop_assert_eq!(read(&mut input), Some(value));
            prop_assert_eq!(input, [7]);
        }

        #[test]
        fn any_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let mut input = &bytes[..];
            while !input.is_empty() && read(&mut input).is_some() {}
        }
    }
}
