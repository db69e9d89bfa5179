//! Nodes that meet over real servers of Redis.

#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use bytes::Bytes;
use persistence::redis::{Redis, RedisConfig};
use protocol::ids::{SchoolId, UserId};
use realtime::{
    SharedClock,
    node::Target,
    nodes::{AskError, ControlMessage, Handler, Load, MAX_BODY, NodeId, NodeInfo, Peers, RedisPeers},
};
use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use test_servers::redis::{Cluster, Server};
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

/// Writes down what it is told, and answers: `echo` at once, `sleep` after half a minute, other topics not at all.
#[derive(Default)]
struct Notebook {
    told: Mutex<Vec<ControlMessage>>,
    asked: Mutex<usize>,
}

#[async_trait]
impl Handler for Notebook {
    fn load(&self) -> Load {
        Load { connections: 3, subscriptions: 5, rooms: 2, load_permille: 70 }
    }

    fn obey(&self, message: &ControlMessage) {
        self.told.lock().unwrap().push(message.clone());
    }

    async fn answer(&self, topic: &str, body: Bytes) -> Option<Bytes> {
        *self.asked.lock().unwrap() += 1;
        match topic {
            "echo" => Some(body),
            "sleep" => {
                sleep(30 * SECOND).await;
                Some(body)
            }
            _ => None,
        }
    }
}

/// A running node.
struct Member {
    peers: Arc<RedisPeers>,
    redis: Redis,
    notebook: Arc<Notebook>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Member {
    async fn start(url: &str, id: &str) -> Self {
        let config = RedisConfig::new(url.to_owned());
        let redis = Redis::connect(&config).await.unwrap();
        let notebook = Arc::new(Notebook::default());
        let handler = Arc::<Notebook>::clone(&notebook);
        let peers =
            RedisPeers::new(redis.clone(), id.into(), "1.2.3", Arc::new(SharedClock::at(17)), handler);
        let stop = CancellationToken::new();
        let running = tokio::spawn(Arc::<RedisPeers>::clone(&peers).run(stop.clone()));
        Self { peers, redis, notebook, stop, running }
    }

    /// Dies without a word.
    async fn die(self) {
        self.running.abort();
        self.running.await.unwrap_err();
    }

    async fn leave(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }

    fn sees(&self) -> String {
        self.peers.alive().iter().map(|node| node.id.as_str()).collect()
    }

    fn told(&self) -> Vec<ControlMessage> {
        self.notebook.told.lock().unwrap().clone()
    }

    async fn ask(&self, node: &str, topic: &str, deadline: Duration) -> Result<Bytes, AskError> {
        self.peers.ask(&NodeId::from(node), topic, "hello".into(), deadline).await
    }
}

/// Nodes that have joined, named `a`, `b` and so on.
async fn joined<const N: usize>(url: &str) -> [Member; N] {
    let mut members = Vec::new();
    for name in ('a'..='z').take(N) {
        members.push(Member::start(url, &name.to_string()).await);
    }
    for member in &members {
        within(5 * SECOND, "it joins", member.peers.joined()).await;
    }
    let all: String = ('a'..='z').take(N).collect();
    until(5 * SECOND, "all see all", || members.iter().all(|member| member.sees() == all)).await;
    members.try_into().ok().unwrap()
}

async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(limit, work).await;
    assert!(done.is_ok(), "{what}: not within {limit:?}");
    done.unwrap()
}

