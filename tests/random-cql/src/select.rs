//! Statements that ask.

use crate::dice::Dice;
use crate::schema::{Column, Kind, Table};
use crate::types::{self, Type, literal, term};

/// One thing that is selected.
fn selector(dice: &Dice, table: &Table, depth: usize) -> String {
    let it = dice.pick(&table.columns);
    let name = it.name.clone();
    if depth == 0 || dice.chance(45) {
        return name;
    }
    let inside = |dice: &Dice| selector(dice, table, depth - 1);
    match dice.below(17) {
        0 => format!(
            "{}({})",
            dice.pick(&["min", "max", "sum", "avg", "count"]),
            inside(dice)
        ),
        1 => (*dice.pick(&["count(*)", "count(1)", "COUNT(*) AS n"])).into(),
        2 if table.is_stamped || dice.chance(3) => format!("{}({name})", dice.pick(&["writetime", "maxwritetime"])),
        3 => format!("cast({name} AS {})", types::native(dice).name()),
        4 => {
            let keys: Vec<String> = table.of(Kind::Partition).into_iter().map(|it| it.name).collect();
            format!("token({})", keys.join(", "))
        }
        5 => format!("to_json({})", inside(dice)),
        6 => format!(
            "{} {} {}",
            inside(dice),
            dice.pick(&["+", "-", "*", "/", "%"]),
            literal(dice, &it.ty)
        ),
        7 => match it.ty.bare() {
            Type::Map(key, _) => match dice.below(4) {
                0 => format!("map_keys({name})"),
                1 => format!("map_values({name})"),
                2 => format!("{name}[{}..{}]", literal(dice, key), literal(dice, key)),
                _ => format!("{name}[{}]", term(dice, key)),
            },
            Type::List(of) | Type::Set(of) => match dice.below(3) {
                0 => format!("{name}[{}..]", literal(dice, of)),
                1 => format!("{name}[{}]", term(dice, of)),
                _ => format!(
                    "collection_{}({name})",
                    dice.pick(&["count", "min", "max", "sum", "avg"])
                ),
            },
            Type::User(_, fields) => format!("{name}.{}", dice.pick(fields).0),
            Type::Vector(..) => format!(
                "similarity_{}({name}, {})",
                dice.pick(&["cosine", "euclidean", "dot_product"]),
                literal(dice, it.ty.bare())
            ),
            _ => format!(
                "{}({name})",
                dice.pick(&["abs", "round", "exp", "log", "log10", "to_date", "to_timestamp"])
            ),
        },
        8 => {
            let of = *dice.pick(&[
                "int",
                "text",
                "bigint",
                "double",
                "uuid",
                "boolean",
                "timestamp",
                "varint",
            ]);
            match dice.chance(60) {
                true => format!("{of}_as_blob({})", inside(dice)),
                false => format!("blob_as_{of}({})", inside(dice)),
            }
        }
        9 => format!(
            "{}({})",
            dice.pick(&["to_unix_timestamp", "to_date", "to_timestamp"]),
            inside(dice)
        ),
        10 => format!("{}({})", dice.pick(&["mask_null", "mask_default"]), inside(dice)),
        11 => format!(
            "mask_{}({name}, {}, {})",
            dice.pick(&["inner", "outer"]),
            dice.below(3),
            dice.below(3)
        ),
        12 => format!("({}) {}", it.ty.name(), literal(dice, &it.ty)),
        13 => format!("- {}", inside(dice)),
        14 => format!("{} AS {}", inside(dice), dice.pick(&["x", "y", "\"Z\"", "p0"])),
        15 => literal(dice, &it.ty),
        // No lists: one with null in it is more than the Python driver takes.
        _ => format!("({}, {})", inside(dice), inside(dice)),
    }
}

