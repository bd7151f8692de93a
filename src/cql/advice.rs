//! What to do about a statement that does not parse: what was meant, or what CQL does instead of what SQL would.
//!
//! Looks at the words around the token that does not fit; knows nothing of the grammar but its keywords.

use super::keyword::Keyword;
use super::token::{Token, TokenKind};

/// Where a habit of SQL shows: a word at the token that does not fit or just before it.
struct Habit {
    words: &'static [&'static str],
    advice: &'static str,
    /// The heading in `docs/from-sql.md`.
    topic: &'static str,
}

/// The more particular first.
const HABITS: &[Habit] = &[
    Habit {
        words: &["JOIN", "INNER", "LEFT", "RIGHT", "OUTER", "CROSS", "NATURAL"],
        advice: "CQL has no joins: keep what a query needs in one table, or read the tables one after the other",
        topic: "joins",
    },
    Habit {
        words: &["OR"],
        advice: "CQL has no OR: use IN for several values of a column, or a statement for each",
        topic: "or",
    },
    Habit {
        words: &["AUTO_INCREMENT", "AUTOINCREMENT", "SERIAL", "IDENTITY"],
        advice: "CQL does not number rows: use a uuid column with uuid(), or a timeuuid with now()",
        topic: "auto-increment",
    },
    Habit {
        words: &["BETWEEN"],
        advice: "CQL has no BETWEEN: write a >= ... AND a <= ...",
        topic: "between",
    },
    Habit {
        words: &["HAVING", "UNION", "INTERSECT", "EXCEPT", "EXISTS", "OVER"],
        advice: "CQL reads one table at a time and has no conditions on groups: do this in the application",
        topic: "one-table-at-a-time",
    },
    Habit {
        words: &["OFFSET"],
        advice: "CQL has no OFFSET: drivers and cqlsh page through results, or go on after the last key read",
        topic: "offset",
    },
    Habit {
        words: &["FOREIGN", "REFERENCES", "UNIQUE", "CHECK", "CONSTRAINT"],
        advice: "CQL has no constraints but the primary key: a conditional update (IF ...) can check before it writes",
        topic: "constraints",
    },
    Habit {
        words: &["DEFAULT", "NULL", "NOT"],
        advice: "CQL's columns have no defaults and may always be null; only the primary key must be given",
        topic: "constraints",
    },
    Habit {
        words: &["DATABASE", "SCHEMAS", "DATABASES"],
        advice: "a database is a keyspace in CQL: CREATE KEYSPACE, USE, DESCRIBE KEYSPACES",
        topic: "databases",
    },
    Habit {
        words: &["SHOW"],
        advice: "use DESCRIBE: DESCRIBE TABLES, DESCRIBE TABLE name",
        topic: "databases",
    },
    Habit {
        words: &["START", "COMMIT", "ROLLBACK", "SAVEPOINT"],
        advice: "CQL has no transactions: a BATCH applies several writes together, IF makes one write conditional",
        topic: "transactions",
    },
    Habit {
        words: &["REPLACE", "MERGE", "UPSERT"],
        advice: "INSERT and UPDATE both write whether or not the row is there",
        topic: "upserts",
    },
    Habit {
        words: &["MODIFY", "CHANGE", "COLUMN"],
        advice: "say ALTER TABLE t ADD c int, DROP c, or RENAME c TO d; a column's type does not change",
        topic: "altering-tables",
    },
];

const DISTINCT_COUNT: (&str, &str) = (
    "CQL counts no distinct values: SELECT DISTINCT gives the partition keys",
    "one-table-at-a-time",
);
const SUBQUERY: (&str, &str) = (
    "CQL has no subqueries: read first, then give the values to IN",
    "subqueries",
);
const QUOTES: (&str, &str) = (
    "text stands in single quotes: double quotes are for names that keep their case",
    "quotes",
);
const UNEQUAL: (&str, &str) = ("write != for unequal", "unequal");
const LENGTH: (&str, &str) = ("CQL's types have no length: text, varchar, decimal", "types");
const VALUES: (&str, &str) = (
    "name the columns: INSERT INTO t (a, b) VALUES (1, 2), one row a statement",
    "inserts",
);
const ALIAS: (&str, &str) = (
    "a column's other name needs AS, and tables have none: SELECT a AS b FROM t",
    "aliases",
);
const NO_WHERE: (&str, &str) = (
    "UPDATE and DELETE need a WHERE with the primary key; TRUNCATE empties a table",
    "where",
);

