//! The one task that owns a room: decides, appends, and only then lets anything out.

use super::{Room, RoomError, RoomKey, Rooms, Step, placement::Claim, rooms::Refused};
use futures_util::future::{BoxFuture, FutureExt as _, OptionFuture};
use persistence::room_log::{AppendError, Fence, LogEntry};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// Commands decided for one append.
const BATCH: usize = 1_024;
/// Entries between snapshots.
const SNAPSHOT_EVERY: u64 = 2_000;
/// A room without a deadline is let go after so long without a command.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// Between tries to use a store that failed.
const RETRY: Duration = Duration::from_secs(1);
/// The longest pause between tries to keep what remains of a room: nobody waits for it.
const LONGEST_RETRY: Duration = Duration::from_secs(15);
/// For that to end, when the node stops.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// What an owner is asked.
pub(super) enum Ask<R: Room> {
    Open(R::Entry, oneshot::Sender<Result<(), RoomError>>),
    Command(R::Command, oneshot::Sender<Result<R::Reply, Refused>>),
    /// Only be there.
    Wake,
    /// Leave the room to the node where it belongs.
    HandOver,
}

type Release = Box<dyn FnOnce() + Send>;

pub(super) struct Owner<R: Room> {
    rooms: Arc<Rooms<R>>,
    key: RoomKey,
    asks: mpsc::Receiver<Ask<R>>,
    /// Whether the list of owners still leads here; a successor's place must not be touched.
    listed: bool,
    /// The last entry whose effects are out; none before this owner has let any out.
    carried_out: Option<u64>,
}

/// A room in memory, and how far its log goes.
struct Live<R> {
    room: R,
    fence: Fence,
    seq: u64,
    at: u64,
    snapshot_seq: u64,
    /// What remains of it is kept, and the log is closed.
    kept: bool,
}

/// Why a room cannot go on as it is in memory.
enum Lost {
    /// The store failed; the log may hold less or more than memory does.
    Store,
    /// Somebody else owns the room, or may by now, or it is closed.
    Fenced,
    /// This node has the lease.
    Elsewhere(String),
}

/// Why an owner stops.
enum End {
    /// The node stops, or nobody has needed the room for long.
    Done,
    HandOver,
    NotFound,
}

/// Everything decided since the last append.
struct Pending<R: Room> {
    entries: Vec<LogEntry>,
    effects: Vec<(u64, Vec<R::Effect>)>,
    replies: Vec<Release>,
}

impl<R: Room> Owner<R> {
    pub(super) fn new(rooms: Arc<Rooms<R>>, key: RoomKey, asks: mpsc::Receiver<Ask<R>>) -> Self {
        Self { rooms, key, asks, listed: true, carried_out: None }
    }

    pub(super) async fn run(mut self) {
        let mut first = self.asks.recv().await;
        loop {
            let refused = match self.live(first.take()).await {
                Err(Lost::Store) if !self.rooms.stop.is_cancelled() => {
                    // The room's clock must go on as soon as the store is back, whether somebody asks or not.
                    self.pause().await;
                    continue;
                }
                Ok(End::Done) | Err(Lost::Store) => Refused::Error(RoomError::Unavailable),
                Ok(End::NotFound) => Refused::Error(RoomError::NotFound),
                Ok(End::HandOver) | Err(Lost::Fenced) => Refused::Moving,
                Err(Lost::Elsewhere(node)) => Refused::Elsewhere(node),
            };
            self.refuse_waiting(&refused);
            self.rooms.placement.release(&self.key).await;
            if refused == Refused::Moving {
                self.rooms.wake(&self.key).await;
            }
            return;
        }
    }

    /// Opens or loads the room, and owns it until it ends here.
    async fn live(&mut self, first: Option<Ask<R>>) -> Result<End, Lost> {
        let mut live = match first {
            Some(Ask::Open(entry, done)) => match self.open(entry, done).await {
                Some(live) => live,
                None => return Ok(End::NotFound),
            },
            other => match self.load().await {
                Ok(Some(mut live)) => {
                    let recalled = self.rooms.surroundings.recall(&self.key).await.into_iter();
                    let recalled = recalled.map(|command| Ask::Command(command, oneshot::channel().0));
                    self.work(&mut live, recalled.chain(other).collect()).await?;
                    live
                }
                Ok(None) => {
                    other.into_iter().for_each(|ask| refuse(ask, &Refused::Error(RoomError::NotFound)));
                    return Ok(End::NotFound);
                }
                Err(lost) => {
                    let refused = match &lost {
                        Lost::Store => Refused::Error(RoomError::Unavailable),
                        Lost::Fenced => Refused::Moving,
                        Lost::Elsewhere(node) => Refused::Elsewhere(node.clone()),
                    };
                    other.into_iter().for_each(|ask| refuse(ask, &refused));
                    return Err(lost);
                }
            },
        };
        let _counted = Counted::one();
        let end = self.own(&mut live).await?;
        self.snapshot(&mut live).await;
        Ok(end)
    }

