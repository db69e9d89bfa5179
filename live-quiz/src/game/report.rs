//! Looking back on a game.

use super::{Game, Participant, Round, Slot, count};
use crate::question;
use protocol::quiz::{AnswerReport, GameReport, ParticipantReport, QuestionKind, QuestionReport};
use std::cmp::Reverse;

impl Game {
    /// The report, also while the game runs; then with the points of the last reveal.
    ///
    /// Kicked players are kept, last and with rank 0.
    #[must_use]
    pub fn report(&self) -> GameReport {
        let mut slots: Vec<Slot> = (0..self.participants.len()).collect();
        slots.sort_by_key(|slot| {
            let participant = &self.participants[*slot];
            (participant.kicked, Reverse(participant.score), *slot)
        });
        GameReport {
            game: self.id(),
            title: self.opened.title.clone(),
            opened_at: self.opened_at,
            ended_at: self.ended.map(|e| e.at),
            settings: self.settings().clone(),
            players: self.players(),
            questions: (0..self.content().questions.len()).map(|index| self.question_report(index)).collect(),
            participants: slots.into_iter().map(|slot| self.participant_report(slot)).collect(),
        }
    }

    fn revealed(&self) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(|round| round.distribution.is_some())
    }

    fn question_report(&self, index: usize) -> QuestionReport {
        let asked = self.question(index);
        let round = self.revealed().find(|round| round.question == index);
        let as_written: Vec<usize> = match &asked.kind {
            QuestionKind::Ordering { items } => (0..items.len()).collect(),
            _ => Vec::new(),
        };
        let permutation = round.map_or(&as_written, |round| &round.permutation);
        let distribution = round.and_then(|round| round.distribution.clone()).unwrap_or_default();
        let rated = distribution.answered > 0 && !matches!(asked.kind, QuestionKind::Poll { .. });
        QuestionReport {
            index,
            prompt: asked.prompt.clone(),
            kind: asked.kind.name(),
            played: round.is_some(),
            answered: distribution.answered,
            correct: distribution.correct,
            correct_rate: rated.then(|| f64::from(distribution.correct) / f64::from(distribution.answered)),
            mean_elapsed_ms: round.and_then(|round| self.mean_elapsed(round)),
            options: question::view(asked, index, self.content().questions.len(), permutation).options,
            solution: question::solution(&asked.kind, permutation),
            distribution,
        }
    }

    fn mean_elapsed(&self, round: &Round) -> Option<u64> {
        let counted =
            self.participants.iter().zip(&round.answers).filter(|(participant, _)| !participant.kicked);
        let (total, answers) = counted
            .filter_map(|(_, given)| given.as_ref())
            .fold((0, 0), |(total, answers), given| (total + given.elapsed_ms, answers + 1));
        total.checked_div(answers)
    }

    fn participant_report(&self, slot: Slot) -> ParticipantReport {
        let participant = &self.participants[slot];
        let answers: Vec<AnswerReport> = self.revealed().map(|round| answer_report(round, slot)).collect();
        ParticipantReport {
            participant: participant.id,
            person: participant.person,
            nickname: participant.nickname.clone(),
            rank: self.final_rank(participant),
            score: participant.score,
            correct: count(answers.iter().filter(|a| a.correct == Some(true)).count()),
            answered: count(answers.iter().filter(|a| a.answer.is_some()).count()),
            late: participant.late,
            late_credit: participant.late_credit,
            kicked: participant.kicked,
            answers,
        }
    }

    fn final_rank(&self, participant: &Participant) -> u32 {
        if participant.kicked { 0 } else { self.rank(participant) }
    }
}

fn answer_report(round: &Round, slot: Slot) -> AnswerReport {
    let given = round.answers.get(slot).and_then(Option::as_ref);
    let mark = given.and_then(|given| given.mark).unwrap_or_default();
    AnswerReport {
        question: round.question,
        answer: given.map(|given| given.answer.clone()),
        correct: mark.correct,
        points: mark.points,
        streak_bonus: mark.streak_bonus,
        elapsed_ms: given.map(|given| given.elapsed_ms),
        latency_credit_ms: given.map_or(0, |given| given.credit_ms),
    }
}