/// Advice on the token `at`, if there is any.
pub(super) fn advise(text: &str, tokens: &[Token], at: usize, expected: Option<TokenKind>) -> Option<String> {
    let word = |index: usize| tokens.get(index).map(|token| token.text(text).to_uppercase());
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    let before = |distance: usize| at.checked_sub(distance);
    let first = word(0).unwrap_or_default();
    let found = word(at).unwrap_or_default();
    let told = |(advice, topic): (&str, &str)| Some(format!("{advice} (docs/from-sql.md#{topic})"));
    let is = |index: Option<usize>, wanted: TokenKind| index.and_then(kind) == Some(wanted);

    if at == 0 {
        if let Some(habit) = HABITS.iter().find(|habit| habit.words.contains(&found.as_str())) {
            return told((habit.advice, habit.topic));
        }
        return meant(&found, STATEMENTS.iter().copied()).map(|it| format!("did you mean {it}?"));
    }
    let previous = before(1).and_then(word).unwrap_or_default();
    match kind(at)? {
        TokenKind::Keyword(Keyword::Select) => return told(SUBQUERY),
        TokenKind::Keyword(Keyword::Distinct) if is(before(1), TokenKind::LeftParenthesis) => {
            return told(DISTINCT_COUNT);
        }
        TokenKind::QuotedName if stands_for_a_value(before(1).and_then(kind)) => return told(QUOTES),
        TokenKind::Greater if is(before(1), TokenKind::Less) => return told(UNEQUAL),
        TokenKind::LeftParenthesis if is_sized(&previous) => return told(LENGTH),
        TokenKind::Keyword(Keyword::Values) if first == "INSERT" => return told(VALUES),
        TokenKind::Comma if first == "INSERT" && is(before(1), TokenKind::RightParenthesis) => return told(VALUES),
        TokenKind::End | TokenKind::Semicolon
            if expected == Some(TokenKind::Keyword(Keyword::Where))
                && matches!(first.as_str(), "UPDATE" | "DELETE") =>
        {
            return told(NO_WHERE);
        }
        _ => {}
    }
    // DISTINCT could have been a column's name: what follows it tells that it was not.
    if previous == "DISTINCT" && is(before(2), TokenKind::LeftParenthesis) {
        return told(DISTINCT_COUNT);
    }
    // A name in quotes could have been that of a function: what follows it tells that it was not.
    if is(before(1), TokenKind::QuotedName) && stands_for_a_value(before(2).and_then(kind)) {
        return told(QUOTES);
    }
    // ADD COLUMN a int: COLUMN could have been the column's name, and `a` its type.
    let earlier = before(2).and_then(word).filter(|it| it == "COLUMN");
    let near = [Some(found.as_str()), Some(previous.as_str()), earlier.as_deref()];
    for word in near.into_iter().flatten() {
        if let Some(habit) = HABITS.iter().find(|habit| habit.words.contains(&word)) {
            return told((habit.advice, habit.topic));
        }
    }
    if let Some(TokenKind::Keyword(wanted)) = expected {
        if is_near(&found, wanted.text()) {
            return Some(format!("did you mean {}?", wanted.text()));
        }
        if first == "SELECT" && kind(at) == Some(TokenKind::Identifier) && wanted == Keyword::From {
            return told(ALIAS);
        }
        return Some(format!("{} was expected", wanted.text()));
    }
    if kind(at) == Some(TokenKind::Identifier)
        && let Some(it) = meant(&found, WORDS.iter().copied())
    {
        return Some(format!("did you mean {it}?"));
    }
    if first == "SELECT" && kind(at) == Some(TokenKind::Identifier) && is(before(1), TokenKind::Identifier) {
        return told(ALIAS);
    }
    None
}

/// What a statement begins with.
const STATEMENTS: &[&str] = &[
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "TRUNCATE", "USE", "BEGIN", "DESCRIBE", "GRANT",
    "REVOKE", "LIST", "ADD",
];

/// What stands between names and values.
const WORDS: &[&str] = &[
    "FROM",
    "WHERE",
    "AND",
    "ORDER",
    "GROUP",
    "LIMIT",
    "ALLOW",
    "FILTERING",
    "VALUES",
    "INTO",
    "SET",
    "USING",
    "TIMESTAMP",
    "TABLE",
    "KEYSPACE",
    "INDEX",
    "PRIMARY",
    "KEY",
    "WITH",
    "CLUSTERING",
    "TOKEN",
    "CONTAINS",
    "BATCH",
    "APPLY",
    "EXISTS",
    "PARTITION",
    "DESC",
    "ASC",
    "STATIC",
    "FROZEN",
    "REPLICATION",
];

