#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::clock::Clock;
use persistence::room_log::{Fence, MemoryRoomLog, RoomLog};
use protocol::ids::SchoolId;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

mod nodes;

/// A room that adds numbers, and adds 100 by itself when its time has come.
struct Sum {
    total: u64,
    alarm: Option<u64>,
    /// What was last told now and then, if it is told at all.
    counted: Option<u64>,
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
enum Ask {
    Add(u64),
    Alarm(u64),
    Count,
    Total,
}

#[derive(serde::Serialize, serde::Deserialize)]
enum Entry {
    Opened,
    Added(u64),
    AlarmSet(u64),
    Rang,
}

impl Room for Sum {
    const KIND: &'static str = "sum";
    type Entry = Entry;
    type Command = Ask;
    type Reply = (u64, u64);
    type Effect = u64;
    type Outcome = u64;

    fn begin(_: u64, _: u64, _: u64, first: Entry) -> Option<Self> {
        matches!(first, Entry::Opened).then_some(Self { total: 0, alarm: None, counted: None })
    }
    fn restore(_: u64, snapshot: &[u8]) -> Option<Self> {
        let (total, alarm) = serde_json::from_slice(snapshot).ok()?;
        Some(Self { total, alarm, counted: None })
    }
    fn snapshot(&self) -> Vec<u8> {
        serde_json::to_vec(&(self.total, self.alarm)).unwrap()
    }
    fn apply(&mut self, _: u64, _: u64, entry: &Entry) {
        match entry {
            Entry::Opened => {}
            Entry::Added(number) => self.total += number,
            Entry::AlarmSet(at) => self.alarm = Some(*at),
            Entry::Rang => {
                self.total += 100;
                self.alarm = None;
            }
        }
    }
    fn decide(&mut self, _: u64, command: Ask) -> Step<Self> {
        let entries = match command {
            Ask::Add(number) => vec![Entry::Added(number)],
            Ask::Alarm(at) => vec![Entry::AlarmSet(at)],
            Ask::Count => {
                self.counted = Some(self.total);
                vec![]
            }
            Ask::Total => vec![],
        };
        let added: u64 =
            entries.iter().map(|entry| if let Entry::Added(number) = entry { *number } else { 0 }).sum();
        let total = self.total + added;
        Step { entries, reply: Box::new(move |seq| (seq, total)) }
    }
    fn due(&mut self, now: u64) -> Vec<Entry> {
        self.alarm.filter(|at| *at <= now).map(|_| Entry::Rang).into_iter().collect()
    }
    fn deadline(&self) -> Option<u64> {
        self.alarm
    }
    fn effects(&mut self, _: u64, _: u64, _: &Entry) -> Vec<u64> {
        vec![self.total]
    }
    fn flush(&mut self, _: u64) -> Vec<u64> {
        let stale = self.counted.is_some_and(|counted| counted != self.total);
        if stale {
            self.counted = Some(self.total);
        }
        self.counted.filter(|_| stale).into_iter().collect()
    }
    fn outcome(&self) -> Option<u64> {
        (self.total >= 1000).then_some(self.total)
    }
}

#[derive(Default)]
struct Outside {
    effects: Mutex<Vec<(Option<u64>, u64)>>,
    kept: Mutex<Vec<u64>>,
    fail_keeping: AtomicU64,
    fail_telling: AtomicU64,
}

#[async_trait::async_trait]
impl Surroundings<Sum> for Outside {
    async fn carry_out(&self, _: &RoomKey, seq: Option<u64>, effects: Vec<u64>) -> bool {
        if self.fail_telling.load(Ordering::SeqCst) > 0 {
            self.fail_telling.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        self.effects.lock().unwrap().extend(effects.into_iter().map(|effect| (seq, effect)));
        true
    }
    async fn keep(&self, _: &RoomKey, outcome: &u64) -> Result<(), String> {
        if self.fail_keeping.load(Ordering::SeqCst) > 0 {
            self.fail_keeping.fetch_sub(1, Ordering::SeqCst);
            return Err("the store is away".to_owned());
        }
        self.kept.lock().unwrap().push(*outcome);
        Ok(())
    }
    async fn recall(&self, _: &RoomKey) -> Vec<Ask> {
        vec![]
    }
}

/// Tokio's (paused) time.
#[derive(Debug)]
struct TestClock(tokio::time::Instant);

impl Clock for TestClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

/// A log whose writes can be made to fail.
#[derive(Default)]
struct FlakyLog {
    log: MemoryRoomLog,
    broken: AtomicBool,
    /// Nothing can be read.
    gone: AtomicBool,
    /// The next append succeeds and reports a failure.
    lies: AtomicBool,
    /// What happens when the next append is in the log, before its owner knows.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

#[async_trait::async_trait]
impl RoomLog for FlakyLog {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, persistence::Unavailable> {
        self.log.acquire(room).await
    }
    async fn append(
        &self,
        room: &RoomKey,
        fence: Fence,
        entries: &[persistence::room_log::LogEntry],
    ) -> Result<(), persistence::room_log::AppendError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(persistence::Unavailable::from(std::io::Error::other("the disk is full")).into());
        }
        self.log.append(room, fence, entries).await?;
        if let Some(happen) = self.meanwhile.lock().unwrap().take() {
            happen();
        }
        if self.lies.swap(false, Ordering::SeqCst) {
            return Err(persistence::Unavailable::from(std::io::Error::other("the disk is slow")).into());
        }
        Ok(())
    }
    async fn load(
        &self,
        room: &RoomKey,
    ) -> Result<Option<persistence::room_log::Loaded>, persistence::Unavailable> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(persistence::Unavailable::from(std::io::Error::other("nobody answers")));
        }
        self.log.load(room).await
    }
    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), persistence::room_log::SnapshotError> {
        self.log.snapshot(room, fence, seq, bytes).await
    }
    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<persistence::room_log::LogEntry>, persistence::Unavailable> {
        self.log.entries(room, after_seq, limit).await
    }
    async fn close(&self, room: &RoomKey) -> Result<(), persistence::Unavailable> {
        self.log.close(room).await
    }
    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, persistence::Unavailable> {
        self.log.open_rooms(kind).await
    }
}

