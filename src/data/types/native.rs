//! The types that are not made of others, under both their names.

use super::CqlType;

/// What CQL calls a type, and the class that implements it in Cassandra, which is how files name it.
pub struct NativeNames {
    pub cql: &'static str,
    pub class: &'static str,
}

const NATIVE_TYPES: [(CqlType, NativeNames); 21] = [
    named(CqlType::Ascii, "ascii", "AsciiType"),
    named(CqlType::Bigint, "bigint", "LongType"),
    named(CqlType::Blob, "blob", "BytesType"),
    named(CqlType::Boolean, "boolean", "BooleanType"),
    named(CqlType::Counter, "counter", "CounterColumnType"),
    named(CqlType::Date, "date", "SimpleDateType"),
    named(CqlType::Decimal, "decimal", "DecimalType"),
    named(CqlType::Double, "double", "DoubleType"),
    named(CqlType::Duration, "duration", "DurationType"),
    named(CqlType::Empty, "empty", "EmptyType"),
    named(CqlType::Float, "float", "FloatType"),
    named(CqlType::Inet, "inet", "InetAddressType"),
    named(CqlType::Int, "int", "Int32Type"),
    named(CqlType::Smallint, "smallint", "ShortType"),
    named(CqlType::Text, "text", "UTF8Type"),
    named(CqlType::Time, "time", "TimeType"),
    named(CqlType::Timestamp, "timestamp", "TimestampType"),
    named(CqlType::Timeuuid, "timeuuid", "TimeUUIDType"),
    named(CqlType::Tinyint, "tinyint", "ByteType"),
    named(CqlType::Uuid, "uuid", "UUIDType"),
    named(CqlType::Varint, "varint", "IntegerType"),
];

const fn named(ty: CqlType, cql: &'static str, class: &'static str) -> (CqlType, NativeNames) {
    (ty, NativeNames { cql, class })
}

impl CqlType {
    /// The type of this name, in any case. `varchar` is another name of `text`.
    pub fn native(name: &str) -> Option<CqlType> {
        if name.eq_ignore_ascii_case("varchar") {
            return Some(CqlType::Text);
        }
        find(|names| names.cql.eq_ignore_ascii_case(name))
    }

    /// The type that a class without parameters stands for; without its package.
    pub(super) fn native_of_class(class: &str) -> Option<CqlType> {
        find(|names| names.class == class)
    }

    /// The names of a type that is not made of others.
    pub(super) fn native_names(&self) -> Option<NativeNames> {
        NATIVE_TYPES
            .into_iter()
            .find(|(ty, _)| ty == self)
            .map(|(_, names)| names)
    }
}

fn find(fits: impl Fn(&NativeNames) -> bool) -> Option<CqlType> {
    NATIVE_TYPES
        .into_iter()
        .find(|(_, names)| fits(names))
        .map(|(ty, _)| ty)
}
