#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::broker::{MemoryBroker, contract};
use futures_util::future::join_all;
use proptest::prelude::*;
use protocol::{Channel, Payload, Publication, ids::SchoolId};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

/// A stream of which the last `kept` publications are kept. A read takes `takes` and gives what was there when it began,
/// which is the oldest that it may give.
struct Far {
    top: AtomicU64,
    kept: u64,
    takes: Duration,
    reads: AtomicUsize,
    away: AtomicBool,
}

impl Far {
    fn new(top: u64, kept: u64, takes: Duration) -> Arc<Self> {
        let (top, away) = (AtomicU64::new(top), AtomicBool::new(false));
        Arc::new(Self { top, kept, takes, reads: AtomicUsize::new(0), away })
    }

    fn top(&self) -> u64 {
        self.top.load(Ordering::Relaxed)
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    fn publish_one(&self) {
        self.top.fetch_add(1, Ordering::Relaxed);
    }

    /// What a read alone would give while the top is `top`.
    fn page(&self, top: u64, query: &HistoryQuery) -> HistoryPage {
        let kept = top.saturating_sub(self.kept) + 1..=top;
        let wanted = kept.filter(|offset| match query.since {
            None => true,
            Some(since) if query.reverse => *offset < since,
            Some(since) => *offset > since,
        });
        let mut offsets: Vec<u64> = wanted.collect();
        if query.reverse {
            offsets.reverse();
        }
        offsets.truncate(query.limit);
        let publication = |offset| Publication { offset, ..Publication::new(Payload::of(&offset)) };
        let top = StreamPosition { offset: top, epoch: "far".to_owned() };
        HistoryPage { publications: offsets.into_iter().map(publication).collect(), top }
    }
}

#[async_trait]
impl Broker for Far {
    async fn subscribe(&self, _: &ChannelKey) -> Result<(), BrokerError> {
        Ok(())
    }
    async fn unsubscribe(&self, _: &ChannelKey) -> Result<(), BrokerError> {
        Ok(())
    }
    async fn publish(
        &self,
        _: &ChannelKey,
        _: Draft,
        _: &PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        unreachable!()
    }
    async fn join(&self, _: &ChannelKey, _: ClientInfo) -> Result<(), BrokerError> {
        Ok(())
    }
    async fn leave(&self, _: &ChannelKey, _: ClientInfo) -> Result<(), BrokerError> {
        Ok(())
    }
    async fn history(&self, _: &ChannelKey, query: &HistoryQuery) -> Result<HistoryPage, BrokerError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (top, away) = (self.top(), self.away.load(Ordering::Relaxed));
        tokio::time::sleep(self.takes).await;
        if away {
            return Err(BrokerError::Unreachable("it is away".to_owned()));
        }
        Ok(self.page(top, query))
    }
    async fn remove_history(&self, _: &ChannelKey) -> Result<(), BrokerError> {
        Ok(())
    }
}

const MS: Duration = Duration::from_millis(1);

fn over(far: &Arc<Far>) -> Coalesced {
    Coalesced::new(Arc::<Far>::clone(far))
}

fn key() -> ChannelKey {
    ChannelKey::new(SchoolId::generate(), Channel::parse("news:a").unwrap())
}

