//! What is wrong with the bytes or the text of a value, in Cassandra's words.

/// Cassandra's `MarshalException`, which clients see as an invalid request (code 2200) with this text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarshalError {
    // Bytes of the wrong form.
    #[error("Expected {expected} ({actual})")]
    WrongLength { expected: &'static str, actual: usize },
    #[error("UUID should be 16 or 0 bytes ({0})")]
    UuidLength(usize),
    #[error("Invalid version for TimeUUID type: 0x{0:x}")]
    TimeuuidVersion(u8),
    #[error("Invalid byte for ascii: {0}")]
    NotAscii(i8),
    #[error("String didn't validate.")]
    NotUtf8,
    #[error("Expected 4 or 16 byte inetaddress; got {0}")]
    InetLength(String),
    #[error("EmptyType only accept empty values")]
    NotEmpty,
    #[error("The duration {part} must be a 32 bits integer but was: {value}")]
    DurationPart { part: &'static str, value: i64 },
    #[error("The duration months, days and nanoseconds must be all of the same sign ({months}, {days}, {nanoseconds})")]
    DurationSigns { months: i64, days: i64, nanoseconds: i64 },
    #[error("Not enough bytes to read a {0}")]
    TooShort(String),
    #[error("The data cannot be deserialized as a {0}")]
    NegativeCount(&'static str),
    #[error("Null value read when not allowed")]
    NullElement,
    #[error("Unexpected extraneous bytes after {0} value")]
    Extraneous(&'static str),
    #[error("Not enough bytes to read size of {0}th component")]
    TupleFieldLength(usize),
    #[error("Not enough bytes to read {0}th component")]
    TupleField(usize),
    #[error("Invalid remaining data after end of {0} value")]
    TooManyFields(&'static str),
    #[error("Not enough bytes to read size of {0}th field {1}")]
    UserTypeFieldLength(usize, String),
    #[error("Not enough bytes to read {0}th field {1}")]
    UserTypeField(usize, String),
    #[error("Failure validating the {position}th field {name}; {cause}")]
    InvalidField {
        position: usize,
        name: String,
        cause: Box<MarshalError>,
    },
    #[error("Invalid empty vector value")]
    EmptyVector,
    #[error("Unexpected {extra} extraneous bytes after {vector} value")]
    VectorExtraneous { extra: usize, vector: String },

    // Text that is no value of the type.
    #[error("Unable to make {what} from '{text}'")]
    Unmakeable { what: &'static str, text: String },
    #[error("unable to make {what} from '{text}'")]
    UnmakeableNumber { what: &'static str, text: String },
    #[error(
        "Invalid ASCII character in string literal: java.nio.charset.UnmappableCharacterException: Input length = 1"
    )]
    NotAsciiText,
    #[error("cannot parse '{0}' as hex bytes")]
    NotHex(String),
    #[error("'{0}' is not empty")]
    NotEmptyText(String),
    #[error("Unknown timeuuid representation: {0}")]
    NotTimeuuid(String),
    #[error("TimeUUID supports only version 1 UUIDs")]
    NotVersionOne,
    #[error("Unable to coerce '{0}' to a formatted date (long)")]
    NotADate(String),
    #[error("Unable to make unsigned int (for date) from: '{0}'")]
    NotADay(String),
    #[error("Input date {text} is {side} supported date {limit}")]
    DateOutOfRange {
        text: String,
        side: &'static str,
        limit: &'static str,
    },
    #[error("(TimeType) Unable to coerce '{0}' to a formatted time (long)")]
    NotATime(String),
    #[error("Unable to make long (for {what}) from: '{text}'")]
    NotALong { what: &'static str, text: String },
    #[error("Unable to parse a date/time from '{0}'")]
    NotATimestamp(String),
    #[error("Unable to convert '{0}' to a duration")]
    NotADuration(String),
    #[error("Invalid duration. The total number of {0} must be less or equal to 2147483647")]
    DurationTooLong(&'static str),
    #[error("Invalid duration. The {0} are specified multiple times")]
    DurationUnitTwice(&'static str),
    #[error("Invalid duration. The {later} should be after {earlier}")]
    DurationUnitOrder { later: &'static str, earlier: &'static str },
    #[error("Invalid tuple literal: too many elements. Type {tuple} expects {expected} but got {actual}")]
    TooManyElements {
        tuple: String,
        expected: usize,
        actual: usize,
    },
    /// A constant too large for any type: what Java's number parser says.
    #[error(
        "NumberFormatException Character I is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
    )]
    InfiniteConstant,

    // Text that names no type.
    #[error("Unknown type {0}")]
    UnknownType(String),
    #[error("Syntax error in type '{0}'")]
    TypeSyntax(String),
}
