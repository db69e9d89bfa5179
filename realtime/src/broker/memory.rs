//! The broker of a single node.

use super::{
    Broker, BrokerError, BrokerSink, Delivery, Draft, HistoryPage, HistoryQuery, Previous, PublishOptions,
    new_epoch,
};
use crate::key::ChannelKey;
use async_trait::async_trait;
use protocol::{ClientInfo, Publication, command::StreamPosition};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const SHARDS: usize = 64;
/// Idempotency keys remembered per channel.
const REMEMBERED_KEYS: usize = 1024;
/// How long an idempotency key is remembered. Backends try again within seconds, or a few minutes behind a queue.
const KEY_TTL: Duration = Duration::from_secs(5 * 60);
/// How long a stream that nobody follows keeps its position after it was last published to or read. Whoever comes later
/// finds another epoch and is told so.
const META_TTL: Duration = Duration::from_secs(24 * 3600);
/// The same for a stream that nothing was ever published to. Clients make such streams by the names that they subscribe to,
/// so they go soon; but whoever was the only subscriber and comes back within the time that recovery is promised for must
/// find what was published meanwhile.
const UNTOUCHED_TTL: Duration = Duration::from_secs(5 * 60);

/// Keeps streams in memory and delivers to the node's own sink.
pub struct MemoryBroker {
    shards: Vec<Mutex<HashMap<ChannelKey, SharedStream>>>,
    hasher: RandomState,
    sink: Arc<dyn BrokerSink>,
}

/// A stream has a lock of its own: it is held while its publication goes out to a small channel, and others shall not wait
/// for that.
type SharedStream = Arc<Mutex<Stream>>;

struct Stream {
    epoch: String,
    top: u64,
    kept: VecDeque<(Instant, Publication)>,
    expires: Instant,
    keys: VecDeque<Remembered>,
    known_keys: HashSet<String>,
}

/// What a publication under an idempotency key was answered with.
struct Remembered {
    until: Instant,
    key: String,
    position: StreamPosition,
}

impl Stream {
    fn new(now: Instant) -> Self {
        Self {
            epoch: new_epoch(),
            top: 0,
            kept: VecDeque::new(),
            expires: now + UNTOUCHED_TTL,
            keys: VecDeque::new(),
            known_keys: HashSet::new(),
        }
    }

    fn position(&self) -> StreamPosition {
        StreamPosition { offset: self.top, epoch: self.epoch.clone() }
    }

    /// The publication that the next one follows, if it is still kept.
    fn latest(&self) -> Option<Previous> {
        let (_, publication) = self.kept.back()?;
        Some(Previous { offset: publication.offset, data: publication.data.clone() })
    }

    fn forget_old(&mut self, now: Instant) {
        while self.kept.front().is_some_and(|(until, _)| *until <= now) {
            self.kept.pop_front();
        }
        while self.keys.front().is_some_and(|oldest| oldest.until <= now) {
            self.forget_key();
        }
    }

    fn forget_key(&mut self) {
        if let Some(oldest) = self.keys.pop_front() {
            self.known_keys.remove(&oldest.key);
        }
        if self.keys.is_empty() {
            // Channels that saw a thousand keys once keep no memory for them.
            self.keys = VecDeque::new();
            self.known_keys = HashSet::new();
        }
    }

    fn remember(&mut self, key: String, position: StreamPosition, now: Instant) {
        if self.keys.len() == REMEMBERED_KEYS {
            self.forget_key();
        }
        self.known_keys.insert(key.clone());
        self.keys.push_back(Remembered { until: now + KEY_TTL, key, position });
    }

    fn remembered(&self, key: &str) -> Option<StreamPosition> {
        if !self.known_keys.contains(key) {
            return None;
        }
        let remembered = self.keys.iter().find(|remembered| remembered.key == key)?;
        Some(remembered.position.clone())
    }

    /// Somebody has read the position and may come back for what follows.
    fn used(&mut self, now: Instant) {
        let ttl = if self.top == 0 { UNTOUCHED_TTL } else { META_TTL };
        self.expires = self.expires.max(now + ttl);
    }

