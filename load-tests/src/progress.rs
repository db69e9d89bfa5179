//! What is going on, on standard error: one line that changes on a terminal, a line now and then elsewhere.

use std::{
    cell::Cell,
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// Shows what is going on.
pub struct Progress {
    silent: bool,
    terminal: bool,
    heading: String,
    last: Cell<Option<Instant>>,
}

impl Progress {
    /// Shows lines behind a heading, such as the scenario and the run.
    pub fn new(heading: String) -> Self {
        Self { silent: false, terminal: std::io::stderr().is_terminal(), heading, last: Cell::new(None) }
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self { silent: true, ..Self::new(String::new()) }
    }

    /// What lines stand behind.
    pub fn heading(&self) -> &str {
        &self.heading
    }

    /// Says what is going on; most of it is left out.
    pub fn say(&self, text: &str) {
        let pause = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        if self.last.get().is_some_and(|last| last.elapsed() < pause) {
            return;
        }
        self.last.set(Some(Instant::now()));
        self.write(text, self.terminal);
    }

    /// Says something that stays.
    pub fn done(&self, text: &str) {
        self.write(text, false);
    }

    fn write(&self, text: &str, stays_open: bool) {
        if self.silent {
            return;
        }
        let (clear, end) = match (self.terminal, stays_open) {
            (true, true) => ("\r\x1b[K", ""),
            (true, false) => ("\r\x1b[K", "\n"),
            _ => ("", "\n"),
        };
        let mut out = std::io::stderr();
        // Whoever has closed standard error does not want it.
        let _unseen = write!(out, "{clear}{}: {text}{end}", self.heading).and_then(|()| out.flush());
    }
}
