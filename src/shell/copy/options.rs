//! What follows WITH, as `cqlshlib/copyutil.py` reads it.

use super::csv::Dialect;
use super::{Copy, Direction};

/// Of processes, retries and rates, which there are none of here: accepted as cqlsh accepts them, and without effect.
const WITHOUT_EFFECT: [&str; 17] = [
    "childtimeout",
    "chunksize",
    "ingestrate",
    "maxattempts",
    "maxbackoffattempts",
    "maxbatchsize",
    "maxinflightmessages",
    "maxpendingchunks",
    "maxrequests",
    "minbatchsize",
    "numprocesses",
    "pagesize",
    "pagetimeout",
    "preparedstatements",
    "ratefile",
    "reportfrequency",
    "requesttimeout",
];

/// Of cqlsh's, but not of this shell's.
const NOT_HERE: [&str; 7] = [
    "begintoken",
    "configfile",
    "datetimeformat",
    "decimalsep",
    "endtoken",
    "maxoutputsize",
    "thousandssep",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub dialect: Dialect,
    /// What stands for null.
    pub null: String,
    pub header: bool,
    /// How true and false are written.
    pub booleans: [String; 2],
    pub float_digits: i32,
    pub double_digits: i32,
    /// Of lines, those that are skipped among them. cqlsh knows no such limit where it writes.
    pub max_rows: Option<usize>,
    pub skip_rows: usize,
    /// Columns of the file that are left out.
    pub skip_columns: Vec<String>,
    pub max_parse_errors: Option<usize>,
    pub max_insert_errors: Option<usize>,
    /// Where rows go that could not be imported.
    /// `None`: by the table's name.
    pub error_file: Option<String>,
    pub time_to_live: Option<i64>,
}

impl Options {
    /// Errors say which option is wrong, and what would be right.
    pub fn of(copy: &Copy) -> Result<Options, String> {
        let way = match copy.direction {
            Direction::To => "TO",
            Direction::From => "FROM",
        };
        let mut options = Options {
            dialect: Dialect {
                delimiter: ',',
                quote: '"',
                escape: '\\',
            },
            null: String::new(),
            header: false,
            booleans: ["True".to_owned(), "False".to_owned()],
            float_digits: 5,
            double_digits: 12,
            max_rows: None,
            skip_rows: 0,
            skip_columns: Vec::new(),
            max_parse_errors: None,
            max_insert_errors: Some(1_000),
            error_file: None,
            time_to_live: None,
        };
        let mut unknown = Vec::new();
        for (name, value) in &copy.options {
            match name.as_str() {
                "delimiter" => options.dialect.delimiter = one_character(name, value)?,
                "quote" => options.dialect.quote = one_character(name, value)?,
                "escape" => options.dialect.escape = one_character(name, value)?,
                "null" => options.null.clone_from(value),
                "header" => options.header = value.eq_ignore_ascii_case("true"),
                "boolstyle" => options.booleans = boolean_style(value)?,
                "floatprecision" => options.float_digits = number(name, value)?,
                "doubleprecision" => options.double_digits = number(name, value)?,
                "maxrows" => options.max_rows = at_most(name, value)?,
                "skiprows" => options.skip_rows = number(name, value)?,
                "skipcols" => options.skip_columns = value.split(',').map(|it| it.trim().to_owned()).collect(),
                "maxparseerrors" => options.max_parse_errors = at_most(name, value)?,
                "maxinserterrors" => options.max_insert_errors = at_most(name, value)?,
                "errfile" => options.error_file = Some(value.clone()),
                "ttl" => options.time_to_live = Some(number(name, value)?).filter(|ttl| *ttl >= 0),
                "encoding" if ["utf8", "utf-8"].contains(&value.to_ascii_lowercase().as_str()) => {}
                "encoding" => return Err(format!("ENCODING={value} is not supported: files are in UTF-8")),
                name if WITHOUT_EFFECT.contains(&name) => {}
                name if NOT_HERE.contains(&name) => {
                    return Err(format!(
                        "The option {} of COPY is not supported",
                        name.to_ascii_uppercase()
                    ));
                }
                name => unknown.push(name.to_owned()),
            }
        }
        match unknown.is_empty() {
            true => Ok(options),
            false => Err(format!("Unrecognized COPY {way} options: {}", unknown.join(", "))),
        }
    }
}

fn one_character(name: &str, value: &str) -> Result<char, String> {
    let mut all = value.chars();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(format!(
            "{} must be a 1-character string, not '{value}'",
            name.to_ascii_uppercase()
        )),
    }
}

fn number<T: core::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    let wrong = |_| format!("{} must be a whole number, not '{value}'", name.to_ascii_uppercase());
    value.trim().parse().map_err(wrong)
}

/// A negative number sets no limit.
fn at_most(name: &str, value: &str) -> Result<Option<usize>, String> {
    Ok(usize::try_from(number::<i64>(name, value)?).ok())
}

fn boolean_style(value: &str) -> Result<[String; 2], String> {
    let styles: Vec<&str> = value.split(',').map(str::trim).collect();
    match styles.as_slice() {
        [yes, no] if yes != no && !yes.is_empty() && !no.is_empty() => Ok([yes, no].map(|it| (*it).to_owned())),
        _ => {
            let listed: Vec<String> = styles.iter().map(|it| format!("'{it}'")).collect();
            Err(format!("Invalid boolean styles [{}]", listed.join(", ")))
        }
    }
}
