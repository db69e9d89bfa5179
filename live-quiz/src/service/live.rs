//! The live side: `quiz.*` methods, and who may watch a game's channels.

use super::{GAME_NAMESPACE, HOST_NAMESPACE, LiveQuiz, audience::watcher, caller, error_body, reaches};
use crate::{
    game::Refusal,
    room::{GameAsk, GameReply, Watch},
};
use protocol::{
    Channel, ErrorBody, Payload,
    codes::error,
    ids::GameId,
    quiz::{AnswerAccepted, Done, GameCommand, GameRef},
};
use realtime::{Connection, Identity, dispatch::Caller as RpcCaller};
use serde_json::{Map, Value};
use std::time::Duration;
use uuid::Uuid;

impl LiveQuiz {
    /// Answers `quiz.<verb>`.
    ///
    /// # Errors
    /// 104 for unknown verbs, 107 for parameters of another shape, 1000–1017 for what the game refuses.
    pub async fn rpc(&self, who: RpcCaller, verb: &str, params: &Payload) -> Result<Payload, ErrorBody> {
        if !VERBS.contains(&verb) {
            return Err(error::METHOD_NOT_FOUND);
        }
        let (game, command) = read_command(verb, params).ok_or(error::BAD_REQUEST)?;
        let identity = &who.identity;
        reaches(identity, game).map_err(|refusal| error_body(&refusal))?;
        let caller = caller(identity, who.one_way);
        // An order may be asked again of the next owner by us, not only by the client.
        let ask = if is_order(&command) {
            GameAsk::Order(Uuid::now_v7(), caller, command)
        } else {
            GameAsk::Command(caller, command)
        };
        let reply = self.ask(identity.school, game, ask).await.map_err(|refusal| {
            metrics::counter!("schoolbell_quiz_refusals_total", "code" => refusal.name()).increment(1);
            error_body(&refusal)
        })?;
        Ok(match reply {
            GameReply::State(state) => Payload::of(&state),
            GameReply::Roster(page) => Payload::of(&page),
            GameReply::Accepted(seq) => Payload::of(&AnswerAccepted { accepted: true, seq }),
            GameReply::Done(seq) => Payload::of(&Done { seq }),
            // Not replies to commands.
            GameReply::Joined(_) | GameReply::Allowed | GameReply::Peek(_) | GameReply::Report(_) => {
                return Err(error::INTERNAL);
            }
        })
    }

    /// Whether somebody may subscribe to a game's channel.
    ///
    /// # Errors
    /// 103 for channels that name no game, 1000–1002 and 1013 as the game says.
    pub async fn authorize(&self, identity: &Identity, channel: &Channel) -> Result<(), ErrorBody> {
        let (game, watch) = watched(channel).ok_or(error::PERMISSION_DENIED)?;
        reaches(identity, game).map_err(|refusal| error_body(&refusal))?;
        let ask = GameAsk::MayWatch(caller(identity, Duration::ZERO), watch);
        match self.ask(identity.school, game, ask).await {
            Ok(_) => Ok(()),
            Err(refusal) => Err(error_body(&refusal)),
        }
    }

    /// A connection is subscribed to a game's channel.
    pub async fn joined(&self, connection: &Connection, channel: &Channel) {
        let (Some(identity), Some((game, watch))) = (connection.identity(), watched(channel)) else {
            return;
        };
        let came = || GameAsk::Came(watcher(&self.node, connection.client, identity, watch));
        self.note(identity, game, came).await;
    }

    /// A connection is no longer subscribed to a game's channel.
    pub async fn left(&self, connection: &Connection, channel: &Channel) {
        let (Some(identity), Some((game, watch))) = (connection.identity(), watched(channel)) else {
            return;
        };
        self.note(identity, game, || GameAsk::Left(connection.client, watch)).await;
    }

    /// Tells a game who is there. A full mailbox must not swallow this: a host who left unnoticed would hold the game
    /// open, a player who came unnoticed would not be waited for.
    async fn note(&self, identity: &Identity, game: GameId, ask: impl Fn() -> GameAsk) {
        for _ in 0..NOTE_TRIES {
            match self.ask(identity.school, game, ask()).await {
                Ok(_) | Err(Refusal::GameNotFound) => return,
                Err(_) => tokio::time::sleep(NOTE_RETRY).await,
            }
        }
        // The room's owner could not use its store all the while. When it has loaded the room anew, or nodes come or go, it
        // asks who is there; who has left in between stays until then.
        tracing::warn!(%game, "a game does not know who is there");
    }
}

/// Between tries to tell a game who is there, and how many: 10 seconds in all.
const NOTE_RETRY: Duration = Duration::from_millis(200);
const NOTE_TRIES: usize = 50;

/// The verbs of [`GameCommand`].
const VERBS: [&str; 14] = [
    "state",
    "answer",
    "next",
    "skip",
    "add_time",
    "pause",
    "resume",
    "lock",
    "kick",
    "rename",
    "accommodate",
    "cohost",
    "end",
    "roster",
];

/// Whether a command does something each time that it comes. An answer carries an id of its own.
fn is_order(command: &GameCommand) -> bool {
    !matches!(command, GameCommand::State | GameCommand::Roster { .. } | GameCommand::Answer { .. })
}

/// The command that a method and its parameters make.
fn read_command(verb: &str, params: &Payload) -> Option<(GameId, GameCommand)> {
    let GameRef { game } = params.read().ok()?;
    let mut fields: Map<String, Value> = params.read().ok()?;
    fields.insert("verb".to_owned(), Value::from(verb));
    let command = serde_json::from_value(Value::Object(fields)).ok()?;
    Some((game, command))
}

/// The game that a channel belongs to.
fn watched(channel: &Channel) -> Option<(GameId, Watch)> {
    let watch = match channel.namespace() {
        GAME_NAMESPACE => Watch::Game,
        HOST_NAMESPACE => Watch::Host,
        _ => return None,
    };
    let game: GameId = channel.rest().parse().ok()?;
    // One game, one name: other spellings of its id would be channels of their own.
    (channel.rest() == game.to_string()).then_some((game, watch))
}
