//! A game as a room: the rules of [`Game`] with who is connected and what was last told to hosts beside them.

mod departed;

use crate::game::{Caller, Connected, Decision, Entry, Game, JoinRequest, Outcome, Push, Refusal};
use departed::Departed;
use protocol::{
    ids::{ClientId, ParticipantId, UserId},
    quiz::{GameCommand, GamePush, GameReport, GameState, HostPush, Phase, PlayerPush, RosterPage},
};
use rand::{SeedableRng, rngs::StdRng};
use realtime::room::{Room, Step};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Between two messages of a kind of which only the latest matters: at most four a second.
const TELL_EVERY_MS: u64 = 250;

/// A running game.
pub struct GameRoom {
    game: Game,
    here: Connected,
    seats: HashMap<(ClientId, Watch), Seated>,
    departed: Departed,
    rng: StdRng,
    lobby: Option<GamePush>,
    stale_answers: bool,
    stale_roster: bool,
    told_at: u64,
}

/// Which of a game's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// `quiz:<game>`
    Game,
    /// `quiz-host:<game>`
    Host,
}

/// A connection that is subscribed to one of a game's channels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watcher {
    /// Which connection.
    pub client: ClientId,
    /// The node that holds it. When that dies, nobody else says that the connection is gone.
    pub node: String,
    /// Whose it is.
    pub caller: Caller,
    /// To which channel.
    pub watch: Watch,
}

/// How a connection was counted, so that it is taken off in the same way.
struct Seated {
    node: String,
    user: UserId,
    as_host: bool,
}

/// What a game may be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GameAsk {
    /// A `quiz.*` method.
    Command(Caller, GameCommand),
    /// An order of a host under an id: when it comes again after its answer was lost, it is not carried out again.
    Order(Uuid, Caller, GameCommand),
    /// Let somebody in.
    Join(JoinRequest),
    /// Whether somebody may subscribe to one of the game's channels.
    MayWatch(Caller, Watch),
    /// A connection is subscribed.
    Came(Watcher),
    /// A node that was asked has said that a connection is subscribed. It may have left since.
    There(Watcher),
    /// A connection is no longer subscribed.
    Left(ClientId, Watch),
    /// These are the living nodes: connections of others are gone.
    Nodes(Vec<String>),
    /// What may be known by PIN.
    Peek,
    /// What there is to look back on.
    Report(Caller),
}

/// Answers to [`GameAsk`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GameReply {
    /// The command is done.
    Done(u64),
    /// The answer is counted by the entry with this number.
    Accepted(u64),
    /// The state as the caller may see it.
    State(Box<GameState>),
    /// Participants.
    Roster(RosterPage),
    /// Let in.
    Joined(Joined),
    /// Allowed.
    Allowed,
    /// What may be known by PIN.
    Peek(Peek),
    /// The report so far.
    Report(Box<GameReport>),
}

/// Somebody who was let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Who they are in the game.
    pub participant: ParticipantId,
    /// The name shown.
    pub nickname: String,
}

/// What may be known of a game by its PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peek {
    /// Title of the quiz.
    pub title: String,
    /// Where the game stands.
    pub phase: Phase,
    /// Whether joining is locked.
    pub locked: bool,
    /// Whether guests may join.
    pub guests: bool,
}

/// What follows from a game outside of it.
#[derive(Clone, Debug, PartialEq)]
pub enum GameEffect {
    /// To everybody, in order.
    Everybody(GamePush),
    /// To one player.
    Player(UserId, PlayerPush),
    /// To the hosts; only the latest of a kind matters.
    Hosts(HostPush),
    /// This user may no longer watch.
    Dismiss(UserId, Watch),
    /// The game stands somewhere else now.
    Phase(Phase),
}

impl GameRoom {
    fn new(now: u64, game: Game) -> Self {
        Self {
            game,
            here: Connected::nobody(now),
            seats: HashMap::new(),
            departed: Departed::default(),
            rng: StdRng::from_os_rng(),
            lobby: None,
            stale_answers: false,
            stale_roster: false,
            told_at: 0,
        }
    }

    fn came(&mut self, now: u64, Watcher { client, node, caller, watch }: Watcher) {
        self.departed.remove(client, watch);
        // After a takeover a connection may be named twice: by those who recall and by itself.
        if self.seats.contains_key(&(client, watch)) {
            return;
        }
        let as_host = watch == Watch::Host;
        if as_host || self.game.participant_of(&caller.user).is_some() {
            self.here.connect(&caller.user, as_host, now);
            self.seats.insert((client, watch), Seated { node, user: caller.user, as_host });
            self.stale_roster = true;
            self.stale_answers = true;
        }
    }

