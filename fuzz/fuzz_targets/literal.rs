//! Any text as the name of a type, and as a constant of each native one. What is read is shown, and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::data::{CqlDuration, CqlType, Decimal, LiteralKind};

const TYPES: [CqlType; 12] = [
    CqlType::Timestamp,
    CqlType::Date,
    CqlType::Time,
    CqlType::Duration,
    CqlType::Inet,
    CqlType::Uuid,
    CqlType::Timeuuid,
    CqlType::Varint,
    CqlType::Decimal,
    CqlType::Double,
    CqlType::Blob,
    CqlType::Bigint,
];

const KINDS: [LiteralKind; 7] = [
    LiteralKind::String,
    LiteralKind::Integer,
    LiteralKind::Float,
    LiteralKind::Boolean,
    LiteralKind::Uuid,
    LiteralKind::Hex,
    LiteralKind::Duration,
];

fuzz_target!(|text: &str| {
    let _ = CqlType::parse(text, |_| None);
    if let Ok((ty, _)) = CqlType::parse_class(text) {
        let _ = ty.to_string();
    }
    let _ = Decimal::parse(text);
    if let Ok(duration) = CqlDuration::parse(text) {
        // None at all is shown as nothing, as Cassandra's is.
        let shown = duration.to_string();
        assert!(
            shown.is_empty() || CqlDuration::parse(&shown).ok() == Some(duration),
            "{shown}"
        );
    }
    for ty in &TYPES {
        for kind in KINDS {
            if ty.accepts(kind)
                && let Ok(bytes) = ty.from_literal(kind, text)
            {
                assert!(ty.decode(&bytes).is_ok(), "{ty:?} of {text}");
            }
        }
        if let Ok(bytes) = ty.from_string(text) {
            // Of no text no bytes are made, whether or not the type has such a value.
            assert!(bytes.is_empty() || ty.decode(&bytes).is_ok(), "{ty:?} of '{text}'");
        }
    }
});
