//! The prompt: lines with history and completion, statements over several lines, Ctrl+C to forget one.

use std::borrow::Cow;
use std::process::ExitCode;

use reedline::{
    ColumnarMenu, Completer, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt, PromptEditMode,
    PromptHistorySearch, PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu, Signal, Span, Suggestion,
    default_emacs_keybindings,
};
use ringscope::node::Node;
use ringscope::shell::{Console, Output};

use super::Failure;

/// Lines the history keeps while the shell is open.
const HISTORY_LINES: usize = 1000;
const MENU: &str = "completions";

/// What statements and commands are made of, for completion.
const WORDS: [&str; 64] = [
    "ALLOW FILTERING",
    "ALTER",
    "AND",
    "ASC",
    "BATCH",
    "BEGIN",
    "BY",
    "CLUSTERING",
    "CONSISTENCY",
    "CREATE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "EACH_QUORUM",
    "EXISTS",
    "EXIT",
    "EXPAND",
    "FROM",
    "GROUP",
    "HELP",
    "IF",
    "IN",
    "INSERT",
    "INTO",
    "KEY",
    "KEYSPACE",
    "KEYSPACES",
    "LIMIT",
    "LOCAL_ONE",
    "LOCAL_QUORUM",
    "LOCAL_SERIAL",
    "NOT",
    "OFF",
    "ON",
    "ONE",
    "ORDER",
    "PAGING",
    "PARTITION",
    "PER",
    "PRIMARY",
    "QUORUM",
    "SELECT",
    "SERIAL",
    "SET",
    "SHOW",
    "TABLE",
    "TABLES",
    "THREE",
    "TIMESTAMP",
    "TOKEN",
    "TRACING",
    "TRUNCATE",
    "TTL",
    "TWO",
    "TYPES",
    "UPDATE",
    "USE",
    "USING",
    "VALUES",
    "VERSION",
    "WHERE",
    "WITH",
];

pub fn run(mut console: Console<Node>) -> Result<ExitCode, Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::Prompt(error.to_string());
    let history = FileBackedHistory::new(HISTORY_LINES).map_err(|error| unusable(&error))?;
    let menu = Box::new(ColumnarMenu::default().with_name(MENU));
    let mut keys = default_emacs_keybindings();
    let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.into()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    let mut editor = Reedline::create()
        .with_history(Box::new(history))
        .with_completer(Box::new(Words))
        .with_menu(ReedlineMenu::EngineCompleter(menu))
        .with_edit_mode(Box::new(Emacs::new(keys)));
    let mut exits = false;
    console.submit("SHOW HOST\nSHOW VERSION\n", |output| show(output, &mut exits));
    println!("Use HELP for help.");
    while !exits {
        let prompt = CqlPrompt(console.session.prompt());
        match editor.read_line(&prompt).map_err(|error| unusable(&error))? {
            Signal::Success(line) => console.submit(&(line + "\n"), |output| show(output, &mut exits)),
            Signal::CtrlC => console.session.interrupt(),
            Signal::CtrlD => {
                console.finish(|output| show(output, &mut exits));
                exits = true;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(output: Output, exits: &mut bool) {
    match output {
        Output::Text(text) => print!("{text}"),
        Output::Error(error) => eprintln!("{}", error.text),
        // Home, and the screen and what scrolled off it cleared.
        Output::Clear => print!("\x1b[H\x1b[2J\x1b[3J"),
        Output::Exit => *exits = true,
    }
}

struct CqlPrompt(String);

impl Prompt for CqlPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "failing ",
        };
        Cow::Owned(format!("({failing}search: {}) ", search.term))
    }
}

/// Completes the word before the cursor.
struct Words;

impl Completer for Words {
    fn complete(&mut self, line: &str, position: usize) -> Vec<Suggestion> {
        let before = line.get(..position).unwrap_or(line);
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at + 1);
        let word = before[start..].to_ascii_uppercase();
        let fits = |candidate: &&&str| !word.is_empty() && candidate.starts_with(&word);
        let suggestion = |candidate: &&str| Suggestion {
            value: (*candidate).to_owned(),
            span: Span::new(start, position),
            append_whitespace: true,
            ..Suggestion::default()
        };
        WORDS.iter().filter(fits).map(suggestion).collect()
    }
}
