//! What of CQL the golden scripts show to work: a table of its statements and functions, made from the scripts and the list of
//! their known differences.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::script::{Block, parse};

/// A part of the language, and the words by which a statement shows that it has it: all of them, in this order.
struct Part {
    name: &'static str,
    words: &'static [&'static str],
}

const fn part(name: &'static str, words: &'static [&'static str]) -> Part {
    Part { name, words }
}

const STATEMENTS: &[Part] = &[
    part("USE", &["USE"]),
    part("CREATE KEYSPACE", &["CREATE", "KEYSPACE"]),
    part("ALTER KEYSPACE", &["ALTER", "KEYSPACE"]),
    part("DROP KEYSPACE", &["DROP", "KEYSPACE"]),
    part("CREATE TABLE", &["CREATE", "TABLE"]),
    part("CREATE TABLE ... WITH options", &["CREATE", "TABLE", "WITH"]),
    part(
        "CREATE TABLE ... CLUSTERING ORDER BY",
        &["CREATE", "TABLE", "CLUSTERING", "ORDER"],
    ),
    part("ALTER TABLE ... ADD", &["ALTER", "TABLE", "ADD"]),
    part("ALTER TABLE ... DROP", &["ALTER", "TABLE", "DROP"]),
    part("ALTER TABLE ... RENAME", &["ALTER", "TABLE", "RENAME"]),
    part("ALTER TABLE ... WITH options", &["ALTER", "TABLE", "WITH"]),
    part("MASKED WITH (off by default)", &["MASKED", "WITH"]),
    part("DROP TABLE", &["DROP", "TABLE"]),
    part("TRUNCATE", &["TRUNCATE"]),
    part("CREATE TYPE", &["CREATE", "TYPE"]),
    part("ALTER TYPE", &["ALTER", "TYPE"]),
    part("DROP TYPE", &["DROP", "TYPE"]),
    part("CREATE INDEX", &["CREATE", "INDEX"]),
    part("CREATE INDEX ... USING 'sai'", &["INDEX", "USING", "SAI"]),
    part("DROP INDEX", &["DROP", "INDEX"]),
    part("CREATE MATERIALIZED VIEW", &["CREATE", "MATERIALIZED", "VIEW"]),
    part("ALTER MATERIALIZED VIEW", &["ALTER", "MATERIALIZED", "VIEW"]),
    part("DROP MATERIALIZED VIEW", &["DROP", "MATERIALIZED", "VIEW"]),
    part("CREATE FUNCTION", &["CREATE", "FUNCTION"]),
    part("DROP FUNCTION", &["DROP", "FUNCTION"]),
    part("CREATE AGGREGATE", &["CREATE", "AGGREGATE"]),
    part("DROP AGGREGATE", &["DROP", "AGGREGATE"]),
    part("CREATE TRIGGER", &["CREATE", "TRIGGER"]),
    part("CREATE ROLE", &["CREATE", "ROLE"]),
    part("ALTER ROLE", &["ALTER", "ROLE"]),
    part("DROP ROLE", &["DROP", "ROLE"]),
    part("LIST ROLES", &["LIST", "ROLES"]),
    part("GRANT", &["GRANT"]),
    part("REVOKE", &["REVOKE"]),
    part("LIST PERMISSIONS", &["LIST", "PERMISSIONS"]),
    part("INSERT", &["INSERT"]),
    part("INSERT ... IF NOT EXISTS", &["INSERT", "IF", "NOT", "EXISTS"]),
    part("INSERT JSON", &["INSERT", "JSON"]),
    part("USING TIMESTAMP", &["USING", "TIMESTAMP"]),
    part("USING TTL", &["USING", "TTL"]),
    part("UPDATE", &["UPDATE"]),
    part("UPDATE ... IF", &["UPDATE", "IF"]),
    part("DELETE", &["DELETE"]),
    part("DELETE ... IF", &["DELETE", "IF"]),
    part("BATCH", &["BEGIN", "BATCH"]),
    part("UNLOGGED BATCH", &["BEGIN", "UNLOGGED", "BATCH"]),
    part("COUNTER BATCH", &["BEGIN", "COUNTER", "BATCH"]),
    part("SELECT", &["SELECT"]),
    part("SELECT JSON", &["SELECT", "JSON"]),
    part("SELECT DISTINCT", &["SELECT", "DISTINCT"]),
    part("GROUP BY", &["SELECT", "GROUP", "BY"]),
    part("ORDER BY", &["SELECT", "ORDER", "BY"]),
    part("ORDER BY ... ANN OF", &["ORDER", "BY", "ANN", "OF"]),
    part("PER PARTITION LIMIT", &["PER", "PARTITION", "LIMIT"]),
    part("LIMIT", &["SELECT", "LIMIT"]),
    part("ALLOW FILTERING", &["SELECT", "ALLOW", "FILTERING"]),
    part("IN", &["SELECT", "WHERE", "IN"]),
    part("CONTAINS", &["WHERE", "CONTAINS"]),
    part("LIKE", &["WHERE", "LIKE"]),
    part("DESCRIBE KEYSPACE", &["DESCRIBE", "KEYSPACE"]),
    part("DESCRIBE TABLE", &["DESCRIBE", "TABLE"]),
    part("DESCRIBE TYPE", &["DESCRIBE", "TYPE"]),
    part("DESCRIBE INDEX", &["DESCRIBE", "INDEX"]),
    part("DESCRIBE MATERIALIZED VIEW", &["DESCRIBE", "MATERIALIZED", "VIEW"]),
    part("DESCRIBE CLUSTER", &["DESCRIBE", "CLUSTER"]),
    part("DESCRIBE SCHEMA", &["DESCRIBE", "SCHEMA"]),
];

/// Functions by name; where there are two spellings, the newer one.
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "blob_as_int",
    "blob_as_text",
    "cast",
    "collection_avg",
    "collection_count",
    "collection_max",
    "collection_min",
    "collection_sum",
    "count",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_timeuuid",
    "exp",
    "floor",
    "from_json",
    "int_as_blob",
    "log",
    "log10",
    "map_keys",
    "map_values",
    "mask_default",
    "mask_hash",
    "mask_inner",
    "mask_null",
    "mask_outer",
    "mask_replace",
    "max",
    "max_timeuuid",
    "maxwritetime",
    "min",
    "min_timeuuid",
    "now",
    "round",
    "similarity_cosine",
    "similarity_dot_product",
    "similarity_euclidean",
    "sum",
    "text_as_blob",
    "to_date",
    "to_json",
    "to_timestamp",
    "to_unix_timestamp",
    "token",
    "ttl",
    "uuid",
    "writetime",
];

