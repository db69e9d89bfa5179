//! What a node does for the others: obeys control messages, counts for surveys, and hands what features are asked to them.

use super::{ControlMessage, Handler, Load, survey};
use crate::node::Node;
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::{Duration, Instant},
};

/// Subscriptions are counted by a walk over all connections, which takes milliseconds on a full node.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Answers what other nodes ask about one topic.
#[async_trait]
pub trait Answer: Send + Sync + 'static {
    /// None when it cannot answer now. Dropped at the asker's deadline.
    async fn answer(&self, body: Bytes) -> Option<Bytes>;
}

/// The duties of a node.
pub struct Duties {
    /// Weak: the node holds its duties.
    node: Weak<Node>,
    topics: Mutex<HashMap<String, Arc<dyn Answer>>>,
    rooms: OnceLock<Box<dyn Fn() -> usize + Send + Sync>>,
    measured: Mutex<Measured>,
}

/// What is not known at once.
struct Measured {
    subscriptions: usize,
    counted: Option<Instant>,
    /// Time that the workers had been busy in all, at `since`.
    busy: Duration,
    since: Instant,
    busy_permille: u16,
}

impl Duties {
    /// Control messages and surveys for `node`. Features add what they answer.
    #[must_use]
    pub fn new(node: Weak<Node>) -> Arc<Self> {
        let measured = Measured {
            subscriptions: 0,
            counted: None,
            busy: Duration::ZERO,
            since: Instant::now(),
            busy_permille: 0,
        };
        Arc::new(Self {
            node,
            topics: Mutex::default(),
            rooms: OnceLock::new(),
            measured: Mutex::new(measured),
        })
    }

    /// From now on `answer` answers what other nodes ask about `topic`. Names that begin with `survey.` are taken.
    pub fn add(&self, topic: impl Into<String>, answer: Arc<dyn Answer>) {
        lock(&self.topics).insert(topic.into(), answer);
    }

    /// Features answer nothing any more.
    pub(crate) fn end(&self) {
        lock(&self.topics).clear();
    }

    /// How the rooms of this node are counted. The first way that is given stays.
    pub fn count_rooms(&self, count: impl Fn() -> usize + Send + Sync + 'static) {
        self.rooms.get_or_init(|| Box::new(count));
    }
}

#[async_trait]
impl Handler for Duties {
    fn load(&self) -> Load {
        let Some(node) = self.node.upgrade() else {
            return Load::default();
        };
        let connections = node.connection_count();
        let places = node.config.limits.connections.max(1);
        let rooms = self.rooms.get().map_or(0, |count| count());
        let mut measured = lock(&self.measured);
        measured.measure(&node);
        Load {
            connections,
            subscriptions: measured.subscriptions,
            rooms,
            load_permille: measured.busy_permille.max(permille(connections as u128, places as u128)),
        }
    }

    fn obey(&self, message: &ControlMessage) {
        if let Some(node) = self.node.upgrade() {
            message.carry_out(&node);
        }
    }

    async fn answer(&self, topic: &str, body: Bytes) -> Option<Bytes> {
        if let Some(answer) = survey::answer(&*self.node.upgrade()?, topic, &body) {
            return Some(answer);
        }
        let answer = lock(&self.topics).get(topic).cloned()?;
        answer.answer(body).await
    }
}

impl Measured {
    fn measure(&mut self, node: &Node) {
        let now = Instant::now();
        if self.counted.is_none_or(|counted| now - counted >= COUNT_EVERY) {
            let connections = node.hub.all_connections();
            self.subscriptions = connections.iter().map(|connection| connection.subscription_count()).sum();
            self.counted = Some(now);
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let runtime = runtime.metrics();
        let workers = runtime.num_workers();
        let busy: Duration = (0..workers).map(|worker| runtime.worker_total_busy_duration(worker)).sum();
        let had = (now - self.since).as_nanos() * workers as u128;
        // Whoever asks twice at once gets the same answer.
        if now - self.since >= Duration::from_millis(100) {
            self.busy_permille = permille(busy.saturating_sub(self.busy).as_nanos(), had);
            (self.busy, self.since) = (busy, now);
        }
    }
}

fn permille(part: u128, whole: u128) -> u16 {
    let permille = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    u16::try_from(permille.min(1000)).unwrap_or(1000)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No method leaves what it guards half changed, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::{Limits, RealtimeConfig};

    struct Echo;

    #[async_trait]
    impl Answer for Echo {
        async fn answer(&self, body: Bytes) -> Option<Bytes> {
            (body != "nothing").then_some(body)
        }
    }

    #[tokio::test]
    async fn a_feature_answers_for_its_topic_only() {
        let node = Node::embedded(RealtimeConfig::default());
        let duties = Duties::new(Arc::downgrade(&node));
        duties.add("echo", Arc::new(Echo));
        assert_eq!(duties.answer("echo", "hello".into()).await.unwrap(), "hello");
        assert_eq!(duties.answer("echo", "nothing".into()).await, None);
        assert_eq!(duties.answer("other", "hello".into()).await, None);
        assert_eq!(duties.answer("survey.population", "nonsense".into()).await, None);
    }

    #[tokio::test]
    async fn the_load_is_that_of_the_scarcest() {
        let limits = Limits { connections: 4, ..Limits::default() };
        let node = Node::embedded(RealtimeConfig { limits, ..RealtimeConfig::default() });
        let duties = Duties::new(Arc::downgrade(&node));
        duties.count_rooms(|| 7);
        let seats = [node.seat().unwrap(), node.seat().unwrap(), node.seat().unwrap()];
        let load = duties.load();
        assert_eq!((load.connections, load.rooms), (3, 7));
        assert!(load.load_permille >= 750, "{load:?}");
        drop(seats);
        assert_eq!(duties.load().connections, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_busy_processor_is_load() {
        let node = Node::embedded(RealtimeConfig::default());
        let duties = Duties::new(Arc::downgrade(&node));
        duties.load();
        tokio::spawn(async {
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(400) {
                std::hint::spin_loop();
            }
        })
        .await
        .unwrap();
        // A worker tells how long it was busy when it comes to rest.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(duties.load().load_permille > 200);
    }

    #[test]
    fn shares_are_cut_at_the_whole() {
        assert_eq!([permille(1, 4), permille(9, 4), permille(1, 0), permille(0, 9)], [250, 1000, 0, 0]);
    }
}
