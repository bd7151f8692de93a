//! What a shell has said: blocks of an input and what followed it.

use std::collections::VecDeque;

use super::shared::Shared;
use crate::base::Instant;
use crate::cql::SourcePosition;
use crate::playground::api::{ShellEntry, StatementSummary};

/// Blocks that are kept.
pub const BLOCKS_KEPT: usize = 300;
/// Bytes of text that are kept, all blocks together; the last block is kept whatever its size.
pub const BYTES_KEPT: usize = 4 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Output(String),
    Error {
        text: String,
        position: Option<SourcePosition>,
    },
    Summary(Box<StatementSummary>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub number: u64,
    pub begun: Instant,
    pub prompt: String,
    pub input: String,
    /// Not typed: what a script did to the cluster, in words.
    pub is_note: bool,
    pub items: Vec<Item>,
}

impl Block {
    fn bytes(&self) -> usize {
        let items = self.items.iter().map(|item| match item {
            Item::Output(text) | Item::Error { text, .. } => text.len(),
            Item::Summary(summary) => summary.statement.len(),
        });
        self.input.len() + items.sum::<usize>()
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    blocks: VecDeque<Shared<Block>>,
    next: u64,
    bytes: usize,
}

impl Transcript {
    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = &Shared<Block>> + ExactSizeIterator {
        self.blocks.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub fn hear(&mut self, entry: ShellEntry, now: Instant) {
        match entry {
            ShellEntry::Input { prompt, text } => self.begin(prompt, text, false, now),
            ShellEntry::Output(text) => self.add(Item::Output(text), now),
            ShellEntry::Error { text, position } => self.add(Item::Error { text, position }, now),
            ShellEntry::Summary(summary) => self.add(Item::Summary(Box::new(summary)), now),
            ShellEntry::Clear => self.clear(),
        }
    }

    pub fn note(&mut self, text: String, now: Instant) {
        self.begin(String::new(), text, true, now);
    }

    pub fn clear(&mut self) {
        self.blocks.clear();
        self.bytes = 0;
    }

    fn begin(&mut self, prompt: String, input: String, is_note: bool, begun: Instant) {
        let block = Block {
            number: self.next,
            begun,
            prompt,
            input,
            is_note,
            items: Vec::new(),
        };
        self.next += 1;
        self.bytes += block.bytes();
        self.blocks.push_back(Shared::new(block));
        self.shrink();
    }

    fn add(&mut self, item: Item, now: Instant) {
        if self.blocks.back().is_none_or(|block| block.is_note) {
            self.begin(String::new(), String::new(), false, now);
        }
        let Some(block) = self.blocks.back_mut() else { return };
        let before = block.bytes();
        let items = &mut block.make_mut().items;
        match (items.last_mut(), item) {
            // A long output comes in pieces.
            (Some(Item::Output(said)), Item::Output(more)) => said.push_str(&more),
            (_, item) => items.push(item),
        }
        self.bytes += block.bytes() - before;
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.blocks.len() > BLOCKS_KEPT || (self.bytes > BYTES_KEPT && self.blocks.len() > 1) {
            let gone = self.blocks.pop_front().map_or(0, |block| block.bytes());
            self.bytes -= gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &str) -> ShellEntry {
        ShellEntry::Input {
            prompt: "cqlsh> ".into(),
            text: text.into(),
        }
    }

    fn hear(entries: impl IntoIterator<Item = ShellEntry>) -> Transcript {
        let mut transcript = Transcript::default();
        entries
            .into_iter()
            .for_each(|entry| transcript.hear(entry, Instant::ZERO));
        transcript
    }

    #[test]
    fn what_follows_an_input_belongs_to_it() {
        let said = hear([
            input("a;"),
            ShellEntry::Output("1\n".into()),
            ShellEntry::Output("2\n".into()),
            input("b;"),
        ]);
        let blocks: Vec<&Shared<Block>> = said.blocks().collect();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].items, [Item::Output("1\n2\n".into())]);
    }

    #[test]
    fn output_without_an_input_gets_a_block_of_its_own() {
        let mut said = hear([]);
        said.note("127.0.0.3 is killed".into(), Instant::ZERO);
        said.hear(ShellEntry::Output("x".into()), Instant::ZERO);
        assert_eq!(said.blocks().map(|block| block.items.len()).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn it_is_bounded_in_blocks_and_in_bytes() {
        let said = hear((0..BLOCKS_KEPT + 5).map(|_| input("a;")));
        assert_eq!(said.blocks().len(), BLOCKS_KEPT);
        let big = "x".repeat(BYTES_KEPT / 2);
        let said = hear((0..6).flat_map(|_| [input("a;"), ShellEntry::Output(big.clone())]));
        assert_eq!(said.blocks().len(), 1);
        assert!(said.bytes <= BYTES_KEPT);
        assert!(hear([input("a;"), ShellEntry::Clear]).is_empty());
    }
}
