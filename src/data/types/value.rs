//! Values in their decoded form.

use core::net::IpAddr;

use bytes::Bytes;
use num_bigint::BigInt;
use uuid::Uuid;

use super::{CqlDuration, Decimal};

/// A value, decoded. The bytes are what is stored and sent; this form is for showing, computing and testing.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No bytes at all, where the type has no value of that form but Cassandra permits it.
    Empty,
    Ascii(String),
    Bigint(i64),
    Blob(Bytes),
    Boolean(bool),
    Counter(i64),
    /// Days since 1970-01-01.
    Date(i32),
    Decimal(Decimal),
    Double(f64),
    Duration(CqlDuration),
    Float(f32),
    Inet(IpAddr),
    Int(i32),
    Smallint(i16),
    Text(String),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Milliseconds since the Unix epoch.
    Timestamp(i64),
    Timeuuid(Uuid),
    Tinyint(i8),
    Uuid(Uuid),
    Varint(BigInt),
    List(Vec<Value>),
    Set(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tuple(Vec<Option<Value>>),
    UserType(Vec<Option<Value>>),
    Vector(Vec<Value>),
}
