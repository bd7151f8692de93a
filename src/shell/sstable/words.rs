//! Keys, times and sizes in the words of Cassandra's tools.

use bytes::Bytes;

use crate::cql::text;
use crate::data::types::calendar::civil_from_days;
use crate::data::types::layout::split_tuple;
use crate::data::{CqlType, PartitionKey, Value, composite};
use crate::storage::sstable::SerializationHeader;

/// A value as `AbstractType.getString` has it.
pub fn text_of(ty: &CqlType, bytes: &[u8]) -> String {
    let fields: Vec<&CqlType> = match ty {
        CqlType::Tuple(fields) => fields.iter().collect(),
        CqlType::UserType(definition) => definition.fields.iter().map(|(_, ty)| ty).collect(),
        _ => {
            return match ty.decode(bytes) {
                Ok(Value::Empty) => String::new(),
                Ok(value) => text::plain(&value).unwrap_or_else(|| hex(bytes)),
                Err(_) => hex(bytes),
            };
        }
    };
    let Ok(values) = split_tuple(fields.len(), bytes) else {
        return hex(bytes);
    };
    let field = |(ty, value): (&&CqlType, &Option<&[u8]>)| match value {
        None => "@".to_owned(),
        Some(value) => text_of(ty, value).replace(':', "\\:").replace('@', "\\@"),
    };
    fields.iter().zip(&values).map(field).collect::<Vec<_>>().join(":")
}

/// A value as `AbstractType.toJSONString` has it.
pub fn json_of(ty: &CqlType, bytes: &[u8]) -> String {
    // What a counter holds is its shards; Cassandra takes their first bytes for a number.
    if *ty == CqlType::Counter {
        return match bytes.first_chunk() {
            Some(first) => i64::from_be_bytes(*first).to_string(),
            None => "\"\"".to_owned(),
        };
    }
    match ty.decode(bytes) {
        Ok(value) => text::json(ty, &value),
        Err(_) => text::quoted(&hex(bytes)),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The columns of a partition key, each as text.
pub fn key_parts(header: &SerializationHeader, key: &PartitionKey) -> Vec<String> {
    let classes = header.key_classes();
    let whole = || vec![key.0.clone()];
    let values: Vec<Bytes> = composite::split_key(&key.0, classes.len()).unwrap_or_else(whole);
    let part = |(class, value): (&&str, &Bytes)| match CqlType::parse_class(class) {
        Ok((ty, _)) => text_of(&ty, value),
        Err(_) => hex(value),
    };
    classes.iter().zip(&values).map(part).collect()
}

/// A partition key in one text: columns have colons between them.
pub fn key_text(header: &SerializationHeader, key: &PartitionKey) -> String {
    match key_parts(header, key).as_slice() {
        [only] => only.clone(),
        several => {
            let escaped: Vec<String> = several.iter().map(|part| part.replace(':', "\\:")).collect();
            escaped.join(":")
        }
    }
}

/// `MM/dd/yyyy HH:mm:ss`; nothing for 0.
pub fn date(seconds: i64, zero_is_none: bool) -> Option<String> {
    if seconds == 0 && zero_is_none {
        return None;
    }
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    Some(format!(
        "{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}"
    ))
}

/// As Java's `Instant` writes itself: seconds, then the fraction in groups of three digits, if there is one.
pub fn instant(micros: i64) -> String {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let fraction = match fraction {
        0 => String::new(),
        _ if fraction % 1000 == 0 => format!(".{:03}", fraction / 1000),
        _ => format!(".{fraction:06}"),
    };
    let year = match year {
        0..=9999 => format!("{year:04}"),
        10_000.. => format!("+{year}"),
        _ => format!("-{:04}", -year),
    };
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// `3472 days 5 hours 20 minutes`; nothing for 0. `DurationFormatUtils.formatDurationWords`.
pub fn duration_words(seconds: i64) -> Option<String> {
    if seconds == 0 {
        return None;
    }
    if seconds == i64::from(i32::MAX) {
        return Some("never".to_owned());
    }
    let parts = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let first = parts.iter().position(|(count, _)| *count != 0)?;
    let last = parts.iter().rposition(|(count, _)| *count != 0)?;
    let word = |(count, unit): &(i64, &str)| match count {
        1 => format!("{count} {unit}"),
        _ => format!("{count} {unit}s"),
    };
    Some(parts[first..=last].iter().map(word).collect::<Vec<_>>().join(" "))
}

/// `29 B`, `1.2 kB`; nothing for 0.
pub fn size(bytes: i64) -> Option<String> {
    const UNITS: [char; 5] = ['k', 'M', 'G', 'T', 'P'];
    match bytes {
        0 => None,
        ..1024 => Some(format!("{bytes} B")),
        _ => {
            let power = (63 - bytes.leading_zeros()) / 10;
            let unit = UNITS.get(power as usize - 1).copied().unwrap_or('E');
            Some(format!("{:.1} {unit}B", bytes as f64 / (1u64 << (10 * power)) as f64))
        }
    }
}

/// `947B`, `29.306KiB`. `FBUtilities.prettyPrintMemory`.
pub fn memory(bytes: u64) -> String {
    const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];
    let power = (63 - (bytes | 1).leading_zeros()) / 10;
    match power.checked_sub(1).and_then(|at| UNITS.get(at as usize)) {
        None => format!("{bytes}B"),
        Some(unit) => format!("{:.3}{unit}iB", bytes as f64 / (1u64 << (10 * power)) as f64),
    }
}
