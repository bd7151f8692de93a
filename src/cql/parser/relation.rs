//! WHERE.

use super::super::ast::{
    InTuples, InValues, IndexExpression, Operator, QualifiedName, Relation, TupleValue, WhereClause,
};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

/// Begins what is said of one column after its name.
fn continues_relation(kind: TokenKind) -> bool {
    kind.is_comparison()
        || kind == TokenKind::LeftBracket
        || matches!(
            kind,
            TokenKind::Keyword(Keyword::Contains | Keyword::In | Keyword::Is | Keyword::Like)
        )
}

impl Parser<'_> {
    pub(super) fn optional_where_clause(&mut self) -> Parse<WhereClause> {
        if self.accept_word(Keyword::Where) {
            self.where_clause()
        } else {
            Ok(WhereClause::default())
        }
    }

    pub(super) fn where_clause(&mut self) -> Parse<WhereClause> {
        let mut clause = WhereClause::default();
        loop {
            if self.next_is(TokenKind::ExpressionOpen) {
                clause.expressions.push(self.index_expression()?);
            } else {
                clause.relations.push(self.relation()?);
            }
            if !self.accept_word(Keyword::And) {
                return Ok(clause);
            }
        }
    }

    /// `expr(index, term)`
    fn index_expression(&mut self) -> Parse<IndexExpression> {
        self.expect(TokenKind::ExpressionOpen)?;
        let name = self.unqualified_index_name()?;
        self.expect(TokenKind::Comma)?;
        let value = self.term()?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(IndexExpression {
            index: QualifiedName { keyspace: None, name },
            value,
        })
    }

    fn relation(&mut self) -> Parse<Relation> {
        match self.peek(0) {
            TokenKind::Keyword(Keyword::Token) => self.token_relation(),
            TokenKind::LeftParenthesis => {
                if self.tell_tuple_of_columns()? {
                    self.columns_relation()
                } else {
                    self.nested(|parser| parser.parenthesized(Self::relation))
                }
            }
            kind if kind.is_column_name() => self.column_relation(),
            _ => self.no_viable(0),
        }
    }

    /// `(a, b)` rather than `(a = 1)`.
    fn tell_tuple_of_columns(&mut self) -> Parse<bool> {
        let next = self.peek(1);
        if matches!(next, TokenKind::LeftParenthesis | TokenKind::Keyword(Keyword::Token)) {
            return Ok(false);
        }
        if !next.is_column_name() {
            return self.no_viable(1);
        }
        match self.peek(2) {
            TokenKind::RightParenthesis | TokenKind::Comma => Ok(true),
            other if continues_relation(other) => Ok(false),
            _ => self.no_viable(2),
        }
    }

    fn column_relation(&mut self) -> Parse<Relation> {
        let second = self.peek(1);
        if !continues_relation(second) {
            return self.no_viable(1);
        }
        if second == TokenKind::Keyword(Keyword::In) {
            let third = self.peek(2);
            if third != TokenKind::LeftParenthesis && !third.starts_marker() {
                return self.no_viable(2);
            }
        }
        let column = self.column_name()?;
        match second {
            TokenKind::Keyword(Keyword::In) => {
                self.advance();
                let values = self.in_values()?;
                Ok(Relation::ColumnIn { column, values })
            }
            TokenKind::Keyword(Keyword::Is) => {
                self.advance();
                self.expect_words(&[Keyword::Not, Keyword::Null])?;
                Ok(Relation::IsNotNull { column })
            }
            TokenKind::Keyword(Keyword::Like) => {
                self.advance();
                Ok(Relation::Column {
                    column,
                    operator: Operator::Like,
                    value: self.term()?,
                })
            }
            TokenKind::Keyword(_) => {
                let operator = self.contains_operator()?;
                let value = self.term()?;
                Ok(Relation::Column {
                    column,
                    operator,
                    value,
                })
            }
            TokenKind::LeftBracket => {
                self.advance();
                let key = self.term()?;
                self.expect(TokenKind::RightBracket)?;
                let operator = self.comparison()?;
                let value = self.term()?;
                Ok(Relation::Element {
                    column,
                    key,
                    operator,
                    value,
                })
            }
            _ => {
                let operator = self.comparison()?;
                let value = self.term()?;
                Ok(Relation::Column {
                    column,
                    operator,
                    value,
                })
            }
        }
    }

    /// `token(a, b) > 1`
    fn token_relation(&mut self) -> Parse<Relation> {
        self.expect_word(Keyword::Token)?;
        let columns = self.tuple_of_columns()?;
        let operator = self.comparison()?;
        let value = self.term()?;
        Ok(Relation::Token {
            columns,
            operator,
            value,
        })
    }

    fn tuple_of_columns(&mut self) -> Parse<Vec<String>> {
        self.parenthesized(|parser| parser.comma_separated(Self::column_name))
    }

    /// `(a, b) > (1, 2)` or `(a, b) IN (...)`
    fn columns_relation(&mut self) -> Parse<Relation> {
        let columns = self.tuple_of_columns()?;
        if self.accept_word(Keyword::In) {
            let values = self.in_tuples()?;
            return Ok(Relation::ColumnsIn { columns, values });
        }
        if !self.peek(0).is_comparison() {
            return self.no_viable(0);
        }
        let value_starts_with = self.peek(1);
        if value_starts_with != TokenKind::LeftParenthesis && !value_starts_with.starts_marker() {
            return self.no_viable(1);
        }
        let operator = self.comparison()?;
        let value = if value_starts_with.starts_marker() {
            TupleValue::Marker(self.marker()?)
        } else {
            TupleValue::Literal(self.tuple()?)
        };
        Ok(Relation::Columns {
            columns,
            operator,
            value,
        })
    }

    fn in_tuples(&mut self) -> Parse<InTuples> {
        if self.peek(0).starts_marker() {
            return self.marker().map(InTuples::Marker);
        }
        if !self.next_is(TokenKind::LeftParenthesis) {
            return self.no_viable(0);
        }
        match self.peek(1) {
            TokenKind::RightParenthesis => self.parenthesized(|_| Ok(InTuples::Listed(Vec::new()))),
            TokenKind::LeftParenthesis => self
                .parenthesized(|parser| parser.comma_separated(Self::tuple))
                .map(InTuples::Listed),
            kind if kind.starts_marker() => self
                .parenthesized(|parser| {
                    parser.comma_separated(|parser| {
                        if parser.peek(0).starts_marker() {
                            parser.marker()
                        } else {
                            parser.no_viable(0)
                        }
                    })
                })
                .map(InTuples::Markers),
            _ => self.no_viable(1),
        }
    }

    /// What follows `a IN`.
    pub(super) fn in_values(&mut self) -> Parse<InValues> {
        match self.peek(0) {
            kind if kind.starts_marker() => self.marker().map(InValues::Marker),
            TokenKind::LeftParenthesis => self.parenthesized(|parser| {
                let values = if parser.peek(0).starts_term() {
                    parser.comma_separated(Self::term)?
                } else {
                    Vec::new()
                };
                Ok(InValues::Listed(values))
            }),
            _ => self.no_viable(0),
        }
    }

    /// `=`, `<`, `<=`, `>`, `>=` or `!=`
    pub(super) fn comparison(&mut self) -> Parse<Operator> {
        let operator = match self.peek(0) {
            TokenKind::Equal => Operator::Equal,
            TokenKind::Less => Operator::Less,
            TokenKind::LessEqual => Operator::LessOrEqual,
            TokenKind::Greater => Operator::Greater,
            TokenKind::GreaterEqual => Operator::GreaterOrEqual,
            TokenKind::NotEqual => Operator::NotEqual,
            _ => return self.no_viable(0),
        };
        self.advance();
        Ok(operator)
    }

    /// CONTAINS or CONTAINS KEY. KEY may also be the name of a function's keyspace, as in `CONTAINS key.f()`.
    pub(super) fn contains_operator(&mut self) -> Parse<Operator> {
        self.expect_word(Keyword::Contains)?;
        if self.next_is_word(Keyword::Key) && self.peek(1).starts_term() {
            self.advance();
            return Ok(Operator::ContainsKey);
        }
        Ok(Operator::Contains)
    }
}
