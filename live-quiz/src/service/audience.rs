//! Who watches a game, on whichever node. An owner that takes a room over asks for it, and so does every owner when nodes
//! come or go.

use super::{caller, game_channel, outside::namespace};
use crate::room::{Watch, Watcher};
use async_trait::async_trait;
use bytes::Bytes;
use protocol::ids::{ClientId, GameId, SchoolId};
use realtime::{ChannelKey, Identity, Node, nodes};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

const TOPIC: &str = "quiz.audience";
/// The room waits meanwhile. Who is not named in time is counted when they say something of themselves.
const PATIENCE: Duration = Duration::from_millis(500);

/// Answers for this node's connections.
struct Audience(Weak<Node>);

/// From now on other nodes can ask this one.
pub(super) fn answer(node: &Arc<Node>) {
    node.duties.add(TOPIC, Arc::new(Audience(Arc::downgrade(node))));
}

/// Who watches each of some games, in their order.
pub(super) async fn of_games(node: &Node, games: &[(SchoolId, GameId)]) -> Vec<Vec<Watcher>> {
    let mut watching: Vec<Vec<Watcher>> = games.iter().map(|_| Vec::new()).collect();
    // Ids always have a JSON form.
    let question = serde_json::to_vec(games).unwrap_or_default();
    for (asked, answer) in node.peers.ask_all(TOPIC, question.into(), PATIENCE).await {
        let answer = answer.ok().and_then(|answer| serde_json::from_slice::<Vec<Vec<Watcher>>>(&answer).ok());
        match answer {
            Some(answer) => {
                for (all, some) in watching.iter_mut().zip(answer) {
                    all.extend(some);
                }
            }
            None => tracing::warn!(node = %asked, "a node did not say who watches its games"),
        }
    }
    watching
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
