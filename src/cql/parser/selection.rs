//! What comes between SELECT and FROM.

use super::super::ast::{ArithmeticOperator, CellMetadata, SelectedColumn, Selection, Selector};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

/// What may come after the last field or element of a selector anywhere in the grammar. Not the end of a statement, though one can
/// end in GROUP BY: Cassandra's parser does not see as far as that here.
fn parts_may_be_followed_by(kind: TokenKind) -> bool {
    use Keyword::*;
    match kind {
        TokenKind::Percent
        | TokenKind::RightParenthesis
        | TokenKind::Plus
        | TokenKind::Comma
        | TokenKind::Minus
        | TokenKind::Slash
        | TokenKind::Colon
        | TokenKind::Star
        | TokenKind::RightBracket
        | TokenKind::RightBrace
        | TokenKind::End => true,
        TokenKind::Keyword(keyword) => matches!(keyword, Allow | As | From | Limit | Order | Per),
        _ => false,
    }
}

/// What may come after a name in a selector, the dot of a field aside.
fn name_may_be_followed_by(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::LeftBracket | TokenKind::Semicolon) || parts_may_be_followed_by(kind)
}

fn starts_function_name(kind: TokenKind) -> bool {
    kind.is_function_name() || kind == TokenKind::Keyword(Keyword::Token)
}

/// The way an operand that begins with a name or `?` is to be taken.
enum Operand {
    Column,
    Marker,
    Function,
}

