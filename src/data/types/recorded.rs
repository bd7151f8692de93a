//! What a real Cassandra 5.0.7 makes of values, line by line: `tests/golden-types`.

use core::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;

use super::layout::join_collection;
use super::literal::from_hex;
use super::ordering::{self, encode_component};
use super::validate::hex;
use super::{Assignment, CqlType, LiteralKind, MarshalError, UserType, Value};
use crate::data::composite::compose_key;
use crate::data::token_of;

fn parse(name: &str) -> CqlType {
    let user_type = |name: &str, more: Option<CqlType>| {
        let mut fields = vec![("i".to_owned(), CqlType::Int), ("t".to_owned(), CqlType::Text)];
        fields.extend(more.map(|ty| ("x".to_owned(), ty)));
        Some(Arc::new(UserType {
            keyspace: "ks".into(),
            name: name.to_owned(),
            fields,
            frozen: false,
        }))
    };
    CqlType::parse(name, |name| match name {
        "addr" => user_type(name, None),
        "longer" => user_type("addr", Some(CqlType::Bigint)),
        _ => None,
    })
    .unwrap()
}

/// Runs the check on every line; `deviations` are those, by their first two fields, where it must find a difference.
fn check(recorded: &str, deviations: &[(&str, &str)], told: impl Fn(&[&str]) -> Result<(), String>) {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let deviates = deviations.contains(&(fields[0], fields[1]));
        match told(&fields) {
            Err(_) if deviates => {}
            Ok(()) if deviates => wrong.push(format!("{line}: is no deviation any more")),
            Err(difference) => wrong.push(format!("{line}: {difference}")),
            Ok(()) => {}
        }
        lines += 1;
    }
    assert!(lines > 40, "only {lines} lines");
    assert!(
        wrong.is_empty(),
        "{} of {lines} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn same<T: PartialEq + core::fmt::Debug>(ours: T, theirs: T) -> Result<(), String> {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{ours:?} instead of {theirs:?}"))
    }
}

#[test]
fn texts_become_the_same_bytes() {
    // Where Cassandra fails with an error of Java's that it does not foresee, we answer as for other wrong texts.
    let deviations = [
        ("timestamp", "999999999-12-31 00:00"),
        ("duration", "9223372036854775808ns"),
    ];
    check(
        include_str!("../../../tests/golden-types/string.txt"),
        &deviations,
        |fields| {
            let ours = match parse(fields[0]).from_string(fields[1]) {
                Ok(bytes) => format!("= {}", hex(&bytes)),
                Err(error) => format!("! {error}"),
            };
            same(ours.as_str(), fields[2])
        },
    );
}

#[test]
fn bytes_are_judged_alike() {
    // Durations that end too early are an assertion in Cassandra; and of two faults in a collection we tell the other one.
    let deviations = [
        ("duration", "02f0000000"),
        ("duration", "ff0000000000000000"),
        ("duration", "0102fe"),
        ("frozen<list<int>>", "000000010000000300000001"),
        ("frozen<set<int>>", "000000010000000300000001"),
    ];
    check(
        include_str!("../../../tests/golden-types/validate.txt"),
        &deviations,
        |fields| {
            let (ty, bytes) = (parse(fields[0]), from_hex(fields[1]).unwrap());
            let ours = ty.validate(&bytes);
            if let Err(error) = ty.decode(&bytes).map(drop) {
                same(Err(error), ours.clone())?;
            }
            same(
                ours.map_or_else(|error| format!("! {error}"), |()| "ok".to_owned())
                    .as_str(),
                fields[2],
            )
        },
    );
}

#[test]
fn values_compare_alike() {
    check(include_str!("../../../tests/golden-types/compare.txt"), &[], |fields| {
        let ty = parse(fields[0]);
        let (left, right) = (from_hex(fields[1]).unwrap(), from_hex(fields[2]).unwrap());
        let theirs = match fields[3] {
            "<" => Ordering::Less,
            ">" => Ordering::Greater,
            _ => Ordering::Equal,
        };
        same(ty.compare(&left, &right), theirs)?;
        let encode = |value: &Bytes, reversed| {
            let mut out = Vec::new();
            encode_component(&ty, Some(value), reversed, &mut out);
            out.push(ordering::TERMINATOR);
            out
        };
        same(encode(&left, false).cmp(&encode(&right, false)), theirs)?;
        same(encode(&left, true).cmp(&encode(&right, true)), theirs.reverse())
    });
}

