//! What nodetool's commands are called and take, read from `usage.txt`, and what `nodetool help` says of them.
//!
//! A line of that file is a command: its name and what it does, after a `-` where nothing more is told. Lines below it that begin
//! with a space are its options (`!` before one that is required, `...` after one that may be repeated), then its arguments, with what
//! the synopsis calls them where that differs.

use super::Output;
use crate::base::Arrange;
use crate::base::later::later;

const TABLE: &str = later!(include_str!("usage.txt"));

/// Options of every command but `help`, to be given before its name.
const GLOBAL: [(&str, &str); 6] = [
    ("-h <host>, --host <host>", "Node hostname or ip address"),
    ("-p <port>, --port <port>", "Remote jmx agent port number"),
    (
        "-pp, --print-port",
        "Operate in 4.0 mode with hosts disambiguated by port number",
    ),
    ("-pw <password>, --password <password>", "Remote jmx agent password"),
    (
        "-pwf <passwordFilePath>, --password-file <passwordFilePath>",
        "Path to the JMX password file",
    ),
    ("-u <username>, --username <username>", "Remote jmx agent username"),
];

/// Columns of a line, hanging indents not counted.
const WIDTH: usize = 80;

/// An option as it is explained: `-h <host>, --host <host>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flag {
    text: &'static str,
    description: &'static str,
    is_required: bool,
    is_repeated: bool,
}

impl Flag {
    /// `-h` and `--host`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.text.split(", ").filter_map(|name| name.split(' ').next())
    }

    pub fn first_name(self) -> &'static str {
        self.names().next().unwrap_or_default()
    }

    pub fn takes_value(self) -> bool {
        self.text.contains('<')
    }

    /// `host`.
    pub fn title(self) -> &'static str {
        let begin = self.text.find('<').map_or(0, |at| at + 1);
        let end = self.text.find('>').unwrap_or(self.text.len());
        self.text.get(begin..end).unwrap_or_default()
    }

    /// As it stands in a synopsis.
    fn synopsis(self) -> String {
        let names = self.text.replace(", ", " | ");
        let names = if names.contains(" | ") {
            format!("({names})")
        } else {
            names
        };
        let dots = if self.is_repeated { "..." } else { "" };
        if self.is_required {
            format!("{names}{dots}")
        } else {
            format!("[{names}{dots}]")
        }
    }
}

/// A command and all it takes.
pub struct Usage {
    pub name: &'static str,
    description: &'static str,
    is_explained: bool,
    flags: Vec<Flag>,
    /// What it takes after the options, and what that is.
    arguments: Option<Arguments>,
}

struct Arguments {
    text: &'static str,
    description: &'static str,
    /// As they stand in the synopsis.
    synopsis: &'static str,
}

impl Usage {
    pub fn of(name: &str) -> Option<Usage> {
        let mut lines = TABLE.lines();
        let head = lines.find(|line| line.split('\t').next() == Some(name))?;
        let (name, description) = head.split_once('\t')?;
        let mut usage = Usage {
            name,
            description: description.trim_start_matches('-'),
            is_explained: !description.starts_with('-'),
            flags: Vec::new(),
            arguments: None,
        };
        for line in lines.map_while(|line| line.strip_prefix(' ')) {
            let mut fields = line.split('\t');
            let text = fields.next().unwrap_or_default();
            let description = fields.next().unwrap_or_default();
            let (text, is_required) = text.strip_prefix('!').map_or((text, false), |text| (text, true));
            if text.starts_with('-') {
                let (text, is_repeated) = text.strip_suffix("...").map_or((text, false), |text| (text, true));
                usage.flags.push(Flag {
                    text,
                    description,
                    is_required,
                    is_repeated,
                });
            } else {
                usage.arguments = Some(Arguments {
                    text,
                    description,
                    synopsis: fields.next().unwrap_or(text),
                });
            }
        }
        Some(usage)
    }

    pub fn flag(&self, name: &str) -> Option<Flag> {
        self.flags
            .iter()
            .copied()
            .find(|flag| flag.names().any(|it| it == name))
    }

