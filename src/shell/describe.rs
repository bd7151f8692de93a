//! What DESCRIBE prints: the server answers with rows, cqlsh lays them out.

use crate::cql::Rows;
use crate::data::Value;

/// Python's `cmd.Cmd.columnize` fills lines of this width.
const LINE_WIDTH: usize = 80;

/// What was asked for, as far as the layout goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Described {
    Keyspaces,
    /// Names in each keyspace: tables, types, functions, aggregates.
    Names,
    Cluster,
    /// Statements that make something.
    Statements,
}

pub fn described(what: Described, rows: &Rows, in_keyspace: bool) -> String {
    match what {
        Described::Keyspaces => {
            let names: Vec<String> = texts(rows, "name");
            format!("\n{}\n", columns(&names))
        }
        Described::Names => names(rows, in_keyspace),
        Described::Cluster => cluster(rows),
        Described::Statements => {
            let statement = |text: String| format!("\n{text}\n");
            texts(rows, "create_statement").into_iter().map(statement).collect()
        }
    }
}

fn names(rows: &Rows, in_keyspace: bool) -> String {
    let keyspaces = texts(rows, "keyspace_name");
    let names = texts(rows, "name");
    let mut text = String::new();
    let mut at = 0;
    while at < keyspaces.len() {
        let keyspace = &keyspaces[at];
        let count = keyspaces[at..].iter().take_while(|other| *other == keyspace).count();
        text.push('\n');
        if !in_keyspace {
            text += &format!(
                "Keyspace {keyspace}\n---------{}\n",
                "-".repeat(keyspace.chars().count())
            );
        }
        text += &columns(names.get(at..at + count).unwrap_or_default());
        at += count;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn cluster(rows: &Rows) -> String {
    let mut text = String::new();
    for row in 0..rows.rows.len() {
        let field = |name| cell(rows, row, name).map(as_text).unwrap_or_default();
        text += &format!(
            "\nCluster: {}\nPartitioner: {}\nSnitch: {}\n\n",
            field("cluster"),
            field("partitioner"),
            field("snitch")
        );
        if let Some(Value::Map(entries)) = cell(rows, row, "range_ownership") {
            text += "Range ownership:\n";
            for (token, hosts) in entries {
                let hosts = match hosts {
                    Value::List(hosts) => hosts.into_iter().map(as_text).collect(),
                    other => vec![as_text(other)],
                };
                text += &format!(" {:>39}  [{}]\n", as_text(token), hosts.join(", "));
            }
            text.push('\n');
        }
    }
    text
}

fn texts(rows: &Rows, column: &str) -> Vec<String> {
    (0..rows.rows.len())
        .map(|row| cell(rows, row, column).map(as_text).unwrap_or_default())
        .collect()
}

fn cell(rows: &Rows, row: usize, column: &str) -> Option<Value> {
    let at = rows.columns.iter().position(|candidate| &*candidate.name == column)?;
    let bytes = rows.rows.get(row)?.get(at)?.as_deref()?;
    rows.columns[at].ty.decode(bytes).ok()
}

fn as_text(value: Value) -> String {
    match value {
        Value::Text(text) | Value::Ascii(text) => text,
        _ => String::new(),
    }
}

/// Names in as few lines as they fit, down the columns first.
pub fn columns(names: &[String]) -> String {
    let width = |name: &String| name.chars().count();
    if names.is_empty() {
        return "<empty>\n".into();
    }
    let widths_with = |lines: usize| -> Vec<usize> {
        let widest = |column: &[String]| column.iter().map(width).max().unwrap_or(0);
        names.chunks(lines).map(widest).collect()
    };
    let fits = |lines: &usize| widths_with(*lines).iter().map(|width| width + 2).sum::<usize>() <= LINE_WIDTH + 2;
    let lines = (1..names.len()).find(fits).unwrap_or(names.len());
    let widths = widths_with(lines);
    let mut text = String::new();
    for line in 0..lines {
        let cells: Vec<String> = (0..widths.len())
            .filter_map(|column| Some((names.get(line + lines * column)?, widths[column])))
            .map(|(name, width)| format!("{name:width$}"))
            .collect();
        // A single column is not padded.
        let joined = cells.join("  ");
        text += if widths.len() == 1 { joined.trim_end() } else { &joined };
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn names_go_down_the_columns() {
        assert_eq!(columns(&names(&["events", "users"])), "events  users\n");
        let functions = names(&[
            "final_avg(tuple<int, bigint>)",
            "orzero(int)",
            "shout(text, int)",
            "state_avg(tuple<int, bigint>, int)",
            "state_sum(int, int)",
            "total(list<int>)",
            "twice(double)",
            "twice(int)",
        ]);
        let lines = columns(&functions);
        let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "final_avg(tuple<int, bigint>)  state_avg(tuple<int, bigint>, int)  twice(double)",
                "orzero(int)                    state_sum(int, int)                 twice(int)",
                "shout(text, int)               total(list<int>)",
            ]
        );
    }
}
