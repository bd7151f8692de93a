//! Any bytes as a value of any type: what is valid decodes, is shown, is ordered, and encodes to the same value.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ringscope::data::CqlType;

const TYPES: [&str; 28] = [
    "AsciiType", "UTF8Type", "BytesType", "BooleanType", "ByteType", "ShortType", "Int32Type", "LongType", "CounterColumnType",
    "IntegerType", "FloatType", "DoubleType", "DecimalType", "SimpleDateType", "TimeType", "TimestampType", "DurationType",
    "UUIDType", "TimeUUIDType", "InetAddressType", "ListType(Int32Type)", "SetType(UTF8Type)", "MapType(UTF8Type,DecimalType)",
    "TupleType(Int32Type,UTF8Type)", "FrozenType(ListType(TupleType(Int32Type,InetAddressType)))",
    "MapType(DurationType,SetType(IntegerType))", "VectorType(FloatType,3)", "VectorType(UTF8Type,2)",
];

fn types() -> Vec<CqlType> {
    let parsed = TYPES.iter().map(|class| CqlType::parse_class(&format!("org.apache.cassandra.db.marshal.{class}")));
    parsed.map(|it| it.expect("a class").0).collect()
}

thread_local! {
    static ALL: Arc<Vec<CqlType>> = Arc::new(types());
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else {
        return;
    };
    ALL.with(|all| {
        let ty = &all[usize::from(*choice) % all.len()];
        let Ok(value) = ty.decode(bytes) else {
            return;
        };
        let _ = value.to_string();
        let encoded = value.encode();
        // By their bytes: a NaN equals nothing.
        let again = ty.decode(&encoded).map(|it| it.encode());
        assert_eq!(again.ok(), Some(encoded), "{bytes:?} as {ty:?}");
    });
});