/// Waits until something is true, at most so long, and gives how long it took.
async fn until(limit: Duration, what: &str, mut is_true: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

type Changes = watch::Receiver<Arc<[NodeInfo]>>;

/// What changes from now on.
fn changes_of<const N: usize>(members: [&Member; N]) -> [Changes; N] {
    members.map(|member| {
        let mut changes = member.peers.changes();
        changes.mark_unchanged();
        changes
    })
}

fn any_changed(changes: &[Changes]) -> bool {
    changes.iter().any(|changes| changes.has_changed().unwrap())
}

fn message(number: u64) -> ControlMessage {
    let target =
        Target { school: SchoolId::generate(), user: UserId("ada".into()), client: None, session: None };
    ControlMessage::Refresh { target, expires_at: Some(number) }
}

async fn see_each_other(url: &str) {
    let a = Member::start(url, "a").await;
    let alone = until(SECOND, "the first node is there", || !a.peers.is_isolated()).await;
    within(SECOND / 2, "a node without others joins", a.peers.joined()).await;
    let b = Member::start(url, "b").await;
    let two = until(SECOND, "two see each other", || a.sees() == "ab" && b.sees() == "ab").await;
    let c = Member::start(url, "c").await;
    let three = until(SECOND, "three do", || [&a, &b, &c].iter().all(|node| node.sees() == "abc")).await;
    eprintln!("alone {alone:?}, two {two:?}, three {three:?}");
    let seen = a.peers.alive();
    assert_eq!(seen[1].version, "1.2.3");
    assert!((17..1_000).contains(&seen[1].started_at) && !seen[1].draining);
    assert_eq!(seen[1].load, Load { connections: 3, subscriptions: 5, rooms: 2, load_permille: 70 });
    let mut changes = a.peers.changes();
    changes.mark_unchanged();
    sleep(2 * SECOND).await;
    assert!(!changes.has_changed().unwrap(), "nothing changes while all are well");
    c.peers.begin_drain();
    until(SECOND, "going down is seen", || a.peers.alive()[2].draining).await;
    assert!(changes.has_changed().unwrap());
    c.leave().await;
    until(SECOND, "a goodbye is heard", || a.sees() == "ab" && b.sees() == "ab").await;
    assert!(a.peers.is_alive("b") && !a.peers.is_alive("c"));
}

async fn miss_the_silent(url: &str) {
    let [a, b, c] = joined(url).await;
    c.die().await;
    let took =
        until(Duration::from_millis(2_500), "silence is noticed", || a.sees() == "ab" && b.sees() == "ab")
            .await;
    eprintln!("gone after {took:?}");
    assert!(took > SECOND, "a late heartbeat is no death");
}

async fn tell_all(url: &str) {
    let [a, b, c] = joined(url).await;
    let messages: Vec<_> = (0..50).map(message).collect();
    for message in &messages {
        a.peers.tell_all(message).await.unwrap();
    }
    assert_eq!(a.told(), messages, "the teller has done it already");
    until(SECOND, "all are told", || [&b, &c].iter().all(|node| node.told().len() == 50)).await;
    sleep(SECOND).await;
    for member in [&a, &b, &c] {
        assert_eq!(member.told(), messages, "in order, and once though heartbeats bring it, too");
    }
    let late = Member::start(url, "d").await;
    late.peers.joined().await;
    assert_eq!(late.told(), [], "what was told before a node came is not for it");
}

async fn ask_each_other(url: &str) {
    let [a, b, c] = joined(url).await;
    let began = Instant::now();
    for (asker, asked) in [(&a, "b"), (&b, "a"), (&a, "a"), (&c, "b")] {
        assert_eq!(asker.ask(asked, "echo", SECOND).await.unwrap(), "hello");
    }
    eprintln!("four answers in {:?}", began.elapsed());
    assert_eq!(a.ask("b", "unknown", 9 * SECOND).await, Err(AskError::Unavailable));
    assert_eq!(a.ask("nobody", "echo", 9 * SECOND).await, Err(AskError::Gone));
    let began = Instant::now();
    assert_eq!(a.ask("b", "sleep", SECOND / 2).await, Err(AskError::Deadline));
    assert_eq!(a.ask("a", "sleep", SECOND / 2).await, Err(AskError::Deadline));
    assert!((SECOND..2 * SECOND).contains(&began.elapsed()));
    let large = Bytes::from(vec![b'\n'; MAX_BODY]);
    let echoed = a.peers.ask(b.peers.own_id(), "echo", large.clone(), 9 * SECOND).await.unwrap();
    assert_eq!(echoed, large);
    let larger = Bytes::from(vec![0; MAX_BODY + 1]);
    let refused = a.peers.ask(b.peers.own_id(), "echo", larger, 9 * SECOND).await;
    assert_eq!(refused, Err(AskError::Unavailable));

    let all = a.peers.ask_all("echo", "hello".into(), SECOND).await;
    let expected = ["a", "b", "c"].map(|node| (node.into(), Ok(Bytes::from("hello"))));
    assert_eq!(all, expected);

    let asked = a.ask("c", "sleep", 9 * SECOND);
    let dies = async {
        sleep(SECOND / 2).await;
        c.die().await;
    };
    let (outcome, ()) = within(4 * SECOND, "a death is noticed", async { tokio::join!(asked, dies) }).await;
    assert_eq!(outcome, Err(AskError::Gone));
    assert_eq!(a.ask("c", "echo", 9 * SECOND).await, Err(AskError::Gone));
}

async fn ask_many_at_once(url: &str) {
    let [a, b] = joined(url).await;
    let asks = (0..500).map(|number: u64| {
        let (a, body) = (&a, Bytes::from(number.to_string()));
        async move { a.peers.ask(&"b".into(), "echo", body.clone(), 9 * SECOND).await == Ok(body) }
    });
    let answered = futures_util::future::join_all(asks).await;
    assert!(answered.into_iter().all(|right| right));
    assert_eq!(*b.notebook.asked.lock().unwrap(), 500);
}

async fn hear_again_when_deaf(url: &str) {
    let [a, b] = joined(url).await;
    let channel = |name: &str, key: &str| {
        let partition = a.redis.partitions().of(name.as_bytes());
        (partition, vec![a.redis.key(partition, key)])
    };
    // Behind the node's back, as a failover does it.
    for (partition, channels) in [channel("node:b", "node:b"), channel("nodes", "control")] {
        b.redis.unsubscribe(partition, channels).await.unwrap();
    }
    a.peers.tell_all(&message(1)).await.unwrap();
    until(SECOND, "a deaf node is told by its heartbeat", || b.told().len() == 1).await;
    assert_eq!(a.ask("b", "echo", SECOND).await, Err(AskError::Unavailable));
    let healed = async {
        while a.ask("b", "echo", SECOND).await.is_err() {
            sleep(SECOND / 10).await;
        }
    };
    within(5 * SECOND, "the ears are healed", healed).await;
}

macro_rules! on_both {
    ($($name:ident: $story:ident),+ $(,)?) => {
        mod single {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    $story(&Server::single().url()).await;
                }
            )+
        }
        mod cluster {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    $story(&Cluster::three_masters().url()).await;
                }
            )+
        }
    };
}

