//! Types.

use super::super::ast::{NativeType, TypeName};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

/// What may come after a type anywhere in the grammar.
fn type_may_be_followed_by(kind: TokenKind) -> bool {
    use Keyword::*;
    match kind {
        TokenKind::RightParenthesis | TokenKind::Comma | TokenKind::Semicolon | TokenKind::Greater | TokenKind::End => {
            true
        }
        TokenKind::Keyword(keyword) => {
            matches!(keyword, Finalfunc | Initcond | Language | Masked | Primary | Static)
        }
        _ => false,
    }
}

/// The native type that a keyword names.
fn native_type(kind: TokenKind) -> Option<NativeType> {
    let TokenKind::Keyword(keyword) = kind else {
        return None;
    };
    Some(match keyword {
        Keyword::Ascii => NativeType::Ascii,
        Keyword::Bigint => NativeType::Bigint,
        Keyword::Blob => NativeType::Blob,
        Keyword::Boolean => NativeType::Boolean,
        Keyword::Counter => NativeType::Counter,
        Keyword::Date => NativeType::Date,
        Keyword::Decimal => NativeType::Decimal,
        Keyword::Double => NativeType::Double,
        Keyword::Duration => NativeType::Duration,
        Keyword::Float => NativeType::Float,
        Keyword::Inet => NativeType::Inet,
        Keyword::Int => NativeType::Int,
        Keyword::Smallint => NativeType::Smallint,
        Keyword::Text => NativeType::Text,
        Keyword::Varchar => NativeType::Varchar,
        Keyword::Time => NativeType::Time,
        Keyword::Timestamp => NativeType::Timestamp,
        Keyword::Timeuuid => NativeType::Timeuuid,
        Keyword::Tinyint => NativeType::Tinyint,
        Keyword::Uuid => NativeType::Uuid,
        Keyword::Varint => NativeType::Varint,
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn native_type(&mut self) -> Parse<NativeType> {
        match native_type(self.peek(0)) {
            Some(native) => {
                self.advance();
                Ok(native)
            }
            None => self.no_viable(0),
        }
    }

    /// Any type. Keywords like `list` name a user type unless a `<` follows.
    pub(super) fn type_name(&mut self) -> Parse<TypeName> {
        let first = self.peek(0);
        if first == TokenKind::String {
            return Ok(TypeName::Custom(self.advance_text().into_owned()));
        }
        let is_parametric = match first {
            TokenKind::Keyword(Keyword::Set) => true,
            TokenKind::Keyword(Keyword::List | Keyword::Map | Keyword::Tuple | Keyword::Vector | Keyword::Frozen) => {
                match self.peek(1) {
                    TokenKind::Less => true,
                    TokenKind::Dot => false,
                    other if type_may_be_followed_by(other) => {
                        self.decided_by(2);
                        false
                    }
                    _ => return self.no_viable(1),
                }
            }
            _ => false,
        };
        if is_parametric {
            return self.nested(Self::parametric_type);
        }
        if first.is_native_type() {
            match self.peek(1) {
                TokenKind::Dot => {}
                other if type_may_be_followed_by(other) => {
                    self.decided_by(2);
                    return self.native_type().map(TypeName::Native);
                }
                _ => return self.no_viable(1),
            }
        }
        if first.is_name() {
            return self.user_type_name().map(TypeName::UserType);
        }
        self.no_viable(0)
    }

    fn parametric_type(&mut self) -> Parse<TypeName> {
        let kind = self.advance().kind;
        self.expect(TokenKind::Less)?;
        let found = match kind {
            TokenKind::Keyword(Keyword::Map) => {
                let key = self.type_name()?;
                self.expect(TokenKind::Comma)?;
                TypeName::Map(Box::new(key), Box::new(self.type_name()?))
            }
            TokenKind::Keyword(Keyword::List) => TypeName::List(Box::new(self.type_name()?)),
            TokenKind::Keyword(Keyword::Set) => TypeName::Set(Box::new(self.type_name()?)),
            TokenKind::Keyword(Keyword::Tuple) => TypeName::Tuple(self.comma_separated(Self::type_name)?),
            TokenKind::Keyword(Keyword::Vector) => {
                let element = self.type_name()?;
                self.expect(TokenKind::Comma)?;
                TypeName::Vector {
                    element: Box::new(element),
                    dimension: self.dimension()?,
                }
            }
            _ => TypeName::Frozen(Box::new(self.type_name()?)),
        };
        self.expect(TokenKind::Greater)?;
        if let TypeName::Frozen(inner) = &found
            && !inner.supports_freezing()
        {
            self.complain(SyntaxError::unplaced(format!(
                "frozen<> is only allowed on collections, tuples, and user-defined types (got {inner})"
            )));
        }
        Ok(found)
    }

    fn dimension(&mut self) -> Parse<i32> {
        let text = self.expect_text(TokenKind::Integer)?;
        Ok(text.parse().unwrap_or_else(|_| {
            self.complain(SyntaxError::unreadable(
                self.text,
                &format!("NumberFormatException For input string: \"{text}\""),
            ));
            0
        }))
    }
}
