//! Text of the prompt: positions in it, and whether it is a whole input.
//!
//! Rust counts bytes, the engine characters, JavaScript UTF-16 code units.

/// The UTF-16 position of a byte; one inside a character counts as its start, one behind the end as the end.
pub fn utf16_of_byte(text: &str, byte: usize) -> usize {
    text.char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= byte)
        .map(|(_, c)| c.len_utf16())
        .sum()
}

/// The byte of a UTF-16 position, likewise.
pub fn byte_of_utf16(text: &str, position: usize) -> usize {
    let mut units = 0;
    let inside = text.chars().take_while(|c| {
        units += c.len_utf16();
        units <= position
    });
    inside.map(char::len_utf8).sum()
}

/// cqlsh's own commands, which end with their line.
const SHELL_COMMANDS: [&str; 18] = [
    "capture",
    "clear",
    "cls",
    "consistency",
    "copy",
    "debug",
    "desc",
    "describe",
    "exit",
    "expand",
    "help",
    "login",
    "paging",
    "quit",
    "serial",
    "show",
    "source",
    "tracing",
];

/// Whether Enter at the end should run this: the last statement is closed, or it is one of cqlsh's commands.
/// Only decides between running and a new line; what the text means is the shell's to say.
pub fn is_whole(text: &str) -> bool {
    // The lines that are no statement: nodetool's, and those that act on the cluster.
    let (before, last) = text.trim_end().rsplit_once('\n').unwrap_or(("", text));
    let is_directive = last.trim_start().starts_with('!') || last.split_whitespace().next() == Some("nodetool");
    if is_directive && (before.trim().is_empty() || is_whole(before)) {
        return true;
    }
    let Some((ended, tail)) = after_last_semicolon(text) else {
        return false;
    };
    match tail.split_whitespace().next() {
        None => ended > 0,
        Some(first) => SHELL_COMMANDS.iter().any(|command| command.eq_ignore_ascii_case(first)),
    }
}

/// Whether there is one statement and no more: then a place in it is a place in the text.
pub fn is_one_statement(text: &str) -> bool {
    let (ended, tail) = after_last_semicolon(text).unwrap_or((0, "open".into()));
    ended + usize::from(!tail.trim().is_empty()) == 1
}

/// How many statements have ended, and what stands behind its end, comments taken out; `None` inside of a string or comment.
fn after_last_semicolon(text: &str) -> Option<(usize, String)> {
    let mut ended = 0;
    let mut tail = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let closing = match c {
            '\'' => Some("'"),
            '"' => Some("\""),
            '$' if rest.starts_with("$$") => Some("$$"),
            '/' if rest.starts_with("/*") => Some("*/"),
            _ => None,
        };
        if let Some(closing) = closing {
            let body = &rest[closing.len()..];
            rest = &body[body.find(closing)? + closing.len()..];
            // A literal is part of the statement, a comment is not.
            tail.push_str(if closing == "*/" { " " } else { "literal" });
        } else if rest.starts_with("--") || rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else {
            rest = &rest[c.len_utf8()..];
            if c == ';' {
                ended += 1;
                tail.clear();
            } else {
                tail.push(c);
            }
        }
    }
    Some((ended, tail))
}

/// The number of the character at a line (from 1) and column (from 0, in characters); behind the end it is the end's.
pub fn char_at(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(|line| line.chars().count())
        .sum();
    (before + column).min(text.chars().count())
}

/// The UTF-16 position of a character, by its number; one behind the end counts as the end.
pub fn utf16_of_char(text: &str, number: usize) -> usize {
    text.chars().take(number).map(char::len_utf16).sum()
}

/// The number of the character at a UTF-16 position.
pub fn char_of_utf16(text: &str, position: usize) -> usize {
    text[..byte_of_utf16(text, position)].chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_go_there_and_back() {
        let text = "aé𝄞z";
        let bytes = [0, 1, 3, 7, 8];
        let units = bytes.map(|byte| utf16_of_byte(text, byte));
        assert_eq!(units, [0, 1, 2, 4, 5]);
        assert_eq!(units.map(|unit| byte_of_utf16(text, unit)), bytes);
    }

    #[test]
    fn enter_runs_what_is_whole() {
        for whole in [
            "SELECT 1;",
            "a; b; ",
            "help",
            "CONSISTENCY quorum",
            "a;\ndescribe tables",
            "select ';';",
            "a; -- done",
            "a; /* b */",
            "nodetool status",
            "a;\n! down 3",
            "! nodetool 2 tablestats --format json",
        ] {
            assert!(is_whole(whole), "{whole}");
        }
        for open in [
            "",
            "SELECT 1",
            "a; b",
            "select ';'",
            "select 'x;",
            "a /* b;",
            "begin $$ a; ",
            "\"a;",
            "-- a;",
            "a; -- b\nc",
            "select\nnodetool",
        ] {
            assert!(!is_whole(open), "{open}");
        }
    }

    #[test]
    fn one_statement_is_told_from_several() {
        for one in ["a;", "a", "a; -- b;", "insert ';'", "select 'x;"] {
            assert!(is_one_statement(one), "{one}");
        }
        for other in ["", "a; b", "a; b;", "-- a"] {
            assert!(!is_one_statement(other), "{other}");
        }
    }

    #[test]
    fn characters_count_too() {
        let text = "aé𝄞z";
        assert_eq!(
            [0, 1, 2, 3, 4, 9].map(|number| utf16_of_char(text, number)),
            [0, 1, 2, 4, 5, 5]
        );
        assert_eq!([0, 1, 2, 4, 5].map(|unit| char_of_utf16(text, unit)), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn lines_and_columns_are_found() {
        let text = "select é\nfrom x";
        assert_eq!(
            [(1, 0), (1, 7), (2, 0), (2, 5), (9, 0), (2, 99)].map(|(line, column)| char_at(text, line, column)),
            [0, 7, 9, 14, 15, 15]
        );
    }

    #[test]
    fn positions_inside_a_character_or_behind_the_end_are_held() {
        assert_eq!((utf16_of_byte("é", 1), utf16_of_byte("é", 9)), (0, 1));
        assert_eq!((byte_of_utf16("𝄞", 1), byte_of_utf16("𝄞", 9)), (0, 4));
    }
}
