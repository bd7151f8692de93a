//! Any value of any type. Elements of collections are quoted where text would be mistaken for something else.

use core::cmp::Ordering;

use uuid::Uuid;

use super::text::{self, Shown};
use super::{number, time};
use crate::base::Arrange;
use crate::data::{CqlType, Value};

/// A column's heading.
pub fn column_name(name: &str) -> Shown {
    text::bare(name)
}

/// A value of a row: `None` is null. Bytes that are no value of the type are shown as such.
pub fn value(ty: &CqlType, bytes: Option<&[u8]>) -> Shown {
    let Some(bytes) = bytes else {
        return Shown::plain("null");
    };
    match ty.decode(bytes) {
        Ok(value) => show(ty, &value, Place::Column, &Style::OF_TABLES),
        Err(_) => Shown::plain(hexadecimal(bytes)),
    }
}

/// A value as COPY writes it.
pub fn exported(ty: &CqlType, bytes: &[u8], style: &Style<'_>) -> String {
    match ty.decode(bytes) {
        Ok(value) => show(ty, &value, Place::Column, style).text,
        Err(_) => hexadecimal(bytes),
    }
}

/// What can be chosen of how values look.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// Significant digits, or so cqlsh intends.
    pub float_digits: i32,
    /// Of a column; within collections floats' count.
    pub double_digits: i32,
    /// What stands for a user type's field that is null.
    pub null: &'a str,
    /// Timestamps end after milliseconds rather than microseconds.
    pub milliseconds: bool,
    /// True and false.
    pub booleans: [&'a str; 2],
}

impl Style<'_> {
    /// cqlsh's `float_precision` and `double_precision` are both 5 unless configured.
    const OF_TABLES: Style<'static> = Style {
        float_digits: 5,
        double_digits: 5,
        null: "null",
        milliseconds: false,
        booleans: ["True", "False"],
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Column,
    Element,
}

fn show(ty: &CqlType, value: &Value, place: Place, style: &Style<'_>) -> Shown {
    let inner = Style {
        double_digits: style.float_digits,
        ..*style
    };
    let element = |ty: &CqlType, at: usize, value: &Value| element(ty, at, value, &inner);
    let quote = |text: String| match place {
        Place::Column => Shown::plain(text),
        Place::Element => Shown::plain(format!("'{text}'")),
    };
    match value {
        // cqlsh asks its driver to tell no bytes from null, and shows nothing for them.
        Value::Empty => Shown::plain(""),
        Value::Ascii(text) | Value::Text(text) => match place {
            Place::Column => text::bare(text),
            Place::Element => text::quoted(text),
        },
        Value::Bigint(number) | Value::Counter(number) => Shown::plain(number.to_string()),
        Value::Int(number) => Shown::plain(number.to_string()),
        Value::Smallint(number) => Shown::plain(number.to_string()),
        Value::Tinyint(number) => Shown::plain(number.to_string()),
        Value::Varint(number) => Shown::plain(number.to_string()),
        Value::Decimal(number) => Shown::plain(number.to_string()),
        Value::Double(number) => Shown::plain(number::float(*number, style.double_digits)),
        Value::Float(number) => Shown::plain(number::float((*number).into(), style.float_digits)),
        Value::Boolean(yes) => Shown::plain(style.booleans[usize::from(!yes)]),
        Value::Blob(bytes) => Shown::plain(hexadecimal(bytes)),
        Value::Timeuuid(id) | Value::Uuid(id) => Shown::plain(id.to_string()),
        Value::Inet(address) => quote(address.to_string()),
        Value::Timestamp(millis) if style.milliseconds => quote(time::timestamp_in_milliseconds(*millis)),
        Value::Timestamp(millis) => quote(time::timestamp(*millis)),
        Value::Date(days) => Shown::plain(time::date(*days)),
        Value::Time(nanos) => Shown::plain(time::time(*nanos)),
        Value::Duration(duration) => Shown::plain(time::duration(duration)),
        Value::List(elements) | Value::Vector(elements) => {
            listed('[', elements.iter().map(|value| element(ty, 0, value)), ']')
        }
        Value::Set(elements) => {
            let mut elements: Vec<&Value> = elements.iter().collect();
            elements.arrange_by(|left, right| python_order(left, right));
            listed('{', elements.into_iter().map(|value| element(ty, 0, value)), '}')
        }
        Value::Map(entries) => {
            let mut entries: Vec<&(Value, Value)> = entries.iter().collect();
            entries.arrange_by(|(left, _), (right, _)| python_order(left, right));
            paired(
                entries
                    .into_iter()
                    .map(|(key, value)| (element(ty, 0, key), element(ty, 1, value))),
            )
        }
        Value::Tuple(fields) => {
            let field = |(at, field): (usize, &Option<Value>)| match field {
                Some(value) => element(ty, at, value),
                // Python's word for it, which cqlsh takes for an address where one is due.
                None => match ty.inner_types().get(at) {
                    Some(CqlType::Inet) => Shown::plain("'None'"),
                    _ => Shown::plain("None"),
                },
            };
            // One written before its type grew lacks the last fields.
            let lacking = ty.inner_types().len().saturating_sub(fields.len());
            let padded = fields.iter().chain(core::iter::repeat_n(&None, lacking));
            listed('(', padded.enumerate().map(field), ')')
        }
        Value::UserType(fields) => {
            let CqlType::UserType(definition) = ty else {
                return Shown::plain("null");
            };
            let named = definition.fields.iter().enumerate().map(|(at, (name, ty))| {
                let field = match fields.get(at) {
                    Some(Some(value)) => show(ty, value, Place::Element, &inner),
                    _ => Shown::plain(style.null),
                };
                (text::bare(name), field)
            });
            paired(named)
        }
    }
}

