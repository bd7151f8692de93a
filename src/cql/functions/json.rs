//! JSON to values and back: `from_json`, `to_json`, INSERT JSON, SELECT JSON.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/Json` and `fromJSONObject` of each type.

use bytes::Bytes;
use indexmap::IndexMap;
use num_bigint::BigInt;

use super::json_parser::{parse, parse_object};
use super::json_value::JsonValue;
use super::text;
use crate::base::Arrange;
use crate::cql::QueryError;
use crate::data::types::layout::{join_collection, join_tuple, join_vector};
use crate::data::{ColumnName, CqlType, UserType, Value};

/// The document of an INSERT JSON, by column.
#[derive(Clone, Debug, Default)]
pub struct JsonDocument(Vec<(ColumnName, Option<Bytes>)>);

impl JsonDocument {
    /// Reads a document for a table of these columns.
    pub fn parse<'a>(
        text: &str,
        columns: impl IntoIterator<Item = (&'a ColumnName, &'a CqlType)>,
    ) -> Result<JsonDocument, QueryError> {
        let entries = parse_object(text).map_err(|error| {
            QueryError::invalid(format!(
                "Could not decode JSON string as a map: {error}. (String was: {text})"
            ))
        })?;
        let entries = entries.ok_or_else(|| QueryError::invalid("Got null for INSERT JSON values"))?;
        let mut entries = with_plain_names(entries);
        let mut values = Vec::new();
        for (name, ty) in columns {
            let Some(value) = entries.shift_remove(name.as_str()) else {
                continue;
            };
            let value = match value {
                JsonValue::Null => None,
                value => Some(from_value(ty, value).map_err(|why| refused(name, ty, &why))?),
            };
            values.push((name.clone(), value));
        }
        match entries.keys().next() {
            Some(name) => Err(QueryError::invalid(format!(
                "JSON values map contains unrecognized column: {name}"
            ))),
            None => Ok(JsonDocument(values)),
        }
    }

    /// The value of a column, which may be null; `None` if the document does not name it.
    pub fn get(&self, column: &str) -> Option<&Option<Bytes>> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == column);
        found.map(|(_, value)| value)
    }
}

/// A duration that cannot be read is complained of in an exception of its own, which nobody adds the column to.
fn refused(name: &ColumnName, ty: &CqlType, why: &str) -> QueryError {
    let is_plain = ty.any_type(&|it| *it == CqlType::Duration) && why.starts_with("Unable to convert '");
    QueryError::invalid(match is_plain {
        true => why.to_string(),
        false => format!("Error decoding JSON value for {name}: {why}"),
    })
}

/// Names in double quotes keep their case, others are folded to lower case.
fn with_plain_names(mut entries: IndexMap<String, JsonValue>) -> IndexMap<String, JsonValue> {
    let names: Vec<String> = entries.keys().cloned().collect();
    for name in names {
        let plain = match name.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            Some(quoted) => quoted.to_string(),
            None => name.to_lowercase(),
        };
        if plain != name
            && let Some(value) = entries.shift_remove(&name)
        {
            entries.insert(plain, value);
        }
    }
    entries
}

/// `from_json`
pub fn from_json(ty: &CqlType, document: &Bytes) -> Result<Option<Bytes>, QueryError> {
    let text = String::from_utf8_lossy(document);
    let failed = |message: String| QueryError::FunctionFailure {
        message,
        function: "from_json".into(),
        argument_types: vec!["text".into()],
    };
    let value = parse(&text).map_err(|error| {
        let why = format!("Could not decode JSON string '{text}': {error}");
        failed(format!("execution of 'system.from_json[text]' failed: {why}"))
    })?;
    match value {
        JsonValue::Null => Ok(None),
        value => from_value(ty, value)
            .map(Some)
            .map_err(|why| failed(format!("org.apache.cassandra.serializers.MarshalException: {why}"))),
    }
}

