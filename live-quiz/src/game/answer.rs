//! Taking an answer: once per participant and question, by server time only.

use super::{
    Caller, Decision, Entry, GRACE_MS, Game, Given, Invalid, MAX_CREDIT_MS, MAX_OP_BYTES, Outcome, Refusal,
    Round, Slot,
};
use crate::question;
use protocol::quiz::{AnswerValue, CloseReason, Phase};

impl Game {
    /// Decides about an answer, in time independent of the number of players.
    ///
    /// # Errors
    /// `NotInGame`, `Kicked`, `InvalidSetting` (the op), `AlreadyAnswered`, `WrongPhase`, `GamePaused`, `TooLate`,
    /// `InvalidAnswer`.
    pub(super) fn answer(
        &self,
        now: u64,
        caller: &Caller,
        question: usize,
        op: &str,
        answer: &AnswerValue,
    ) -> Result<Decision, Refusal> {
        let slot = self.player_slot(&caller.user)?;
        if op.is_empty() || op.len() > MAX_OP_BYTES {
            return Err(Refusal::InvalidSetting(Invalid::Op));
        }
        // Before anything else: a repeat must get its first result whatever happened since.
        if let Some(given) = self.given(question, slot) {
            return match given.op == op {
                true => Ok(Decision { entries: Vec::new(), outcome: Outcome::Repeated { seq: given.seq } }),
                false => Err(Refusal::AlreadyAnswered),
            };
        }
        let round = self.round_taking(now, question)?;
        question::accept(&self.question(question).kind, answer).map_err(|_| Refusal::InvalidAnswer)?;
        let (elapsed_ms, credit_ms) = self.time_taken(now, caller, round, slot)?;
        let entry = Entry::Answered {
            participant: self.participants[slot].id,
            question,
            op: op.to_owned(),
            answer: answer.clone(),
            elapsed_ms,
            credit_ms,
        };
        Ok(Decision { entries: vec![entry], outcome: Outcome::Accepted })
    }

    /// A participant's counted answer to a question.
    pub(super) fn given(&self, question: usize, slot: Slot) -> Option<&Given> {
        let round = self.rounds.iter().rev().find(|round| round.question == question)?;
        round.answers.get(slot)?.as_ref()
    }

    /// The round of `question`, if it takes answers at `now`.
    fn round_taking(&self, now: u64, question: usize) -> Result<&Round, Refusal> {
        let Some(round) = self.round().filter(|round| round.question == question) else {
            let was_played =
                self.rounds.iter().any(|round| round.question == question && round.closed.is_some());
            return Err(if was_played { Refusal::TooLate } else { Refusal::WrongPhase });
        };
        if self.pause.is_some() {
            return Err(Refusal::GamePaused);
        }
        match self.phase {
            Phase::Open => Ok(round),
            Phase::Closed if round.closed == Some(CloseReason::Time) && now < self.phase_at + GRACE_MS => {
                Ok(round)
            }
            Phase::Countdown => Err(Refusal::WrongPhase),
            _ => Err(Refusal::TooLate),
        }
    }

    /// Elapsed milliseconds after the credit, and the credit.
    fn time_taken(
        &self,
        now: u64,
        caller: &Caller,
        round: &Round,
        slot: Slot,
    ) -> Result<(u64, u64), Refusal> {
        let (Some(opened_at), Some(closes_at)) = (round.opened_at, self.closes_at(round, Some(slot))) else {
            return Err(Refusal::WrongPhase);
        };
        let raw = now.saturating_sub(opened_at);
        let credit = caller.latency_ms.min(MAX_CREDIT_MS).min(raw);
        let elapsed = raw - credit;
        if elapsed > closes_at - opened_at || now >= closes_at + GRACE_MS {
            return Err(Refusal::TooLate);
        }
        Ok((elapsed, credit))
    }
}
