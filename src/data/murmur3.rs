//! MurmurHash3 (x64, 128 bits) as Cassandra computes it, which is not quite as its author does.

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// The first half of the hash with seed 0: all that a token needs.
pub fn hash(key: &[u8]) -> i64 {
    hash_128(key)[0]
}

/// Both halves of the hash with seed 0, as bloom filters take them.
pub fn hash_128(key: &[u8]) -> [i64; 2] {
    let (mut h1, mut h2) = (0u64, 0u64);
    let blocks = key.chunks_exact(16);
    let tail = blocks.remainder();
    for block in blocks {
        let (low, high) = block.split_at(8);
        h1 ^= mix1(little_endian(low));
        h1 = h1
            .rotate_left(27)
            .wrapping_add(h2)
            .wrapping_mul(5)
            .wrapping_add(0x52dc_e729);
        h2 ^= mix2(little_endian(high));
        h2 = h2
            .rotate_left(31)
            .wrapping_add(h1)
            .wrapping_mul(5)
            .wrapping_add(0x3849_5ab5);
    }
    let (low, high) = tail.split_at(tail.len().min(8));
    h2 ^= mix2(sign_extended(high));
    h1 ^= mix1(sign_extended(low));

    h1 ^= key.len() as u64;
    h2 ^= key.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    let (h1, h2) = (finalize(h1), finalize(h2));
    let h1 = h1.wrapping_add(h2);
    [h1 as i64, h2.wrapping_add(h1) as i64]
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

// Java's bytes are signed, and Cassandra's port widens those of the tail before it shifts them: a byte above 0x7f also flips
// every higher bit. Tokens on disk depend on it now.
fn sign_extended(tail: &[u8]) -> u64 {
    tail.iter().enumerate().fold(0, |value, (position, byte)| {
        value ^ ((*byte as i8 as i64 as u64) << (8 * position))
    })
}

fn mix1(k: u64) -> u64 {
    k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix2(k: u64) -> u64 {
    k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finalize(mut k: u64) -> u64 {
    k ^= k >> 33;
    k = k.wrapping_mul(0xff51_afd7_ed55_8ccd);
    k ^= k >> 33;
    k = k.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    k ^ k >> 33
}