on_both! {
    nodes_see_each_other_within_a_second: see_each_other,
    a_silent_node_is_gone_within_two_and_a_half_seconds: miss_the_silent,
    what_one_tells_all_do_within_a_second_and_once: tell_all,
    one_asks_another_and_learns_why_there_is_no_answer: ask_each_other,
    many_questions_at_once_get_their_own_answers: ask_many_at_once,
    a_node_that_does_not_hear_itself_subscribes_anew: hear_again_when_deaf,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_while_subscriptions_break_is_heard_within_a_second_and_once() {
    let server = Server::single();
    let [a, b, c] = joined(&server.url()).await;
    let mut expected = Vec::new();
    for number in 0..20 {
        if number % 2 == 0 {
            server.kill_pubsub_connections();
        }
        expected.push(message(number));
        a.peers.tell_all(&expected[expected.len() - 1]).await.unwrap();
        let heard = || [&b, &c].iter().all(|node| node.told().len() == expected.len());
        until(SECOND, "all are told", heard).await;
        sleep(Duration::from_millis(20 * number)).await;
    }
    sleep(SECOND).await;
    for member in [&a, &b, &c] {
        assert_eq!(member.told(), expected);
    }
    until(5 * SECOND, "they see each other", || a.sees() == "abc").await;
    assert_eq!(a.ask("c", "echo", SECOND).await.unwrap(), "hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_a_node_is_isolated_and_gives_nobody_up_until_all_are_back() {
    let server = Server::single();
    let [a, b, c] = joined(&server.url()).await;
    let changes = changes_of([&a, &b, &c]);
    let returns = a.peers.returns();
    assert_eq!(*returns.borrow(), 0);

    server.kill();
    let isolated = || [&a, &b, &c].iter().all(|node| node.peers.is_isolated());
    let took = until(2 * SECOND, "isolation is noticed", isolated).await;
    eprintln!("isolated after {took:?}");
    assert!(took > SECOND);
    let began = Instant::now();
    assert_eq!(a.ask("b", "echo", 9 * SECOND).await, Err(AskError::Unavailable));
    assert_eq!(a.ask("a", "echo", 9 * SECOND).await.unwrap(), "hello");
    assert!(began.elapsed() < SECOND / 2, "whoever is isolated knows at once");
    a.peers.tell_all(&message(1)).await.unwrap_err();
    assert_eq!(a.told().len(), 1, "what can be done here is done");
    sleep(3 * SECOND).await;
    assert_eq!(a.sees(), "abc");

    server.restart();
    let back = || [&a, &b, &c].iter().all(|node| !node.peers.is_isolated());
    let took = until(5 * SECOND, "all are back", back).await;
    eprintln!("back after {took:?}");
    sleep(4 * SECOND).await;
    assert!(!any_changed(&changes), "nobody was given up");
    assert_eq!(*returns.borrow(), 1);
    assert_eq!(c.ask("b", "echo", SECOND).await.unwrap(), "hello");
    a.peers.tell_all(&message(2)).await.unwrap();
    until(SECOND, "all are told", || [&b, &c].iter().all(|node| node.told().len() == 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_given_up_when_redis_loses_its_data() {
    let server = Server::single();
    let [a, b] = joined(&server.url()).await;
    a.peers.tell_all(&message(1)).await.unwrap();
    let changes = changes_of([&a, &b]);
    server.flush();
    a.peers.tell_all(&message(2)).await.unwrap();
    until(SECOND, "what is told then is heard", || b.told().len() == 2).await;
    sleep(4 * SECOND).await;
    assert!(!any_changed(&changes));
    assert_eq!((a.told().len(), b.told().len()), (2, 2));
    b.die().await;
    until(3 * SECOND, "death is noticed as ever", || a.sees() == "a").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_makes_nodes_isolated_and_gives_nobody_up() {
    let server = Server::single();
    let [a, b] = joined(&server.url()).await;
    let changes = changes_of([&a, &b]);
    server.stop();
    let isolated = || a.peers.is_isolated() && b.peers.is_isolated();
    until(2 * SECOND, "isolation is noticed", isolated).await;
    sleep(2 * SECOND).await;
    server.cont();
    until(5 * SECOND, "both are back", || !a.peers.is_isolated() && !b.peers.is_isolated()).await;
    sleep(4 * SECOND).await;
    assert!(!any_changed(&changes));
    assert_eq!(a.ask("b", "echo", SECOND).await.unwrap(), "hello");
}

/// Waits until all tell and ask each other as ever.
async fn until_well<const N: usize>(limit: Duration, members: [&Member; N]) {
    let began = Instant::now();
    let well = async {
        for (number, member) in (1_000..).zip(members) {
            while member.peers.is_isolated() || member.peers.tell_all(&message(number)).await.is_err() {
                sleep(SECOND / 20).await;
            }
            for other in members {
                while member.ask(other.peers.own_id().as_str(), "echo", SECOND).await.is_err() {
                    sleep(SECOND / 20).await;
                }
            }
        }
    };
    within(limit, "all are well", well).await;
    eprintln!("well after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_go_on_when_slots_move() {
    let cluster = Cluster::three_masters();
    let [a, b] = joined(&cluster.url()).await;
    let changes = changes_of([&a, &b]);
    for (name, key) in [("nodes", "nodes"), ("node:b", "node:b")] {
        let key = a.redis.key(a.redis.partitions().of(name.as_bytes()), key);
        let to = (cluster.master_of(&key) + 1) % 3;
        tokio::task::block_in_place(|| cluster.move_slot_of(&key, to));
    }
    until_well(8 * SECOND, [&a, &b]).await;
    let before = b.told().len();
    a.peers.tell_all(&message(1)).await.unwrap();
    until(SECOND, "all are told", || b.told().len() > before).await;
    assert!(!any_changed(&changes), "nobody was given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_go_on_when_a_replica_takes_over_their_registry() {
    let cluster = tokio::task::block_in_place(Cluster::three_masters_and_replicas);
    let [a, b] = joined(&cluster.url()).await;
    let changes = changes_of([&a, &b]);
    let key = a.redis.key(a.redis.partitions().of(b"nodes"), "nodes");
    cluster.masters()[cluster.master_of(&key)].kill();
    until(3 * SECOND, "isolation is noticed", || a.peers.is_isolated() && b.peers.is_isolated()).await;
    until_well(12 * SECOND, [&a, &b]).await;
    sleep(4 * SECOND).await;
    assert!(!any_changed(&changes), "nobody was given up");
}
