//! Types of columns, and literals of them. Few values each, so that what is written is also asked for.

use crate::dice::Dice;

#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Native(&'static str),
    Counter,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    User(String, Vec<(String, Type)>),
    Vector(Box<Type>, usize),
    Frozen(Box<Type>),
}

pub const NATIVES: [&str; 20] = [
    "int",
    "text",
    "bigint",
    "ascii",
    "blob",
    "boolean",
    "date",
    "decimal",
    "double",
    "duration",
    "float",
    "inet",
    "smallint",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "uuid",
    "varchar",
    "varint",
];

impl Type {
    pub fn name(&self) -> String {
        match self {
            Type::Native(name) => (*name).into(),
            Type::Counter => "counter".into(),
            Type::List(of) => format!("list<{}>", of.name()),
            Type::Set(of) => format!("set<{}>", of.name()),
            Type::Map(key, value) => format!("map<{}, {}>", key.name(), value.name()),
            Type::Tuple(of) => format!("tuple<{}>", of.iter().map(Type::name).collect::<Vec<_>>().join(", ")),
            Type::User(name, _) => name.clone(),
            Type::Vector(of, n) => format!("vector<{}, {n}>", of.name()),
            Type::Frozen(of) => format!("frozen<{}>", of.name()),
        }
    }

    pub fn bare(&self) -> &Type {
        match self {
            Type::Frozen(of) => of.bare(),
            it => it,
        }
    }

    pub fn is_complex(&self) -> bool {
        matches!(self, Type::List(_) | Type::Set(_) | Type::Map(..) | Type::User(..))
    }

    pub fn is_number(&self) -> bool {
        [
            "int", "bigint", "decimal", "double", "float", "smallint", "tinyint", "varint",
        ]
        .contains(&self.name().as_str())
    }
}

pub fn native(dice: &Dice) -> Type {
    // The first ones oftener.
    let n = if dice.chance(45) {
        dice.below(3)
    } else {
        dice.below(NATIVES.len())
    };
    Type::Native(NATIVES[n])
}

/// A type that may be inside others: frozen throughout.
fn inner(dice: &Dice, users: &[Type], depth: usize) -> Type {
    if depth == 0 || dice.chance(75) {
        return native(dice);
    }
    match any(dice, users, depth - 1) {
        it if it.is_complex() => Type::Frozen(it.into()),
        it => it,
    }
}

/// Any type a regular column may have.
pub fn any(dice: &Dice, users: &[Type], depth: usize) -> Type {
    let inside = |dice: &Dice| Box::new(inner(dice, users, depth));
    match dice.weighted(&[50, 9, 9, 9, 5, 5, if users.is_empty() { 0 } else { 6 }]) {
        1 => Type::List(inside(dice)),
        2 => Type::Set(inside(dice)),
        3 => Type::Map(inside(dice), inside(dice)),
        4 => Type::Tuple((0..1 + dice.below(3)).map(|_| *inside(dice)).collect()),
        5 if dice.chance(70) => Type::Vector(Type::Native("float").into(), 1 + dice.below(3)),
        5 => Type::Vector(inside(dice), 1 + dice.below(3)),
        6 => dice.pick(users).clone(),
        _ => native(dice),
    }
}

/// A type a key column may have: now and then one it must not have.
pub fn key(dice: &Dice, users: &[Type]) -> Type {
    match dice.weighted(&[86, 10, 4]) {
        0 => loop {
            match native(dice) {
                Type::Native("duration") => {}
                it => break it,
            }
        },
        1 => Type::Frozen(any(dice, users, 1).into()),
        _ => any(dice, users, 1),
    }
}

/// A literal of the type; of another one now and then, or null.
pub fn term(dice: &Dice, ty: &Type) -> String {
    match dice.weighted(&[96, 2, 2]) {
        1 => "null".into(),
        2 => {
            let other = native(dice);
            literal(dice, &other)
        }
        _ => match dice.below(30) {
            0 => format!("({}) {}", ty.name(), literal(dice, ty)),
            1 if ty.is_number() => {
                let operator = *dice.pick(&["+", "-", "*", "/", "%"]);
                format!("{} {operator} {}", literal(dice, ty), literal(dice, ty))
            }
            _ => literal(dice, ty),
        },
    }
}

