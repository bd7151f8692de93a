//! `proxyhistograms`: how long the requests took that a node led.

use super::tablestats::ROWS;
use super::{ClusterView, Output};

pub fn proxy_histograms(view: &ClusterView) -> Output {
    // What a write of a view takes is not measured.
    const KINDS: [&str; 6] = [
        "Read Latency",
        "Write Latency",
        "Range Latency",
        "CAS Read Latency",
        "CAS Write Latency",
        "View Write Latency",
    ];
    let line = |row: &str, cells: [String; 6]| {
        let cells: String = cells.iter().map(|it| format!("{it:>19}")).collect();
        format!("{row:<10}{cells}\n")
    };
    let mut text = "proxy histograms\n".to_owned();
    text += &line("Percentile", KINDS.map(str::to_owned));
    text += &line("", KINDS.map(|_| "(micros)".to_owned()));
    for (row, share) in ROWS {
        let cells = core::array::from_fn(|kind| {
            let micros = view.info.request_latencies.get(kind).map_or(0, |of| match share {
                0.0 => of.min,
                1.0 => of.max,
                share => of.percentile(share),
            });
            format!("{micros}.00")
        });
        text += &line(row, cells);
    }
    Output::printed(text + "\n")
}