    /// Refuses everything for a moment.
    async fn pause(&mut self) {
        let until = tokio::time::Instant::now() + RETRY;
        loop {
            tokio::select! {
                biased;
                () = self.rooms.stop.cancelled() => return,
                () = tokio::time::sleep_until(until) => return,
                ask = self.asks.recv() => match ask {
                    Some(ask) => refuse(ask, &Refused::Error(RoomError::Unavailable)),
                    None => return,
                },
            }
        }
    }

    fn refuse_waiting(&mut self, refused: &Refused) {
        if std::mem::take(&mut self.listed) {
            self.rooms.dismiss(&self.key);
        }
        self.asks.close();
        while let Ok(ask) = self.asks.try_recv() {
            refuse(ask, refused);
        }
    }

    async fn open(
        &mut self,
        entry: R::Entry,
        done: oneshot::Sender<Result<(), RoomError>>,
    ) -> Option<Live<R>> {
        let opened = self.write_first(entry).await;
        let result = if opened.is_some() { Ok(()) } else { Err(RoomError::Unavailable) };
        // Whoever asked may have gone; the room is open all the same.
        done.send(result).ok();
        opened
    }

    async fn write_first(&mut self, entry: R::Entry) -> Option<Live<R>> {
        let now = self.rooms.clock.now_ms();
        let fence = self.claim().await.ok()?;
        let first = LogEntry { seq: 1, at: now, body: encode(&entry) };
        let appended = self.rooms.log.append(&self.key, fence, std::slice::from_ref(&first)).await;
        appended.inspect_err(|error| self.complain(error)).ok()?;
        let room = R::begin(now, 1, now, entry)?;
        self.carried_out = Some(1);
        Some(Live { room, fence, seq: 1, at: now, snapshot_seq: 0, kept: false })
    }

    /// Takes the room over, unless a node has it that lives.
    async fn claim(&self) -> Result<Fence, Lost> {
        let claim = self.rooms.placement.claim(&self.key).await.map_err(|error| self.lost(&error))?;
        match claim {
            Claim::Held(Some(fence)) => Ok(fence),
            Claim::Held(None) => self.rooms.log.acquire(&self.key).await.map_err(|error| self.lost(&error)),
            Claim::Other(node) => Err(Lost::Elsewhere(node)),
        }
    }

    async fn load(&mut self) -> Result<Option<Live<R>>, Lost> {
        let log = Arc::clone(&self.rooms.log);
        if log.load(&self.key).await.map_err(|error| self.lost(&error))?.is_none() {
            return Ok(None);
        }
        let fence = self.claim().await?;
        // Read again: a former owner may have written until the fence grew.
        let Some(loaded) = log.load(&self.key).await.map_err(|error| self.lost(&error))? else {
            return Ok(None);
        };
        let now = self.rooms.clock.now_ms();
        let snapshot = loaded.snapshot.and_then(|(seq, bytes)| Some((seq, R::restore(now, &bytes)?)));
        let (snapshot_seq, mut room, tail) = match snapshot {
            Some((seq, room)) => (seq, Some(room), loaded.tail),
            // No snapshot, or one of another version: the log is the truth.
            None => {
                (0, None, log.entries(&self.key, 0, usize::MAX).await.map_err(|error| self.lost(&error))?)
            }
        };
        let (mut seq, mut at) = (snapshot_seq, 0);
        let last_at = tail.last().map(|last| last.at);
        let mut missed = Vec::new();
        for entry in tail {
            let decoded: R::Entry = serde_json::from_slice(&entry.body).map_err(|error| self.lost(&error))?;
            (seq, at) = (entry.seq, entry.at);
            match &mut room {
                Some(room) => {
                    room.apply(seq, at, &decoded);
                    // Appended by this owner after all, although the store said that it failed: nobody was told. Or by
                    // one on another node, which may have died before it told anybody. That can only be its last
                    // append, however long ago: before the next one everything of it is out. One append has one time.
                    // Whoever gets it twice knows it by its number.
                    let perhaps_not_out = match self.carried_out {
                        Some(last) => seq > last,
                        None => self.rooms.placement.is_shared() && last_at == Some(at),
                    };
                    if perhaps_not_out {
                        missed.push((seq, room.effects(seq, at, &decoded)));
                    }
                }
                None => room = R::begin(now, seq, at, decoded),
            }
        }
        let Some(room) = room else { return Ok(None) };
        tracing::info!(room = %self.key.id, kind = R::KIND, seq, fence = fence.0, "room loaded");
        for (seq, effects) in missed {
            if !self.rooms.surroundings.carry_out(&self.key, Some(seq), effects).await {
                return Err(Lost::Store);
            }
        }
        self.carried_out = Some(seq);
        Ok(Some(Live { room, fence, seq, at, snapshot_seq, kept: loaded.closed }))
    }

