//! CRC-32 (IEEE), as zip and Cassandra use it.
//!
//! Natively by a crate that is fast. Its tables are 16 KB that do not compress, so what travels to a browser has 1 KB of them.

#[cfg(not(target_arch = "wasm32"))]
pub use crc32fast::{Hasher, hash};
#[cfg(target_arch = "wasm32")]
pub use small::{Hasher, hash};

#[cfg(any(test, target_arch = "wasm32"))]
mod small {
    /// The polynomial, lowest power first.
    const POLYNOMIAL: u32 = 0xedb8_8320;

    /// What each byte makes of an empty remainder.
    static TABLE: [u32; 256] = table();

    const fn table() -> [u32; 256] {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let (mut rest, mut bit) = (byte as u32, 0);
            while bit < 8 {
                rest = if rest & 1 == 1 {
                    rest >> 1 ^ POLYNOMIAL
                } else {
                    rest >> 1
                };
                bit += 1;
            }
            table[byte] = rest;
            byte += 1;
        }
        table
    }

    #[derive(Clone, Debug, Default)]
    pub struct Hasher {
        /// Inverted.
        rest: u32,
    }

    impl Hasher {
        pub fn new() -> Hasher {
            Hasher::default()
        }

        /// Goes on after what has this check value.
        pub fn new_with_initial(rest: u32) -> Hasher {
            Hasher { rest }
        }

        pub fn update(&mut self, bytes: &[u8]) {
            let step = |rest: u32, byte: &u8| TABLE[usize::from(rest as u8 ^ byte)] ^ rest >> 8;
            self.rest = !bytes.iter().fold(!self.rest, step);
        }

        pub fn finalize(self) -> u32 {
            self.rest
        }
    }

    pub fn hash(bytes: &[u8]) -> u32 {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_value_of_the_catalogues() {
        assert_eq!(small::hash(b"123456789"), 0xcbf4_3926);
    }

    proptest! {
        #[test]
        fn both_are_the_same(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)) {
            let (mut fast, mut small) = (Hasher::new(), small::Hasher::new());
            for piece in &pieces {
                fast.update(piece);
                small.update(piece);
            }
            let (whole, last) = (small.clone().finalize(), pieces.last().map_or(&[][..], |piece| piece));
            let (mut fast_on, mut small_on) = (Hasher::new_with_initial(whole), small::Hasher::new_with_initial(whole));
            fast_on.update(last);
            small_on.update(last);
            prop_assert_eq!(fast_on.finalize(), small_on.finalize());
            prop_assert_eq!(fast.finalize(), small.finalize());
            prop_assert_eq!(hash(&pieces.concat()), small::hash(&pieces.concat()));
        }
    }
}
