//! Sizes, shares and tables as Cassandra's tools print them.

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
