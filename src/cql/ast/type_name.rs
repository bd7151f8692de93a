//! Types as they were written.

use core::fmt;

use super::QualifiedName;
use super::term::Separated;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NativeType {
    Ascii,
    Bigint,
    Blob,
    Boolean,
    Counter,
    Date,
    Decimal,
    Double,
    Duration,
    Float,
    Inet,
    Int,
    Smallint,
    Text,
    /// Another name of `text`, which messages repeat.
    Varchar,
    Time,
    Timestamp,
    Timeuuid,
    Tinyint,
    Uuid,
    Varint,
}

/// A type before its user types are looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeName {
    Native(NativeType),
    List(Box<TypeName>),
    Set(Box<TypeName>),
    Map(Box<TypeName>, Box<TypeName>),
    Tuple(Vec<TypeName>),
    Vector {
        element: Box<TypeName>,
        dimension: i32,
    },
    Frozen(Box<TypeName>),
    UserType(QualifiedName),
    /// A type by the Java class that marshals it: `'org.apache.cassandra.db.marshal.DynamicCompositeType'`.
    Custom(String),
}

impl TypeName {
    /// Whether `frozen<>` around it means something.
    pub fn supports_freezing(&self) -> bool {
        !matches!(self, TypeName::Native(_) | TypeName::Custom(_))
    }
}

impl fmt::Display for NativeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NativeType::Ascii => "ascii",
            NativeType::Bigint => "bigint",
            NativeType::Blob => "blob",
            NativeType::Boolean => "boolean",
            NativeType::Counter => "counter",
            NativeType::Date => "date",
            NativeType::Decimal => "decimal",
            NativeType::Double => "double",
            NativeType::Duration => "duration",
            NativeType::Float => "float",
            NativeType::Inet => "inet",
            NativeType::Int => "int",
            NativeType::Smallint => "smallint",
            NativeType::Text => "text",
            NativeType::Varchar => "varchar",
            NativeType::Time => "time",
            NativeType::Timestamp => "timestamp",
            NativeType::Timeuuid => "timeuuid",
            NativeType::Tinyint => "tinyint",
            NativeType::Uuid => "uuid",
            NativeType::Varint => "varint",
        })
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeName::Native(native) => write!(f, "{native}"),
            TypeName::List(element) => write!(f, "list<{element}>"),
            TypeName::Set(element) => write!(f, "set<{element}>"),
            TypeName::Map(key, value) => write!(f, "map<{key}, {value}>"),
            TypeName::Tuple(elements) => write!(f, "tuple<{}>", Separated(elements)),
            TypeName::Vector { element, dimension } => write!(f, "vector<{element}, {dimension}>"),
            TypeName::Frozen(inner) => write!(f, "frozen<{inner}>"),
            TypeName::UserType(name) => write!(f, "{name}"),
            TypeName::Custom(class) => write!(f, "'{class}'"),
        }
    }
}
