//! CREATE and DROP of FUNCTION and AGGREGATE. Functions are written in Java, which does not run here: none is ever made, and
//! what follows from that is answered as Cassandra does.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/statements/schema/CreateFunctionStatement` and its neighbours.

use super::PrepareContext;
use crate::cql::QueryError;
use crate::cql::ast::{
    CreateAggregate, CreateFunction, DropFunction, QualifiedName, SchemaStatement, Separated, TypeName,
};
use crate::data::KeyspaceName;
use crate::schema::change::is_local_system_keyspace;
use crate::schema::is_virtual_keyspace;

const ONLY_JAVA: &str =
    "Currently only Java UDFs are available in Cassandra. For more information - CASSANDRA-18252 and CASSANDRA-17281";

impl PrepareContext<'_> {
    /// Nothing is to be done, or cannot be.
    pub(super) fn user_function(&self, statement: &SchemaStatement) -> Result<(), QueryError> {
        match statement {
            SchemaStatement::CreateFunction(it) => Err(self.refuse_function(it)?),
            SchemaStatement::CreateAggregate(it) => Err(self.refuse_aggregate(it)?),
            SchemaStatement::DropFunction(it) => self.missing("Function", it),
            SchemaStatement::DropAggregate(it) => self.missing("Aggregate", it),
            _ => Ok(()),
        }
    }

    /// The keyspace of a function, which users may have functions in.
    fn modifiable(&self, name: &QualifiedName) -> Result<KeyspaceName, QueryError> {
        let keyspace = self.keyspace_of(name)?;
        let kind = match is_virtual_keyspace(&keyspace) {
            true => "Virtual",
            false => "System",
        };
        match is_local_system_keyspace(&keyspace) {
            true => Err(QueryError::invalid(format!(
                "{kind} keyspace '{keyspace}' is not user-modifiable"
            ))),
            false => Ok(keyspace),
        }
    }

    fn refuse_function(&self, statement: &CreateFunction) -> Result<QueryError, QueryError> {
        let keyspace = self.modifiable(&statement.name)?;
        check_replacement(statement.or_replace, statement.if_not_exists)?;
        if !statement.language.eq_ignore_ascii_case("java") {
            return Err(QueryError::invalid(ONLY_JAVA));
        }
        let name = &statement.name.name;
        let names: Vec<&str> = statement.arguments.iter().map(|(name, _)| name.as_str()).collect();
        if (1..names.len()).any(|at| names[..at].contains(&names[at])) {
            return Err(QueryError::invalid(format!(
                "Duplicate argument names for given function {name} with argument names [{}]",
                names.join(", ")
            )));
        }
        for (_, ty) in &statement.arguments {
            refuse_frozen("Argument", ty)?;
        }
        refuse_frozen("Return type", &statement.returns)?;
        self.require_keyspace(&keyspace)?;
        for ty in statement.arguments.iter().map(|(_, ty)| ty).chain([&statement.returns]) {
            self.resolve_type(ty, &keyspace)?;
        }
        Ok(QueryError::invalid(format!(
            "Function '{name}' cannot be made: Ringscope does not run Java, in which functions are written"
        )))
    }

    /// There is no function to be the state function of an aggregate.
    fn refuse_aggregate(&self, statement: &CreateAggregate) -> Result<QueryError, QueryError> {
        let keyspace = self.modifiable(&statement.name)?;
        check_replacement(statement.or_replace, statement.if_not_exists)?;
        for ty in &statement.arguments {
            refuse_frozen("Argument", ty)?;
        }
        refuse_frozen("State type", &statement.state_type)?;
        self.require_keyspace(&keyspace)?;
        for ty in statement.arguments.iter().chain([&statement.state_type]) {
            self.resolve_type(ty, &keyspace)?;
        }
        let types: Vec<&TypeName> = [&statement.state_type]
            .into_iter()
            .chain(&statement.arguments)
            .collect();
        Ok(QueryError::invalid(format!(
            "State function {keyspace}.{}({}) doesn't exist",
            statement.state_function,
            Separated(&types)
        )))
    }

    fn missing(&self, kind: &str, statement: &DropFunction) -> Result<(), QueryError> {
        let keyspace = self.modifiable(&statement.name)?;
        if self.schema.keyspace(&keyspace).is_some() {
            for ty in statement.arguments.iter().flatten() {
                refuse_frozen("Argument", ty)?;
                self.resolve_type(ty, &keyspace)?;
            }
        }
        if statement.if_exists {
            return Ok(());
        }
        let name = &statement.name.name;
        let arguments = statement.arguments.as_ref();
        let arguments = arguments.map_or_else(String::new, |types| format!("({})", Separated(types)));
        Err(QueryError::invalid(format!(
            "{kind} '{keyspace}.{name}{arguments}' doesn't exist"
        )))
    }
}

fn check_replacement(or_replace: bool, if_not_exists: bool) -> Result<(), QueryError> {
    match or_replace && if_not_exists {
        true => Err(QueryError::invalid(
            "Cannot use both 'OR REPLACE' and 'IF NOT EXISTS' directives",
        )),
        false => Ok(()),
    }
}

/// Arguments are frozen of themselves. Tuples are so wherever they stand.
fn refuse_frozen(what: &str, ty: &TypeName) -> Result<(), QueryError> {
    match ty {
        TypeName::Frozen(inner) if !matches!(**inner, TypeName::Tuple(_)) => Err(QueryError::invalid(format!(
            "{what} '{ty}' cannot be frozen; remove frozen<> modifier from '{ty}'"
        ))),
        _ => Ok(()),
    }
}
