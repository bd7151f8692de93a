//! DESCRIBE, as the server takes it.

use super::super::ast::{Describe, DescribeWhat, QualifiedName};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

/// What may come after the name of what is described.
fn name_may_be_followed_by(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Semicolon | TokenKind::Keyword(Keyword::With) | TokenKind::End
    )
}

impl Parser<'_> {
    pub(super) fn describe(&mut self) -> Parse<Describe> {
        self.advance();
        let what = self.described()?;
        let with_internals = self.accept_word(Keyword::With);
        if with_internals {
            self.expect_word(Keyword::Internals)?;
        }
        Ok(Describe { what, with_internals })
    }

    fn described(&mut self) -> Parse<DescribeWhat> {
        let TokenKind::Keyword(keyword) = self.peek(0) else {
            return self.describe_any();
        };
        let plural = match keyword {
            Keyword::Cluster => Some(DescribeWhat::Cluster),
            Keyword::Keyspaces => Some(DescribeWhat::Keyspaces),
            Keyword::Tables => Some(DescribeWhat::Tables),
            Keyword::Types => Some(DescribeWhat::Types),
            Keyword::Functions => Some(DescribeWhat::Functions),
            Keyword::Aggregates => Some(DescribeWhat::Aggregates),
            _ => None,
        };
        if let Some(plural) = plural {
            self.decided_by(2);
            self.advance();
            return Ok(plural);
        }
        match keyword {
            Keyword::Full | Keyword::Schema => {
                let full = self.accept_word(Keyword::Full);
                self.expect_word(Keyword::Schema)?;
                Ok(DescribeWhat::Schema { full })
            }
            Keyword::Only if self.tell_singular(|kind| kind == TokenKind::Keyword(Keyword::Keyspace))? => {
                self.describe_keyspace()
            }
            Keyword::Keyspace => self.describe_keyspace(),
            Keyword::Table => {
                self.advance();
                self.table_name().map(DescribeWhat::Table)
            }
            Keyword::Index => {
                self.advance();
                self.table_name().map(DescribeWhat::Index)
            }
            Keyword::Materialized => {
                self.advance();
                self.expect_word(Keyword::View)?;
                self.table_name().map(DescribeWhat::View)
            }
            Keyword::Type if self.tell_singular(TokenKind::is_name)? => {
                self.advance();
                self.user_type_name().map(DescribeWhat::Type)
            }
            Keyword::Function if self.tell_singular(starts_qualified_function)? => {
                self.advance();
                self.function_name().map(DescribeWhat::Function)
            }
            Keyword::Aggregate if self.tell_singular(starts_qualified_function)? => {
                self.advance();
                self.function_name().map(DescribeWhat::Aggregate)
            }
            _ => self.describe_any(),
        }
    }

    /// Whether an unreserved keyword says what is described, rather than being the name of it.
    fn tell_singular(&mut self, continues: fn(TokenKind) -> bool) -> Parse<bool> {
        match self.peek(1) {
            TokenKind::Dot => Ok(false),
            other if name_may_be_followed_by(other) => Ok(false),
            other if continues(other) => Ok(true),
            _ => self.no_viable(1),
        }
    }

    fn describe_keyspace(&mut self) -> Parse<DescribeWhat> {
        let only = self.accept_word(Keyword::Only);
        self.expect_word(Keyword::Keyspace)?;
        let has_name = self.peek(0).is_name() || self.next_is(TokenKind::QuestionMark);
        let name = if has_name { Some(self.keyspace_name()?) } else { None };
        Ok(DescribeWhat::Keyspace { name, only })
    }

    fn describe_any(&mut self) -> Parse<DescribeWhat> {
        if !self.peek(0).is_name() {
            return self.no_viable(0);
        }
        let keyspace = match self.peek(1) {
            TokenKind::Dot => {
                let keyspace = self.name()?;
                self.advance();
                Some(keyspace)
            }
            other if name_may_be_followed_by(other) => {
                self.decided_by(2);
                None
            }
            _ => return self.no_viable(1),
        };
        Ok(DescribeWhat::Any(QualifiedName {
            keyspace,
            name: self.name()?,
        }))
    }
}

fn starts_qualified_function(kind: TokenKind) -> bool {
    kind.is_name() || matches!(kind, TokenKind::QuestionMark | TokenKind::Keyword(Keyword::Token))
}
