//! A report for the terminal.

use super::{Report, shown};
use std::fmt::Write as _;

/// The medians as a Markdown table, which can be read as it is.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let machine = &report.machine;
    let runs = report.peers.iter().map(|peer| peer.runs.len()).max().unwrap_or(0);
    let _always = writeln!(
        out,
        "\n{} ({}) {}\n{}, {} cores, {}; {}\n",
        report.title,
        report.scenario,
        report.parameters,
        machine.processor,
        machine.cores,
        machine.kernel,
        if runs == 1 { "one run".to_owned() } else { format!("medians of {runs} runs") },
    );
    let mut head = String::from("| |");
    let mut line = String::from("|---|");
    for (index, peer) in report.peers.iter().enumerate() {
        head += &format!(" {} |", peer.peer);
        line += "---|";
        if index > 0 {
            head += &format!(" {}/{} |", report.peers[0].peer, peer.peer);
            line += "---|";
        }
    }
    let _always = writeln!(out, "{head}\n{line}");
    for row in report.rows() {
        let unit = if row.unit.is_empty() { String::new() } else { format!(", {}", row.unit) };
        let _always = write!(out, "| {}{unit} |", row.label);
        for (index, cell) in row.cells.iter().enumerate() {
            let _always = write!(out, " {} |", cell.median.map_or_else(|| "–".to_owned(), shown));
            if index > 0 {
                let ratio = cell.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}"));
                let _always = write!(out, " {ratio} |");
            }
        }
        out.push('\n');
    }
    for note in report.notes() {
        let _always = writeln!(out, "\n{note}");
    }
    for fault in report.faults() {
        let _always = writeln!(out, "\nfault: {fault}");
    }
    out
}