impl Parser<'_> {
    /// `*`, or selectors with their aliases.
    pub(super) fn selection(&mut self) -> Parse<Selection> {
        if self.accept(TokenKind::Star) {
            return Ok(Selection::All);
        }
        self.comma_separated(|parser| {
            let selector = parser.selector()?;
            let alias = if parser.accept_word(Keyword::As) {
                Some(parser.name()?)
            } else {
                None
            };
            Ok(SelectedColumn { selector, alias })
        })
        .map(Selection::Columns)
    }

    pub(super) fn selector(&mut self) -> Parse<Selector> {
        self.selector_chain(Self::selector_product, |kind| match kind {
            TokenKind::Plus => Some(ArithmeticOperator::Plus),
            TokenKind::Minus => Some(ArithmeticOperator::Minus),
            _ => None,
        })
    }

    fn selector_product(&mut self) -> Parse<Selector> {
        self.selector_chain(Self::signed_selector, |kind| match kind {
            TokenKind::Star => Some(ArithmeticOperator::Times),
            TokenKind::Slash => Some(ArithmeticOperator::Divide),
            TokenKind::Percent => Some(ArithmeticOperator::Modulo),
            _ => None,
        })
    }

    fn selector_chain(
        &mut self,
        operand: fn(&mut Self) -> Parse<Selector>,
        operator: fn(TokenKind) -> Option<ArithmeticOperator>,
    ) -> Parse<Selector> {
        let mut left = operand(self)?;
        while let Some(operator) = operator(self.peek(0)) {
            self.count_operator()?;
            self.advance();
            left = Selector::Arithmetic {
                left: Box::new(left),
                operator,
                right: Box::new(operand(self)?),
            };
        }
        Ok(left)
    }

    fn signed_selector(&mut self) -> Parse<Selector> {
        if self.accept(TokenKind::Minus) {
            let operand = self.nested(Self::signed_selector)?;
            return Ok(Selector::Negation(Box::new(operand)));
        }
        if !self.peek(0).starts_term() {
            return self.no_viable(0);
        }
        self.decided_by(2);
        let operand = self.selector_operand()?;
        if !matches!(self.peek(0), TokenKind::Dot | TokenKind::LeftBracket) {
            return Ok(operand);
        }
        // Parts that do not read to their end are left, and are in the way of what follows.
        let whole = operand.clone();
        let parts = self.attempt(|parser| parser.parts_of(operand))?;
        Ok(parts.unwrap_or(whole))
    }

    /// Fields, elements and slices: `.field[key][from..to]`, as many as there are.
    fn parts_of(&mut self, mut of: Selector) -> Parse<Selector> {
        loop {
            of = match self.peek(0) {
                TokenKind::Dot => {
                    self.count_operator()?;
                    self.advance();
                    Selector::Field {
                        of: Box::new(of),
                        field: self.name()?,
                    }
                }
                TokenKind::LeftBracket => {
                    self.count_operator()?;
                    self.nested(|parser| parser.element_or_slice(of))?
                }
                other if parts_may_be_followed_by(other) => return Ok(of),
                _ => return self.no_viable(0),
            };
        }
    }

    fn element_or_slice(&mut self, of: Selector) -> Parse<Selector> {
        let of = Box::new(of);
        self.expect(TokenKind::LeftBracket)?;
        let part = if self.accept(TokenKind::Range) {
            let to = Some(self.term()?);
            Selector::Slice { of, from: None, to }
        } else {
            let first = self.term()?;
            if self.accept(TokenKind::Range) {
                let to = if self.peek(0).starts_term() {
                    Some(self.term()?)
                } else {
                    None
                };
                Selector::Slice {
                    of,
                    from: Some(first),
                    to,
                }
            } else {
                Selector::Element { of, key: first }
            }
        };
        self.expect(TokenKind::RightBracket)?;
        Ok(part)
    }

    fn selector_operand(&mut self) -> Parse<Selector> {
        match self.peek(0) {
            TokenKind::LeftParenthesis => self.nested(|parser| match parser.attempt(Self::selector_type_hint)? {
                Some(hinted) => Ok(hinted),
                None => parser
                    .parenthesized(|parser| parser.comma_separated(Self::selector))
                    .map(Selector::Parenthesized),
            }),
            TokenKind::LeftBracket => self.nested(Self::selector_list),
            TokenKind::LeftBrace => self.nested(Self::selector_braces),
            kind if kind.is_name() || kind == TokenKind::QuestionMark || kind == TokenKind::Keyword(Keyword::Token) => {
                match self.tell_operand()? {
                    Operand::Column => self.advance_column(),
                    Operand::Marker => self.marker().map(Selector::Marker),
                    Operand::Function => self.selector_function(),
                }
            }
            TokenKind::Colon => self.marker().map(Selector::Marker),
            TokenKind::Keyword(Keyword::Null) => {
                self.advance();
                Ok(Selector::Null)
            }
            _ => self.constant().map(Selector::Literal),
        }
    }

    fn advance_column(&mut self) -> Parse<Selector> {
        self.name().map(Selector::Column)
    }

    /// `(type) selector`
    fn selector_type_hint(&mut self) -> Parse<Selector> {
        let hint = self.parenthesized(Self::type_name)?;
        Ok(Selector::TypeHint {
            hint,
            selector: Box::new(self.selector_operand()?),
        })
    }

    /// Tells a column, `keyspace.function(` and `function(` apart.
    fn tell_operand(&mut self) -> Parse<Operand> {
        let first = self.peek(0);
        if first == TokenKind::Keyword(Keyword::Token) {
            return Ok(Operand::Function);
        }
        let otherwise = if first == TokenKind::QuestionMark {
            Operand::Marker
        } else {
            Operand::Column
        };
        // DISTINCT, JSON and KEY name columns only; what else is special has a syntax of its own.
        let may_be_function = first != TokenKind::QuestionMark
            && !matches!(
                first,
                TokenKind::Keyword(Keyword::Distinct | Keyword::Json | Keyword::Key)
            );
        match self.peek(1) {
            TokenKind::LeftParenthesis if may_be_function => Ok(Operand::Function),
            TokenKind::Dot => {
                let second = self.peek(2);
                if second == TokenKind::Keyword(Keyword::Token) {
                    return Ok(Operand::Function);
                }
                if !second.is_name() {
                    return self.no_viable(2);
                }
                if !starts_function_name(second) {
                    self.decided_by(3);
                    return Ok(otherwise);
                }
                match self.peek(3) {
                    TokenKind::LeftParenthesis => Ok(Operand::Function),
                    other if other == TokenKind::Dot || name_may_be_followed_by(other) => {
                        self.decided_by(4);
                        Ok(otherwise)
                    }
                    _ => self.no_viable(3),
                }
            }
            other if name_may_be_followed_by(other) => Ok(otherwise),
            _ => self.no_viable(1),
        }
    }

    fn selector_function(&mut self) -> Parse<Selector> {
        let metadata = match self.peek(0) {
            TokenKind::Keyword(Keyword::Count) => {
                if self.tell_count_rows()? {
                    self.advance();
                    self.parenthesized(|parser| parser.expect(TokenKind::Star))?;
                    return Ok(Selector::CountRows);
                }
                None
            }
            TokenKind::Keyword(Keyword::Cast) if self.peek(1) == TokenKind::LeftParenthesis => {
                return self.nested(Self::selector_cast);
            }
            TokenKind::Keyword(Keyword::Writetime) => Some(CellMetadata::WriteTime),
            TokenKind::Keyword(Keyword::Maxwritetime) => Some(CellMetadata::MaxWriteTime),
            TokenKind::Keyword(Keyword::Ttl) => Some(CellMetadata::TimeToLive),
            _ => None,
        };
        if let Some(which) = metadata
            && self.peek(1) == TokenKind::LeftParenthesis
        {
            self.advance();
            return self.parenthesized(|parser| {
                let column = parser.advance_column()?;
                Ok(Selector::Metadata {
                    which,
                    of: Box::new(parser.parts_of(column)?),
                })
            });
        }
        let name = self.function_name()?;
        self.expect(TokenKind::LeftParenthesis)?;
        let arguments = if self.peek(0).starts_term() {
            self.nested(|parser| parser.comma_separated(Self::selector))?
        } else {
            Vec::new()
        };
        self.expect(TokenKind::RightParenthesis)?;
        Ok(Selector::Function { name, arguments })
    }

    /// `count(*)`, rather than a function of that name.
    fn tell_count_rows(&mut self) -> Parse<bool> {
        if self.peek(1) != TokenKind::LeftParenthesis {
            return Ok(false);
        }
        match self.peek(2) {
            TokenKind::Star => Ok(true),
            TokenKind::RightParenthesis => Ok(false),
            other if other.starts_term() => Ok(false),
            _ => self.no_viable(2),
        }
    }

    fn selector_cast(&mut self) -> Parse<Selector> {
        self.expect_word(Keyword::Cast)?;
        self.parenthesized(|parser| {
            let selector = Box::new(parser.selector()?);
            parser.expect_word(Keyword::As)?;
            Ok(Selector::Cast {
                selector,
                to: parser.native_type()?,
            })
        })
    }

    fn selector_list(&mut self) -> Parse<Selector> {
        self.expect(TokenKind::LeftBracket)?;
        let elements = if self.peek(0).starts_term() {
            self.comma_separated(Self::selector)?
        } else {
            Vec::new()
        };
        self.expect(TokenKind::RightBracket)?;
        Ok(Selector::List(elements))
    }

    /// A set, a map or a user type.
    fn selector_braces(&mut self) -> Parse<Selector> {
        let next = self.peek(1);
        if next != TokenKind::RightBrace && !next.starts_term() {
            return self.no_viable(1);
        }
        self.expect(TokenKind::LeftBrace)?;
        if self.accept(TokenKind::RightBrace) {
            return Ok(Selector::Set(Vec::new()));
        }
        let first = self.selector()?;
        let found = match self.peek(0) {
            TokenKind::Colon => {
                self.advance();
                let mut entries = vec![(first, self.selector()?)];
                while self.accept(TokenKind::Comma) {
                    let key = self.selector()?;
                    self.expect(TokenKind::Colon)?;
                    entries.push((key, self.selector()?));
                }
                Selector::MapOrUserType(entries)
            }
            TokenKind::Comma | TokenKind::RightBrace => {
                let mut elements = vec![first];
                while self.accept(TokenKind::Comma) {
                    elements.push(self.selector()?);
                }
                Selector::Set(elements)
            }
            _ => return self.no_viable(0),
        };
        self.expect(TokenKind::RightBrace)?;
        Ok(found)
    }
}