/// A value that is not null as one of a type, or why it is none.
fn from_value(ty: &CqlType, value: JsonValue) -> Result<Bytes, String> {
    let from_text = |text: &str| {
        // Of an empty text every type makes a value without bytes, whether or not it has one.
        let bytes = ty.from_string(text).map_err(|error| error.to_string())?;
        if !bytes.is_empty() {
            ty.validate(&bytes).map_err(|error| error.to_string())?;
        }
        Ok(bytes)
    };
    let expected = |what: &str| Err(format!("Expected {what}, but got a {}: {value}", value.class()));
    match (ty, &value) {
        (CqlType::List { .. } | CqlType::Set { .. } | CqlType::Map { .. }, _)
        | (CqlType::Tuple(_) | CqlType::UserType(_) | CqlType::Vector { .. }, _) => from_structure(ty, value),
        (CqlType::Decimal, _) => from_text(&value.to_string())
            .map_err(|_: String| format!("Value '{value}' is not a valid representation of a decimal value")),
        (CqlType::Varint, _) => match value.to_string().parse::<BigInt>() {
            Ok(number) => Ok(Value::Varint(number).encode()),
            Err(_) => Err(format!(
                "Value '{value}' is not a valid representation of a varint value"
            )),
        },
        (CqlType::Blob | CqlType::Custom(_), JsonValue::String(text)) => {
            let invalid = |why: &str| format!("Value '{text}' is not a valid blob representation: {why}");
            let digits = text
                .strip_prefix("0x")
                .ok_or_else(|| invalid(&format!("String representation of blob is missing 0x prefix: {text}")))?;
            ty.from_string(digits).map_err(|error| invalid(&error.to_string()))
        }
        (CqlType::Blob | CqlType::Custom(_), _) => Err(format!(
            "Value '{value}' is not a valid blob representation: {}",
            class_cast(&value)
        )),
        (_, JsonValue::String(text)) => from_text(text),
        (CqlType::Tinyint | CqlType::Smallint, JsonValue::Integer(_) | JsonValue::Double(_)) => {
            from_text(&value.to_string())
        }
        (CqlType::Tinyint, _) => expected("a byte value"),
        (CqlType::Smallint, _) => expected("a short value"),
        (CqlType::Int, JsonValue::Integer(number)) => match i32::try_from(number) {
            Ok(number) => Ok(Value::Int(number).encode()),
            Err(_) => expected("an int value"),
        },
        (CqlType::Int, _) => expected("an int value"),
        (CqlType::Bigint | CqlType::Counter, JsonValue::Integer(number)) => match i64::try_from(number) {
            Ok(number) => Ok(Value::Bigint(number).encode()),
            Err(_) => expected("a bigint value"),
        },
        (CqlType::Bigint | CqlType::Counter, _) => expected("a bigint value"),
        (CqlType::Double, JsonValue::Integer(_) | JsonValue::Double(_)) => {
            let number = value.to_string().parse().unwrap_or(f64::NAN);
            Ok(Value::Double(number).encode())
        }
        (CqlType::Double, _) => expected("a double value"),
        (CqlType::Float, JsonValue::Integer(number)) => {
            let number = number.to_string().parse().unwrap_or(f32::NAN);
            Ok(Value::Float(number).encode())
        }
        (CqlType::Float, JsonValue::Double(number)) => Ok(Value::Float(*number as f32).encode()),
        (CqlType::Float, _) => expected("a float value"),
        (CqlType::Boolean, JsonValue::Boolean(it)) => Ok(Value::Boolean(*it).encode()),
        (CqlType::Boolean, _) => expected("a boolean value"),
        (CqlType::Timestamp, JsonValue::Integer(number)) if value.class() == "Long" => {
            let millis = i64::try_from(number).unwrap_or_default();
            Ok(Value::Timestamp(millis).encode())
        }
        (CqlType::Timestamp, _) => expected("a long or a datestring representation of a timestamp value"),
        (CqlType::Ascii, _) => expected("an ascii string"),
        (CqlType::Text, _) => expected("a UTF-8 string"),
        (CqlType::Uuid, _) => expected("a string representation of a uuid"),
        (CqlType::Timeuuid, _) => expected("a string representation of a timeuuid"),
        (CqlType::Inet, _) => expected("a string representation of an inet value"),
        (CqlType::Date, _) => expected("a string representation of a date value"),
        (CqlType::Time, _) => expected("a string representation of a time value"),
        (CqlType::Duration, _) => expected("a string representation of a duration"),
        (CqlType::Empty, _) => Err(format!("Expected an empty string, but got: {value}")),
    }
}

/// What Java says of a value that is no string.
fn class_cast(value: &JsonValue) -> String {
    let class = match value {
        JsonValue::List(_) | JsonValue::Map(_) => format!("java.util.{}", value.class()),
        JsonValue::Integer(_) if value.class() == "BigInteger" => "java.math.BigInteger".to_string(),
        _ => format!("java.lang.{}", value.class()),
    };
    format!(
        "class {class} cannot be cast to class java.lang.String ({class} and java.lang.String are in module java.base of \
         loader 'bootstrap')"
    )
}

