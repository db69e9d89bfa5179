//! Redis as a cluster: slots that move, masters that go.

#![expect(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use persistence::redis::{
    Event, Events, Partition, Redis, RedisConfig, RedisError, Script, StartError, Value,
};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use test_servers::redis::Cluster;
use tokio::time::timeout;

const SET: Script = Script { name: "set", body: "return redis.call('SET', KEYS[1], ARGV[1])" };
const GET: Script = Script { name: "get", body: "return redis.call('GET', KEYS[1])" };
const PUBLISH: Script = Script { name: "publish", body: "return redis.call(ARGV[1], KEYS[1], ARGV[2])" };

const LONG: Duration = Duration::from_millis(2_600);
/// For all subscriptions to be alive again after a master is gone; a node counts as failed after 1.5 s here.
const TAKEOVER: Duration = Duration::from_secs(8);

async fn connect(cluster: &Cluster) -> Redis {
    Redis::connect(&RedisConfig::new(cluster.url())).await.unwrap()
}

async fn set(redis: &Redis, partition: Partition, value: &str) -> Result<Value, RedisError> {
    redis.run(&SET, vec![redis.key(partition, "k")], vec![value.into()]).await
}

async fn get(redis: &Redis, partition: Partition) -> Result<Value, RedisError> {
    redis.run(&GET, vec![redis.key(partition, "k")], Vec::new()).await
}

fn channel(redis: &Redis, partition: Partition) -> String {
    redis.key(partition, "c")
}

async fn publish(redis: &Redis, partition: Partition, payload: &str) -> Result<Value, RedisError> {
    let args = vec![redis.publish_word().into(), payload.into()];
    redis.run(&PUBLISH, vec![channel(redis, partition)], args).await
}

async fn subscribe_to_all(redis: &Redis) {
    for partition in redis.partitions().all() {
        redis.subscribe(partition, vec![channel(redis, partition)]).await.unwrap();
    }
}

