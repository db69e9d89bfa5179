//! Scoring a game again from its log, and comparing the result with what was stored.

use crate::game::{Entry, Game};
use protocol::quiz::{GameReport, ParticipantReport, QuestionReport};
use serde::{Deserialize, Serialize};

/// Differences beyond these are left out.
const MAX_DIFFERENCES: usize = 100;

/// An entry as the log keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Sequence number of the room.
    pub seq: u64,
    /// Server milliseconds.
    pub at: u64,
    /// What happened.
    pub entry: Entry,
}

/// Why a log cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The first entry is missing or another one.
    #[error("the log does not begin with the opening of a game")]
    NotOpened,
    /// A gap or a repetition.
    #[error("the log continues with entry {found} after {after}; read it again from the store")]
    OutOfOrder {
        /// The last good one.
        after: u64,
        /// The one found.
        found: u64,
    },
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Whether the stored report equals the one from the log.
    pub equal: bool,
    /// Entries read.
    pub entries: usize,
    /// At most 100, in words: what, as stored, as replayed.
    pub differences: Vec<String>,
}

/// The game that a log leads to.
///
/// # Errors
/// [`ReplayError`] if the log does not begin with `Opened` or its numbers are not consecutive.
pub fn replay<'a>(log: impl IntoIterator<Item = &'a LogEntry>) -> Result<Game, ReplayError> {
    let mut log = log.into_iter();
    let Some(LogEntry { seq, at, entry: Entry::Opened(opened) }) = log.next() else {
        return Err(ReplayError::NotOpened);
    };
    let mut game = Game::from_opened(*seq, *at, (**opened).clone());
    for LogEntry { seq, at, entry } in log {
        if *seq != game.seq() + 1 {
            return Err(ReplayError::OutOfOrder { after: game.seq(), found: *seq });
        }
        game.apply(*seq, *at, entry);
    }
    Ok(game)
}

/// Scores a log again and compares it with the stored report.
///
/// # Errors
/// As [`replay`].
pub fn check(log: &[LogEntry], stored: &GameReport) -> Result<Replay, ReplayError> {
    let differences = differences(stored, &replay(log)?.report());
    Ok(Replay { equal: differences.is_empty(), entries: log.len(), differences })
}

/// Where two reports of one game differ, at most 100, in words.
#[must_use]
pub fn differences(stored: &GameReport, replayed: &GameReport) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: String, stored: String, replayed: String| {
        if stored != replayed && found.len() < MAX_DIFFERENCES {
            found.push(format!("{what}: stored {stored}, replayed {replayed}"));
        }
    };
    let head = |report: &GameReport| {
        let GameReport { game, title, opened_at, ended_at, settings, players, questions: _, participants: _ } =
            report;
        format!("{game} {title:?} {opened_at} {ended_at:?} {settings:?} {players}")
    };
    compare("game".to_owned(), head(stored), head(replayed));
    for index in 0..stored.questions.len().max(replayed.questions.len()) {
        let text =
            |report: &GameReport| report.questions.get(index).map_or("nothing".to_owned(), question_words);
        compare(format!("question {}", index + 1), text(stored), text(replayed));
    }
    for index in 0..stored.participants.len().max(replayed.participants.len()) {
        let (left, right) = (stored.participants.get(index), replayed.participants.get(index));
        let name = left.or(right).map_or(String::new(), |p| p.participant.to_string());
        let same = left == right;
        let text = |side: Option<&ParticipantReport>| {
            side.map_or("nothing".to_owned(), |p| participant_words(p, same))
        };
        compare(format!("place {} ({name})", index + 1), text(left), text(right));
    }
    found
}

fn question_words(question: &QuestionReport) -> String {
    format!("{question:?}")
}

/// Everything of a participant that could differ; short if it is known to be the same.
fn participant_words(participant: &ParticipantReport, same: bool) -> String {
    if same { String::new() } else { format!("{participant:?}") }
}

#[cfg(test)]
mod tests;
