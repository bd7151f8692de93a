//! The types of CQL and their names.

use core::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::identifier::maybe_quote;

/// The type of a column, field, element or function argument. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CqlType {
    Ascii,
    Bigint,
    Blob,
    Boolean,
    Counter,
    Date,
    Decimal,
    Double,
    Duration,
    /// `empty`: the type of nothing, whose only value has no bytes.
    Empty,
    Float,
    Inet,
    Int,
    Smallint,
    Text,
    Time,
    Timestamp,
    Timeuuid,
    Tinyint,
    Uuid,
    Varint,
    List {
        element: Arc<CqlType>,
        frozen: bool,
    },
    Set {
        element: Arc<CqlType>,
        frozen: bool,
    },
    Map {
        key: Arc<CqlType>,
        value: Arc<CqlType>,
        frozen: bool,
    },
    /// Tuples are always frozen.
    Tuple(Arc<[CqlType]>),
    UserType(Arc<UserType>),
    Vector {
        element: Arc<CqlType>,
        dimension: u32,
    },
    /// A type named by its Java class, whose bytes are compared as they are.
    Custom(Arc<str>),
}

/// A type made by `CREATE TYPE`, as one column uses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserType {
    pub keyspace: String,
    pub name: String,
    pub fields: Vec<(String, CqlType)>,
    /// Whether all fields are written as one cell, rather than each as its own.
    pub frozen: bool,
}

impl CqlType {
    pub fn list(element: CqlType) -> Self {
        CqlType::List {
            element: Arc::new(element),
            frozen: false,
        }
    }

    pub fn set(element: CqlType) -> Self {
        CqlType::Set {
            element: Arc::new(element),
            frozen: false,
        }
    }

    pub fn map(key: CqlType, value: CqlType) -> Self {
        CqlType::Map {
            key: Arc::new(key),
            value: Arc::new(value),
            frozen: false,
        }
    }

    pub fn tuple(fields: impl IntoIterator<Item = CqlType>) -> Self {
        CqlType::Tuple(fields.into_iter().map(|field| field.freeze()).collect())
    }

    pub fn vector(element: CqlType, dimension: u32) -> Self {
        CqlType::Vector {
            element: Arc::new(element),
            dimension,
        }
    }

    pub fn is_collection(&self) -> bool {
        matches!(self, CqlType::List { .. } | CqlType::Set { .. } | CqlType::Map { .. })
    }

    /// How many bytes every value has, for the types whose values all have the same number. Cassandra leaves out some that
    /// could say so (smallint, date, ...); the layout of vectors depends on exactly this list.
    pub fn fixed_length(&self) -> Option<usize> {
        match self {
            CqlType::Empty => Some(0),
            CqlType::Boolean => Some(1),
            CqlType::Float | CqlType::Int => Some(4),
            CqlType::Bigint | CqlType::Double | CqlType::Timestamp => Some(8),
            CqlType::Timeuuid | CqlType::Uuid => Some(16),
            CqlType::Vector { element, dimension } => Some(element.fixed_length()?.saturating_mul(*dimension as usize)),
            _ => None,
        }
    }

    pub fn is_fixed_length(&self) -> bool {
        self.fixed_length().is_some()
    }

    /// Whether no bytes at all are a value like others (an empty text), rather than a relic that means nothing.
    pub fn empty_is_a_value(&self) -> bool {
        matches!(
            self,
            CqlType::Ascii | CqlType::Blob | CqlType::Text | CqlType::Custom(_)
        )
    }