    fn there(&mut self, now: u64, watcher: Watcher) {
        if !self.departed.has(now, watcher.client, watcher.watch) {
            self.came(now, watcher);
        }
    }

    fn left(&mut self, now: u64, client: ClientId, watch: Watch) {
        self.departed.add(now, client, watch);
        self.unseat(now, client, watch);
    }

    fn unseat(&mut self, now: u64, client: ClientId, watch: Watch) {
        if let Some(seated) = self.seats.remove(&(client, watch)) {
            self.here.disconnect(&seated.user, seated.as_host, now);
            self.stale_roster = true;
            self.stale_answers = true;
        }
    }

    fn only_nodes(&mut self, now: u64, alive: &[String]) {
        let lost: Vec<_> = self
            .seats
            .iter()
            .filter(|(_, seated)| !alive.contains(&seated.node))
            .map(|(seat, _)| *seat)
            .collect();
        for (client, watch) in lost {
            // Not a departure: the node may only have been cut off, and say that they are there.
            self.unseat(now, client, watch);
        }
    }

    fn may_watch(&self, caller: &Caller, watch: Watch) -> Result<(), Refusal> {
        if self.game.is_host(caller) {
            return Ok(());
        }
        if self.game.is_kicked(&caller.user) {
            return Err(Refusal::Kicked);
        }
        match (watch, self.game.participant_of(&caller.user)) {
            (_, None) => Err(Refusal::NotInGame),
            (Watch::Host, Some(_)) => Err(Refusal::HostOnly),
            (Watch::Game, Some(_)) => Ok(()),
        }
    }

    fn peek(&self) -> Peek {
        Peek {
            title: self.game.opened().title.clone(),
            phase: self.game.phase(),
            locked: self.game.is_locked(),
            guests: self.game.settings().guests,
        }
    }

    fn report(&self, caller: &Caller) -> Result<GameReport, Refusal> {
        if self.game.is_host(caller) { Ok(self.game.report()) } else { Err(Refusal::HostOnly) }
    }

    fn command(&mut self, now: u64, caller: &Caller, command: &GameCommand) -> Step<Self> {
        let decided = self.game.decide(now, &self.here, caller, command, &mut self.rng);
        match decided {
            Err(refusal) => Step::reply(Err(refusal)),
            Ok(Decision { entries, outcome }) => Step {
                entries,
                reply: Box::new(move |seq| {
                    Ok(match outcome {
                        Outcome::Done => GameReply::Done(seq),
                        Outcome::Accepted => GameReply::Accepted(seq),
                        Outcome::Repeated { seq } => GameReply::Accepted(seq),
                        Outcome::State(state) => GameReply::State(state),
                        Outcome::Roster(page) => GameReply::Roster(page),
                    })
                }),
            },
        }
    }

    fn order(&mut self, now: u64, op: Uuid, caller: &Caller, command: &GameCommand) -> Step<Self> {
        if self.game.has_followed(op) {
            return Step { entries: Vec::new(), reply: Box::new(|seq| Ok(GameReply::Done(seq))) };
        }
        let mut step = self.command(now, caller, command);
        if !step.entries.is_empty() {
            step.entries.insert(0, Entry::Ordered { op });
        }
        step
    }

    fn something_to_tell(&self) -> bool {
        self.lobby.is_some() || ((self.stale_answers || self.stale_roster) && self.here.hosts() > 0)
    }

    /// What is told at once; what is told now and then is noted.
    fn effect(&mut self, push: Push) -> Option<GameEffect> {
        match push {
            Push::Everybody(push) => return Some(GameEffect::Everybody(push)),
            Push::Player(user, push) => return Some(GameEffect::Player(user, push)),
            Push::Lobby(push) => self.lobby = Some(push),
            Push::HostAnswers => self.stale_answers = true,
            Push::HostRoster => self.stale_roster = true,
        }
        None
    }
}

impl Room for GameRoom {
    const KIND: &'static str = "quiz";
    type Entry = Entry;
    type Command = GameAsk;
    type Reply = Result<GameReply, Refusal>;
    type Effect = GameEffect;
    type Outcome = GameReport;

    fn begin(now: u64, seq: u64, at: u64, first: Entry) -> Option<Self> {
        match first {
            Entry::Opened(opened) => Some(Self::new(now, Game::from_opened(seq, at, *opened))),
            _ => None,
        }
    }

