//! The bytes of a partition key with several columns: each as a 16-bit length, the bytes, and a zero byte.

use bytes::{BufMut, Bytes, BytesMut};

/// A column of a partition key holds at most this many bytes: its length is written in 16 bits.
pub const MAX_KEY_BYTES: usize = u16::MAX as usize;

/// A key of one column is its bytes alone; of several, their composite.
///
/// Every component must be at most [`MAX_KEY_BYTES`] long.
pub fn compose_key(components: &[Bytes]) -> Bytes {
    if let [only] = components {
        return only.clone();
    }
    let mut key = BytesMut::with_capacity(components.iter().map(|component| component.len() + 3).sum());
    for component in components {
        debug_assert!(
            component.len() <= MAX_KEY_BYTES,
            "a key column longer than its length field can say"
        );
        key.put_u16(component.len() as u16);
        key.put_slice(component);
        key.put_u8(0);
    }
    key.freeze()
}

/// The columns of a key that has `columns` of them, or nothing if it is not such a key.
pub fn split_key(key: &Bytes, columns: usize) -> Option<Vec<Bytes>> {
    if columns == 1 {
        return Some(vec![key.clone()]);
    }
    let mut components = Vec::with_capacity(columns);
    let mut at = 0;
    for _ in 0..columns {
        let length = u16::from_be_bytes(key.get(at..at + 2)?.try_into().ok()?) as usize;
        let end = at + 2 + length;
        if key.get(end) != Some(&0) {
            return None;
        }
        components.push(key.slice(at + 2..end));
        at = end + 1;
    }
    (at == key.len()).then_some(components)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_single_column_is_itself() {
        let key = Bytes::from_static(b"ada");
        assert_eq!(compose_key(std::slice::from_ref(&key)), key);
        assert_eq!(split_key(&key, 1), Some(vec![key]));
    }

    #[test]
    fn a_damaged_composite_is_not_a_key() {
        let key = compose_key(&[Bytes::from_static(b"a"), Bytes::from_static(b"b")]);
        assert_eq!(split_key(&key.slice(..key.len() - 1), 2), None);
        assert_eq!(split_key(&key, 3), None);
        assert_eq!(split_key(&Bytes::from_static(&[0, 1, b'a', 1, 0, 0, 0]), 2), None);
    }

    proptest! {
        #[test]
        fn composites_split_again(columns in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5)) {
            let columns: Vec<Bytes> = columns.into_iter().map(Bytes::from).collect();
            prop_assert_eq!(split_key(&compose_key(&columns), columns.len()), Some(columns));
        }
    }
}