fn value_of(dice: &Dice, operator: &str, ty: &Type) -> String {
    match (operator, ty.bare()) {
        ("IN" | "NOT IN", _) => {
            let items: Vec<String> = (0..dice.below(4)).map(|_| term(dice, ty)).collect();
            format!("({})", items.join(", "))
        }
        ("CONTAINS", Type::List(of) | Type::Set(of) | Type::Map(_, of)) => term(dice, of),
        ("CONTAINS KEY", Type::Map(of, _)) => term(dice, of),
        ("BETWEEN", _) => format!("{} AND {}", term(dice, ty), term(dice, ty)),
        ("LIKE", _) => (*dice.pick(&["'a%'", "'%a'", "'a'", "'%'"])).into(),
        _ => term(dice, ty),
    }
}

/// A relation of any kind on any column.
fn any_relation(dice: &Dice, table: &Table) -> String {
    let it = dice.pick(&table.columns);
    let operators: &[&str] = match it.ty.bare() {
        Type::Map(..) => &["=", "CONTAINS", "CONTAINS KEY", "CONTAINS", ">"],
        Type::List(_) | Type::Set(_) => &["=", "CONTAINS", "CONTAINS", "CONTAINS KEY", "<"],
        _ => &[
            "=",
            "=",
            "=",
            "<",
            ">",
            "<=",
            ">=",
            "IN",
            "IN",
            "CONTAINS",
            "LIKE",
            "!=",
            "BETWEEN",
            "NOT IN",
            "IS NOT NULL",
        ],
    };
    let operator = *dice.pick(operators);
    match it.ty.bare() {
        Type::Map(key, value) if dice.chance(30) => {
            return format!(
                "{}[{}] {} {}",
                it.name,
                term(dice, key),
                dice.pick(&["=", ">", "IN"]),
                term(dice, value)
            );
        }
        Type::User(_, fields) if dice.chance(10) => return format!("{}.{} = 1", it.name, dice.pick(fields).0),
        _ => {}
    }
    if operator == "IS NOT NULL" {
        return format!("{} IS NOT NULL", it.name);
    }
    format!("{} {operator} {}", it.name, value_of(dice, operator, &it.ty))
}

fn tuple_relation(dice: &Dice, columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|it| it.name.clone()).collect();
    let tuple = |dice: &Dice| {
        let mut items: Vec<String> = columns.iter().map(|it| term(dice, &it.ty)).collect();
        if dice.chance(4) {
            items.pop();
        }
        format!("({})", items.join(", "))
    };
    match dice.below(6) {
        0 => format!("({}) IN ({}, {})", names.join(", "), tuple(dice), tuple(dice)),
        n => format!(
            "({}) {} {}",
            names.join(", "),
            ["", "=", "<", ">", "<=", ">="][n],
            tuple(dice)
        ),
    }
}

fn by_key(dice: &Dice, table: &Table) -> Vec<String> {
    let mut relations: Vec<String> = Vec::new();
    for it in table.of(Kind::Partition) {
        let operator = if dice.chance(20) { "IN" } else { "=" };
        relations.push(format!("{} {operator} {}", it.name, value_of(dice, operator, &it.ty)));
    }
    let clustering = table.of(Kind::Clustering);
    if clustering.is_empty() {
        return relations;
    }
    if dice.chance(20) {
        let n = 1 + dice.below(clustering.len());
        relations.push(tuple_relation(dice, &clustering[..n]));
        if dice.chance(40) {
            let n = 1 + dice.below(clustering.len());
            relations.push(tuple_relation(dice, &clustering[..n]));
        }
        return relations;
    }
    let many = dice.below(clustering.len() + 1);
    for (n, it) in clustering.iter().take(many).enumerate() {
        let is_last = n + 1 == many;
        let operator = match is_last && dice.chance(60) {
            true => *dice.pick(&["<", "<=", ">", ">="]),
            false => *dice.pick(&["=", "=", "=", "IN"]),
        };
        relations.push(format!("{} {operator} {}", it.name, value_of(dice, operator, &it.ty)));
        if is_last && operator.starts_with('>') && dice.chance(40) {
            let operator = *dice.pick(&["<", "<="]);
            relations.push(format!("{} {operator} {}", it.name, value_of(dice, operator, &it.ty)));
        }
    }
    relations
}

