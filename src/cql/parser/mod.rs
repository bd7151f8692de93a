//! From tokens to a statement, by recursive descent.
//!
//! Where the grammar has a choice, the parser looks ahead exactly as far as Cassandra's does, because that decides which token an
//! error names: with one way left it is "mismatched input", with none it is "no viable alternative", found while looking ahead and
//! marked where the looking began. The functions named `..._may_follow` hold what can come after a phrase anywhere in the
//! grammar, not only where it stands: that, too, is how far Cassandra's parser sees.

mod access;
mod describe;
mod function;
mod modification;
mod names;
mod parenthesis;
mod permission;
mod property;
mod relation;
mod select;
mod selection;
mod statement;
mod table;
mod term;
mod types;
mod view;

use std::borrow::Cow;

use super::advice::advise;
use super::ast::{BindMarker, Statement};
use super::error::{Fault, SyntaxError};
use super::keyword::Keyword;
use super::lexer::{LexError, tokenize};
use super::token::{Token, TokenKind};

/// Levels of brackets, types and signs inside one another. Keeps the recursion of the parser, and of all that walks its trees, well
/// within a browser's stack; statements that people write have fewer than ten.
pub const MAX_NESTING: usize = 64;

/// Operators, fields and elements in one statement. Chains of them lean to the left, so their number bounds the height of a tree.
pub const MAX_CHAINED_OPERATORS: usize = 512;

/// A statement and what it leaves open.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    pub statement: Statement,
    /// The bind markers in order: the name of each, None for `?`.
    pub markers: Vec<Option<String>>,
}

type Parse<T> = Result<T, Failure>;

/// Why a phrase does not read. An error is made of it once it is sure to be told.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Token {
        fault: Fault,
        /// The token that does not fit, where the phrase began, and the last token looked at.
        at: usize,
        marked: usize,
        furthest: usize,
    },
    TooDeep,
    TooManyOperators,
}

/// Reads one statement. Semicolons may follow it, but no other statement.
pub fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    parse_after(text, 0)
}

