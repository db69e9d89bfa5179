//! A page for readers: one file, no scripts, nothing that is fetched from elsewhere, light and dark.

use super::{
    Report, Row,
    plot::{self, Line, Plot, Scale, escaped},
    shown,
};
use crate::statistics::median;
use anyhow::Context as _;
use std::{fmt::Write as _, path::Path};

const STYLE: &str = include_str!("page.css");
/// Rows of a scenario that are drawn as dots, from the most important on.
const DRAWN: usize = 2;

/// Writes one page about several reports.
pub fn write_page(path: &Path, reports: &[Report]) -> anyhow::Result<()> {
    std::fs::write(path, page(reports)).with_context(|| format!("cannot write {}", path.display()))
}

/// The page.
pub fn page(reports: &[Report]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>Schoolbell under load</title>\n<style>\n{STYLE}</style></head>\n<body><main>\n<h1>Schoolbell under load</h1>\n"
    );
    let mut machines: Vec<String> = Vec::new();
    for machine in reports.iter().map(|report| &report.machine) {
        let text = format!(
            "{}, {} cores, {} MiB, {}",
            machine.processor, machine.cores, machine.memory_mib, machine.kernel
        );
        if !machines.contains(&text) {
            machines.push(text);
        }
    }
    for machine in &machines {
        let _always = writeln!(out, "<p class=\"machine\">Machine: {}</p>", escaped(machine));
    }
    out += "<p>Numbers are medians over the runs. Servers took turns; a ratio is the median of the ratios of runs that \
            followed each other. Latency counts from the moment at which a message was due. CPU is the server's own, \
            user and system.</p>\n";
    if reports.len() > 1 {
        out += "<nav><ul>";
        for (index, report) in reports.iter().enumerate() {
            let _always = write!(out, "<li><a href=\"#r{index}\">{}</a></li>", escaped(&report.title));
        }
        out += "</ul></nav>\n";
    }
    for (index, report) in reports.iter().enumerate() {
        section(&mut out, index, report);
    }
    out += "</main></body></html>\n";
    out
}

fn section(out: &mut String, index: usize, report: &Report) {
    let runs = report.peers.iter().map(|peer| peer.runs.len()).max().unwrap_or(0);
    let _always = write!(
        out,
        "<section id=\"r{index}\"><h2>{}</h2>\n<p class=\"flags\"><span>{}</span> ",
        escaped(&report.title),
        escaped(&report.scenario)
    );
    for (name, value) in
        report.parameters.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null())
    {
        let _always = write!(out, "<span>{} {}</span> ", escaped(name), escaped(&value.to_string()));
    }
    let _always = writeln!(out, "<span>runs {runs}</span></p>");
    let faults = report.faults();
    for fault in &faults {
        let _always = writeln!(out, "<p class=\"fault\">{}</p>", escaped(fault));
    }
    // Only where messages are counted.
    let counted = report.peers.iter().flat_map(|peer| &peer.runs).any(|run| run.deliveries > 0);
    if counted && faults.is_empty() {
        out.push_str("<p class=\"good\">Every message came, once and in order; no connection ended.</p>\n");
    }
    let rows = report.rows();
    table(out, report, &rows);
    let has_curve = report.peers.iter().flat_map(|peer| &peer.runs).any(|run| !run.curve.is_empty());
    // A curve says more than dots of its first point.
    for row in rows.iter().take(if has_curve { 0 } else { DRAWN }) {
        let servers: Vec<_> = report
            .peers
            .iter()
            .zip(&row.cells)
            .map(|(peer, cell)| (peer.peer.clone(), cell.values.clone(), cell.median))
            .collect();
        out.push_str(&plot::runs(&row.label, &row.unit, &servers));
    }
    out.push_str(&latencies(report).svg());
    out.push_str(&growth(report).svg());
    for note in report.notes() {
        let _always = writeln!(out, "<p class=\"note\">{}</p>", escaped(&note));
    }
    out.push_str("</section>\n");
}

fn table(out: &mut String, report: &Report, rows: &[Row]) {
    out.push_str("<div class=\"wide\"><table><thead><tr><th></th>");
    for (index, peer) in report.peers.iter().enumerate() {
        let _always = write!(out, "<th>{}</th>", escaped(&peer.peer));
        if index > 0 {
            let first = escaped(&report.peers[0].peer);
            let _always = write!(out, "<th class=\"ratio\">{first} ÷ {}</th>", escaped(&peer.peer));
        }
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        let _always = write!(out, "<tr><th>{}", escaped(&row.label));
        if !row.unit.is_empty() {
            let _always = write!(out, " <small>{}</small>", escaped(&row.unit));
        }
        out.push_str("</th>");
        for (index, cell) in row.cells.iter().enumerate() {
            let value = cell.median.map_or_else(|| "–".to_owned(), shown);
            let all: Vec<String> = cell.values.iter().copied().map(shown).collect();
            let _always = write!(out, "<td title=\"{}\">{value}</td>", all.join(", "));
            if index > 0 {
                let ratio = cell.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}×"));
                let _always = write!(out, "<td class=\"ratio\">{ratio}</td>");
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

/// Times by share: at each share the median over the runs.
fn latencies(report: &Report) -> Plot<'static> {
    let mut lines = Vec::new();
    for peer in &report.peers {
        let Some(first) = peer.runs.first() else { continue };
        for distribution in &first.distributions {
            let of_run = |share: f64| -> Vec<f64> {
                let same = peer.runs.iter().flat_map(|run| &run.distributions);
                same.filter(|other| other.name == distribution.name)
                    .flat_map(|other| &other.quantiles)
                    .filter(|quantile| quantile.share.total_cmp(&share).is_eq())
                    .map(|quantile| quantile.ms)
                    .collect()
            };
            let shares = distribution.quantiles.iter().map(|quantile| quantile.share);
            let points = shares.filter_map(|share| Some((share, median(&of_run(share))?))).collect();
            lines.push(Line { name: format!("{}: {}", peer.peer, distribution.name), points });
        }
    }
    Plot {
        title: "Share of all that came within a time",
        x_label: "share",
        y_label: "ms",
        x: Scale::Nines,
        y: Scale::Log,
        lines,
    }
}

/// Cost by connections: at each point the median over the runs.
fn growth(report: &Report) -> Plot<'static> {
    let mut lines: Vec<Line> = Vec::new();
    for peer in &report.peers {
        for point in peer.runs.first().into_iter().flat_map(|run| &run.curve) {
            let name = format!("{}: {}", peer.peer, point.series);
            let same = peer.runs.iter().flat_map(|run| &run.curve);
            let same =
                same.filter(|other| other.series == point.series && other.x.total_cmp(&point.x).is_eq());
            let Some(value) = median(&same.map(|other| other.y).collect::<Vec<_>>()) else { continue };
            match lines.iter_mut().find(|line| line.name == name) {
                Some(line) => line.points.push((point.x, value)),
                None => lines.push(Line { name, points: vec![(point.x, value)] }),
            }
        }
    }
    Plot {
        title: "Server CPU per delivery as connections grow",
        x_label: "connections",
        y_label: "µs",
        x: Scale::Log,
        y: Scale::Linear,
        lines,
    }
}
