//! Where a game's effects go: channels, persons, and the table of games.

use super::{
    GAME_NAMESPACE, HOST_NAMESPACE,
    audience::{self, Unsure},
    game_channel,
};
use crate::room::{GameAsk, GameEffect, GameRoom, Watch};
use async_trait::async_trait;
use persistence::{
    Micros,
    games::{FinishGameError, record},
    journal::{Fact, Journal, JournalError},
};
use protocol::{
    Payload, Unsubscribed,
    ids::{GameId, SchoolId},
    quiz::{GameEventView, GameReport, HostPush, Phase, PlayerPush},
};
use realtime::{
    ChannelKey, Node, PublishOptions,
    broker::{Conflate, Draft},
    room::{RoomKey, Surroundings},
};
use std::{fmt::Display, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// Between two tries to get something out.
const AGAIN: Duration = Duration::from_millis(100);
/// Facts of a great game's end that are appended at a time: a megabyte, so that live traffic in the same store goes on between.
const FACTS_AT_ONCE: usize = 16;
/// For so long. Then the owner begins anew from the log, if the room is still its own.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Outside {
    node: Arc<Node>,
    journal: Arc<dyn Journal>,
    unsure: Arc<Unsure>,
    finished: watch::Sender<u64>,
    stop: CancellationToken,
}

/// What was never published takes no number, so no client would miss it: it is offered until it is taken, or its room may be
/// another node's.
struct Patience<'a> {
    outside: &'a Outside,
    room: &'a RoomKey,
    until: Instant,
}

impl<'a> Patience<'a> {
    fn new(outside: &'a Outside, room: &'a RoomKey) -> Self {
        Self { outside, room, until: Instant::now() + PATIENCE }
    }

    /// Waits a moment; false when it is time to give up.
    async fn again(&self, error: &impl Display) -> bool {
        let Outside { node, stop, .. } = self.outside;
        let paused = stop.run_until_cancelled(sleep(AGAIN)).await;
        let again = paused.is_some() && Instant::now() < self.until && node.placement.holds(self.room);
        if !again {
            tracing::warn!(game = %self.room.id, %error, "a game's push is not out; it is told again from the log");
        }
        again
    }
}

impl Outside {
    pub(super) fn new(
        node: Arc<Node>,
        journal: Arc<dyn Journal>,
        unsure: Arc<Unsure>,
        finished: watch::Sender<u64>,
        stop: CancellationToken,
    ) -> Self {
        Self { node, journal, unsure, finished, stop }
    }

    /// Whether it is out.
    async fn one(&self, room: &RoomKey, effect: GameEffect, patience: &Patience<'_>) -> bool {
        let channel = |namespace| ChannelKey::new(room.school, game_channel(namespace, GameId(room.id)));
        match effect {
            GameEffect::Everybody(push) => {
                // Whoever owns the game next tells the last ones again, under the same key.
                // What the lobby is told now and then goes by the number of the entry before it.
                let lobby = if matches!(push.event, GameEventView::Lobby { .. }) { ":lobby" } else { "" };
                let idempotency_key = Some(format!("{}:{}{lobby}", room.id, push.seq));
                let (key, data) = (channel(GAME_NAMESPACE), Payload::of(&push));
                let options = PublishOptions { idempotency_key, ..PublishOptions::default() };
                while let Err(error) =
                    self.node.publish(&key, Draft::new(data.clone()), options.clone()).await
                {
                    if !patience.again(&error).await {
                        return false;
                    }
                }
            }
            GameEffect::Player(user, push) => {
                let options = PublishOptions { conflate: player_kind(&push), ..PublishOptions::default() };
                let data = Payload::of(&push);
                while let Err(error) =
                    self.node.publish_to_user(room.school, &user, data.clone(), options.clone()).await
                {
                    if !patience.again(&error).await {
                        return false;
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
                while let Err(error) =
                    self.node.unsubscribe_user(room.school, &user, &channel, Unsubscribed::SERVER).await
                {
                    if !patience.again(&error).await {
                        return false;
                    }
                }
            }
            GameEffect::Phase(phase) => self.note_phase(room.school, GameId(room.id), phase).await,
        }
        true
    }

    /// The table shows lists where a game stands; the room alone decides. Its end comes with its report.
    async fn note_phase(&self, school: SchoolId, game: GameId, phase: Phase) {
        if !matches!(phase, Phase::Lobby | Phase::Countdown | Phase::Podium) {
            return;
        }
        let now = Micros::from_millis(self.node.clock.now_ms());
        let noted = async {
            let fact = record::phase_noted(school, game, phase, now).map_err(JournalError::Unavailable)?;
            self.journal.append(&[fact]).await
        };
        if let Err(error) = noted.await {
            tracing::error!(%game, %error, "the list of games is behind");
        }
    }
}

/// Why a game's end is not in the journal.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Report(#[from] FinishGameError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

async fn record_end(journal: &dyn Journal, school: SchoolId, report: &GameReport) -> Result<(), KeepError> {
    let facts: Vec<Fact> = record::finished(school, report.clone())?;
    // The end is the last of them; what was accepted before it is known when it comes again.
    for some in facts.chunks(FACTS_AT_ONCE) {
        journal.append(some).await?;
    }
    Ok(())
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
    async fn carry_out(&self, room: &RoomKey, _: Option<u64>, effects: Vec<GameEffect>) -> bool {
        let patience = Patience::new(self, room);
        for effect in effects {
            if !self.one(room, effect, &patience).await {
                return false;
            }
        }
        true
    }

    async fn keep(&self, room: &RoomKey, report: &GameReport) -> Result<(), String> {
        let recorded = record_end(self.journal.as_ref(), room.school, report).await;
        recorded.map_err(|error| error.to_string())?;
        metrics::counter!("schoolbell_quiz_games_finished_total").increment(1);
        tracing::info!(game = %room.id, players = report.players, "game finished and recorded");
        self.finished.send_modify(|games| *games += 1);
        Ok(())
    }

    async fn recall(&self, room: &RoomKey) -> Vec<GameAsk> {
        let alive = self.node.peers.alive().iter().map(|node| node.id.to_string()).collect();
        let mut audiences = audience::of_games(&self.node, std::slice::from_ref(room)).await;
        if !audiences.whole {
            self.unsure.add([room.clone()]);
        }
        let watchers = audiences.watchers.pop().unwrap_or_default();
        [GameAsk::Nodes(alive)].into_iter().chain(watchers.into_iter().map(GameAsk::There)).collect()
    }
}
