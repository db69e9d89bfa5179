//! Rooms over several nodes and a real Redis: found from anywhere, handed over, and taken over when their node dies.

#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use bytes::Bytes;
use persistence::{
    RedisRoomLog, RoomLog,
    redis::{Redis, RedisConfig},
    room_log::RoomKey,
};
use protocol::ids::SchoolId;
use realtime::{
    Clock,
    nodes::{Answer, ControlMessage, Handler, Load, NodeId, Peers, RedisPeers},
    room::{
        Room, RoomError, Rooms, Step, Surroundings,
        placement::{Leased, topic},
    },
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use test_servers::redis::{Server, ServerOptions};
use tokio::{runtime::Runtime, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SECOND: Duration = Duration::from_secs(1);

/// A room that takes each number once.
#[derive(Default, Serialize, Deserialize)]
struct Tally(BTreeSet<u64>);

#[derive(Serialize, Deserialize)]
enum Entry {
    Opened,
    Taken(u64),
}

#[derive(Clone, Serialize, Deserialize)]
enum Ask {
    Take(u64),
    Count,
}

impl Room for Tally {
    const KIND: &'static str = "tally";
    type Entry = Entry;
    type Command = Ask;
    type Reply = usize;
    type Effect = ();
    type Outcome = ();

    fn begin(_: u64, _: u64, _: u64, first: Entry) -> Option<Self> {
        matches!(first, Entry::Opened).then(Self::default)
    }
    fn restore(_: u64, snapshot: &[u8]) -> Option<Self> {
        serde_json::from_slice(snapshot).ok()
    }
    fn snapshot(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap()
    }
    fn apply(&mut self, _: u64, _: u64, entry: &Entry) {
        if let Entry::Taken(number) = entry {
            self.0.insert(*number);
        }
    }
    fn decide(&mut self, _: u64, ask: Ask) -> Step<Self> {
        let count = self.0.len();
        match ask {
            Ask::Take(number) if !self.0.contains(&number) => {
                Step { entries: vec![Entry::Taken(number)], reply: Box::new(move |_| count + 1) }
            }
            Ask::Take(_) | Ask::Count => Step::reply(count),
        }
    }
    fn due(&mut self, _: u64) -> Vec<Entry> {
        vec![]
    }
    fn deadline(&self) -> Option<u64> {
        None
    }
    fn effects(&mut self, _: u64, _: u64, _: &Entry) -> Vec<()> {
        vec![]
    }
    fn flush(&mut self, _: u64) -> Vec<()> {
        vec![]
    }
    fn outcome(&self) -> Option<()> {
        None
    }
}

struct Nothing;

#[async_trait]
impl Surroundings<Tally> for Nothing {
    async fn carry_out(&self, _: &RoomKey, _: Option<u64>, _: Vec<()>) -> bool {
        true
    }
    async fn keep(&self, _: &RoomKey, (): &()) -> Result<(), String> {
        Ok(())
    }
    async fn recall(&self, _: &RoomKey) -> Vec<Ask> {
        vec![]
    }
}

/// Hands what the others ask to the rooms.
#[derive(Default)]
struct Doorkeeper(OnceLock<Arc<dyn Answer>>);

#[async_trait]
impl Handler for Doorkeeper {
    fn load(&self) -> Load {
        Load::default()
    }
    fn obey(&self, _: &ControlMessage) {}
    async fn answer(&self, asked: &str, body: Bytes) -> Option<Bytes> {
        if asked != topic(Tally::KIND) {
            return None;
        }
        self.0.get()?.answer(body).await
    }
}

/// A node with threads of its own, so that it can die at once.
struct Node {
    runtime: Option<Runtime>,
    rooms: Arc<Rooms<Tally>>,
    peers: Arc<dyn Peers>,
}

impl Node {
    async fn start(url: &str, name: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (url, name) = (url.to_owned(), name.to_owned());
        let made = runtime.spawn(async move {
            let config = RedisConfig::new(url);
            let log = RedisRoomLog::new(Redis::connect(&config).await.unwrap());
            let log = Arc::new(log);
            let door = Arc::new(Doorkeeper::default());
            let redis = Redis::connect(&config).await.unwrap();
            let handler: Arc<dyn Handler> = Arc::<Doorkeeper>::clone(&door);
            let clock = RedisPeers::clock(&redis).await.unwrap();
            let own = NodeId::from(name.as_str());
            let peers: Arc<dyn Peers> = RedisPeers::new(redis, own, "1", Arc::clone(&clock), handler);
            let placement = Leased::new(Arc::clone(&peers), Arc::<RedisRoomLog>::clone(&log) as _);
            let clock: Arc<dyn Clock> = clock;
            let stop = CancellationToken::new();
            let log: Arc<dyn RoomLog> = log;
            let rooms =
                Rooms::placed(log, clock, Arc::new(Nothing), Arc::clone(&placement) as _, stop.clone());
            assert!(door.0.set(rooms.errands()).is_ok());
            tokio::spawn(Arc::clone(&peers).run(stop.clone()));
            tokio::spawn(placement.run(stop));
            tokio::spawn(Arc::clone(&rooms).keep_places());
            peers.joined().await;
            (rooms, peers)
        });
        let (rooms, peers) = made.await.unwrap();
        Self { runtime: Some(runtime), rooms, peers }
    }

    /// As somebody who is connected to this node.
    async fn ask(&self, key: &RoomKey, ask: Ask) -> Result<usize, RoomError> {
        let (rooms, key) = (Arc::clone(&self.rooms), key.clone());
        let asked = self.runtime.as_ref().unwrap().spawn(async move { rooms.ask(key, ask).await });
        asked.await.unwrap()
    }

    async fn open(&self) -> RoomKey {
        let school = SchoolId::generate();
        let key = || RoomKey { school, kind: Tally::KIND.to_owned(), id: Uuid::now_v7() };
        let key = std::iter::repeat_with(key).find(|key| self.rooms.belongs_here(key)).unwrap();
        let (rooms, opened) = (Arc::clone(&self.rooms), key.clone());
        let runtime = self.runtime.as_ref().unwrap();
        runtime.spawn(async move { rooms.open(opened, Entry::Opened).await }).await.unwrap().unwrap();
        key
    }

    /// Every task and connection ends in the middle of what it does.
    fn kill(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn three(server: &Server) -> [Node; 3] {
    let url = server.url();
    let nodes = [Node::start(&url, "a").await, Node::start(&url, "b").await, Node::start(&url, "c").await];
    let all_seen = async {
        while nodes.iter().any(|node| node.peers.alive().len() < 3) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(10 * SECOND, all_seen).await.expect("the nodes see each other");
    nodes
}

/// Takes a number, again and again with the same number as a client would, and gives how long that took.
async fn take(node: &Node, key: &RoomKey, number: u64) -> Duration {
    let began = Instant::now();
    while let Err(error) = node.ask(key, Ask::Take(number)).await {
        assert!(began.elapsed() < 15 * SECOND, "{number}: {error}");
        sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

/// What the log says: every number how often.
async fn logged(server: &Server, key: &RoomKey) -> BTreeMap<u64, usize> {
    let log = RedisRoomLog::new(Redis::connect(&RedisConfig::new(server.url())).await.unwrap());
    let entries = log.entries(key, 0, usize::MAX).await.unwrap();
    assert!(entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq), "no hole");
    let mut numbers = BTreeMap::new();
    for entry in entries {
        if let Entry::Taken(number) = serde_json::from_slice(&entry.body).unwrap() {
            *numbers.entry(number).or_default() += 1;
        }
    }
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_survives_the_death_of_its_node_and_nothing_acknowledged_is_lost() {
    let server = Server::single();
    let [mut owner, b, c] = three(&server).await;
    let key = owner.open().await;
    let taking = [(0, &b), (1, &c)].map(|(first, node)| {
        let key = &key;
        async move {
            let mut longest = Duration::ZERO;
            for round in 0..150 {
                longest = longest.max(take(node, key, round * 2 + first).await);
                sleep(Duration::from_millis(20)).await;
            }
            longest
        }
    });
    let dying = async {
        sleep(SECOND).await;
        owner.kill();
    };
    let (longest, ()) = tokio::join!(futures_util::future::join_all(taking), dying);
    eprintln!("longest wait for an answer: {:?}", longest.iter().max().unwrap());
    assert_eq!(b.ask(&key, Ask::Count).await, Ok(300));
    assert_eq!(logged(&server, &key).await, (0..300).map(|number| (number, 1)).collect());
    assert_eq!(b.rooms.owned() + c.rooms.owned(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_goes_down_hands_its_rooms_over_first() {
    let server = Server::single();
    let [owner, b, c] = three(&server).await;
    let key = owner.open().await;
    for number in 0..10 {
        take(&b, &key, number).await;
    }
    owner.peers.begin_drain();
    let handed_over = async {
        while owner.rooms.owned() > 0 || b.rooms.owned() + c.rooms.owned() == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(5 * SECOND, handed_over).await.expect("the room goes to another node by itself");
    // Also for those who are still connected to the node that goes down.
    for (number, node) in (10..40).zip([&owner, &b, &c].into_iter().cycle()) {
        assert!(take(node, &key, number).await < 3 * SECOND);
    }
    assert_eq!(logged(&server, &key).await, (0..40).map(|number| (number, 1)).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_goes_on_when_redis_was_away_for_a_moment() {
    let server = Server::with(&ServerOptions { append_only: true, ..ServerOptions::default() });
    let [a, b, c] = three(&server).await;
    let key = a.open().await;
    take(&b, &key, 0).await;
    server.kill();
    let refused = a.ask(&key, Ask::Take(1)).await;
    assert_eq!(refused, Err(RoomError::Unavailable), "nothing is acknowledged that is not in the log");
    server.restart();
    for (number, node) in (1..10).zip([&a, &b, &c].into_iter().cycle()) {
        take(node, &key, number).await;
    }
    assert_eq!(logged(&server, &key).await, (0..10).map(|number| (number, 1)).collect());
}
