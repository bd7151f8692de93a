//! The rows: keys in no order, values of which half compresses.

pub const KEY_BYTES: usize = 8;
pub const VALUE_BYTES: usize = 92;

pub struct Rows {
    count: u64,
    value: Vec<u8>,
    state: u64,
}

/// A permutation of 64 bits (splitmix64's last steps).
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Rows {
    pub fn new(count: u64) -> Rows {
        Rows {
            count,
            value: vec![0; VALUE_BYTES],
            state: 0,
        }
    }

    pub fn nth(&mut self, nth: u64) -> (u64, &[u8]) {
        let key = mixed(nth + 1);
        (key, self.value(key))
    }

    /// The key of one that was loaded.
    pub fn some(&mut self) -> u64 {
        self.state += 1;
        mixed(mixed(self.state) % self.count + 1)
    }

    pub fn value(&mut self, key: u64) -> &[u8] {
        for (nth, part) in self.value[..VALUE_BYTES / 2].chunks_mut(8).enumerate() {
            let bytes = mixed(key.wrapping_add(nth as u64)).to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
        &self.value
    }
}