/// A value of several, which a string may hold as JSON of its own.
fn from_structure(ty: &CqlType, value: JsonValue) -> Result<Bytes, String> {
    let value = match value {
        JsonValue::String(text) => {
            parse(&text).map_err(|error| format!("Error decoding JSON string: {}", error.message))?
        }
        value => value,
    };
    let wrong = |what: &str| Err(format!("Expected {what}, but got a {}: {value}", value.class()));
    match (ty, &value) {
        (CqlType::List { element, .. }, JsonValue::List(items)) => {
            let items = elements(element, items, "list")?;
            Ok(join_collection(items.len(), items.iter().map(|it| &**it)))
        }
        (CqlType::List { .. }, _) => wrong("a list"),
        (CqlType::Set { element, .. }, JsonValue::List(items)) => {
            let mut items = elements(element, items, "set")?;
            items.arrange_by(|a, b| element.compare(a, b));
            items.dedup();
            Ok(join_collection(items.len(), items.iter().map(|it| &**it)))
        }
        (CqlType::Set { .. }, _) => wrong("a list (representing a set)"),
        (CqlType::Map { key, value: of, .. }, JsonValue::Map(entries)) => {
            let mut pairs = Vec::new();
            for (name, value) in entries {
                if *value == JsonValue::Null {
                    return Err("Invalid null value in map".to_string());
                }
                let name = from_value(key, JsonValue::String(name.clone()))?;
                pairs.push((name, from_value(of, value.clone())?));
            }
            pairs.arrange_by(|(a, _), (b, _)| key.compare(a, b));
            pairs.dedup_by(|(a, _), (b, _)| a == b);
            Ok(join_collection(
                pairs.len(),
                pairs.iter().flat_map(|(key, value)| [&**key, &**value]),
            ))
        }
        (CqlType::Map { .. } | CqlType::UserType(_), JsonValue::List(_)) => wrong("a map"),
        (CqlType::Vector { element, dimension }, JsonValue::List(items)) => {
            if items.len() != *dimension as usize {
                return Err(format!(
                    "List had incorrect size: expected {dimension} but given {}; {value}",
                    items.len()
                ));
            }
            let items = elements(element, items, "list")?;
            Ok(join_vector(element.is_fixed_length(), items.iter().map(|it| &**it)))
        }
        (CqlType::Vector { .. }, _) => wrong("a list"),
        (CqlType::Tuple(types), JsonValue::List(items)) => {
            if items.len() != types.len() {
                let how = if items.len() > types.len() {
                    "contains extra"
                } else {
                    "is missing"
                };
                return Err(format!("Tuple {how} items (expected {}): {value}", types.len()));
            }
            let fields = types.iter().zip(items).map(|(ty, item)| field(ty, item));
            let fields = fields.collect::<Result<Vec<_>, _>>()?;
            Ok(join_tuple(fields.iter().map(Option::as_deref)))
        }
        (CqlType::Tuple(_), _) => wrong("a list representation of a tuple"),
        (CqlType::UserType(user_type), JsonValue::Map(entries)) => from_fields(user_type, entries.clone()),
        _ => wrong("a map"),
    }
}

fn elements(ty: &CqlType, items: &[JsonValue], kind: &str) -> Result<Vec<Bytes>, String> {
    let element = |item: &JsonValue| match item {
        JsonValue::Null => Err(format!("Invalid null element in {kind}")),
        item => from_value(ty, item.clone()),
    };
    items.iter().map(element).collect()
}

fn field(ty: &CqlType, value: &JsonValue) -> Result<Option<Bytes>, String> {
    match value {
        JsonValue::Null => Ok(None),
        value => from_value(ty, value.clone()).map(Some),
    }
}

fn from_fields(user_type: &UserType, entries: IndexMap<String, JsonValue>) -> Result<Bytes, String> {
    let entries = with_plain_names(entries);
    let mut fields = Vec::new();
    for (name, ty) in &user_type.fields {
        fields.push(match entries.get(name) {
            None => None,
            Some(value) => field(ty, value)?,
        });
    }
    let is_known = |name: &&String| user_type.fields.iter().any(|(it, _)| it == *name);
    match entries.keys().find(|name| !is_known(name)) {
        Some(unknown) => Err(format!(
            "Unknown field '{unknown}' in value of user defined type {}",
            user_type.name
        )),
        None => Ok(join_tuple(fields.iter().map(Option::as_deref))),
    }
}

/// A row as SELECT JSON shows it: each column's name, type and value.
pub fn to_json<'a>(
    columns: impl IntoIterator<Item = (&'a str, &'a CqlType, &'a Option<Bytes>)>,
) -> Result<Bytes, QueryError> {
    let mut entries = Vec::new();
    for (name, ty, value) in columns {
        let value = match value {
            None => "null".to_string(),
            Some(bytes) => text::json(ty, &ty.decode(bytes)?),
        };
        entries.push(format!("{}: {value}", text::quoted(&text::json_name(name))));
    }
    Ok(Bytes::from(format!("{{{}}}", entries.join(", "))))
}