#[derive(Clone, Copy, Default)]
struct Tally {
    equal: usize,
    different: usize,
}

/// The coverage of these scripts, each its name and text. `known` names the blocks that differ, `file:line why` each.
pub fn coverage<'a>(scripts: impl IntoIterator<Item = (&'a str, &'a str)>, known: &str) -> String {
    let known: BTreeSet<&str> = known.lines().filter_map(|line| line.split(' ').next()).collect();
    let mut blocks: Vec<(Vec<Vec<String>>, bool)> = Vec::new();
    for (name, text) in scripts {
        for block in parse(text) {
            let differs = known.contains(format!("{name}:{}", block.line).as_str());
            blocks.push((statements(&block), differs));
        }
    }
    let tally = |has: &dyn Fn(&[String]) -> bool| {
        let mut tally = Tally::default();
        for (statements, differs) in blocks.iter().filter(|(all, _)| all.iter().any(|it| has(it))) {
            // Of a block that differs the last statement is the one that is looked at.
            match *differs {
                false => tally.equal += 1,
                true if statements.last().is_some_and(|it| has(it)) => tally.different += 1,
                true => {}
            }
        }
        tally
    };
    let mut out = String::from(
        "# What of CQL works\n\nMade by `ringscope golden --coverage tests/golden/*.golden > docs/cql-coverage.md` from the golden \
         scripts, which hold what\nCassandra 5.0.7 answers. *Works*: every block of the scripts that has it is answered alike. \
         *Differs*: some are not yet.\n*Refused*: a clear error says that it is not there. *Untested*: no script has it.\n\n## Statements\n\n",
    );
    out += "| statement | state | blocks alike |\n| --- | --- | --- |\n";
    for part in STATEMENTS {
        row(
            &mut out,
            part.name,
            tally(&|statement| has_words(statement, part.words)),
        );
    }
    out += "\n## Functions\n\n| function | state | blocks alike |\n| --- | --- | --- |\n";
    for name in FUNCTIONS {
        row(&mut out, name, tally(&|statement| calls(statement, name)));
    }
    out
}

