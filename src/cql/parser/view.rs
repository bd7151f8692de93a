//! Materialized views and triggers.

use super::super::ast::{AlterView, CreateTrigger, CreateView, DropTrigger};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

impl Parser<'_> {
    pub(super) fn create_view(&mut self) -> Parse<CreateView> {
        self.expect_words(&[Keyword::Materialized, Keyword::View])?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.table_name()?;
        self.expect_words(&[Keyword::As, Keyword::Select])?;
        let selection = self.selection()?;
        self.expect_word(Keyword::From)?;
        let base = self.table_name()?;
        let where_clause = self.optional_where_clause()?;
        let primary_key = self.primary_key()?;
        let options = self.table_options()?;
        if options.compact_storage {
            self.complain(SyntaxError::unplaced(
                "COMPACT STORAGE tables are not allowed starting with version 4.0",
            ));
        }
        Ok(CreateView {
            name,
            if_not_exists,
            selection,
            base,
            where_clause,
            primary_key,
            options,
        })
    }

    pub(super) fn alter_view(&mut self) -> Parse<AlterView> {
        self.expect_words(&[Keyword::Materialized, Keyword::View])?;
        let if_exists = self.if_exists()?;
        let name = self.table_name()?;
        self.expect_word(Keyword::With)?;
        Ok(AlterView {
            name,
            if_exists,
            properties: self.properties()?,
        })
    }

    pub(super) fn create_trigger(&mut self) -> Parse<CreateTrigger> {
        self.expect_word(Keyword::Trigger)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        self.expect_word(Keyword::On)?;
        let table = self.table_name()?;
        self.expect_word(Keyword::Using)?;
        Ok(CreateTrigger {
            name,
            if_not_exists,
            table,
            class: self.expect_text(TokenKind::String)?,
        })
    }

    pub(super) fn drop_trigger(&mut self) -> Parse<DropTrigger> {
        self.expect_word(Keyword::Trigger)?;
        let if_exists = self.if_exists()?;
        let name = self.name()?;
        self.expect_word(Keyword::On)?;
        Ok(DropTrigger {
            name,
            if_exists,
            table: self.table_name()?,
        })
    }
}
