//! JSON values as Java's Jackson library has them: what class each is of, and how Java prints it.

use core::fmt;

use indexmap::IndexMap;
use num_bigint::BigInt;

use super::text::java_double;

#[derive(Clone, Debug, PartialEq)]
pub enum JsonValue {
    Null,
    Boolean(bool),
    Integer(BigInt),
    Double(f64),
    String(String),
    List(Vec<JsonValue>),
    Map(IndexMap<String, JsonValue>),
}

impl JsonValue {
    /// The class Java has it in.
    pub fn class(&self) -> &'static str {
        match self {
            JsonValue::Null => "null",
            JsonValue::Boolean(_) => "Boolean",
            JsonValue::Integer(it) if i32::try_from(it).is_ok() => "Integer",
            JsonValue::Integer(it) if i64::try_from(it).is_ok() => "Long",
            JsonValue::Integer(_) => "BigInteger",
            JsonValue::Double(_) => "Double",
            JsonValue::String(_) => "String",
            JsonValue::List(_) => "ArrayList",
            JsonValue::Map(_) => "LinkedHashMap",
        }
    }
}

/// As Java's `toString` has it.
impl fmt::Display for JsonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonValue::Null => f.write_str("null"),
            JsonValue::Boolean(it) => write!(f, "{it}"),
            JsonValue::Integer(it) => write!(f, "{it}"),
            JsonValue::Double(it) => f.write_str(&java_double(*it)),
            JsonValue::String(it) => f.write_str(it),
            JsonValue::List(items) => {
                let items: Vec<String> = items.iter().map(JsonValue::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            JsonValue::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
        }
    }
}