    fn restore(now: u64, snapshot: &[u8]) -> Option<Self> {
        let game: Game = serde_json::from_slice(snapshot).ok()?;
        // Who came in the moment before the snapshot may not have been told yet.
        let lobby = game.present_lobby(now);
        Some(Self { lobby, ..Self::new(now, game) })
    }

    fn snapshot(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "a game is plain data with a json form")]
        serde_json::to_vec(&self.game).expect("a game has a json form")
    }

    fn apply(&mut self, seq: u64, at: u64, entry: &Entry) {
        self.game.apply(seq, at, entry);
    }

    fn decide(&mut self, now: u64, ask: GameAsk) -> Step<Self> {
        let done = |result: Result<GameReply, Refusal>| Step::reply(result);
        match ask {
            GameAsk::Command(caller, command) => self.command(now, &caller, &command),
            GameAsk::Order(op, caller, command) => self.order(now, op, &caller, &command),
            GameAsk::Join(request) => match self.game.join(&request) {
                Err(refusal) => done(Err(refusal)),
                Ok(admission) => {
                    let joined = Joined { participant: admission.participant, nickname: admission.nickname };
                    Step {
                        entries: admission.entries,
                        reply: Box::new(move |_| Ok(GameReply::Joined(joined))),
                    }
                }
            },
            GameAsk::MayWatch(caller, watch) => {
                done(self.may_watch(&caller, watch).map(|()| GameReply::Allowed))
            }
            GameAsk::Came(watcher) => {
                self.came(now, watcher);
                done(Ok(GameReply::Allowed))
            }
            GameAsk::There(watcher) => {
                self.there(now, watcher);
                done(Ok(GameReply::Allowed))
            }
            GameAsk::Nodes(alive) => {
                self.only_nodes(now, &alive);
                done(Ok(GameReply::Allowed))
            }
            GameAsk::Left(client, watch) => {
                self.left(now, client, watch);
                done(Ok(GameReply::Allowed))
            }
            GameAsk::Peek => done(Ok(GameReply::Peek(self.peek()))),
            GameAsk::Report(caller) => {
                done(self.report(&caller).map(|report| GameReply::Report(Box::new(report))))
            }
        }
    }

    fn due(&mut self, now: u64) -> Vec<Entry> {
        self.game.due(now, &self.here, &mut self.rng)
    }

    fn deadline(&self) -> Option<u64> {
        let tell = self.something_to_tell().then_some(self.told_at + TELL_EVERY_MS);
        [self.game.next_deadline(&self.here), tell].into_iter().flatten().min()
    }

    fn effects(&mut self, seq: u64, at: u64, entry: &Entry) -> Vec<GameEffect> {
        let pushes = self.game.pushes(seq, at, entry);
        let mut effects = Vec::new();
        for push in pushes {
            // What waits to be told goes first: a client takes nothing that is older than what it knows.
            if matches!(push, Push::Everybody(_)) {
                effects.extend(self.lobby.take().map(GameEffect::Everybody));
            }
            effects.extend(self.effect(push));
        }
        match entry {
            Entry::Kicked { participant } => {
                let user = self.game.user_of(*participant).cloned();
                effects.extend(user.map(|user| GameEffect::Dismiss(user, Watch::Game)));
            }
            Entry::Cohost { person, on: false } => {
                let user = UserId::person(*person);
                effects.push(GameEffect::Dismiss(user.clone(), Watch::Host));
                effects.push(GameEffect::Dismiss(user, Watch::Game));
            }
            _ => {}
        }
        if self.game.phase_seq() == seq {
            effects.push(GameEffect::Phase(self.game.phase()));
        }
        effects
    }

    fn flush(&mut self, now: u64) -> Vec<GameEffect> {
        if !self.something_to_tell() || now < self.told_at + TELL_EVERY_MS {
            return Vec::new();
        }
        self.told_at = now;
        let mut effects: Vec<_> = self.lobby.take().map(GameEffect::Everybody).into_iter().collect();
        if self.here.hosts() > 0 {
            if std::mem::take(&mut self.stale_answers) {
                effects.extend(self.game.host_answers(now, &self.here).map(GameEffect::Hosts));
            }
            if std::mem::take(&mut self.stale_roster) {
                effects.push(GameEffect::Hosts(self.game.host_roster(&self.here)));
            }
        }
        effects
    }

    fn outcome(&self) -> Option<GameReport> {
        self.game.ended().map(|_| self.game.report())
    }
}
