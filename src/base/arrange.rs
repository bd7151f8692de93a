//! Sorting lists with one sort for all: the places are sorted, then the elements put into them.
//!
//! The standard library's sort is made anew for each kind of element, some kilobytes each, and most lists here are short.

use core::cmp::Ordering;

/// Stable, as `sort`, `sort_by` and `sort_by_key` of the standard library are.
pub trait Arrange<T> {
    fn arrange_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    fn arrange(&mut self)
    where
        T: Ord,
    {
        self.arrange_by(T::cmp);
    }

    fn arrange_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.arrange_by(|one, other| key(one).cmp(&key(other)));
    }
}

impl<T> Arrange<T> for [T] {
    fn arrange_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let Some(places) = places(self.len(), &mut |one, other| compare(&self[one], &self[other])) else {
            return;
        };
        for at in 0..self.len() {
            // Whoever belongs here was moved, if it stood before this place, to where its successor came from.
            let mut from = places[at] as usize;
            while from < at {
                from = places[from] as usize;
            }
            self.swap(at, from);
        }
    }
}

/// For each place, where its element stands now; `None` when all are in order.
fn places(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Option<Vec<u32>> {
    if (1..len).all(|at| compare(at - 1, at) != Ordering::Greater) {
        return None;
    }
    let mut places: Vec<u32> = (0..len as u32).collect();
    places.sort_by(|one, other| compare(*one as usize, *other as usize));
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(list in prop::collection::vec((0u8..6, any::<u8>()), 0..60)) {
            let (mut arranged, mut sorted) = (list.clone(), list);
            arranged.arrange_by_key(|(key, _)| *key);
            sorted.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(&arranged, &sorted);
            arranged.arrange();
            sorted.sort();
            prop_assert_eq!(arranged, sorted);
        }
    }
}
