//! What a `(` before an operand begins, told by looking ahead as far as Cassandra's parser does.

use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::term::{is_operator, is_surely_a_term, operand_may_be_followed_by};
use super::{Parse, Parser};

/// The way a `(` before an operand is to be taken.
pub(super) enum Parenthesis {
    Tuple,
    TypeHint,
}

impl Parser<'_> {
    /// `('text') 'a'` is a string whose type is named, `('text')` a tuple: what comes next decides.
    pub(super) fn tell_parenthesis(&mut self) -> Parse<Parenthesis> {
        use Parenthesis::{Tuple, TypeHint};
        let next = self.peek(1);
        let TokenKind::Keyword(keyword) = next else {
            return match next {
                TokenKind::String => self.tell_parenthesis_by_string(),
                TokenKind::Identifier | TokenKind::QuotedName => self.tell_parenthesis_by_name(true, true, false),
                other if other.starts_term() => Ok(Tuple),
                _ => self.no_viable(1),
            };
        };
        match keyword {
            Keyword::Set => Ok(TypeHint),
            Keyword::Frozen | Keyword::List | Keyword::Map | Keyword::Tuple | Keyword::Vector => {
                self.tell_parenthesis_by_name(true, true, true)
            }
            Keyword::Cast | Keyword::Count => self.tell_parenthesis_by_name(true, false, false),
            Keyword::Key => self.tell_parenthesis_by_name(false, true, false),
            _ if next.is_special() => self.tell_parenthesis_by_name(false, false, false),
            _ if next.is_name() => self.tell_parenthesis_by_name(true, true, false),
            _ if next.starts_term() => Ok(Tuple),
            _ => self.no_viable(1),
        }
    }

    /// After `(name`: whether it calls a function or names a type, given which of both it may be.
    fn tell_parenthesis_by_name(
        &mut self,
        may_be_function: bool,
        may_be_type: bool,
        takes_parameters: bool,
    ) -> Parse<Parenthesis> {
        match self.peek(2) {
            TokenKind::LeftParenthesis if may_be_function => Ok(Parenthesis::Tuple),
            TokenKind::RightParenthesis if may_be_type => Ok(Parenthesis::TypeHint),
            TokenKind::Less if takes_parameters => Ok(Parenthesis::TypeHint),
            TokenKind::Dot => self.tell_parenthesis_by_qualified_name(),
            _ => self.no_viable(2),
        }
    }

    /// After `(keyspace.`: a function or a type.
    fn tell_parenthesis_by_qualified_name(&mut self) -> Parse<Parenthesis> {
        let name = self.peek(3);
        match name {
            TokenKind::Keyword(Keyword::Key) => Ok(Parenthesis::TypeHint),
            TokenKind::Keyword(Keyword::Count | Keyword::Token) => Ok(Parenthesis::Tuple),
            kind if kind.is_native_type() => Ok(Parenthesis::Tuple),
            kind if kind.is_function_name() => match self.peek(4) {
                TokenKind::LeftParenthesis => Ok(Parenthesis::Tuple),
                TokenKind::RightParenthesis => Ok(Parenthesis::TypeHint),
                _ => self.no_viable(4),
            },
            _ => self.no_viable(3),
        }
    }

    /// After `('string'`: a type named by its class if a value follows the parenthesis.
    fn tell_parenthesis_by_string(&mut self) -> Parse<Parenthesis> {
        use Parenthesis::{Tuple, TypeHint};
        match self.peek(2) {
            TokenKind::RightParenthesis => {}
            TokenKind::Comma => return Ok(Tuple),
            other if is_operator(other) => return Ok(Tuple),
            _ => return self.no_viable(2),
        }
        // Some words begin a function's name as well as what comes after a term.
        let next = self.peek(3);
        let (belongs_to_statement, after): (fn(TokenKind) -> bool, TokenKind) = match next {
            TokenKind::Keyword(Keyword::Per) => (|kind| kind == TokenKind::Keyword(Keyword::Partition), self.peek(4)),
            TokenKind::Keyword(Keyword::Group) => (|kind| kind == TokenKind::Keyword(Keyword::By), self.peek(4)),
            TokenKind::Keyword(Keyword::As) => (TokenKind::is_native_type, self.peek(4)),
            TokenKind::Colon => return self.tell_parenthesis_by_colon(),
            other if operand_may_be_followed_by(other) => return Ok(Tuple),
            other if other.starts_term() => return Ok(TypeHint),
            _ => return self.no_viable(3),
        };
        match after {
            kind if belongs_to_statement(kind) => Ok(Tuple),
            TokenKind::LeftParenthesis | TokenKind::Dot => Ok(TypeHint),
            _ => self.no_viable(4),
        }
    }

    /// After `('string') :`: the value of a map's entry, or a marker of that type.
    fn tell_parenthesis_by_colon(&mut self) -> Parse<Parenthesis> {
        let next = self.peek(4);
        if is_surely_a_term(next) {
            return Ok(Parenthesis::Tuple);
        }
        if !next.is_name() {
            return self.no_viable(4);
        }
        let may_be_function = next.is_function_name() || next == TokenKind::Keyword(Keyword::Cast);
        match self.peek(5) {
            TokenKind::Dot => Ok(Parenthesis::Tuple),
            TokenKind::LeftParenthesis if may_be_function => Ok(Parenthesis::Tuple),
            other if operand_may_be_followed_by(other) => Ok(Parenthesis::TypeHint),
            _ => self.no_viable(5),
        }
    }
}
