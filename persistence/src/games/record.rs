//! What lasts of a game, as facts of the journal: where it stands, its end, and its report in parts.
//!
//! A report of thousands of players is megabytes, a fact is small: so participants and questions travel in parts, and the
//! end comes behind them. All have the game for their key, so a game that has ended has all of its rows.

mod sinks;

pub use sinks::sinks;

use super::FinishGameError;
use crate::journal::{Fact, Kind, MAX_BODY, OpId};
use crate::{Micros, Unavailable};
use protocol::ids::{GameId, SchoolId};
use protocol::quiz::{GameReport, ParticipantReport, Phase, QuestionReport};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a game stands.
const PHASE: Kind = Kind::new("game.phase");
/// Some questions and participants of its report.
const PART: Kind = Kind::new("game.part");
/// Its end, and the rest of its report.
const END: Kind = Kind::new("game.end");

/// Bytes of a part, but for what it is wrapped in.
const PART_BYTES: usize = MAX_BODY - 1_024;
/// Answers of one participant that stay together: each takes up to some hundred bytes.
const ANSWERS_TOGETHER: usize = 50;

/// The body of [`PHASE`].
#[derive(Serialize, Deserialize)]
struct PhaseNoted {
    game: GameId,
    phase: Phase,
}

/// The body of [`PART`], and the JSON of a row. Of a participant with many answers, some may be in the next part.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Part {
    game: Option<GameId>,
    part: u32,
    questions: Vec<QuestionReport>,
    participants: Vec<ParticipantReport>,
}

/// Notes where a game stands, short of its end.
///
/// # Errors
/// [`Unavailable`] when the phase has no form in JSON: a defect.
pub fn phase_noted(school: SchoolId, game: GameId, phase: Phase, at: Micros) -> Result<Fact, Unavailable> {
    let body = serde_json::to_vec(&PhaseNoted { game, phase }).map_err(Unavailable::because)?;
    Ok(fact(school, game, PHASE, &format!("{phase:?}"), at, body))
}

/// A finished game: its report in parts, then its end. The same report gives the same operations.
///
/// # Errors
/// [`FinishGameError`] when the report is of a running game.
pub fn finished(school: SchoolId, report: GameReport) -> Result<Vec<Fact>, FinishGameError> {
    let ended_at = Micros::from_millis(report.ended_at.ok_or(FinishGameError::StillRunning)?);
    let game = report.game;
    let mut facts = Vec::new();
    let (report, parts) = divided(report)?;
    for (number, body) in parts.into_iter().enumerate() {
        facts.push(fact(school, game, PART, &format!("part {number}"), ended_at, body));
    }
    let body = serde_json::to_vec(&report).map_err(Unavailable::because)?;
    facts.push(fact(school, game, END, "end", ended_at, body));
    Ok(facts)
}

fn fact(school: SchoolId, game: GameId, kind: Kind, what: &str, at: Micros, body: Vec<u8>) -> Fact {
    Fact {
        op: OpId(Uuid::new_v5(&game.0, what.as_bytes())),
        school,
        kind,
        key: format!("game {game}"),
        occurred_at: at,
        body: body.into(),
    }
}

/// The report without its lists, and those in parts, as JSON.
fn divided(mut report: GameReport) -> Result<(GameReport, Vec<Vec<u8>>), Unavailable> {
    let mut parts = Parts { game: report.game, bytes: 0, open: Part::default(), closed: Vec::new() };
    for question in std::mem::take(&mut report.questions) {
        let bytes = size(&question)?;
        parts.room_for(bytes)?.questions.push(question);
    }
    for participant in std::mem::take(&mut report.participants) {
        for some in by_answers(participant) {
            let bytes = size(&some)?;
            parts.room_for(bytes)?.participants.push(some);
        }
    }
    parts.close()?;
    Ok((report, parts.closed))
}

/// Parts under way.
struct Parts {
    game: GameId,
    bytes: usize,
    open: Part,
    closed: Vec<Vec<u8>>,
}

impl Parts {
    /// The part that takes so many bytes more.
    fn room_for(&mut self, bytes: usize) -> Result<&mut Part, Unavailable> {
        // And a comma.
        if self.bytes + bytes + 1 > PART_BYTES {
            self.close()?;
        }
        self.bytes += bytes + 1;
        Ok(&mut self.open)
    }

    fn close(&mut self) -> Result<(), Unavailable> {
        let mut part = std::mem::take(&mut self.open);
        self.bytes = 0;
        if !part.questions.is_empty() || !part.participants.is_empty() {
            part.game = Some(self.game);
            part.part = u32::try_from(self.closed.len()).unwrap_or(u32::MAX);
            self.closed.push(serde_json::to_vec(&part).map_err(Unavailable::because)?);
        }
        Ok(())
    }
}

/// A participant, once for each [`ANSWERS_TOGETHER`].
fn by_answers(mut participant: ParticipantReport) -> Vec<ParticipantReport> {
    let mut answers = std::mem::take(&mut participant.answers).into_iter().peekable();
    let mut some = Vec::new();
    loop {
        let answers_of_this = answers.by_ref().take(ANSWERS_TOGETHER).collect();
        some.push(ParticipantReport { answers: answers_of_this, ..participant.clone() });
        if answers.peek().is_none() {
            return some;
        }
    }
}

/// Bytes of JSON.
fn size(value: &impl Serialize) -> Result<usize, Unavailable> {
    Ok(serde_json::to_vec(value).map_err(Unavailable::because)?.len())
}

/// Puts parts, in their order, back into the report that they were taken from.
pub(super) fn put_together(report: &mut GameReport, parts: impl IntoIterator<Item = Part>) {
    for part in parts {
        report.questions.extend(part.questions);
        for participant in part.participants {
            match report.participants.last_mut() {
                Some(last) if last.participant == participant.participant => {
                    last.answers.extend(participant.answers);
                }
                _ => report.participants.push(participant),
            }
        }
    }
}
