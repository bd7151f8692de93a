//! Tables, user types and indexes.

use super::super::ast::{
    AlterTable, AlterTableAction, AlterType, AlterTypeAction, ColumnDefinition, ColumnMask, CreateIndex, CreateTable,
    CreateType, IndexTarget, IndexedPart, PrimaryKey, TypeName,
};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

impl Parser<'_> {
    pub(super) fn create_table(&mut self) -> Parse<CreateTable> {
        self.expect_word(Keyword::Table)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.table_name()?;
        let mut table = CreateTable {
            name,
            if_not_exists,
            columns: Vec::new(),
            primary_keys: Vec::new(),
            options: Default::default(),
        };
        self.expect(TokenKind::LeftParenthesis)?;
        self.column_or_primary_key(&mut table)?;
        while self.accept(TokenKind::Comma) {
            // A comma may be the last.
            if self.peek(0).is_name() || self.next_is_word(Keyword::Primary) {
                self.column_or_primary_key(&mut table)?;
            }
        }
        self.expect(TokenKind::RightParenthesis)?;
        table.options = self.table_options()?;
        Ok(table)
    }

    fn column_or_primary_key(&mut self, table: &mut CreateTable) -> Parse<()> {
        if self.next_is_word(Keyword::Primary) {
            let key = self.primary_key()?;
            table.primary_keys.push(key);
            return Ok(());
        }
        let mut column = self.column_definition()?;
        column.is_primary_key = self.accept_word(Keyword::Primary);
        if column.is_primary_key {
            self.expect_word(Keyword::Key)?;
        }
        table.columns.push(column);
        Ok(())
    }

    /// `name type [STATIC] [MASKED WITH ...]`
    fn column_definition(&mut self) -> Parse<ColumnDefinition> {
        Ok(ColumnDefinition {
            name: self.name()?,
            type_name: self.type_name()?,
            is_static: self.accept_word(Keyword::Static),
            mask: if self.next_is_word(Keyword::Masked) {
                Some(self.column_mask()?)
            } else {
                None
            },
            is_primary_key: false,
        })
    }

    /// `PRIMARY KEY ((a, b), c, d)`
    pub(super) fn primary_key(&mut self) -> Parse<PrimaryKey> {
        self.expect_words(&[Keyword::Primary, Keyword::Key])?;
        self.parenthesized(|parser| {
            let partition_key = if parser.next_is(TokenKind::LeftParenthesis) {
                parser.parenthesized(|parser| parser.comma_separated(Self::name))?
            } else {
                vec![parser.name()?]
            };
            let mut clustering = Vec::new();
            while parser.accept(TokenKind::Comma) {
                clustering.push(parser.name()?);
            }
            Ok(PrimaryKey {
                partition_key,
                clustering,
            })
        })
    }

    /// `MASKED WITH function(arguments)` or `MASKED WITH DEFAULT`. DEFAULT may also be a function.
    fn column_mask(&mut self) -> Parse<ColumnMask> {
        if !self.next_is_word(Keyword::Masked) {
            return self.no_viable(0);
        }
        if self.peek(1) != TokenKind::Keyword(Keyword::With) {
            return self.no_viable(1);
        }
        let third = self.peek(2);
        let is_default = if third == TokenKind::Keyword(Keyword::Default) {
            match self.peek(3) {
                TokenKind::Keyword(Keyword::Primary)
                | TokenKind::RightParenthesis
                | TokenKind::Comma
                | TokenKind::Semicolon
                | TokenKind::End => true,
                TokenKind::LeftParenthesis | TokenKind::Dot => false,
                _ => return self.no_viable(3),
            }
        } else if third.is_name() || matches!(third, TokenKind::QuestionMark | TokenKind::Keyword(Keyword::Token)) {
            false
        } else {
            return self.no_viable(2);
        };
        self.expect_words(&[Keyword::Masked, Keyword::With])?;
        if is_default {
            self.advance();
            return Ok(ColumnMask {
                function: None,
                arguments: Vec::new(),
            });
        }
        let function = Some(self.function_name()?);
        if !self.next_is(TokenKind::LeftParenthesis) {
            return self.no_viable(0);
        }
        let first_argument = self.peek(1);
        let arguments = if first_argument == TokenKind::RightParenthesis {
            self.parenthesized(|_| Ok(Vec::new()))?
        } else if first_argument.starts_term() {
            self.parenthesized(|parser| parser.comma_separated(Self::term))?
        } else {
            return self.no_viable(1);
        };
        Ok(ColumnMask { function, arguments })
    }

    pub(super) fn alter_table(&mut self) -> Parse<AlterTable> {
        self.expect_word(Keyword::Table)?;
        let if_exists = self.if_exists()?;
        let name = self.table_name()?;
        let action = match self.peek(0) {
            TokenKind::Keyword(Keyword::Alter) => self.alter_column()?,
            TokenKind::Keyword(Keyword::Add) => self.add_columns()?,
            TokenKind::Keyword(Keyword::Drop) => self.drop_columns()?,
            TokenKind::Keyword(Keyword::Rename) => {
                self.advance();
                let if_exists = self.if_exists()?;
                AlterTableAction::RenameColumns {
                    if_exists,
                    renames: self.renames()?,
                }
            }
            TokenKind::Keyword(Keyword::With) => {
                self.advance();
                AlterTableAction::With(self.properties()?)
            }
            _ => return self.no_viable(0),
        };
        Ok(AlterTable {
            name,
            if_exists,
            action,
        })
    }

    fn alter_column(&mut self) -> Parse<AlterTableAction> {
        let changes_type = match self.peek(1) {
            TokenKind::Keyword(Keyword::If) => false,
            kind if kind.is_column_name() => match self.peek(2) {
                TokenKind::Keyword(Keyword::Type) => true,
                TokenKind::Keyword(Keyword::Drop | Keyword::Masked) => false,
                _ => return self.no_viable(2),
            },
            _ => return self.no_viable(1),
        };
        self.advance();
        if changes_type {
            let column = self.column_name()?;
            self.expect_word(Keyword::Type)?;
            return Ok(AlterTableAction::AlterColumnType {
                column,
                type_name: self.type_name()?,
            });
        }
        let if_exists = self.if_exists()?;
        let column = self.column_name()?;
        let mask = match self.peek(0) {
            TokenKind::Keyword(Keyword::Masked) => Some(self.column_mask()?),
            TokenKind::Keyword(Keyword::Drop) => {
                self.advance();
                self.expect_word(Keyword::Masked)?;
                None
            }
            _ => return self.no_viable(0),
        };
        Ok(AlterTableAction::MaskColumn {
            column,
            if_exists,
            mask,
        })
    }

    fn add_columns(&mut self) -> Parse<AlterTableAction> {
        self.expect_word(Keyword::Add)?;
        let if_not_exists = self.if_not_exists()?;
        let columns = if self.next_is(TokenKind::LeftParenthesis) {
            self.parenthesized(|parser| parser.comma_separated(Self::column_definition))?
        } else {
            vec![self.column_definition()?]
        };
        Ok(AlterTableAction::AddColumns { if_not_exists, columns })
    }

    fn drop_columns(&mut self) -> Parse<AlterTableAction> {
        let next = self.peek(1);
        if next == TokenKind::Keyword(Keyword::Compact) {
            match self.peek(2) {
                TokenKind::Keyword(Keyword::Storage) => {
                    self.expect_words(&[Keyword::Drop, Keyword::Compact, Keyword::Storage])?;
                    return Ok(AlterTableAction::DropCompactStorage);
                }
                TokenKind::Keyword(Keyword::Using) | TokenKind::Semicolon | TokenKind::End => self.decided_by(3),
                _ => return self.no_viable(2),
            }
        } else if !next.is_name() && !matches!(next, TokenKind::LeftParenthesis | TokenKind::Keyword(Keyword::If)) {
            return self.no_viable(1);
        }
        self.advance();
        let if_exists = self.if_exists()?;
        let columns = if self.next_is(TokenKind::LeftParenthesis) {
            self.parenthesized(|parser| parser.comma_separated(Self::name))?
        } else {
            vec![self.name()?]
        };
        let timestamp = if self.accept_word(Keyword::Using) {
            self.expect_word(Keyword::Timestamp)?;
            Some(self.timestamp()?)
        } else {
            None
        };
        Ok(AlterTableAction::DropColumns {
            if_exists,
            columns,
            timestamp,
        })
    }

    fn timestamp(&mut self) -> Parse<i64> {
        let text = self.expect_text(TokenKind::Integer)?;
        Ok(text.parse().unwrap_or_else(|_| {
            self.complain(SyntaxError::unreadable(
                self.text,
                &format!("NumberFormatException For input string: \"{text}\""),
            ));
            0
        }))
    }

    /// `a TO b AND c TO d`
    fn renames(&mut self) -> Parse<Vec<(String, String)>> {
        self.and_separated(|parser| {
            let from = parser.name()?;
            parser.expect_word(Keyword::To)?;
            Ok((from, parser.name()?))
        })
    }

    fn field(&mut self) -> Parse<(String, TypeName)> {
        Ok((self.name()?, self.type_name()?))
    }

    pub(super) fn create_type(&mut self) -> Parse<CreateType> {
        self.expect_word(Keyword::Type)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.user_type_name()?;
        self.expect(TokenKind::LeftParenthesis)?;
        let mut fields = vec![self.field()?];
        while self.accept(TokenKind::Comma) {
            // A comma may be the last.
            if self.peek(0).is_name() {
                fields.push(self.field()?);
            }
        }
        self.expect(TokenKind::RightParenthesis)?;
        Ok(CreateType {
            name,
            if_not_exists,
            fields,
        })
    }

    pub(super) fn alter_type(&mut self) -> Parse<AlterType> {
        self.expect_word(Keyword::Type)?;
        let if_exists = self.if_exists()?;
        let name = self.user_type_name()?;
        let action = match self.peek(0) {
            TokenKind::Keyword(Keyword::Alter) => {
                self.advance();
                let field = self.name()?;
                self.expect_word(Keyword::Type)?;
                AlterTypeAction::AlterFieldType {
                    field,
                    type_name: self.type_name()?,
                }
            }
            TokenKind::Keyword(Keyword::Add) => {
                self.advance();
                let if_not_exists = self.if_not_exists()?;
                let (field, type_name) = self.field()?;
                AlterTypeAction::AddField {
                    if_not_exists,
                    field,
                    type_name,
                }
            }
            TokenKind::Keyword(Keyword::Rename) => {
                self.advance();
                let if_exists = self.if_exists()?;
                AlterTypeAction::RenameFields {
                    if_exists,
                    renames: self.renames()?,
                }
            }
            _ => return self.no_viable(0),
        };
        Ok(AlterType {
            name,
            if_exists,
            action,
        })
    }

    pub(super) fn create_index(&mut self) -> Parse<CreateIndex> {
        let custom = self.accept_word(Keyword::Custom);
        self.expect_word(Keyword::Index)?;
        let if_not_exists = self.if_not_exists()?;
        let has_name = self.peek(0).is_name() || self.next_is(TokenKind::QuestionMark);
        let name = if has_name {
            Some(self.unqualified_index_name()?)
        } else {
            None
        };
        self.expect_word(Keyword::On)?;
        let table = self.table_name()?;
        let targets = self.parenthesized(|parser| {
            let first = parser.peek(0);
            if first.is_column_name() || matches!(first, TokenKind::Keyword(Keyword::Entries | Keyword::Full)) {
                parser.comma_separated(Self::index_target)
            } else {
                Ok(Vec::new())
            }
        })?;
        let using = if self.accept_word(Keyword::Using) {
            Some(self.expect_text(TokenKind::String)?)
        } else {
            None
        };
        let properties = if self.accept_word(Keyword::With) {
            self.properties()?
        } else {
            Default::default()
        };
        Ok(CreateIndex {
            name,
            if_not_exists,
            custom,
            table,
            targets,
            using,
            properties,
        })
    }

    /// A column, or one part of a collection: `keys(a)`. KEYS and VALUES may also be columns.
    fn index_target(&mut self) -> Parse<IndexTarget> {
        let part = match self.peek(0) {
            TokenKind::Keyword(Keyword::Values) => IndexedPart::Values,
            TokenKind::Keyword(Keyword::Keys) => IndexedPart::Keys,
            TokenKind::Keyword(Keyword::Entries) => IndexedPart::Entries,
            TokenKind::Keyword(Keyword::Full) => IndexedPart::Full,
            kind if kind.is_column_name() => IndexedPart::Simple,
            _ => return self.no_viable(0),
        };
        let part = match part {
            IndexedPart::Values | IndexedPart::Keys => match self.peek(1) {
                TokenKind::LeftParenthesis => part,
                TokenKind::RightParenthesis | TokenKind::Comma => IndexedPart::Simple,
                _ => return self.no_viable(1),
            },
            other => other,
        };
        let column = if part == IndexedPart::Simple {
            self.column_name()?
        } else {
            self.advance();
            self.parenthesized(Self::column_name)?
        };
        Ok(IndexTarget { part, column })
    }
}
