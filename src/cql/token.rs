//! What the lexer cuts a statement into.

use core::fmt;
use std::borrow::Cow;

use super::keyword::{Keyword, KeywordClass};
use super::lexer::unquote;

/// One token: its kind and the bytes of the statement that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    /// What the token says: of strings and quoted names the text inside the quotes, of all others the text as it is.
    pub fn text<'a>(&self, statement: &'a str) -> Cow<'a, str> {
        let text = &statement[self.start..self.end];
        match self.kind {
            TokenKind::String | TokenKind::QuotedName => unquote(text),
            _ => Cow::Borrowed(text),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Keyword(Keyword),
    /// A name that is no keyword, in any mix of cases.
    Identifier,
    /// A name in double quotes.
    QuotedName,
    /// `""`, which names a column that only COMPACT STORAGE could have made.
    EmptyQuotedName,
    String,
    Integer,
    Float,
    Boolean,
    Duration,
    Uuid,
    Hex,
    /// `-NaN`
    NegativeNan,
    /// `-Infinity`
    NegativeInfinity,
    QuestionMark,
    /// `..`
    Range,
    /// `expr(`, one token without a space.
    ExpressionOpen,
    NotEqual,
    Percent,
    LeftParenthesis,
    RightParenthesis,
    Plus,
    PlusEqual,
    Comma,
    Minus,
    MinusEqual,
    Dot,
    Slash,
    Colon,
    Semicolon,
    Less,
    LessEqual,
    Equal,
    Greater,
    GreaterEqual,
    LeftBracket,
    Star,
    RightBracket,
    LeftBrace,
    RightBrace,
    /// White space and comments: counted when an error quotes the statement, never parsed.
    Hidden,
    /// After the last token.
    End,
    /// Where the lexer found no token. Nothing matches it, and the lexer's error is what gets told.
    Invalid,
}

impl TokenKind {
    fn class(self) -> Option<KeywordClass> {
        match self {
            TokenKind::Keyword(keyword) => Some(keyword.class()),
            _ => None,
        }
    }

    /// A name of a keyspace, table, column, field: an identifier, a quoted name or an unreserved keyword.
    pub fn is_name(self) -> bool {
        match self.class() {
            Some(class) => class != KeywordClass::Reserved,
            None => matches!(self, TokenKind::Identifier | TokenKind::QuotedName),
        }
    }

    /// A column's name, the empty one among them.
    pub fn is_column_name(self) -> bool {
        self == TokenKind::EmptyQuotedName || self.is_name()
    }

    /// An unreserved keyword.
    pub fn is_unreserved(self) -> bool {
        self.class().is_some_and(|class| class != KeywordClass::Reserved)
    }

    /// A name of a function that may also be that of a keyspace or column. TOKEN is one more, but only a function.
    pub fn is_function_name(self) -> bool {
        match self.class() {
            Some(KeywordClass::Basic | KeywordClass::Type) => true,
            Some(KeywordClass::Special) => self == TokenKind::Keyword(Keyword::Count),
            Some(KeywordClass::Reserved) => false,
            None => matches!(self, TokenKind::Identifier | TokenKind::QuotedName),
        }
    }

    /// The name of a native type.
    pub fn is_native_type(self) -> bool {
        self.class() == Some(KeywordClass::Type)
    }

    /// A keyword that names columns but not functions, nor types.
    pub fn is_special(self) -> bool {
        self.class() == Some(KeywordClass::Special)
    }

    /// A literal other than NULL and collections.
    pub fn is_constant(self) -> bool {
        use TokenKind::*;
        matches!(
            self,
            String | Integer | Float | Boolean | Duration | Uuid | Hex | NegativeNan | NegativeInfinity
        ) || matches!(self, Keyword(super::Keyword::Nan | super::Keyword::Infinity))
    }

    /// What a term can begin with.
    pub fn starts_term(self) -> bool {
        use TokenKind::*;
        self.is_constant()
            || self.is_name()
            || matches!(
                self,
                LeftParenthesis | LeftBracket | LeftBrace | Minus | Colon | QuestionMark
            )
            || matches!(self, Keyword(super::Keyword::Null | super::Keyword::Token))
    }

    pub fn is_comparison(self) -> bool {
        use TokenKind::*;
        matches!(self, Equal | Less | LessEqual | Greater | GreaterEqual | NotEqual)
    }

    /// A question mark, or the colon before a name.
    pub fn starts_marker(self) -> bool {
        matches!(self, TokenKind::QuestionMark | TokenKind::Colon)
    }
}

/// As Cassandra's grammar names it in `mismatched input 'x' expecting ...`.
impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TokenKind::Keyword(keyword) => return f.write_str(&keyword.grammar_name()),
            TokenKind::Identifier => "IDENT",
            TokenKind::QuotedName => "QUOTED_NAME",
            TokenKind::EmptyQuotedName => "EMPTY_QUOTED_NAME",
            TokenKind::String => "STRING_LITERAL",
            TokenKind::Integer => "INTEGER",
            TokenKind::Float => "FLOAT",
            TokenKind::Boolean => "BOOLEAN",
            TokenKind::Duration => "DURATION",
            TokenKind::Uuid => "UUID",
            TokenKind::Hex => "HEXNUMBER",
            TokenKind::NegativeNan => "K_NEGATIVE_NAN",
            TokenKind::NegativeInfinity => "K_NEGATIVE_INFINITY",
            TokenKind::QuestionMark => "QMARK",
            TokenKind::Range => "RANGE",
            TokenKind::ExpressionOpen => "'expr('",
            TokenKind::NotEqual => "'!='",
            TokenKind::Percent => "'%'",
            TokenKind::LeftParenthesis => "'('",
            TokenKind::RightParenthesis => "')'",
            TokenKind::Plus => "'+'",
            TokenKind::PlusEqual => "'+='",
            TokenKind::Comma => "','",
            TokenKind::Minus => "'-'",
            TokenKind::MinusEqual => "'-='",
            TokenKind::Dot => "'.'",
            TokenKind::Slash => "'/'",
            TokenKind::Colon => "':'",
            TokenKind::Semicolon => "';'",
            TokenKind::Less => "'<'",
            TokenKind::LessEqual => "'<='",
            TokenKind::Equal => "'='",
            TokenKind::Greater => "'>'",
            TokenKind::GreaterEqual => "'>='",
            TokenKind::LeftBracket => "'['",
            TokenKind::Star => "'\\*'",
            TokenKind::RightBracket => "']'",
            TokenKind::LeftBrace => "'{'",
            TokenKind::RightBrace => "'}'",
            TokenKind::Hidden => "white space",
            TokenKind::End => "EOF",
            TokenKind::Invalid => "a token",
        })
    }
}
