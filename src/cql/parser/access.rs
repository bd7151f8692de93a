//! Roles, users and identities.

use super::super::ast::{AccessStatement, Allowed, RoleOptions};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

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
}
