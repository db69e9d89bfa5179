//! What every broker must do, as tests. Call [`all`] from the tests of an implementation.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::{
    Broker, BrokerSink, Conflate, Delivery, Draft, HistoryOptions, HistoryQuery, Previous, PublishOptions,
};
use crate::key::ChannelKey;
use async_trait::async_trait;
use protocol::{Channel, ClientInfo, Payload, Publication, ids::SchoolId};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Notes what arrives.
#[derive(Default)]
pub struct Notebook {
    publications: Mutex<Vec<(ChannelKey, Publication, Delivery)>>,
    members: Mutex<Vec<(ChannelKey, bool, ClientInfo)>>,
    followed: Mutex<HashSet<ChannelKey>>,
    losses: Mutex<Vec<ChannelKey>>,
}

#[async_trait]
impl BrokerSink for Notebook {
    async fn admit(&self, _: &ChannelKey) {}
    fn publication(&self, key: &ChannelKey, publication: Publication, delivery: Delivery) {
        self.publications.lock().unwrap().push((key.clone(), publication, delivery));
    }
    fn join(&self, key: &ChannelKey, info: ClientInfo) {
        self.members.lock().unwrap().push((key.clone(), true, info));
    }
    fn leave(&self, key: &ChannelKey, info: ClientInfo) {
        self.members.lock().unwrap().push((key.clone(), false, info));
    }
    fn lost(&self, key: &ChannelKey) {
        self.losses.lock().unwrap().push(key.clone());
    }
    fn follows(&self, key: &ChannelKey) -> bool {
        self.followed.lock().unwrap().contains(key)
    }
}

impl Notebook {
    /// Says from now on that the node has subscribers of a channel.
    pub fn follow(&self, key: &ChannelKey) {
        self.followed.lock().unwrap().insert(key.clone());
    }

    /// Says from now on that the node has none.
    pub fn unfollow(&self, key: &ChannelKey) {
        self.followed.lock().unwrap().remove(key);
    }

    /// Publications of a channel that have arrived.
    #[must_use]
    pub fn count(&self, key: &ChannelKey) -> usize {
        self.publications.lock().unwrap().iter().filter(|(other, ..)| other == key).count()
    }

    /// How often a channel was said to have lost something.
    #[must_use]
    pub fn losses(&self, key: &ChannelKey) -> usize {
        self.losses.lock().unwrap().iter().filter(|other| *other == key).count()
    }

