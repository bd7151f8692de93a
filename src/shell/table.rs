//! Result tables: header, aligned cells, or one row below the other when EXPAND is on.

use super::format::{self, Shown};
use crate::cql::{ResultColumn, Rows};

/// A result while its pages come in.
#[derive(Clone, Debug)]
pub struct Table {
    pub expanded: bool,
    /// As to a terminal: every page has a header and a blank line after it.
    pub interactive: bool,
    rows_before: usize,
    pages: usize,
}

impl Table {
    pub fn new(expanded: bool, interactive: bool) -> Table {
        Table {
            expanded,
            interactive,
            rows_before: 0,
            pages: 0,
        }
    }

    pub fn rows(&self) -> usize {
        self.rows_before
    }

    /// The text of the next page; nothing for one without rows, unless it is the first.
    pub fn page(&mut self, rows: &Rows) -> String {
        let is_first = self.pages == 0;
        self.pages += 1;
        if rows.rows.is_empty() && !is_first {
            return String::new();
        }
        let names: Vec<Shown> = rows
            .columns
            .iter()
            .map(|column| format::column_name(&column.name))
            .collect();
        if names.is_empty() {
            return String::new();
        }
        let sources = sources(&rows.columns);
        let values: Vec<Vec<Shown>> = rows
            .rows
            .iter()
            .map(|row| shown_row(&rows.columns, &sources, row))
            .collect();
        let text = if self.expanded && !values.is_empty() {
            vertically(&names, &values, self.rows_before)
        } else {
            horizontally(&names, &values, is_first || self.interactive, self.interactive)
        };
        self.rows_before += values.len();
        text
    }
}

/// Where each column takes its value and type from. cqlsh keeps a row by column name, so that of two with the same name both show the last.
fn sources(columns: &[ResultColumn]) -> Vec<usize> {
    let last_of = |column: &ResultColumn| columns.iter().rposition(|other| other.name == column.name);
    columns.iter().map(|column| last_of(column).unwrap_or(0)).collect()
}

fn shown_row(columns: &[ResultColumn], sources: &[usize], row: &[Option<bytes::Bytes>]) -> Vec<Shown> {
    let cell = |source: &usize| {
        let bytes = row.get(*source).and_then(|value| value.as_deref());
        format::value(&columns[*source].ty, bytes)
    };
    sources.iter().map(cell).collect()
}

/// A table with a header. Also of traces, hence public to the room.
pub fn horizontally(names: &[Shown], rows: &[Vec<Shown>], with_header: bool, interactive: bool) -> String {
    let mut widths: Vec<usize> = names.iter().map(|name| name.width).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width);
        }
    }
    let mut text = String::new();
    if with_header {
        let header: Vec<String> = names
            .iter()
            .zip(&widths)
            .map(|(name, width)| name.left(*width))
            .collect();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        text += &format!(" {}\n-{}-\n", header.join(" | ").trim_end(), rule.join("-+-"));
    }
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| cell.right(*width))
            .collect();
        text += &format!(" {}\n", cells.join(" | "));
    }
    if rows.is_empty() || interactive {
        text.push('\n');
    }
    text
}

fn vertically(names: &[Shown], rows: &[Vec<Shown>], rows_before: usize) -> String {
    let width_of = |cells: &mut dyn Iterator<Item = &Shown>| cells.map(|cell| cell.width).max().unwrap_or(0);
    let name_width = width_of(&mut names.iter());
    let value_width = width_of(&mut rows.iter().flatten());
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        text += &format!("@ Row {}\n", rows_before + number + 1);
        text += &format!("-{}-+-{}-\n", "-".repeat(name_width), "-".repeat(value_width));
        for (name, value) in names.iter().zip(row) {
            text += &format!(" {} | {}\n", name.left(name_width), value.text);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ColumnName, CqlType, KeyspaceName, Value};

    fn result(columns: &[(&str, CqlType)], rows: &[&[Option<Value>]]) -> Rows {
        let column = |(name, ty): &(&str, CqlType)| ResultColumn {
            keyspace: KeyspaceName::new("k"),
            table: "t".into(),
            name: ColumnName::new(name),
            ty: ty.clone(),
        };
        Rows {
            columns: columns.iter().map(column).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|value| value.as_ref().map(Value::encode)).collect())
                .collect(),
            paging_state: None,
        }
    }

    fn text(value: &str) -> Option<Value> {
        Some(Value::Text(value.into()))
    }

    fn two_rows() -> Rows {
        result(
            &[("id", CqlType::Int), ("txt", CqlType::Text)],
            &[
                &[Some(Value::Int(1)), text("plain")],
                &[Some(Value::Int(2)), text("日本語テキスト")],
                &[Some(Value::Int(13)), None],
            ],
        )
    }

    #[test]
    fn cells_are_aligned_by_what_a_terminal_shows() {
        let expected =
            " id | txt\n----+----------------\n  1 |          plain\n  2 | 日本語テキスト\n 13 |           null\n";
        assert_eq!(Table::new(false, false).page(&two_rows()), expected);
    }

    #[test]
    fn no_rows() {
        let empty = result(&[("id", CqlType::Int)], &[]);
        assert_eq!(Table::new(false, false).page(&empty), " id\n----\n\n");
        assert_eq!(Table::new(true, false).page(&empty), " id\n----\n\n");
    }

    #[test]
    fn rows_below_each_other() {
        let mut table = Table::new(true, false);
        let first = table.page(&two_rows());
        assert!(first.starts_with("@ Row 1\n-----+----------------\n id  | 1\n txt | plain\n\n@ Row 2\n"));
        assert!(table.page(&two_rows()).starts_with("@ Row 4\n"));
        assert_eq!(table.rows(), 6);
    }

    #[test]
    fn a_later_page_has_no_header_except_for_a_person() {
        let mut script = Table::new(false, false);
        script.page(&two_rows());
        assert!(script.page(&two_rows()).starts_with("  1 | "));
        let mut person = Table::new(false, true);
        person.page(&two_rows());
        assert!(person.page(&two_rows()).starts_with(" id | txt"));
    }

    #[test]
    fn of_two_columns_with_one_name_the_last_is_shown_twice() {
        let twice = result(
            &[("a", CqlType::Int), ("a", CqlType::Int)],
            &[&[Some(Value::Int(1)), Some(Value::Int(2))]],
        );
        assert_eq!(Table::new(false, false).page(&twice), " a | a\n---+---\n 2 | 2\n");
    }

    #[test]
    fn an_empty_collection_takes_no_width_in_cqlshs_reckoning() {
        let lists = CqlType::list(CqlType::list(CqlType::Int).freeze());
        let rows = result(&[("l", lists)], &[&[Some(Value::List(vec![Value::List(vec![])]))]]);
        assert_eq!(Table::new(false, false).page(&rows), " l\n----\n [[]]\n");
    }
}