    fn explanation(&self) -> String {
        let global: Vec<Flag> = if self.name == "help" {
            Vec::new()
        } else {
            global().collect()
        };
        let name = ["nodetool", self.name, "-"];
        let name = wrapped(name.into_iter().chain(self.description.split_whitespace()), 8, 0);
        let mut text = format!("NAME\n{name}\nSYNOPSIS\n");
        let mut words: Vec<String> = vec!["nodetool".into()];
        words.extend(global.iter().map(|flag| flag.synopsis()));
        words.push(self.name.into());
        words.extend(self.flags.iter().map(|flag| flag.synopsis()));
        if let Some(arguments) = &self.arguments {
            words.push("[--]".into());
            words.extend(arguments.synopsis.split(' ').map(str::to_owned));
        }
        text += &wrapped(words.iter().map(String::as_str), 8, 8);
        text += "\n";
        let mut explained: Vec<Flag> = global.into_iter().chain(self.flags.iter().copied()).collect();
        explained.arrange_by_key(|flag| flag.first_name().trim_start_matches('-').to_lowercase());
        if !explained.is_empty() || self.arguments.is_some() {
            text += "OPTIONS\n";
        }
        let mut entry = |head: &str, description: &str| {
            text += &format!("        {head}\n");
            match description {
                "" => text += "\n",
                _ => text += &wrapped(description.split_whitespace(), 12, 0),
            }
            text += "\n";
        };
        for flag in explained {
            entry(flag.text, flag.description);
        }
        if let Some(arguments) = &self.arguments {
            entry(
                "--",
                "This option can be used to separate command-line options from the list of argument, (useful when arguments \
                 might be mistaken for command-line options",
            );
            entry(arguments.text, arguments.description);
        }
        text + "\n"
    }
}

/// The options before a command's name.
pub fn global() -> impl Iterator<Item = Flag> {
    GLOBAL.into_iter().map(|(text, description)| Flag {
        text,
        description,
        is_required: false,
        is_repeated: false,
    })
}

/// Every command's name.
pub fn names() -> impl Iterator<Item = &'static str> {
    let heads = TABLE.lines().filter(|line| !line.starts_with(' '));
    heads.filter_map(|line| line.split('\t').next())
}

/// `nodetool help [COMMAND]`.
pub fn help(commands: &[&str]) -> Output {
    let Some(command) = commands.first() else {
        return Output::printed(overview());
    };
    match Usage::of(command) {
        Some(usage) if usage.is_explained => Output::printed(usage.explanation()),
        Some(usage) => Output::printed(format!(
            "NAME\n        nodetool {} - {}\n\n        Ringscope does not have it yet.\n\n",
            usage.name, usage.description
        )),
        None => Output::printed(format!("Unknown command {command}\n")),
    }
}

fn overview() -> String {
    let flags: Vec<String> = ["-h", "-p", "-pwf", "-pp", "-u", "-pw"]
        .into_iter()
        .filter_map(|name| global().find(|flag| flag.first_name() == name))
        .map(Flag::synopsis)
        .collect();
    let mut words = vec!["usage:".to_owned(), "nodetool".to_owned()];
    words.extend(flags);
    words.extend(["<command>".to_owned(), "[<args>]".to_owned()]);
    let mut text = wrapped(words.iter().map(String::as_str), 0, 8);
    text += "\nThe most commonly used nodetool commands are:\n";
    let width = names().map(str::len).max().unwrap_or_default();
    for usage in names().filter_map(Usage::of) {
        text += &format!("    {:width$}   {}\n", usage.name, usage.description);
    }
    text + "\nSee 'nodetool help <command>' for more information on a specific command.\n\n"
}

/// Words in lines indented by `indent`, all but the first by `hanging` more, which the tool does not count.
fn wrapped<'a>(words: impl IntoIterator<Item = &'a str>, indent: usize, hanging: usize) -> String {
    let mut text = " ".repeat(indent);
    let mut length = 0;
    for word in words {
        if length > 0 && word.len() <= WIDTH && indent + length + 1 + word.len() > WIDTH {
            text += "\n";
            text += &" ".repeat(indent + hanging);
            length = 0;
        }
        if length > 0 {
            text.push(' ');
            length += 1;
        }
        text += word;
        length += word.len();
    }
    text + "\n"
}
