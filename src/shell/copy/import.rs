//! COPY FROM: lines become statements, one a row. The server says what is wrong with a value.

use std::collections::VecDeque;

use super::{Copy, Options};
use crate::cql::{ResultColumn, Rows};
use crate::data::CqlType;

/// An import under way.
#[derive(Debug)]
pub struct Import {
    pub copy: Copy,
    options: Options,
    lines: VecDeque<Vec<String>>,
    /// Those of the file that are wanted, with their places in a line.
    columns: Vec<(usize, ResultColumn)>,
    fields: usize,
    /// Where failed lines go.
    error_file: String,
    skipped: usize,
    imported: usize,
    parse_errors: usize,
    insert_errors: usize,
    /// The line that was sent.
    current: Vec<String>,
    failed: Vec<Vec<String>>,
}

/// What an import does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Insert(String),
    /// A line that is no row of the table.
    Complain(String),
    /// With the lines that failed, if there are any.
    Done {
        complaints: Vec<String>,
        said: String,
        failed: Option<String>,
    },
}

impl Import {
    pub fn new(copy: Copy, options: Options, text: &str) -> Import {
        let mut lines: VecDeque<Vec<String>> = options.dialect.read(text).into();
        if options.header {
            lines.pop_front();
        }
        // Those that are skipped count.
        lines.truncate(options.max_rows.unwrap_or(usize::MAX));
        let skipped = options.skip_rows.min(lines.len());
        lines.drain(..skipped);
        Import {
            copy,
            error_file: options.error_file.clone().unwrap_or_default(),
            options,
            lines,
            columns: Vec::new(),
            fields: 0,
            skipped,
            imported: 0,
            parse_errors: 0,
            insert_errors: 0,
            current: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Asks what types the columns have.
    pub fn query(&self) -> String {
        format!("SELECT {} FROM {} LIMIT 1", self.copy.selected(), self.copy.table)
    }

    /// The answer; an error says why nothing can be imported.
    pub fn learn(&mut self, rows: Rows) -> Result<(), String> {
        if rows.columns.iter().any(|it| it.ty == CqlType::Counter) {
            return Err("COPY FROM does not support tables of counters: use UPDATE".to_owned());
        }
        self.fields = rows.columns.len();
        if let (None, Some(first)) = (&self.options.error_file, rows.columns.first()) {
            self.error_file = format!("import_{}_{}.err", first.keyspace, first.table);
        }
        let is_wanted = |column: &ResultColumn| !self.options.skip_columns.iter().any(|it| **it == *column.name);
        let columns = rows.columns.into_iter().enumerate();
        self.columns = columns.filter(|(_, column)| is_wanted(column)).collect();
        Ok(())
    }

    pub fn next(&mut self) -> Next {
        let over = |errors: usize, max: Option<usize>| max.is_some_and(|max| errors > max);
        let options = &self.options;
        let kind = match () {
            () if over(self.parse_errors, options.max_parse_errors) => Some(("parse", options.max_parse_errors)),
            () if over(self.insert_errors, options.max_insert_errors) => Some(("insert", options.max_insert_errors)),
            () => None,
        };
        if let Some((kind, max)) = kind {
            let max = max.unwrap_or_default();
            return self.done(vec![format!("Exceeded maximum number of {kind} errors {max}")]);
        }
        let Some(line) = self.lines.pop_front() else {
            return self.done(Vec::new());
        };
        match self.statement(&line) {
            Ok(statement) => {
                self.current = line;
                Next::Insert(statement)
            }
            Err(why) => {
                self.parse_errors += 1;
                self.failed.push(line);
                Next::Complain(format!(
                    "Failed to import 1 rows: ParseError - {why},  given up without retries"
                ))
            }
        }
    }

    /// How the last insert went. What is to be said of it.
    pub fn inserted(&mut self, failure: Option<&str>) -> Option<String> {
        let line = core::mem::take(&mut self.current);
        match failure {
            None => {
                self.imported += 1;
                None
            }
            Some(why) => {
                self.insert_errors += 1;
                self.failed.push(line);
                Some(format!("Failed to import 1 rows: {why}"))
            }
        }
    }

    fn done(&mut self, mut complaints: Vec<String>) -> Next {
        let failed = core::mem::take(&mut self.failed);
        let said = format!(
            "{} rows imported from 1 files ({} skipped).\n",
            self.imported, self.skipped
        );
        if failed.is_empty() {
            return Next::Done {
                complaints,
                said,
                failed: None,
            };
        }
        complaints.push(format!(
            "Failed to process {} rows; failed rows written to {}",
            failed.len(),
            self.error_file
        ));
        let mut lines = String::new();
        failed
            .iter()
            .for_each(|line| self.options.dialect.write(line, &mut lines));
        Next::Done {
            complaints,
            said,
            failed: Some(lines),
        }
    }

    pub fn error_file(&self) -> &str {
        &self.error_file
    }

    fn statement(&self, line: &[String]) -> Result<String, String> {
        if line.len() != self.fields {
            return Err(format!("Invalid row length {} should be {}", line.len(), self.fields));
        }
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (at, column) in &self.columns {
            let field = &line[*at];
            names.push(format!("\"{}\"", column.name.replace('"', "\"\"")));
            values.push(match *field == self.options.null {
                true => "null".to_owned(),
                false => self.literal(&column.ty, field)?,
            });
        }
        let using = self
            .options
            .time_to_live
            .map_or(String::new(), |ttl| format!(" USING TTL {ttl}"));
        Ok(format!(
            "INSERT INTO {} ({}) VALUES ({}){using}",
            self.copy.table,
            names.join(", "),
            values.join(", ")
        ))
    }

    /// The field as CQL has it. It must be one value, whatever is in it.
    fn literal(&self, ty: &CqlType, field: &str) -> Result<String, String> {
        let wrong = || format!("Failed to parse {field} : it is no {ty}");
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let text = field.trim();
        let plain = |is_one: bool| if is_one { Ok(text.to_owned()) } else { Err(wrong()) };
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_whole = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
        match ty {
            CqlType::Ascii | CqlType::Text => Ok(quoted(field)),
            CqlType::Bigint
            | CqlType::Counter
            | CqlType::Int
            | CqlType::Smallint
            | CqlType::Tinyint
            | CqlType::Varint => plain(is_whole),
            CqlType::Decimal | CqlType::Double | CqlType::Float => {
                let in_words = ["nan", "infinity"].contains(&digits.to_ascii_lowercase().as_str());
                plain(in_words || is_number(digits))
            }
            CqlType::Boolean => match &self.options.booleans {
                [yes, _] if text.eq_ignore_ascii_case(yes) => Ok("true".to_owned()),
                [_, no] if text.eq_ignore_ascii_case(no) => Ok("false".to_owned()),
                _ => Err(wrong()),
            },
            CqlType::Timestamp | CqlType::Date if is_whole => Ok(text.to_owned()),
            CqlType::Timestamp | CqlType::Date | CqlType::Time | CqlType::Inet => Ok(quoted(text)),
            CqlType::Timeuuid | CqlType::Uuid => plain(uuid::Uuid::try_parse(text).is_ok()),
            CqlType::Blob => {
                let hex = text.strip_prefix("0x").unwrap_or("?");
                plain(hex.bytes().all(|it| it.is_ascii_hexdigit()))
            }
            CqlType::Duration => plain(!digits.is_empty() && digits.bytes().all(|it| it.is_ascii_alphanumeric())),
            // Collections, tuples and user types look like CQL.
            _ if is_one_value(text) => Ok(with_nulls(text, &self.options.null)),
            _ => Err(wrong()),
        }
    }
}

/// `1`, `1.5`, `1e-7`, without a sign before.
fn is_number(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_digit())
        && text
            .bytes()
            .all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'e' | b'E' | b'-' | b'+'))
        && text.parse::<f64>().is_ok()
}