#[test]
fn comparable_bytes_are_cassandras() {
    check(
        include_str!("../../../tests/golden-types/comparable.txt"),
        &[],
        |fields| {
            let (reversed, name) = match fields[0].strip_prefix("reversed ") {
                Some(name) => (true, name),
                None => (false, fields[0]),
            };
            let mut ours = Vec::new();
            encode_component(&parse(name), Some(&from_hex(fields[1]).unwrap()), reversed, &mut ours);
            let theirs = match (fields[2], reversed) {
                ("empty", false) => vec![ordering::NEXT_COMPONENT_EMPTY],
                ("empty", true) => vec![ordering::NEXT_COMPONENT_EMPTY_REVERSED],
                (bytes, _) => [vec![ordering::NEXT_COMPONENT], from_hex(bytes).unwrap().to_vec()].concat(),
            };
            same(hex(&ours), hex(&theirs))
        },
    );
}

#[test]
fn types_have_the_same_names() {
    check(include_str!("../../../tests/golden-types/name.txt"), &[], |fields| {
        let ty = parse(fields[0]);
        same(ty.to_string().as_str(), fields[1])?;
        same(ty.class_name(false).as_str(), fields[2])?;
        // A vector's class name does not say whether its element is frozen.
        if !fields[1].starts_with("vector<list") {
            same(CqlType::parse_class(fields[2]), Ok((ty.clone(), false)))?;
            same(CqlType::parse_class(&ty.class_name(true)), Ok((ty, true)))?;
        }
        Ok(())
    });
}

#[test]
fn keys_of_every_type_have_the_same_tokens() {
    check(
        include_str!("../../../tests/golden-hash/composite.txt"),
        &[],
        |fields| {
            let columns: Vec<Bytes> = fields[0]
                .split(';')
                .zip(fields[1].split(';'))
                .map(|(ty, constant)| {
                    let ty = parse(ty);
                    let (kind, text) = match constant.strip_prefix('\'') {
                        Some(text) => (LiteralKind::String, text.trim_end_matches('\'')),
                        None if ty == CqlType::Uuid => (LiteralKind::Uuid, constant),
                        None if ty == CqlType::Boolean => (LiteralKind::Boolean, constant),
                        None if constant.contains(['.', 'E', 'N']) => (LiteralKind::Float, constant),
                        None => (LiteralKind::Integer, constant),
                    };
                    match (&ty, constant) {
                        (CqlType::List { .. }, "[1, 2]") => join_collection(2, [&[0, 0, 0, 1][..], &[0, 0, 0, 2][..]]),
                        (CqlType::Tuple(_), "(1, 'a')") => {
                            Value::Tuple(vec![Some(Value::Int(1)), Some(Value::Text("a".into()))]).encode()
                        }
                        _ => {
                            assert!(ty.accepts(kind), "{ty} {constant}");
                            ty.from_literal(kind, text).unwrap()
                        }
                    }
                })
                .collect();
            same(token_of(&compose_key(&columns)).to_string().as_str(), fields[2])
        },
    );
}

#[test]
fn types_stand_for_the_same_others() {
    check(
        include_str!("../../../tests/golden-types/compatible.txt"),
        &[],
        |fields| {
            let (ty, other) = (parse(fields[0]), parse(fields[1]));
            let assignment = match other.assignment_from(&ty) {
                Assignment::Exact => "EXACT_MATCH",
                Assignment::Weak => "WEAKLY_ASSIGNABLE",
                Assignment::No => "NOT_ASSIGNABLE",
            };
            same(assignment, fields[2])?;
            same(if ty.reads_values_of(&other) { "value" } else { "-" }, fields[3])?;
            same(if ty.orders_like(&other) { "order" } else { "-" }, fields[4])
        },
    );
}

#[test]
fn a_user_type_is_quoted_where_it_must_be() {
    let user_type = |name: &str| {
        let fields = vec![("i".to_owned(), CqlType::Int)];
        Arc::new(UserType {
            keyspace: "ks".into(),
            name: name.to_owned(),
            fields,
            frozen: false,
        })
    };
    let text = "map<text, frozen<\"Full Address\">>";
    let ty = CqlType::parse(text, |name| (name == "Full Address").then(|| user_type(name))).unwrap();
    assert_eq!(ty.to_string(), text);
    assert_eq!(
        CqlType::parse("list<nosuch>", |_| None),
        Err(MarshalError::UnknownType("nosuch".into()))
    );
}

#[test]
fn a_hex_constant_has_an_even_number_of_digits() {
    assert_eq!(
        CqlType::Blob.from_literal(LiteralKind::Hex, "0xabc"),
        Err(MarshalError::NotHex("abc".into()))
    );
    assert_eq!(
        CqlType::Blob.from_literal(LiteralKind::Hex, "0xCAfe"),
        Ok(Bytes::from_static(&[0xca, 0xfe]))
    );
}
