//! cqlsh's own commands: what a statement asks of the shell rather than of the server.

use super::copy::{self, Copy};
use super::describe::Described;
use crate::data::ConsistencyLevel;
use crate::data::identifier::RESERVED_WORDS;

/// A statement as cqlsh takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// For the server.
    Cql,
    Use {
        keyspace: String,
    },
    Describe(Described),
    Consistency(Option<ConsistencyLevel>),
    SerialConsistency(Option<ConsistencyLevel>),
    Tracing(Option<bool>),
    Expand(Option<bool>),
    Paging(Option<Paging>),
    ShowVersion,
    ShowHost,
    ShowSession(uuid::Uuid),
    Clear,
    Help(Vec<String>),
    Exit,
    /// Runs the statements of a file.
    Source(String),
    Copy(Copy),
    /// A command of cqlsh that this shell does not have, and what to do instead.
    Unsupported {
        word: &'static str,
        instead: &'static str,
    },
    /// It begins like a command and is none. Holds the word as it was typed.
    Improper(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    On,
    Off,
    Size(u32),
}

/// Commands that end at the end of their line, semicolon or not. cqlsh's `my_commands_ending_with_newline`.
const ENDING_WITH_NEWLINE: [&str; 19] = [
    "help",
    "?",
    "consistency",
    "serial",
    "describe",
    "desc",
    "show",
    "source",
    "capture",
    "login",
    "debug",
    "tracing",
    "expand",
    "paging",
    "exit",
    "quit",
    "clear",
    "cls",
    "history",
];

/// Of a statement's first word in lower case.
pub fn ends_at_newline(word: &str) -> bool {
    ENDING_WITH_NEWLINE.contains(&word)
}

/// What the statement is.
pub fn command(statement: &str) -> Command {
    let tokens = tokens(statement);
    let Some(Token::Word(first)) = tokens.first() else {
        return if tokens == [Token::Other('?')] || tokens.first() == Some(&Token::Other('?')) {
            help(&tokens[1..]).unwrap_or_else(|| Command::Improper("help".into()))
        } else {
            Command::Cql
        };
    };
    let parse = match first.to_ascii_lowercase().as_str() {
        "use" => use_keyspace,
        "describe" | "desc" => describe,
        "consistency" => consistency,
        "serial" => serial_consistency,
        "tracing" => |rest: &[Token]| on_or_off(rest).map(Command::Tracing),
        "expand" => |rest: &[Token]| on_or_off(rest).map(Command::Expand),
        "paging" => paging,
        "show" => show,
        "clear" | "cls" => |rest: &[Token]| rest.is_empty().then_some(Command::Clear),
        "exit" | "quit" => |rest: &[Token]| rest.is_empty().then_some(Command::Exit),
        "help" => help,
        "source" => |rest: &[Token]| match rest {
            [Token::Text(file)] => Some(Command::Source(file.clone())),
            _ => None,
        },
        "capture" => |_: &[Token]| unsupported("CAPTURE", "redirect the output of `ringscope cql`"),
        "copy" => |rest: &[Token]| copy::copy(rest).map(Command::Copy),
        "login" => |_: &[Token]| unsupported("LOGIN", "there is no authentication: everyone is the same user"),
        "history" => |_: &[Token]| unsupported("HISTORY", "the arrow keys go through what was typed"),
        "debug" => |_: &[Token]| unsupported("DEBUG", "TRACING ON shows what a statement does"),
        _ => return Command::Cql,
    };
    parse(&tokens[1..]).unwrap_or_else(|| Command::Improper(first.clone()))
}

fn unsupported(word: &'static str, instead: &'static str) -> Option<Command> {
    Some(Command::Unsupported { word, instead })
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// In single quotes, taken off.
    Text(String),
    /// In double quotes, taken off.
    QuotedName(String),
    Number(String),
    Other(char),
}

impl Token {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(text) if text.eq_ignore_ascii_case(word))
    }

    /// The name it is, folded as CQL folds it.
    pub fn name(&self) -> Option<String> {
        match self {
            Token::QuotedName(name) => Some(name.clone()),
            Token::Word(word) => {
                let folded = word.to_ascii_lowercase();
                let is_name = RESERVED_WORDS.binary_search(&folded.as_str()).is_err();
                is_name.then_some(folded)
            }
            _ => None,
        }
    }
}

