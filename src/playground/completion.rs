//! What may come next in a shell's input: keywords by statement, names from the live schema.

use super::api::{Candidate, CandidateKind, Completion, MAX_CANDIDATES};
use crate::data::ConsistencyLevel;
use crate::schema::{Schema, TableMetadata};
use crate::shell::nodetool;

/// What a statement begins with.
const STATEMENTS: [&str; 10] = [
    "SELECT",
    "INSERT INTO",
    "UPDATE",
    "DELETE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "USE",
    "BEGIN BATCH",
];

/// cqlsh's own commands.
const SHELL_COMMANDS: [&str; 11] = [
    "CONSISTENCY",
    "COPY",
    "SERIAL CONSISTENCY",
    "TRACING",
    "EXPAND",
    "PAGING",
    "DESCRIBE",
    "SHOW",
    "CLEAR",
    "HELP",
    "nodetool",
];

/// Keywords that follow within a statement, by its first word.
const FOLLOWING: [(&str, &[&str]); 17] = [
    (
        "SELECT",
        &[
            "FROM",
            "WHERE",
            "AND",
            "IN",
            "ORDER BY",
            "ASC",
            "DESC",
            "LIMIT",
            "PER PARTITION LIMIT",
            "ALLOW FILTERING",
            "GROUP BY",
            "AS",
            "DISTINCT",
            "JSON",
            "CONTAINS",
        ],
    ),
    (
        "INSERT",
        &[
            "INTO",
            "VALUES",
            "IF NOT EXISTS",
            "USING TTL",
            "USING TIMESTAMP",
            "AND",
            "JSON",
        ],
    ),
    (
        "UPDATE",
        &[
            "SET",
            "WHERE",
            "AND",
            "IN",
            "IF",
            "IF EXISTS",
            "USING TTL",
            "USING TIMESTAMP",
        ],
    ),
    (
        "DELETE",
        &["FROM", "WHERE", "AND", "IN", "IF", "IF EXISTS", "USING TIMESTAMP"],
    ),
    (
        "CREATE",
        &[
            "KEYSPACE",
            "TABLE",
            "TYPE",
            "INDEX",
            "IF NOT EXISTS",
            "WITH",
            "PRIMARY KEY",
            "STATIC",
            "CLUSTERING ORDER BY",
            "replication =",
            "durable_writes =",
            "AND",
        ],
    ),
    (
        "ALTER",
        &["KEYSPACE", "TABLE", "TYPE", "ADD", "DROP", "RENAME", "WITH", "AND"],
    ),
    ("DROP", &["KEYSPACE", "TABLE", "TYPE", "INDEX", "IF EXISTS"]),
    ("TRUNCATE", &["TABLE"]),
    ("USE", &[]),
    (
        "BEGIN",
        &[
            "BATCH",
            "UNLOGGED BATCH",
            "APPLY BATCH",
            "INSERT INTO",
            "UPDATE",
            "DELETE",
        ],
    ),
    ("SERIAL", &["CONSISTENCY"]),
    ("TRACING", &["ON", "OFF"]),
    ("EXPAND", &["ON", "OFF"]),
    ("PAGING", &["ON", "OFF"]),
    (
        "DESCRIBE",
        &[
            "KEYSPACES",
            "KEYSPACE",
            "TABLES",
            "TABLE",
            "TYPES",
            "TYPE",
            "SCHEMA",
            "CLUSTER",
        ],
    ),
    (
        "DESC",
        &[
            "KEYSPACES",
            "KEYSPACE",
            "TABLES",
            "TABLE",
            "TYPES",
            "TYPE",
            "SCHEMA",
            "CLUSTER",
        ],
    ),
    ("SHOW", &["VERSION", "HOST", "SESSION"]),
];

const FUNCTIONS: [&str; 10] = [
    "count(*)",
    "token(",
    "writetime(",
    "ttl(",
    "min(",
    "max(",
    "sum(",
    "avg(",
    "now()",
    "uuid()",
];

const TYPES: [&str; 23] = [
    "ascii",
    "bigint",
    "blob",
    "boolean",
    "counter",
    "date",
    "decimal",
    "double",
    "duration",
    "float",
    "inet",
    "int",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "uuid",
    "varint",
    "list<",
    "set<",
    "map<",
];

/// Words after which a table is named.
const BEFORE_TABLE: [&str; 6] = ["FROM", "INTO", "UPDATE", "TABLE", "TRUNCATE", "ON"];

/// Suggestions for the word that ends at `cursor`, a number of characters.
pub fn complete(id: u32, text: &str, cursor: u32, schema: &Schema, current: Option<&str>) -> Completion {
    let end = text
        .char_indices()
        .nth(cursor as usize)
        .map_or(text.len(), |(at, _)| at);
    let before = &text[..end];
    let words = words(before);
    let typed = match words.last() {
        Some(Word { text, end: ends, .. }) if *ends == before.len() && is_name(text) => *text,
        _ => "",
    };
    let context = if typed.is_empty() {
        &words[..]
    } else {
        &words[..words.len() - 1]
    };
    let mut offers = Offers {
        typed: typed.to_lowercase(),
        candidates: Vec::new(),
    };
    let names = Names { schema, current };
    offer(&mut offers, context, text, &names);
    offers.candidates.truncate(MAX_CANDIDATES);
    Completion {
        id,
        from: (before.chars().count() - typed.chars().count()) as u32,
        candidates: offers.candidates,
    }
}

