//! What must hold for values of any type: they survive their bytes, have one order, and no bytes do harm.

use core::cell::RefCell;
use core::cmp::Ordering;
use core::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use num_bigint::BigInt;
use proptest::prelude::*;
use uuid::Uuid;

use super::ordering::{PREFIX_AFTER, PREFIX_BEFORE, TERMINATOR, encode_component};
use super::{CqlDuration, CqlType, Decimal, LiteralKind, UserType, Value};

fn scalar_type() -> impl Strategy<Value = CqlType> {
    prop::sample::select(vec![
        CqlType::Ascii,
        CqlType::Bigint,
        CqlType::Blob,
        CqlType::Boolean,
        CqlType::Date,
        CqlType::Decimal,
        CqlType::Double,
        CqlType::Duration,
        CqlType::Float,
        CqlType::Inet,
        CqlType::Int,
        CqlType::Smallint,
        CqlType::Text,
        CqlType::Time,
        CqlType::Timestamp,
        CqlType::Timeuuid,
        CqlType::Tinyint,
        CqlType::Uuid,
        CqlType::Varint,
    ])
}

fn any_type() -> impl Strategy<Value = CqlType> {
    scalar_type().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(CqlType::list),
            inner.clone().prop_map(|ty| CqlType::list(ty).freeze()),
            inner.clone().prop_map(CqlType::set),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| CqlType::map(key, value)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(CqlType::tuple),
            (inner.clone(), 1u32..4).prop_map(|(element, dimension)| CqlType::vector(element, dimension)),
            (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(fields, frozen)| {
                let fields = fields
                    .into_iter()
                    .enumerate()
                    .map(|(i, ty)| (format!("f{i}"), ty))
                    .collect();
                CqlType::UserType(Arc::new(UserType {
                    keyspace: "ks".into(),
                    name: "udt".into(),
                    fields,
                    frozen,
                }))
            }),
        ]
    })
}

/// Numbers of every size, so that lengths and signs of encodings meet.
fn integer() -> impl Strategy<Value = i64> {
    (any::<i64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
}

fn big_integer() -> impl Strategy<Value = BigInt> {
    prop::collection::vec(any::<u8>(), 1..20).prop_map(|bytes| BigInt::from_signed_bytes_be(&bytes))
}

/// Bytes among which zeros and their neighbours are frequent, because encodings escape them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0), Just(1), Just(0xfe), Just(0xff), any::<u8>()], 0..6)
}

fn uuid(version: u8) -> impl Strategy<Value = Uuid> {
    any::<[u8; 16]>().prop_map(move |mut bytes| {
        bytes[6] = bytes[6] & 0x0f | version << 4;
        Uuid::from_bytes(bytes)
    })
}

fn value_of(ty: &CqlType) -> BoxedStrategy<Value> {
    match ty {
        CqlType::Ascii => "[ -~\0]{0,5}".prop_map(Value::Ascii).boxed(),
        CqlType::Text => "[a-c\0é日🦀]{0,5}".prop_map(Value::Text).boxed(),
        CqlType::Blob | CqlType::Custom(_) => bytes().prop_map(|bytes| Value::Blob(bytes.into())).boxed(),
        CqlType::Bigint => integer().prop_map(Value::Bigint).boxed(),
        CqlType::Counter => integer().prop_map(Value::Counter).boxed(),
        CqlType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        CqlType::Date => any::<i32>().prop_map(Value::Date).boxed(),
        CqlType::Decimal => (prop_oneof![big_integer(), integer().prop_map(BigInt::from)], -40..40)
            .prop_map(|(unscaled, scale)| Value::Decimal(Decimal { unscaled, scale }))
            .boxed(),
        CqlType::Double => prop::num::f64::ANY
            .prop_filter("NaN is not equal to itself", |it| !it.is_nan())
            .prop_map(Value::Double)
            .boxed(),
        CqlType::Float => prop::num::f32::ANY
            .prop_filter("NaN is not equal to itself", |it| !it.is_nan())
            .prop_map(Value::Float)
            .boxed(),
        CqlType::Duration => (any::<bool>(), 0..i32::MAX, 0..i32::MAX, 0..i64::MAX)
            .prop_map(|(negative, months, days, nanoseconds)| {
                Value::Duration(if negative {
                    CqlDuration {
                        months: -months,
                        days: -days,
                        nanoseconds: -nanoseconds,
                    }
                } else {
                    CqlDuration {
                        months,
                        days,
                        nanoseconds,
                    }
                })
            })
            .boxed(),
        CqlType::Empty => Just(Value::Empty).boxed(),
        CqlType::Inet => prop_oneof![
            any::<[u8; 4]>().prop_map(|octets| Value::Inet(IpAddr::from(octets))),
            any::<[u8; 16]>().prop_map(|octets| Value::Inet(IpAddr::from(octets))),
        ]
        .boxed(),
        CqlType::Int => integer().prop_map(|value| Value::Int(value as i32)).boxed(),
        CqlType::Smallint => any::<i16>().prop_map(Value::Smallint).boxed(),
        CqlType::Time => (0..86_400_000_000_000i64).prop_map(Value::Time).boxed(),
        CqlType::Timestamp => integer().prop_map(Value::Timestamp).boxed(),
        CqlType::Timeuuid => uuid(1).prop_map(Value::Timeuuid).boxed(),
        CqlType::Tinyint => any::<i8>().prop_map(Value::Tinyint).boxed(),
        CqlType::Uuid => (0u8..16).prop_flat_map(uuid).prop_map(Value::Uuid).boxed(),
        CqlType::Varint => prop_oneof![big_integer(), integer().prop_map(BigInt::from)]
            .prop_map(Value::Varint)
            .boxed(),
        CqlType::List { element, .. } => prop::collection::vec(value_of(element), 0..3)
            .prop_map(Value::List)
            .boxed(),
        CqlType::Set { element, .. } => prop::collection::vec(value_of(element), 0..3)
            .prop_map(Value::Set)
            .boxed(),
        CqlType::Map { key, value, .. } => prop::collection::vec((value_of(key), value_of(value)), 0..3)
            .prop_map(Value::Map)
            .boxed(),
        CqlType::Tuple(fields) => fields_of(fields.to_vec()).prop_map(Value::Tuple).boxed(),
        CqlType::UserType(definition) => {
            let types = definition.fields.iter().map(|(_, ty)| ty.clone()).collect();
            fields_of(types).prop_map(Value::UserType).boxed()
        }
        CqlType::Vector { element, dimension } => prop::collection::vec(value_of(element), *dimension as usize)
            .prop_map(Value::Vector)
            .boxed(),
    }
}

