//! Presence over real Redis servers.

#![expect(clippy::unwrap_used, reason = "tests")]

use persistence::redis::{Redis, RedisConfig};
use protocol::{
    Channel, ClientInfo, Payload,
    ids::{ClientId, SchoolId},
    reply::PresenceStatsResult,
};
use realtime::{
    ChannelKey,
    presence::{Presence, RedisPresence, contract},
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use test_servers::redis::{Cluster, Server};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

fn key() -> ChannelKey {
    ChannelKey::new(SchoolId::generate(), Channel::parse("class:a").unwrap())
}

fn info(user: &str) -> (ClientId, ClientInfo) {
    let client = ClientId::generate();
    let conn_info = Some(Payload::of(&"seat 3"));
    (client, ClientInfo { user: user.to_owned(), client: client.to_string(), conn_info, chan_info: None })
}

/// The nodes that are not there.
type Gone = Arc<Mutex<HashSet<String>>>;

async fn node(config: &RedisConfig, name: &str, gone: &Gone) -> RedisPresence {
    let redis = Redis::connect(config).await.unwrap();
    let gone = Arc::clone(gone);
    let alive = move |node: &str| !gone.lock().unwrap().contains(node);
    RedisPresence::new(redis, name.to_owned(), Arc::new(alive)).with_grace(Duration::from_millis(300))
}

async fn counts(presence: &RedisPresence, key: &ChannelKey) -> (u32, u32) {
    loop {
        let PresenceStatsResult { num_clients, num_users } = presence.stats(key).await.unwrap();
        let members = presence.members(key).await.unwrap().len();
        // Somebody may have come back between the two questions.
        if presence.stats(key).await.unwrap().num_clients == num_clients {
            assert_eq!(members, usize::try_from(num_clients).unwrap());
            return (num_clients, num_users);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_contract_of_presence() {
    let (server, cluster) = (Server::single(), Cluster::three_masters());
    for config in [RedisConfig::new(server.url()), RedisConfig::new(cluster.url())] {
        contract::all(&node(&config, "one", &Gone::default()).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_all_nodes_are_counted_and_users_once() {
    let server = Server::single();
    let (key, gone) = (key(), Gone::default());
    let one = node(&RedisConfig::new(server.url()), "one", &gone).await;
    let two = node(&RedisConfig::new(server.url()), "two", &gone).await;
    let (phone, ada) = info("ada");
    one.add(&key, phone, ada.clone()).await.unwrap();
    for (client, info) in [info("ada"), info("ben")] {
        two.add(&key, client, info).await.unwrap();
    }
    assert_eq!((counts(&one, &key).await, counts(&two, &key).await), ((3, 2), (3, 2)));
    assert_eq!(two.members(&key).await.unwrap()[&phone.to_string()], ada);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_a_node_that_is_gone_are_not_counted_and_taken_away_in_time() {
    let server = Server::single();
    let (key, gone) = (key(), Gone::default());
    let one = node(&RedisConfig::new(server.url()), "one", &gone).await;
    let two = node(&RedisConfig::new(server.url()), "two", &gone).await;
    for (presence, user) in [(&one, "ada"), (&two, "ada"), (&two, "ben")] {
        let (client, info) = info(user);
        presence.add(&key, client, info).await.unwrap();
    }
    gone.lock().unwrap().insert("two".to_owned());
    assert_eq!(counts(&one, &key).await, (1, 1));
    gone.lock().unwrap().clear();
    assert_eq!(counts(&one, &key).await, (3, 2), "it was away for a moment");
    gone.lock().unwrap().insert("two".to_owned());
    assert_eq!(counts(&one, &key).await, (1, 1));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(counts(&one, &key).await, (1, 1));
    gone.lock().unwrap().clear();
    assert_eq!(counts(&one, &key).await, (1, 1), "they were taken away");
    two.restore().await.unwrap();
    assert_eq!(counts(&one, &key).await, (3, 2), "a node that was there all the time brings its own again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_has_forgotten_is_brought_again_and_who_left_is_not() {
    let server = Server::single();
    let (key, gone) = (key(), Gone::default());
    let presence = Arc::new(node(&RedisConfig::new(server.url()), "one", &gone).await);
    let members: Vec<_> = (0..250).map(|number| info(&number.to_string())).collect();
    for (client, info) in &members {
        presence.add(&key, *client, info.clone()).await.unwrap();
    }
    server.flush();
    assert_eq!(counts(&presence, &key).await, (0, 0));
    let (signal, signals) = watch::channel(0_u64);
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (presence, stop) = (Arc::clone(&presence), stop.clone());
        async move { presence.run(vec![signals], stop).await }
    });
    presence.remove(&key, members[0].0).await.unwrap();
    signal.send(1).unwrap();
    let began = Instant::now();
    while counts(&presence, &key).await != (249, 249) {
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", counts(&presence, &key).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_while_redis_was_away_is_taken_away_when_it_is_back() {
    let server = Server::single();
    let (key, gone) = (key(), Gone::default());
    let presence = Arc::new(node(&RedisConfig::new(server.url()), "one", &gone).await);
    let (staying, leaving) = (info("ada"), info("ben"));
    for (client, info) in [&staying, &leaving] {
        presence.add(&key, *client, info.clone()).await.unwrap();
    }
    server.stop();
    assert!(presence.remove(&key, leaving.0).await.is_err());
    let (coming, info) = info("eve");
    assert!(presence.add(&key, coming, info).await.is_err());
    server.cont();
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (presence, stop) = (Arc::clone(&presence), stop.clone());
        async move { presence.run(Vec::new(), stop).await }
    });
    let began = Instant::now();
    let names = || async {
        let members = presence.members(&key).await.unwrap_or_default();
        members.into_values().map(|info| info.user).collect::<HashSet<_>>()
    };
    while names().await.contains("ben") {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while presence.restore().await.is_err() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(names().await, HashSet::from(["ada".to_owned(), "eve".to_owned()]));
    stop.cancel();
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
}