    /// The types directly inside this one.
    pub fn inner_types(&self) -> Vec<&CqlType> {
        match self {
            CqlType::List { element, .. } | CqlType::Set { element, .. } | CqlType::Vector { element, .. } => {
                vec![element]
            }
            CqlType::Map { key, value, .. } => vec![key, value],
            CqlType::Tuple(fields) => fields.iter().collect(),
            CqlType::UserType(definition) => definition.fields.iter().map(|(_, ty)| ty).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the type is, or has anywhere inside it, one that fits.
    pub fn any_type(&self, fits: &impl Fn(&CqlType) -> bool) -> bool {
        fits(self) || self.inner_types().into_iter().any(|inner| inner.any_type(fits))
    }

    /// Whether a value is kept as several cells: collections and user types that are not frozen.
    pub fn is_multi_cell(&self) -> bool {
        match self {
            CqlType::List { frozen, .. } | CqlType::Set { frozen, .. } | CqlType::Map { frozen, .. } => !frozen,
            CqlType::UserType(definition) => !definition.frozen,
            _ => false,
        }
    }

    /// The same type with user types as the tuples they are made of: it does not change when they do.
    pub fn with_tuples(&self) -> CqlType {
        self.replaced(&|ty| match ty {
            CqlType::UserType(definition) => Some(CqlType::tuple(
                definition.fields.iter().map(|(_, field)| field.with_tuples()),
            )),
            _ => None,
        })
    }

    /// The same type with some of the types in it replaced.
    pub fn replaced(&self, replace: &dyn Fn(&CqlType) -> Option<CqlType>) -> CqlType {
        if let Some(other) = replace(self) {
            return other;
        }
        let inner = |ty: &CqlType| Arc::new(ty.replaced(replace));
        match self {
            CqlType::List { element, frozen } => CqlType::List {
                element: inner(element),
                frozen: *frozen,
            },
            CqlType::Set { element, frozen } => CqlType::Set {
                element: inner(element),
                frozen: *frozen,
            },
            CqlType::Map { key, value, frozen } => CqlType::Map {
                key: inner(key),
                value: inner(value),
                frozen: *frozen,
            },
            CqlType::Tuple(fields) => CqlType::Tuple(fields.iter().map(|ty| ty.replaced(replace)).collect()),
            CqlType::UserType(definition) => {
                let field = |(name, ty): &(String, CqlType)| (name.clone(), ty.replaced(replace));
                CqlType::UserType(Arc::new(UserType {
                    fields: definition.fields.iter().map(field).collect(),
                    ..UserType::clone(definition)
                }))
            }
            CqlType::Vector { element, dimension } => CqlType::Vector {
                element: inner(element),
                dimension: *dimension,
            },
            native => native.clone(),
        }
    }

    /// The same type as one cell; collections freeze what is inside them too.
    pub fn freeze(&self) -> CqlType {
        match self {
            CqlType::List { element, frozen: false } => CqlType::List {
                element: Arc::new(element.freeze()),
                frozen: true,
            },
            CqlType::Set { element, frozen: false } => CqlType::Set {
                element: Arc::new(element.freeze()),
                frozen: true,
            },
            CqlType::Map {
                key,
                value,
                frozen: false,
            } => CqlType::Map {
                key: Arc::new(key.freeze()),
                value: Arc::new(value.freeze()),
                frozen: true,
            },
            CqlType::UserType(definition) if !definition.frozen => CqlType::UserType(Arc::new(UserType {
                frozen: true,
                ..(**definition).clone()
            })),
            _ => self.clone(),
        }
    }
}

/// The type as CQL writes it. A frozen type says so at every level, tuples always.
impl fmt::Display for CqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frozen = match self {
            CqlType::List { frozen, .. } | CqlType::Set { frozen, .. } | CqlType::Map { frozen, .. } => *frozen,
            CqlType::UserType(definition) => definition.frozen,
            CqlType::Tuple(_) => true,
            _ => false,
        };
        if frozen {
            f.write_str("frozen<")?;
        }
        match self {
            CqlType::List { element, .. } => write!(f, "list<{element}>")?,
            CqlType::Set { element, .. } => write!(f, "set<{element}>")?,
            CqlType::Map { key, value, .. } => write!(f, "map<{key}, {value}>")?,
            CqlType::Tuple(fields) => {
                f.write_str("tuple<")?;
                for (position, field) in fields.iter().enumerate() {
                    let separator = if position == 0 { "" } else { ", " };
                    write!(f, "{separator}{field}")?;
                }
                f.write_str(">")?;
            }
            CqlType::UserType(definition) => f.write_str(&maybe_quote(&definition.name))?,
            CqlType::Vector { element, dimension } => write!(f, "vector<{element}, {dimension}>")?,
            CqlType::Custom(class) => write!(f, "'{class}'")?,
            native => f.write_str(native.native_names().map_or("", |names| names.cql))?,
        }
        if frozen { f.write_str(">") } else { Ok(()) }
    }
}
