//! What a storage-attached index makes of texts before it keeps or compares them.
//!
//! Source of the steps and their order: Cassandra 5.0, `NonTokenizingAnalyzer` and `BasicFilters`: lower case, then Unicode's
//! composed form (NFC), then ASCII.

mod tables;

use crate::base::Arrange;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The options of an index of texts; none set: texts stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analyzer {
    pub lower_case: bool,
    pub normalize: bool,
    pub ascii: bool,
}

impl Analyzer {
    pub fn is_plain(self) -> bool {
        self == Analyzer::default()
    }

    /// What is kept of a text. Bytes that are no text stay as they are.
    pub fn apply(self, value: &[u8]) -> Cow<'_, [u8]> {
        if self.is_plain() {
            return value.into();
        }
        let Ok(text) = core::str::from_utf8(value) else {
            return value.into();
        };
        let mut text = Cow::Borrowed(text);
        if self.lower_case {
            text = text.to_lowercase().into();
        }
        if self.normalize && !text.is_ascii() {
            text = compose(&text).into();
        }
        if self.ascii && !text.is_ascii() {
            text = fold(&text).into();
        }
        text.into_owned().into_bytes().into()
    }
}

struct Unicode {
    /// A character's parts: one or two.
    decomposed: BTreeMap<char, (char, Option<char>)>,
    composed: BTreeMap<(char, char), char>,
    classes: BTreeMap<char, (char, u8)>,
}

impl Unicode {
    fn add(&mut self, list: &str, composes: bool) {
        for (whole, parts) in list.split(' ').filter_map(|entry| entry.split_once('=')) {
            let mut parts = parts.split('.').filter_map(character);
            let (Some(whole), Some(first)) = (character(whole), parts.next()) else {
                continue;
            };
            let second = parts.next();
            self.decomposed.insert(whole, (first, second));
            if let (true, Some(second)) = (composes, second) {
                self.composed.insert((first, second), whole);
            }
        }
    }
}

static UNICODE: LazyLock<Unicode> = LazyLock::new(|| {
    let mut unicode = Unicode {
        decomposed: BTreeMap::new(),
        composed: BTreeMap::new(),
        classes: BTreeMap::new(),
    };
    unicode.add(tables::COMPOSED, true);
    unicode.add(tables::DECOMPOSED_ONLY, false);
    for (range, class) in tables::COMBINING_CLASSES
        .split(' ')
        .filter_map(|entry| entry.split_once(':'))
    {
        if let (Some((first, last)), Ok(class)) = (characters(range), class.parse()) {
            unicode.classes.insert(first, (last, class));
        }
    }
    unicode
});

/// The first and last of each range of characters that fold, and the text they fold to.
static FOLDED: LazyLock<BTreeMap<char, (char, String)>> = LazyLock::new(|| {
    let mut folded = BTreeMap::new();
    for (text, ranges) in tables::ASCII_FOLDED
        .split(' ')
        .filter_map(|entry| entry.split_once('='))
    {
        let bytes = text.as_bytes().chunks(2).filter_map(|it| core::str::from_utf8(it).ok());
        let text: String = bytes.filter_map(character).collect();
        for (first, last) in ranges.split(',').filter_map(characters) {
            folded.insert(first, (last, text.clone()));
        }
    }
    folded
});

fn character(hexadecimal: &str) -> Option<char> {
    u32::from_str_radix(hexadecimal, 16).ok().and_then(char::from_u32)
}

fn characters(range: &str) -> Option<(char, char)> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    Some((character(first)?, character(last)?))
}

const HANGUL_BASE: u32 = 0xac00;
const LEADING_BASE: u32 = 0x1100;
const VOWEL_BASE: u32 = 0x1161;
const TRAILING_BASE: u32 = 0x11a7;
const LEADINGS: u32 = 19;
const VOWELS: u32 = 21;
const TRAILINGS: u32 = 28;

impl Unicode {
    fn class(&self, symbol: char) -> u8 {
        let found = self.classes.range(..=symbol).next_back();
        found
            .filter(|(_, (last, _))| symbol <= *last)
            .map_or(0, |(_, (_, class))| *class)
    }

