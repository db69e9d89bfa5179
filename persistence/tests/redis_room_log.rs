//! The log of rooms in Redis: the contract on one server and on a cluster, leases, and what a restart leaves.

#![expect(clippy::unwrap_used, reason = "tests")]

use persistence::RedisRoomLog;
use persistence::redis::{Redis, RedisConfig};
use persistence::room_log::{AppendError, Claim, Fence, LogEntry, Renewal, RoomKey, RoomLease, RoomLog};
use protocol::ids::SchoolId;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use test_servers::redis::{Cluster, Server, ServerOptions};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

/// A log of its own in a Redis that tests share.
async fn log_in(config: RedisConfig) -> RedisRoomLog {
    let prefix = format!("t{}", Uuid::new_v4().simple());
    RedisRoomLog::new(Redis::connect(&RedisConfig { prefix, ..config }).await.unwrap())
}

/// What the tests that run now share; it ends with the last of them.
fn shared<T>(place: &Mutex<Weak<T>>, start: fn() -> T) -> Arc<T> {
    let mut place = place.lock().unwrap();
    place.upgrade().unwrap_or_else(|| {
        let started = Arc::new(start());
        *place = Arc::downgrade(&started);
        started
    })
}

mod single {
    use super::*;

    async fn fresh() -> (RedisRoomLog, Arc<Server>) {
        static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let server = shared(&SERVER, Server::single);
        (log_in(RedisConfig::new(server.url())).await, server)
    }

    persistence::room_log_contract!(fresh);
}

mod cluster {
    use super::*;

    async fn fresh() -> (RedisRoomLog, Arc<Cluster>) {
        static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let cluster = shared(&CLUSTER, Cluster::three_masters);
        (log_in(RedisConfig::new(cluster.url())).await, cluster)
    }

    persistence::room_log_contract!(fresh);

    #[tokio::test]
    async fn leases_are_renewed_over_all_partitions() {
        let (log, _cluster) = fresh().await;
        let mut held = Vec::new();
        for _ in 0..200 {
            let room = room();
            held.push((room.clone(), claim(&log, &room, "a", MINUTE).await));
        }
        assert_eq!(log.renew(&held, "a", MINUTE).await, Renewal::default());
        log.release(&held[7].0, "a").await.unwrap();
        claim(&log, &held[7].0, "b", MINUTE).await;
        log.acquire(&held[150].0).await.unwrap();
        let mut lost = log.renew(&held, "a", MINUTE).await.lost;
        lost.sort();
        let mut expected = vec![held[7].0.clone(), held[150].0.clone()];
        expected.sort();
        assert_eq!(lost, expected);
    }
}

fn room() -> RoomKey {
    RoomKey { school: SchoolId::generate(), kind: "quiz".to_owned(), id: Uuid::now_v7() }
}

fn entry(seq: u64) -> LogEntry {
    LogEntry { seq, at: seq * 10, body: seq.to_string().into_bytes() }
}

async fn claim(log: &RedisRoomLog, room: &RoomKey, node: &str, ttl: Duration) -> Fence {
    match log.claim(room, node, ttl).await.unwrap() {
        Claim::Held { fence } => fence,
        Claim::Other { node, left_ms } => unreachable!("{node} holds it for {left_ms} ms"),
    }
}

async fn single() -> (RedisRoomLog, Server) {
    let server = Server::single();
    (log_in(RedisConfig::new(server.url())).await, server)
}

#[tokio::test]
async fn a_lease_keeps_others_away_while_it_lasts() {
    let (log, _server) = single().await;
    let room = room();
    let first = claim(&log, &room, "a", Duration::from_millis(400)).await;
    log.append(&room, first, &[entry(1)]).await.unwrap();
    let other = log.claim(&room, "b", MINUTE).await.unwrap();
    assert!(
        matches!(&other, Claim::Other { node, left_ms } if node == "a" && (1..=400).contains(left_ms)),
        "{other:?}"
    );
    assert_eq!(
        log.renew(&[(room.clone(), first)], "a", Duration::from_millis(400)).await,
        Renewal::default()
    );
    tokio::time::sleep(Duration::from_millis(450)).await;
    let second = claim(&log, &room, "b", MINUTE).await;
    assert!(first < second);
    let late = log.append(&room, first, &[entry(2)]).await;
    assert!(matches!(late, Err(AppendError::Fenced { .. })), "{late:?}");
    let renewal = log.renew(&[(room.clone(), first)], "a", MINUTE).await;
    assert_eq!(renewal.lost, std::slice::from_ref(&room));
    log.append(&room, second, &[entry(2)]).await.unwrap();
    assert_eq!(log.open_rooms("quiz").await.unwrap(), [room]);
}

#[tokio::test]
async fn a_lease_that_ended_is_prolonged_if_nobody_came() {
    let (log, _server) = single().await;
    let room = room();
    let fence = claim(&log, &room, "a", Duration::from_millis(1)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(log.renew(&[(room.clone(), fence)], "a", MINUTE).await, Renewal::default());
    assert!(matches!(log.claim(&room, "b", MINUTE).await.unwrap(), Claim::Other { .. }));
    log.append(&room, fence, &[entry(1)]).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_free() {
    let (log, _server) = single().await;
    let room = room();
    let first = claim(&log, &room, "a", MINUTE).await;
    log.release(&room, "b").await.unwrap();
    assert!(matches!(log.claim(&room, "b", MINUTE).await.unwrap(), Claim::Other { .. }));
    log.release(&room, "a").await.unwrap();
    assert!(first < claim(&log, &room, "b", MINUTE).await);
}

#[tokio::test]
async fn a_node_may_claim_its_room_again() {
    let (log, _server) = single().await;
    let room = room();
    let first = claim(&log, &room, "a", MINUTE).await;
    let second = claim(&log, &room, "a", MINUTE).await;
    assert!(first < second);
    let renewal = log.renew(&[(room.clone(), first)], "a", MINUTE).await;
    assert_eq!(renewal.lost, std::slice::from_ref(&room));
    assert_eq!(log.renew(&[(room, second)], "a", MINUTE).await, Renewal::default());
}

#[tokio::test]
async fn leases_are_unanswered_while_the_server_is_gone() {
    let (log, server) = single().await;
    let room = room();
    let fence = claim(&log, &room, "a", MINUTE).await;
    server.kill();
    let renewal = log.renew(&[(room.clone(), fence)], "a", MINUTE).await;
    assert_eq!(renewal, Renewal { lost: Vec::new(), unanswered: vec![room] });
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_crash_of_the_server() {
    let server = Server::with(&ServerOptions { append_only: true, ..ServerOptions::default() });
    let log = log_in(RedisConfig::new(server.url())).await;
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    let entries: Vec<LogEntry> = (1..=300).map(entry).collect();
    for entry in &entries {
        log.append(&room, fence, std::slice::from_ref(entry)).await.unwrap();
    }
    log.snapshot(&room, fence, 150, b"state").await.unwrap();
    server.restart();
    let loaded = loop {
        match log.load(&room).await {
            Ok(loaded) => break loaded.unwrap(),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert_eq!(loaded.snapshot, Some((150, b"state".to_vec())));
    assert_eq!(loaded.tail, entries[150..]);
    log.append(&room, fence, &[entry(301)]).await.unwrap();
    assert!(fence < log.acquire(&room).await.unwrap());
}