/// Whether what comes after this is a value.
fn stands_for_a_value(before: Option<TokenKind>) -> bool {
    matches!(
        before,
        Some(
            TokenKind::Equal
                | TokenKind::Less
                | TokenKind::LessEqual
                | TokenKind::Greater
                | TokenKind::GreaterEqual
                | TokenKind::NotEqual
                | TokenKind::LeftParenthesis
                | TokenKind::Comma
                | TokenKind::Colon
                | TokenKind::LeftBracket
                | TokenKind::LeftBrace
        )
    )
}

fn is_sized(type_name: &str) -> bool {
    matches!(
        type_name,
        "VARCHAR" | "TEXT" | "ASCII" | "DECIMAL" | "INT" | "BIGINT" | "BLOB" | "VARINT" | "CHAR"
    )
}

/// The word that this one is a slip of: the nearest, if it is near.
fn meant<'w>(found: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let near = words.filter(|word| is_near(found, word));
    near.min_by_key(|word| distance(found, word))
}

fn is_near(found: &str, word: &str) -> bool {
    let allowed = if word.len() > 4 { 2 } else { 1 };
    found != word && found.len().abs_diff(word.len()) <= allowed && distance(found, word) <= allowed
}

/// How many letters are to be added, dropped, changed, or swapped with the next, to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use crate::cql::parse;

    fn advice(statement: &str) -> String {
        let error = parse(statement).expect_err(statement);
        error.advice.unwrap_or_else(|| format!("none: {}", error.message))
    }

    #[test]
    fn slips_of_the_keyboard() {
        for (statement, meant) in [
            ("SELCT * FROM t", "SELECT"),
            ("SELECT * FORM t", "FROM"),
            ("INSRT INTO t (a) VALUES (1)", "INSERT"),
            ("INSERT INTO t (a) VALEUS (1)", "VALUES"),
            ("CREATE TABEL t (a int PRIMARY KEY)", "TABLE"),
            ("DELETE FROM t WHER a = 1", "WHERE"),
        ] {
            assert_eq!(advice(statement), format!("did you mean {meant}?"), "{statement}");
        }
    }

    #[test]
    fn habits_of_sql_are_answered_with_what_the_docs_say() {
        let docs = include_str!("../../docs/from-sql.md");
        for (statement, topic) in [
            ("SELECT * FROM a JOIN b ON a.x = b.x", "joins"),
            ("SELECT * FROM a LEFT JOIN b ON a.x = b.x", "joins"),
            ("SELECT * FROM t WHERE a = 1 OR b = 2", "or"),
            (
                "CREATE TABLE t (id int AUTO_INCREMENT, PRIMARY KEY (id))",
                "auto-increment",
            ),
            ("SELECT * FROM t WHERE a BETWEEN 1 AND 2", "between"),
            ("SELECT * FROM t WHERE a IN (SELECT b FROM u)", "subqueries"),
            ("SELECT * FROM t WHERE a = \"x\"", "quotes"),
            ("SELECT * FROM t WHERE a <> 1", "unequal"),
            ("CREATE TABLE t (id int PRIMARY KEY, name varchar(20))", "types"),
            ("INSERT INTO t VALUES (1, 2)", "inserts"),
            ("INSERT INTO t (a) VALUES (1), (2)", "inserts"),
            ("UPDATE t SET a = 1", "where"),
            ("DELETE FROM t", "where"),
            ("CREATE DATABASE d", "databases"),
            ("SHOW TABLES", "databases"),
            ("CREATE TABLE t (a int NOT NULL, PRIMARY KEY (a))", "constraints"),
            ("CREATE TABLE t (a int PRIMARY KEY, b int REFERENCES u)", "constraints"),
            ("SELECT a b FROM t", "aliases"),
            ("SELECT * FROM t LIMIT 5 OFFSET 5", "offset"),
            ("SELECT count(DISTINCT a) FROM t", "one-table-at-a-time"),
            ("SELECT a FROM t GROUP BY a HAVING count(*) > 1", "one-table-at-a-time"),
            ("ALTER TABLE t ADD COLUMN a int", "altering-tables"),
            ("START TRANSACTION", "transactions"),
        ] {
            let advice = advice(statement);
            assert!(
                advice.contains(&format!("docs/from-sql.md#{topic})")),
                "{statement}: {advice}"
            );
            let heading = topic.replace('-', " ");
            let is_heading = |line: &str| line.strip_prefix("## ").is_some_and(|it| it.to_lowercase() == heading);
            assert!(docs.lines().any(is_heading), "a heading {topic}");
        }
    }
}
