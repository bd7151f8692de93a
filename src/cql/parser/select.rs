//! SELECT.

use super::super::ast::{Direction, Ordering, Select, Selection};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Parse<Select> {
        self.expect_word(Keyword::Select)?;
        let (json, (distinct, selection)) = self.after_flag(Keyword::Json, Self::select_clause)?;
        self.expect_word(Keyword::From)?;
        let from = self.table_name()?;
        let where_clause = self.optional_where_clause()?;
        let group_by = if self.accept_word(Keyword::Group) {
            self.expect_word(Keyword::By)?;
            self.comma_separated(Self::selector)?
        } else {
            Vec::new()
        };
        let order_by = if self.accept_word(Keyword::Order) {
            self.expect_word(Keyword::By)?;
            self.comma_separated(Self::ordering)?
        } else {
            Vec::new()
        };
        let per_partition_limit = if self.accept_word(Keyword::Per) {
            self.expect_words(&[Keyword::Partition, Keyword::Limit])?;
            Some(self.integer_or_marker()?)
        } else {
            None
        };
        let limit = if self.accept_word(Keyword::Limit) {
            Some(self.integer_or_marker()?)
        } else {
            None
        };
        let allow_filtering = self.accept_word(Keyword::Allow);
        if allow_filtering {
            self.expect_word(Keyword::Filtering)?;
        }
        Ok(Select {
            json,
            distinct,
            selection,
            from,
            where_clause,
            group_by,
            order_by,
            per_partition_limit,
            limit,
            allow_filtering,
        })
    }

    /// Whether DISTINCT, and of what.
    fn select_clause(&mut self) -> Parse<(bool, Selection)> {
        self.after_flag(Keyword::Distinct, Self::selection)
    }

    /// JSON and DISTINCT are names of columns, too: each is a flag only if all that should follow it does.
    fn after_flag<T>(&mut self, flag: Keyword, phrase: fn(&mut Self) -> Parse<T>) -> Parse<(bool, T)> {
        if self.next_is_word(flag) {
            let flagged = self.attempt(|parser| {
                parser.advance();
                phrase(parser)
            })?;
            if let Some(found) = flagged {
                return Ok((true, found));
            }
        }
        Ok((false, phrase(self)?))
    }

    fn ordering(&mut self) -> Parse<Ordering> {
        let column = self.column_name()?;
        let nearest_to = if self.accept_word(Keyword::Ann) {
            self.expect_word(Keyword::Of)?;
            Some(self.term()?)
        } else {
            None
        };
        Ok(Ordering {
            column,
            nearest_to,
            direction: self.direction().unwrap_or(Direction::Ascending),
        })
    }

    /// ASC or DESC, if either is there.
    pub(super) fn direction(&mut self) -> Option<Direction> {
        let direction = match self.peek(0) {
            TokenKind::Keyword(Keyword::Asc) => Direction::Ascending,
            TokenKind::Keyword(Keyword::Desc) => Direction::Descending,
            _ => return None,
        };
        self.advance();
        Some(direction)
    }
}
