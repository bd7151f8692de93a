//! GRANT, REVOKE and LIST, and the resources that permissions are about.

use super::super::ast::{AccessStatement, Permission, Resource};
use super::super::error::{Fault, SyntaxError};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};
use crate::base::Arrange;

fn permission(kind: TokenKind) -> Option<Permission> {
    let TokenKind::Keyword(keyword) = kind else {
        return None;
    };
    Some(match keyword {
        Keyword::Create => Permission::Create,
        Keyword::Alter => Permission::Alter,
        Keyword::Drop => Permission::Drop,
        Keyword::Select => Permission::Select,
        Keyword::Modify => Permission::Modify,
        Keyword::Authorize => Permission::Authorize,
        Keyword::Describe => Permission::Describe,
        Keyword::Execute => Permission::Execute,
        Keyword::Unmask => Permission::Unmask,
        Keyword::SelectMasked => Permission::SelectMasked,
        _ => return None,
    })
}

/// What may come after a resource anywhere in the grammar.
fn resource_may_be_followed_by(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Semicolon
            | TokenKind::Keyword(Keyword::From | Keyword::Norecursive | Keyword::Of | Keyword::To)
            | TokenKind::End
    )
}

impl Parser<'_> {
    pub(super) fn grant(&mut self) -> Parse<AccessStatement> {
        let permissions_follow = self.tell_permissions(Keyword::To)?;
        self.expect_word(Keyword::Grant)?;
        if !permissions_follow {
            let role = self.role_name()?;
            self.expect_word(Keyword::To)?;
            let grantee = self.role_name()?;
            return Ok(AccessStatement::GrantRole { role, grantee });
        }
        let permissions = self.permissions()?;
        self.expect_word(Keyword::On)?;
        let resource = self.resource()?;
        self.expect_word(Keyword::To)?;
        let grantee = self.role_name()?;
        Ok(AccessStatement::GrantPermissions {
            permissions: self.applicable(permissions, &resource),
            resource,
            grantee,
        })
    }

    pub(super) fn revoke(&mut self) -> Parse<AccessStatement> {
        let permissions_follow = self.tell_permissions(Keyword::From)?;
        self.expect_word(Keyword::Revoke)?;
        if !permissions_follow {
            let role = self.role_name()?;
            self.expect_word(Keyword::From)?;
            let revokee = self.role_name()?;
            return Ok(AccessStatement::RevokeRole { role, revokee });
        }
        let permissions = self.permissions()?;
        self.expect_word(Keyword::On)?;
        let resource = self.resource()?;
        self.expect_word(Keyword::From)?;
        let revokee = self.role_name()?;
        Ok(AccessStatement::RevokePermissions {
            permissions: self.applicable(permissions, &resource),
            resource,
            revokee,
        })
    }

    /// Whether permissions rather than a role come second. ALL, UNMASK and SELECT_MASKED may be roles.
    fn tell_permissions(&mut self, preposition: Keyword) -> Parse<bool> {
        let second = self.peek(1);
        let more = match second {
            TokenKind::Keyword(Keyword::All) => TokenKind::Keyword(Keyword::Permissions),
            TokenKind::Keyword(Keyword::Unmask | Keyword::SelectMasked) => TokenKind::Keyword(Keyword::Permission),
            other if permission(other).is_some() => return Ok(true),
            other if other.is_name() => return Ok(false),
            TokenKind::String | TokenKind::QuestionMark => return Ok(false),
            _ => return self.no_viable(1),
        };
        match self.peek(2) {
            TokenKind::Keyword(keyword) if keyword == preposition => Ok(false),
            TokenKind::Keyword(Keyword::On) => Ok(true),
            TokenKind::Comma if second != TokenKind::Keyword(Keyword::All) => Ok(true),
            other if other == more => Ok(true),
            _ => self.no_viable(2),
        }
    }

    /// ALL, or one or more permissions.
    fn permissions(&mut self) -> Parse<Vec<Permission>> {
        if self.accept_word(Keyword::All) {
            self.accept_word(Keyword::Permissions);
            return Ok(Permission::ALL.to_vec());
        }
        if permission(self.peek(0)).is_none() {
            return self.no_viable(0);
        }
        self.comma_separated(|parser| {
            let Some(found) = permission(parser.peek(0)) else {
                return Err(parser.failure(0, Fault::ExpectedOneOf));
            };
            parser.advance();
            parser.accept_word(Keyword::Permission);
            Ok(found)
        })
    }

    /// Those that make sense on the resource, of which there has to be one.
    fn applicable(&mut self, mut permissions: Vec<Permission>, resource: &Resource) -> Vec<Permission> {
        permissions.arrange();
        permissions.dedup();
        permissions.retain(|permission| resource.applicable().contains(permission));
        if permissions.is_empty() {
            self.complain(SyntaxError::unplaced(format!(
                "Resource type {} does not support any of the requested permissions",
                resource.kind()
            )));
        }
        permissions
    }

    /// LIST USERS, LIST ROLES or LIST permissions.
    pub(super) fn list_statement(&mut self) -> Parse<AccessStatement> {
        match self.peek(1) {
            TokenKind::Keyword(Keyword::Users) => {
                self.advance();
                self.advance();
                Ok(AccessStatement::ListUsers)
            }
            TokenKind::Keyword(Keyword::Roles) => {
                self.advance();
                self.advance();
                let grantee = self.optional_grantee()?;
                let recursive = !self.accept_word(Keyword::Norecursive);
                Ok(AccessStatement::ListRoles { grantee, recursive })
            }
            other if other == TokenKind::Keyword(Keyword::All) || permission(other).is_some() => {
                self.advance();
                let permissions = self.permissions()?;
                let resource = if self.accept_word(Keyword::On) {
                    Some(self.resource()?)
                } else {
                    None
                };
                let grantee = self.optional_grantee()?;
                let recursive = !self.accept_word(Keyword::Norecursive);
                Ok(AccessStatement::ListPermissions {
                    permissions,
                    resource,
                    grantee,
                    recursive,
                })
            }
            _ => self.no_viable(1),
        }
    }

    fn optional_grantee(&mut self) -> Parse<Option<String>> {
        if self.accept_word(Keyword::Of) {
            self.role_name().map(Some)
        } else {
            Ok(None)
        }
    }

    fn resource(&mut self) -> Parse<Resource> {
        let first = self.peek(0);
        let continues: fn(TokenKind) -> bool = match first {
            TokenKind::Keyword(Keyword::All) => return self.resource_after_all(),
            TokenKind::Keyword(Keyword::Role) => {
                |kind| kind.is_name() || matches!(kind, TokenKind::QuestionMark | TokenKind::String)
            }
            TokenKind::Keyword(Keyword::Function) => {
                |kind| kind.is_name() || matches!(kind, TokenKind::QuestionMark | TokenKind::Keyword(Keyword::Token))
            }
            TokenKind::Keyword(Keyword::Mbean | Keyword::Mbeans) => |kind| kind == TokenKind::String,
            TokenKind::Keyword(Keyword::Keyspace) => {
                self.advance();
                return self.keyspace_name().map(Resource::Keyspace);
            }
            TokenKind::Keyword(Keyword::Table) => {
                self.advance();
                return self.table_name().map(Resource::Table);
            }
            other if other.is_name() || other == TokenKind::QuestionMark => {
                return self.table_name().map(Resource::Table);
            }
            _ => return self.no_viable(0),
        };
        // These keywords may also name a table.
        match self.peek(1) {
            TokenKind::Dot => return self.table_name().map(Resource::Table),
            other if resource_may_be_followed_by(other) => return self.table_name().map(Resource::Table),
            other if continues(other) => {}
            _ => return self.no_viable(1),
        }
        self.advance();
        match first {
            TokenKind::Keyword(Keyword::Role) => self.role_name().map(Resource::Role),
            TokenKind::Keyword(Keyword::Function) => Ok(Resource::Function {
                name: self.function_name()?,
                arguments: self.argument_types()?,
            }),
            _ => self.expect_text(TokenKind::String).map(Resource::MBean),
        }
    }

    /// ALL of something, or a table of that name.
    fn resource_after_all(&mut self) -> Parse<Resource> {
        let TokenKind::Keyword(what) = self.peek(1) else {
            return match self.peek(1) {
                TokenKind::Dot | TokenKind::Semicolon | TokenKind::End => self.table_name().map(Resource::Table),
                _ => self.no_viable(1),
            };
        };
        match what {
            Keyword::Keyspaces => {
                self.advance();
                self.advance();
                Ok(Resource::AllKeyspaces)
            }
            Keyword::Tables => {
                self.expect_words(&[Keyword::All, Keyword::Tables, Keyword::In, Keyword::Keyspace])?;
                Ok(Resource::AllTables {
                    keyspace: self.keyspace_name()?,
                })
            }
            Keyword::Roles => {
                self.advance();
                self.advance();
                Ok(Resource::AllRoles)
            }
            Keyword::Functions => self.all_functions(),
            Keyword::Mbeans => {
                self.advance();
                self.advance();
                Ok(Resource::AllMBeans)
            }
            _ if resource_may_be_followed_by(TokenKind::Keyword(what)) => self.table_name().map(Resource::Table),
            _ => self.no_viable(1),
        }
    }

    fn all_functions(&mut self) -> Parse<Resource> {
        let in_keyspace = match self.peek(2) {
            TokenKind::Keyword(Keyword::In) => true,
            other if resource_may_be_followed_by(other) => false,
            _ => return self.no_viable(2),
        };
        self.expect_words(&[Keyword::All, Keyword::Functions])?;
        let keyspace = if in_keyspace {
            self.expect_words(&[Keyword::In, Keyword::Keyspace])?;
            Some(self.keyspace_name()?)
        } else {
            None
        };
        Ok(Resource::AllFunctions { keyspace })
    }
}
