//! Where a channel lies in Redis.

use crate::key::ChannelKey;
use persistence::redis::{Partition, Partitions, Redis};

/// The partition of a channel, and the part that the names of all its keys share.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) partition: Partition,
    base: String,
    channel_length: usize,
}

impl Place {
    pub(crate) fn of(redis: &Redis, key: &ChannelKey) -> Self {
        Self::among(redis.partitions(), key)
    }

    pub(super) fn among(partitions: &Partitions, key: &ChannelKey) -> Self {
        let base = format!("{}:{}", key.school, key.channel);
        let partition = partitions.of(base.as_bytes());
        Self { partition, base, channel_length: key.channel.as_str().len() }
    }

    /// The pub/sub channel.
    pub(crate) fn channel(&self, redis: &Redis) -> String {
        self.key(redis, "c")
    }

    /// The hash that holds epoch and top offset.
    pub(crate) fn position(&self, redis: &Redis) -> String {
        self.key(redis, "m")
    }

    /// The stream of what is kept.
    pub(crate) fn stream(&self, redis: &Redis) -> String {
        self.key(redis, "h")
    }

    /// The hash of those who are there.
    pub(crate) fn presence(&self, redis: &Redis) -> String {
        self.key(redis, "p")
    }

    /// What was answered under an idempotency key. Channels may have colons in their names, so the length tells where this
    /// one's ends: the key `b:c` of the channel `a` is not the key `c` of the channel `a:b`.
    pub(crate) fn answered(&self, redis: &Redis, idempotency_key: &str) -> String {
        let Self { partition, base, channel_length } = self;
        redis.key(*partition, &format!("i:{channel_length}:{base}:{idempotency_key}"))
    }

    fn key(&self, redis: &Redis, kind: &str) -> String {
        redis.key(self.partition, &format!("{kind}:{}", self.base))
    }
}

/// The pub/sub channel through which a partition shows that it is alive.
pub(super) fn probe(redis: &Redis, partition: Partition) -> String {
    redis.key(partition, PROBE)
}

/// The mark that a partition loses with all else that is in it.
pub(super) fn life(redis: &Redis, partition: Partition) -> String {
    redis.key(partition, "life")
}

/// What the name of a partition's probes ends with.
pub(super) const PROBE: &str = "probe";