/// Publishes to all partitions again and again until a message came through each; returns how long that took.
async fn until_all_are_heard(redis: &Redis, events: &mut Events, limit: Duration) -> Duration {
    let started = Instant::now();
    let mut silent: BTreeSet<String> =
        redis.partitions().all().map(|partition| channel(redis, partition)).collect();
    let publish_to_all = async {
        loop {
            let all = redis.partitions().all().map(|partition| publish(redis, partition, "x"));
            futures_util::future::join_all(all).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let listen = async {
        while !silent.is_empty() {
            if let Event::Message { channel, .. } = events.next().await.unwrap() {
                silent.remove(&channel);
            }
        }
    };
    let heard = async {
        tokio::select! {
            () = listen => {}
            () = publish_to_all => {}
        }
    };
    assert!(timeout(limit, heard).await.is_ok(), "{} partitions are silent", silent.len());
    started.elapsed()
}

/// A partition that the first of the masters serves.
fn partition_of_first(redis: &Redis, cluster: &Cluster) -> Partition {
    redis.partitions().all().find(|partition| cluster.master_of(&redis.key(*partition, "")) == 0).unwrap()
}

#[tokio::test]
async fn a_cluster_is_not_taken_for_one_server() {
    let cluster = Cluster::three_masters();
    let error = Redis::connect(&RedisConfig::new(cluster.masters()[0].url())).await.unwrap_err();
    assert!(matches!(error, StartError::Mode(_)) && error.is_final(), "{error}");
}

#[tokio::test]
async fn a_cluster_without_all_slots_is_not_there_yet() {
    let cluster = Cluster::three_masters();
    // Its owner first, or the owner would tell the others again.
    for master in [1, 0, 2] {
        cluster.masters()[master].cli(&["cluster", "delslots", "6000"]);
    }
    let started = Instant::now();
    loop {
        match Redis::connect(&RedisConfig::new(cluster.url())).await {
            Err(StartError::Unreachable(_)) => break,
            other => assert!(started.elapsed() < LONG, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn each_partition_finds_its_master() {
    let cluster = Cluster::three_masters();
    // One seed is enough.
    let seed = format!("redis-cluster://127.0.0.1:{}", cluster.masters()[2].port());
    let redis = Redis::connect(&RedisConfig::new(seed)).await.unwrap();
    for partition in redis.partitions().all() {
        set(&redis, partition, &partition.0.to_string()).await.unwrap();
    }
    for partition in redis.partitions().all() {
        assert_eq!(get(&redis, partition).await.unwrap().int().unwrap(), i64::from(partition.0));
    }
    let keys: Vec<i64> =
        cluster.masters().iter().map(|master| master.cli(&["dbsize"]).parse().unwrap()).collect();
    // The key of the check at the start may still be there.
    assert!(keys.iter().all(|keys| (42..=45).contains(keys)), "{keys:?}");
}

#[tokio::test]
async fn each_partition_has_its_channels() {
    let cluster = Cluster::three_masters();
    let (here, there) = (connect(&cluster).await, connect(&cluster).await);
    let mut events = here.events();
    subscribe_to_all(&here).await;
    for partition in here.partitions().all() {
        assert_eq!(publish(&there, partition, "hello").await.unwrap(), Value::Int(1));
        let message = timeout(LONG, events.next()).await.unwrap().unwrap();
        let payload = Bytes::from_static(b"hello");
        assert_eq!(message, Event::Message { channel: channel(&here, partition), payload });
    }
    here.unsubscribe(Partition(5), vec![channel(&here, Partition(5))]).await.unwrap();
    publish(&there, Partition(5), "silent").await.unwrap();
    publish(&there, Partition(6), "heard").await.unwrap();
    let next = timeout(LONG, events.next()).await.unwrap().unwrap();
    assert!(matches!(next, Event::Message { payload, .. } if payload == "heard"));
}

#[tokio::test]
async fn a_slot_that_moves_takes_its_keys_and_subscriptions_along() {
    let cluster = Cluster::three_masters();
    let redis = connect(&cluster).await;
    let mut events = redis.events();
    let partition = partition_of_first(&redis, &cluster);
    set(&redis, partition, "before").await.unwrap();
    subscribe_to_all(&redis).await;

    cluster.move_slot_of(&redis.key(partition, "k"), 2);

    // Nobody has sent a command, yet the subscription must come back.
    let back = async { while events.next().await != Some(Event::Reconnected) {} };
    assert!(timeout(Duration::from_secs(3), back).await.is_ok());
    assert_eq!(publish(&redis, partition, "after").await.unwrap(), Value::Int(1));
    let heard = timeout(LONG, events.next()).await.unwrap().unwrap();
    assert!(matches!(heard, Event::Message { payload, .. } if payload == "after"));
    assert_eq!(get(&redis, partition).await.unwrap().text().unwrap(), "before");
    until_all_are_heard(&redis, &mut events, LONG).await;
}

#[tokio::test]
async fn a_command_finds_a_slot_that_has_just_moved() {
    let cluster = Cluster::three_masters();
    let redis = connect(&cluster).await;
    let partition = partition_of_first(&redis, &cluster);
    for to in [1, 2, 0, 1] {
        set(&redis, partition, &to.to_string()).await.unwrap();
        cluster.move_slot_of(&redis.key(partition, "k"), to);
        assert_eq!(get(&redis, partition).await.unwrap().int().unwrap(), i64::try_from(to).unwrap());
    }
}

#[tokio::test]
async fn a_slot_that_is_moving_answers() {
    let cluster = Cluster::three_masters();
    let redis = connect(&cluster).await;
    let partition = partition_of_first(&redis, &cluster);
    set(&redis, partition, "here").await.unwrap();
    let slot = cluster.masters()[0].cli(&["cluster", "keyslot", &redis.key(partition, "k")]);
    let [source, target, _] = cluster.masters() else { unreachable!("three masters") };
    let (source_id, target_id) = (source.cli(&["cluster", "myid"]), target.cli(&["cluster", "myid"]));
    target.cli(&["cluster", "setslot", &slot, "importing", &source_id]);
    source.cli(&["cluster", "setslot", &slot, "migrating", &target_id]);
    // What has not moved is answered by the source, what is new by the target.
    assert_eq!(get(&redis, partition).await.unwrap().text().unwrap(), "here");
    let new = redis.key(partition, "new");
    redis.run(&SET, vec![new.clone()], vec!["there".into()]).await.unwrap();
    assert_eq!(redis.run(&GET, vec![new.clone()], Vec::new()).await.unwrap().text().unwrap(), "there");
    assert_eq!(target.cli(&["cluster", "countkeysinslot", &slot]), "1");
    // A step over both cannot be taken now; the caller is told in time.
    let both = Script { name: "both", body: "return redis.call('MGET', KEYS[1], KEYS[2])" };
    let started = Instant::now();
    let reply = redis.run(&both, vec![redis.key(partition, "k"), new], Vec::new()).await;
    assert!(matches!(reply, Err(RedisError::Unavailable(_))), "{reply:?}");
    assert!(started.elapsed() < LONG);
}

#[tokio::test]
async fn a_master_that_is_away_delays_nobody_else() {
    let cluster = Cluster::three_masters();
    for master in cluster.masters() {
        master.cli(&["config", "set", "cluster-require-full-coverage", "no"]);
    }
    let redis = connect(&cluster).await;
    let others: Vec<Partition> =
        redis.partitions().all().filter(|p| cluster.master_of(&redis.key(*p, "")) == 1).take(5).collect();
    let gone = partition_of_first(&redis, &cluster);
    for hangs in [true, false] {
        if hangs {
            cluster.masters()[0].stop();
        } else {
            cluster.masters()[0].kill();
        }
        let away = Instant::now();
        while away.elapsed() < Duration::from_secs(4) {
            let lost = set(&redis, gone, "x");
            let served = async {
                for partition in &others {
                    let started = Instant::now();
                    set(&redis, *partition, "x").await.unwrap();
                    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let (lost, ()) = tokio::join!(lost, served);
            assert!(lost.is_err());
        }
    }
}

#[tokio::test]
async fn a_replica_takes_over_from_a_master_that_is_killed() {
    let cluster = Cluster::three_masters_and_replicas();
    let redis = connect(&cluster).await;
    let mut events = redis.events();
    subscribe_to_all(&redis).await;
    cluster.masters()[0].kill();
    until_all_are_heard(&redis, &mut events, TAKEOVER).await;
}

#[tokio::test]
async fn a_replica_takes_over_from_a_master_that_hangs() {
    let cluster = Cluster::three_masters_and_replicas();
    let redis = connect(&cluster).await;
    let mut events = redis.events();
    subscribe_to_all(&redis).await;
    cluster.masters()[1].stop();
    until_all_are_heard(&redis, &mut events, TAKEOVER).await;
    // It comes back as a replica; what it still believes must not matter for long.
    cluster.masters()[1].cont();
    tokio::time::sleep(Duration::from_millis(500)).await;
    until_all_are_heard(&redis, &mut events, TAKEOVER).await;
}

#[tokio::test]
async fn subscriptions_come_back_after_their_connections_were_cut() {
    let cluster = Cluster::three_masters();
    let redis = connect(&cluster).await;
    let mut events = redis.events();
    subscribe_to_all(&redis).await;
    for _ in 0..3 {
        cluster.kill_pubsub_connections();
        until_all_are_heard(&redis, &mut events, LONG).await;
    }
}
