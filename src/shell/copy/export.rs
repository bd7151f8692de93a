//! COPY TO: pages of a result become lines.

use super::{Copy, Options};
use crate::cql::Rows;
use crate::shell::format::{Style, exported};

/// An export under way.
#[derive(Debug)]
pub struct Export {
    pub copy: Copy,
    options: Options,
    text: String,
    rows: usize,
}

impl Export {
    pub fn new(copy: Copy, options: Options) -> Export {
        Export {
            copy,
            options,
            text: String::new(),
            rows: 0,
        }
    }

    /// Reads the rows.
    pub fn query(&self) -> String {
        format!("SELECT {} FROM {}", self.copy.selected(), self.copy.table)
    }

    /// No page has come yet.
    pub fn is_new(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes a page.
    pub fn page(&mut self, rows: &Rows) {
        let options = &self.options;
        if options.header && self.text.is_empty() {
            let names: Vec<String> = rows.columns.iter().map(|it| it.name.to_string()).collect();
            options.dialect.write(&names, &mut self.text);
        }
        let style = Style {
            float_digits: options.float_digits,
            double_digits: options.double_digits,
            milliseconds: true,
            null: &options.null,
            booleans: [&options.booleans[0], &options.booleans[1]],
        };
        for row in &rows.rows {
            let cells = rows.columns.iter().zip(row);
            let fields: Vec<String> = cells
                .map(|(column, value)| match value {
                    None => options.null.clone(),
                    Some(bytes) => exported(&column.ty, bytes, &style),
                })
                .collect();
            options.dialect.write(&fields, &mut self.text);
            self.rows += 1;
        }
    }

    /// The lines, and what is said of them.
    pub fn finish(self) -> (String, String) {
        (self.text, format!("{} rows exported to 1 files.\n", self.rows))
    }
}
