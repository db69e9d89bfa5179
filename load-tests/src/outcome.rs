//! What one run of a scenario against one server gives.

use crate::{
    audience::Faults,
    latency::{Latency, Quantile},
};
use serde::{Deserialize, Serialize};

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Name for programs.
    pub key: String,
    /// Name for readers.
    pub label: String,
    /// Unit, if it has one.
    pub unit: String,
    /// The number.
    pub value: f64,
}

/// How long something took, by share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// What took so long.
    pub name: String,
    /// By share, from the quickest to the slowest.
    pub quantiles: Vec<Quantile>,
}

/// A point of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The curve.
    pub series: String,
    /// Connections.
    pub x: f64,
    /// Processor time per delivery, µs.
    pub y: f64,
}

/// Everything that one run gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The numbers, the most important first.
    pub figures: Vec<Figure>,
    /// Times.
    pub distributions: Vec<Distribution>,
    /// Curves.
    pub curve: Vec<Point>,
    /// Messages that subscribers received, where they are counted.
    pub deliveries: u64,
    /// What went wrong.
    pub faults: Faults,
    /// Sentences for the reader.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Adds a number. One that cannot be known is left out.
    pub fn figure(&mut self, key: &str, label: &str, unit: &str, value: f64) {
        if value.is_finite() {
            let (key, label, unit) = (key.to_owned(), label.to_owned(), unit.to_owned());
            self.figures.push(Figure { key, label, unit, value });
        }
    }

    /// Adds times, and their usual shares as numbers whose keys begin with `key`.
    pub fn times(&mut self, key: &str, name: &str, latency: &Latency) {
        if latency.count() == 0 {
            return;
        }
        for (suffix, share) in [("p50", 0.5), ("p99", 0.99), ("p99_9", 0.999), ("max", 1.0)] {
            let shown = suffix.replace('_', ".");
            self.figure(&format!("{key}_{suffix}_ms"), &format!("{name}, {shown}"), "ms", latency.ms(share));
        }
        self.distributions.push(Distribution { name: name.to_owned(), quantiles: latency.quantiles() });
    }

    /// The number with a key.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.key == key).map(|figure| figure.value)
    }
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts of a run, far below 2^52")]
pub fn number(count: u64) -> f64 {
    count as f64
}
