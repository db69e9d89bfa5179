//! Who watches a game, on whichever node. An owner that takes a room over asks for it, and so does every owner when nodes
//! come or go.

use super::{caller, game_channel, outside::namespace};
use crate::room::{Watch, Watcher};
use async_trait::async_trait;
use bytes::Bytes;
use protocol::ids::{ClientId, GameId, SchoolId};
use realtime::{ChannelKey, Identity, Node, nodes, room::RoomKey};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{sync::Notify, time::sleep};

const TOPIC: &str = "quiz.audience";
/// Between two questions about the same games.
const AGAIN: Duration = Duration::from_millis(500);
/// The room waits meanwhile. A game whose nodes did not all answer is asked about again.
const PATIENCE: Duration = Duration::from_millis(500);

/// Answers for this node's connections.
struct Audience(Weak<Node>);

/// Who watches some games, in their order.
pub(super) struct Audiences {
    pub(super) watchers: Vec<Vec<Watcher>>,
    /// All living nodes have answered.
    pub(super) whole: bool,
}

/// Games of which it is not known who watches, since not all nodes have answered.
#[derive(Default)]
pub(super) struct Unsure {
    games: Mutex<HashSet<RoomKey>>,
    some: Notify,
}

impl Unsure {
    pub(super) fn add(&self, games: impl IntoIterator<Item = RoomKey>) {
        self.lock().extend(games);
        self.some.notify_one();
    }

    /// Waits until there are some, and takes them a moment later.
    pub(super) async fn some(&self) -> HashSet<RoomKey> {
        self.some.notified().await;
        sleep(AGAIN).await;
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<RoomKey>> {
        // Only whole changes happen under the lock, so a panic elsewhere does not spoil it.
        self.games.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From now on other nodes can ask this one.
pub(super) fn answer(node: &Arc<Node>) {
    node.duties.add(TOPIC, Arc::new(Audience(Arc::downgrade(node))));
}

/// Who watches each of some games, in their order.
pub(super) async fn of_games(node: &Node, games: &[RoomKey]) -> Audiences {
    let mut watchers: Vec<Vec<Watcher>> = games.iter().map(|_| Vec::new()).collect();
    let mut whole = true;
    let games: Vec<_> = games.iter().map(|game| (game.school, GameId(game.id))).collect();
    // Ids always have a JSON form.
    let question = serde_json::to_vec(&games).unwrap_or_default();
    for (asked, answer) in node.peers.ask_all(TOPIC, question.into(), PATIENCE).await {
        let answer = answer.ok().and_then(|answer| serde_json::from_slice::<Vec<Vec<Watcher>>>(&answer).ok());
        match answer {
            Some(answer) => {
                for (all, some) in watchers.iter_mut().zip(answer) {
                    all.extend(some);
                }
            }
            None => {
                whole = false;
                tracing::warn!(node = %asked, "a node did not say who watches its games; it is asked again");
            }
        }
    }
    Audiences { watchers, whole }
}

/// A connection of this node, as a game knows it.
pub(super) fn watcher(node: &Node, client: ClientId, identity: &Identity, watch: Watch) -> Watcher {
    Watcher { client, node: node.id.clone(), caller: caller(identity, Duration::ZERO), watch }
}

fn here(node: &Node, school: SchoolId, game: GameId) -> Vec<Watcher> {
    let mut watchers = Vec::new();
    for watch in [Watch::Host, Watch::Game] {
        let key = ChannelKey::new(school, game_channel(namespace(watch), game));
        watchers.extend(
            node.hub.subscribers(&key).into_iter().filter_map(|connection| {
                Some(watcher(node, connection.client, connection.identity()?, watch))
            }),
        );
    }
    watchers
}

#[async_trait]
impl nodes::Answer for Audience {
    async fn answer(&self, question: Bytes) -> Option<Bytes> {
        let node = self.0.upgrade()?;
        let games: Vec<(SchoolId, GameId)> = serde_json::from_slice(&question).ok()?;
        let watching: Vec<_> = games.into_iter().map(|(school, game)| here(&node, school, game)).collect();
        serde_json::to_vec(&watching).ok().map(Bytes::from)
    }
}
