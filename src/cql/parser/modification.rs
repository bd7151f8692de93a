//! INSERT, UPDATE, DELETE and BATCH.

use super::super::ast::{
    Assignment, Batch, BatchKind, Change, ColumnCondition, ColumnPart, Condition, ConditionTest, Delete, Deletion,
    Insert, InsertJson, JsonValue, Literal, Modification, QualifiedName, Term, Update, Using,
};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};
use crate::data::LiteralKind;

impl Parser<'_> {
    pub(super) fn insert(&mut self) -> Parse<Modification> {
        self.expect_words(&[Keyword::Insert, Keyword::Into])?;
        let table = self.table_name()?;
        match self.peek(0) {
            TokenKind::LeftParenthesis => self.insert_values(table),
            TokenKind::Keyword(Keyword::Json) => self.insert_json(table),
            _ => self.no_viable(0),
        }
    }

    fn insert_values(&mut self, table: QualifiedName) -> Parse<Modification> {
        let columns = self.parenthesized(|parser| parser.comma_separated(Self::column_name))?;
        self.expect_word(Keyword::Values)?;
        let values = self.parenthesized(|parser| parser.comma_separated(Self::term))?;
        Ok(Modification::Insert(Insert {
            table,
            columns,
            values,
            if_not_exists: self.if_not_exists()?,
            using: self.optional_using()?,
        }))
    }

    fn insert_json(&mut self, table: QualifiedName) -> Parse<Modification> {
        self.expect_word(Keyword::Json)?;
        let json = match self.peek(0) {
            TokenKind::String => JsonValue::Literal(self.advance_text().into_owned()),
            kind if kind.starts_marker() => JsonValue::Marker(self.marker()?),
            _ => return self.no_viable(0),
        };
        let default_unset = self.accept_word(Keyword::Default) && {
            let unset = self.accept_word(Keyword::Unset);
            if !unset && !self.accept_word(Keyword::Null) {
                return self.no_viable(0);
            }
            unset
        };
        Ok(Modification::InsertJson(InsertJson {
            table,
            json,
            default_unset,
            if_not_exists: self.if_not_exists()?,
            using: self.optional_using()?,
        }))
    }

    fn optional_using(&mut self) -> Parse<Using> {
        let mut using = Using::default();
        if self.accept_word(Keyword::Using) {
            self.and_separated(|parser| match parser.peek(0) {
                TokenKind::Keyword(Keyword::Timestamp) => {
                    parser.advance();
                    using.timestamp = Some(parser.integer_or_marker()?);
                    Ok(())
                }
                TokenKind::Keyword(Keyword::Ttl) => {
                    parser.advance();
                    using.time_to_live = Some(parser.integer_or_marker()?);
                    Ok(())
                }
                _ => parser.no_viable(0),
            })?;
        }
        Ok(using)
    }

    pub(super) fn update(&mut self) -> Parse<Modification> {
        self.expect_word(Keyword::Update)?;
        let table = self.table_name()?;
        let using = self.optional_using()?;
        self.expect_word(Keyword::Set)?;
        let mut assignments = Vec::new();
        self.comma_separated(|parser| {
            let assignment = parser.assignment()?;
            parser.check_compatible(&assignments, &assignment);
            assignments.push(assignment);
            Ok(())
        })?;
        self.expect_word(Keyword::Where)?;
        Ok(Modification::Update(Update {
            table,
            using,
            assignments,
            where_clause: self.where_clause()?,
            condition: self.optional_condition()?,
        }))
    }

    /// One column may be changed several times, but not as a whole, nor one of its fields.
    fn check_compatible(&mut self, earlier: &[Assignment], new: &Assignment) {
        let clash = earlier
            .iter()
            .filter(|assignment| assignment.column == new.column)
            .any(|assignment| match (&assignment.change, &new.change) {
                (Change::Set(_), _) | (_, Change::Set(_)) => true,
                (Change::SetField { field, .. }, Change::SetField { field: other, .. }) => field == other,
                _ => false,
            });
        if clash {
            let message = format!("Multiple incompatible setting of column {}", new.column);
            self.complain(SyntaxError::unplaced(message));
        }
    }

    fn assignment(&mut self) -> Parse<Assignment> {
        let column = self.column_name()?;
        let change = match self.peek(0) {
            TokenKind::Equal => {
                self.advance();
                self.new_value(&column)?
            }
            TokenKind::PlusEqual => {
                self.advance();
                Change::Add(self.term()?)
            }
            TokenKind::MinusEqual => {
                self.advance();
                Change::Subtract(self.term()?)
            }
            TokenKind::LeftBracket => {
                self.advance();
                let key = self.term()?;
                self.expect(TokenKind::RightBracket)?;
                self.expect(TokenKind::Equal)?;
                Change::SetElement {
                    key,
                    value: self.term()?,
                }
            }
            TokenKind::Dot => {
                self.advance();
                let field = self.name()?;
                self.expect(TokenKind::Equal)?;
                Change::SetField {
                    field,
                    value: self.term()?,
                }
            }
            _ => return self.no_viable(0),
        };
        Ok(Assignment { column, change })
    }

    /// What follows `a =`: a term, `term + a`, `a + term`, `a - term`, or `a` and a number with its sign.
    fn new_value(&mut self, column: &str) -> Parse<Change> {
        let first = self.peek(0);
        if !first.is_column_name() {
            return if first.starts_term() {
                self.term_or_prepend(column)
            } else {
                self.no_viable(0)
            };
        }
        let may_be_function = first.is_function_name() || first == TokenKind::Keyword(Keyword::Cast);
        match self.peek(1) {
            TokenKind::LeftParenthesis if may_be_function => self.term_or_prepend(column),
            TokenKind::Dot if first != TokenKind::EmptyQuotedName => self.term_or_prepend(column),
            TokenKind::Plus | TokenKind::Minus => {
                let same = self.column_name()? == column;
                let is_plus = self.advance().kind == TokenKind::Plus;
                let term = self.term()?;
                let (sign, change) = if is_plus {
                    ("+", Change::Add(term))
                } else {
                    ("-", Change::Subtract(term))
                };
                if !same {
                    self.complain(SyntaxError::unplaced(format!(
                        "Only expressions of the form X = X {sign}<value> are supported."
                    )));
                }
                Ok(change)
            }
            TokenKind::Integer => {
                let same = self.column_name()? == column;
                let text = self.advance_text().into_owned();
                if !same {
                    let sign = if text.starts_with('-') { '-' } else { '+' };
                    self.complain(SyntaxError::unplaced(format!(
                        "Only expressions of the form X = X {sign} <value> are supported."
                    )));
                }
                Ok(Change::Add(Term::Literal(Literal {
                    kind: LiteralKind::Integer,
                    text,
                })))
            }
            _ => self.no_viable(1),
        }
    }

    fn term_or_prepend(&mut self, column: &str) -> Parse<Change> {
        let term = self.term()?;
        if !self.accept(TokenKind::Plus) {
            return Ok(Change::Set(term));
        }
        if self.column_name()? != column {
            self.complain(SyntaxError::unplaced(
                "Only expressions of the form X = <value> + X are supported.",
            ));
        }
        Ok(Change::Prepend(term))
    }

    pub(super) fn delete(&mut self) -> Parse<Modification> {
        self.expect_word(Keyword::Delete)?;
        let deletions = if self.peek(0).is_column_name() {
            self.comma_separated(Self::deletion)?
        } else {
            Vec::new()
        };
        self.expect_word(Keyword::From)?;
        let table = self.table_name()?;
        let timestamp = if self.accept_word(Keyword::Using) {
            self.expect_word(Keyword::Timestamp)?;
            Some(self.integer_or_marker()?)
        } else {
            None
        };
        self.expect_word(Keyword::Where)?;
        Ok(Modification::Delete(Delete {
            table,
            deletions,
            timestamp,
            where_clause: self.where_clause()?,
            condition: self.optional_condition()?,
        }))
    }

    fn deletion(&mut self) -> Parse<Deletion> {
        if !self.peek(0).is_column_name() {
            return self.no_viable(0);
        }
        match self.peek(1) {
            TokenKind::Comma | TokenKind::Keyword(Keyword::From) => self.column_name().map(Deletion::Column),
            TokenKind::LeftBracket => {
                let column = self.column_name()?;
                self.advance();
                let key = self.term()?;
                self.expect(TokenKind::RightBracket)?;
                Ok(Deletion::Element { column, key })
            }
            TokenKind::Dot => {
                let column = self.column_name()?;
                self.advance();
                Ok(Deletion::Field {
                    column,
                    field: self.name()?,
                })
            }
            _ => self.no_viable(1),
        }
    }

    /// IF of an UPDATE or DELETE. A column may be named `exists`, so that what follows it decides.
    fn optional_condition(&mut self) -> Parse<Option<Condition>> {
        if !self.accept_word(Keyword::If) {
            return Ok(None);
        }
        if self.next_is_word(Keyword::Exists) {
            match self.peek(1) {
                TokenKind::Semicolon
                | TokenKind::End
                | TokenKind::Keyword(Keyword::Apply | Keyword::Delete | Keyword::Insert | Keyword::Update) => {
                    self.advance();
                    return Ok(Some(Condition::Exists));
                }
                TokenKind::Keyword(Keyword::Contains | Keyword::In) | TokenKind::Dot | TokenKind::LeftBracket => {}
                other if other.is_comparison() => {}
                _ => return self.no_viable(1),
            }
        }
        let conditions = self.and_separated(Self::column_condition)?;
        Ok(Some(Condition::Columns(conditions)))
    }

    fn column_condition(&mut self) -> Parse<ColumnCondition> {
        let column = self.column_name()?;
        let part = match self.peek(0) {
            TokenKind::LeftBracket => {
                self.advance();
                let key = self.term()?;
                self.expect(TokenKind::RightBracket)?;
                ColumnPart::Element(key)
            }
            TokenKind::Dot => {
                self.advance();
                ColumnPart::Field(self.name()?)
            }
            _ => ColumnPart::Whole,
        };
        let test = match self.peek(0) {
            TokenKind::Keyword(Keyword::In) => {
                self.advance();
                ConditionTest::In(self.in_values()?)
            }
            TokenKind::Keyword(Keyword::Contains) if part == ColumnPart::Whole => ConditionTest::Compare {
                operator: self.contains_operator()?,
                value: self.term()?,
            },
            _ => ConditionTest::Compare {
                operator: self.comparison()?,
                value: self.term()?,
            },
        };
        Ok(ColumnCondition { column, part, test })
    }

    pub(super) fn batch(&mut self) -> Parse<Batch> {
        self.expect_word(Keyword::Begin)?;
        let kind = match self.peek(0) {
            TokenKind::Keyword(Keyword::Unlogged) => BatchKind::Unlogged,
            TokenKind::Keyword(Keyword::Counter) => BatchKind::Counter,
            _ => BatchKind::Logged,
        };
        if kind != BatchKind::Logged {
            self.advance();
        }
        self.expect_word(Keyword::Batch)?;
        let using = self.optional_using()?;
        let mut statements = Vec::new();
        loop {
            statements.push(match self.peek(0) {
                TokenKind::Keyword(Keyword::Insert) => self.insert()?,
                TokenKind::Keyword(Keyword::Update) => self.update()?,
                TokenKind::Keyword(Keyword::Delete) => self.delete()?,
                _ => break,
            });
            self.accept(TokenKind::Semicolon);
        }
        self.expect_words(&[Keyword::Apply, Keyword::Batch])?;
        Ok(Batch {
            kind,
            using,
            statements,
        })
    }
}