    fn read(&self, query: &HistoryQuery) -> Vec<Publication> {
        let all = self.kept.iter().map(|(_, publication)| publication);
        let pick = |publication: &&Publication| match (query.since, query.reverse) {
            (None, _) => true,
            (Some(since), false) => publication.offset > since,
            (Some(since), true) => publication.offset < since,
        };
        if query.reverse {
            all.rev().filter(pick).take(query.limit).cloned().collect()
        } else {
            all.filter(pick).take(query.limit).cloned().collect()
        }
    }
}

impl MemoryBroker {
    /// A broker that delivers to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn BrokerSink>) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new(), sink }
    }

    fn shard(&self, key: &ChannelKey) -> MutexGuard<'_, HashMap<ChannelKey, SharedStream>> {
        let shard = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        lock(&self.shards[shard])
    }

    fn stream(&self, key: &ChannelKey, now: Instant) -> SharedStream {
        let mut shard = self.shard(key);
        if let Some(stream) = shard.get(key) {
            return Arc::clone(stream);
        }
        let stream = Arc::new(Mutex::new(Stream::new(now)));
        shard.insert(key.clone(), Arc::clone(&stream));
        stream
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No method leaves a stream half changed, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Broker for MemoryBroker {
    async fn subscribe(&self, _: &ChannelKey) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn unsubscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        let stream = self.shard(key).get(key).cloned();
        if let Some(stream) = stream {
            let mut stream = lock(&stream);
            stream.expires = stream.expires.max(Instant::now() + UNTOUCHED_TTL);
        }
        Ok(())
    }

    async fn publish(
        &self,
        key: &ChannelKey,
        draft: Draft,
        options: &PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        self.sink.admit(key).await;
        let mut publication = Publication::new(draft.data);
        publication.info = draft.info;
        publication.tags = draft.tags;
        publication.time = draft.time;
        let mut delivery = Delivery { conflate: options.conflate, previous: None };
        if options.history.is_none() && options.idempotency_key.is_none() {
            self.sink.publication(key, publication, delivery);
            return Ok(StreamPosition::default());
        }
        let now = Instant::now();
        // Held until the sink has it in its line: that is what keeps the order of offsets.
        let stream = self.stream(key, now);
        let mut stream = lock(&stream);
        stream.forget_old(now);
        if let Some(position) = options.idempotency_key.as_deref().and_then(|key| stream.remembered(key)) {
            return Ok(position);
        }
        let position = match options.history {
            None => StreamPosition::default(),
            Some(history) => {
                stream.top += 1;
                stream.expires = now + META_TTL;
                publication.offset = stream.top;
                publication.epoch = (stream.top == 1).then(|| stream.epoch.clone());
                delivery.previous = stream.latest().filter(|_| options.delta);
                while stream.kept.len() >= history.size {
                    stream.kept.pop_front();
                }
                stream.kept.push_back((now + history.ttl, publication.clone()));
                stream.position()
            }
        };
        if let Some(idempotency_key) = &options.idempotency_key {
            stream.remember(idempotency_key.clone(), position.clone(), now);
        }
        self.sink.publication(key, publication, delivery);
        Ok(position)
    }

    async fn join(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        self.sink.admit(key).await;
        self.sink.join(key, info);
        Ok(())
    }

    async fn leave(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        self.sink.admit(key).await;
        self.sink.leave(key, info);
        Ok(())
    }

    async fn history(&self, key: &ChannelKey, query: &HistoryQuery) -> Result<HistoryPage, BrokerError> {
        let now = Instant::now();
        let stream = self.stream(key, now);
        let mut stream = lock(&stream);
        stream.used(now);
        stream.forget_old(now);
        Ok(HistoryPage { publications: stream.read(query), top: stream.position() })
    }

    async fn remove_history(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        let stream = self.shard(key).get(key).cloned();
        if let Some(stream) = stream {
            lock(&stream).kept.clear();
        }
        Ok(())
    }

    fn sweep(&self) {
        let now = Instant::now();
        for shard in &self.shards {
            lock(shard).retain(|key, shared| {
                // In use: whoever holds it took it under the shard's lock.
                if Arc::strong_count(shared) > 1 {
                    return true;
                }
                let mut stream = lock(shared);
                stream.forget_old(now);
                stream.expires > now || !stream.keys.is_empty() || self.sink.follows(key)
            });
        }
    }
}

#[cfg(test)]
mod tests;