fn row(out: &mut String, name: &str, tally: Tally) {
    let state = match (tally.equal, tally.different) {
        (0, 0) => "untested",
        (_, 0) => "works",
        (0, _) => "refused",
        _ => "differs",
    };
    let _ = writeln!(
        out,
        "| {name} | {state} | {} of {} |",
        tally.equal,
        tally.equal + tally.different
    );
}

/// The statements of a block, each as its words in capitals and its signs.
fn statements(block: &Block) -> Vec<Vec<String>> {
    let text = block.input.join("\n");
    let mut all = vec![Vec::new()];
    let mut word = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_alphanumeric() || character == '_' {
            word.extend(character.to_uppercase());
            continue;
        }
        if let Some(statement) = all.last_mut() {
            if !word.is_empty() {
                statement.push(core::mem::take(&mut word));
            }
            if character == '(' {
                statement.push("(".to_string());
            }
        }
        if character == ';' {
            all.push(Vec::new());
        }
    }
    all.retain(|statement| !statement.is_empty());
    all
}

fn has_words(statement: &[String], words: &[&str]) -> bool {
    let mut words = words.iter();
    let Some(first) = words.next() else { return false };
    // What a statement begins with it begins with; a clause may stand anywhere.
    let begins = [
        "USE", "CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE", "BEGIN", "SELECT", "DESCRIBE", "LIST",
    ];
    let mut rest = match begins.contains(first) {
        true if statement.first().is_none_or(|it| it != first) => return false,
        true => &statement[1..],
        false => match statement.iter().position(|it| it == first) {
            Some(at) => &statement[at + 1..],
            None => return false,
        },
    };
    for word in words {
        let Some(at) = rest.iter().position(|it| it == word) else {
            return false;
        };
        rest = &rest[at + 1..];
    }
    true
}

fn calls(statement: &[String], name: &str) -> bool {
    let plain = |word: &str| word.replace('_', "").to_lowercase();
    let wanted = plain(name);
    statement
        .windows(2)
        .any(|pair| pair[1] == "(" && plain(&pair[0]) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_counts_for_the_last_statement() {
        let script = "INSERT INTO t (a) VALUES (1);\nSELECT toJson(a) FROM t;\n---\n\nSELECT a FROM t LIMIT 1;\n---\n";
        let table = coverage([("x.golden", script)], "x.golden:1 why");
        let row = |name: &str| {
            let start = format!("| {name} |");
            table.lines().find(|line| line.starts_with(&start)).unwrap().to_string()
        };
        assert_eq!(row("INSERT"), "| INSERT | untested | 0 of 0 |");
        assert_eq!(row("SELECT"), "| SELECT | differs | 1 of 2 |");
        assert_eq!(row("LIMIT"), "| LIMIT | works | 1 of 1 |");
        assert_eq!(row("to_json"), "| to_json | refused | 0 of 1 |");
    }
}
