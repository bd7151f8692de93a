//! How many different keys there are, about: HyperLogLog++ in the bytes that Cassandra's library (stream-lib) gives it.

use bytes::Bytes;

use super::input::{Input, Slab};
use super::output;
use crate::base::Arrange;
use crate::storage::StorageError;

/// 2^13 registers, and 2^25 places as long as there are few keys. `MetadataCollector.cardinality`.
const PRECISION: u32 = 13;
const SPARSE_PRECISION: u32 = 25;
const REGISTERS: usize = 1 << PRECISION;
/// Six registers of five bits a word.
const REGISTERS_A_WORD: usize = 6;
const REGISTER_BITS: usize = 5;
/// More entries than this are kept in registers.
const SPARSE_LIMIT: usize = REGISTERS * 3 / 4;
/// New entries are merged in when there are more than this.
const SPOOL_LIMIT: usize = SPARSE_LIMIT / 4;
const VERSION: i32 = -2;

#[derive(Clone, Debug, PartialEq)]
pub struct Cardinality {
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// Encoded hashes, merged ones in order, and new ones.
    Sparse {
        merged: Vec<u32>,
        new: Vec<u32>,
    },
    Registers(Vec<u32>),
}

impl Default for Cardinality {
    fn default() -> Cardinality {
        Cardinality {
            form: Form::Sparse {
                merged: Vec::new(),
                new: Vec::new(),
            },
        }
    }
}

impl Cardinality {
    pub fn add(&mut self, key: &[u8]) {
        let hash = hash2_64(key);
        match &mut self.form {
            Form::Registers(words) => {
                let place = (hash >> (64 - PRECISION)) as usize;
                raise(words, place, run_length(hash));
            }
            Form::Sparse { merged, new } => {
                new.push(encode_hash(hash));
                if new.len() > SPOOL_LIMIT {
                    merge(merged, new);
                    if merged.len() > SPARSE_LIMIT {
                        self.form = Form::Registers(registers_of(merged));
                    }
                }
            }
        }
    }

    /// About how many different keys there are in all of these together.
    pub fn count_all<'a>(all: impl Iterator<Item = &'a Cardinality>) -> u64 {
        let (mut entries, mut words) = (Vec::new(), None::<Vec<u32>>);
        for one in all {
            match &one.form {
                Form::Sparse { merged, new } => entries.extend(merged.iter().chain(new)),
                Form::Registers(own) => {
                    let words = words.get_or_insert_with(|| registers_of(&[]));
                    for place in 0..REGISTERS {
                        raise(words, place, register(own, place));
                    }
                }
            }
        }
        match words {
            None => {
                let (merged, new) = (Vec::new(), entries);
                let form = Form::Sparse { merged, new };
                Cardinality { form }.count()
            }
            Some(mut words) => {
                raise_all(&mut words, &entries);
                count_registers(&words)
            }
        }
    }

    /// The estimate.
    pub fn count(&self) -> u64 {
        match &self.form {
            Form::Sparse { merged, new } => {
                let (mut merged, mut new) = (merged.clone(), new.clone());
                merge(&mut merged, &mut new);
                linear_count(1 << SPARSE_PRECISION, (1 << SPARSE_PRECISION) - merged.len() as u64)
            }
            Form::Registers(words) => count_registers(words),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        output::i32(VERSION, &mut out);
        write_varint(PRECISION, &mut out);
        write_varint(SPARSE_PRECISION, &mut out);
        match &self.form {
            Form::Registers(words) => {
                write_varint(0, &mut out);
                write_varint(4 * words.len() as u32, &mut out);
                words.iter().for_each(|word| output::u32(*word, &mut out));
            }
            Form::Sparse { merged, new } => {
                let (mut merged, mut new) = (merged.clone(), new.clone());
                merge(&mut merged, &mut new);
                write_varint(1, &mut out);
                write_varint(merged.len() as u32, &mut out);
                let mut last = 0u32;
                for encoded in merged {
                    write_varint(encoded.wrapping_sub(last), &mut out);
                    last = encoded;
                }
            }
        }
        out
    }

    pub fn decode(file: &str, bytes: Bytes) -> Result<Cardinality, StorageError> {
        let mut input = Slab::new(file, bytes);
        if input.i32()? != VERSION {
            return Err(input.corrupt("an estimate of cardinality of another version"));
        }
        let (precision, sparse_precision) = (read_varint(&mut input)?, read_varint(&mut input)?);
        if (precision, sparse_precision) != (PRECISION, SPARSE_PRECISION) {
            return Err(input.corrupt("an estimate of cardinality of another precision"));
        }
        let form = match read_varint(&mut input)? {
            0 => {
                let length = read_varint(&mut input)? as usize;
                let count = REGISTERS.div_ceil(REGISTERS_A_WORD);
                if length != 4 * count {
                    return Err(input.corrupt(&format!("registers in {length} bytes")));
                }
                Form::Registers((0..count).map(|_| input.u32()).collect::<Result<_, _>>()?)
            }
            _ => {
                let mut merged = Vec::new();
                let mut last = 0u32;
                for _ in 0..read_varint(&mut input)? {
                    last = last.wrapping_add(read_varint(&mut input)?);
                    merged.push(last);
                }
                Form::Sparse {
                    merged,
                    new: Vec::new(),
                }
            }
        };
        input.finish()?;
        Ok(Cardinality { form })
    }
}

