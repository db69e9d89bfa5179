//! The broker over real Redis servers: the contract, two nodes on one Redis, and what must not be lost in silence.

#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use persistence::redis::{Redis, RedisConfig, Script};
use protocol::{Channel, ClientInfo, Payload, Publication, command::StreamPosition, ids::SchoolId};
use realtime::{
    Broker, ChannelKey, PublishOptions,
    broker::{
        BrokerError, BrokerSink, Delivery, Draft, HistoryOptions, HistoryPage, HistoryQuery, RedisBroker,
        contract,
    },
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use test_servers::redis::{Cluster, Server};
use tokio_util::sync::{CancellationToken, DropGuard};

/// What a loss that nothing shows may take until it is noticed.
const NOTICED: Duration = Duration::from_millis(2_500);
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker that runs until it is dropped.
struct Running {
    broker: Arc<RedisBroker>,
    _stop: DropGuard,
}

impl Running {
    fn new(redis: Redis, sink: Arc<dyn BrokerSink>) -> Self {
        let stop = CancellationToken::new();
        let broker = RedisBroker::new(redis, sink, uuid::Uuid::now_v7().to_string(), |_| true);
        tokio::spawn(Arc::clone(&broker).run(stop.clone()));
        Self { broker, _stop: stop.drop_guard() }
    }
}

#[async_trait]
impl Broker for Running {
    async fn subscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.broker.subscribe(key).await
    }
    async fn unsubscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.broker.unsubscribe(key).await
    }
    async fn publish(
        &self,
        key: &ChannelKey,
        draft: Draft,
        options: &PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        self.broker.publish(key, draft, options).await
    }
    async fn join(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        self.broker.join(key, info).await
    }
    async fn leave(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        self.broker.leave(key, info).await
    }
    async fn history(&self, key: &ChannelKey, query: &HistoryQuery) -> Result<HistoryPage, BrokerError> {
        self.broker.history(key, query).await
    }
    async fn remove_history(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.broker.remove_history(key).await
    }
}