struct Bench {
    log: Arc<FlakyLog>,
    outside: Arc<Outside>,
    clock: Arc<TestClock>,
    key: RoomKey,
}

impl Bench {
    fn new() -> Self {
        let key = RoomKey { school: SchoolId::generate(), kind: Sum::KIND.to_owned(), id: Uuid::now_v7() };
        let clock = Arc::new(TestClock(tokio::time::Instant::now()));
        Self { log: Arc::default(), outside: Arc::default(), clock, key }
    }

    /// The rooms of one life of a server.
    fn life(&self) -> (Arc<Rooms<Sum>>, CancellationToken) {
        let stop = CancellationToken::new();
        let log: Arc<dyn RoomLog> = Arc::<FlakyLog>::clone(&self.log);
        let outside: Arc<dyn Surroundings<Sum>> = Arc::<Outside>::clone(&self.outside);
        let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(&self.clock);
        (Rooms::new(log, clock, outside, stop.clone()), stop)
    }
}

#[tokio::test(start_paused = true)]
async fn commands_are_answered_in_order_after_they_are_logged() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    let asks = (1..=100).map(|number| rooms.ask(bench.key.clone(), Ask::Add(number)));
    let replies = futures_util::future::join_all(asks).await;
    let expected: Vec<_> = (1..=100u64).map(|number| Ok((number + 1, number * (number + 1) / 2))).collect();
    assert_eq!(replies, expected);
    assert_eq!(bench.log.entries(&bench.key, 0, 1000).await.unwrap().len(), 101);
    let effects = bench.outside.effects.lock().unwrap().clone();
    assert_eq!(
        effects.iter().map(|(seq, _)| seq.unwrap()).collect::<Vec<_>>(),
        (2..=101).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_room_is_not_found() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Total).await, Err(RoomError::NotFound));
    assert_eq!(rooms.owned(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_room_outlives_its_process_with_its_timers() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Add(7)).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Alarm(5_000)).await.unwrap();
    // The process dies: its owner is never told to stop, and a new life takes the room over.
    let (next, _stop) = bench.life();
    assert_eq!(next.resume().await, Ok(1));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(next.ask(bench.key.clone(), Ask::Total).await.unwrap().1, 107);
    // The old owner woke up, too, and was fenced off: the alarm rang once.
    let entries = bench.log.entries(&bench.key, 0, 100).await.unwrap();
    let rang = serde_json::to_vec(&Entry::Rang).unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.body == rang).count(), 1);
    // Whoever owns it next knows all that was logged; the one before is fenced off and finds back.
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Add(1)).await.unwrap().1, 108);
    assert_eq!(next.ask(bench.key.clone(), Ask::Add(1)).await, Err(RoomError::Unavailable));
    assert_eq!(next.ask(bench.key.clone(), Ask::Add(1)).await.unwrap().1, 109);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_room_leaves_a_snapshot_and_goes_on_from_it() {
    let bench = Bench::new();
    let (rooms, stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Add(7)).await.unwrap();
    stop.cancel();
    rooms.stopped().await;
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Total).await, Err(RoomError::Unavailable));
    let loaded = bench.log.load(&bench.key).await.unwrap().unwrap();
    assert_eq!(loaded.snapshot.map(|(seq, _)| seq), Some(2));
    let (next, _stop) = bench.life();
    assert_eq!(next.ask(bench.key.clone(), Ask::Add(1)).await, Ok((3, 8)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_that_is_not_in_the_log() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    bench.log.broken.store(true, Ordering::SeqCst);
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Add(7)).await, Err(RoomError::Unavailable));
    assert!(bench.outside.effects.lock().unwrap().is_empty());
    bench.log.broken.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Total).await, Ok((1, 0)), "the lost command left no trace");
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_kept_once_even_when_the_store_is_away_at_first() {
    let bench = Bench::new();
    let (rooms, stop) = bench.life();
    bench.outside.fail_keeping.store(2, Ordering::SeqCst);
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Add(1000)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(*bench.outside.kept.lock().unwrap(), [1000]);
    assert!(bench.log.open_rooms(Sum::KIND).await.unwrap().is_empty());
    // It can still be read, by the same life and by the next.
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Total).await.unwrap().1, 1000);
    stop.cancel();
    let (next, _stop) = bench.life();
    assert_eq!(next.ask(bench.key.clone(), Ask::Total).await.unwrap().1, 1000);
}

