//! Sizes, shares and tables as Cassandra's tools print them.

use crate::data::types::calendar::civil_from_days;

/// `FileUtils.stringifyFileSize`: at most two decimals, without trailing zeros.
pub fn file_size(bytes: f64) -> String {
    const UNITS: [(f64, &str); 4] = [
        ((1u64 << 40) as f64, "TiB"),
        ((1u64 << 30) as f64, "GiB"),
        ((1u64 << 20) as f64, "MiB"),
        ((1u64 << 10) as f64, "KiB"),
    ];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        None => format!("{} bytes", bytes as u64),
        Some((unit, name)) => {
            let number = format!("{:.2}", bytes / unit);
            format!("{} {name}", number.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

/// A share of one as a percentage.
pub fn percent(share: f64, decimals: usize) -> String {
    // The tools carry shares in single precision.
    format!("{:.decimals$}%", f64::from(share as f32) * 100.0)
}

/// A table, its columns `apart` from each other: `TableBuilder`'s.
pub fn columns_apart(rows: &[Vec<String>], apart: &str) -> String {
    let widths = widths(rows.iter().map(Vec::as_slice));
    rows.iter().map(|row| joined(&widths, row, apart)).collect()
}

/// Rows as `TableBuilder` prints them.
pub fn rows(rows: &[Vec<String>]) -> String {
    columns_apart(rows, " ")
}

/// The same under titles.
pub fn table<const N: usize>(titles: [&str; N], rows: impl Iterator<Item = Vec<String>>) -> String {
    let titles = titles.iter().map(|it| it.to_string()).collect();
    let all: Vec<Vec<String>> = [titles].into_iter().chain(rows).collect();
    self::rows(&all)
}

/// A moment in UTC as Java's `Instant` prints it, without its `Z`.
pub fn moment(millis: i64) -> String {
    let (seconds, millis) = (millis.div_euclid(1_000), millis.rem_euclid(1_000));
    let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let fraction = if millis == 0 {
        String::new()
    } else {
        format!(".{millis:03}")
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}")
}

/// Rows padded to the widest cell of each column, two spaces apart; the last column is padded as well.
pub fn columns(widths: &[usize], row: &[String]) -> String {
    joined(widths, row, "  ")
}

fn joined(widths: &[usize], row: &[String], apart: &str) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(cell, &width)| format!("{cell:width$}"))
        .collect();
    cells.join(apart) + "\n"
}

pub fn widths<'a>(rows: impl IntoIterator<Item = &'a [String]>) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0.0, "0 bytes"),
            (1023.0, "1023 bytes"),
            (122_900.0, "120.02 KiB"),
            (31_643.0, "30.9 KiB"),
            (33_554_432.0, "32 MiB"),
            (3.5 * 1024.0 * 1024.0 * 1024.0, "3.5 GiB"),
        ] {
            assert_eq!(file_size(bytes), text);
        }
    }
}