async fn keeps_the_contract(config: RedisConfig) {
    // Each broker takes the events of a client of its own.
    let mut clients = Vec::new();
    for _ in 0..12 {
        clients.push(Redis::connect(&config).await.unwrap());
    }
    let clients = Mutex::new(clients);
    contract::all(|sink| Running::new(clients.lock().unwrap().pop().unwrap(), sink)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_brokers_contract_on_one_server() {
    keeps_the_contract(RedisConfig::new(Server::single().url())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_brokers_contract_on_a_cluster() {
    let cluster = Cluster::three_masters();
    keeps_the_contract(RedisConfig::new(cluster.url())).await;
}

/// Notes what is delivered, in order: offsets of publications, and losses.
#[derive(Default)]
struct Diary {
    offsets: Mutex<Vec<(u64, Option<String>)>>,
    losses: Mutex<usize>,
    followed: Mutex<HashSet<ChannelKey>>,
}

#[async_trait]
impl BrokerSink for Diary {
    async fn admit(&self, _: &ChannelKey) {}
    fn publication(&self, _: &ChannelKey, publication: Publication, _: Delivery) {
        self.offsets.lock().unwrap().push((publication.offset, publication.epoch));
    }
    fn join(&self, _: &ChannelKey, _: ClientInfo) {}
    fn leave(&self, _: &ChannelKey, _: ClientInfo) {}
    fn lost(&self, _: &ChannelKey) {
        *self.losses.lock().unwrap() += 1;
    }
    fn follows(&self, key: &ChannelKey) -> bool {
        self.followed.lock().unwrap().contains(key)
    }
}

impl Diary {
    fn offsets(&self) -> Vec<u64> {
        self.offsets.lock().unwrap().iter().map(|(offset, _)| *offset).collect()
    }

    fn losses(&self) -> usize {
        *self.losses.lock().unwrap()
    }
}

/// A node that reads a channel.
struct Node {
    broker: Running,
    diary: Arc<Diary>,
    redis: Redis,
    key: ChannelKey,
}

fn key() -> ChannelKey {
    ChannelKey::new(SchoolId::generate(), Channel::parse("news:a").unwrap())
}

impl Node {
    async fn start(config: &RedisConfig, key: &ChannelKey) -> Self {
        let redis = Redis::connect(config).await.unwrap();
        let diary = Arc::new(Diary::default());
        let broker = Running::new(redis.clone(), Arc::<Diary>::clone(&diary));
        Self { broker, diary, redis, key: key.clone() }
    }

    async fn follow(&self) {
        self.diary.followed.lock().unwrap().insert(self.key.clone());
        self.broker.subscribe(&self.key).await.unwrap();
    }

    async fn unfollow(&self) {
        self.diary.followed.lock().unwrap().remove(&self.key);
        self.broker.unsubscribe(&self.key).await.unwrap();
    }

    async fn publish(&self, number: u64) -> Result<StreamPosition, BrokerError> {
        let history = Some(HistoryOptions { size: 1_000, ttl: Duration::from_secs(60) });
        // Kept from being doubled: an attempt whose answer was lost is made again.
        let idempotency_key = Some(number.to_string());
        let options = PublishOptions { history, idempotency_key, ..PublishOptions::default() };
        self.broker.publish(&self.key, Draft::new(Payload::of(&number)), &options).await
    }

    async fn publish_surely(&self, number: u64) -> StreamPosition {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.publish(number).await {
                Ok(position) => return position,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until something holds, and gives how long it took.
    async fn wait(&self, what: &str, patience: Duration, holds: impl Fn(&Diary) -> bool) -> Duration {
        let began = Instant::now();
        while !holds(&self.diary) {
            let (offsets, losses) = (self.diary.offsets(), self.diary.losses());
            assert!(began.elapsed() < patience, "{what}: got {offsets:?} and {losses} losses");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        began.elapsed()
    }

    async fn wait_for(&self, last: u64, patience: Duration) -> Duration {
        self.wait("what was published", patience, |diary| diary.offsets().last() == Some(&last)).await
    }

    async fn wait_for_loss(&self, patience: Duration) {
        self.wait("a loss", patience, |diary| diary.losses() > 0).await;
    }

    fn name(&self, kind: &str) -> String {
        let name = format!("{}:{}", self.key.school, self.key.channel);
        let partition = self.redis.partitions().of(name.as_bytes());
        self.redis.key(partition, &format!("{kind}:{name}"))
    }

    /// Changes the stream behind the nodes' backs.
    async fn meddle(&self, body: &'static str) {
        let script = Script { name: "meddle", body };
        self.redis.run(&script, vec![self.name("m"), self.name("h")], Vec::new()).await.unwrap();
    }

    /// Takes subscriptions away behind the broker's back.
    async fn mute(&self, with_probes: bool) {
        let name = format!("{}:{}", self.key.school, self.key.channel);
        let partition = self.redis.partitions().of(name.as_bytes());
        let mut names = vec![self.name("c")];
        if with_probes {
            names.push(self.redis.key(partition, "probe"));
        }
        self.redis.unsubscribe(partition, names).await.unwrap();
    }
}

/// Appends a copy of the last publication, and tells nobody.
const LOSE_ONE: &str = "
local offset = redis.call('HINCRBY', KEYS[1], 'o', 1)
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1][2]
return redis.call('XADD', KEYS[2], offset .. '-0', unpack(last))";

/// Counts a publication that is not there.
const LOSE_FOR_EVER: &str = "return redis.call('HINCRBY', KEYS[1], 'o', 1)";

/// What a replica does that takes over without the last two.
const FALL_BACK: &str = "return redis.call('HINCRBY', KEYS[1], 'o', -2)";

async fn pair(config: &RedisConfig) -> (Node, Node) {
    let key = key();
    let (here, there) = (Node::start(config, &key).await, Node::start(config, &key).await);
    there.follow().await;
    (here, there)
}

async fn orders_reach_all_nodes(config: RedisConfig) {
    let (here, there) = pair(&config).await;
    here.follow().await;
    for number in 1..=200 {
        let node = if number % 2 == 0 { &here } else { &there };
        assert_eq!(node.publish(number).await.unwrap().offset, number);
    }
    for node in [&here, &there] {
        node.wait_for(200, PATIENCE).await;
        assert_eq!(node.diary.offsets(), (1..=200).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_publishes_reaches_the_others_in_order() {
    orders_reach_all_nodes(RedisConfig::new(Server::single().url())).await;
    let cluster = Cluster::three_masters();
    orders_reach_all_nodes(RedisConfig::new(cluster.url())).await;
}

/// Publishes while `cut` is done again and again.
async fn everything_arrives_once_while(config: RedisConfig, cut: impl Fn()) {
    const COUNT: u64 = 400;
    let (here, there) = pair(&config).await;
    for number in 1..=COUNT {
        here.publish_surely(number).await;
        if number % 50 == 0 {
            cut();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    there.wait_for(COUNT, NOTICED).await;
    assert_eq!(there.diary.offsets(), (1..=COUNT).collect::<Vec<_>>());
    assert_eq!(there.diary.losses(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_lost_while_connections_were_cut_is_brought_in_order() {
    let server = Server::single();
    everything_arrives_once_while(RedisConfig::new(server.url()), || server.kill_pubsub_connections()).await;
    let cluster = Cluster::three_masters();
    everything_arrives_once_while(RedisConfig::new(cluster.url()), || cluster.kill_pubsub_connections())
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publication_lost_before_others_is_brought_before_them() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    here.publish(1).await.unwrap();
    there.wait_for(1, PATIENCE).await;
    for _ in 0..600 {
        here.meddle(LOSE_ONE).await;
    }
    here.publish(2).await.unwrap();
    there.wait_for(602, PATIENCE).await;
    assert_eq!(there.diary.offsets(), (1..=602).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_last_publication_is_brought_within_two_and_a_half_seconds() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    here.publish(1).await.unwrap();
    there.wait_for(1, PATIENCE).await;
    for offset in 2..=4 {
        here.meddle(LOSE_ONE).await;
        there.wait_for(offset, NOTICED).await;
    }
    assert_eq!((there.diary.offsets(), there.diary.losses()), (vec![1, 2, 3, 4], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_brought_is_told_as_lost() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    here.publish(1).await.unwrap();
    there.wait_for(1, PATIENCE).await;
    here.meddle(LOSE_FOR_EVER).await;
    there.wait_for_loss(NOTICED).await;
    here.publish(2).await.unwrap();
    there.wait_for(3, PATIENCE).await;
    assert_eq!(there.diary.losses(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_that_cannot_be_closed_shows_itself() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    here.publish(1).await.unwrap();
    here.meddle(LOSE_FOR_EVER).await;
    here.publish(2).await.unwrap();
    there.wait_for(3, PATIENCE).await;
    assert_eq!(there.diary.offsets(), [1, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_is_told_and_the_next_publication_carries_another_epoch() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    let before = here.publish(1).await.unwrap();
    there.wait_for(1, PATIENCE).await;
    let mut resets = there.broker.broker.resets();
    // A first look has to have found the partition as it was.
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.flush();
    there.wait_for_loss(NOTICED).await;
    tokio::time::timeout(NOTICED, resets.changed()).await.unwrap().unwrap();
    let after = here.publish(2).await.unwrap();
    assert_eq!(after.offset, 1);
    assert_ne!(after.epoch, before.epoch);
    there.wait("the new life", PATIENCE, |diary| diary.offsets().len() == 2).await;
    assert_eq!(there.diary.offsets.lock().unwrap()[1], (1, Some(after.epoch)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offsets_that_are_given_twice_change_the_epoch() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    for number in 1..=3 {
        here.publish(number).await.unwrap();
    }
    there.wait_for(3, PATIENCE).await;
    let query = HistoryQuery { limit: 0, since: None, reverse: false };
    let before = here.broker.history(&here.key, &query).await.unwrap().top;
    here.meddle(FALL_BACK).await;
    there.wait_for_loss(NOTICED).await;
    let after = here.broker.history(&here.key, &query).await.unwrap().top;
    assert_eq!(after.offset, 1);
    assert_ne!(after.epoch, before.epoch);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_redis_heals_by_itself() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    here.publish(1).await.unwrap();
    there.wait_for(1, PATIENCE).await;
    server.restart();
    there.wait_for_loss(PATIENCE).await;
    let position = here.publish_surely(2).await;
    there.wait("what was published after it", PATIENCE, |diary| diary.offsets().len() == 2).await;
    assert_eq!(there.diary.offsets.lock().unwrap()[1], (1, Some(position.epoch)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_whose_subscriptions_vanish_comes_back() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    here.publish(1).await.unwrap();
    there.wait_for(1, PATIENCE).await;
    there.mute(true).await;
    let deaf = Instant::now();
    tokio::time::sleep(Duration::from_millis(4_200)).await;
    assert!(there.broker.broker.ready().is_ready());
    // Live, and not by a look.
    here.publish(2).await.unwrap();
    there.wait_for(2, Duration::from_millis(500)).await;
    assert!(deaf.elapsed() < Duration::from_secs(5));
    assert_eq!(there.diary.offsets(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_channel_whose_subscription_vanished_comes_back() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    there.mute(false).await;
    here.publish(1).await.unwrap();
    there.wait_for(1, NOTICED).await;
    // The look that brought it subscribes anew right after.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for number in 2..=20 {
        here.publish(number).await.unwrap();
    }
    there.wait_for(20, Duration::from_millis(500)).await;
    assert_eq!(there.diary.offsets(), (1..=20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_whose_slot_moves_loses_nothing() {
    let cluster = Cluster::three_masters();
    let (here, there) = pair(&RedisConfig::new(cluster.url())).await;
    let name = there.name("c");
    let target = (cluster.master_of(&name) + 1) % 3;
    for number in 1..=300 {
        if number == 100 {
            tokio::task::block_in_place(|| cluster.move_slot_of(&name, target));
        }
        here.publish_surely(number).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    there.wait_for(300, Duration::from_secs(5)).await;
    assert_eq!(there.diary.offsets(), (1..=300).collect::<Vec<_>>());
    assert_eq!(there.diary.losses(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_whose_master_dies_goes_on_without_a_silent_hole() {
    let cluster = Cluster::three_masters_and_replicas();
    let (here, there) = pair(&RedisConfig::new(cluster.url())).await;
    let master = cluster.master_of(&there.name("c"));
    let mut last = StreamPosition::default();
    for number in 1..=150 {
        if number == 50 {
            cluster.masters()[master].kill();
        }
        last = here.publish_surely(number).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    there.wait_for(last.offset, Duration::from_secs(8)).await;
    let delivered = there.diary.offsets.lock().unwrap().clone();
    let told = there.diary.losses() > 0 || delivered[1..].iter().any(|(_, epoch)| epoch.is_some());
    let whole = there.diary.offsets() == (1..=last.offset).collect::<Vec<_>>();
    assert!(whole || told, "{delivered:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_unsubscribe_does_not_undo_a_newer_subscribe() {
    let server = Server::single();
    let (here, there) = pair(&RedisConfig::new(server.url())).await;
    // The one that left first is told of last.
    there.broker.unsubscribe(&there.key).await.unwrap();
    here.publish(1).await.unwrap();
    there.wait_for(1, Duration::from_millis(500)).await;
    for _ in 0..50 {
        tokio::join!(there.broker.unsubscribe(&there.key), there.broker.subscribe(&there.key)).0.unwrap();
    }
    here.publish(2).await.unwrap();
    there.wait_for(2, Duration::from_millis(500)).await;
    there.unfollow().await;
    here.publish(3).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(there.diary.offsets(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_is_never_older_than_what_is_delivered() {
    let server = Server::single();
    let key = key();
    let (here, there) = (
        Node::start(&RedisConfig::new(server.url()), &key).await,
        Node::start(&RedisConfig::new(server.url()), &key).await,
    );
    // Somebody is subscribed here, and the broker has not been told yet.
    there.diary.followed.lock().unwrap().insert(key.clone());
    let query = HistoryQuery { limit: 0, since: None, reverse: false };
    assert_eq!(there.broker.history(&key, &query).await.unwrap().top.offset, 0);
    here.publish(1).await.unwrap();
    there.wait_for(1, Duration::from_millis(500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_ready_while_redis_answers() {
    let server = Server::single();
    let (_here, there) = pair(&RedisConfig::new(server.url())).await;
    let until = |ready: bool| {
        let broker = Arc::clone(&there.broker.broker);
        async move {
            let began = Instant::now();
            while broker.ready().is_ready() != ready {
                assert!(began.elapsed() < PATIENCE, "{:?}", broker.ready());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    until(true).await;
    server.stop();
    until(false).await;
    assert!(there.broker.subscribe(&key()).await.is_err());
    server.cont();
    until(true).await;
}
