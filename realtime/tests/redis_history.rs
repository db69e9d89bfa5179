//! Histories over a real Redis: many who ask for one at the same moment.

#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use futures_util::future::join_all;
use persistence::redis::{Redis, RedisConfig};
use protocol::{Channel, ClientInfo, Payload, Publication, ids::SchoolId};
use realtime::{
    Broker, ChannelKey, PublishOptions,
    broker::{BrokerSink, Coalesced, Delivery, Draft, HistoryOptions, HistoryQuery, RedisBroker},
};
use std::{sync::Arc, time::Duration};
use test_servers::redis::Server;

/// Follows nothing: these tests read.
struct Nobody;

#[async_trait]
impl BrokerSink for Nobody {
    async fn admit(&self, _: &ChannelKey) {}
    fn publication(&self, _: &ChannelKey, _: Publication, _: Delivery) {}
    fn join(&self, _: &ChannelKey, _: ClientInfo) {}
    fn leave(&self, _: &ChannelKey, _: ClientInfo) {}
    fn lost(&self, _: &ChannelKey) {}
    fn follows(&self, _: &ChannelKey) -> bool {
        false
    }
}

/// Scripts that a server has run.
fn scripts(server: &Server) -> u64 {
    let stats = server.cli(&["INFO", "commandstats"]);
    let of = |name: &str| {
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")))?;
        line.split(',').next()?.parse::<u64>().ok()
    };
    of("evalsha").unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_come_back_at_once_share_few_reads_and_each_gets_what_it_missed() {
    const CLIENTS: u64 = 2_000;
    const TOP: u64 = 400;
    let server = Server::single();
    let redis = Redis::connect(&RedisConfig::new(server.url())).await.unwrap();
    let broker = RedisBroker::new(redis, Arc::new(Nobody), "node".to_owned(), |_| true);
    let key = ChannelKey::new(SchoolId::generate(), Channel::parse("news:a").unwrap());
    let history = Some(HistoryOptions { size: 500, ttl: Duration::from_secs(60) });
    let options = PublishOptions { history, ..PublishOptions::default() };
    for number in 1..=TOP {
        broker.publish(&key, Draft::new(Payload::of(&number)), &options).await.unwrap();
    }
    let coalesced = Arc::new(Coalesced::new(broker));
    let before = scripts(&server);
    let back = (0..CLIENTS).map(|client| {
        let (coalesced, key) = (Arc::clone(&coalesced), key.clone());
        tokio::spawn(async move {
            let missed = client % 200;
            let query = HistoryQuery { limit: 300, since: Some(TOP - missed), reverse: false };
            let page = coalesced.history(&key, &query).await.unwrap();
            let offsets: Vec<u64> = page.publications.iter().map(|publication| publication.offset).collect();
            assert_eq!(offsets, (TOP - missed + 1..=TOP).collect::<Vec<_>>());
            let data: Vec<u64> =
                page.publications.iter().map(|publication| publication.data.read().unwrap()).collect();
            assert_eq!((data, page.top.offset), (offsets, TOP));
        })
    });
    assert!(join_all(back).await.into_iter().all(|client| client.is_ok()));
    let reads = scripts(&server) - before;
    assert!((1..CLIENTS / 10).contains(&reads), "{reads} reads for {CLIENTS} clients");
}
