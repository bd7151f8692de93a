//! From text to tokens, choosing as Cassandra's generated lexer chooses.
//!
//! That lexer decides on a token from as few characters as tell it from all others, then insists: `12e` has begun a number
//! with an exponent and may not end there, `1-2` are two integers, `a -n` has begun `-NaN`. Statements keep their meaning, and
//! errors their place, only if that is done alike.

mod number;
mod quoted;

pub use quoted::unquote;

use super::keyword::Keyword;
use super::token::{Token, TokenKind};

/// Where no token could be read, and what was found and wanted there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexError {
    /// Byte offset in the text.
    pub offset: usize,
    pub kind: LexErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LexErrorKind {
    /// One character only would do.
    Expected(char),
    /// One of several would do.
    ExpectedOneOf,
    /// At least one more of a kind, say a digit, would do.
    ExpectedMore,
    /// No token begins or goes on like this.
    NoToken,
}

type Lexed<T> = Result<T, LexError>;

/// The tokens of a statement, hidden ones left out, then `End`, or `Invalid` where the error is.
pub fn tokenize(text: &str) -> (Vec<Token>, Option<LexError>) {
    let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
    let mut error = None;
    for token in Lexer::new(text) {
        match token {
            Ok(token) if token.kind == TokenKind::Hidden => {}
            Ok(token) => tokens.push(token),
            Err(found) => error = Some(found),
        }
    }
    tokens.push(Token {
        kind: if error.is_some() {
            TokenKind::Invalid
        } else {
            TokenKind::End
        },
        start: error.as_ref().map_or(text.len(), |error| error.offset),
        end: text.len(),
    });
    (tokens, error)
}

