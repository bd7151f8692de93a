//! The prompt: lines with history and completion, statements over several lines, Ctrl+C to forget one.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use reedline::{
    ColumnarMenu, Completer, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt, PromptEditMode,
    PromptHistorySearch, PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu, Signal, Span, Suggestion,
    default_emacs_keybindings,
};
use ringscope::base::Endpoint;
use ringscope::node::ViewRequest;
use ringscope::shell::{Console, Output, nodetool};

use super::Failure;

/// Lines the history keeps while the shell is open.
const HISTORY_LINES: usize = 1000;
const MENU: &str = "completions";

/// What statements and commands are made of, for completion.
const WORDS: [&str; 67] = [
    "ALLOW FILTERING",
    "ALTER",
    "AND",
    "ASC",
    "BATCH",
    "BEGIN",
    "BY",
    "CLUSTERING",
    "CONSISTENCY",
    "COPY",
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
    "nodetool",
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
    "SOURCE",
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

pub fn run(console: &mut Console) -> Result<ExitCode, Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::Prompt(error.to_string());
    let history = FileBackedHistory::new(HISTORY_LINES).map_err(|error| unusable(&error))?;
    let names = Names::default();
    let menu = Box::new(ColumnarMenu::default().with_name(MENU));
    let mut keys = default_emacs_keybindings();
    let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.into()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    let mut editor = Reedline::create()
        .with_history(Box::new(history))
        .with_completer(Box::new(Words(names.clone())))
        .with_quick_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(menu))
        .with_edit_mode(Box::new(Emacs::new(keys)));
    let mut exits = false;
    console.submit("SHOW HOST\nSHOW VERSION\n", |output| show(output, &mut exits));
    println!("Use HELP for help.");
    while !exits {
        let prompt = CqlPrompt(console.session.prompt());
        learn(&names, console);
        let asked = Instant::now();
        let signal = editor.read_line(&prompt).map_err(|error| unusable(&error))?;
        // Time passes for the cluster as it does for the person: what has a TTL expires.
        console.cluster().run_for(asked.elapsed());
        match signal {
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

/// Keyspaces and tables there are, for completion.
type Names = Arc<Mutex<BTreeSet<String>>>;

/// Asks the node for its names.
fn learn(names: &Names, console: &mut Console) {
    let request = ViewRequest {
        detail: true,
        ..ViewRequest::default()
    };
    let view = console.cluster().view(Endpoint::nth(1), &request);
    let tables = view.into_iter().flat_map(|view| view.tables);
    if let Ok(mut names) = names.lock() {
        *names = tables.flat_map(|table| [table.keyspace, table.table]).collect();
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
struct Words(Names);

impl Completer for Words {
    fn complete(&mut self, line: &str, position: usize) -> Vec<Suggestion> {
        let before = line.get(..position).unwrap_or(line);
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let start = before.rfind(|c| !belongs(c)).map_or(0, |at| at + 1);
        let word = before[start..].to_ascii_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let suggestion = |value: &str| Suggestion {
            value: value.to_owned(),
            span: Span::new(start, position),
            append_whitespace: true,
            ..Suggestion::default()
        };
        let fits = |candidate: &str| candidate.to_ascii_lowercase().starts_with(&word);
        let names = self.0.lock().map(|names| names.clone()).unwrap_or_default();
        let names = names.iter().map(String::as_str);
        let after_nodetool = before.trim_start().starts_with("nodetool ");
        let commands: Vec<&str> = if after_nodetool {
            nodetool::names().collect()
        } else {
            WORDS.to_vec()
        };
        names
            .chain(commands)
            .filter(|candidate| fits(candidate))
            .map(suggestion)
            .collect()
    }
}