fn by_token(dice: &Dice, table: &Table) -> Vec<String> {
    let keys = table.of(Kind::Partition);
    let names: Vec<String> = keys.iter().map(|it| it.name.clone()).collect();
    let mut relations = Vec::new();
    for operator in [*dice.pick(&[">", ">=", "="]), *dice.pick(&["<", "<="])] {
        let right = match dice.chance(50) {
            true => (*dice.pick(&[
                "0",
                "-9223372036854775808",
                "9223372036854775807",
                "-3000000000000000000",
                "1.5",
            ]))
            .into(),
            false => {
                let values: Vec<String> = keys.iter().map(|it| term(dice, &it.ty)).collect();
                format!("token({})", values.join(", "))
            }
        };
        relations.push(format!("token({}) {operator} {right}", names.join(", ")));
        if dice.chance(50) {
            break;
        }
    }
    relations
}

pub fn select(dice: &Dice, table: &Table) -> String {
    let mut is_distinct = false;
    let selection = match dice.weighted(&[35, 45, 6, 8]) {
        0 => "*".into(),
        2 => "count(*)".into(),
        3 => {
            is_distinct = true;
            let mut names: Vec<String> = table.of(Kind::Partition).into_iter().map(|it| it.name).collect();
            names.extend(
                table
                    .of(Kind::Static)
                    .into_iter()
                    .map(|it| it.name)
                    .filter(|_| dice.chance(50)),
            );
            if dice.chance(10) {
                names.pop();
            }
            if names.is_empty() { "*".into() } else { names.join(", ") }
        }
        _ => {
            let items: Vec<String> = (0..1 + dice.below(4)).map(|_| selector(dice, table, 2)).collect();
            items.join(", ")
        }
    };
    let clustering = table.of(Kind::Clustering);
    let mut relations = match dice.weighted(&[42, 22, 10, 26]) {
        0 => by_key(dice, table),
        1 => Vec::new(),
        2 => by_token(dice, table),
        _ => (0..1 + dice.below(2)).map(|_| any_relation(dice, table)).collect(),
    };
    let is_filtered = dice.chance(8);
    if is_filtered {
        relations.push(any_relation(dice, table));
    }
    let mut text = String::from("SELECT ");
    if dice.chance(5) {
        text += "JSON ";
    }
    if is_distinct {
        text += "DISTINCT ";
    }
    text += &format!("{selection} FROM {}", table.name);
    if !relations.is_empty() {
        text += &format!(" WHERE {}", relations.join(" AND "));
    }
    if dice.chance(9) {
        let mut keys: Vec<String> = table.of(Kind::Partition).into_iter().map(|it| it.name).collect();
        keys.extend(clustering.iter().map(|it| it.name.clone()));
        let most = 1 + dice.below(keys.len());
        keys.truncate(most);
        if dice.chance(5) {
            keys.push(dice.pick(&table.columns).name.clone());
        }
        text += &format!(" GROUP BY {}", keys.join(", "));
    }
    let vectors: Vec<&Column> = table
        .columns
        .iter()
        .filter(|it| matches!(it.ty.bare(), Type::Vector(..)))
        .collect();
    if !vectors.is_empty() && dice.chance(10) {
        let it = *dice.pick(&vectors);
        text += &format!(" ORDER BY {} ANN OF {}", it.name, literal(dice, it.ty.bare()));
    } else if !clustering.is_empty() && dice.chance(15) {
        let most = 1 + dice.below(clustering.len());
        let way = *dice.pick(&["ASC", "DESC"]);
        let names: Vec<String> = clustering[..most]
            .iter()
            .map(|it| format!("{} {}", it.name, if dice.chance(6) { "ASC" } else { way }))
            .collect();
        text += &format!(" ORDER BY {}", names.join(", "));
    } else if dice.chance(1) {
        text += &format!(" ORDER BY {}", dice.pick(&table.columns).name);
    }
    if dice.chance(8) {
        text += &format!(" PER PARTITION LIMIT {}", dice.pick(&["1", "2", "0", "3"]));
    }
    if dice.chance(12) {
        text += &format!(" LIMIT {}", dice.pick(&["1", "2", "3", "10", "0", "-1", "null"]));
    }
    if !relations.is_empty() && dice.chance(40) {
        text += " ALLOW FILTERING";
    }
    text
}
