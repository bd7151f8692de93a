//! Roles, users, identities and permissions.

use super::super::ast::{AccessStatement, Allowed, Permission, Resource, RoleOptions};
use super::super::error::{Fault, SyntaxError};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

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
    pub(super) fn create_user(&mut self) -> Parse<AccessStatement> {
        self.expect_words(&[Keyword::Create, Keyword::User])?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.user_name()?;
        let mut options = self.user_options()?;
        options.login = Some(true);
        options.superuser.get_or_insert(false);
        Ok(AccessStatement::CreateRole {
            name,
            if_not_exists,
            options,
        })
    }

    pub(super) fn alter_user(&mut self) -> Parse<AccessStatement> {
        self.expect_words(&[Keyword::Alter, Keyword::User])?;
        let if_exists = self.if_exists()?;
        let name = self.user_name()?;
        Ok(AccessStatement::AlterRole {
            name,
            if_exists,
            options: self.user_options()?,
        })
    }

    /// A user's name is taken as it is written, capitals and all.
    fn user_name(&mut self) -> Parse<String> {
        self.plain_name("Quoted strings are are not supported for user names and USER is deprecated, please use ROLE")
    }

    fn identity(&mut self) -> Parse<String> {
        self.plain_name("Quoted strings are are not supported for identity")
    }

    fn plain_name(&mut self, complaint_if_quoted: &str) -> Parse<String> {
        match self.peek(0) {
            TokenKind::Identifier | TokenKind::String => {}
            TokenKind::QuotedName => self.complain(SyntaxError::unplaced(complaint_if_quoted)),
            _ => return self.no_viable(0),
        }
        Ok(self.advance_text().into_owned())
    }

    /// `[WITH [HASHED] PASSWORD 'x'] [SUPERUSER | NOSUPERUSER]`
    fn user_options(&mut self) -> Parse<RoleOptions> {
        let mut options = RoleOptions::default();
        if self.accept_word(Keyword::With) {
            match self.peek(0) {
                TokenKind::Keyword(Keyword::Password) => {
                    self.advance();
                    options.password = Some(self.expect_text(TokenKind::String)?);
                }
                TokenKind::Keyword(Keyword::Hashed) => {
                    self.advance();
                    self.expect_word(Keyword::Password)?;
                    options.hashed_password = Some(self.expect_text(TokenKind::String)?);
                }
                _ => return self.no_viable(0),
            }
        }
        if self.accept_word(Keyword::Superuser) {
            options.superuser = Some(true);
        } else if self.accept_word(Keyword::Nosuperuser) {
            options.superuser = Some(false);
        }
        Ok(options)
    }

    pub(super) fn create_role(&mut self) -> Parse<AccessStatement> {
        self.expect_words(&[Keyword::Create, Keyword::Role])?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.role_name()?;
        Ok(AccessStatement::CreateRole {
            name,
            if_not_exists,
            options: self.role_options()?,
        })
    }

    pub(super) fn alter_role(&mut self) -> Parse<AccessStatement> {
        self.expect_words(&[Keyword::Alter, Keyword::Role])?;
        let if_exists = self.if_exists()?;
        let name = self.role_name()?;
        Ok(AccessStatement::AlterRole {
            name,
            if_exists,
            options: self.role_options()?,
        })
    }

    fn role_options(&mut self) -> Parse<RoleOptions> {
        let mut options = RoleOptions::default();
        if self.accept_word(Keyword::With) {
            self.and_separated(|parser| parser.role_option(&mut options))?;
        }
        if options.password.is_some() && options.hashed_password.is_some() {
            self.complain(SyntaxError::unplaced(
                "Options 'password' and 'hashed password' are mutually exclusive",
            ));
        }
        Ok(options)
    }

    fn role_option(&mut self, options: &mut RoleOptions) -> Parse<()> {
        let TokenKind::Keyword(keyword) = self.peek(0) else {
            return self.no_viable(0);
        };
        match keyword {
            Keyword::Password => {
                self.advance();
                self.expect(TokenKind::Equal)?;
                options.password = Some(self.expect_text(TokenKind::String)?);
            }
            Keyword::Hashed => {
                self.advance();
                self.expect_word(Keyword::Password)?;
                self.expect(TokenKind::Equal)?;
                options.hashed_password = Some(self.expect_text(TokenKind::String)?);
            }
            Keyword::Options => {
                self.advance();
                self.expect(TokenKind::Equal)?;
                options.custom = Some(self.property_map()?);
            }
            Keyword::Superuser => options.superuser = Some(self.flag()?),
            Keyword::Login => options.login = Some(self.flag()?),
            Keyword::Access => self.access_option(options)?,
            _ => return self.no_viable(0),
        }
        Ok(())
    }

    /// `LOGIN = true`
    fn flag(&mut self) -> Parse<bool> {
        self.advance();
        self.expect(TokenKind::Equal)?;
        Ok(self.expect_text(TokenKind::Boolean)?.eq_ignore_ascii_case("true"))
    }

    /// `ACCESS TO DATACENTERS {...}` or `ACCESS FROM CIDRS {...}`, or ALL of either.
    fn access_option(&mut self, options: &mut RoleOptions) -> Parse<()> {
        let (places, allowed) = match self.peek(1) {
            TokenKind::Keyword(Keyword::To) => (Keyword::Datacenters, &mut options.datacenters),
            TokenKind::Keyword(Keyword::From) => (Keyword::Cidrs, &mut options.cidr_groups),
            _ => return self.no_viable(1),
        };
        let third = self.peek(2);
        if third != TokenKind::Keyword(Keyword::All) && third != TokenKind::Keyword(places) {
            return self.no_viable(2);
        }
        self.advance();
        self.advance();
        *allowed = Some(if self.accept_word(Keyword::All) {
            self.expect_word(places)?;
            Allowed::All
        } else {
            self.expect_word(places)?;
            self.expect(TokenKind::LeftBrace)?;
            let names = self.comma_separated(|parser| parser.expect_text(TokenKind::String))?;
            self.expect(TokenKind::RightBrace)?;
            Allowed::Only(names)
        });
        Ok(())
    }

    pub(super) fn drop_access(&mut self, what: Keyword) -> Parse<AccessStatement> {
        self.expect_word(what)?;
        let if_exists = self.if_exists()?;
        Ok(match what {
            Keyword::Identity => AccessStatement::DropIdentity {
                identity: self.identity()?,
                if_exists,
            },
            Keyword::User => AccessStatement::DropRole {
                name: self.user_name()?,
                if_exists,
            },
            _ => AccessStatement::DropRole {
                name: self.role_name()?,
                if_exists,
            },
        })
    }

    pub(super) fn add_identity(&mut self) -> Parse<AccessStatement> {
        self.expect_words(&[Keyword::Add, Keyword::Identity])?;
        let if_not_exists = self.if_not_exists()?;
        let identity = self.identity()?;
        self.expect_words(&[Keyword::To, Keyword::Role])?;
        Ok(AccessStatement::AddIdentity {
            identity,
            role: self.identity()?,
            if_not_exists,
        })
    }

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
                return Err(parser.error(0, Fault::ExpectedOneOf));
            };
            parser.advance();
            parser.accept_word(Keyword::Permission);
            Ok(found)
        })
    }

    /// Those that make sense on the resource, of which there has to be one.
    fn applicable(&mut self, mut permissions: Vec<Permission>, resource: &Resource) -> Vec<Permission> {
        permissions.sort();
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
