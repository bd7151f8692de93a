//! `CAST(value AS type)`.
//!
//! Source of what can be cast: Cassandra 5.0, `cql3/functions/CastFcts`.

use bytes::Bytes;

use super::number::{NUMERIC, convert, is_numeric};
use super::overload::Signature;
use super::{Body, conversion, text};
use crate::cql::QueryError;
use crate::data::{CqlType, Value};

fn can_cast(from: &CqlType, to: &CqlType) -> bool {
    use CqlType::{Ascii, Boolean, Date, Inet, Text, Time, Timestamp, Timeuuid, Uuid};
    match (from, to) {
        _ if from == to => true,
        (from, CqlType::Counter) if is_numeric(from) => false,
        (from, to) if is_numeric(from) => is_numeric(to) || matches!(to, Ascii | Text),
        (Timeuuid, Timestamp | Date) | (Timestamp, Date) | (Date, Timestamp) | (Ascii, Text) => true,
        (Boolean | Timeuuid | Timestamp | Date | Time | Uuid | Inet, Ascii | Text) => true,
        _ => false,
    }
}

/// The casts to a type, one from each that there is one from; none at all if nothing is cast to it.
pub fn overloads(to: &CqlType) -> Vec<Signature> {
    use CqlType::{Ascii, Boolean, Date, Inet, Time, Timestamp, Timeuuid, Uuid};
    let others = [Ascii, Boolean, Date, Inet, Time, Timestamp, Timeuuid, Uuid];
    let from = NUMERIC.into_iter().chain(others);
    from.filter(|from| from != to && can_cast(from, to))
        .map(|from| Signature::new(vec![from], to.clone(), Body::Cast))
        .collect()
}

pub fn run(from: &CqlType, to: &CqlType, value: &Bytes) -> Result<Option<Bytes>, QueryError> {
    if from == to {
        return Ok(Some(value.clone()));
    }
    let decoded = from.decode(value)?;
    if decoded == Value::Empty {
        return Ok(None);
    }
    if matches!(to, CqlType::Ascii | CqlType::Text) {
        return Ok(text::plain(&decoded).map(Bytes::from));
    }
    if is_numeric(from) {
        return Ok(convert(&decoded, to).map(|number| number.encode()));
    }
    conversion::between(from, to, value).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(value: Value, from: CqlType, to: CqlType) -> Value {
        let bytes = run(&from, &to, &value.encode()).unwrap().unwrap();
        to.decode(&bytes).unwrap()
    }

    #[test]
    fn numbers_are_cut_as_java_cuts_them() {
        let long = Value::Bigint(9_000_000_000);
        assert_eq!(cast(long, CqlType::Bigint, CqlType::Int), Value::Int(410_065_408));
        assert_eq!(cast(Value::Double(2.5), CqlType::Double, CqlType::Int), Value::Int(2));
        assert_eq!(
            cast(Value::Double(1e20), CqlType::Double, CqlType::Int),
            Value::Int(i32::MAX)
        );
        assert_eq!(
            cast(Value::Int(300), CqlType::Int, CqlType::Tinyint),
            Value::Tinyint(44)
        );
    }
}
