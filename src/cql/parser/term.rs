//! Terms: values that do not depend on a row.

use super::super::ast::{ArithmeticOperator, Literal, Term};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::parenthesis::Parenthesis;
use super::{Parse, Parser};
use crate::data::LiteralKind;

/// What may come after a term anywhere in the grammar, operators aside.
pub(super) fn term_may_be_followed_by(kind: TokenKind) -> bool {
    use Keyword::*;
    match kind {
        TokenKind::RightParenthesis
        | TokenKind::Comma
        | TokenKind::Colon
        | TokenKind::Semicolon
        | TokenKind::RightBracket
        | TokenKind::RightBrace
        | TokenKind::Range
        | TokenKind::End => true,
        TokenKind::Keyword(keyword) => matches!(
            keyword,
            Allow
                | And
                | Apply
                | Asc
                | Delete
                | Desc
                | Group
                | If
                | Insert
                | Limit
                | Order
                | Per
                | Primary
                | Update
                | Where
        ),
        _ => false,
    }
}

/// The same after one operand of a term.
pub(super) fn operand_may_be_followed_by(kind: TokenKind) -> bool {
    term_may_be_followed_by(kind) || is_operator(kind) || kind == TokenKind::Keyword(Keyword::As)
}

pub(super) fn is_operator(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Plus | TokenKind::Minus | TokenKind::Star | TokenKind::Slash | TokenKind::Percent
    )
}

/// Begins a term and cannot be a name.
pub(super) fn is_surely_a_term(kind: TokenKind) -> bool {
    kind.starts_term() && !kind.is_name()
}

/// Digits that Java's `BigDecimal` reads in an exponent.
const MAX_EXPONENT_DIGITS: usize = 10;

