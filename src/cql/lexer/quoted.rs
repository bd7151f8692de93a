//! Strings, quoted names and comments: tokens that go on until what closes them.

use std::borrow::Cow;

use super::{LexErrorKind, Lexed, Lexer};
use crate::cql::token::TokenKind;

impl Lexer<'_> {
    /// `'it''s'`
    pub(super) fn quoted_string(&mut self) -> Lexed<TokenKind> {
        self.until_closing_quote(b'\'')?;
        Ok(TokenKind::String)
    }

    /// `"My ""own"" name"`
    pub(super) fn quoted_name(&mut self) -> Lexed<TokenKind> {
        if self.ahead(1) == b'"' && self.ahead(2) != b'"' {
            return self.take(TokenKind::EmptyQuotedName, 2);
        }
        if self.position + 1 == self.text.len() {
            return self.fail_ahead(1, LexErrorKind::NoToken);
        }
        self.until_closing_quote(b'"')?;
        Ok(TokenKind::QuotedName)
    }

    /// Goes past the quote that closes, taking two in a row for one that is meant.
    fn until_closing_quote(&mut self, quote: u8) -> Lexed<()> {
        self.position += 1;
        loop {
            self.skip_while(|b| b != quote);
            self.expect(quote)?;
            if self.ahead(0) != quote {
                return Ok(());
            }
            self.position += 1;
        }
    }

    /// `$$ the body of a function $$`
    pub(super) fn dollar_string(&mut self) -> Lexed<TokenKind> {
        self.expect(b'$')?;
        self.expect(b'$')?;
        match self.text[self.position..].find("$$") {
            Some(length) => self.take(TokenKind::String, length + 2),
            // The last character of the text is where it should have been closed.
            None => {
                let rest = &self.text[self.position..];
                self.position += rest.char_indices().last().map_or(0, |(offset, _)| offset);
                self.expect(b'$')?;
                self.expect(b'$')?;
                Ok(TokenKind::String)
            }
        }
    }

    /// A comment to the end of its line, which has to be there.
    pub(super) fn line_comment(&mut self) -> Lexed<TokenKind> {
        self.skip_while(|b| b != b'\n' && b != b'\r');
        self.expect_one_of(|b| b == b'\n' || b == b'\r')?;
        Ok(TokenKind::Hidden)
    }

    pub(super) fn block_comment(&mut self) -> Lexed<TokenKind> {
        match self.text[self.position + 2..].find("*/") {
            Some(length) => self.take(TokenKind::Hidden, length + 4),
            None => {
                self.position = self.text.len();
                self.fail(LexErrorKind::Expected('*'))
            }
        }
    }
}

/// What a string or quoted name says: its text without the quotes around it, and those inside it single.
pub fn unquote(text: &str) -> Cow<'_, str> {
    if let Some(body) = text.strip_prefix("$$") {
        return Cow::Borrowed(body.strip_suffix("$$").unwrap_or(body));
    }
    let mut inner = text.chars();
    let (first, last) = (inner.next(), inner.next_back());
    debug_assert_eq!(first, last, "a quoted token has a quote at both ends");
    let inner = inner.as_str();
    let (double, single) = if first == Some('"') {
        ("\"\"", "\"")
    } else {
        ("''", "'")
    };
    if inner.contains(double) {
        Cow::Owned(inner.replace(double, single))
    } else {
        Cow::Borrowed(inner)
    }
}
