//! Names of keyspaces, tables, columns, fields, functions and roles.

use super::super::ast::QualifiedName;
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

/// What may come after a table's name anywhere in the grammar.
fn table_name_may_be_followed_by(kind: TokenKind) -> bool {
    use Keyword::*;
    match kind {
        TokenKind::LeftParenthesis | TokenKind::Semicolon | TokenKind::End => true,
        TokenKind::Keyword(keyword) => matches!(
            keyword,
            Add | Allow
                | Alter
                | As
                | Drop
                | From
                | Group
                | Json
                | Limit
                | Norecursive
                | Of
                | Order
                | Per
                | Primary
                | Rename
                | Set
                | To
                | Using
                | Where
                | With
        ),
        _ => false,
    }
}

fn function_name_may_be_followed_by(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::LeftParenthesis | TokenKind::Semicolon | TokenKind::Keyword(Keyword::With) | TokenKind::End
    )
}

fn starts_function_name(kind: TokenKind) -> bool {
    kind.is_function_name() || kind == TokenKind::Keyword(Keyword::Token)
}

impl Parser<'_> {
    /// The text of a name already seen to be there: folded to lower case unless quoted.
    pub(super) fn advance_name(&mut self) -> String {
        let quoted = self.next_is(TokenKind::QuotedName);
        let text = self.advance_text();
        if quoted {
            text.into_owned()
        } else {
            text.to_ascii_lowercase()
        }
    }

    /// A name of a field, marker, alias and of most other things.
    pub(super) fn name(&mut self) -> Parse<String> {
        if self.peek(0).is_name() {
            Ok(self.advance_name())
        } else {
            self.no_viable(0)
        }
    }

    /// A column's name, or `""`.
    pub(super) fn column_name(&mut self) -> Parse<String> {
        if self.accept(TokenKind::EmptyQuotedName) {
            return Ok(String::new());
        }
        self.name()
    }

    /// A name where a question mark would read well, but may not stand.
    fn schema_name(&mut self, what: &str) -> Parse<String> {
        if self.accept(TokenKind::QuestionMark) {
            self.complain(SyntaxError::unplaced(format!(
                "Bind variables cannot be used for {what} names"
            )));
            return Ok(String::new());
        }
        self.name()
    }

    pub(super) fn keyspace_name(&mut self) -> Parse<String> {
        self.schema_name("keyspace")
    }

    pub(super) fn unqualified_index_name(&mut self) -> Parse<String> {
        self.schema_name("index")
    }

    /// A table or view: `[keyspace.]name`.
    pub(super) fn table_name(&mut self) -> Parse<QualifiedName> {
        self.qualified_name("table", table_name_may_be_followed_by)
    }

    pub(super) fn index_name(&mut self) -> Parse<QualifiedName> {
        self.qualified_name("index", |kind| matches!(kind, TokenKind::Semicolon | TokenKind::End))
    }

    fn qualified_name(&mut self, what: &str, may_follow: fn(TokenKind) -> bool) -> Parse<QualifiedName> {
        let first = self.peek(0);
        if !first.is_name() && first != TokenKind::QuestionMark {
            return self.no_viable(0);
        }
        let keyspace = match self.peek(1) {
            TokenKind::Dot => {
                let keyspace = self.keyspace_name()?;
                self.advance();
                Some(keyspace)
            }
            other if may_follow(other) => {
                self.decided_by(2);
                None
            }
            _ => return self.no_viable(1),
        };
        Ok(QualifiedName {
            keyspace,
            name: self.schema_name(what)?,
        })
    }

    /// `[keyspace.]type`. Keywords that name native types can only be the keyspace.
    pub(super) fn user_type_name(&mut self) -> Parse<QualifiedName> {
        let first = self.peek(0);
        let only_a_keyspace =
            first.is_native_type() || (first.is_special() && first != TokenKind::Keyword(Keyword::Key));
        let keyspace = if only_a_keyspace || (first.is_name() && self.peek(1) == TokenKind::Dot) {
            let keyspace = self.name()?;
            self.expect(TokenKind::Dot)?;
            Some(keyspace)
        } else {
            None
        };
        let kind = self.peek(0);
        if !kind.is_name() || kind.is_native_type() || (kind.is_special() && kind != TokenKind::Keyword(Keyword::Key)) {
            return self.no_viable(0);
        }
        if kind == TokenKind::Identifier {
            let written = self.tokens[self.position].text(self.text);
            if RESERVED_TYPE_NAMES.contains(&written.as_ref()) {
                let message = format!("Invalid (reserved) user type name {written}");
                self.complain(SyntaxError::unplaced(message));
            }
        }
        Ok(QualifiedName {
            keyspace,
            name: self.advance_name(),
        })
    }

    /// `[keyspace.]function`
    pub(super) fn function_name(&mut self) -> Parse<QualifiedName> {
        let first = self.peek(0);
        let qualified = if first == TokenKind::Keyword(Keyword::Token) {
            false
        } else if first.is_function_name() {
            match self.peek(1) {
                TokenKind::Dot => true,
                other if function_name_may_be_followed_by(other) => {
                    self.decided_by(2);
                    false
                }
                _ => return self.no_viable(1),
            }
        } else if first.is_special() || first == TokenKind::QuestionMark {
            true
        } else {
            return self.no_viable(0);
        };
        let keyspace = if qualified {
            let keyspace = self.keyspace_name()?;
            self.expect(TokenKind::Dot)?;
            Some(keyspace)
        } else {
            None
        };
        Ok(QualifiedName {
            keyspace,
            name: self.unqualified_function_name()?,
        })
    }

    pub(super) fn unqualified_function_name(&mut self) -> Parse<String> {
        if starts_function_name(self.peek(0)) {
            Ok(self.advance_name())
        } else {
            self.no_viable(0)
        }
    }

    /// A role: a name, or a string, whose case is kept.
    pub(super) fn role_name(&mut self) -> Parse<String> {
        if self.next_is(TokenKind::String) {
            return Ok(self.advance_text().into_owned());
        }
        self.schema_name("role")
    }
}

/// Types that CQL may have one day, refused as names in lower case only.
const RESERVED_TYPE_NAMES: [&str; 7] = ["byte", "complex", "enum", "date", "interval", "macaddr", "bitstring"];
