//! The syntax of CQL against what a real Cassandra read, or refused and why.

use ringscope::cql::{parse, split};

/// Statements, each with what Cassandra says of it: blocks of the statement, a line `---`, and the message.
fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("cql-syntax/refused.golden")
        .split("\n\n")
        .map(|block| match block.strip_prefix('#') {
            Some(comment) => comment.split_once('\n').expect("a block after the comment").1,
            None => block,
        })
        .filter(|block| !block.is_empty())
        .map(|block| {
            let (statement, message) = block.split_once("\n---\n").expect("a statement and a message");
            (
                statement,
                message.strip_prefix("SyntaxException: ").expect("a syntax error"),
            )
        })
}

#[test]
fn what_cassandra_reads_is_read() {
    let script = include_str!("cql-syntax/accepted.cql");
    let found = split(script, |_| false).expect("no odd characters");
    assert!(found.is_complete);
    assert!(found.statements.len() > 600);
    for range in found.statements {
        let statement = &script[range];
        if let Err(error) = parse(statement) {
            panic!("{statement}\n{error}");
        }
    }
}

#[test]
fn what_cassandra_refuses_is_refused_in_its_words() {
    let mut count = 0;
    for (statement, expected) in refused() {
        count += 1;
        match parse(statement) {
            Ok(_) => panic!("{statement}\nshould be refused: {expected}"),
            Err(error) => assert_eq!(error.to_string(), expected, "{statement}"),
        }
    }
    assert!(count > 800);
}
