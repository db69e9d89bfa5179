//! What is asked and answered between nodes arrives as it was.

use super::table::*;
use crate::{
    game::{Invalid, JoinRequest, Refusal},
    nickname::NicknameError,
    room::{GameAsk, GameReply, Joined, Peek, Watch, Watcher},
};
use protocol::{
    ids::ClientId,
    quiz::{AnswerValue, GameCommand, Phase},
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use uuid::Uuid;

fn travels<T: Serialize + DeserializeOwned + Debug>(value: &T) {
    let there: T = serde_json::from_slice(&serde_json::to_vec(value).unwrap()).unwrap();
    assert_eq!(format!("{there:?}"), format!("{value:?}"));
}

#[test]
fn every_ask_travels() {
    let request = JoinRequest { time_factor: 1.5, ..Table::request(1) };
    let answer = GameCommand::Answer { question: 2, op: "op".into(), answer: AnswerValue::Choice(1) };
    let client = ClientId::generate();
    for ask in [
        GameAsk::Command(host(), GameCommand::Next { seq: Some(7) }),
        GameAsk::Command(guest(1), answer),
        GameAsk::Order(Uuid::now_v7(), host(), GameCommand::Skip),
        GameAsk::Join(request),
        GameAsk::MayWatch(host(), Watch::Host),
        GameAsk::Came(Watcher { client, node: "node".into(), caller: guest(1), watch: Watch::Game }),
        GameAsk::There(Watcher { client, node: "node".into(), caller: guest(1), watch: Watch::Game }),
        GameAsk::Nodes(vec!["node".into()]),
        GameAsk::Left(client, Watch::Game),
        GameAsk::Peek,
        GameAsk::Report(host()),
    ] {
        travels(&ask);
    }
}

#[test]
fn every_reply_travels() {
    let mut table = Table::new(vec![single(), poll()], 3);
    let mut states = vec![table.state(&host()), table.state(&guest(1))];
    table.open_next();
    table.choose(1, 0).unwrap();
    table.choose(2, 1).unwrap();
    states.extend([table.state(&host()), table.state(&guest(1))]);
    table.wait(60_000);
    states.extend([table.state(&host()), table.state(&guest(1)), table.state(&guest(3))]);
    let joined = Joined { participant: participant(1), nickname: "Ada".into() };
    let peek = Peek { title: "Rivers".into(), phase: Phase::Lobby, locked: true, guests: false };
    let mut replies: Vec<Result<GameReply, Refusal>> =
        states.into_iter().map(|state| Ok(GameReply::State(Box::new(state)))).collect();
    replies.extend([
        Ok(GameReply::Done(3)),
        Ok(GameReply::Accepted(4)),
        Ok(GameReply::Joined(joined)),
        Ok(GameReply::Allowed),
        Ok(GameReply::Peek(peek)),
        Ok(GameReply::Report(Box::new(table.game.report()))),
        Err(Refusal::TooLate),
        Err(Refusal::InvalidSetting(Invalid::Cohosts)),
        Err(Refusal::NicknameRefused(NicknameError::TooLong)),
    ]);
    let page =
        table.give(&host(), &GameCommand::Roster { missing: false, after: None, limit: Some(2) }).unwrap();
    if let crate::game::Outcome::Roster(page) = page {
        replies.push(Ok(GameReply::Roster(page)));
    }
    assert_eq!(replies.len(), 17);
    replies.iter().for_each(travels);
}