/// What a client asks that comes back and was at `offset`.
fn since(offset: u64) -> HistoryQuery {
    HistoryQuery { limit: 300, since: Some(offset), reverse: false }
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_brokers_contract() {
    contract::all(|sink| Coalesced::new(Arc::new(MemoryBroker::new(sink)))).await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_come_back_at_once_cause_two_reads_and_each_gets_what_it_missed() {
    let far = Far::new(1_000, 500, MS);
    let (coalesced, key) = (over(&far), key());
    let missed = |client: u64| client % 290;
    let all = join_all((0..1_000).map(|client| {
        let (coalesced, key) = (&coalesced, &key);
        async move { coalesced.history(key, &since(1_000 - missed(client))).await.unwrap() }
    }));
    for (client, page) in (0..).zip(all.await) {
        let offsets: Vec<u64> = page.publications.iter().map(|publication| publication.offset).collect();
        assert_eq!(offsets, (1_001 - missed(client)..=1_000).collect::<Vec<_>>());
        assert_eq!(page.top.offset, 1_000);
    }
    assert_eq!(far.reads(), 2, "one for who came first, and one for all who came meanwhile");
    assert!(coalesced.channels.is_empty(), "nothing is kept for a channel that nobody asks");
}

#[tokio::test(start_paused = true)]
async fn who_comes_during_a_read_waits_for_the_next_one() {
    let far = Far::new(1_000, 500, 10 * MS);
    let (coalesced, key) = (Arc::new(over(&far)), key());
    let ask = |offset: u64| {
        let (coalesced, key) = (Arc::clone(&coalesced), key.clone());
        tokio::spawn(async move { coalesced.history(&key, &since(offset)).await.unwrap().top.offset })
    };
    let first = ask(900);
    tokio::time::sleep(MS).await;
    far.publish_one();
    let late: Vec<_> = (0..999).map(|client| ask(1_000 - client % 100)).collect();
    tokio::time::sleep(2 * MS).await;
    assert_eq!(far.reads(), 1, "they wait");
    far.publish_one();
    assert_eq!(first.await.unwrap(), 1_000);
    for asked in late {
        assert_eq!(asked.await.unwrap(), 1_002, "with what was published until their read began");
    }
    assert_eq!(far.reads(), 2);
}

#[tokio::test(start_paused = true)]
async fn channels_and_far_parts_of_one_do_not_wait_for_each_other() {
    let far = Far::new(100_000, 100_000, MS);
    let coalesced = over(&far);
    let (one, other) = (key(), key());
    let began = tokio::time::Instant::now();
    let same = [since(10), since(50_000), since(99_990)].map(|query| (&one, query));
    let all = same.into_iter().chain([(&other, since(10))]);
    let pages = join_all(all.map(|(key, query)| {
        let coalesced = &coalesced;
        async move { coalesced.history(key, &query).await.unwrap().publications[0].offset }
    }));
    assert_eq!(pages.await, [11, 50_001, 99_991, 11]);
    assert_eq!((far.reads(), began.elapsed()), (4, MS));
}

#[tokio::test(start_paused = true)]
async fn more_far_parts_than_lines_are_read_alone() {
    let far = Far::new(1_000_000, 1_000_000, MS);
    let (coalesced, key) = (over(&far), key());
    let pages = join_all((0..100).map(|part| {
        let (coalesced, key) = (&coalesced, &key);
        async move { coalesced.history(key, &since(part * 10_000)).await.unwrap().publications[0].offset }
    }));
    assert_eq!(pages.await, (0..100).map(|part| part * 10_000 + 1).collect::<Vec<_>>());
    assert_eq!(far.reads(), 100);
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_all_who_wait_and_nobody_after_them() {
    let far = Far::new(10, 10, MS);
    let (coalesced, key) = (over(&far), key());
    far.away.store(true, Ordering::Relaxed);
    let all = join_all(
        (0..100).map(|_| coalesced.history(&key, &HistoryQuery { limit: 5, since: None, reverse: true })),
    );
    assert!(all.await.iter().all(|answer| *answer == Err(BrokerError::Unreachable("it is away".to_owned()))));
    far.away.store(false, Ordering::Relaxed);
    assert_eq!(coalesced.history(&key, &since(5)).await.unwrap().publications.len(), 5);
    assert_eq!(far.reads(), 3, "two failed");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_takes_nobody_along() {
    let far = Far::new(10, 10, 10 * MS);
    let (coalesced, key) = (Arc::new(over(&far)), key());
    let ask = || {
        let (coalesced, key) = (Arc::clone(&coalesced), key.clone());
        tokio::spawn(async move { coalesced.history(&key, &since(5)).await.unwrap().top.offset })
    };
    // The first one's read is shared by the second; the third and the fourth wait for the next.
    let (first, second) = (ask(), ask());
    tokio::time::sleep(MS).await;
    let (third, fourth) = (ask(), ask());
    tokio::time::sleep(MS).await;
    first.abort();
    third.abort();
    assert_eq!(second.await.unwrap(), 10);
    assert_eq!(fourth.await.unwrap(), 10);
    // All who wait leave: whoever comes then is not caught behind them.
    let (reading, waiting) = (ask(), {
        tokio::time::sleep(MS).await;
        ask()
    });
    tokio::time::sleep(MS).await;
    waiting.abort();
    tokio::time::sleep(MS).await;
    let next = ask();
    tokio::time::sleep(MS).await;
    reading.abort();
    assert_eq!(tokio::time::timeout(20 * MS, next).await.unwrap().unwrap(), 10);
    assert!(coalesced.channels.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_do_not_get_into_each_others_way() {
    let far = Far::new(0, 50, Duration::ZERO);
    let (coalesced, key) = (Arc::new(over(&far)), key());
    let askers = (0..8).map(|_| {
        let (coalesced, key, far) = (Arc::clone(&coalesced), key.clone(), Arc::clone(&far));
        tokio::spawn(async move {
            for _ in 0..500 {
                far.publish_one();
                let before = far.top();
                let query = since(before.saturating_sub(before % 7 + 1));
                let page = coalesced.history(&key, &query).await.unwrap();
                assert!(page.top.offset >= before);
                assert_eq!(page, far.page(page.top.offset, &query));
            }
        })
    });
    let all = tokio::time::timeout(Duration::from_secs(60), join_all(askers)).await.unwrap();
    assert!(all.into_iter().all(|asker| asker.is_ok()));
    assert!(coalesced.channels.is_empty());
}

/// One who asks: when, what, and after how long it leaves if it has no answer by then.
#[derive(Clone, Debug)]
struct Asker {
    at: u64,
    query: HistoryQuery,
    patience: u64,
}

fn askers() -> impl Strategy<Value = Vec<Asker>> {
    let query = (
        prop_oneof![Just(0_usize), Just(1), Just(30), 0..80_usize],
        proptest::option::of(0..140_u64),
        any::<bool>(),
    )
        .prop_map(|(limit, since, reverse)| HistoryQuery { limit, since, reverse });
    // Half of them come back with what clients come back with.
    let query = prop_oneof![
        query,
        (60..100_u64).prop_map(|since| HistoryQuery { limit: 30, since: Some(since), reverse: false })
    ];
    let asker = (0..40_u64, query, prop_oneof![Just(1_000_u64), 0..30_u64]);
    proptest::collection::vec(asker.prop_map(|(at, query, patience)| Asker { at, query, patience }), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_answer_is_never_older_than_its_question_and_is_what_a_read_alone_would_give(
        askers in askers(),
        kept in 1..150_u64,
        takes in 0..12_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let far = Far::new(100, kept, Duration::from_millis(takes));
            let (coalesced, key) = (over(&far), key());
            let publish = async {
                for _ in 0..40 {
                    tokio::time::sleep(MS).await;
                    far.publish_one();
                }
            };
            let ask = join_all(askers.iter().map(|asker| {
                let (coalesced, key, far) = (&coalesced, &key, &far);
                async move {
                    tokio::time::sleep(Duration::from_millis(asker.at)).await;
                    let before = far.top();
                    let patience = Duration::from_millis(asker.patience);
                    let Ok(page) = tokio::time::timeout(patience, coalesced.history(key, &asker.query)).await else {
                        assert!(asker.patience < 1_000, "it would have waited for ever");
                        return;
                    };
                    let page = page.unwrap();
                    assert!(page.top.offset >= before, "{asker:?}: {} of {before}", page.top.offset);
                    assert_eq!(page, far.page(page.top.offset, &asker.query), "{asker:?}");
                }
            }));
            tokio::join!(publish, ask);
            assert!(coalesced.channels.is_empty());
            assert!(far.reads() <= askers.len(), "nobody is read for twice");
        });
    }
}
