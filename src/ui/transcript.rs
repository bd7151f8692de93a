//! What a shell has said: blocks of an input and what followed it.

use std::collections::VecDeque;

use super::shared::Shared;
use crate::base::Instant;
use crate::cql::SourcePosition;
use crate::playground::api::{ShellEntry, StatementSummary};

/// Blocks that are kept.
pub const BLOCKS_KEPT: usize = 300;
/// Results that are kept of one input: of a pasted script, the last.
pub const RESULTS_KEPT: usize = 60;
/// Errors are worth more than other results: the first of a script stay, up to this many of what is kept.
pub const ERRORS_KEPT: usize = 20;
/// Bytes of one output that are kept.
pub const OUTPUT_KEPT: usize = 1024 * 1024;
/// Bytes of text that are kept, all blocks together; the last block is kept whatever its size.
pub const BYTES_KEPT: usize = 4 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Output(Output),
    Error {
        text: String,
        position: Option<SourcePosition>,
    },
    Summary(Box<StatementSummary>),
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Item::Output(output) => output.bytes,
            Item::Error { text, .. } => text.len(),
            Item::Summary(summary) => summary.statement.len(),
        }
    }
}

/// An output, in the pieces it came in.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pieces: Vec<Shared<String>>,
    bytes: usize,
    /// Lines of it, those that are not kept among them.
    pub lines: usize,
}

impl PartialEq for Output {
    fn eq(&self, other: &Output) -> bool {
        self.lines == other.lines
            && self
                .pieces
                .iter()
                .map(|it| &**it)
                .eq(other.pieces.iter().map(|it| &**it))
    }
}

impl From<String> for Output {
    fn from(text: String) -> Output {
        let mut output = Output::default();
        output.push(text);
        output
    }
}

impl Output {
    fn push(&mut self, text: String) {
        self.lines += text.bytes().filter(|byte| *byte == b'\n').count();
        if self.bytes < OUTPUT_KEPT {
            self.bytes += text.len();
            self.pieces.push(Shared::new(text));
        }
    }

    /// As many lines of its beginning, and how many those are: fewer when no more are kept.
    pub fn first(&self, lines: usize) -> (String, usize) {
        let (mut text, mut shown) = (String::new(), 0);
        for piece in &self.pieces {
            for line in piece.split_inclusive('\n') {
                if shown == lines {
                    return (text, shown);
                }
                text.push_str(line);
                shown += usize::from(line.ends_with('\n'));
            }
        }
        (text, shown)
    }
}

/// What one item of a block is, with a number of its own within the block.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered {
    pub number: u64,
    pub item: Shared<Item>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub number: u64,
    pub begun: Instant,
    pub prompt: String,
    pub input: Shared<String>,
    /// Not typed: what a script did to the cluster, in words.
    pub is_note: bool,
    pub items: VecDeque<Numbered>,
    /// Statements whose results were here and are no longer kept.
    pub left_out: u64,
    /// Something is no longer kept, if only a part of a result.
    pub is_shortened: bool,
    next: u64,
    bytes: usize,
}

impl Block {
    pub fn first_error(&self) -> Option<(&String, Option<SourcePosition>)> {
        self.items.iter().find_map(|numbered| match &*numbered.item {
            Item::Error { text, position } => Some((text, *position)),
            _ => None,
        })
    }

    fn add(&mut self, item: Item) {
        let number = self.next;
        match (self.items.back_mut(), item) {
            // A long output comes in pieces.
            (Some(last), Item::Output(more)) if matches!(*last.item, Item::Output(_)) => {
                if let Item::Output(said) = last.item.make_mut() {
                    self.bytes -= said.bytes;
                    more.pieces.into_iter().for_each(|piece| said.push(piece.to_string()));
                    self.bytes += said.bytes;
                }
            }
            (_, item) => {
                self.next += 1;
                self.bytes += item.bytes();
                let item = Shared::new(item);
                self.items.push_back(Numbered { number, item });
            }
        }
        while self.items.len() > RESULTS_KEPT || (self.bytes > BYTES_KEPT && self.items.len() > 1) {
            self.forget_one();
        }
    }

