//! The live quiz as a state machine. It may not touch a clock, a socket, a store or a global generator: time, presence and
//! randomness are arguments.
//!
//! ```text
//! command ─ decide / join ─┐
//! time ──── due ───────────┴→ entries → log → apply → pushes
//! ```
//! [`Game`] is a pure function of its log: [`Game::from_opened`] and then [`Game::apply`] for each entry. Deciding never
//! changes it. Points, streaks and ranks change only when a question is revealed, so nothing read before tells more
//! than the last reveal did.

mod answer;
mod apply;
mod connected;
mod decide;
mod due;
mod entry;
mod join;
mod pushes;
mod refusal;
mod report;
mod standing;
mod view;

pub use connected::{Connected, LINGER_MS, TAKEOVER_LINGER_MS};
pub use decide::{Decision, Outcome};
pub use entry::{Entry, Opened};
pub use join::{Admission, JoinName, JoinRequest};
pub use pushes::Push;
pub use refusal::{Invalid, Refusal};

use crate::score::Mark;
use protocol::ids::{GameId, ParticipantId, PersonId, UserId};
use protocol::quiz::{
    AnswerValue, CloseReason, Distribution, EndReason, GameSettings, PauseReason, Phase, Question,
    QuizContent,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;

/// Most of the network's delay that is taken off an answer's time, milliseconds.
pub const MAX_CREDIT_MS: u64 = 100;
/// Orders of hosts that are known again: many times what they give in the seconds in which one is tried again.
pub const REMEMBERED_ORDERS: usize = 64;
/// An answer in flight when the time is over is still taken for so long.
pub const GRACE_MS: u64 = 250;
/// Between the close and the reveal; longer than [`GRACE_MS`].
pub const REVEAL_AFTER_MS: u64 = 1_000;
/// Without a host for so long, the game pauses.
pub const HOST_GONE_PAUSE_MS: u64 = 5_000;
/// Without a host for so long, the game ends.
pub const HOST_GONE_END_MS: u64 = 30 * 60 * 1_000;
/// Without anybody for so long, the game ends.
pub const ALL_GONE_END_MS: u64 = 5 * 60 * 1_000;
/// A lobby waits longer: it may be opened before the lesson.
pub const LOBBY_END_MS: u64 = 2 * 60 * 60 * 1_000;
/// With `auto_advance`, how long the solution stays.
pub const AUTO_REVEAL_MS: u64 = 8_000;
/// With `auto_advance`, how long the board stays.
pub const AUTO_BOARD_MS: u64 = 6_000;
/// Longest operation id, in bytes.
pub const MAX_OP_BYTES: usize = 64;

/// Who gives a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The subject of the token.
    pub user: UserId,
    /// The person behind, none for guests.
    pub person: Option<PersonId>,
    /// Whether the token's role is one of the staff; only staff may be host.
    pub staff: bool,
    /// The server's own estimate of this connection's one-way delay, milliseconds.
    pub latency_ms: u64,
}

/// A participant's place in the order of joining; never changes.
type Slot = usize;

