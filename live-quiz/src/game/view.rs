//! The game as one caller may see it, and the roster.

use super::{Caller, Connected, Game, Invalid, Participant, Refusal, Round, Slot, count};
use crate::question;
use protocol::ids::ParticipantId;
use protocol::quiz::{
    CurrentQuestion, GameState, GivenAnswer, HostCounts, HostPush, Phase, RosterEntry, RosterPage, You,
};

/// Newest names in a host's roster push.
const RECENT: usize = 100;
const DEFAULT_PAGE: u32 = 100;
const MAX_PAGE: u32 = 500;

impl Game {
    /// The state as the caller may see it. Until the reveal it has no field that depends on a solution.
    ///
    /// # Errors
    /// `NotInGame`, `Kicked`.
    pub fn view(&self, now: u64, here: &Connected, caller: &Caller) -> Result<GameState, Refusal> {
        let is_host = self.is_host(caller);
        let slot = if is_host { None } else { Some(self.player_slot(&caller.user)?) };
        let round = self.round();
        let revealed = round.filter(|_| matches!(self.phase, Phase::Reveal | Phase::Board));
        Ok(GameState {
            game: self.id(),
            seq: self.seq,
            phase_seq: self.phase_seq,
            now,
            phase: self.phase,
            pause: self.pause(),
            title: self.opened.title.clone(),
            pin: self.ended.is_none().then(|| self.opened.pin.clone()),
            locked: self.locked,
            players: self.players(),
            settings: self.settings().clone(),
            questions: self.content().questions.len(),
            question: round.map(|round| self.current_question(round)),
            opens_at: round.filter(|_| self.phase == Phase::Countdown).map(|round| round.opens_at),
            opened_at: round.and_then(|round| round.opened_at),
            closes_at: round.and_then(|round| self.closes_at(round, slot)),
            reveal: revealed.map(|round| self.reveal(round)),
            board: matches!(self.phase, Phase::Board | Phase::Podium | Phase::Ended).then(|| self.board()),
            ended: self.ended.map(|e| e.reason),
            you: match slot {
                Some(slot) => self.player(slot, round),
                None => You::Host {
                    owner: caller.person == Some(self.opened.owner),
                    cohosts: self.cohosts.iter().copied().collect(),
                },
            },
            host: is_host.then(|| self.host_counts(now, here)),
        })
    }

    fn current_question(&self, round: &Round) -> CurrentQuestion {
        let (asked, of) = (self.question(round.question), self.content().questions.len());
        match self.phase {
            Phase::Countdown => CurrentQuestion::Announced(question::teaser(asked, round.question, of)),
            _ => CurrentQuestion::Full(question::view(asked, round.question, of, &round.permutation)),
        }
    }

    fn player(&self, slot: Slot, round: Option<&Round>) -> You {
        let participant = &self.participants[slot];
        let given = round.and_then(|round| {
            let given = round.answers.get(slot)?.as_ref()?;
            Some(GivenAnswer { question: round.question, op: given.op.clone(), answer: given.answer.clone() })
        });
        // Somebody who came after the reveal has no part in it.
        let result = round.filter(|round| round.distribution.is_some() && slot < round.answers.len());
        You::Player {
            participant: participant.id,
            nickname: participant.nickname.clone(),
            time_factor: participant.time_factor,
            score: participant.score,
            rank: self.rank(participant),
            streak: participant.streak,
            late: participant.late,
            answer: given,
            result: result.map(|round| self.result(round, slot)),
        }
    }

    /// Answers, those who may still answer, and those connected.
    fn host_counts(&self, now: u64, here: &Connected) -> HostCounts {
        let answered = self.round().map_or(0, |round| round.answered);
        let connected = self.participants.iter().filter(|p| !p.kicked && here.connected(&p.user)).count();
        let expected = self.round().map_or(connected, |round| answered + self.waiting(now, here, round));
        HostCounts { answered: count(answered), expected: count(expected), connected: count(connected) }
    }

    /// Players who are connected, have not answered and have time left.
    fn waiting(&self, now: u64, here: &Connected, round: &Round) -> usize {
        let can_answer = |slot: Slot, participant: &Participant| {
            let time_left = match self.phase {
                Phase::Countdown => true,
                Phase::Open => {
                    self.pause.is_some() || self.closes_at(round, Some(slot)).is_some_and(|at| now < at)
                }
                _ => false,
            };
            time_left && !self.has_settled(round, slot) && here.connected(&participant.user)
        };
        self.participants
            .iter()
            .enumerate()
            .filter(|(slot, participant)| can_answer(*slot, participant))
            .count()
    }

    /// The live answer count for hosts; none while there is no question. O(n): send at most four a second.
    #[must_use]
    pub fn host_answers(&self, now: u64, here: &Connected) -> Option<HostPush> {
        let question = self.round()?.question;
        let counts = self.host_counts(now, here);
        Some(HostPush::Answers { question, answered: counts.answered, expected: counts.expected })
    }

    /// Who is there, for hosts: the newest 100 names. O(n): send at most four a second.
    #[must_use]
    pub fn host_roster(&self, here: &Connected) -> HostPush {
        let active = || self.participants.iter().enumerate().filter(|(_, p)| !p.kicked);
        let connected = active().filter(|(_, p)| here.connected(&p.user)).count();
        let recent: Vec<RosterEntry> =
            active().rev().take(RECENT).map(|(slot, _)| self.roster_entry(slot, here)).collect();
        let complete = recent.len() == self.players() as usize;
        HostPush::Roster { players: self.players(), connected: count(connected), recent, complete }
    }

    /// A page of the roster in the order of joining, kicked players left out. The caller must be a host.
    ///
    /// # Errors
    /// `InvalidSetting` (limit not 1 to 500), `UnknownParticipant` (`after`).
    pub fn roster(
        &self,
        here: &Connected,
        missing: bool,
        after: Option<ParticipantId>,
        limit: Option<u32>,
    ) -> Result<RosterPage, Refusal> {
        let limit = limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Refusal::InvalidSetting(Invalid::RosterPage));
        }
        let from = match after {
            Some(after) => *self.by_id.get(&after).ok_or(Refusal::UnknownParticipant)? + 1,
            None => 0,
        };
        // A kicked player has settled too, but is not on the roster at all.
        let wanted = |slot: &Slot| {
            let may_answer = || self.round().is_none_or(|round| !self.has_settled(round, *slot));
            !self.participants[*slot].kicked && (!missing || may_answer())
        };
        let total = (0..self.participants.len()).filter(wanted).count();
        let mut slots = (from..self.participants.len()).filter(wanted);
        let participants: Vec<RosterEntry> =
            slots.by_ref().take(limit as usize).map(|slot| self.roster_entry(slot, here)).collect();
        let next = slots.next().and_then(|_| participants.last()).map(|last| last.participant);
        Ok(RosterPage { participants, total: count(total), next })
    }

    fn roster_entry(&self, slot: Slot, here: &Connected) -> RosterEntry {
        let participant = &self.participants[slot];
        RosterEntry {
            participant: participant.id,
            nickname: participant.nickname.clone(),
            connected: here.connected(&participant.user),
            answered: self.round().is_some_and(|round| self.has_settled(round, slot)),
            score: participant.score,
            time_factor: participant.time_factor,
            guest: participant.person.is_none(),
        }
    }
}
