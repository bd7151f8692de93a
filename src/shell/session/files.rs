//! SOURCE and COPY: the host reads and writes the files, the session does the rest.

use super::super::copy::{Copy, Direction, Export, Import, Next, Options, Place};
use super::super::error::error_line;
use super::input::{Input, Item};
use super::settings::Settings;
use super::{Request, Session, Step};
use crate::cql::{QueryResult, Rows};
use crate::node::ClientReply;

/// Rows that COPY asks for at a time. Its option PAGESIZE, 1000.
const PAGE_ROWS: u32 = 1_000;

/// A file may source another, down to here.
const MAX_NESTED_FILES: usize = 32;

/// What is under way, and waits for the host or for the cluster.
pub(super) struct Errand {
    line: u32,
    what: What,
}

enum What {
    Source {
        file: String,
    },
    /// The file of an import is read.
    Read(Box<(Copy, Options)>),
    Export(Box<Export>),
    /// Asks what types its columns have.
    Types(Box<Import>),
    Import(Box<Import>),
    /// A file is written; what is said then.
    Write {
        file: String,
        said: String,
    },
}

impl Session {
    #[inline(never)]
    pub(super) fn source(&mut self, file: String, line: u32) {
        let open = self.queue.iter().filter(|it| matches!(it, Item::Leave { .. })).count();
        if open >= MAX_NESTED_FILES {
            let what = format!("Could not open '{file}': {open} files source one another, and no more can");
            return self.complain(what, line);
        }
        self.steps.push_back(Step::ReadFile(file.clone()));
        self.wait(line, What::Source { file });
    }

    #[inline(never)]
    pub(super) fn copy(&mut self, copy: Copy, line: u32) {
        let options = match Options::of(&copy) {
            Ok(options) => options,
            Err(wrong) => return self.complain(wrong, line),
        };
        match (copy.direction, &copy.place) {
            (Direction::To, _) => {
                let export = Export::new(copy, options);
                self.send(export.query(), None);
                self.wait(line, What::Export(Box::new(export)));
            }
            (Direction::From, Place::File(file)) => {
                self.steps.push_back(Step::ReadFile(file.clone()));
                self.wait(line, What::Read(Box::new((copy, options))));
            }
            (Direction::From, Place::Terminal) => {
                self.complain("COPY FROM STDIN is not supported: name a file".into(), line);
            }
        }
    }

    fn wait(&mut self, line: u32, what: What) {
        self.errand = Some(Errand { line, what });
    }

    fn complain(&mut self, text: String, line: u32) {
        self.error(text, None, String::new(), line);
    }

    fn send(&mut self, query: String, paging_state: Option<bytes::Bytes>) {
        let settings = &self.settings;
        self.steps.push_back(Step::Request(Request {
            query,
            keyspace: settings.keyspace.clone(),
            consistency: settings.consistency,
            serial_consistency: settings.serial_consistency,
            page_size: Some(PAGE_ROWS),
            paging_state,
            timestamp: None,
            hidden: false,
        }));
    }

    /// The text of the file that `Step::ReadFile` names, or why there is none.
    #[inline(never)]
    pub fn on_file(&mut self, text: Result<String, String>) {
        let Some(Errand { line, what }) = self.errand.take() else {
            return;
        };
        match (what, text) {
            (What::Source { file }, Ok(text)) => self.enter(file, &text),
            (What::Source { file }, Err(why)) => self.complain(format!("Could not open '{file}': {why}"), line),
            (What::Read(read), Ok(text)) => {
                let (copy, options) = *read;
                let import = Import::new(copy, options, &text);
                self.send(import.query(), None);
                self.wait(line, What::Types(Box::new(import)));
            }
            (What::Read(read), Err(why)) => {
                let Place::File(file) = read.0.place else { return };
                self.complain(format!("Can't open '{file}' for reading: {why}"), line);
            }
            (other, _) => self.wait(line, other),
        }
    }

    /// Whether the file that `Step::WriteFile` names is written, or why not.
    #[inline(never)]
    pub fn on_written(&mut self, written: Result<(), String>) {
        let Some(Errand { line, what }) = self.errand.take() else {
            return;
        };
        let What::Write { file, said } = what else {
            return self.wait(line, what);
        };
        match written {
            Ok(()) => self.say(said),
            Err(why) => self.complain(format!("Can't open '{file}' for writing: {why}"), line),
        }
        self.steps.push_back(Step::Done);
    }