/// One run of a quiz.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Game {
    opened: Opened,
    opened_at: u64,
    seq: u64,
    phase: Phase,
    phase_seq: u64,
    /// When the phase began, moved by pauses.
    phase_at: u64,
    pause: Option<Pause>,
    locked: bool,
    cohosts: BTreeSet<PersonId>,
    participants: Vec<Participant>,
    by_user: BTreeMap<UserId, Slot>,
    by_id: BTreeMap<ParticipantId, Slot>,
    /// Keys of all names in use, kicked players' included.
    names: BTreeSet<String>,
    kicked: usize,
    /// Those with a time factor above 1, to find the end of a question without looking at everybody.
    slower: BTreeSet<Slot>,
    /// The question to announce next.
    upcoming: usize,
    /// A question was announced, even if it was dropped.
    begun: bool,
    /// Questions announced and not dropped; the last is the current one until the podium.
    rounds: Vec<Round>,
    /// Best first; equal scores in the order of joining. Kicked players are left out.
    standing: Vec<Slot>,
    ended: Option<Ending>,
    /// Ids of the hosts' latest orders.
    #[serde(default)]
    ordered: VecDeque<Uuid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pause {
    reason: PauseReason,
    since: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    reason: EndReason,
    at: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Participant {
    id: ParticipantId,
    user: UserId,
    person: Option<PersonId>,
    nickname: String,
    time_factor: f64,
    late: bool,
    late_credit: u32,
    kicked: bool,
    score: u32,
    streak: u32,
    /// Rank at the last reveal.
    rank: Option<u32>,
    /// Rank at the reveal before.
    previous_rank: Option<u32>,
}

/// One question as it is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Round {
    question: usize,
    opens_at: u64,
    /// Moved by pauses.
    opened_at: Option<u64>,
    added_ms: u64,
    permutation: Vec<usize>,
    closed: Option<CloseReason>,
    /// The ledger: by slot, so that an answer belongs to a participant and never to a connection.
    answers: Vec<Option<Given>>,
    /// Answers by players who were not kicked.
    answered: usize,
    /// From the reveal on.
    distribution: Option<Distribution>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Given {
    op: String,
    answer: AnswerValue,
    elapsed_ms: u64,
    credit_ms: u64,
    seq: u64,
    /// The player's limit at the time, for the decay.
    limit_ms: u64,
    /// From the reveal on.
    mark: Option<Mark>,
}

impl Game {
    /// The game that the first entry of a log opens, in its lobby.
    #[must_use]
    pub fn from_opened(seq: u64, at: u64, opened: Opened) -> Self {
        Self {
            opened,
            opened_at: at,
            seq,
            phase: Phase::Lobby,
            phase_seq: seq,
            phase_at: at,
            pause: None,
            locked: false,
            cohosts: BTreeSet::new(),
            participants: Vec::new(),
            by_user: BTreeMap::new(),
            by_id: BTreeMap::new(),
            names: BTreeSet::new(),
            kicked: 0,
            slower: BTreeSet::new(),
            upcoming: 0,
            begun: false,
            rounds: Vec::new(),
            standing: Vec::new(),
            ended: None,
            ordered: VecDeque::new(),
        }
    }

    /// Whether an order of a host was carried out already; known of the latest [`REMEMBERED_ORDERS`].
    #[must_use]
    pub fn has_followed(&self, op: Uuid) -> bool {
        self.ordered.contains(&op)
    }

    /// The game's id.
    #[must_use]
    pub fn id(&self) -> GameId {
        self.opened.game
    }

    /// How the game began: quiz, version, title, owner …
    #[must_use]
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// When it was opened, server milliseconds.
    #[must_use]
    pub fn opened_at(&self) -> u64 {
        self.opened_at
    }

    /// Sequence number of the last entry applied.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Sequence number of the entry that began the phase.
    #[must_use]
    pub fn phase_seq(&self) -> u64 {
        self.phase_seq
    }

    /// Where the game stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Why it is paused, if it is.
    #[must_use]
    pub fn pause(&self) -> Option<PauseReason> {
        self.pause.map(|p| p.reason)
    }

    /// The PIN; the game answers to it until it ends.
    #[must_use]
    pub fn pin(&self) -> &str {
        &self.opened.pin
    }

    /// Whether joining is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Why and when it ended (server milliseconds), if it has.
    #[must_use]
    pub fn ended(&self) -> Option<(EndReason, u64)> {
        self.ended.map(|e| (e.reason, e.at))
    }

    /// How it is played.
    #[must_use]
    pub fn settings(&self) -> &GameSettings {
        &self.opened.settings
    }

    /// Players, kicked ones not counted.
    #[must_use]
    pub fn players(&self) -> u32 {
        count(self.participants.len() - self.kicked)
    }

    /// Whether the caller may lead the game: the owner, or a co-host among the staff.
    #[must_use]
    pub fn is_host(&self, caller: &Caller) -> bool {
        caller.person.is_some_and(|person| {
            person == self.opened.owner || (caller.staff && self.cohosts.contains(&person))
        })
    }

    /// Whether the caller is a player who was removed.
    #[must_use]
    pub fn is_kicked(&self, user: &UserId) -> bool {
        self.slot_of(user).is_some_and(|slot| self.participants[slot].kicked)
    }

    /// The participant that a user plays as; none for strangers, hosts and kicked players.
    #[must_use]
    pub fn participant_of(&self, user: &UserId) -> Option<ParticipantId> {
        self.slot_of(user).map(|slot| &self.participants[slot]).filter(|p| !p.kicked).map(|p| p.id)
    }

    /// The user who plays as a participant, kicked or not: whose connections to close after a kick.
    #[must_use]
    pub fn user_of(&self, participant: ParticipantId) -> Option<&UserId> {
        self.by_id.get(&participant).map(|slot| &self.participants[*slot].user)
    }

    fn content(&self) -> &QuizContent {
        &self.opened.content
    }

    fn slot_of(&self, user: &UserId) -> Option<Slot> {
        self.by_user.get(user).copied()
    }

    /// The slot of a player who may play.
    fn player_slot(&self, user: &UserId) -> Result<Slot, Refusal> {
        let slot = self.slot_of(user).ok_or(Refusal::NotInGame)?;
        if self.participants[slot].kicked { Err(Refusal::Kicked) } else { Ok(slot) }
    }

    fn question(&self, index: usize) -> &Question {
        &self.content().questions[index]
    }

    /// The current question, from its announcement until the podium.
    fn round(&self) -> Option<&Round> {
        match self.phase {
            Phase::Countdown | Phase::Open | Phase::Closed | Phase::Reveal | Phase::Board => {
                self.rounds.last()
            }
            Phase::Lobby | Phase::Podium | Phase::Ended => None,
        }
    }

    /// The player's time for the round's question before a host added some, milliseconds.
    fn limit_ms(&self, round: &Round, slot: Slot) -> u64 {
        stretched(self.question(round.question).time_limit_s, self.participants[slot].time_factor)
    }

    /// When the round closes for a player, or with none for those without more time; none before it opens.
    fn closes_at(&self, round: &Round, slot: Option<Slot>) -> Option<u64> {
        let factor = slot.map_or(1.0, |slot| self.participants[slot].time_factor);
        let limit = stretched(self.question(round.question).time_limit_s, factor);
        round.opened_at.map(|opened_at| opened_at + limit + round.added_ms)
    }
}

/// Milliseconds of a limit in seconds, stretched by a player's factor.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 240 s times 3.0, never negative"
)]
fn stretched(limit_s: u16, factor: f64) -> u64 {
    (f64::from(limit_s) * 1_000.0 * factor.clamp(1.0, 3.0)).round() as u64
}

/// Counts of players and answers; a game has at most 20,000 players.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
