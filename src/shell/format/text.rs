//! Text in a result table: what cannot be seen is written as an escape, and widths are those of a terminal.

use unicode_width::UnicodeWidthStr;

/// A value as shown, and the columns a terminal needs for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    /// As cqlsh reckons it, which for empty collections is less than it is.
    pub width: usize,
}

impl Shown {
    /// Nothing in it is wider than one column.
    pub fn plain(text: impl Into<String>) -> Shown {
        let text = text.into();
        let width = text.chars().count();
        Shown { text, width }
    }

    pub fn left(&self, width: usize) -> String {
        format!("{}{}", self.text, self.padding(width))
    }

    pub fn right(&self, width: usize) -> String {
        format!("{}{}", self.padding(width), self.text)
    }

    fn padding(&self, width: usize) -> String {
        " ".repeat(width.saturating_sub(self.width))
    }
}

/// Text as a column shows it.
pub fn bare(text: &str) -> Shown {
    measured(escape_invisible(&text.replace('\\', "\\\\")))
}

/// Text as an element of a collection.
pub fn quoted(text: &str) -> Shown {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    measured(format!("'{}'", escape_invisible(&escaped)))
}

fn measured(text: String) -> Shown {
    let width = text.width();
    Shown { text, width }
}

/// Control characters and the no-break space as Python writes them in a string.
fn escape_invisible(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\0'..='\x1f' | '\x7f'..='\u{a0}' => escaped.push_str(&format!("\\x{:02x}", u32::from(character))),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invisible_is_shown() {
        assert_eq!(bare("a\tb\\\n\u{1}\u{a0}").text, "a\\tb\\\\\\n\\x01\\xa0");
        assert_eq!(quoted("it's").text, "'it''s'");
        assert_eq!(bare("it's").text, "it's");
    }

    #[test]
    fn widths_are_a_terminals() {
        assert_eq!(bare("日本").width, 4);
        assert_eq!(bare("emoji 🎉 here").width, 13);
        assert_eq!(bare("naïve").left(7), "naïve  ");
        assert_eq!(bare("日本").right(6), "  日本");
    }
}