    /// What is in a file comes before what waits. As in cqlsh it runs in a shell of its own, whose settings end with it.
    fn enter(&mut self, file: String, text: &str) {
        let inner = Settings {
            keyspace: self.settings.keyspace.clone(),
            tracing: self.settings.tracing,
            ..Settings::default()
        };
        let mut input = Input::default();
        let mut items: Vec<Item> = text.lines().flat_map(|line| input.line(line)).collect();
        items.extend(input.finish());
        items.push(Item::Leave {
            settings: Box::new(core::mem::replace(&mut self.settings, inner)),
            file: self.file.replace(file),
        });
        for item in items.into_iter().rev() {
            self.queue.push_front(item);
        }
    }

    /// EXIT ends the file it is in. `false`: it is in none.
    #[inline(never)]
    pub(super) fn leave_file(&mut self) -> bool {
        if self.file.is_none() {
            return false;
        }
        while let Some(item) = self.queue.pop_front() {
            if let Item::Leave { settings, file } = item {
                (self.settings, self.file) = (*settings, file);
                break;
            }
        }
        true
    }

    /// The answer to a request of COPY.
    #[inline(never)]
    pub(super) fn on_copy_reply(&mut self, errand: Errand, reply: ClientReply) {
        let Errand { line, what } = errand;
        let result = reply.result.map_err(|error| error_line(&error));
        match (what, result) {
            (What::Export(export), Ok(QueryResult::Rows(rows))) => self.export(line, export, rows),
            (What::Types(mut import), Ok(QueryResult::Rows(rows))) => {
                let starting = starting(&rows);
                match import.learn(rows) {
                    Ok(()) => {
                        self.say(starting);
                        self.import(line, import);
                    }
                    Err(wrong) => self.give_up(wrong, line),
                }
            }
            (What::Import(mut import), result) => {
                if let Some(said) = import.inserted(result.err().as_deref()) {
                    self.complain(said, line);
                }
                self.import(line, import);
            }
            (_, Err(error)) => self.give_up(error, line),
            (what, Ok(_)) => self.wait(line, what),
        }
    }

    /// No answer came. A row may be there or not: it counts as one that is not.
    #[inline(never)]
    pub(super) fn copy_failed(&mut self, why: &str) -> bool {
        let Some(Errand { line, what }) = self.errand.take() else {
            return false;
        };
        match what {
            What::Import(mut import) => {
                if let Some(said) = import.inserted(Some(why)) {
                    self.complain(said, line);
                }
                self.import(line, import);
            }
            _ => self.give_up(why.to_owned(), line),
        }
        true
    }

    fn give_up(&mut self, why: String, line: u32) {
        self.complain(why, line);
        self.steps.push_back(Step::Done);
    }

    fn export(&mut self, line: u32, mut export: Box<Export>, rows: Rows) {
        if export.is_new() && export.copy.place != Place::Terminal {
            self.say(starting(&rows));
        }
        export.page(&rows);
        if let Some(next) = rows.paging_state {
            self.send(export.query(), Some(next));
            return self.wait(line, What::Export(export));
        }
        let place = export.copy.place.clone();
        let (text, said) = export.finish();
        match place {
            Place::Terminal => {
                self.say(text);
                self.steps.push_back(Step::Done);
            }
            Place::File(file) => {
                self.steps.push_back(Step::WriteFile {
                    file: file.clone(),
                    text,
                });
                self.wait(line, What::Write { file, said });
            }
        }
    }

    fn import(&mut self, line: u32, mut import: Box<Import>) {
        loop {
            match import.next() {
                Next::Insert(statement) => {
                    self.send(statement, None);
                    return self.wait(line, What::Import(import));
                }
                Next::Complain(why) => self.complain(why, line),
                Next::Done {
                    complaints,
                    said,
                    failed,
                } => {
                    for why in complaints {
                        self.complain(why, line);
                    }
                    let Some(text) = failed else {
                        self.say(said);
                        return self.steps.push_back(Step::Done);
                    };
                    let file = import.error_file().to_owned();
                    self.steps.push_back(Step::WriteFile {
                        file: file.clone(),
                        text,
                    });
                    return self.wait(line, What::Write { file, said });
                }
            }
        }
    }
}

fn starting(rows: &Rows) -> String {
    let names: Vec<&str> = rows.columns.iter().map(|it| it.name.as_str()).collect();
    let table = rows.columns.first().map(|it| format!("{}.{}", it.keyspace, it.table));
    format!(
        "Starting copy of {} with columns [{}].\n",
        table.unwrap_or_default(),
        names.join(", ")
    )
}
