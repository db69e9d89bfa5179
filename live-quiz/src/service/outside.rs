//! Where a game's effects go: channels, persons, and the table of games.

use super::{GAME_NAMESPACE, HOST_NAMESPACE, audience, game_channel};
use crate::room::{GameAsk, GameEffect, GameRoom, Watch};
use async_trait::async_trait;
use persistence::{Micros, games::Games};
use protocol::{
    Payload, Unsubscribed,
    ids::{GameId, SchoolId},
    quiz::{GameReport, HostPush, Phase, PlayerPush},
};
use realtime::{
    ChannelKey, Node, PublishOptions,
    broker::{Conflate, Draft},
    room::{RoomKey, Surroundings},
};
use std::sync::Arc;

pub(super) struct Outside {
    node: Arc<Node>,
    games: Games,
}

impl Outside {
    pub(super) fn new(node: Arc<Node>, games: Games) -> Self {
        Self { node, games }
    }

    async fn publish(&self, room: &RoomKey, namespace: &str, data: Payload, options: PublishOptions) {
        let key = ChannelKey::new(room.school, game_channel(namespace, GameId(room.id)));
        if let Err(error) = self.node.publish(&key, Draft::new(data), options).await {
            // Clients find the hole by their position and recover from the state.
            tracing::error!(game = %room.id, %error, "a game's push was not published");
        }
    }

    async fn one(&self, room: &RoomKey, idempotency_key: Option<String>, effect: GameEffect) {
        match effect {
            GameEffect::Everybody(push) => {
                let options = PublishOptions { idempotency_key, ..PublishOptions::default() };
                self.publish(room, GAME_NAMESPACE, Payload::of(&push), options).await;
            }
            GameEffect::Player(user, push) => {
                let options = PublishOptions { conflate: player_kind(&push), ..PublishOptions::default() };
                let data = Payload::of(&push);
                if let Err(error) = self.node.publish_to_user(room.school, &user, data, options).await {
                    tracing::error!(game = %room.id, %error, "a player's push was not published");
                }
            }
            GameEffect::Hosts(push) => {
                let options =
                    PublishOptions { conflate: Some(host_kind(&push)), ..PublishOptions::default() };
                self.publish(room, HOST_NAMESPACE, Payload::of(&push), options).await;
            }
            GameEffect::Dismiss(user, watch) => {
                let channel = game_channel(namespace(watch), GameId(room.id));
                let told =
                    self.node.unsubscribe_user(room.school, &user, &channel, Unsubscribed::SERVER).await;
                if let Err(error) = told {
                    tracing::error!(game = %room.id, %error, "somebody may still watch on another node");
                }
            }
            GameEffect::Phase(phase) => self.note_phase(room.school, GameId(room.id), phase).await,
        }
    }

    /// The table shows lists where a game stands; the room alone decides.
    async fn note_phase(&self, school: SchoolId, game: GameId, phase: Phase) {
        let worth_noting = matches!(phase, Phase::Lobby | Phase::Countdown | Phase::Podium | Phase::Ended);
        if !worth_noting {
            return;
        }
        let now = Micros::from_millis(self.node.clock.now_ms());
        if let Err(error) = self.games.set_phase(school, game, phase, now).await {
            tracing::error!(%game, %error, "the list of games is behind");
        }
    }
}

pub(super) fn namespace(watch: Watch) -> &'static str {
    match watch {
        Watch::Game => GAME_NAMESPACE,
        Watch::Host => HOST_NAMESPACE,
    }
}

/// Results and clocks replace each other; a kick and a new name must not be lost behind one.
fn player_kind(push: &PlayerPush) -> Option<Conflate> {
    match push {
        PlayerPush::Result { .. } => Some(Conflate("quiz.result")),
        PlayerPush::TimeFactor { .. } => Some(Conflate("quiz.time_factor")),
        PlayerPush::Renamed { .. } | PlayerPush::Kicked { .. } => None,
    }
}

fn host_kind(push: &HostPush) -> Conflate {
    match push {
        HostPush::Answers { .. } => Conflate("answers"),
        HostPush::Roster { .. } => Conflate("roster"),
    }
}

#[async_trait]
impl Surroundings<GameRoom> for Outside {
    async fn carry_out(&self, room: &RoomKey, seq: Option<u64>, effects: Vec<GameEffect>) {
        for (index, effect) in effects.into_iter().enumerate() {
            let idempotency_key = seq.map(|seq| format!("{}:{seq}:{index}", room.id));
            self.one(room, idempotency_key, effect).await;
        }
    }

    async fn keep(&self, room: &RoomKey, report: GameReport) -> Result<(), String> {
        self.games.finish(room.school, &report).await.map_err(|error| error.to_string())?;
        metrics::counter!("schoolbell_quiz_games_finished_total").increment(1);
        tracing::info!(game = %room.id, players = report.players, "game finished and kept");
        Ok(())
    }

    async fn recall(&self, room: &RoomKey) -> Vec<GameAsk> {
        let alive = self.node.peers.alive().iter().map(|node| node.id.to_string()).collect();
        let mut watching = audience::of_games(&self.node, &[(room.school, GameId(room.id))]).await;
        let watchers = watching.pop().unwrap_or_default();
        [GameAsk::Nodes(alive)].into_iter().chain(watchers.into_iter().map(GameAsk::Came)).collect()
    }
}
