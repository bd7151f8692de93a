//! Where the statements of a script begin and end, as cqlsh sees it.
//!
//! cqlsh cuts its input before the server reads any of it, by tokens of its own, coarser than CQL's. So what it cannot cut it
//! reports itself, and what it cuts in an odd place reaches the server like that.

use core::ops::Range;

/// A script cut into statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The bytes of each, from its first token to the semicolon (or newline) that ends it. Comments around them are left out, and a
    /// batch is one statement with those inside it.
    pub statements: Vec<Range<usize>>,
    /// Whether the last one is finished, rather than to be continued on another line.
    pub is_complete: bool,
}

/// A character that belongs to no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid syntax at line {line}, char {character}")]
pub struct InvalidCharacter {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub character: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// White space or a comment.
    Junk,
    Newline,
    Semicolon,
    Word,
    Other,
    UnclosedDollarString,
}

struct Token {
    kind: Kind,
    range: Range<usize>,
}

/// Cuts a script. `ends_at_newline` says of a statement's first word, in lower case, whether the end of the line ends it, too.
pub fn split(text: &str, ends_at_newline: impl Fn(&str) -> bool) -> Result<Split, InvalidCharacter> {
    let mut statements: Vec<Range<usize>> = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    let mut in_batch = false;
    let mut unclosed_dollar_strings = 0;
    let mut newline_ends = false;

    let mut position = 0;
    while position < text.len() {
        let mut token = next_token(text, position)?;
        position = token.range.end;
        match token.kind {
            Kind::Junk => continue,
            Kind::Newline if !newline_ends => continue,
            Kind::Newline => token.kind = Kind::Semicolon,
            Kind::UnclosedDollarString => unclosed_dollar_strings += 1,
            Kind::Semicolon | Kind::Word | Kind::Other => {}
        }
        if current.is_empty() && token.kind != Kind::Semicolon {
            newline_ends = ends_at_newline(&text[token.range.clone()].to_lowercase());
        }
        let ends = token.kind == Kind::Semicolon;
        current.push(token);
        if ends {
            in_batch = finish(text, &mut statements, &current, in_batch);
            newline_ends = false;
            current.clear();
        }
    }
    let is_cut_off = !current.is_empty();
    if is_cut_off {
        in_batch = finish(text, &mut statements, &current, in_batch);
    }
    Ok(Split {
        statements,
        is_complete: !is_cut_off && !in_batch && unclosed_dollar_strings != 1,
    })
}

/// Takes tokens up to a semicolon for a statement, or for more of the batch before. Answers whether a batch is open after it.
fn finish(text: &str, statements: &mut Vec<Range<usize>>, tokens: &[Token], in_batch: bool) -> bool {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return in_batch;
    };
    match statements.last_mut() {
        Some(batch) if in_batch => batch.end = last.range.end,
        _ => statements.push(first.range.start..last.range.end),
    }
    let is_word = |token: &Token, word: &str| text[token.range.clone()].eq_ignore_ascii_case(word);
    match tokens {
        [.., apply, _, _] if is_word(apply, "APPLY") => false,
        [begin, _, .., _] if is_word(begin, "BEGIN") => true,
        _ => in_batch,
    }
}

fn next_token(text: &str, start: usize) -> Result<Token, InvalidCharacter> {
    let rest = &text[start..];
    let mut characters = rest.chars();
    let first = characters.next().unwrap_or_default();
    let second = characters.next().unwrap_or_default();
    let until = |end: Option<usize>| end.unwrap_or(rest.len());
    let (kind, length) = match (first, second) {
        ('\n', _) => (Kind::Newline, 1),
        (' ' | '\t' | '\r' | '\x0b' | '\x0c', _) => (Kind::Junk, 1),
        ('-', '-') | ('/', '/') => (Kind::Junk, until(rest.find(['\n', '\r']).map(|end| end + 1))),
        ('/', '*') => match rest[2..].find("*/") {
            Some(end) => (Kind::Junk, end + 4),
            None => (Kind::Other, rest.len()),
        },
        ('$', '$') => match rest[2..].find("$$") {
            Some(end) => (Kind::Other, end + 4),
            None => (Kind::UnclosedDollarString, rest.len()),
        },
        ('\'' | '"', _) => (Kind::Other, quoted_length(rest, first)),
        (';', _) => (Kind::Semicolon, 1),
        ('a'..='z' | 'A'..='Z', _) => {
            let is_odd = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            (Kind::Word, until(rest.find(is_odd)))
        }
        ('0'..='9', _) => (Kind::Other, until(rest.find(|c: char| !c.is_ascii_digit()))),
        (
            '-' | '+' | '=' | '%' | '/' | ',' | '(' | ')' | '.' | '<' | '>' | '!' | '[' | ']' | '{' | '}' | ':' | '*'
            | '?',
            _,
        ) => (Kind::Other, 1),
        _ => return Err(invalid_character(text, start)),
    };
    Ok(Token {
        kind,
        range: start..start + length,
    })
}