    /// The oldest goes, errors last.
    fn forget_one(&mut self) {
        let is_error = |numbered: &Numbered| matches!(*numbered.item, Item::Error { .. });
        let errors = self.items.iter().filter(|it| is_error(it)).count();
        let oldest = match errors > ERRORS_KEPT {
            // The first errors say more than those after them.
            true => self
                .items
                .iter()
                .enumerate()
                .filter(|(_, it)| is_error(it))
                .nth(ERRORS_KEPT)
                .map(|(at, _)| at),
            false => self.items.iter().position(|it| !is_error(it)),
        };
        if let Some(gone) = self.items.remove(oldest.unwrap_or(0)) {
            self.bytes -= gone.item.bytes();
            self.left_out += u64::from(matches!(*gone.item, Item::Summary(_)));
            self.is_shortened = true;
        }
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
            ShellEntry::Output(text) => self.add(Item::Output(text.into()), now),
            ShellEntry::Error { text, position } => self.add(Item::Error { text, position }, now),
            ShellEntry::Summary(summary) => self.add(Item::Summary(Box::new(summary)), now),
            ShellEntry::Skipped(statements) => self.skip(statements),
            ShellEntry::Clear => self.clear(),
            // The page hands it out.
            ShellEntry::File { .. } => {}
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
            bytes: input.len(),
            input: Shared::new(input),
            is_note,
            items: VecDeque::new(),
            left_out: 0,
            is_shortened: false,
            next: 0,
        };
        self.next += 1;
        self.bytes += block.bytes;
        self.blocks.push_back(Shared::new(block));
        self.shrink();
    }

    fn add(&mut self, item: Item, now: Instant) {
        if self.blocks.back().is_none_or(|block| block.is_note) {
            self.begin(String::new(), String::new(), false, now);
        }
        let Some(block) = self.blocks.back_mut() else { return };
        let before = block.bytes;
        let block = block.make_mut();
        block.add(item);
        self.bytes = self.bytes + block.bytes - before;
        self.shrink();
    }

    /// Results were too many to be carried here.
    fn skip(&mut self, statements: u64) {
        if let Some(block) = self.blocks.back_mut() {
            let block = block.make_mut();
            block.left_out += statements;
            block.is_shortened = true;
        }
    }

    fn shrink(&mut self) {
        while self.blocks.len() > BLOCKS_KEPT || (self.bytes > BYTES_KEPT && self.blocks.len() > 1) {
            let gone = self.blocks.pop_front().map_or(0, |block| block.bytes);
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
        let items: Vec<&Item> = blocks[0].items.iter().map(|numbered| &*numbered.item).collect();
        let [Item::Output(output)] = items[..] else {
            panic!("one output: {items:?}")
        };
        assert_eq!(
            (output.first(9), output.first(1)),
            (("1\n2\n".into(), 2), ("1\n".into(), 1))
        );
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

    #[test]
    fn of_a_script_the_last_results_and_the_first_errors_are_kept() {
        let error = |number| ShellEntry::Error {
            text: format!("error {number}"),
            position: None,
        };
        let output = |number| ShellEntry::Output(format!("{number}\n"));
        let said = hear(
            [input("a; b; c;")]
                .into_iter()
                .chain((0..500).flat_map(|number| [error(number), output(number)])),
        );
        let block = said.blocks().next().unwrap();
        assert_eq!(block.items.len(), RESULTS_KEPT);
        assert!(block.is_shortened);
        assert_eq!(block.first_error().unwrap().0, "error 0");
        let errors = block
            .items
            .iter()
            .filter(|it| matches!(*it.item, Item::Error { .. }))
            .count();
        assert_eq!(errors, ERRORS_KEPT);
        let Item::Output(last) = &*block.items.back().unwrap().item else {
            panic!("an output")
        };
        assert_eq!(last.pieces.last().map(|it| it.as_str()), Some("499\n"));
    }

    #[test]
    fn of_a_long_output_the_beginning_is_kept() {
        let line = "x".repeat(999) + "\n";
        let pieces = (0..50).map(|_| ShellEntry::Output(line.repeat(100)));
        let said = hear([input("a;")].into_iter().chain(pieces));
        let block = said.blocks().next().unwrap();
        let Item::Output(output) = &*block.items[0].item else {
            panic!("an output")
        };
        assert_eq!(output.lines, 5_000);
        assert!((1_000..1_200).contains(&output.first(usize::MAX).1));
        assert!(said.bytes < 2 * OUTPUT_KEPT);
    }

    #[test]
    fn what_was_skipped_is_counted() {
        let said = hear([input("a;"), ShellEntry::Skipped(7), ShellEntry::Output("x".into())]);
        assert_eq!(said.blocks().next().unwrap().left_out, 7);
    }
}