fn offer(offers: &mut Offers, context: &[Word<'_>], text: &str, schema: &Names<'_>) {
    let upper: Vec<String> = context.iter().map(|word| word.text.to_uppercase()).collect();
    let Some(first) = upper.first() else {
        STATEMENTS
            .iter()
            .for_each(|word| offers.add(word, CandidateKind::Keyword, ""));
        SHELL_COMMANDS
            .iter()
            .for_each(|word| offers.add(word, CandidateKind::ShellCommand, ""));
        return;
    };
    let last = upper.last().map_or("", String::as_str);
    if first == "NODETOOL" {
        return match last {
            "NODETOOL" | "HELP" => nodetool::names().for_each(|name| offers.add(name, CandidateKind::ShellCommand, "")),
            _ => schema.offer_tables(offers),
        };
    }
    if let [.., keyspace, dot] = context
        && dot.text == "."
    {
        return schema
            .tables_of(keyspace.text)
            .for_each(|table| offers.name(table.name.as_str(), CandidateKind::Table, ""));
    }
    if last == "CONSISTENCY" {
        for level in ConsistencyLevel::ALL_LEVELS {
            offers.add(level.name(), CandidateKind::ConsistencyLevel, "");
        }
        return;
    }
    if last == "USE" || last == "KEYSPACE" {
        return schema.offer_keyspaces(offers);
    }
    let names_table = BEFORE_TABLE.contains(&last) && !(last == "UPDATE" && upper.len() > 1);
    if names_table && first != "CREATE" {
        return schema.offer_tables(offers);
    }
    if first == "CREATE" && upper.get(1).is_some_and(|word| word == "TABLE") && upper.contains(&"(".to_owned()) {
        TYPES.iter().for_each(|ty| offers.add(ty, CandidateKind::Type, ""));
    }
    if let Some(table) = schema.table_in(text, context) {
        for column in table.columns() {
            offers.name(column.name.as_str(), CandidateKind::Column, &column.ty.to_string());
        }
    }
    if first == "SELECT" && !upper.contains(&"FROM".to_owned()) {
        FUNCTIONS
            .iter()
            .for_each(|word| offers.add(word, CandidateKind::Function, ""));
    }
    let following = FOLLOWING.iter().find(|(statement, _)| statement == first);
    for word in following.iter().flat_map(|(_, words)| words.iter()) {
        offers.add(word, CandidateKind::Keyword, "");
    }
}

struct Offers {
    /// What is there of the word, in lower case.
    typed: String,
    candidates: Vec<Candidate>,
}

impl Offers {
    fn add(&mut self, text: &str, kind: CandidateKind, detail: &str) {
        let fits = text.to_lowercase().starts_with(&self.typed);
        if fits && !self.candidates.iter().any(|candidate| candidate.text == text) {
            self.candidates.push(Candidate {
                text: text.to_owned(),
                kind,
                detail: detail.to_owned(),
            });
        }
    }

    /// A name, in quotes if it needs them.
    fn name(&mut self, name: &str, kind: CandidateKind, detail: &str) {
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain {
            self.add(name, kind, detail);
        } else {
            self.add(&format!("\"{}\"", name.replace('"', "\"\"")), kind, detail);
        }
    }
}

struct Names<'a> {
    schema: &'a Schema,
    /// The keyspace in use.
    current: Option<&'a str>,
}

impl<'a> Names<'a> {
    fn tables_of(&self, keyspace: &str) -> impl Iterator<Item = &'a TableMetadata> + use<'a> {
        let found = self.schema.keyspace(&unquoted(keyspace));
        found
            .into_iter()
            .flat_map(|keyspace| keyspace.tables.values().map(|table| &**table))
    }

    fn offer_keyspaces(&self, offers: &mut Offers) {
        let is_system = |name: &str| name.starts_with("system");
        for system in [false, true] {
            for keyspace in self
                .schema
                .keyspaces()
                .filter(|keyspace| is_system(&keyspace.name) == system)
            {
                offers.name(&keyspace.name, CandidateKind::Keyspace, "");
            }
        }
    }

    fn offer_tables(&self, offers: &mut Offers) {
        if let Some(current) = self.current {
            for table in self.tables_of(current) {
                offers.name(table.name.as_str(), CandidateKind::Table, current);
            }
        }
        self.offer_keyspaces(offers);
    }