/// Bytes up to the quote that closes, two in a row being none; all if none does.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut position = 1;
    while let Some(offset) = text[position..].find(quote) {
        position += offset + 1;
        if !text[position..].starts_with(quote) {
            return position;
        }
        position += 1;
    }
    text.len()
}

fn invalid_character(text: &str, offset: usize) -> InvalidCharacter {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    InvalidCharacter {
        line: before.matches('\n').count() + 1,
        character: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(script: &str) -> Vec<&str> {
        let found = split(script, |word| word == "consistency" || word == "?").expect("a script");
        found.statements.into_iter().map(|range| &script[range]).collect()
    }

    fn is_complete(script: &str) -> bool {
        split(script, |word| word == "consistency")
            .expect("a script")
            .is_complete
    }

    #[test]
    fn semicolons_end_statements() {
        assert_eq!(statements("USE a; USE\n b ;"), ["USE a;", "USE\n b ;"]);
        assert_eq!(statements(";;"), [";", ";"]);
        assert_eq!(statements(" \n -- nothing\n"), [] as [&str; 0]);
    }

    #[test]
    fn not_those_in_quotes_or_comments() {
        assert_eq!(
            statements("SELECT 'a;''b' /* ; */ \"c;d\" -- e;\n;"),
            ["SELECT 'a;''b' /* ; */ \"c;d\" -- e;\n;"]
        );
        assert_eq!(statements("AS $$ return; $$; USE a;"), ["AS $$ return; $$;", "USE a;"]);
    }

    #[test]
    fn comments_before_a_statement_are_no_part_of_it() {
        assert_eq!(statements("-- one\n/* two */ // three\nUSE a; -- four\n"), ["USE a;"]);
    }

    #[test]
    fn a_batch_is_one_statement() {
        let batch = "BEGIN BATCH INSERT INTO t (a) VALUES (1); DELETE FROM t; APPLY BATCH;";
        assert_eq!(statements(&format!("{batch} USE a;")), [batch, "USE a;"]);
        assert!(!is_complete("BEGIN BATCH INSERT INTO t (a) VALUES (1);"));
        assert!(is_complete(batch));
        assert!(is_complete("BEGIN;"), "too short to be a batch");
    }

    #[test]
    fn some_commands_end_at_the_end_of_the_line() {
        assert_eq!(
            statements("CONSISTENCY ONE\nUSE a;\nconsistency\n? use\n"),
            ["CONSISTENCY ONE\n", "USE a;", "consistency\n", "? use\n"]
        );
        assert!(!is_complete("CONSISTENCY ONE"));
    }

    #[test]
    fn a_statement_goes_on_until_it_is_complete() {
        assert!(is_complete("SELECT 1;"));
        assert!(is_complete(""));
        for open in [
            "SELECT 1",
            "SELECT ';",
            "SELECT \";",
            "/* ;",
            "SELECT $$;",
            "USE a; USE",
        ] {
            assert!(!is_complete(open), "{open}");
        }
    }

    #[test]
    fn a_character_of_no_token_is_told() {
        let found = split("USE a;\nSELECT ü @;", |_| false);
        assert_eq!(found, Err(InvalidCharacter { line: 2, character: 8 }));
        assert!(split("SELECT 'ü @ # ~';", |_| false).is_ok());
    }
}
