//! Statements that write.

use crate::dice::Dice;
use crate::schema::{Column, Kind, Table, World};
use crate::types::{self, Type, literal, term};

/// The clauses of USING; tables that are asked for timestamps always get one.
fn using(dice: &Dice, table: &Table, may_expire: bool) -> String {
    let mut parts = Vec::new();
    if table.is_stamped && dice.chance(98) || dice.chance(5) {
        parts.push(format!("TIMESTAMP {}", 1000 + dice.below(40)));
    }
    if may_expire && dice.chance(6) {
        parts.push(format!(
            "TTL {}",
            dice.pick(&["0", "100000", "-1", "700000000", "null", "1.5"])
        ));
    }
    if dice.chance(30) {
        dice.shuffle(&mut parts);
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!(" USING {}", parts.join(" AND "))
    }
}

pub fn insert(dice: &Dice, table: &Table) -> String {
    let mut columns: Vec<Column> = Vec::new();
    for it in &table.columns {
        let is_key = matches!(it.kind, Kind::Partition | Kind::Clustering);
        if is_key && !dice.chance(2) || !is_key && dice.chance(70) {
            columns.push(it.clone());
        }
    }
    if dice.chance(2) {
        columns.extend(columns.first().cloned());
    }
    if dice.chance(20) {
        dice.shuffle(&mut columns);
    }
    let exists = if dice.chance(10) { " IF NOT EXISTS" } else { "" };
    let using = if exists.is_empty() || dice.chance(5) {
        using(dice, table, true)
    } else {
        String::new()
    };
    if dice.chance(12) {
        let pairs: Vec<String> = columns
            .iter()
            .map(|it| format!("\"{}\": {}", it.name.trim_matches('"'), json(dice, &it.ty)))
            .collect();
        let unset = *dice.pick(&["", "", " DEFAULT UNSET", " DEFAULT NULL"]);
        let text = pairs.join(", ").replace('\'', "''");
        return format!("INSERT INTO {} JSON '{{{text}}}'{unset}{exists}{using}", table.name);
    }
    let names: Vec<String> = columns.iter().map(|it| it.name.clone()).collect();
    let mut values: Vec<String> = columns.iter().map(|it| value(dice, &it.ty)).collect();
    if dice.chance(1) {
        values.pop();
    }
    format!(
        "INSERT INTO {} ({}) VALUES ({}){exists}{using}",
        table.name,
        names.join(", "),
        values.join(", ")
    )
}

/// A term, or a function that gives one.
fn value(dice: &Dice, ty: &Type) -> String {
    let name = ty.name();
    match (name.as_str(), dice.below(40)) {
        ("blob", 0) => format!("int_as_blob({})", literal(dice, &Type::Native("int"))),
        ("int", 0) => format!("blob_as_int({})", literal(dice, &Type::Native("blob"))),
        ("text", 0) => format!("blob_as_text({})", literal(dice, &Type::Native("blob"))),
        ("date", 0) => format!("to_date({})", literal(dice, &Type::Native("timestamp"))),
        ("timestamp", 0) => format!("to_timestamp({})", literal(dice, &Type::Native("date"))),
        ("text", 1) => format!("to_json({})", literal(dice, &types::native(dice))),
        (_, 2) => format!("from_json('{}')", json(dice, ty).replace('\'', "''")),
        (_, 3) => format!("cast({} as {name})", literal(dice, ty)),
        _ => term(dice, ty),
    }
}

