//! What is told of a statement that does not parse: where, which token, and an excerpt with that token in brackets.

use core::fmt;

use super::lexer::{LexError, LexErrorKind, Lexer};
use super::result::{QueryError, SourcePosition};
use super::token::{Token, TokenKind};

/// A statement that is no CQL. Its `Display` is the text Cassandra sends with error code 0x2000.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// None where Cassandra names no place either: the words are in order, but together mean nothing.
    pub position: Option<Position>,
    /// The same place for an editor to underline.
    pub place: Option<SourcePosition>,
    /// The token that does not fit, as an error message shows it; empty if there is none.
    pub offending: String,
    /// The whole message, position and excerpt included.
    pub message: String,
    /// What to do about it, where that can be told.
    pub advice: Option<String>,
}

/// A place in the text of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    At {
        /// From 1.
        line: usize,
        /// From 0, in UTF-16 units, as Java counts.
        column: usize,
    },
    /// After the last token, which Cassandra shows as 0:-1.
    End,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::At { line, column } => write!(f, "line {line}:{column}"),
            Position::End => f.write_str("line 0:-1"),
        }
    }
}

/// What was wrong at a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Only this kind of token could stand there.
    Expected(TokenKind),
    /// One of several could.
    ExpectedOneOf,
    /// No way to go on from here begins with it.
    NoViableAlternative,
}

/// Tokens around the place that the excerpt shows, hidden ones counted.
const EXCERPT_TOKENS_BEFORE: usize = 10;
const EXCERPT_TOKENS_AFTER: usize = 2;

/// The line, from 1, and column, from 0, of a byte offset.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, utf16_length(&before[line_start..]))
}

fn position_of(text: &str, offset: usize) -> Position {
    let (line, column) = line_and_column(text, offset);
    Position::At { line, column }
}

/// A stretch of the text as editors count: in characters, and no longer than its line.
fn place_of(text: &str, offset: usize, length: usize) -> SourcePosition {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let stretch = &text[offset..offset + length];
    let stretch = stretch.lines().next().unwrap_or_default();
    SourcePosition {
        line: count(before.matches('\n').count() + 1),
        column: count(before[line_start..].chars().count()),
        length: count(stretch.chars().count()),
    }
}

fn count(characters: usize) -> u32 {
    u32::try_from(characters).unwrap_or(u32::MAX)
}

fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Text on one line, as messages show it.
fn escape(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// What a token is called in an error: its text, and of strings and quoted names what they say.
fn display(text: &str, token: Token) -> String {
    match token.kind {
        TokenKind::End => "<EOF>".to_owned(),
        _ => escape(&token.text(text)),
    }
}

impl SyntaxError {
    /// A wish that the grammar allows, but that makes no sense.
    pub(super) fn unplaced(message: impl Into<String>) -> Self {
        SyntaxError {
            position: None,
            place: None,
            offending: String::new(),
            message: message.into(),
            advice: None,
        }
    }

    /// A constant that cannot be read. Cassandra's message repeats the whole statement and names its exception.
    pub(super) fn unreadable(text: &str, reason: &str) -> Self {
        SyntaxError::unplaced(format!("Failed parsing statement: [{text}] reason: {reason}"))
    }

    /// A character at which no token could be read.
    pub(super) fn from_lexer(text: &str, error: &LexError) -> Self {
        let found = text[error.offset..].chars().next();
        let position = position_of(text, error.offset);
        let shown = found.map_or("<EOF>".to_owned(), |c| escape(c.encode_utf8(&mut [0; 4])));
        let what = match error.kind {
            LexErrorKind::Expected(wanted) => format!("mismatched character '{shown}' expecting '{wanted}'"),
            LexErrorKind::ExpectedOneOf => format!("mismatched character '{shown}' expecting set null"),
            LexErrorKind::ExpectedMore => {
                format!("required (...)+ loop did not match anything at character '{shown}'")
            }
            LexErrorKind::NoToken => format!("no viable alternative at character '{shown}'"),
        };
        SyntaxError {
            position: Some(position),
            place: Some(place_of(text, error.offset, found.map_or(0, char::len_utf8))),
            offending: shown,
            message: format!("{position} {what}"),
            advice: None,
        }
    }

    /// A token that does not fit. The excerpt marks `marked`, where what the token belongs to began, and reaches to what has been
    /// looked at so far, `furthest`.
    pub(super) fn at_token(text: &str, token: Token, fault: Fault, marked: Token, furthest: Token) -> Self {
        let position = match token.kind {
            TokenKind::End => Position::End,
            _ => position_of(text, token.start),
        };
        let offending = display(text, token);
        let what = match fault {
            Fault::Expected(wanted) => format!("mismatched input '{offending}' expecting {wanted}"),
            Fault::ExpectedOneOf => format!("mismatched input '{offending}' expecting set null"),
            Fault::NoViableAlternative => format!("no viable alternative at input '{offending}'"),
        };
        let excerpt = Excerpt::around(text, marked, furthest).and_then(|excerpt| excerpt.render(text));
        SyntaxError {
            position: Some(position),
            place: Some(place_of(text, token.start, token.end - token.start)),
            message: match excerpt {
                Some(excerpt) => format!("{position} {what} ({excerpt})"),
                None => format!("{position} {what}"),
            },
            offending,
            advice: None,
        }
    }

    pub(super) fn with_advice(self, advice: Option<String>) -> Self {
        SyntaxError { advice, ..self }
    }
}

/// The part of a statement that an error quotes.
struct Excerpt {
    first: Token,
    last: Token,
    marked: Token,
}

/// A token's place as Java's ANTLR has it: its line, its column, and the length of what it says, quotes not counted.
struct Place {
    line: usize,
    column: usize,
    end: usize,
}

impl Place {
    fn of(text: &str, token: Token) -> Place {
        let (line, column) = line_and_column(text, token.start);
        Place {
            line: line - 1,
            column,
            end: column + utf16_length(&token.text(text)),
        }
    }
}

impl Excerpt {
    /// None if it would have to show the end of the text, which has no place on a line.
    fn around(text: &str, marked: Token, furthest: Token) -> Option<Excerpt> {
        if marked.kind == TokenKind::End {
            return None;
        }
        let tokens: Vec<Token> = Lexer::new(text).map_while(Result::ok).collect();
        let index = tokens.iter().position(|token| *token == marked)?;
        let reach = index + EXCERPT_TOKENS_AFTER;
        let last = match furthest.kind {
            TokenKind::End if reach >= tokens.len() => return None,
            TokenKind::End => reach,
            _ => reach.min(tokens.iter().position(|token| *token == furthest)?),
        };
        Some(Excerpt {
            first: tokens[index.saturating_sub(EXCERPT_TOKENS_BEFORE)],
            last: tokens[last],
            marked,
        })
    }

    /// The lines from the first token to the last joined into one, with dots where the statement goes on beyond. A token that
    /// spans lines, or holds quotes, is measured by what it says; None where that leads past the end of its line.
    fn render(&self, text: &str) -> Option<String> {
        let mut lines: Vec<Vec<u16>> = text.split('\n').map(|line| line.encode_utf16().collect()).collect();
        while lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        let first = Place::of(text, self.first);
        let last = Place::of(text, self.last);
        let marked = Place::of(text, self.marked);
        let from_start = first.line == 0 && first.column == 0;
        let to_end = last.line + 1 == lines.len() && last.end == lines.last()?.len();

        lines.get_mut(last.line)?.truncate(last.end);
        let line = lines.get_mut(marked.line)?;
        if marked.end > line.len() {
            return None;
        }
        line.insert(marked.end, u16::from(b']'));
        line.insert(marked.column, u16::from(b'['));
        lines.get_mut(first.line)?.drain(..first.column);

        let mut excerpt = String::new();
        if !from_start {
            excerpt.push_str("...");
        }
        for line in lines.get(first.line..=last.line)? {
            excerpt.push_str(&String::from_utf16_lossy(line));
        }
        if !to_end {
            excerpt.push_str("...");
        }
        Some(excerpt)
    }
}

impl From<SyntaxError> for QueryError {
    fn from(error: SyntaxError) -> Self {
        QueryError::Syntax {
            message: match error.advice {
                Some(advice) => format!("{}: {advice}", error.message),
                None => error.message,
            },
            position: error.place,
        }
    }
}
