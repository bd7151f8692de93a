//! The words of COPY.

use super::{Copy, Direction, Place};
use crate::shell::command::Token;

/// What follows COPY. `None`: it is not put as cqlsh wants it.
#[inline(never)]
pub fn copy(rest: &[Token]) -> Option<Copy> {
    let (table, rest) = table(rest)?;
    let (columns, rest) = match rest {
        [Token::Other('('), rest @ ..] => columns(rest)?,
        rest => (Vec::new(), rest),
    };
    let (direction, terminal, rest) = match rest {
        [word, rest @ ..] if word.is("to") => (Direction::To, "stdout", rest),
        [word, rest @ ..] if word.is("from") => (Direction::From, "stdin", rest),
        _ => return None,
    };
    let (place, rest) = match rest {
        [Token::Text(file), rest @ ..] => (Place::File(file.clone()), rest),
        [word, rest @ ..] if word.is(terminal) => (Place::Terminal, rest),
        _ => return None,
    };
    let options = match rest {
        [] => Vec::new(),
        [with, rest @ ..] if with.is("with") => options(rest)?,
        _ => return None,
    };
    Some(Copy {
        table,
        columns,
        direction,
        place,
        options,
    })
}

fn name(token: &Token) -> Option<String> {
    match token {
        Token::QuotedName(name) => Some(format!("\"{name}\"")),
        word => word.name(),
    }
}

fn table(rest: &[Token]) -> Option<(String, &[Token])> {
    match rest {
        [keyspace, Token::Other('.'), table, rest @ ..] => {
            Some((format!("{}.{}", name(keyspace)?, name(table)?), rest))
        }
        [table, rest @ ..] => Some((name(table)?, rest)),
        [] => None,
    }
}

fn columns(rest: &[Token]) -> Option<(Vec<String>, &[Token])> {
    let end = rest.iter().position(|it| *it == Token::Other(')'))?;
    let (listed, rest) = rest.split_at(end);
    let names = listed.split(|it| *it == Token::Other(',')).map(|it| match it {
        [only] => name(only),
        _ => None,
    });
    Some((names.collect::<Option<_>>()?, &rest[1..]))
}

fn options(mut rest: &[Token]) -> Option<Vec<(String, String)>> {
    let mut all = Vec::new();
    loop {
        let [Token::Word(name), Token::Other('='), after @ ..] = rest else {
            return None;
        };
        let (value, after) = match after {
            [Token::Other('-'), Token::Number(number), after @ ..] => (format!("-{number}"), after),
            [
                Token::Text(value) | Token::Word(value) | Token::Number(value),
                after @ ..,
            ] => (value.clone(), after),
            _ => return None,
        };
        all.push((name.to_ascii_lowercase(), value));
        match after {
            [] => return Some(all),
            [and, after @ ..] if and.is("and") => rest = after,
            _ => return None,
        }
    }
}
