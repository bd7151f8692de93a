//! Which blocks of the data file are taken.

/// Bytes of a block: what an SSTable's small components fill, and a page of most file systems.
pub const BLOCK_BYTES: u64 = 4096;

/// The data file grows by so many blocks: a browser asks for room each time a file gets longer.
const GROWTH_BLOCKS: usize = 64;

#[derive(Debug, Default)]
pub struct Space {
    taken: Vec<bool>,
    /// No block below is free.
    lowest: usize,
    /// Given back, but what is on the disk may still name them: free after the next flush of the journal.
    waiting: Vec<u32>,
    /// How many blocks the data file has room for.
    room: usize,
}

impl Space {
    /// With the blocks that files have, and how long the data file is.
    pub fn new(blocks: impl Iterator<Item = u32>, data_bytes: u64) -> Space {
        let mut space = Space {
            room: (data_bytes / BLOCK_BYTES) as usize,
            ..Space::default()
        };
        blocks.for_each(|block| space.mark(block as usize));
        space
    }

    fn mark(&mut self, block: usize) {
        if block >= self.taken.len() {
            self.taken.resize(block + 1, false);
        }
        self.taken[block] = true;
    }

    /// The lowest free block. It may lie beyond the data file's end: see `needs`.
    pub fn take(&mut self) -> u32 {
        let free = (self.lowest..self.taken.len()).find(|block| !self.taken[*block]);
        let block = free.unwrap_or(self.taken.len());
        self.mark(block);
        self.lowest = block + 1;
        block as u32
    }

    /// Free at once: nothing on the disk names it.
    pub fn give(&mut self, block: u32) {
        self.taken[block as usize] = false;
        self.lowest = self.lowest.min(block as usize);
    }

    /// Free once the journal is flushed.
    pub fn give_later(&mut self, block: u32) {
        self.waiting.push(block);
    }

    pub fn on_flush(&mut self) {
        for block in core::mem::take(&mut self.waiting) {
            self.give(block);
        }
    }

    /// How long the data file has to be, if it is too short.
    pub fn needs(&self) -> Option<u64> {
        let size = self.taken.len().next_multiple_of(GROWTH_BLOCKS) as u64 * BLOCK_BYTES;
        (self.taken.len() > self.room).then_some(size)
    }

    /// How long the data file has to be at least, if it is much longer.
    pub fn spares(&mut self) -> Option<u64> {
        let used = self.taken.iter().rposition(|taken| *taken).map_or(0, |last| last + 1);
        self.taken.truncate(used);
        self.lowest = self.lowest.min(used);
        let size = used.next_multiple_of(GROWTH_BLOCKS);
        (size + GROWTH_BLOCKS <= self.room).then_some(size as u64 * BLOCK_BYTES)
    }

    /// The data file has this length now.
    pub fn has_room(&mut self, data_bytes: u64) {
        self.room = (data_bytes / BLOCK_BYTES) as usize;
    }
}