    async fn own(&mut self, live: &mut Live<R>) -> Result<End, Lost> {
        // Beside the room's work: a store that is away for minutes must not keep those who look at its end waiting.
        let mut keeping: OptionFuture<BoxFuture<'static, ()>> = None.into();
        let mut is_keeping = false;
        loop {
            if !live.kept
                && !is_keeping
                && let Some(outcome) = live.room.outcome()
            {
                keeping = Some(keep(Arc::clone(&self.rooms), self.key.clone(), outcome).boxed()).into();
                is_keeping = true;
            }
            let mut batch = Vec::new();
            let deadline = self.until(live.room.deadline());
            let wait = deadline.map_or(IDLE, |deadline| deadline.min(IDLE));
            tokio::select! {
                // In this order, so that a simulation replays. Commands do not keep time waiting: work begins with it.
                biased;
                () = self.rooms.stop.cancelled() => {
                    // What is not kept by then is when the room is loaded again.
                    let _in_time = tokio::time::timeout(LAST_MOMENT, keeping).await;
                    return Ok(End::Done);
                }
                Some(()) = &mut keeping, if is_keeping => {
                    (live.kept, is_keeping) = (true, false);
                    keeping = None.into();
                    continue;
                }
                taken = self.asks.recv_many(&mut batch, BATCH) => if taken == 0 { return Ok(End::Done) },
                () = tokio::time::sleep(wait) => {
                    // A room with a deadline stays, however far it lies: nobody else would wake it.
                    if !is_keeping && deadline.is_none() && self.rooms.retire(&self.key, &self.asks) {
                        self.listed = false;
                        return Ok(End::Done);
                    }
                }
            }
            let hand_over = batch.iter().any(|ask| matches!(ask, Ask::HandOver));
            self.work(live, batch).await?;
            if hand_over {
                tracing::info!(room = %self.key.id, kind = R::KIND, "a room goes to another node");
                return Ok(End::HandOver);
            }
        }
    }

    fn until(&self, deadline: Option<u64>) -> Option<Duration> {
        deadline.map(|at| Duration::from_millis(at.saturating_sub(self.rooms.clock.now_ms())))
    }

    /// Decides a batch, appends it as one, and then lets replies and effects out.
    async fn work(&mut self, live: &mut Live<R>, batch: Vec<Ask<R>>) -> Result<(), Lost> {
        let mut pending = Pending { entries: Vec::new(), effects: Vec::new(), replies: Vec::new() };
        let now = self.rooms.clock.now_ms();
        // Time first: an answer that comes with the deadline meets a question that has closed.
        self.catch_up(live, now, &mut pending);
        for ask in batch {
            match ask {
                Ask::Command(command, done) => {
                    let Step { entries, reply } = live.room.decide(now, command);
                    self.advance(live, now, entries, &mut pending);
                    let seq = live.seq;
                    // Whoever asked may have gone.
                    pending.replies.push(Box::new(move || drop(done.send(Ok(reply(seq))))));
                }
                Ask::Open(_, done) => {
                    pending.replies.push(Box::new(move || drop(done.send(Err(RoomError::Unavailable)))));
                }
                Ask::Wake | Ask::HandOver => {}
            }
        }
        // A decision may make something due at once, such as the close after the last answer.
        self.catch_up(live, now, &mut pending);
        if pending.entries.is_empty() {
            // The log has not been asked whether the room is still this owner's.
            if !self.rooms.placement.holds(&self.key) {
                return Err(Lost::Fenced);
            }
        } else {
            let appended = self.rooms.log.append(&self.key, live.fence, &pending.entries).await;
            // The replies are dropped with `pending`: nobody is told what is not in the log.
            appended.map_err(|error| match error {
                AppendError::Fenced { .. } | AppendError::Closed => {
                    tracing::warn!(room = %self.key.id, kind = R::KIND, %error, "a room has another owner");
                    Lost::Fenced
                }
                error => self.lost(&error),
            })?;
            metrics::counter!("schoolbell_room_entries_total").increment(pending.entries.len() as u64);
        }
        for reply in pending.replies {
            reply();
        }
        for (seq, effects) in pending.effects {
            if !self.rooms.surroundings.carry_out(&self.key, Some(seq), effects).await {
                return Err(Lost::Store);
            }
        }
        self.carried_out = Some(live.seq);
        // What is told now and then has no number by which others see that it is old. The node may have been stopped since
        // the log confirmed it.
        if self.rooms.placement.holds(&self.key) {
            let told = live.room.flush(now);
            if !told.is_empty() {
                // The next time brings all of it.
                let _out = self.rooms.surroundings.carry_out(&self.key, None, told).await;
            }
        }
        if live.seq - live.snapshot_seq >= SNAPSHOT_EVERY {
            self.snapshot(live).await;
        }
        Ok(())
    }

