//! What the room around the rules adds for several nodes.

use super::table::*;
use crate::{
    game::{Entry, Refusal},
    room::{GameAsk, GameEffect, GameReply, GameRoom, Watch, Watcher},
};
use protocol::{
    ids::ClientId,
    quiz::{GameCommand, GameSettings, GameState, Phase},
};
use realtime::room::Room;
use uuid::Uuid;

/// A room and its log.
struct Held {
    room: GameRoom,
    seq: u64,
    now: u64,
    effects: Vec<GameEffect>,
}

impl Held {
    fn new() -> Self {
        let opened = Entry::Opened(Box::new(opened(vec![single(), single()], GameSettings::default())));
        let mut held =
            Self { room: GameRoom::begin(1, 1, 1, opened).unwrap(), seq: 1, now: 1, effects: vec![] };
        held.ask(GameAsk::Join(Table::request(1))).unwrap();
        held
    }

    fn ask(&mut self, ask: GameAsk) -> Result<GameReply, Refusal> {
        self.now += 10;
        let step = self.room.decide(self.now, ask);
        for entry in step.entries {
            self.seq += 1;
            self.room.apply(self.seq, self.now, &entry);
            self.effects.extend(self.room.effects(self.seq, self.now, &entry));
        }
        (step.reply)(self.seq)
    }

    fn order(&mut self, op: u128, command: GameCommand) -> Result<GameReply, Refusal> {
        self.ask(GameAsk::Order(Uuid::from_u128(op), host(), command))
    }

    fn state(&mut self) -> GameState {
        match self.ask(GameAsk::Command(host(), GameCommand::State)).unwrap() {
            GameReply::State(state) => *state,
            other => panic!("{other:?}"),
        }
    }

    /// How many players the host sees as connected.
    fn here(&mut self) -> usize {
        let roster = GameCommand::Roster { missing: false, after: None, limit: None };
        match self.ask(GameAsk::Command(host(), roster)).unwrap() {
            GameReply::Roster(page) => page.participants.iter().filter(|entry| entry.connected).count(),
            other => panic!("{other:?}"),
        }
    }

    fn came(&mut self, node: &str) -> ClientId {
        let client = ClientId::generate();
        let watcher = Watcher { client, node: node.into(), caller: guest(1), watch: Watch::Game };
        self.ask(GameAsk::Came(watcher)).unwrap();
        client
    }
}

#[test]
fn an_order_that_comes_again_after_a_takeover_is_not_carried_out_again() {
    let mut held = Held::new();
    held.order(1, GameCommand::Next { seq: None }).unwrap();
    held.order(2, GameCommand::Next { seq: None }).unwrap();
    assert_eq!(held.state().phase, Phase::Open);
    held.order(3, GameCommand::AddTime { seconds: 30 }).unwrap();
    let closes_at = held.state().closes_at;
    // The next owner knows of it from the log alone.
    held.room = GameRoom::restore(held.now, &held.room.snapshot()).unwrap();
    let seq = held.seq;
    for op in [1, 2, 3] {
        let again = held.order(op, GameCommand::AddTime { seconds: 30 });
        assert!(matches!(again, Ok(GameReply::Done(_))), "{again:?}");
    }
    assert_eq!((held.seq, held.state().closes_at), (seq, closes_at));
    held.order(4, GameCommand::AddTime { seconds: 30 }).unwrap();
    assert!(held.state().closes_at > closes_at, "another one is");
}

#[test]
fn a_refused_order_may_succeed_when_it_comes_again() {
    let mut held = Held::new();
    assert!(held.order(1, GameCommand::AddTime { seconds: 30 }).is_err(), "nothing is open yet");
    held.order(2, GameCommand::Next { seq: None }).unwrap();
    held.order(3, GameCommand::Next { seq: None }).unwrap();
    let before = held.state().closes_at;
    held.order(1, GameCommand::AddTime { seconds: 30 }).unwrap();
    assert!(held.state().closes_at > before);
}

#[test]
fn the_connections_of_a_dead_node_are_gone_and_those_of_others_stay() {
    let mut held = Held::new();
    held.came("a");
    let client = held.came("b");
    held.ask(GameAsk::Nodes(vec!["a".into(), "b".into()])).unwrap();
    assert_eq!(held.here(), 1);
    held.ask(GameAsk::Nodes(vec!["b".into(), "c".into()])).unwrap();
    assert_eq!(held.here(), 1, "the same player is there from another node");
    held.ask(GameAsk::Left(client, Watch::Game)).unwrap();
    assert_eq!(held.here(), 0);
    held.came("b");
    held.ask(GameAsk::Nodes(vec!["a".into()])).unwrap();
    assert_eq!(held.here(), 0);
}

#[test]
fn a_connection_that_left_while_its_node_was_asked_is_not_counted_as_there() {
    let mut held = Held::new();
    let there =
        |client| GameAsk::There(Watcher { client, node: "a".into(), caller: guest(1), watch: Watch::Game });
    let client = held.came("a");
    held.ask(GameAsk::Left(client, Watch::Game)).unwrap();
    held.ask(there(client)).unwrap();
    assert_eq!(held.here(), 0, "the node had answered before it left");
    let other = ClientId::generate();
    held.ask(there(other)).unwrap();
    assert_eq!(held.here(), 1);
    held.ask(GameAsk::Nodes(vec!["b".into()])).unwrap();
    assert_eq!(held.here(), 0);
    held.ask(there(other)).unwrap();
    assert_eq!(held.here(), 1, "a node that was cut off is back with its connections");
}

#[test]
fn what_everybody_is_told_never_goes_back() {
    let mut held = Held::new();
    held.effects.clear();
    held.ask(GameAsk::Join(Table::request(2))).unwrap();
    held.order(1, GameCommand::Next { seq: None }).unwrap();
    held.now += 10_000;
    held.effects.extend(held.room.flush(held.now));
    let told: Vec<u64> = held
        .effects
        .iter()
        .filter_map(|effect| match effect {
            GameEffect::Everybody(push) => Some(push.seq),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 2, "the lobby and the countdown");
    assert!(told.is_sorted(), "{told:?}");
}
