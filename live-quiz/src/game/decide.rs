//! From a command to entries.

use super::{Caller, Connected, Entry, Game, Invalid, PauseReason, Refusal, join::check_time_factor};
use crate::question;
use protocol::ids::{ParticipantId, PersonId};
use protocol::quiz::{CloseReason, EndReason, GameCommand, GameState, Phase, RosterPage};
use rand::RngCore;

/// What a command leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// To be appended in this order, all with the same time, and then applied.
    pub entries: Vec<Entry>,
    /// What to reply.
    pub outcome: Outcome,
}

/// What to reply to a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With the sequence number after the entries.
    Done,
    /// An answer was counted; reply with the sequence number of its entry.
    Accepted,
    /// An answer that was counted before, by the entry `seq`.
    Repeated {
        /// The first result.
        seq: u64,
    },
    /// To `quiz.state`.
    State(Box<GameState>),
    /// To `quiz.roster`.
    Roster(RosterPage),
}

impl Decision {
    fn done(entries: Vec<Entry>) -> Self {
        Self { entries, outcome: Outcome::Done }
    }

    /// One entry, unless things are so already.
    fn change(entry: Entry, already: bool) -> Self {
        Self::done(if already { Vec::new() } else { vec![entry] })
    }
}

impl Game {
    /// Decides about a command at `now` (server milliseconds). Changes nothing.
    ///
    /// # Errors
    /// Who may not, gets `NotInGame`, `Kicked` or `HostOnly`; what does not fit the phase, `WrongPhase`, `GamePaused` or
    /// `StaleCommand`; arguments out of range, `InvalidSetting`; answers and names as their rules say.
    pub fn decide(
        &self,
        now: u64,
        here: &Connected,
        caller: &Caller,
        command: &GameCommand,
        rng: &mut dyn RngCore,
    ) -> Result<Decision, Refusal> {
        match command {
            GameCommand::State => {
                let state = self.view(now, here, caller)?;
                return Ok(Decision { entries: Vec::new(), outcome: Outcome::State(Box::new(state)) });
            }
            GameCommand::Answer { question, op, answer } => {
                return self.answer(now, caller, *question, op, answer);
            }
            _ => {}
        }
        if !self.is_host(caller) {
            self.player_slot(&caller.user)?;
            return Err(Refusal::HostOnly);
        }
        if let GameCommand::Roster { missing, after, limit } = command {
            let page = self.roster(here, *missing, *after, *limit)?;
            return Ok(Decision { entries: Vec::new(), outcome: Outcome::Roster(page) });
        }
        if self.ended.is_some() {
            return Err(Refusal::WrongPhase);
        }
        match command {
            GameCommand::State | GameCommand::Answer { .. } | GameCommand::Roster { .. } => {
                Err(Refusal::WrongPhase)
            }
            GameCommand::Next { seq } => self.next(now, *seq, rng).map(Decision::done),
            GameCommand::Skip => self.skip(now).map(Decision::done),
            GameCommand::AddTime { seconds } => self.add_time(*seconds),
            GameCommand::Pause => self.pause_by_host(),
            GameCommand::Resume => Ok(Decision::done(self.resumed(now).into_iter().collect())),
            GameCommand::Lock { locked } => {
                Ok(Decision::change(Entry::Locked { locked: *locked }, self.locked == *locked))
            }
            GameCommand::Kick { participant } => self.kick(*participant),
            GameCommand::Rename { participant, nickname } => self.rename(*participant, nickname),
            GameCommand::Accommodate { participant, time_factor } => {
                self.accommodate(*participant, *time_factor)
            }
            GameCommand::Cohost { person, on } => self.cohost(caller, *person, *on),
            GameCommand::End => Ok(Decision::done(self.end_by_host())),
        }
    }

    fn next(&self, now: u64, seq: Option<u64>, rng: &mut dyn RngCore) -> Result<Vec<Entry>, Refusal> {
        if seq.is_some_and(|seq| seq != self.phase_seq) {
            return Err(Refusal::StaleCommand);
        }
        if self.pause.is_some() {
            return Err(Refusal::GamePaused);
        }
        Ok(match self.phase {
            Phase::Lobby | Phase::Board => vec![self.onward(now)],
            Phase::Countdown => self.open(now, rng).into_iter().collect(),
            Phase::Open | Phase::Closed => self.close_and_reveal(CloseReason::Host),
            Phase::Reveal => vec![self.after_reveal()],
            Phase::Podium => vec![Entry::Ended { reason: self.natural_end() }],
            Phase::Ended => return Err(Refusal::WrongPhase),
        })
    }

    fn skip(&self, now: u64) -> Result<Vec<Entry>, Refusal> {
        if self.pause.is_some() {
            return Err(Refusal::GamePaused);
        }
        match (self.phase, self.round()) {
            (Phase::Open, _) => Ok(self.close_and_reveal(CloseReason::Skipped)),
            (Phase::Countdown, Some(round)) => {
                Ok(vec![Entry::QuestionDropped { question: round.question }, self.onward(now)])
            }
            _ => Err(Refusal::WrongPhase),
        }
    }

    fn end_by_host(&self) -> Vec<Entry> {
        match (self.phase, self.round()) {
            (Phase::Countdown, Some(round)) => {
                vec![Entry::QuestionDropped { question: round.question }, self.without_more_questions()]
            }
            (Phase::Open | Phase::Closed, _) => {
                let mut entries = self.close_and_reveal(CloseReason::Host);
                entries.push(Entry::PodiumShown);
                entries
            }
            (Phase::Reveal | Phase::Board, _) => vec![Entry::PodiumShown],
            (Phase::Podium, _) => vec![Entry::Ended { reason: self.natural_end() }],
            _ => vec![Entry::Ended { reason: EndReason::Host }],
        }
    }