/// Some may be null, and some at the end may be missing.
fn fields_of(types: Vec<CqlType>) -> impl Strategy<Value = Vec<Option<Value>>> {
    let length = types.len();
    let fields: Vec<_> = types.iter().map(|ty| prop::option::of(value_of(ty))).collect();
    (fields, 0..=length).prop_map(|(mut fields, length)| {
        fields.truncate(length);
        fields
    })
}

fn typed_value() -> impl Strategy<Value = (CqlType, Value)> {
    any_type().prop_flat_map(|ty| value_of(&ty).prop_map(move |value| (ty.clone(), value)))
}

fn encoded(ty: &CqlType, value: &[u8], reversed: bool, end: u8) -> Vec<u8> {
    let mut out = Vec::new();
    encode_component(ty, Some(value), reversed, &mut out);
    out.push(end);
    out
}

/// Two values of one type with the order of their bytes checked both ways.
fn check_order(ty: &CqlType, left: &[u8], right: &[u8]) -> Result<(), TestCaseError> {
    let order = ty.compare(left, right);
    prop_assert_eq!(ty.compare(right, left), order.reverse());
    prop_assert_eq!(ty.compare(left, left), Ordering::Equal);
    let order_of = |reversed| encoded(ty, left, reversed, TERMINATOR).cmp(&encoded(ty, right, reversed, TERMINATOR));
    prop_assert_eq!(order_of(false), order, "{} {:?} {:?}", ty, left, right);
    prop_assert_eq!(
        order_of(true),
        order.reverse(),
        "{} reversed {:?} {:?}",
        ty,
        left,
        right
    );
    Ok(())
}

/// A clustering column with a value on each side of a comparison.
#[derive(Clone, Debug)]
struct Column {
    ty: CqlType,
    reversed: bool,
    left: Bytes,
    right: Bytes,
}

impl Column {
    fn order(&self) -> Ordering {
        let order = self.ty.compare(&self.left, &self.right);
        if self.reversed { order.reverse() } else { order }
    }
}

