//! Types as written to types as they are: user types looked up, what may not be combined refused.
//!
//! Source: Cassandra 5.0, `CQL3Type.Raw`.

use super::PrepareContext;
use crate::cql::QueryError;
use crate::cql::ast::{NativeType, QualifiedName, TypeName};
use crate::data::{CqlType, KeyspaceName, UserType};

impl PrepareContext<'_> {
    /// Resolves a type written in a statement about `keyspace`.
    pub fn resolve_type(&self, name: &TypeName, keyspace: &KeyspaceName) -> Result<CqlType, QueryError> {
        self.resolve(name, name, keyspace)
    }

    /// `shown` is how messages name it.
    fn resolve(&self, name: &TypeName, shown: &TypeName, keyspace: &KeyspaceName) -> Result<CqlType, QueryError> {
        Ok(match name {
            TypeName::Native(native) => native_type(*native),
            TypeName::List(element) => {
                let element = self.element_type(element, keyspace, shown)?;
                CqlType::list(element)
            }
            TypeName::Set(element) => {
                let element = self.element_type(element, keyspace, shown)?;
                refuse_duration(&element, "inside sets", shown)?;
                CqlType::set(element)
            }
            TypeName::Map(key, value) => {
                let key = self.element_type(key, keyspace, shown)?;
                refuse_duration(&key, "as map keys", shown)?;
                CqlType::map(key, self.element_type(value, keyspace, shown)?)
            }
            TypeName::Tuple(fields) => {
                let fields = fields.iter().map(|it| self.resolve_type(it, keyspace));
                let fields = fields.collect::<Result<Vec<_>, _>>()?;
                if fields.contains(&CqlType::Counter) {
                    return Err(QueryError::invalid("Counters are not allowed inside tuples"));
                }
                CqlType::tuple(fields)
            }
            TypeName::Vector { element, dimension } => {
                let positive = u32::try_from(*dimension).ok().filter(|it| *it > 0).ok_or_else(|| {
                    QueryError::invalid(format!("vectors may only have positive dimensions; given {dimension}"))
                })?;
                CqlType::vector(self.resolve_type(element, keyspace)?.freeze(), positive)
            }
            // All that is inside is frozen with it, so that nothing in there is refused for not being so.
            TypeName::Frozen(inner) => self.frozen_type(inner, keyspace)?,
            TypeName::UserType(user_type) => CqlType::UserType(self.user_type(user_type, keyspace)?.into()),
            TypeName::Custom(class) => {
                let (ty, _) =
                    CqlType::parse_class(class).map_err(|error| QueryError::Configuration(error.to_string()))?;
                ty
            }
        })
    }

    fn frozen_type(&self, inner: &TypeName, keyspace: &KeyspaceName) -> Result<CqlType, QueryError> {
        let freeze = |part: &TypeName| -> Box<TypeName> {
            match part {
                TypeName::Native(_) | TypeName::Custom(_) | TypeName::Frozen(_) => Box::new(part.clone()),
                _ => Box::new(TypeName::Frozen(Box::new(part.clone()))),
            }
        };
        let inner = match inner {
            TypeName::List(element) => TypeName::List(freeze(element)),
            TypeName::Set(element) => TypeName::Set(freeze(element)),
            TypeName::Map(key, value) => TypeName::Map(freeze(key), freeze(value)),
            other => other.clone(),
        };
        let shown = TypeName::Frozen(Box::new(inner.clone()));
        Ok(self.resolve(&inner, &shown, keyspace)?.freeze())
    }

    /// An element of the collection `around`, which must be one value.
    fn element_type(
        &self,
        element: &TypeName,
        keyspace: &KeyspaceName,
        around: &TypeName,
    ) -> Result<CqlType, QueryError> {
        let ty = self.resolve_type(element, keyspace)?;
        if ty == CqlType::Counter {
            return Err(QueryError::invalid(format!(
                "Counters are not allowed inside collections: {around}"
            )));
        }
        if ty.is_multi_cell() {
            let what = if ty.is_collection() { "collections" } else { "UDTs" };
            return Err(QueryError::invalid(format!(
                "Non-frozen {what} are not allowed inside collections: {around}"
            )));
        }
        Ok(ty)
    }

    fn user_type(&self, name: &QualifiedName, keyspace: &KeyspaceName) -> Result<UserType, QueryError> {
        if let Some(other) = name.keyspace.as_deref().filter(|it| *it != keyspace.as_str()) {
            return Err(QueryError::invalid(format!(
                "Statement on keyspace {keyspace} cannot refer to a user type in keyspace {other}; \
                 user types can only be used in the keyspace they are defined in"
            )));
        }
        let found = self.schema.keyspace(keyspace).and_then(|it| it.types.get(&name.name));
        let missing = || QueryError::invalid(format!("Unknown type {keyspace}.{}", name.name));
        found.map(|it| UserType::clone(it)).ok_or_else(missing)
    }
}

fn refuse_duration(ty: &CqlType, place: &str, around: &TypeName) -> Result<(), QueryError> {
    match *ty == CqlType::Duration {
        true => Err(QueryError::invalid(format!(
            "Durations are not allowed {place}: {around}"
        ))),
        false => Ok(()),
    }
}

pub(super) fn native_type(native: NativeType) -> CqlType {
    match native {
        NativeType::Ascii => CqlType::Ascii,
        NativeType::Bigint => CqlType::Bigint,
        NativeType::Blob => CqlType::Blob,
        NativeType::Boolean => CqlType::Boolean,
        NativeType::Counter => CqlType::Counter,
        NativeType::Date => CqlType::Date,
        NativeType::Decimal => CqlType::Decimal,
        NativeType::Double => CqlType::Double,
        NativeType::Duration => CqlType::Duration,
        NativeType::Float => CqlType::Float,
        NativeType::Inet => CqlType::Inet,
        NativeType::Int => CqlType::Int,
        NativeType::Smallint => CqlType::Smallint,
        NativeType::Text | NativeType::Varchar => CqlType::Text,
        NativeType::Time => CqlType::Time,
        NativeType::Timestamp => CqlType::Timestamp,
        NativeType::Timeuuid => CqlType::Timeuuid,
        NativeType::Tinyint => CqlType::Tinyint,
        NativeType::Uuid => CqlType::Uuid,
        NativeType::Varint => CqlType::Varint,
    }
}