/// A JSON value of the type, or of none.
pub fn json(dice: &Dice, ty: &Type) -> String {
    if dice.chance(5) {
        return (*dice.pick(&["null", "\"x\"", "12", "[1]", "{}", "true", "1.5", "\"\""])).into();
    }
    match ty.bare() {
        Type::Native("text" | "varchar" | "ascii") => {
            format!("\"{}\"", dice.pick(&["a", "b", "", "a b", "\\u0061", "\\n"]))
        }
        Type::Native("int" | "bigint" | "smallint" | "tinyint" | "varint") | Type::Counter => {
            (*dice.pick(&["0", "1", "2", "-1", "\"3\"", "200", "40000"])).into()
        }
        Type::Native("decimal" | "double" | "float") => (*dice.pick(&["0", "1.5", "-2.25", "\"1.5\"", "1e3"])).into(),
        Type::Native("boolean") => (*dice.pick(&["true", "false", "\"true\"", "0"])).into(),
        Type::Native("duration") => "\"1mo2d\"".into(),
        it @ Type::Native(_) => {
            let text = literal(dice, it);
            format!("\"{}\"", text.trim_matches('\''))
        }
        Type::List(of) | Type::Set(of) | Type::Vector(of, 2) => format!("[{}, {}]", json(dice, of), json(dice, of)),
        Type::Vector(of, n) => format!("[{}]", (0..*n).map(|_| json(dice, of)).collect::<Vec<_>>().join(", ")),
        Type::Tuple(of) => format!(
            "[{}]",
            of.iter().map(|it| json(dice, it)).collect::<Vec<_>>().join(", ")
        ),
        Type::Map(key, value) => {
            let key = json(dice, key);
            let key = if key.starts_with('"') {
                key
            } else {
                format!("\"{}\"", key.replace('"', "\\\""))
            };
            format!("{{{key}: {}}}", json(dice, value))
        }
        Type::User(_, fields) => {
            let pairs: Vec<String> = fields
                .iter()
                .map(|(name, ty)| format!("\"{name}\": {}", json(dice, ty)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Type::Frozen(of) => json(dice, of),
    }
}

/// The relations of an UPDATE or DELETE.
fn row(dice: &Dice, table: &Table, is_whole: bool) -> String {
    let mut relations = Vec::new();
    for it in table.of(Kind::Partition) {
        if !dice.chance(2) {
            relations.push(relation(dice, &it, 12));
        }
    }
    let clustering = table.of(Kind::Clustering);
    let most = if is_whole && !dice.chance(4) {
        clustering.len()
    } else {
        dice.below(clustering.len() + 1)
    };
    for (n, it) in clustering.iter().take(most).enumerate() {
        let is_last = n + 1 == most;
        if !is_whole && is_last && dice.chance(40) {
            let operator = *dice.pick(&["<", "<=", ">", ">="]);
            relations.push(format!("{} {operator} {}", it.name, term(dice, &it.ty)));
        } else {
            relations.push(relation(dice, it, 12));
        }
    }
    if dice.chance(2) {
        let it = dice.pick(&table.columns);
        relations.push(relation(dice, it, 5));
    }
    if relations.is_empty() {
        relations.push("p0 = 1".into());
    }
    relations.join(" AND ")
}

fn relation(dice: &Dice, it: &Column, several: usize) -> String {
    if dice.chance(several) {
        let items: Vec<String> = (0..dice.below(4)).map(|_| term(dice, &it.ty)).collect();
        return format!("{} IN ({})", it.name, items.join(", "));
    }
    format!("{} = {}", it.name, term(dice, &it.ty))
}

fn assignment(dice: &Dice, it: &Column) -> String {
    let name = &it.name;
    let is_frozen = matches!(it.ty, Type::Frozen(_)) && !dice.chance(8);
    let operator = *dice.pick(&["+", "+", "-"]);
    match it.ty.bare() {
        Type::Counter => match dice.below(8) {
            0 => format!("{name} = {}", dice.below(4)),
            1 => format!("{name} = {name} - {}", dice.below(4)),
            2 => format!("{name} -= {}", dice.below(4)),
            3 => format!(
                "{name} += {}",
                dice.pick(&["-1", "9223372036854775807", "1.5", "'a'", "null"])
            ),
            _ => format!("{name} = {name} + {}", dice.below(4)),
        },
        ty @ (Type::List(of) | Type::Set(of)) if !is_frozen => match dice.below(7) {
            0 => format!("{name} = {name} {operator} {}", term(dice, ty)),
            1 => format!("{name} {operator}= {}", term(dice, ty)),
            2 => format!("{name} = {} + {name}", term(dice, ty)),
            3 => format!(
                "{name}[{}] = {}",
                dice.pick(&["0", "1", "-1", "5", "null"]),
                term(dice, of)
            ),
            _ => format!("{name} = {}", value(dice, &it.ty)),
        },
        ty @ Type::Map(key, of) if !is_frozen => match dice.below(7) {
            0 => format!("{name} = {name} + {}", term(dice, ty)),
            1 => format!("{name} {operator}= {}", term(dice, ty)),
            2 => format!("{name} = {name} - {{{}}}", literal(dice, key)),
            3 | 4 => format!("{name}[{}] = {}", term(dice, key), term(dice, of)),
            _ => format!("{name} = {}", value(dice, &it.ty)),
        },
        Type::User(_, fields) if !is_frozen && dice.chance(50) => {
            let (field, ty) = dice.pick(fields);
            format!("{name}.{field} = {}", term(dice, ty))
        }
        ty if dice.chance(5) => format!("{name} {operator}= {}", term(dice, ty)),
        _ => format!("{name} = {}", value(dice, &it.ty)),
    }
}

fn conditions(dice: &Dice, table: &Table) -> String {
    if dice.chance(30) {
        return " IF EXISTS".into();
    }
    let columns = match table.others() {
        it if it.is_empty() || dice.chance(3) => table.columns.clone(),
        it => it,
    };
    let parts: Vec<String> = (0..1 + dice.below(2)).map(|_| condition(dice, &columns)).collect();
    format!(" IF {}", parts.join(" AND "))
}

fn condition(dice: &Dice, columns: &[Column]) -> String {
    let it = dice.pick(columns);
    let operator = *dice.pick(&[
        "=",
        "=",
        "=",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        "IN",
        "CONTAINS",
        "CONTAINS KEY",
        "LIKE",
    ]);
    let (left, ty) = match it.ty.bare() {
        Type::Map(key, value) if dice.chance(50) => (format!("{}[{}]", it.name, term(dice, key)), (**value).clone()),
        Type::List(of) if dice.chance(50) => (format!("{}[{}]", it.name, dice.below(3)), (**of).clone()),
        Type::User(_, fields) if dice.chance(50) => {
            let (field, ty) = dice.pick(fields);
            (format!("{}.{field}", it.name), ty.clone())
        }
        ty => (it.name.clone(), ty.clone()),
    };
    let right = match (operator, &ty) {
        ("IN", _) => format!("({}, {})", term(dice, &ty), term(dice, &ty)),
        ("CONTAINS", Type::List(of) | Type::Set(of) | Type::Map(_, of)) => term(dice, of),
        ("CONTAINS KEY", Type::Map(of, _)) => term(dice, of),
        _ => term(dice, &ty),
    };
    format!("{left} {operator} {right}")
}

pub fn update(dice: &Dice, table: &Table) -> String {
    let others = match table.others() {
        it if it.is_empty() || dice.chance(2) => table.columns.clone(),
        it => it,
    };
    let columns = dice.some(&others, 2);
    let sets: Vec<String> = columns.iter().map(|it| assignment(dice, it)).collect();
    let is_whole = columns.iter().any(|it| it.kind != Kind::Static);
    let conditions = if dice.chance(14) {
        conditions(dice, table)
    } else {
        String::new()
    };
    let using = if conditions.is_empty() || dice.chance(5) {
        using(dice, table, true)
    } else {
        String::new()
    };
    format!(
        "UPDATE {}{using} SET {} WHERE {}{conditions}",
        table.name,
        sets.join(", "),
        row(dice, table, is_whole)
    )
}

pub fn delete(dice: &Dice, table: &Table) -> String {
    let others = table.others();
    let mut selected = Vec::new();
    if dice.chance(50) && !others.is_empty() {
        for it in dice.some(&others, 2) {
            selected.push(match it.ty.bare() {
                Type::Map(key, _) if dice.chance(60) => format!("{}[{}]", it.name, term(dice, key)),
                Type::Set(of) if dice.chance(60) => format!("{}[{}]", it.name, term(dice, of)),
                Type::List(_) if dice.chance(60) => format!("{}[{}]", it.name, dice.pick(&["0", "1", "-1", "9"])),
                Type::User(_, fields) if dice.chance(60) => format!("{}.{}", it.name, dice.pick(fields).0),
                _ => it.name.clone(),
            });
        }
    }
    let selection = if selected.is_empty() {
        String::new()
    } else {
        format!("{} ", selected.join(", "))
    };
    let conditions = if dice.chance(12) {
        conditions(dice, table)
    } else {
        String::new()
    };
    let using = if conditions.is_empty() {
        using(dice, table, dice.chance(2))
    } else {
        String::new()
    };
    let is_whole = !selected.is_empty() || !conditions.is_empty();
    format!(
        "DELETE {selection}FROM {}{using} WHERE {}{conditions}",
        table.name,
        row(dice, table, is_whole)
    )
}

pub fn batch(dice: &Dice, world: &World) -> String {
    let kind = *dice.pick(&["", "", "", "UNLOGGED ", "COUNTER "]);
    let one = world.table(dice).clone();
    let mut parts = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let table = if dice.chance(75) {
            one.clone()
        } else {
            world.table(dice).clone()
        };
        parts.push(match dice.below(3) {
            0 => insert(dice, &table),
            1 => update(dice, &table),
            _ => delete(dice, &table),
        });
    }
    let using = if dice.chance(10) { " USING TIMESTAMP 1010" } else { "" };
    let end = *dice.pick(&["; ", "; ", " "]);
    format!("BEGIN {kind}BATCH{using} {}{end}APPLY BATCH", parts.join(end))
}