/// Half of the columns are equal on both sides, so that later ones matter.
fn column() -> impl Strategy<Value = Column> {
    let values = scalar_type().prop_flat_map(|ty| (value_of(&ty), value_of(&ty), Just(ty)));
    (values, any::<bool>(), any::<bool>()).prop_map(|((left, right, ty), reversed, same)| {
        let (left, right) = (left.encode(), right.encode());
        Column {
            ty,
            reversed,
            right: if same { left.clone() } else { right },
            left,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn values_survive_their_bytes((ty, value) in typed_value()) {
        let bytes = value.encode();
        prop_assert_eq!(ty.validate(&bytes), Ok(()));
        prop_assert_eq!(ty.decode(&bytes), Ok(value), "{}", ty);
    }

    #[test]
    fn scalars_have_the_order_of_their_encoding(
        (ty, left, right) in scalar_type().prop_flat_map(|ty| (Just(ty.clone()), value_of(&ty), value_of(&ty))),
        (no_left, no_right) in (prop::bool::weighted(0.1), prop::bool::weighted(0.1)),
    ) {
        let bytes = |value: Value, absent: bool| {
            if absent && ty.validate(&[]).is_ok() { Bytes::new() } else { value.encode() }
        };
        check_order(&ty, &bytes(left, no_left), &bytes(right, no_right))?;
    }

    #[test]
    fn values_of_values_have_the_order_of_their_encoding(
        (ty, left, right) in any_type().prop_flat_map(|ty| (Just(ty.clone()), value_of(&ty), value_of(&ty))),
    ) {
        check_order(&ty, &left.encode(), &right.encode())?;
    }

    /// Sequences of components compare as their first difference does, and a prefix's bounds enclose what starts with it.
    #[test]
    fn sequences_compare_component_by_component(columns in prop::collection::vec(column(), 1..4), prefix in 0usize..4) {
        let sequence = |values: fn(&Column) -> &Bytes, length: usize, end: u8| {
            let mut out = Vec::new();
            for column in &columns[..length] {
                encode_component(&column.ty, Some(values(column)), column.reversed, &mut out);
            }
            out.push(end);
            out
        };
        let left: fn(&Column) -> &Bytes = |column| &column.left;
        let first_difference = |columns: &[Column]| columns.iter().map(Column::order).find(|order| order.is_ne());
        let row = sequence(|column| &column.right, columns.len(), TERMINATOR);
        let expected = first_difference(&columns).unwrap_or(Ordering::Equal);
        prop_assert_eq!(sequence(left, columns.len(), TERMINATOR).cmp(&row), expected);

        let length = prefix.min(columns.len());
        let by_prefix = first_difference(&columns[..length]);
        let before = sequence(left, length, PREFIX_BEFORE).cmp(&row);
        let after = sequence(left, length, PREFIX_AFTER).cmp(&row);
        prop_assert_eq!(before, by_prefix.unwrap_or(Ordering::Less));
        prop_assert_eq!(after, by_prefix.unwrap_or(Ordering::Greater));
    }

    #[test]
    fn any_bytes_are_harmless(ty in any_type(), bytes in prop::collection::vec(any::<u8>(), 0..40), other in bytes()) {
        let valid = ty.validate(&bytes);
        let decoded = ty.decode(&bytes);
        prop_assert_eq!(valid.is_ok(), decoded.is_ok());
        if let Ok(value) = decoded {
            prop_assert_eq!(ty.validate(&value.encode()), Ok(()));
        }
        ty.compare(&bytes, &other);
        encoded(&ty, &bytes, true, TERMINATOR);
    }

    #[test]
    fn any_text_is_harmless(ty in any_type(), text in "[0-9a-z+:.TZPeE '@\\\\éµ-]{0,24}") {
        let _ = ty.from_string(&text);
        if let Ok(bytes) = ty.from_literal(LiteralKind::String, &text) {
            prop_assert_eq!(ty.validate(&bytes), Ok(()));
        }
        for kind in [LiteralKind::String, LiteralKind::Integer, LiteralKind::Float, LiteralKind::Hex, LiteralKind::Uuid] {
            let _ = kind.preferred_type(&text);
        }
        let _ = CqlType::parse(&text, |_| None);
        let _ = CqlType::parse_class(&text);
    }

    #[test]
    fn names_are_read_back(ty in any_type()) {
        let user_types = |ty: &CqlType| match ty {
            CqlType::UserType(definition) => Some(UserType { frozen: false, ..(**definition).clone() }),
            _ => None,
        };
        // A name stands for one user type, so only types with at most one of them can be looked up again.
        let found = RefCell::new(Vec::new());
        ty.any_type(&|inner| {
            found.borrow_mut().extend(user_types(inner));
            false
        });
        let found = found.into_inner();
        if found.len() <= 1 {
            let parsed = CqlType::parse(&ty.to_string(), |name| (name == "udt").then(|| Arc::new(found[0].clone())));
            prop_assert_eq!(parsed.map(|ty| ty.to_string()), Ok(ty.to_string()));
        }
        // Class names say less than types: within a frozen one, nothing tells whether the inner are.
        let (parsed, reversed) = CqlType::parse_class(&ty.class_name(true)).unwrap();
        let class = parsed.class_name(reversed);
        let (again, reversed) = CqlType::parse_class(&class).unwrap();
        prop_assert_eq!(again.class_name(reversed), class);
    }
}
