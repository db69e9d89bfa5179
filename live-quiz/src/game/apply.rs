//! From entries to the next state. Applying never refuses: what is in the log has happened.

use super::{Ending, Entry, Game, Given, Participant, Pause, REMEMBERED_ORDERS, Round, Slot};
use crate::fold::{Strictness, fold};
use crate::score::{Graded, Timing};
use crate::{nickname, question, score};
use protocol::quiz::{AnswerValue, Distribution, Phase, QuestionKind, TextCount};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Rows of the distribution of typed and numeric answers.
const MAX_TEXTS: usize = 10;

impl Game {
    /// Applies the entry `seq` that was appended at `at` (server milliseconds).
    pub fn apply(&mut self, seq: u64, at: u64, entry: &Entry) {
        self.seq = seq;
        match entry {
            Entry::Opened(_) => {} // the game was made from it
            Entry::Joined { .. } => self.apply_joined(entry),
            Entry::Renamed { participant, nickname } => {
                if let Some(slot) = self.by_id.get(participant) {
                    let person = &mut self.participants[*slot];
                    self.names.remove(&nickname::key(&person.nickname));
                    self.names.insert(nickname::key(nickname));
                    person.nickname.clone_from(nickname);
                }
            }
            Entry::Kicked { participant } => {
                if let Some(slot) = self.by_id.get(participant).copied() {
                    self.apply_kicked(slot);
                }
            }
            Entry::Locked { locked } => self.locked = *locked,
            Entry::Cohost { person, on: true } => {
                self.cohosts.insert(*person);
            }
            Entry::Cohost { person, on: false } => {
                self.cohosts.remove(person);
            }
            Entry::TimeFactor { participant, time_factor } => {
                if let Some(slot) = self.by_id.get(participant).copied() {
                    self.set_time_factor(slot, *time_factor);
                }
            }
            Entry::CountdownStarted { question, opens_at } => {
                self.rounds.push(Round::announced(*question, *opens_at));
                self.upcoming = question + 1;
                self.begun = true;
                self.enter(Phase::Countdown, seq, at);
            }
            Entry::QuestionDropped { question } => {
                self.rounds.pop_if(|round| round.question == *question && round.opened_at.is_none());
                // The next entry says how it goes on; should it be lost in a crash, a host can go on from here.
                let before = if self.rounds.is_empty() { Phase::Lobby } else { Phase::Board };
                self.enter(before, seq, at);
            }
            Entry::QuestionOpened { opened_at, permutation, .. } => {
                let slots = self.participants.len();
                if let Some(round) = self.rounds.last_mut() {
                    round.opened_at = Some(*opened_at);
                    round.permutation.clone_from(permutation);
                    round.answers.resize(slots, None);
                }
                self.enter(Phase::Open, seq, at);
            }
            Entry::Answered { .. } => self.apply_answered(seq, entry),
            Entry::TimeAdded { added_ms, .. } => {
                if let Some(round) = self.rounds.last_mut() {
                    round.added_ms += added_ms;
                }
            }
            Entry::Ordered { op } => {
                self.ordered.push_back(*op);
                if self.ordered.len() > REMEMBERED_ORDERS {
                    self.ordered.pop_front();
                }
            }
            Entry::Paused { reason } => {
                let since = self.pause.map_or(at, |pause| pause.since);
                self.pause = Some(Pause { reason: *reason, since });
            }
            Entry::Resumed { paused_ms } => self.apply_resumed(*paused_ms),
            Entry::QuestionClosed { reason, .. } => {
                if let Some(round) = self.rounds.last_mut() {
                    round.closed = Some(*reason);
                }
                self.enter(Phase::Closed, seq, at);
            }
            Entry::Revealed { .. } => {
                self.give_points();
                self.enter(Phase::Reveal, seq, at);
            }
            Entry::BoardShown => self.enter(Phase::Board, seq, at),
            Entry::PodiumShown => {
                self.pause = None;
                self.enter(Phase::Podium, seq, at);
            }
            Entry::Ended { reason } => {
                self.pause = None;
                self.ended = Some(Ending { reason: *reason, at });
                self.enter(Phase::Ended, seq, at);
            }
        }
    }

    fn enter(&mut self, phase: Phase, seq: u64, at: u64) {
        self.phase = phase;
        self.phase_seq = seq;
        self.phase_at = at;
    }

    fn apply_joined(&mut self, entry: &Entry) {
        let Entry::Joined { participant, user, person, nickname, time_factor, late, late_credit } = entry
        else {
            return;
        };
        let slot = self.participants.len();
        self.by_user.insert(user.clone(), slot);
        self.by_id.insert(*participant, slot);
        self.names.insert(nickname::key(nickname));
        self.participants.push(Participant {
            id: *participant,
            user: user.clone(),
            person: *person,
            nickname: nickname.clone(),
            time_factor: 1.0,
            late: *late,
            late_credit: *late_credit,
            kicked: false,
            score: *late_credit,
            streak: 0,
            rank: None,
            previous_rank: None,
        });
        self.set_time_factor(slot, *time_factor);
        self.stand_in(slot);
    }

    fn apply_kicked(&mut self, slot: Slot) {
        self.participants[slot].kicked = true;
        self.kicked += 1;
        self.slower.remove(&slot);
        if let Some(round) = self.rounds.last_mut().filter(|round| round.distribution.is_none()) {
            round.answered -= usize::from(round.answers.get(slot).is_some_and(Option::is_some));
        }
        self.standing.retain(|other| *other != slot);
    }

