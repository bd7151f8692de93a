//! Collections that cannot grow without end.

use std::collections::VecDeque;

/// The most recent items, up to a limit: pushing beyond it forgets the oldest and counts it.
#[derive(Clone, Debug)]
pub struct Recent<T> {
    items: VecDeque<T>,
    limit: usize,
    forgotten: u64,
}

impl<T> Recent<T> {
    pub fn new(limit: usize) -> Recent<T> {
        Recent {
            items: VecDeque::new(),
            limit,
            forgotten: 0,
        }
    }

    pub fn push(&mut self, item: T) {
        if self.items.len() == self.limit {
            self.items.pop_front();
            self.forgotten += 1;
        }
        self.items.push_back(item);
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator + Clone {
        self.items.iter()
    }

    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> + ExactSizeIterator {
        self.items.iter_mut()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many items were pushed out since the start.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub fn clear(&mut self) {
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut recent = Recent::new(2);
        (1..=3).for_each(|n| recent.push(n));
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [2, 3]);
        assert_eq!((recent.len(), recent.forgotten()), (2, 1));
    }
}