    /// Waits until `count` publications of a channel have arrived, and gives their payloads and offsets.
    async fn arrived(&self, key: &ChannelKey, count: usize) -> Vec<(u64, u64)> {
        for _ in 0..200 {
            let arrived: Vec<_> = {
                let all = self.publications.lock().unwrap();
                let own = all.iter().filter(|(other, ..)| other == key);
                own.map(|(_, publication, _)| (publication.data.read().unwrap(), publication.offset))
                    .collect()
            };
            if arrived.len() >= count {
                return arrived;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{count} publications did not arrive");
    }
}

fn key() -> ChannelKey {
    ChannelKey::new(SchoolId::generate(), Channel::parse("contract:a").unwrap())
}

fn draft(number: u64) -> Draft {
    Draft::new(Payload::of(&number))
}

fn kept(size: usize, ttl: Duration) -> PublishOptions {
    PublishOptions { history: Some(HistoryOptions { size, ttl }), ..PublishOptions::default() }
}

const MINUTE: Duration = Duration::from_secs(60);

fn query(limit: usize, since: Option<u64>, reverse: bool) -> HistoryQuery {
    HistoryQuery { limit, since, reverse }
}

fn offsets(publications: &[Publication]) -> Vec<u64> {
    publications.iter().map(|publication| publication.offset).collect()
}

/// Runs the whole suite over brokers that `make` builds.
pub async fn all<B: Broker>(make: impl Fn(Arc<Notebook>) -> B) {
    let fresh = || {
        let notebook = Arc::new(Notebook::default());
        (make(Arc::clone(&notebook)), notebook)
    };
    let (broker, notes) = fresh();
    publications_arrive_in_order_with_growing_offsets(&broker, &notes).await;
    let (broker, notes) = fresh();
    publications_without_history_have_no_position(&broker, &notes).await;
    let (broker, notes) = fresh();
    an_idempotency_key_publishes_once(&broker, &notes).await;
    let (broker, _) = fresh();
    history_is_paged_both_ways(&broker).await;
    let (broker, _) = fresh();
    history_keeps_size_and_time(&broker).await;
    let (broker, _) = fresh();
    removed_history_keeps_the_position(&broker).await;
    let (broker, notes) = fresh();
    schools_do_not_share_channels(&broker, &notes).await;
    let (broker, notes) = fresh();
    members_are_told_in_order(&broker, &notes).await;
    let (broker, notes) = fresh();
    a_delta_is_made_from_the_publication_before(&broker, &notes).await;
    let (broker, notes) = fresh();
    racing_publishers_leave_no_hole(broker, &notes).await;
}

async fn publications_arrive_in_order_with_growing_offsets(broker: &impl Broker, notes: &Notebook) {
    let key = key();
    broker.subscribe(&key).await.unwrap();
    let mut epochs = Vec::new();
    for number in 1..=20 {
        let position = broker.publish(&key, draft(number), &kept(100, MINUTE)).await.unwrap();
        assert_eq!(position.offset, number);
        epochs.push(position.epoch);
    }
    epochs.dedup();
    assert_eq!(epochs.len(), 1);
    assert!(!epochs[0].is_empty());
    assert_eq!(notes.arrived(&key, 20).await, (1..=20).map(|number| (number, number)).collect::<Vec<_>>());
    let first = notes.publications.lock().unwrap()[0].1.clone();
    assert_eq!(first.epoch.as_ref(), Some(&epochs[0]), "the first publication carries the epoch");
}

async fn publications_without_history_have_no_position(broker: &impl Broker, notes: &Notebook) {
    let key = key();
    broker.subscribe(&key).await.unwrap();
    let options = PublishOptions { conflate: Some(Conflate("count")), ..PublishOptions::default() };
    let position = broker.publish(&key, draft(7), &options).await.unwrap();
    assert_eq!((position.offset, position.epoch.as_str()), (0, ""));
    assert_eq!(notes.arrived(&key, 1).await, [(7, 0)]);
    assert_eq!(notes.publications.lock().unwrap()[0].2.conflate, Some(Conflate("count")));
}

async fn an_idempotency_key_publishes_once(broker: &impl Broker, notes: &Notebook) {
    let key = key();
    broker.subscribe(&key).await.unwrap();
    for history in [None, kept(10, MINUTE).history] {
        let name = format!("room:{}", history.is_some());
        let options = PublishOptions { history, idempotency_key: Some(name), ..PublishOptions::default() };
        let first = broker.publish(&key, draft(1), &options).await.unwrap();
        assert_eq!(broker.publish(&key, draft(1), &options).await.unwrap(), first);
    }
    broker.publish(&key, draft(2), &PublishOptions::default()).await.unwrap();
    assert_eq!(notes.arrived(&key, 3).await, [(1, 0), (1, 1), (2, 0)]);
}

async fn history_is_paged_both_ways(broker: &impl Broker) {
    let key = key();
    for number in 1..=6 {
        broker.publish(&key, draft(number), &kept(5, MINUTE)).await.unwrap();
    }
    for (query, expected) in [
        (query(0, None, false), vec![]),
        (query(10, None, false), vec![2, 3, 4, 5, 6]),
        (query(2, None, false), vec![2, 3]),
        (query(2, Some(3), false), vec![4, 5]),
        (query(2, None, true), vec![6, 5]),
        (query(2, Some(4), true), vec![3, 2]),
        (query(9, Some(6), false), vec![]),
    ] {
        let page = broker.history(&key, &query).await.unwrap();
        assert_eq!(offsets(&page.publications), expected, "{query:?}");
        assert_eq!(page.top.offset, 6);
    }
}

async fn history_keeps_size_and_time(broker: &impl Broker) {
    let key = key();
    let empty = broker.history(&key, &query(10, None, false)).await.unwrap();
    assert_eq!(empty.top.offset, 0);
    let ttl = Duration::from_millis(1500);
    broker.publish(&key, draft(1), &kept(5, ttl)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    broker.publish(&key, draft(2), &kept(5, MINUTE)).await.unwrap();
    let page = broker.history(&key, &query(10, None, false)).await.unwrap();
    assert_eq!(offsets(&page.publications), [2]);
    assert_eq!(page.top.epoch, empty.top.epoch, "a read makes the stream, a publication goes on with it");
}

async fn removed_history_keeps_the_position(broker: &impl Broker) {
    let key = key();
    broker.publish(&key, draft(1), &kept(5, MINUTE)).await.unwrap();
    broker.remove_history(&key).await.unwrap();
    let page = broker.history(&key, &query(10, None, false)).await.unwrap();
    assert_eq!((page.publications.len(), page.top.offset), (0, 1));
}

async fn schools_do_not_share_channels(broker: &impl Broker, notes: &Notebook) {
    let (ours, theirs) = (key(), key());
    assert_eq!(ours.channel, theirs.channel);
    broker.subscribe(&ours).await.unwrap();
    broker.subscribe(&theirs).await.unwrap();
    broker.publish(&ours, draft(1), &kept(5, MINUTE)).await.unwrap();
    broker.publish(&theirs, draft(2), &kept(5, MINUTE)).await.unwrap();
    assert_eq!(notes.arrived(&ours, 1).await, [(1, 1)]);
    assert_eq!(notes.arrived(&theirs, 1).await, [(2, 1)]);
    let page = broker.history(&theirs, &query(10, None, false)).await.unwrap();
    assert_eq!(page.publications.len(), 1);
}

async fn members_are_told_in_order(broker: &impl Broker, notes: &Notebook) {
    let key = key();
    broker.subscribe(&key).await.unwrap();
    let info = ClientInfo { user: "u".into(), client: "c".into(), conn_info: None, chan_info: None };
    broker.join(&key, info.clone()).await.unwrap();
    broker.leave(&key, info.clone()).await.unwrap();
    for _ in 0..200 {
        if notes.members.lock().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let members = notes.members.lock().unwrap().clone();
    assert_eq!(members, [(key.clone(), true, info.clone()), (key, false, info)]);
}

async fn a_delta_is_made_from_the_publication_before(broker: &impl Broker, notes: &Notebook) {
    let key = key();
    broker.subscribe(&key).await.unwrap();
    let plain = kept(1, MINUTE);
    let wanted = PublishOptions { delta: true, ..plain.clone() };
    for (number, options) in [(1, &wanted), (2, &wanted), (3, &plain), (4, &wanted)] {
        broker.publish(&key, Draft { time: 1_000 + number, ..draft(number) }, options).await.unwrap();
    }
    broker.remove_history(&key).await.unwrap();
    broker.publish(&key, draft(5), &wanted).await.unwrap();
    broker.publish(&key, draft(6), &PublishOptions { history: None, ..wanted }).await.unwrap();
    notes.arrived(&key, 6).await;
    let all = notes.publications.lock().unwrap();
    let from = |offset: u64| Some(Previous { offset, data: Payload::of(&offset) });
    let previous: Vec<_> = all.iter().map(|(_, _, delivery)| delivery.previous.clone()).collect();
    assert_eq!(
        previous,
        [None, from(1), None, from(3), None, None],
        "whatever the publication before was meant for"
    );
    let times: Vec<u64> = all.iter().map(|(_, publication, _)| publication.time).collect();
    assert_eq!(times, [1_001, 1_002, 1_003, 1_004, 0, 0]);
}

async fn racing_publishers_leave_no_hole(broker: impl Broker, notes: &Notebook) {
    let key = key();
    broker.subscribe(&key).await.unwrap();
    let publish = |number| {
        let (broker, key) = (&broker, &key);
        async move { broker.publish(key, draft(number), &kept(500, MINUTE)).await.unwrap() }
    };
    futures_util::future::join_all((0..200).map(publish)).await;
    let arrived = notes.arrived(&key, 200).await;
    let offsets: Vec<u64> = arrived.iter().map(|(_, offset)| *offset).collect();
    assert_eq!(offsets, (1..=200).collect::<Vec<_>>());
}
