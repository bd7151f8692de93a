//! How names are written in CQL: bare where the lexer would give the same name back, quoted otherwise.

use std::borrow::Cow;

/// Words that are no names unless quoted, in alphabetical order. Cassandra 5.0 `reserved_keywords.txt`.
#[rustfmt::skip]
pub const RESERVED_WORDS: [&str; 57] = [
    "add", "allow", "alter", "and", "apply", "asc", "authorize", "batch", "begin", "by", "columnfamily", "create", "delete",
    "desc", "describe", "drop", "entries", "execute", "from", "full", "grant", "if", "in", "index", "infinity", "insert",
    "into", "is", "keyspace", "limit", "materialized", "modify", "nan", "norecursive", "not", "null", "of", "on", "or",
    "order", "primary", "rename", "revoke", "schema", "select", "set", "table", "to", "token", "truncate", "unlogged",
    "update", "use", "using", "view", "where", "with",
];

/// The name as CQL text: quoted if it has capitals or odd characters, or is a reserved word.
pub fn maybe_quote(name: &str) -> Cow<'_, str> {
    let starts_like_a_name = name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if starts_like_a_name && is_plain && RESERVED_WORDS.binary_search(&name).is_err() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED_WORDS.is_sorted());
    }

    #[test]
    fn only_what_needs_quotes_gets_them() {
        assert_eq!(maybe_quote("user_id2"), "user_id2");
        assert_eq!(maybe_quote("key"), "key");
        assert_eq!(maybe_quote("select"), "\"select\"");
        assert_eq!(maybe_quote("UserId"), "\"UserId\"");
        assert_eq!(maybe_quote("2nd"), "\"2nd\"");
        assert_eq!(maybe_quote(""), "\"\"");
        assert_eq!(maybe_quote("say \"hi\""), "\"say \"\"hi\"\"\"");
    }
}
