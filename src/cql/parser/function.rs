//! Functions and aggregates.

use super::super::ast::{CreateAggregate, CreateFunction, DropFunction, TypeName};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

impl Parser<'_> {
    fn or_replace(&mut self) -> Parse<bool> {
        let found = self.accept_word(Keyword::Or);
        if found {
            self.expect_word(Keyword::Replace)?;
        }
        Ok(found)
    }

    pub(super) fn create_function(&mut self) -> Parse<CreateFunction> {
        let or_replace = self.or_replace()?;
        self.expect_word(Keyword::Function)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.function_name()?;
        let arguments = self.parenthesized(|parser| {
            if parser.peek(0).is_name() {
                parser.comma_separated(|parser| Ok((parser.name()?, parser.type_name()?)))
            } else {
                Ok(Vec::new())
            }
        })?;
        let called_on_null = match self.peek(0) {
            TokenKind::Keyword(Keyword::Called) => true,
            TokenKind::Keyword(Keyword::Returns) => false,
            _ => return self.no_viable(0),
        };
        self.advance();
        if !called_on_null {
            self.expect_word(Keyword::Null)?;
        }
        self.expect_words(&[Keyword::On, Keyword::Null, Keyword::Input, Keyword::Returns])?;
        let returns = self.type_name()?;
        self.expect_word(Keyword::Language)?;
        let language = self.expect_text(TokenKind::Identifier)?.to_lowercase();
        self.expect_word(Keyword::As)?;
        Ok(CreateFunction {
            name,
            or_replace,
            if_not_exists,
            arguments,
            called_on_null,
            returns,
            language,
            body: self.expect_text(TokenKind::String)?,
        })
    }

    pub(super) fn create_aggregate(&mut self) -> Parse<CreateAggregate> {
        let or_replace = self.or_replace()?;
        self.expect_word(Keyword::Aggregate)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.function_name()?;
        let arguments = self.argument_types()?;
        self.expect_word(Keyword::Sfunc)?;
        let state_function = self.unqualified_function_name()?;
        self.expect_word(Keyword::Stype)?;
        let state_type = self.type_name()?;
        let final_function = if self.accept_word(Keyword::Finalfunc) {
            Some(self.unqualified_function_name()?)
        } else {
            None
        };
        let initial_condition = if self.accept_word(Keyword::Initcond) {
            Some(self.term()?)
        } else {
            None
        };
        Ok(CreateAggregate {
            name,
            or_replace,
            if_not_exists,
            arguments,
            state_function,
            state_type,
            final_function,
            initial_condition,
        })
    }

    /// `(int, text)`
    pub(super) fn argument_types(&mut self) -> Parse<Vec<TypeName>> {
        self.parenthesized(|parser| {
            let first = parser.peek(0);
            if first.is_name() || matches!(first, TokenKind::String | TokenKind::Keyword(Keyword::Set)) {
                parser.comma_separated(Self::type_name)
            } else {
                Ok(Vec::new())
            }
        })
    }

    /// DROP FUNCTION or DROP AGGREGATE.
    pub(super) fn drop_function(&mut self) -> Parse<DropFunction> {
        let if_exists = self.if_exists()?;
        let name = self.function_name()?;
        let arguments = if self.next_is(TokenKind::LeftParenthesis) {
            Some(self.argument_types()?)
        } else {
            None
        };
        Ok(DropFunction {
            name,
            if_exists,
            arguments,
        })
    }
}
