//! What a trial found: promises, kept or broken, and figures.

use crate::outcome::Figure;
use serde::Serialize;
use std::fmt::Write as _;

/// A promise, and what was seen of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Promise {
    pub(super) text: String,
    pub(super) kept: bool,
    /// What was seen.
    pub(super) seen: String,
}

/// Everything that a trial found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) trial: String,
    pub(super) form: &'static str,
    pub(super) seed: u64,
    pub(super) seconds: f64,
    pub(super) promises: Vec<Promise>,
    pub(super) figures: Vec<Figure>,
    pub(super) notes: Vec<String>,
}

impl Finding {
    pub(super) fn new(trial: &str, short: bool, seed: u64) -> Self {
        Self {
            trial: trial.to_owned(),
            form: if short { "short" } else { "full" },
            seed,
            seconds: 0.0,
            promises: Vec::new(),
            figures: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a promise.
    pub(super) fn promise(&mut self, text: &str, kept: bool, seen: impl Into<String>) {
        self.promises.push(Promise { text: text.to_owned(), kept, seen: seen.into() });
    }

    /// Adds a number. One that cannot be known is left out.
    pub(super) fn figure(&mut self, key: &str, label: &str, unit: &str, value: f64) {
        if value.is_finite() {
            let (key, label, unit) = (key.to_owned(), label.to_owned(), unit.to_owned());
            self.figures.push(Figure { key, label, unit, value });
        }
    }

    /// Adds a sentence for the reader.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Whether all promises were kept, of which there must be one.
    pub(super) fn is_good(&self) -> bool {
        !self.promises.is_empty() && self.promises.iter().all(|promise| promise.kept)
    }

    /// One line, and one more for each promise that was broken.
    pub(super) fn text(&self) -> String {
        let state = if self.is_good() { "kept  " } else { "BROKEN" };
        let figures: Vec<String> = self
            .figures
            .iter()
            .map(|figure| format!("{} {:.0} {}", figure.label, figure.value, figure.unit))
            .collect();
        let mut text = format!(
            "{:<4} {state} {:>5.1} s  seed {}  {}\n",
            self.trial,
            self.seconds,
            self.seed,
            figures.join(", ")
        );
        for promise in self.promises.iter().filter(|promise| !promise.kept) {
            let _unfailing = writeln!(text, "     broken: {} ({})", promise.text, promise.seen);
        }
        for note in &self.notes {
            let _unfailing = writeln!(text, "     {note}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_without_a_promise_or_with_a_broken_one_is_not_good() {
        let mut finding = Finding::new("r1", true, 7);
        assert!(!finding.is_good());
        finding.promise("nothing is lost", true, "0 lost");
        assert!(finding.is_good() && finding.text().starts_with("r1   kept"));
        finding.promise("nothing is doubled", false, "3 doubled");
        assert!(!finding.is_good());
        assert!(finding.text().contains("broken: nothing is doubled (3 doubled)"));
    }
}