#[tokio::test(start_paused = true)]
async fn an_idle_room_is_let_go_and_found_again() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    tokio::time::sleep(Duration::from_secs(11 * 60)).await;
    assert_eq!(rooms.owned(), 0);
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Add(1)).await, Ok((2, 1)));
    assert_eq!(rooms.owned(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_far_deadline_is_kept_though_nobody_asks() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Alarm(2 * 3_600_000)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2 * 3600 + 1)).await;
    let rang = serde_json::to_vec(&Entry::Rang).unwrap();
    let last = bench.log.entries(&bench.key, 0, 100).await.unwrap().pop().unwrap();
    assert_eq!(last.body, rang);
}

#[tokio::test(start_paused = true)]
async fn a_room_goes_on_by_itself_once_its_store_is_back() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Alarm(5_000)).await.unwrap();
    bench.log.broken.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert!(!bench.outside.effects.lock().unwrap().iter().any(|(_, total)| *total == 100));
    bench.log.broken.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(bench.outside.effects.lock().unwrap().last(), Some(&(Some(3), 100)), "nobody had to ask");
}

#[tokio::test(start_paused = true)]
async fn what_was_appended_after_all_is_told_after_the_reload() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    bench.log.lies.store(true, Ordering::SeqCst);
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Add(7)).await, Err(RoomError::Unavailable));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(*bench.outside.effects.lock().unwrap(), [(Some(2), 7)]);
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Total).await, Ok((2, 7)));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_told_is_told_after_the_reload_and_in_order() {
    let bench = Bench::new();
    let (rooms, _stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    bench.outside.fail_telling.store(2, Ordering::SeqCst);
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Add(7)).await, Ok((2, 7)), "it is in the log");
    tokio::time::sleep(Duration::from_secs(5)).await;
    rooms.ask(bench.key.clone(), Ask::Add(1)).await.unwrap();
    assert_eq!(*bench.outside.effects.lock().unwrap(), [(Some(2), 7), (Some(3), 8)]);
}

#[tokio::test(start_paused = true)]
async fn a_server_goes_down_although_its_store_is_away() {
    let bench = Bench::new();
    let (rooms, stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    bench.log.broken.store(true, Ordering::SeqCst);
    bench.log.gone.store(true, Ordering::SeqCst);
    assert_eq!(rooms.ask(bench.key.clone(), Ask::Add(7)).await, Err(RoomError::Unavailable));
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), rooms.stopped()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn looking_at_an_old_room_does_not_keep_it_again() {
    let bench = Bench::new();
    let (rooms, stop) = bench.life();
    rooms.open(bench.key.clone(), Entry::Opened).await.unwrap();
    rooms.ask(bench.key.clone(), Ask::Add(1000)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.cancel();
    rooms.stopped().await;
    let (next, _stop) = bench.life();
    assert_eq!(next.ask(bench.key.clone(), Ask::Total).await.unwrap().1, 1000);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*bench.outside.kept.lock().unwrap(), [1000]);
}