/// Something in brackets that end where it ends: nothing in it reaches beyond.
fn is_one_value(text: &str) -> bool {
    let (mut open, mut in_text) = (Vec::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => in_text = !in_text,
            _ if in_text => {}
            '[' => open.push(']'),
            '{' => open.push('}'),
            '(' => open.push(')'),
            ']' | '}' | ')' if open.pop() != Some(c) => return false,
            ']' | '}' | ')' if open.is_empty() && rest.peek().is_some() => return false,
            ']' | '}' | ')' => {}
            _ if open.is_empty() => return false,
            // Comments, names of one's own, and texts in dollars would hide brackets.
            ';' | '$' | '"' | '/' => return false,
            '-' if rest.peek() == Some(&'-') => return false,
            _ => {}
        }
    }
    open.is_empty() && !in_text && !text.is_empty()
}

/// Where a field of a user type is null, cqlsh writes what stands for null.
fn with_nulls(text: &str, null: &str) -> String {
    let (mut out, mut in_text) = (String::new(), false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        out.push(c);
        rest = &rest[c.len_utf8()..];
        in_text ^= c == '\'';
        let value = rest.trim_start();
        if c == ':'
            && !in_text
            && let Some(after) = value.strip_prefix(null)
            && after.trim_start().starts_with([',', '}'])
        {
            out.push_str(" null");
            rest = after;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_beyond_its_brackets() {
        for one in ["[1, 2]", "{'a': 'it''s ]'}", "({a: 1}, [0x01])", "{}"] {
            assert!(is_one_value(one), "{one}");
        }
        for other in [
            "",
            "1",
            "[1",
            "[1], [2]",
            "(1)) USING TTL 1",
            "['a]",
            "[1 -- ]",
            "[$$]$$]",
            "{\"}\": 1}",
            "a[1]",
        ] {
            assert!(!is_one_value(other), "{other}");
        }
    }

    #[test]
    fn null_is_written_as_null() {
        assert_eq!(with_nulls("{a: 1, b: }", ""), "{a: 1, b: null}");
        assert_eq!(with_nulls("{a: nil, b: 'x: nil,'}", "nil"), "{a: null, b: 'x: nil,'}");
        assert_eq!(with_nulls("{1: {a: , b: 2}}", ""), "{1: {a: null, b: 2}}");
        assert_eq!(with_nulls("{a: null}", ""), "{a: null}");
    }

    #[test]
    fn numbers_are_numbers() {
        for number in ["0", "1.5", "1e-7", "1E+5"] {
            assert!(is_number(number), "{number}");
        }
        for other in ["", "e5", "1)", "1 2", "--1", "1-1", ".5"] {
            assert!(!is_number(other), "{other}");
        }
    }
}
