//! Which statement it is, as its first words tell, and the statements that are little more than those.

use super::super::ast::{AlterKeyspace, CreateKeyspace, SchemaStatement, Statement};
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};

impl Parser<'_> {
    /// A statement and nothing but semicolons after it.
    pub(super) fn whole_statement(&mut self) -> Parse<Statement> {
        let statement = self.statement()?;
        while self.accept(TokenKind::Semicolon) {}
        self.expect(TokenKind::End)?;
        Ok(statement)
    }

    fn statement(&mut self) -> Parse<Statement> {
        let TokenKind::Keyword(first) = self.peek(0) else {
            return self.no_viable(0);
        };
        match first {
            Keyword::Select => self.select().map(Statement::Select),
            Keyword::Insert => self.insert().map(Statement::Modification),
            Keyword::Update => self.update().map(Statement::Modification),
            Keyword::Delete => self.delete().map(Statement::Modification),
            Keyword::Begin => self.batch().map(Statement::Batch),
            Keyword::Use => {
                self.advance();
                self.keyspace_name().map(Statement::Use)
            }
            Keyword::Truncate => {
                self.advance();
                self.accept_word(Keyword::Table);
                self.table_name().map(Statement::Truncate)
            }
            Keyword::Create => self.create(),
            Keyword::Alter => self.alter(),
            Keyword::Drop => self.drop_statement(),
            Keyword::Grant => self.grant().map(Statement::Access),
            Keyword::Revoke => self.revoke().map(Statement::Access),
            Keyword::List => self.list_statement().map(Statement::Access),
            Keyword::Add => self.add_identity().map(Statement::Access),
            Keyword::Desc | Keyword::Describe => self.describe().map(Statement::Describe),
            _ => self.no_viable(0),
        }
    }

    fn create(&mut self) -> Parse<Statement> {
        let TokenKind::Keyword(mut what) = self.peek(1) else {
            return self.no_viable(1);
        };
        if what == Keyword::Or {
            if self.peek(2) != TokenKind::Keyword(Keyword::Replace) {
                return self.no_viable(2);
            }
            what = match self.peek(3) {
                TokenKind::Keyword(what @ (Keyword::Function | Keyword::Aggregate)) => what,
                _ => return self.no_viable(3),
            };
        }
        let create: fn(&mut Self) -> Parse<SchemaStatement> = match what {
            Keyword::Keyspace => Self::create_keyspace,
            Keyword::Table => |parser| parser.create_table().map(SchemaStatement::CreateTable),
            Keyword::Type => |parser| parser.create_type().map(SchemaStatement::CreateType),
            Keyword::Custom | Keyword::Index => |parser| parser.create_index().map(SchemaStatement::CreateIndex),
            Keyword::Materialized => |parser| parser.create_view().map(SchemaStatement::CreateView),
            Keyword::Function => |parser| parser.create_function().map(SchemaStatement::CreateFunction),
            Keyword::Aggregate => |parser| parser.create_aggregate().map(SchemaStatement::CreateAggregate),
            Keyword::Trigger => |parser| parser.create_trigger().map(SchemaStatement::CreateTrigger),
            Keyword::Role => return self.create_role().map(Statement::Access),
            Keyword::User => return self.create_user().map(Statement::Access),
            _ => return self.no_viable(1),
        };
        self.advance();
        create(self).map(Statement::Schema)
    }

    fn alter(&mut self) -> Parse<Statement> {
        let TokenKind::Keyword(what) = self.peek(1) else {
            return self.no_viable(1);
        };
        let alter: fn(&mut Self) -> Parse<SchemaStatement> = match what {
            Keyword::Keyspace => Self::alter_keyspace,
            Keyword::Table => |parser| parser.alter_table().map(SchemaStatement::AlterTable),
            Keyword::Type => |parser| parser.alter_type().map(SchemaStatement::AlterType),
            Keyword::Materialized => |parser| parser.alter_view().map(SchemaStatement::AlterView),
            Keyword::Role => return self.alter_role().map(Statement::Access),
            Keyword::User => return self.alter_user().map(Statement::Access),
            _ => return self.no_viable(1),
        };
        self.advance();
        alter(self).map(Statement::Schema)
    }

    fn drop_statement(&mut self) -> Parse<Statement> {
        let TokenKind::Keyword(what) = self.peek(1) else {
            return self.no_viable(1);
        };
        let drop: fn(&mut Self) -> Parse<SchemaStatement> = match what {
            Keyword::Keyspace => |parser| {
                parser.expect_word(Keyword::Keyspace)?;
                let if_exists = parser.if_exists()?;
                let name = parser.keyspace_name()?;
                Ok(SchemaStatement::DropKeyspace { name, if_exists })
            },
            Keyword::Table => |parser| {
                parser.expect_word(Keyword::Table)?;
                let if_exists = parser.if_exists()?;
                let name = parser.table_name()?;
                Ok(SchemaStatement::DropTable { name, if_exists })
            },
            Keyword::Type => |parser| {
                parser.expect_word(Keyword::Type)?;
                let if_exists = parser.if_exists()?;
                let name = parser.user_type_name()?;
                Ok(SchemaStatement::DropType { name, if_exists })
            },
            Keyword::Index => |parser| {
                parser.expect_word(Keyword::Index)?;
                let if_exists = parser.if_exists()?;
                let name = parser.index_name()?;
                Ok(SchemaStatement::DropIndex { name, if_exists })
            },
            Keyword::Materialized => |parser| {
                parser.expect_words(&[Keyword::Materialized, Keyword::View])?;
                let if_exists = parser.if_exists()?;
                let name = parser.table_name()?;
                Ok(SchemaStatement::DropView { name, if_exists })
            },
            Keyword::Function => |parser| {
                parser.expect_word(Keyword::Function)?;
                parser.drop_function().map(SchemaStatement::DropFunction)
            },
            Keyword::Aggregate => |parser| {
                parser.expect_word(Keyword::Aggregate)?;
                parser.drop_function().map(SchemaStatement::DropAggregate)
            },
            Keyword::Trigger => |parser| parser.drop_trigger().map(SchemaStatement::DropTrigger),
            Keyword::Role | Keyword::User | Keyword::Identity => {
                self.advance();
                return self.drop_access(what).map(Statement::Access);
            }
            _ => return self.no_viable(1),
        };
        self.advance();
        drop(self).map(Statement::Schema)
    }

    fn create_keyspace(&mut self) -> Parse<SchemaStatement> {
        self.expect_word(Keyword::Keyspace)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.keyspace_name()?;
        self.expect_word(Keyword::With)?;
        Ok(SchemaStatement::CreateKeyspace(CreateKeyspace {
            name,
            if_not_exists,
            properties: self.properties()?,
        }))
    }

    fn alter_keyspace(&mut self) -> Parse<SchemaStatement> {
        self.expect_word(Keyword::Keyspace)?;
        let if_exists = self.if_exists()?;
        let name = self.keyspace_name()?;
        self.expect_word(Keyword::With)?;
        Ok(SchemaStatement::AlterKeyspace(AlterKeyspace {
            name,
            if_exists,
            properties: self.properties()?,
        }))
    }
}