/// Reads one of several statements whose markers are counted together, `before` of them in those that come first.
pub fn parse_after(text: &str, before: usize) -> Result<Parsed, SyntaxError> {
    let mut parser = Parser::new(text);
    parser.markers.resize(before, None);
    let parsed = parser.whole_statement();
    // What was met first is told, even where the words after it do not read.
    if let Some(complaint) = parser.complaint {
        return Err(complaint);
    }
    match parsed {
        Ok(statement) => Ok(Parsed {
            statement,
            markers: parser.markers,
        }),
        Err(failure) => Err(parser.describe_failure(failure)),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    lex_error: Option<LexError>,
    position: usize,
    /// The last token looked at, counted as `position` is.
    furthest: usize,
    nesting: usize,
    operators: usize,
    markers: Vec<Option<String>>,
    /// The first thing that reads well but means nothing.
    complaint: Option<SyntaxError>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let (tokens, lex_error) = tokenize(text);
        Parser {
            text,
            tokens,
            lex_error,
            position: 0,
            furthest: 0,
            nesting: 0,
            operators: 0,
            markers: Vec::new(),
            complaint: None,
        }
    }

    /// The kind of a token ahead: 0 is the one to be read next.
    fn peek(&mut self, distance: usize) -> TokenKind {
        let index = (self.position + distance).min(self.tokens.len() - 1);
        self.furthest = self.furthest.max(index);
        self.tokens[index].kind
    }

    /// Says that a choice took this many tokens. Where Cassandra's parser decides by a table, it has by then read one token more,
    /// which shows in how much of the statement an error quotes, and in whether an unreadable character comes first.
    fn decided_by(&mut self, tokens: usize) {
        self.peek(tokens);
    }

    fn next_is(&mut self, kind: TokenKind) -> bool {
        self.peek(0) == kind
    }

    fn next_is_word(&mut self, keyword: Keyword) -> bool {
        self.peek(0) == TokenKind::Keyword(keyword)
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.position];
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        token
    }

    fn advance_text(&mut self) -> Cow<'a, str> {
        let text = self.text;
        self.advance().text(text)
    }

    /// Takes the token if it is of this kind.
    fn accept(&mut self, kind: TokenKind) -> bool {
        let matches = self.next_is(kind);
        if matches {
            self.advance();
        }
        matches
    }

    fn accept_word(&mut self, keyword: Keyword) -> bool {
        self.accept(TokenKind::Keyword(keyword))
    }

    fn expect(&mut self, kind: TokenKind) -> Parse<Token> {
        if self.next_is(kind) {
            Ok(self.advance())
        } else {
            Err(self.failure(0, Fault::Expected(kind)))
        }
    }

    fn expect_word(&mut self, keyword: Keyword) -> Parse<()> {
        self.expect(TokenKind::Keyword(keyword)).map(drop)
    }

    fn expect_words(&mut self, keywords: &[Keyword]) -> Parse<()> {
        keywords.iter().try_for_each(|keyword| self.expect_word(*keyword))
    }

    fn expect_text(&mut self, kind: TokenKind) -> Parse<String> {
        let token = self.expect(kind)?;
        Ok(token.text(self.text).into_owned())
    }

    /// None of the ways to go on from here survived the token so far ahead.
    fn no_viable<T>(&mut self, distance: usize) -> Parse<T> {
        Err(self.failure(distance, Fault::NoViableAlternative))
    }

    fn failure(&mut self, distance: usize, fault: Fault) -> Failure {
        self.peek(distance);
        Failure::Token {
            fault,
            at: (self.position + distance).min(self.tokens.len() - 1),
            marked: self.position,
            furthest: self.furthest,
        }
    }

    fn describe_failure(&self, failure: Failure) -> SyntaxError {
        match failure {
            Failure::Token {
                fault,
                at,
                marked,
                furthest,
            } => match (self.tokens[furthest].kind, &self.lex_error) {
                (TokenKind::Invalid, Some(error)) => SyntaxError::from_lexer(self.text, error),
                _ => {
                    let expected = match fault {
                        Fault::Expected(kind) => Some(kind),
                        _ => None,
                    };
                    SyntaxError::at_token(
                        self.text,
                        self.tokens[at],
                        fault,
                        self.tokens[marked],
                        self.tokens[furthest],
                    )
                    .with_advice(advise(self.text, &self.tokens, at, expected))
                }
            },
            Failure::TooDeep => SyntaxError::unplaced(format!(
                "Too many levels of nesting: at most {MAX_NESTING} are supported"
            )),
            Failure::TooManyOperators => SyntaxError::unplaced(format!(
                "Too many operators: at most {MAX_CHAINED_OPERATORS} are supported in a statement"
            )),
        }
    }

    /// Keeps the first of the things that make no sense, and reads on: only an error met earlier comes before it.
    fn complain(&mut self, error: SyntaxError) {
        self.peek(0);
        if self.tokens[self.furthest].kind != TokenKind::Invalid {
            self.complaint.get_or_insert(error);
        }
    }

    /// Reads a phrase if the text holds it, and otherwise nothing.
    fn attempt<T>(&mut self, phrase: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<Option<T>> {
        let (position, nesting, markers) = (self.position, self.nesting, self.markers.len());
        let had_complaint = self.complaint.is_some();
        match phrase(self) {
            Ok(found) => Ok(Some(found)),
            Err(Failure::Token { .. }) => {
                self.position = position;
                self.nesting = nesting;
                self.markers.truncate(markers);
                if !had_complaint {
                    self.complaint = None;
                }
                Ok(None)
            }
            Err(limit) => Err(limit),
        }
    }

    /// Reads what is one level deeper.
    fn nested<T>(&mut self, phrase: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.nesting == MAX_NESTING {
            return Err(Failure::TooDeep);
        }
        self.nesting += 1;
        let found = phrase(self);
        self.nesting -= 1;
        found
    }

    fn count_operator(&mut self) -> Parse<()> {
        if self.operators == MAX_CHAINED_OPERATORS {
            return Err(Failure::TooManyOperators);
        }
        self.operators += 1;
        Ok(())
    }

    /// `a, b, c`
    fn comma_separated<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept(TokenKind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `a AND b AND c`
    fn and_separated<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept_word(Keyword::And) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn parenthesized<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.expect(TokenKind::LeftParenthesis)?;
        let found = inner(self)?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(found)
    }

    fn if_exists(&mut self) -> Parse<bool> {
        let found = self.accept_word(Keyword::If);
        if found {
            self.expect_word(Keyword::Exists)?;
        }
        Ok(found)
    }

    fn if_not_exists(&mut self) -> Parse<bool> {
        let found = self.accept_word(Keyword::If);
        if found {
            self.expect_words(&[Keyword::Not, Keyword::Exists])?;
        }
        Ok(found)
    }

    /// `?` or `:name`, already seen to be there.
    fn marker(&mut self) -> Parse<BindMarker> {
        let name = if self.accept(TokenKind::QuestionMark) {
            None
        } else {
            self.expect(TokenKind::Colon)?;
            Some(self.name()?)
        };
        self.markers.push(name.clone());
        Ok(BindMarker {
            index: self.markers.len() - 1,
            name,
        })
    }
}

#[cfg(test)]
mod tests;
