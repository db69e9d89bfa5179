//! What a comparison found: as JSON for programs, as text for the terminal, as a page for readers.

mod page;
mod plot;
mod text;

pub use page::write_page;
pub use text::text;

use crate::{machine::Machine, outcome::Outcome, statistics};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One scenario, played against one server or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Heading.
    pub title: String,
    /// Which scenario.
    pub scenario: String,
    /// Its flags.
    pub parameters: serde_json::Value,
    /// Where it was played.
    pub machine: Machine,
    /// The runs, by server; run `n` of all servers followed each other.
    pub peers: Vec<PeerRuns>,
}

/// The runs of one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerRuns {
    /// The server.
    pub peer: String,
    /// Its runs, in order.
    pub runs: Vec<Outcome>,
}

/// One number of a report: over all runs, and against the first server.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name for programs.
    pub key: String,
    /// Name for readers.
    pub label: String,
    /// Unit.
    pub unit: String,
    /// By server.
    pub cells: Vec<Cell>,
}

/// One server's part of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Of each run.
    pub values: Vec<f64>,
    /// Of all runs.
    pub median: Option<f64>,
    /// The first server's value over this one's, run by run; the median of that. Nothing for the first itself.
    pub ratio: Option<f64>,
}

impl Report {
    /// Reads what was written as JSON.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a report", path.display()))
    }

    /// The numbers, in the order in which the scenario gives them.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for figure in self.peers.iter().flat_map(|peer| &peer.runs).flat_map(|run| &run.figures) {
            if rows.iter().any(|row| row.key == figure.key) {
                continue;
            }
            let (key, label, unit) = (figure.key.clone(), figure.label.clone(), figure.unit.clone());
            rows.push(Row { cells: self.cells(&key), key, label, unit });
        }
        rows
    }

    fn cells(&self, key: &str) -> Vec<Cell> {
        let values =
            |peer: &PeerRuns| -> Vec<f64> { peer.runs.iter().filter_map(|run| run.value(key)).collect() };
        let first = self.peers.first().map(values).unwrap_or_default();
        let cell = |(index, peer): (usize, &PeerRuns)| {
            let values = values(peer);
            let ratio = if index == 0 { None } else { statistics::paired_ratio(&first, &values) };
            Cell { median: statistics::median(&values), ratio, values }
        };
        self.peers.iter().enumerate().map(cell).collect()
    }

    /// What the runs have to say to the reader, each once for a server.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for peer in &self.peers {
            for note in peer.runs.iter().flat_map(|run| &run.notes) {
                let text = format!("{}: {note}", peer.peer);
                if !notes.contains(&text) {
                    notes.push(text);
                }
            }
        }
        notes
    }

    /// What went wrong, in words; empty if nothing did.
    pub fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        for peer in &self.peers {
            for (run, outcome) in peer.runs.iter().enumerate().filter(|(_, outcome)| outcome.faults.any()) {
                let faults = outcome.faults;
                found.push(format!(
                    "{}, run {}: {} messages lost, {} out of order, {} connections ended",
                    peer.peer,
                    run + 1,
                    faults.lost,
                    faults.out_of_order,
                    faults.ended
                ));
            }
        }
        found
    }
}

/// A number with as many digits as are worth reading.
pub fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 1_000.0 => 0,
        large if large >= 100.0 => 1,
        large if large >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests;