    fn decompose(&self, symbol: char, out: &mut Vec<char>) {
        let index = u32::from(symbol).wrapping_sub(HANGUL_BASE);
        if index < LEADINGS * VOWELS * TRAILINGS {
            let parts = [
                LEADING_BASE + index / (VOWELS * TRAILINGS),
                VOWEL_BASE + index / TRAILINGS % VOWELS,
                TRAILING_BASE + index % TRAILINGS,
            ];
            let count = if index.is_multiple_of(TRAILINGS) { 2 } else { 3 };
            return out.extend(parts[..count].iter().filter_map(|it| char::from_u32(*it)));
        }
        match self.decomposed.get(&symbol) {
            None => out.push(symbol),
            Some((first, second)) => {
                self.decompose(*first, out);
                second.iter().for_each(|it| self.decompose(*it, out));
            }
        }
    }

    fn pair(&self, first: char, second: char) -> Option<char> {
        let (one, two) = (u32::from(first), u32::from(second));
        let (leading, vowel) = (one.wrapping_sub(LEADING_BASE), two.wrapping_sub(VOWEL_BASE));
        if leading < LEADINGS && vowel < VOWELS {
            return char::from_u32(HANGUL_BASE + (leading * VOWELS + vowel) * TRAILINGS);
        }
        let (syllable, trailing) = (one.wrapping_sub(HANGUL_BASE), two.wrapping_sub(TRAILING_BASE));
        let takes_trailing = syllable < LEADINGS * VOWELS * TRAILINGS && syllable.is_multiple_of(TRAILINGS);
        if takes_trailing && (1..TRAILINGS).contains(&trailing) {
            return char::from_u32(one + trailing);
        }
        self.composed.get(&(first, second)).copied()
    }
}

/// Unicode's form NFC.
fn compose(text: &str) -> String {
    let unicode = &*UNICODE;
    let mut symbols = Vec::new();
    text.chars().for_each(|it| unicode.decompose(it, &mut symbols));
    // Marks that follow each other stand in the order of their classes.
    let mut start = 0;
    while start < symbols.len() {
        let marks = symbols[start..].iter().take_while(|it| unicode.class(**it) > 0).count();
        symbols[start..start + marks].arrange_by_key(|it| unicode.class(*it));
        start += marks.max(1);
    }
    let mut out: Vec<char> = Vec::with_capacity(symbols.len());
    let (mut starter, mut last_class) = (None, 0);
    for symbol in symbols {
        let class = unicode.class(symbol);
        let follows = |at: usize, out: &[char]| at + 1 == out.len() || (last_class != 0 && last_class < class);
        if let Some(at) = starter
            && follows(at, &out)
            && let Some(composed) = unicode.pair(out[at], symbol)
        {
            out[at] = composed;
            continue;
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        out.push(symbol);
    }
    out.into_iter().collect()
}

fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for symbol in text.chars() {
        let found = FOLDED.range(..=symbol).next_back();
        match found.filter(|(_, (last, _))| symbol <= *last) {
            Some((_, (_, folded))) => out.push_str(folded),
            None => out.push(symbol),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_composed() {
        for (text, composed) in [
            ("e\u{301}", "é"),
            ("A\u{30a}", "Å"),
            ("\u{212b}", "Å"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            ("s\u{323}\u{307}", "\u{1e69}"),
            ("s\u{307}\u{323}", "\u{1e69}"),
            ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}", "한글"),
            ("\u{958}", "\u{915}\u{93c}"),
            ("\u{fb1d}", "\u{5d9}\u{5b4}"),
            ("\u{344}", "\u{308}\u{301}"),
            ("a\u{301}\u{301}", "á\u{301}"),
            ("\u{f900}", "\u{8c48}"),
        ] {
            assert_eq!(compose(text), composed, "{text}");
            assert_eq!(compose(composed), composed, "{composed} is composed already");
        }
    }

    #[test]
    fn what_looks_like_ascii_is_folded() {
        for (text, folded) in [
            ("Étude", "Etude"),
            ("straße Æ", "strasse AE"),
            ("ｆｕｌｌ ①", "full 1"),
            ("日本", "日本"),
        ] {
            assert_eq!(fold(text), folded);
        }
        let all = Analyzer {
            lower_case: true,
            normalize: true,
            ascii: true,
        };
        assert_eq!(&*all.apply("E\u{301}TUDE".as_bytes()), b"etude");
    }
}
