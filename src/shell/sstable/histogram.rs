//! Histograms as `sstablemetadata` draws them. Source of the layout: Cassandra 5.0, `tools/Util.TermHistogram`.

use core::fmt::Write;

use crate::storage::sstable::EstimatedHistogram;

/// How long the longest bar is.
const BAR: f64 = 30.0;
/// Enough buckets for seconds since the epoch and for any size. `TermHistogram.printHistogram`.
const BUCKETS: usize = 165;

/// `counts`: each value and how often it was, in order. `name`: what a value is called.
pub fn draw(title: &str, counts: &[(i64, i64)], name: impl Fn(i64) -> String, out: &mut String) {
    let max = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let sum: f64 = counts.iter().map(|(_, count)| *count as f64).sum();
    let name_width = counts.iter().map(|(value, _)| name(*value).chars().count()).max();
    let name_width = name_width.unwrap_or(0).max(title.len());
    let count_width = counts.iter().map(|(_, count)| count.to_string().len()).max();
    let count_width = count_width.unwrap_or(0).max("Count".len());
    let _ = writeln!(
        out,
        "   {title:name_width$} | {:count_width$}  (%)  Histogram ",
        "Count"
    );
    let mut all = EstimatedHistogram::with_buckets(BUCKETS);
    for (value, count) in counts {
        let share = (100.0 * (*count as f64 / sum)) as i64;
        let _ = writeln!(
            out,
            "   {:name_width$} | {count:>count_width$} ({share:>3}) {}",
            name(*value),
            bar(*count, max)
        );
        all.add_many(*value, *count);
    }
    out.push_str("   Percentiles\n");
    let shares = [
        ("50th", 0.5),
        ("75th", 0.75),
        ("95th", 0.95),
        ("98th", 0.98),
        ("99th", 0.99),
    ];
    for (label, share) in shares {
        let _ = writeln!(out, "   {label:<10}{}", name(all.percentile(share)));
    }
    let _ = writeln!(out, "   {:<10}{}", "Min", name(all.min()));
    let _ = writeln!(out, "   {:<10}{}", "Max", name(all.max()));
}

fn bar(count: i64, max: i64) -> String {
    let length = count as f64 / max as f64 * BAR;
    let mut bar = "O".repeat(length as usize);
    match length - libm::floor(length) {
        rest if rest >= 1.0 => bar.push('O'),
        rest if rest >= 0.75 => bar.push('o'),
        rest if rest >= 0.3 => bar.push('.'),
        _ => {}
    }
    bar
}