/// The tokens of a command, without the semicolon at its end. Coarse: good enough to tell cqlsh's commands apart.
fn tokens(statement: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = statement.trim_end().trim_end_matches(';').trim();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            'a'..='z' | 'A'..='Z' => run(rest, |c| c.is_ascii_alphanumeric() || c == '_'),
            '0'..='9' => run(rest, |c| c.is_ascii_alphanumeric() || c == '-'),
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '\'' => text_length(rest),
            _ => first.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        tokens.push(match first {
            'a'..='z' | 'A'..='Z' => Token::Word(text.into()),
            '0'..='9' => Token::Number(text.into()),
            '"' => Token::QuotedName(text.trim_matches('"').into()),
            '\'' if length > 1 => Token::Text(text[1..length - 1].replace("''", "'")),
            other => Token::Other(other),
        });
        rest = after.trim_start();
    }
    tokens
}

/// How long a text in single quotes is, in which they are doubled; 1 when it has no end.
fn text_length(text: &str) -> usize {
    let mut quotes = text.char_indices().skip(1).filter(|(_, c)| *c == '\'').peekable();
    while let Some((at, _)) = quotes.next() {
        if quotes.next_if(|(next, _)| *next == at + 1).is_none() {
            return at + 1;
        }
    }
    1
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn use_keyspace(rest: &[Token]) -> Option<Command> {
    match rest {
        [name] => Some(Command::Use { keyspace: name.name()? }),
        _ => None,
    }
}

fn consistency(rest: &[Token]) -> Option<Command> {
    match rest {
        [] => Some(Command::Consistency(None)),
        [Token::Word(level)] => Some(Command::Consistency(Some(level.parse().ok()?))),
        _ => None,
    }
}

fn serial_consistency(rest: &[Token]) -> Option<Command> {
    match rest {
        [word] if word.is("consistency") => Some(Command::SerialConsistency(None)),
        [word, Token::Word(level)] if word.is("consistency") => {
            let level: ConsistencyLevel = level.parse().ok()?;
            level.is_serial().then_some(Command::SerialConsistency(Some(level)))
        }
        _ => None,
    }
}

/// `Some(None)` asks for the state.
fn on_or_off(rest: &[Token]) -> Option<Option<bool>> {
    match rest {
        [] => Some(None),
        [word] if word.is("on") => Some(Some(true)),
        [word] if word.is("off") => Some(Some(false)),
        _ => None,
    }
}

fn paging(rest: &[Token]) -> Option<Command> {
    if let [Token::Number(size)] = rest {
        return Some(Command::Paging(Some(Paging::Size(size.parse().ok()?))));
    }
    on_or_off(rest).map(|switch| Command::Paging(switch.map(|on| if on { Paging::On } else { Paging::Off })))
}

fn show(rest: &[Token]) -> Option<Command> {
    match rest {
        [what] if what.is("version") => Some(Command::ShowVersion),
        [what] if what.is("host") => Some(Command::ShowHost),
        [what, id @ ..] if what.is("session") => {
            let id: String = id.iter().map(text_of).collect();
            Some(Command::ShowSession(id.parse().ok()?))
        }
        [what, ..] if what.is("replicas") => unsupported("SHOW REPLICAS", "use `nodetool getendpoints`"),
        _ => None,
    }
}

fn text_of(token: &Token) -> String {
    match token {
        Token::Word(text) | Token::QuotedName(text) | Token::Number(text) | Token::Text(text) => text.clone(),
        Token::Other(character) => character.to_string(),
    }
}

fn help(rest: &[Token]) -> Option<Command> {
    let topic = |token: &Token| match token {
        Token::Word(word) => Some(word.clone()),
        _ => None,
    };
    rest.iter().map(topic).collect::<Option<_>>().map(Command::Help)
}

/// The forms of DESCRIBE that cqlsh lets through to the server.
fn describe(rest: &[Token]) -> Option<Command> {
    let rest = match rest {
        [before @ .., with, internals] if with.is("with") && internals.is("internals") => before,
        _ => rest,
    };
    let first = rest.first()?;
    let what = |what| Some(Command::Describe(what));
    let many = [
        ("keyspaces", Described::Keyspaces),
        ("cluster", Described::Cluster),
        ("schema", Described::Statements),
        ("tables", Described::Names),
        ("columnfamilies", Described::Names),
        ("types", Described::Names),
        ("functions", Described::Names),
        ("aggregates", Described::Names),
    ];
    if let [only] = rest
        && let Some((_, layout)) = many.iter().find(|(word, _)| only.is(word))
    {
        return what(*layout);
    }
    let names = match rest {
        [full, schema] if full.is("full") && schema.is("schema") => return what(Described::Statements),
        [keyspace] if keyspace.is("keyspace") => return what(Described::Statements),
        [only, keyspace] if only.is("only") && keyspace.is("keyspace") => return what(Described::Statements),
        [only, keyspace, name @ ..] if only.is("only") && keyspace.is("keyspace") => name,
        [materialized, view, name @ ..] if materialized.is("materialized") && view.is("view") => name,
        [_, name @ ..] if is_kind(first) && !name.is_empty() => name,
        name => name,
    };
    let is_name = match names {
        [name] => name.name().is_some(),
        [keyspace, Token::Other('.'), name] => keyspace.name().is_some() && name.name().is_some(),
        _ => false,
    };
    is_name.then_some(Command::Describe(Described::Statements))
}

fn is_kind(word: &Token) -> bool {
    [
        "keyspace",
        "table",
        "columnfamily",
        "index",
        "type",
        "function",
        "aggregate",
    ]
    .iter()
    .any(|kind| word.is(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn improper(statement: &str) -> bool {
        matches!(command(statement), Command::Improper(_))
    }

    #[test]
    fn commands_with_and_without_semicolon() {
        assert_eq!(
            command("CONSISTENCY each_quorum\n"),
            Command::Consistency(Some(ConsistencyLevel::EachQuorum))
        );
        assert_eq!(command("consistency;"), Command::Consistency(None));
        assert_eq!(
            command("SERIAL CONSISTENCY LOCAL_SERIAL"),
            Command::SerialConsistency(Some(ConsistencyLevel::LocalSerial))
        );
        assert_eq!(command("PAGING 0"), Command::Paging(Some(Paging::Size(0))));
        assert_eq!(command("TRACING ON;"), Command::Tracing(Some(true)));
        assert_eq!(command("? use\n"), Command::Help(vec!["use".into()]));
        assert_eq!(command("exit"), Command::Exit);
        assert_eq!(command("SELECT 1;"), Command::Cql);
        assert_eq!(command(";"), Command::Cql);
    }

    #[test]
    fn improper_ones() {
        for statement in [
            "EXPAND SIDEWAYS",
            "CONSISTENCY NONSENSE",
            "SERIAL CONSISTENCY QUORUM",
            "PAGING -1",
            "PAGING many",
            "SHOW TABLES;",
            "DESCRIBE TABLE",
            "DESCRIBE NONSENSE WORDS HERE",
            "USE;",
            "USE use_other.t;",
            "USE 'use_other';",
        ] {
            assert!(improper(statement), "{statement}");
        }
        assert_eq!(command("uSe;"), Command::Improper("uSe".into()));
    }

    #[test]
    fn names_are_folded_unless_quoted() {
        assert_eq!(
            command("USE MyKs;"),
            Command::Use {
                keyspace: "myks".into()
            }
        );
        assert_eq!(
            command("USE \"MyKs\";"),
            Command::Use {
                keyspace: "MyKs".into()
            }
        );
    }

    #[test]
    fn forms_of_describe() {
        for (statement, what) in [
            ("DESC KEYSPACES", Described::Keyspaces),
            ("DESCRIBE TABLES", Described::Names),
            ("DESCRIBE CLUSTER", Described::Cluster),
            ("DESCRIBE FULL SCHEMA", Described::Statements),
            ("DESCRIBE KEYSPACE", Described::Statements),
            ("DESCRIBE KEYSPACE k", Described::Statements),
            ("DESCRIBE TABLE k.t;", Described::Statements),
            ("DESCRIBE TABLE \"MixedCase\"", Described::Statements),
            ("DESCRIBE MATERIALIZED VIEW v", Described::Statements),
            ("DESCRIBE thing WITH INTERNALS", Described::Statements),
        ] {
            assert_eq!(command(statement), Command::Describe(what), "{statement}");
        }
    }

    #[test]
    fn a_session_is_named_by_its_id() {
        let id = "f0b05f10-e4da-11f1-b52f-5bcb7811af99";
        assert_eq!(
            command(&format!("SHOW SESSION {id}")),
            Command::ShowSession(id.parse().unwrap())
        );
        assert!(improper("SHOW SESSION nothing"));
    }
}