    /// The table that the statement names, before or after the cursor.
    fn table_in(&self, text: &str, context: &[Word<'_>]) -> Option<&'a TableMetadata> {
        let start = context.first()?.start;
        let statement = words_until_end(text, start).0;
        let at = statement
            .iter()
            .position(|word| BEFORE_TABLE.contains(&word.text.to_uppercase().as_str()))?;
        let first = statement.get(at + 1)?.text;
        let (keyspace, table) = match (statement.get(at + 2), statement.get(at + 3)) {
            (Some(dot), Some(table)) if dot.text == "." => (first, table.text),
            _ => (self.current?, first),
        };
        let table = unquoted(table);
        let mut tables = self.tables_of(keyspace);
        tables.find(|known| known.name.as_str() == table)
    }
}

/// The name as the schema has it: in lower case, unless it stands in quotes.
fn unquoted(name: &str) -> String {
    match name.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').replace("\"\"", "\""),
        None => name.to_lowercase(),
    }
}

#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '"')
}

/// The words and signs of the last statement.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut start = 0;
    loop {
        match words_until_end(text, start) {
            (_, Some(next)) => start = next,
            (words, None) => return words,
        }
    }
}

/// Those up to the next `;`, and where the text goes on after it. Strings, quoted names and comments hide what is in them.
fn words_until_end(text: &str, start: usize) -> (Vec<Word<'_>>, Option<usize>) {
    let mut words = Vec::new();
    let mut at = start;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if next.is_whitespace() {
            next.len_utf8()
        } else if rest.starts_with("--") || rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if next == ';' {
            return (words, Some(at + 1));
        } else {
            let length = match next {
                '\'' | '"' => rest[1..].find(next).map_or(rest.len(), |end| end + 2),
                _ if next.is_alphanumeric() || next == '_' => rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len()),
                _ => next.len_utf8(),
            };
            words.push(Word {
                text: &rest[..length],
                start: at,
                end: at + length,
            });
            length
        };
        at += length;
    }
    (words, None)
}

#[cfg(test)]
mod tests {
    use crate::base::SortedMap;
    use std::sync::Arc;

    use super::*;
    use crate::data::{CqlType, TableId};
    use crate::schema::{ColumnKind, ColumnMetadata, KeyspaceMetadata, ReplicationParams, TableParams};

    fn schema() -> Schema {
        let column = |name: &str, kind| ColumnMetadata {
            name: name.into(),
            ty: CqlType::Int,
            kind,
            position: 0,
            descending: false,
        };
        let columns = [
            column("id", ColumnKind::PartitionKey),
            column("Name", ColumnKind::Regular),
            column("note", ColumnKind::Regular),
        ];
        let id = TableId(uuid::Uuid::nil());
        let table = TableMetadata::new(id, "shop".into(), "orders".into(), columns, TableParams::default());
        let keyspace = KeyspaceMetadata {
            name: "shop".into(),
            replication: ReplicationParams::Simple { factor: 3 },
            durable_writes: true,
            tables: SortedMap::from([(table.name.clone(), Arc::new(table))]),
            types: SortedMap::new(),
        };
        Schema::new([keyspace], uuid::Uuid::nil())
    }

    /// What is offered where `|` stands.
    fn offered(text: &str, current: Option<&str>) -> Vec<String> {
        let cursor = text.chars().position(|c| c == '|').unwrap();
        let completion = complete(1, &text.replace('|', ""), cursor as u32, &schema(), current);
        completion
            .candidates
            .into_iter()
            .map(|candidate| candidate.text)
            .collect()
    }

    #[test]
    fn statements_begin_with_their_words() {
        assert_eq!(offered("se|", None), ["SELECT", "SERIAL CONSISTENCY"]);
        assert_eq!(offered("SELECT 1; ins|", None), ["INSERT INTO"]);
        assert_eq!(offered("-- a comment; here\ndesc|", None), ["DESCRIBE"]);
        assert_eq!(offered("consistency q|", None), ["QUORUM"]);
        assert_eq!(offered("nodetool gossip|", None), ["gossipinfo"]);
        assert_eq!(offered("nodetool status sh|", None), ["shop"]);
        assert!(offered("'se|", None).is_empty());
    }

    #[test]
    fn names_come_from_the_schema() {
        assert_eq!(offered("SELECT * FROM |", None), ["shop"]);
        assert_eq!(offered("SELECT * FROM sh|", Some("shop")), ["shop"]);
        assert_eq!(offered("SELECT * FROM o|", Some("shop")), ["orders"]);
        assert_eq!(offered("SELECT * FROM shop.|", None), ["orders"]);
        assert_eq!(offered("use |", None), ["shop"]);
        assert_eq!(offered("SELECT * FROM shop.orders WHERE n|", None), ["note"]);
        assert_eq!(offered("SELECT i| FROM shop.orders", None), ["id", "IN"]);
        assert_eq!(offered("UPDATE orders SET \"|", Some("shop")), ["\"Name\""]);
        assert_eq!(offered("CREATE TABLE t (a bi|", None), ["bigint"]);
    }

    #[test]
    fn the_word_begins_where_it_says_in_characters() {
        let completion = complete(7, "SELECT 'é' FROM sh", 18, &schema(), None);
        assert_eq!(
            (completion.id, completion.from, completion.candidates.len()),
            (7, 16, 1)
        );
        let beyond = complete(7, "sel", 99, &schema(), None);
        assert_eq!((beyond.from, beyond.candidates.len()), (0, 1));
    }
}