pub fn literal(dice: &Dice, ty: &Type) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match ty {
        Type::Native(name) => scalar(dice, name),
        Type::Counter => dice.below(4).to_string(),
        Type::Frozen(of) => literal(dice, of),
        Type::List(of) => format!("[{}]", joined((0..dice.below(4)).map(|_| literal(dice, of)).collect())),
        Type::Set(of) => format!(
            "{{{}}}",
            joined((0..dice.below(4)).map(|_| literal(dice, of)).collect())
        ),
        Type::Map(key, value) => {
            let mut keys: Vec<String> = (0..dice.below(3)).map(|_| literal(dice, key)).collect();
            // Which of two values under one key stays is left to chance there.
            keys.sort_by_key(|it| it.to_lowercase());
            keys.dedup_by_key(|it| it.to_lowercase());
            let pairs = keys.into_iter().map(|key| format!("{key}: {}", literal(dice, value)));
            format!("{{{}}}", joined(pairs.collect()))
        }
        Type::Tuple(of) => format!("({})", joined(of.iter().map(|it| literal(dice, it)).collect())),
        Type::Vector(of, n) => {
            let n = if dice.chance(4) { n + 1 } else { *n };
            format!("[{}]", joined((0..n).map(|_| literal(dice, of)).collect()))
        }
        Type::User(_, fields) => {
            let mut parts = Vec::new();
            for (name, ty) in fields {
                if dice.chance(80) {
                    parts.push(format!("{name}: {}", literal(dice, ty)));
                }
            }
            if dice.chance(2) {
                parts.push("nowhere: 1".into());
            }
            format!("{{{}}}", joined(parts))
        }
    }
}

fn scalar(dice: &Dice, name: &str) -> String {
    let small = ["0", "1", "2", "3", "-1"];
    let is_odd = dice.chance(12);
    let pool: &[&str] = match name {
        "int" if is_odd => &["2147483647", "-2147483648", "2147483648", "1.5", "0x01"],
        "bigint" if is_odd => &[
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "'1'",
        ],
        "smallint" if is_odd => &["32767", "-32768", "32768"],
        "tinyint" if is_odd => &["127", "-128", "128"],
        "varint" if is_odd => &["123456789012345678901234567890", "-99999999999999999999", "256"],
        "int" | "bigint" | "smallint" | "tinyint" | "varint" => &small,
        "decimal" if is_odd => &["1E+5", "-0.000001", "123456789.987654321", "1E400", "0.10"],
        "double" | "float" if is_odd => &[
            "NaN",
            "Infinity",
            "-Infinity",
            "1e308",
            "3.4e38",
            "1e-7",
            "1e7",
            "100000.0",
            "-0.0",
        ],
        "decimal" | "double" | "float" => &["0", "1", "1.5", "2.25", "-1.5", "3"],
        "text" | "varchar" if is_odd => &[
            "'O''Brien'",
            "$$dollar$$",
            "'\u{e9}t\u{e9}'",
            "'\u{1F600}'",
            "'a b'",
            "'%a%'",
        ],
        "text" | "varchar" | "ascii" => &["'a'", "'b'", "'c'", "''", "'ab'"],
        "blob" if is_odd => &["0xDEADBEEF", "0x", "0xabc", "'x'"],
        "blob" => &["0x00", "0x01", "0xff", "0x0102"],
        "boolean" => &["true", "false", "TRUE"],
        "date" if is_odd => &["'1969-12-31'", "0", "2147483648", "'0001-01-01'", "'2024-13-01'"],
        "date" => &["'2024-02-29'", "'2024-01-01'", "'1970-01-01'"],
        "time" if is_odd => &["'24:00:00'", "0", "'23:59:59.999999999'", "86399999999999"],
        "time" => &["'01:02:03'", "'00:00:00'", "'12:30:00.5'"],
        "timestamp" if is_odd => &[
            "0",
            "-1",
            "'2024-01-01'",
            "'2024-01-01 00:00:00+0100'",
            "1700000000123",
            "'nonsense'",
        ],
        "timestamp" => &[
            "'2024-02-29 12:00:00+0000'",
            "'2024-01-01T00:00:00Z'",
            "'1970-01-01 00:00:00+0000'",
        ],
        "duration" if is_odd => &["-1h", "P1Y2M", "PT1M", "P2W", "1mo-1d", "0s"],
        "duration" => &["1d", "2h30m", "1mo2d3ns", "10s"],
        "inet" if is_odd => &["'::1'", "'2001:db8::ff00:42:8329'", "'256.0.0.1'", "'1'"],
        "inet" => &["'127.0.0.1'", "'10.0.0.2'", "'::'"],
        "uuid" if is_odd => &[
            "00000000-0000-0000-0000-000000000000",
            "'x'",
            "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF",
        ],
        "uuid" => &[
            "550e8400-e29b-41d4-a716-446655440000",
            "550e8400-e29b-41d4-a716-446655440001",
            "8a35bca0-6c4d-11ee-8000-000000000001",
        ],
        "timeuuid" if is_odd => &[
            "550e8400-e29b-41d4-a716-446655440000",
            "min_timeuuid('2024-01-01 00:00:00+0000')",
        ],
        "timeuuid" => &[
            "8a35bca0-6c4d-11ee-8000-000000000001",
            "9a35bca0-6c4d-11ee-8000-000000000002",
        ],
        _ => &small,
    };
    (*dice.pick(pool)).into()
}