/// Reads one token at a time, hidden ones too; ends after the first error.
pub struct Lexer<'a> {
    text: &'a str,
    position: usize,
    failed: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Lexer {
            text,
            position: 0,
            failed: false,
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte some way ahead; 0 after the end, which no token holds unquoted.
    fn ahead(&self, distance: usize) -> u8 {
        self.bytes().get(self.position + distance).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    fn fail<T>(&self, kind: LexErrorKind) -> Lexed<T> {
        self.fail_ahead(0, kind)
    }

    fn fail_ahead<T>(&self, distance: usize, kind: LexErrorKind) -> Lexed<T> {
        Err(LexError {
            offset: (self.position + distance).min(self.text.len()),
            kind,
        })
    }

    /// Takes exactly this character.
    fn expect(&mut self, wanted: u8) -> Lexed<()> {
        if self.ahead(0) != wanted || self.at_end() {
            return self.fail(LexErrorKind::Expected(char::from(wanted)));
        }
        self.position += 1;
        Ok(())
    }

    /// Takes one character of a kind.
    fn expect_one_of(&mut self, wanted: impl Fn(u8) -> bool) -> Lexed<()> {
        if self.at_end() || !wanted(self.ahead(0)) {
            return self.fail(LexErrorKind::ExpectedOneOf);
        }
        self.position += 1;
        Ok(())
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while !self.at_end() && wanted(self.ahead(0)) {
            self.position += 1;
        }
    }

    fn take(&mut self, kind: TokenKind, length: usize) -> Lexed<TokenKind> {
        self.position += length;
        Ok(kind)
    }

    fn read(&mut self) -> Lexed<TokenKind> {
        let (first, second) = (self.ahead(0), self.ahead(1));
        match (first, second) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => {
                self.skip_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
                Ok(TokenKind::Hidden)
            }
            (b'-', b'-') | (b'/', b'/') => self.line_comment(),
            (b'/', b'*') => self.block_comment(),
            (b'\'', _) => self.quoted_string(),
            (b'$', _) => self.dollar_string(),
            (b'"', _) => self.quoted_name(),
            (b'0'..=b'9', _) => self.number(),
            (b'-', b'0'..=b'9' | b'P') => self.negative_number(),
            (b'-', b'n' | b'N') => self.negative_word(b"NAN", TokenKind::NegativeNan),
            (b'-', b'i' | b'I') => self.negative_word(b"INFINITY", TokenKind::NegativeInfinity),
            (b'a'..=b'z' | b'A'..=b'Z', _) => self.word(),
            _ => self.symbol(first, second),
        }
    }

    fn symbol(&mut self, first: u8, second: u8) -> Lexed<TokenKind> {
        match (first, second) {
            (b'!', _) => {
                self.position += 1;
                self.expect(b'=').map(|()| TokenKind::NotEqual)
            }
            (b'+', b'=') => self.take(TokenKind::PlusEqual, 2),
            (b'-', b'=') => self.take(TokenKind::MinusEqual, 2),
            (b'<', b'=') => self.take(TokenKind::LessEqual, 2),
            (b'>', b'=') => self.take(TokenKind::GreaterEqual, 2),
            (b'.', b'.') => self.take(TokenKind::Range, 2),
            (b'%', _) => self.take(TokenKind::Percent, 1),
            (b'(', _) => self.take(TokenKind::LeftParenthesis, 1),
            (b')', _) => self.take(TokenKind::RightParenthesis, 1),
            (b'+', _) => self.take(TokenKind::Plus, 1),
            (b',', _) => self.take(TokenKind::Comma, 1),
            (b'-', _) => self.take(TokenKind::Minus, 1),
            (b'.', _) => self.take(TokenKind::Dot, 1),
            (b'/', _) => self.take(TokenKind::Slash, 1),
            (b':', _) => self.take(TokenKind::Colon, 1),
            (b';', _) => self.take(TokenKind::Semicolon, 1),
            (b'<', _) => self.take(TokenKind::Less, 1),
            (b'=', _) => self.take(TokenKind::Equal, 1),
            (b'>', _) => self.take(TokenKind::Greater, 1),
            (b'?', _) => self.take(TokenKind::QuestionMark, 1),
            (b'[', _) => self.take(TokenKind::LeftBracket, 1),
            (b'*', _) => self.take(TokenKind::Star, 1),
            (b']', _) => self.take(TokenKind::RightBracket, 1),
            (b'{', _) => self.take(TokenKind::LeftBrace, 1),
            (b'}', _) => self.take(TokenKind::RightBrace, 1),
            _ => self.fail(LexErrorKind::NoToken),
        }
    }

    /// An identifier, a keyword, TRUE or FALSE, or what only looks like one: a UUID, a duration, `expr(`.
    fn word(&mut self) -> Lexed<TokenKind> {
        let rest = &self.bytes()[self.position..];
        if rest.starts_with(b"expr(") {
            return self.take(TokenKind::ExpressionOpen, 5);
        }
        if rest.len() > 8 && rest[8] == b'-' && rest[..8].iter().all(u8::is_ascii_hexdigit) {
            return self.uuid();
        }
        if rest[0] == b'P'
            && let Some(kind) = self.iso_duration()
        {
            return kind;
        }
        let start = self.position;
        self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_');
        let word = &self.text[start..self.position];
        Ok(if let Some(keyword) = Keyword::of(word) {
            TokenKind::Keyword(keyword)
        } else if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") {
            TokenKind::Boolean
        } else {
            TokenKind::Identifier
        })
    }

    /// `-NaN` or `-Infinity`: a minus before one of their first letters can be nothing else.
    fn negative_word(&mut self, word: &[u8], kind: TokenKind) -> Lexed<TokenKind> {
        self.position += 1;
        for letter in word {
            self.expect_one_of(|b| b.eq_ignore_ascii_case(letter))?;
        }
        Ok(kind)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexed<Token>;

    fn next(&mut self) -> Option<Lexed<Token>> {
        if self.failed || self.at_end() {
            return None;
        }
        let start = self.position;
        let token = self.read().map(|kind| Token {
            kind,
            start,
            end: self.position,
        });
        debug_assert!(token.is_err() || self.position > start, "a token covers something");
        self.failed = token.is_err();
        Some(token)
    }
}

#[cfg(test)]
mod tests;
