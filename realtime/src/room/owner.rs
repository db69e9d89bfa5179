//! The one task that owns a room: decides, appends, and only then lets anything out.

use super::{Room, RoomError, RoomKey, Rooms, Step};
use persistence::room_log::{Fence, LogEntry};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// Commands decided for one append.
const BATCH: usize = 1_024;
/// Entries between snapshots.
const SNAPSHOT_EVERY: u64 = 2_000;
/// A room that is over, or has no deadline, is let go after so long without a command.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// Between tries to keep an outcome.
const KEEP_RETRY: Duration = Duration::from_secs(2);

/// What an owner is asked.
pub(super) enum Ask<R: Room> {
    Open(R::Entry, oneshot::Sender<Result<(), RoomError>>),
    Command(R::Command, oneshot::Sender<Result<R::Reply, RoomError>>),
    /// Only be there.
    Wake,
}

type Release = Box<dyn FnOnce() + Send>;

pub(super) struct Owner<R: Room> {
    rooms: Arc<Rooms<R>>,
    key: RoomKey,
    asks: mpsc::Receiver<Ask<R>>,
    /// Whether the list of owners still leads here; a successor's place must not be touched.
    listed: bool,
}

/// A room in memory, and how far its log goes.
struct Live<R> {
    room: R,
    fence: Fence,
    seq: u64,
    at: u64,
    snapshot_seq: u64,
    kept: bool,
}

/// The room cannot go on here; it is loaded again when somebody asks.
struct Lost;

/// Everything decided since the last append.
struct Pending<R: Room> {
    entries: Vec<LogEntry>,
    effects: Vec<(Option<u64>, Vec<R::Effect>)>,
    replies: Vec<Release>,
}

impl<R: Room> Owner<R> {
    pub(super) fn new(rooms: Arc<Rooms<R>>, key: RoomKey, asks: mpsc::Receiver<Ask<R>>) -> Self {
        Self { rooms, key, asks, listed: true }
    }

    pub(super) async fn run(mut self) {
        let first = self.asks.recv().await;
        let Some(first) = first else { return };
        let live = match first {
            Ask::Open(entry, done) => self.open(entry, done).await,
            other => match self.load().await {
                Ok(Some(mut live)) => {
                    let recalled = self.rooms.surroundings.recall(&self.key).await;
                    let recalled =
                        recalled.into_iter().map(|command| Ask::Command(command, oneshot::channel().0));
                    let batch = recalled.chain([other]).collect();
                    self.work(&mut live, batch).await.ok().map(|()| live)
                }
                Ok(None) => {
                    refuse(other, &RoomError::NotFound);
                    self.refuse_waiting(&RoomError::NotFound);
                    None
                }
                Err(Lost) => {
                    refuse(other, &RoomError::Unavailable);
                    None
                }
            },
        };
        if let Some(mut live) = live {
            metrics::gauge!("schoolbell_rooms").increment(1);
            if self.own(&mut live).await.is_ok() {
                self.snapshot(&mut live).await;
            }
            metrics::gauge!("schoolbell_rooms").decrement(1);
        }
        self.refuse_waiting(&RoomError::Unavailable);
    }