    fn add_time(&self, seconds: u32) -> Result<Decision, Refusal> {
        if !(1..=120).contains(&seconds) {
            return Err(Refusal::InvalidSetting(Invalid::MoreTime));
        }
        match (self.phase, self.round()) {
            (Phase::Open, Some(round)) => Ok(Decision::done(vec![Entry::TimeAdded {
                question: round.question,
                added_ms: u64::from(seconds) * 1_000,
            }])),
            _ => Err(Refusal::WrongPhase),
        }
    }

    fn pause_by_host(&self) -> Result<Decision, Refusal> {
        match self.phase {
            Phase::Lobby | Phase::Podium | Phase::Ended => Err(Refusal::WrongPhase),
            _ => {
                let already = self.pause() == Some(PauseReason::Host);
                Ok(Decision::change(Entry::Paused { reason: PauseReason::Host }, already))
            }
        }
    }

    fn kick(&self, participant: ParticipantId) -> Result<Decision, Refusal> {
        let slot = *self.by_id.get(&participant).ok_or(Refusal::UnknownParticipant)?;
        Ok(Decision::change(Entry::Kicked { participant }, self.participants[slot].kicked))
    }

    fn rename(&self, participant: ParticipantId, nickname: &str) -> Result<Decision, Refusal> {
        let slot = self.active(participant)?;
        let present = &self.participants[slot].nickname;
        let nickname = self.check_name(nickname, Some(present))?;
        let already = nickname == *present;
        Ok(Decision::change(Entry::Renamed { participant, nickname }, already))
    }

    #[expect(clippy::float_cmp, reason = "the same factor again is a repeat, a nearly equal one is not")]
    fn accommodate(&self, participant: ParticipantId, time_factor: f64) -> Result<Decision, Refusal> {
        let slot = self.active(participant)?;
        check_time_factor(time_factor)?;
        let already = self.participants[slot].time_factor == time_factor;
        Ok(Decision::change(Entry::TimeFactor { participant, time_factor }, already))
    }

    fn cohost(&self, caller: &Caller, person: PersonId, on: bool) -> Result<Decision, Refusal> {
        if person == self.opened.owner {
            return Err(Refusal::InvalidSetting(Invalid::OwnerAsCohost));
        }
        if !on && caller.person == Some(person) {
            return Err(Refusal::InvalidSetting(Invalid::OwnCohost));
        }
        if on && self.participants.iter().any(|p| p.person == Some(person)) {
            return Err(Refusal::InvalidSetting(Invalid::PlayerAsCohost));
        }
        // A school has few teachers; the bound keeps a runaway client from filling the log.
        if on && self.cohosts.len() >= 20 {
            return Err(Refusal::InvalidSetting(Invalid::Cohosts));
        }
        Ok(Decision::change(Entry::Cohost { person, on }, self.cohosts.contains(&person) == on))
    }

    fn active(&self, participant: ParticipantId) -> Result<usize, Refusal> {
        let slot = self.by_id.get(&participant).copied();
        slot.filter(|slot| !self.participants[*slot].kicked).ok_or(Refusal::UnknownParticipant)
    }

    // Steps of the game, shared with what time demands.

    /// The announcement of the next question, or what comes when there is none.
    pub(super) fn onward(&self, now: u64) -> Entry {
        if self.upcoming == self.content().questions.len() {
            return self.without_more_questions();
        }
        let opens_at = now + u64::from(self.settings().countdown_ms);
        Entry::CountdownStarted { question: self.upcoming, opens_at }
    }

    pub(super) fn open(&self, now: u64, rng: &mut dyn RngCore) -> Option<Entry> {
        let round = self.round()?;
        let asked = self.question(round.question);
        Some(Entry::QuestionOpened {
            question: round.question,
            opened_at: now,
            closes_at: now + u64::from(asked.time_limit_s) * 1_000,
            permutation: question::shuffle(&asked.kind, rng),
        })
    }

    pub(super) fn close_and_reveal(&self, reason: CloseReason) -> Vec<Entry> {
        let Some(round) = self.round() else {
            return Vec::new();
        };
        let question = round.question;
        match self.phase {
            Phase::Open => vec![Entry::QuestionClosed { question, reason }, Entry::Revealed { question }],
            Phase::Closed => vec![Entry::Revealed { question }],
            _ => Vec::new(),
        }
    }

    pub(super) fn after_reveal(&self) -> Entry {
        if self.upcoming < self.content().questions.len() { Entry::BoardShown } else { Entry::PodiumShown }
    }

    pub(super) fn resumed(&self, now: u64) -> Option<Entry> {
        self.pause.map(|pause| Entry::Resumed { paused_ms: now.saturating_sub(pause.since) })
    }

    /// How a game ends that has shown its podium.
    pub(super) fn natural_end(&self) -> EndReason {
        if self.upcoming < self.content().questions.len() { EndReason::Host } else { EndReason::Finished }
    }

    /// After an announced question was dropped: the podium, if there is anything to show on it.
    fn without_more_questions(&self) -> Entry {
        if self.rounds.iter().any(|round| round.closed.is_some()) {
            Entry::PodiumShown
        } else {
            Entry::Ended { reason: EndReason::Host }
        }
    }
}