/// Zeros at the start of the hash after its place, plus one.
fn run_length(hash: u64) -> u32 {
    (hash << PRECISION | 1 << (PRECISION - 1)).leading_zeros() + 1
}

fn encode_hash(hash: u64) -> u32 {
    let place = (hash >> (64 - SPARSE_PRECISION)) as u32;
    // The run length can be told from the place, unless all its bits beyond the precision are zero.
    if place << (32 - SPARSE_PRECISION + PRECISION) != 0 {
        return place << 1;
    }
    (place << 6 | run_length(hash) ^ 63) << 1 | 1
}

fn sparse_place(encoded: u32) -> u32 {
    if encoded & 1 == 1 { encoded >> 7 } else { encoded >> 1 }
}

fn decode_run_length(encoded: u32) -> u32 {
    if encoded & 1 == 1 {
        return (encoded >> 1 & 63) ^ 63;
    }
    (encoded << (PRECISION + 31 - SPARSE_PRECISION)).leading_zeros() + 1
}

/// Of entries for the same place the longer run stays.
fn merge(merged: &mut Vec<u32>, new: &mut Vec<u32>) {
    merged.append(new);
    merged.arrange_by_key(|it| (sparse_place(*it), core::cmp::Reverse(decode_run_length(*it))));
    merged.dedup_by_key(|it| sparse_place(*it));
}

fn raise(words: &mut [u32], place: usize, run: u32) {
    let shift = REGISTER_BITS * (place % REGISTERS_A_WORD);
    let word = &mut words[place / REGISTERS_A_WORD];
    let mask = 31 << shift;
    let run = run << shift;
    if *word & mask < run {
        *word = *word & !mask | run & mask;
    }
}

fn register(words: &[u32], place: usize) -> u32 {
    words[place / REGISTERS_A_WORD] >> (REGISTER_BITS * (place % REGISTERS_A_WORD)) & 31
}

fn registers_of(entries: &[u32]) -> Vec<u32> {
    let mut words = vec![0; REGISTERS.div_ceil(REGISTERS_A_WORD)];
    raise_all(&mut words, entries);
    words
}

fn raise_all(words: &mut [u32], entries: &[u32]) {
    for encoded in entries {
        let place = sparse_place(*encoded) >> (SPARSE_PRECISION - PRECISION);
        raise(words, place as usize, decode_run_length(*encoded));
    }
}

fn linear_count(places: u64, empty: u64) -> u64 {
    let places = places as f64;
    libm::round(places * libm::log(places / empty as f64)) as u64
}

fn count_registers(words: &[u32]) -> u64 {
    let (mut sum, mut empty) = (0.0, 0u64);
    for place in 0..REGISTERS {
        let run = register(words, place);
        sum += 1.0 / (1u64 << run) as f64;
        empty += u64::from(run == 0);
    }
    let m = REGISTERS as f64;
    let estimate = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
    let counted = if empty > 0 {
        Some(linear_count(REGISTERS as u64, empty))
    } else {
        None
    };
    match counted {
        Some(counted) if counted <= LINEAR_LIMIT => counted,
        _ => libm::round(estimate) as u64,
    }
}

/// Up to here empty registers are counted instead: `HyperLogLogPlus.thresholdData` for 13 bits.
const LINEAR_LIMIT: u64 = 6500;

/// Seven bits a byte, the lowest first.
fn write_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(input: &mut dyn Input) -> Result<u32, StorageError> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let byte = input.u8()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(input.corrupt("a number of more than five bytes"))
}

/// MurmurHash2, 64 bits, with seed 0, as Cassandra computes it.
fn hash2_64(key: &[u8]) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const R: u32 = 47;
    let mut hash = (key.len() as u64).wrapping_mul(M);
    let blocks = key.chunks_exact(8);
    let tail = blocks.remainder();
    for block in blocks {
        let mut k = block
            .iter()
            .rev()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        k = k.wrapping_mul(M);
        k ^= k >> R;
        k = k.wrapping_mul(M);
        hash ^= k;
        hash = hash.wrapping_mul(M);
    }
    if !tail.is_empty() {
        // Java's bytes are signed, and the last block widens those of the tail before it shifts them.
        for (at, byte) in tail.iter().enumerate() {
            hash ^= (*byte as i8 as i64 as u64) << (8 * at);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> R;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> R
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: core::ops::Range<u32>) -> Cardinality {
        let mut found = Cardinality::default();
        keys.for_each(|key| found.add(&key.to_be_bytes()));
        found
    }

    #[test]
    fn together_they_count_what_one_of_all_keys_does() {
        for (one, other) in [(0..100, 50..150), (0..100, 50..20_000), (0..20_000, 10_000..30_000)] {
            let all = of(one.start.min(other.start)..one.end.max(other.end));
            let parts = [of(one), of(other)];
            let (counted, whole) = (Cardinality::count_all(parts.iter()) as f64, all.count() as f64);
            assert!((counted - whole).abs() <= whole / 50.0, "{counted} for {whole}");
        }
        assert_eq!(Cardinality::count_all([of(0..100), of(50..150)].iter()), 150);
    }
}