    fn refuse_waiting(&mut self, error: &RoomError) {
        if std::mem::take(&mut self.listed) {
            self.rooms.dismiss(&self.key);
        }
        self.asks.close();
        while let Ok(ask) = self.asks.try_recv() {
            refuse(ask, error);
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
        let fence = self.rooms.log.acquire(&self.key).await.inspect_err(|error| self.complain(error)).ok()?;
        let body = encode(&entry);
        let first = LogEntry { seq: 1, at: now, body };
        let appended = self.rooms.log.append(&self.key, fence, std::slice::from_ref(&first)).await;
        appended.inspect_err(|error| self.complain(error)).ok()?;
        let room = R::begin(now, 1, now, entry)?;
        Some(Live { room, fence, seq: 1, at: now, snapshot_seq: 0, kept: false })
    }

    async fn load(&mut self) -> Result<Option<Live<R>>, Lost> {
        let log = &self.rooms.log;
        let known = log.load(&self.key).await.map_err(|error| self.lost(&error))?;
        if known.is_none() {
            return Ok(None);
        }
        let fence = log.acquire(&self.key).await.map_err(|error| self.lost(&error))?;
        // Read again: a former owner may have written until the fence grew.
        let Some(loaded) = log.load(&self.key).await.map_err(|error| self.lost(&error))? else {
            return Ok(None);
        };
        let now = self.rooms.clock.now_ms();
        let snapshot = loaded.snapshot.and_then(|(seq, bytes)| Some((seq, R::restore(now, &bytes)?)));
        let (seq, mut live, tail) = match snapshot {
            Some((seq, room)) => (seq, Some(room), loaded.tail),
            // No snapshot, or one of another version: the log is the truth.
            None => {
                (0, None, log.entries(&self.key, 0, usize::MAX).await.map_err(|error| self.lost(&error))?)
            }
        };
        let (mut last, mut at) = (seq, 0);
        for entry in tail {
            let decoded: R::Entry = serde_json::from_slice(&entry.body).map_err(|error| self.lost(&error))?;
            (last, at) = (entry.seq, entry.at);
            match &mut live {
                Some(room) => room.apply(entry.seq, entry.at, &decoded),
                None => live = R::begin(now, entry.seq, entry.at, decoded),
            }
        }
        tracing::info!(room = %self.key.id, kind = R::KIND, seq = last, fence = fence.0, "room loaded");
        Ok(live.map(|room| Live { room, fence, seq: last, at, snapshot_seq: seq, kept: false }))
    }

    async fn own(&mut self, live: &mut Live<R>) -> Result<(), Lost> {
        loop {
            let settled = self.keep_outcome(live).await;
            let mut batch = Vec::new();
            let deadline = self.until(live.room.deadline());
            let wait = deadline.unwrap_or(IDLE).min(if settled { IDLE } else { KEEP_RETRY });
            tokio::select! {
                () = self.rooms.stop.cancelled() => return Ok(()),
                taken = self.asks.recv_many(&mut batch, BATCH) => if taken == 0 { return Ok(()) },
                () = tokio::time::sleep(wait) => {
                    let idle = settled && deadline.is_none_or(|deadline| deadline > IDLE);
                    if idle && self.rooms.retire(&self.key, &self.asks) {
                        self.listed = false;
                        return Ok(());
                    }
                }
            }
            self.work(live, batch).await?;
        }
    }

    fn until(&self, deadline: Option<u64>) -> Option<Duration> {
        deadline.map(|at| Duration::from_millis(at.saturating_sub(self.rooms.clock.now_ms())))
    }

    /// Decides a batch, appends it as one, and then lets replies and effects out.
    async fn work(&self, live: &mut Live<R>, batch: Vec<Ask<R>>) -> Result<(), Lost> {
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
                    pending.replies.push(Box::new(move || drop(done.send(Err(RoomError::Unavailable)))))
                }
                Ask::Wake => {}
            }
        }
        // A decision may make something due at once, such as the close after the last answer.
        self.catch_up(live, now, &mut pending);
        let told = live.room.flush(now);
        if !told.is_empty() {
            pending.effects.push((None, told));
        }
        if !pending.entries.is_empty() {
            let appended = self.rooms.log.append(&self.key, live.fence, &pending.entries).await;
            // The replies are dropped with `pending`: nobody is told what is not in the log.
            appended.map_err(|error| self.lost(&error))?;
            metrics::counter!("schoolbell_room_entries_total").increment(pending.entries.len() as u64);
        }
        for reply in pending.replies {
            reply();
        }
        for (seq, effects) in pending.effects {
            self.rooms.surroundings.carry_out(&self.key, seq, effects).await;
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
                pending.effects.push((Some(live.seq), effects));
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

    /// Keeps what remains of a room that is over, and closes its log after that. False when it has to be tried again.
    async fn keep_outcome(&self, live: &mut Live<R>) -> bool {
        if live.kept {
            return true;
        }
        let Some(outcome) = live.room.outcome() else {
            return true;
        };
        let kept = match self.rooms.surroundings.keep(&self.key, outcome).await {
            Ok(()) => self.rooms.log.close(&self.key).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        live.kept = kept.is_ok();
        kept.inspect_err(|error| self.complain(error)).is_ok()
    }

    fn complain(&self, error: &dyn std::fmt::Display) {
        tracing::error!(room = %self.key.id, kind = R::KIND, %error, "a room cannot use its store");
        metrics::counter!("schoolbell_room_store_errors_total").increment(1);
    }

    fn lost(&self, error: &dyn std::fmt::Display) -> Lost {
        self.complain(error);
        Lost
    }
}

fn refuse<R: Room>(ask: Ask<R>, error: &RoomError) {
    // Whoever asked may have gone.
    match ask {
        Ask::Open(_, done) => drop(done.send(Err(error.clone()))),
        Ask::Command(_, done) => drop(done.send(Err(error.clone()))),
        Ask::Wake => {}
    }
}

fn encode<E: serde::Serialize>(entry: &E) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "entries are plain data of this workspace with a json form")]
    serde_json::to_vec(entry).expect("entries have a json form")
}
