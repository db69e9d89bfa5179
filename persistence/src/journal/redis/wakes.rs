//! Waking the writer of a shard: whoever appends to an empty one publishes on its channel.
//!
//! A message may be lost, so that writers look now and then all the same. Without it they would have to look several times a
//! second, each at each of its shards.

use crate::journal::Shard;
use crate::redis::{Event, Partition, Redis};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What comes from the channels of a node's shards.
#[derive(Debug)]
pub(super) struct Wakes {
    shards: Arc<[Notify]>,
    listening: JoinHandle<()>,
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// The channel of a shard.
pub(super) fn channel(redis: &Redis, shard: Shard) -> String {
    redis.key(Partition(shard.0), "j:wake")
}

/// Follows a shard. Without it the writer only looks now and then.
pub(super) async fn follow(redis: &Redis, shard: Shard) {
    let followed = redis.subscribe(Partition(shard.0), vec![channel(redis, shard)]).await;
    if let Err(error) = followed {
        tracing::debug!(%error, shard = shard.0, "the writer of a shard is not woken; it looks now and then");
    }
}

/// Follows it no more.
pub(super) async fn leave(redis: &Redis, shard: Shard) {
    // Messages of a shard that is not ours do no harm.
    let _unsubscribed = redis.unsubscribe(Partition(shard.0), vec![channel(redis, shard)]).await;
}

impl Wakes {
    /// Takes the events of these connections; ends with them or with this.
    pub(super) fn listen(redis: &Redis) -> Self {
        let numbers = 0..redis.partitions().count();
        let shards: Arc<[Notify]> = numbers.clone().map(|_| Notify::new()).collect();
        let channels: Vec<String> = numbers.map(|number| channel(redis, Shard(number))).collect();
        let (mut events, woken) = (redis.events(), Arc::clone(&shards));
        let listening = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::Message { channel, .. } => {
                        let of_channel = channels.iter().zip(&*woken).find(|(name, _)| **name == channel);
                        of_channel.inspect(|(_, shard)| shard.notify_one());
                    }
                    // Whatever came in between: all look.
                    Event::Missed(_) | Event::Reconnected => woken.iter().for_each(Notify::notify_one),
                }
            }
        });
        Self { shards, listening }
    }

    /// Waits for the next one of a shard; one that came before is not lost.
    pub(super) async fn appended(&self, shard: Shard) {
        match self.shards.get(usize::from(shard.0)) {
            Some(shard) => shard.notified().await,
            None => std::future::pending().await,
        }
    }
}
