//! Where a game's effects go: channels, persons, and the table of games.

use super::{
    GAME_NAMESPACE, HOST_NAMESPACE,
    audience::{self, Unsure},
    game_channel,
};
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
use std::{fmt::Display, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Between two tries to get something out.
const AGAIN: Duration = Duration::from_millis(100);
/// After so long it is given up: below the five minutes in which the broker knows what it has published already.
const GIVE_UP: Duration = Duration::from_secs(240);

pub(super) struct Outside {
    node: Arc<Node>,
    games: Games,
    unsure: Arc<Unsure>,
    stop: CancellationToken,
}

/// What was never published takes no number, so no client would miss it: it is offered until it is taken. Its room decides
/// nothing meanwhile, since it needs the same Redis.
struct Patience<'a> {
    room: &'a RoomKey,
    stop: &'a CancellationToken,
    until: Instant,
    complained: bool,
}

impl<'a> Patience<'a> {
    fn new(room: &'a RoomKey, stop: &'a CancellationToken) -> Self {
        Self { room, stop, until: Instant::now() + GIVE_UP, complained: false }
    }

    /// Waits a moment; false when it is time to give up.
    async fn again(&mut self, error: &impl Display) -> bool {
        let game = self.room.id;
        if !std::mem::replace(&mut self.complained, true) {
            tracing::warn!(%game, %error, "a game's push is not out yet; trying again");
        }
        let paused = self.stop.run_until_cancelled(sleep(AGAIN)).await;
        let again = paused.is_some() && Instant::now() < self.until;
        if !again {
            tracing::error!(%game, %error, "a game's push is given up; its next owner may tell it");
        }
        again
    }
}

impl Outside {
    pub(super) fn new(node: Arc<Node>, games: Games, unsure: Arc<Unsure>, stop: CancellationToken) -> Self {
        Self { node, games, unsure, stop }
    }

    async fn one(&self, room: &RoomKey, effect: GameEffect) {
        let channel = |namespace| ChannelKey::new(room.school, game_channel(namespace, GameId(room.id)));
        match effect {
            GameEffect::Everybody(push) => {
                // Whoever owns the game next tells the last ones again, under the same key.
                let idempotency_key = Some(format!("{}:{}", room.id, push.seq));
                let (key, data) = (channel(GAME_NAMESPACE), Payload::of(&push));
                let options = PublishOptions { idempotency_key, ..PublishOptions::default() };
                let mut patience = Patience::new(room, &self.stop);
                while let Err(error) =
                    self.node.publish(&key, Draft::new(data.clone()), options.clone()).await
                {
                    if !patience.again(&error).await {
                        break;
                    }
                }
            }
            GameEffect::Player(user, push) => {
                let options = PublishOptions { conflate: player_kind(&push), ..PublishOptions::default() };
                let data = Payload::of(&push);
                let mut patience = Patience::new(room, &self.stop);
                while let Err(error) =
                    self.node.publish_to_user(room.school, &user, data.clone(), options.clone()).await
                {
                    if !patience.again(&error).await {
                        break;
                    }
                }
            }
            GameEffect::Hosts(push) => {
                let options =
                    PublishOptions { conflate: Some(host_kind(&push)), ..PublishOptions::default() };
                let draft = Draft::new(Payload::of(&push));
                // The next one brings all of it.
                if let Err(error) = self.node.publish(&channel(HOST_NAMESPACE), draft, options).await {
                    tracing::warn!(game = %room.id, %error, "hosts were not told how many have answered");
                }
            }
            GameEffect::Dismiss(user, watch) => {
                let channel = game_channel(namespace(watch), GameId(room.id));
                let mut patience = Patience::new(room, &self.stop);
                while let Err(error) =
                    self.node.unsubscribe_user(room.school, &user, &channel, Unsubscribed::SERVER).await
                {
                    if !patience.again(&error).await {
                        break;
                    }
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
    async fn carry_out(&self, room: &RoomKey, _: Option<u64>, effects: Vec<GameEffect>) {
        for effect in effects {
            self.one(room, effect).await;
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
        let mut audiences = audience::of_games(&self.node, std::slice::from_ref(room)).await;
        if !audiences.whole {
            self.unsure.add([room.clone()]);
        }
        let watchers = audiences.watchers.pop().unwrap_or_default();
        [GameAsk::Nodes(alive)].into_iter().chain(watchers.into_iter().map(GameAsk::Came)).collect()
    }
}