    fn catch_up(&self, live: &mut Live<R>, now: u64, pending: &mut Pending<R>) {
        loop {
            let entries = live.room.due(now);
            if entries.is_empty() {
                return;
            }
            self.advance(live, now, entries, pending);
        }
    }

    fn advance(&self, live: &mut Live<R>, now: u64, entries: Vec<R::Entry>, pending: &mut Pending<R>) {
        for entry in entries {
            live.seq += 1;
            live.at = live.at.max(now);
            pending.entries.push(LogEntry { seq: live.seq, at: live.at, body: encode(&entry) });
            live.room.apply(live.seq, live.at, &entry);
            let effects = live.room.effects(live.seq, live.at, &entry);
            if !effects.is_empty() {
                pending.effects.push((live.seq, effects));
            }
        }
    }

    async fn snapshot(&self, live: &mut Live<R>) {
        if live.seq == live.snapshot_seq {
            return;
        }
        let bytes = live.room.snapshot();
        match self.rooms.log.snapshot(&self.key, live.fence, live.seq, &bytes).await {
            Ok(()) => live.snapshot_seq = live.seq,
            // The log alone is enough; the next try comes with the next entries.
            Err(error) => self.complain(&error),
        }
    }

    fn complain(&self, error: &dyn std::fmt::Display) {
        complain::<R>(&self.key, error);
    }

    fn lost(&self, error: &dyn std::fmt::Display) -> Lost {
        self.complain(error);
        Lost::Store
    }
}

/// Keeps what remains of a room that is over, and closes its log after that; tries until it is done.
async fn keep<R: Room>(rooms: Arc<Rooms<R>>, key: RoomKey, outcome: R::Outcome) {
    let mut pause = RETRY;
    let mut outcome = Some(outcome);
    loop {
        let done = match &outcome {
            Some(kept) => rooms.surroundings.keep(&key, kept).await,
            None => Ok(()),
        };
        let done = match done {
            Ok(()) => {
                // Once is enough, however long the log takes to close.
                outcome = None;
                rooms.log.close(&key).await.map_err(|error| error.to_string())
            }
            failed => failed,
        };
        match done {
            Ok(()) => return,
            Err(error) => complain::<R>(&key, &error),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_RETRY);
    }
}

fn complain<R: Room>(room: &RoomKey, error: &dyn std::fmt::Display) {
    tracing::error!(room = %room.id, kind = R::KIND, %error, "a room cannot use its store");
    metrics::counter!("schoolbell_room_store_errors_total").increment(1);
}

/// One room more in the gauge, until dropped.
struct Counted;

impl Counted {
    fn one() -> Self {
        metrics::gauge!("schoolbell_rooms").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("schoolbell_rooms").decrement(1);
    }
}

fn refuse<R: Room>(ask: Ask<R>, refused: &Refused) {
    // Whoever asked may have gone.
    match ask {
        Ask::Open(_, done) => drop(done.send(Err(RoomError::Unavailable))),
        Ask::Command(_, done) => drop(done.send(Err(refused.clone()))),
        Ask::Wake | Ask::HandOver => {}
    }
}

fn encode<E: serde::Serialize>(entry: &E) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "entries are plain data of this workspace with a json form")]
    serde_json::to_vec(entry).expect("entries have a json form")
}