impl Parser<'_> {
    pub(super) fn term(&mut self) -> Parse<Term> {
        let mut left = self.multiplication()?;
        loop {
            let operator = match self.peek(0) {
                TokenKind::Plus if self.plus_continues_term()? => ArithmeticOperator::Plus,
                TokenKind::Plus => return Ok(left),
                TokenKind::Minus => ArithmeticOperator::Minus,
                other if term_may_be_followed_by(other) => {
                    self.decided_by(1);
                    return Ok(left);
                }
                _ => return self.no_viable(0),
            };
            self.count_operator()?;
            self.advance();
            left = Term::Arithmetic {
                left: Box::new(left),
                operator,
                right: Box::new(self.multiplication()?),
            };
        }
    }

    /// Whether what follows a `+` is more of the term, or the column of `a = [1] + a`.
    fn plus_continues_term(&mut self) -> Parse<bool> {
        let next = self.peek(1);
        if next == TokenKind::EmptyQuotedName {
            return Ok(false);
        }
        if is_surely_a_term(next) {
            return Ok(true);
        }
        if !next.is_name() {
            return self.no_viable(1);
        }
        let may_be_function = next.is_function_name() || next == TokenKind::Keyword(Keyword::Cast);
        match self.peek(2) {
            TokenKind::Comma | TokenKind::Keyword(Keyword::Where) => {
                self.decided_by(3);
                Ok(false)
            }
            TokenKind::Dot => Ok(true),
            TokenKind::LeftParenthesis if may_be_function => Ok(true),
            _ => self.no_viable(2),
        }
    }

    fn multiplication(&mut self) -> Parse<Term> {
        let mut left = self.signed_operand()?;
        loop {
            let operator = match self.peek(0) {
                TokenKind::Star => ArithmeticOperator::Times,
                TokenKind::Slash => ArithmeticOperator::Divide,
                TokenKind::Percent => ArithmeticOperator::Modulo,
                _ => return Ok(left),
            };
            self.count_operator()?;
            self.advance();
            left = Term::Arithmetic {
                left: Box::new(left),
                operator,
                right: Box::new(self.signed_operand()?),
            };
        }
    }

    fn signed_operand(&mut self) -> Parse<Term> {
        let first = self.peek(0);
        if !first.starts_term() {
            return self.no_viable(0);
        }
        if self.accept(TokenKind::Minus) {
            let operand = self.operand()?;
            return Ok(Term::Negation(Box::new(operand)));
        }
        self.operand()
    }

    /// A value, a function call, a cast or a value with its type before it.
    fn operand(&mut self) -> Parse<Term> {
        let first = self.peek(0);
        match first {
            TokenKind::LeftParenthesis => match self.tell_parenthesis()? {
                Parenthesis::Tuple => self.value(),
                Parenthesis::TypeHint => self.nested(Self::type_hint),
            },
            TokenKind::QuestionMark => match self.peek(1) {
                TokenKind::Dot => self.function_call(),
                other if operand_may_be_followed_by(other) => {
                    self.decided_by(2);
                    self.value()
                }
                _ => self.no_viable(1),
            },
            TokenKind::Keyword(Keyword::Cast) => match self.peek(1) {
                TokenKind::Dot => self.function_call(),
                TokenKind::LeftParenthesis => self.nested(Self::cast),
                _ => self.no_viable(1),
            },
            other if other.is_name() || other == TokenKind::Keyword(Keyword::Token) => self.function_call(),
            TokenKind::Minus => self.no_viable(0),
            other if other.starts_term() => self.value(),
            _ => self.no_viable(0),
        }
    }

    fn type_hint(&mut self) -> Parse<Term> {
        let hint = self.parenthesized(Self::type_name)?;
        Ok(Term::TypeHint {
            hint,
            term: Box::new(self.operand()?),
        })
    }

    fn cast(&mut self) -> Parse<Term> {
        self.expect_word(Keyword::Cast)?;
        self.parenthesized(|parser| {
            let term = Box::new(parser.operand()?);
            parser.expect_word(Keyword::As)?;
            Ok(Term::Cast {
                term,
                to: parser.native_type()?,
            })
        })
    }

    fn function_call(&mut self) -> Parse<Term> {
        self.tell_function_call()?;
        let name = self.function_name()?;
        self.expect(TokenKind::LeftParenthesis)?;
        if self.accept(TokenKind::RightParenthesis) {
            return Ok(Term::Function {
                name,
                arguments: Vec::new(),
            });
        }
        let arguments = self.nested(|parser| parser.comma_separated(Self::term))?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(Term::Function { name, arguments })
    }

    /// Looks as far as the first argument of a call, to tell a call with arguments from one without.
    fn tell_function_call(&mut self) -> Parse<()> {
        let first = self.peek(0);
        let may_be_function = first.is_function_name() || first == TokenKind::Keyword(Keyword::Token);
        let open = match self.peek(1) {
            TokenKind::LeftParenthesis if may_be_function => 1,
            TokenKind::Dot if first != TokenKind::Keyword(Keyword::Token) => {
                let name = self.peek(2);
                if !name.is_function_name() && name != TokenKind::Keyword(Keyword::Token) {
                    return self.no_viable(2);
                }
                if self.peek(3) != TokenKind::LeftParenthesis {
                    return self.no_viable(3);
                }
                3
            }
            _ => return self.no_viable(1),
        };
        let argument = self.peek(open + 1);
        if argument != TokenKind::RightParenthesis && !argument.starts_term() {
            return self.no_viable(open + 1);
        }
        Ok(())
    }

    fn value(&mut self) -> Parse<Term> {
        match self.peek(0) {
            TokenKind::LeftBracket => self.nested(Self::list),
            TokenKind::LeftBrace => {
                if self.tell_user_type()? {
                    self.nested(Self::user_type)
                } else {
                    self.nested(Self::set_or_map)
                }
            }
            TokenKind::LeftParenthesis => self.tuple().map(Term::Tuple),
            TokenKind::Keyword(Keyword::Null) => {
                self.advance();
                Ok(Term::Null)
            }
            kind if kind.starts_marker() => self.marker().map(Term::Marker),
            _ => self.constant().map(Term::Literal),
        }
    }

    /// `(a, b)`
    pub(super) fn tuple(&mut self) -> Parse<Vec<Term>> {
        self.nested(|parser| parser.parenthesized(|parser| parser.comma_separated(Self::term)))
    }

    /// `[a, b]`
    fn list(&mut self) -> Parse<Term> {
        self.expect(TokenKind::LeftBracket)?;
        let elements = if self.peek(0).starts_term() {
            self.comma_separated(Self::term)?
        } else {
            Vec::new()
        };
        self.expect(TokenKind::RightBracket)?;
        Ok(Term::List(elements))
    }

    /// Whether a `{` begins the fields of a user type: a name and a colon.
    fn tell_user_type(&mut self) -> Parse<bool> {
        let next = self.peek(1);
        if next == TokenKind::RightBrace || is_surely_a_term(next) {
            return Ok(false);
        }
        if !next.is_name() {
            return self.no_viable(1);
        }
        let may_be_function = next.is_function_name() || next == TokenKind::Keyword(Keyword::Cast);
        match self.peek(2) {
            TokenKind::Colon => Ok(true),
            TokenKind::Dot => Ok(false),
            TokenKind::LeftParenthesis if may_be_function => Ok(false),
            _ => self.no_viable(2),
        }
    }

    fn user_type(&mut self) -> Parse<Term> {
        self.expect(TokenKind::LeftBrace)?;
        let fields = self.comma_separated(|parser| {
            let name = parser.name()?;
            parser.expect(TokenKind::Colon)?;
            Ok((name, parser.term()?))
        })?;
        self.expect(TokenKind::RightBrace)?;
        Ok(Term::UserType(fields))
    }

    fn set_or_map(&mut self) -> Parse<Term> {
        self.expect(TokenKind::LeftBrace)?;
        if self.accept(TokenKind::RightBrace) {
            return Ok(Term::Set(Vec::new()));
        }
        let first = self.term()?;
        let found = match self.peek(0) {
            TokenKind::Colon => {
                self.advance();
                let mut entries = vec![(first, self.term()?)];
                while self.accept(TokenKind::Comma) {
                    entries.push(self.map_entry()?);
                }
                Term::Map(entries)
            }
            TokenKind::Comma | TokenKind::RightBrace => {
                let mut elements = vec![first];
                while self.accept(TokenKind::Comma) {
                    elements.push(self.term()?);
                }
                Term::Set(elements)
            }
            _ => return self.no_viable(0),
        };
        self.expect(TokenKind::RightBrace)?;
        Ok(found)
    }

    pub(super) fn map_entry(&mut self) -> Parse<(Term, Term)> {
        let key = self.term()?;
        self.expect(TokenKind::Colon)?;
        Ok((key, self.term()?))
    }

    pub(super) fn constant(&mut self) -> Parse<Literal> {
        let (kind, text) = match self.peek(0) {
            TokenKind::String => (LiteralKind::String, None),
            TokenKind::Integer => (LiteralKind::Integer, None),
            TokenKind::Float => (LiteralKind::Float, None),
            TokenKind::Boolean => (LiteralKind::Boolean, None),
            TokenKind::Duration => (LiteralKind::Duration, None),
            TokenKind::Uuid => (LiteralKind::Uuid, None),
            TokenKind::Hex => (LiteralKind::Hex, None),
            // A NaN has no sign.
            TokenKind::Keyword(Keyword::Nan) | TokenKind::NegativeNan => (LiteralKind::Float, Some("NaN")),
            TokenKind::Keyword(Keyword::Infinity) => (LiteralKind::Float, Some("Infinity")),
            TokenKind::NegativeInfinity => (LiteralKind::Float, Some("-Infinity")),
            _ => return self.no_viable(0),
        };
        let written = self.advance_text();
        if kind == LiteralKind::Float && text.is_none() {
            self.check_float(&written);
        }
        Ok(Literal {
            kind,
            text: text.map_or_else(|| written.into_owned(), str::to_owned),
        })
    }

    /// Cassandra cannot tell the type of a constant beyond the range of a double, not even where a decimal is wanted.
    fn check_float(&mut self, text: &str) {
        let exponent = text.split(['e', 'E']).nth(1).unwrap_or("0");
        let digits = exponent.trim_start_matches(['+', '-']).trim_start_matches('0');
        let reason = if digits.len() > MAX_EXPONENT_DIGITS {
            "Too many nonzero exponent digits."
        } else if exponent.parse::<i32>().is_err() {
            "Exponent overflow."
        } else if text.parse::<f64>().is_ok_and(f64::is_infinite) {
            "Character I is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
        } else {
            return;
        };
        let reason = format!("NumberFormatException {reason}");
        self.complain(SyntaxError::unreadable(self.text, &reason));
    }

    /// An integer or a marker, as LIMIT and USING take them.
    pub(super) fn integer_or_marker(&mut self) -> Parse<Term> {
        match self.peek(0) {
            TokenKind::Integer => self.constant().map(Term::Literal),
            kind if kind.starts_marker() => self.marker().map(Term::Marker),
            _ => self.no_viable(0),
        }
    }
}