    fn set_time_factor(&mut self, slot: Slot, time_factor: f64) {
        self.participants[slot].time_factor = time_factor;
        if time_factor > 1.0 {
            self.slower.insert(slot);
        } else {
            self.slower.remove(&slot);
        }
    }

    fn apply_answered(&mut self, seq: u64, entry: &Entry) {
        let Entry::Answered { participant, question, op, answer, elapsed_ms, credit_ms } = entry else {
            return;
        };
        let Some(slot) = self.by_id.get(participant).copied() else {
            return;
        };
        let Some(place) = self.rounds.iter().rposition(|round| round.question == *question) else {
            return;
        };
        let limit_ms = self.limit_ms(&self.rounds[place], slot);
        let round = &mut self.rounds[place];
        if round.answers.len() <= slot {
            round.answers.resize(slot + 1, None);
        }
        let given = Given {
            op: op.clone(),
            answer: answer.clone(),
            elapsed_ms: *elapsed_ms,
            credit_ms: *credit_ms,
            seq,
            limit_ms,
            mark: None,
        };
        // The first one counts, whatever a faulty log may say.
        if round.answers[slot].is_none() {
            round.answers[slot] = Some(given);
            round.answered += 1;
        }
    }

    fn apply_resumed(&mut self, paused_ms: u64) {
        self.pause = None;
        self.phase_at += paused_ms;
        if let Some(round) = self.rounds.last_mut().filter(|round| round.closed.is_none()) {
            round.opens_at += paused_ms;
            round.opened_at = round.opened_at.map(|at| at + paused_ms);
        }
    }

    /// Grades all answers of the current question at once: points, streaks, distribution, ranks.
    fn give_points(&mut self) {
        let Some(mut round) = self.rounds.pop() else {
            return;
        };
        let asked = self.opened.content.questions[round.question].clone();
        let mut tally = Tally::new(&asked.kind);
        round.answers.resize(self.participants.len(), None);
        for (participant, given) in self.participants.iter_mut().zip(&mut round.answers) {
            if participant.kicked {
                continue;
            }
            let graded = question::grade(&asked.kind, given.as_ref().map(|g| &g.answer), &round.permutation);
            let timing = given.as_ref().map_or(Timing { elapsed_ms: 0, limit_ms: 1 }, |g| Timing {
                elapsed_ms: g.elapsed_ms,
                limit_ms: g.limit_ms,
            });
            let rule = self.opened.settings.score_rule;
            let (mark, streak) = score::score(rule, asked.points, graded, timing, participant.streak);
            participant.streak = streak;
            participant.score += mark.points;
            if let Some(given) = given {
                tally.add(&given.answer, graded);
                given.mark = Some(mark);
            }
        }
        round.distribution = Some(tally.distribution());
        self.rounds.push(round);
        self.rank_all();
        self.note_ranks();
    }
}

impl Round {
    fn announced(question: usize, opens_at: u64) -> Self {
        Self {
            question,
            opens_at,
            opened_at: None,
            added_ms: 0,
            permutation: Vec::new(),
            closed: None,
            answers: Vec::new(),
            answered: 0,
            distribution: None,
        }
    }
}

/// Counts what the class answered.
struct Tally {
    answered: u32,
    correct: u32,
    counts: Option<Vec<u32>>,
    texts: Option<BTreeMap<String, (u32, bool)>>,
    strict: Strictness,
}

impl Tally {
    fn new(kind: &QuestionKind) -> Self {
        let (options, texts, strict) = match kind {
            QuestionKind::SingleChoice { options, .. }
            | QuestionKind::MultipleChoice { options, .. }
            | QuestionKind::Poll { options } => (Some(options.len()), false, Strictness::LENIENT),
            QuestionKind::TrueFalse { .. } => (Some(2), false, Strictness::LENIENT),
            QuestionKind::Typed { match_case, match_accents, .. } => {
                (None, true, Strictness { case: *match_case, accents: *match_accents })
            }
            QuestionKind::Numeric { .. } => (None, true, Strictness::LENIENT),
            QuestionKind::Ordering { .. } => (None, false, Strictness::LENIENT),
        };
        Self {
            answered: 0,
            correct: 0,
            counts: options.map(|n| vec![0; n]),
            texts: texts.then(BTreeMap::new),
            strict,
        }
    }

    fn add(&mut self, answer: &AnswerValue, graded: Graded) {
        self.answered += 1;
        let correct = graded.correct == Some(true);
        self.correct += u32::from(correct);
        let chosen: &[usize] = match answer {
            AnswerValue::Choice(choice) => std::slice::from_ref(choice),
            AnswerValue::Choices(choices) => choices,
            _ => &[],
        };
        for choice in chosen {
            if let Some(count) = self.counts.as_mut().and_then(|counts| counts.get_mut(*choice)) {
                *count += 1;
            }
        }
        let text = match answer {
            AnswerValue::Text(text) => fold(text, self.strict),
            AnswerValue::Number(number) => number.to_string(),
            _ => return,
        };
        if let Some(texts) = &mut self.texts {
            texts.entry(text).or_insert((0, correct)).0 += 1;
        }
    }

    fn distribution(self) -> Distribution {
        let texts = self.texts.map(|texts| {
            let mut rows: Vec<TextCount> = texts
                .into_iter()
                .map(|(text, (count, correct))| TextCount { text, count, correct })
                .collect();
            rows.sort_by_key(|row| Reverse(row.count));
            rows.truncate(MAX_TEXTS);
            rows
        });
        Distribution { answered: self.answered, correct: self.correct, counts: self.counts, texts }
    }
}