/// The value in a collection of type `ty` whose `at`-th inner type it has.
fn element(ty: &CqlType, at: usize, value: &Value, style: &Style<'_>) -> Shown {
    match ty.inner_types().get(at) {
        Some(inner) => show(inner, value, Place::Element, style),
        None => show(ty, value, Place::Element, style),
    }
}

/// cqlsh reckons two columns for each element, brackets and separators together. For an empty one that makes none.
fn listed(open: char, elements: impl Iterator<Item = Shown>, close: char) -> Shown {
    let elements: Vec<Shown> = elements.collect();
    let texts: Vec<&str> = elements.iter().map(|element| element.text.as_str()).collect();
    Shown {
        text: format!("{open}{}{close}", texts.join(", ")),
        width: elements.iter().map(|element| element.width + 2).sum(),
    }
}

fn paired(entries: impl Iterator<Item = (Shown, Shown)>) -> Shown {
    let entries: Vec<(Shown, Shown)> = entries.collect();
    let texts: Vec<String> = entries
        .iter()
        .map(|(key, value)| format!("{}: {}", key.text, value.text))
        .collect();
    Shown {
        text: format!("{{{}}}", texts.join(", ")),
        width: entries.iter().map(|(key, value)| key.width + value.width + 4).sum(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::from("0x");
    for byte in bytes {
        text += &format!("{byte:02x}");
    }
    text
}

/// cqlsh sorts what it shows of sets and maps anew, by the order of the Python values.
fn python_order(left: &Value, right: &Value) -> Ordering {
    let as_number = |id: &Uuid| id.as_u128();
    match (left, right) {
        (Value::Timeuuid(left), Value::Timeuuid(right)) => as_number(left).cmp(&as_number(right)),
        (Value::Uuid(left), Value::Uuid(right)) => as_number(left).cmp(&as_number(right)),
        (Value::Inet(left), Value::Inet(right)) => left.to_string().cmp(&right.to_string()),
        // What is no number stands first: nothing is less than it, which the driver takes for its place.
        (Value::Double(left), Value::Double(right)) => right.is_nan().cmp(&left.is_nan()),
        (Value::Float(left), Value::Float(right)) => right.is_nan().cmp(&left.is_nan()),
        // As they come: for the other types Cassandra's order is Python's.
        _ => Ordering::Equal,
    }
}
