//! What follows from an entry for those who look on.

use super::{Entry, Game, Round, Slot, count};
use crate::question;
use protocol::ids::UserId;
use protocol::quiz::{GameEventView, GamePush, Phase, PlayerPush, PlayerResult, Reveal};

/// Something to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Push {
    /// To `quiz:<game>`, in order.
    Everybody(GamePush),
    /// To `quiz:<game>`; only the latest matters, send at most four a second.
    Lobby(GamePush),
    /// To one player's personal channel.
    Player(UserId, PlayerPush),
    /// The answer count changed: send [`Game::host_answers`] soon, at most four times a second.
    HostAnswers,
    /// The roster changed: send [`Game::host_roster`] soon, at most four times a second.
    HostRoster,
}

impl Game {
    /// What to tell after `entry` was applied as `seq` at `at`. The same arguments always give the same pushes, so that
    /// another owner may send them again.
    #[must_use]
    pub fn pushes(&self, seq: u64, at: u64, entry: &Entry) -> Vec<Push> {
        let everybody = |event| Push::Everybody(GamePush { seq, at, event });
        match entry {
            Entry::Opened(_)
            | Entry::Cohost { .. }
            | Entry::QuestionDropped { .. }
            | Entry::Ordered { .. } => Vec::new(),
            Entry::Joined { .. } => vec![self.lobby(seq, at), Push::HostRoster],
            Entry::Renamed { participant, nickname } => {
                let renamed = PlayerPush::Renamed { game: self.id(), nickname: nickname.clone() };
                let mut pushes = vec![Push::HostRoster];
                pushes.extend(self.user_of(*participant).map(|user| Push::Player(user.clone(), renamed)));
                pushes
            }
            Entry::Kicked { participant } => {
                let kicked = PlayerPush::Kicked { game: self.id() };
                let mut pushes = vec![self.lobby(seq, at), Push::HostRoster, Push::HostAnswers];
                pushes.extend(self.user_of(*participant).map(|user| Push::Player(user.clone(), kicked)));
                pushes
            }
            Entry::Locked { locked } => vec![everybody(GameEventView::Locked { locked: *locked })],
            Entry::TimeFactor { participant, .. } => {
                let slot = self.by_id.get(participant).copied();
                slot.map(|slot| self.own_time(slot)).into_iter().chain([Push::HostRoster]).collect()
            }
            Entry::CountdownStarted { question, opens_at } => {
                let of = self.content().questions.len();
                let question = question::teaser(self.question(*question), *question, of);
                vec![everybody(GameEventView::Countdown { question, opens_at: *opens_at })]
            }
            Entry::QuestionOpened { question, opened_at, closes_at, permutation } => {
                let of = self.content().questions.len();
                let question = question::view(self.question(*question), *question, of, permutation);
                let open = GameEventView::Open { question, opened_at: *opened_at, closes_at: *closes_at };
                self.with_own_times(everybody(open)).chain([Push::HostAnswers]).collect()
            }
            Entry::Answered { .. } => vec![Push::HostAnswers],
            Entry::TimeAdded { .. } => {
                let closes_at =
                    self.rounds.last().and_then(|round| self.closes_at(round, None)).unwrap_or(at);
                self.with_own_times(everybody(GameEventView::Time { closes_at }))
                    .chain([Push::HostAnswers])
                    .collect()
            }
            Entry::Paused { reason } => vec![everybody(GameEventView::Paused { reason: *reason })],
            Entry::Resumed { .. } => {
                let round = self.round();
                let while_open = |time: Option<u64>| time.filter(|_| self.phase == Phase::Open);
                let resumed = GameEventView::Resumed {
                    phase: self.phase,
                    opens_at: round.filter(|_| self.phase == Phase::Countdown).map(|round| round.opens_at),
                    opened_at: while_open(round.and_then(|round| round.opened_at)),
                    closes_at: while_open(round.and_then(|round| self.closes_at(round, None))),
                };
                self.with_own_times(everybody(resumed)).collect()
            }
            Entry::QuestionClosed { reason, .. } => {
                vec![everybody(GameEventView::Closed { reason: *reason })]
            }
            Entry::Revealed { .. } => self.reveal_pushes(seq, at),
            Entry::BoardShown => vec![everybody(GameEventView::Board(self.board()))],
            Entry::PodiumShown => vec![everybody(GameEventView::Podium(self.board()))],
            Entry::Ended { reason } => vec![everybody(GameEventView::Ended { reason: *reason })],
        }
    }

    /// What the lobby is told, while there is one.
    pub(crate) fn present_lobby(&self, now: u64) -> Option<GamePush> {
        match self.lobby(self.seq, now) {
            Push::Lobby(push) if self.phase == Phase::Lobby => Some(push),
            _ => None,
        }
    }

    fn lobby(&self, seq: u64, at: u64) -> Push {
        let event = GameEventView::Lobby { players: self.players(), locked: self.locked };
        Push::Lobby(GamePush { seq, at, event })
    }

    /// Players with more time learn their own end beside everybody's.
    fn with_own_times(&self, first: Push) -> impl Iterator<Item = Push> {
        let slower = self.slower.iter().filter(|_| self.phase == Phase::Open);
        [first].into_iter().chain(slower.map(|slot| self.own_time(*slot)))
    }

    fn own_time(&self, slot: Slot) -> Push {
        let participant = &self.participants[slot];
        let open = self.round().filter(|_| self.phase == Phase::Open);
        let push = PlayerPush::TimeFactor {
            game: self.id(),
            time_factor: participant.time_factor,
            closes_at: open.and_then(|round| self.closes_at(round, Some(slot))),
        };
        Push::Player(participant.user.clone(), push)
    }

    fn reveal_pushes(&self, seq: u64, at: u64) -> Vec<Push> {
        let Some(round) = self.rounds.last() else {
            return Vec::new();
        };
        let mut pushes = Vec::with_capacity(self.standing.len() + 2);
        let reveal = GameEventView::Reveal(self.reveal(round));
        pushes.push(Push::Everybody(GamePush { seq, at, event: reveal }));
        pushes.push(Push::HostRoster);
        pushes.extend(self.standing.iter().map(|slot| {
            let push = PlayerPush::Result { game: self.id(), seq, result: self.result(round, *slot) };
            Push::Player(self.participants[*slot].user.clone(), push)
        }));
        pushes
    }

    /// What a reveal shows to everybody; call only for a round that was revealed.
    pub(super) fn reveal(&self, round: &Round) -> Reveal {
        let asked = self.question(round.question);
        Reveal {
            solution: question::solution(&asked.kind, &round.permutation),
            distribution: round.distribution.clone().unwrap_or_default(),
            explanation: asked.explanation.clone(),
        }
    }

    /// A player's own result of a revealed round. O(log n).
    pub(super) fn result(&self, round: &Round, slot: Slot) -> PlayerResult {
        let participant = &self.participants[slot];
        let given = round.answers.get(slot).and_then(Option::as_ref);
        let mark = given.and_then(|given| given.mark).unwrap_or_default();
        let is_poll = matches!(self.question(round.question).kind, protocol::quiz::QuestionKind::Poll { .. });
        let (ahead, behind) = self.neighbours(slot);
        PlayerResult {
            question: round.question,
            answered: given.is_some(),
            correct: if is_poll { None } else { Some(mark.correct == Some(true)) },
            points: mark.points,
            streak_bonus: mark.streak_bonus,
            streak: participant.streak,
            score: participant.score,
            rank: self.rank(participant),
            of: count(self.standing.len()),
            ahead,
            behind,
        }
    }
}
