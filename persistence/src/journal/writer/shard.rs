//! One shard's writer: claim, read, commit, mark, for as long as the node lives.

use super::Work;
use super::checkpoint::{self, Standing};
use super::commit::{Batch, Outcome, Tally};
use crate::journal::{Entry, EntryId, Kind, Portion, ReadLimit, Shard, ShardClaim, Tenure, TenureError};
use crate::{Micros, Unavailable};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The first pause after a failure; the next ones are each twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// The shortest pause of a shard without facts.
const FIRST_IDLE: Duration = Duration::from_millis(50);
/// Between two looks whether a shard is wanted here: at nothing but memory.
const WANTED_AGAIN: Duration = Duration::from_millis(250);
/// Before a shard is asked for again that another writes; sooner if that one's lease ends.
const CLAIM_AGAIN: Duration = Duration::from_secs(2);
/// Between two looks whether what a shard waits for has come.
const WAIT_AGAIN: Duration = Duration::from_millis(500);
/// How often a batch that cannot be written may be halved.
const HALVINGS: u32 = 10;

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
enum Stumble {
    /// Another writer has the shard.
    #[error("another writer has taken the shard over")]
    Lost,
    /// Something is away, or does not do what it should.
    #[error(transparent)]
    Failed(#[from] Unavailable),
}

impl From<TenureError> for Stumble {
    fn from(error: TenureError) -> Self {
        match error {
            TenureError::Lost => Self::Lost,
            TenureError::Unavailable(error) => Self::Failed(error),
        }
    }
}

impl From<sqlx::Error> for Stumble {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Pauses between tries.
struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    fn new(longest: Duration) -> Self {
        Self { next: FIRST_RETRY, longest }
    }

    fn next(&mut self) -> Duration {
        let pause = self.next.min(self.longest);
        self.next = pause.saturating_mul(2);
        pause
    }
}

/// One holder's work on a shard.
struct Hold<'w> {
    work: &'w Work,
    tenure: Tenure,
    /// The name of its checkpoint.
    stream: String,
    /// The last entry that is committed; not known after a commit without an answer.
    after: Option<EntryId>,
    /// How often the next batch is halved: one that takes the database too long would else be tried for ever.
    halved: u32,
    /// Whether the last batch had facts that the database refused, so that the next may have some as well.
    wary: bool,
}

/// What came of asking for a shard.
enum Claimed {
    Ours(Tenure),
    NotWanted,
    /// Another's, for so long.
    Other(Duration),
}

/// What a step came to.
enum Step {
    /// There was nothing.
    Idle,
    /// What comes next waits for something; said for the log.
    Waits(&'static str),
    /// Something was written.
    Written {
        /// As much as a batch may be: more is waiting.
        full: bool,
    },
}

/// Writes a shard whenever this node may, until it is told to stop.
pub(super) async fn keep_writing(work: &Work, shard: Shard, mut stop: watch::Receiver<bool>) {
    let mut pauses = Pauses::new(work.config.retry);
    while !*stop.borrow() {
        let pause = match claim(work, shard).await {
            Ok(Claimed::Ours(tenure)) => {
                pauses = Pauses::new(work.config.retry);
                let stream = tenure.checkpoint(work.journal.stream());
                Hold { work, tenure, stream, after: None, halved: 0, wary: false }.keep(&mut stop).await;
                work.gauges.forget(shard);
                FIRST_RETRY
            }
            Ok(Claimed::NotWanted) => WANTED_AGAIN,
            // Another's lease may end at any time, and who it was may be gone.
            Ok(Claimed::Other(left)) => left.clamp(FIRST_RETRY, CLAIM_AGAIN),
            Err(error) => {
                let pause = pauses.next();
                work.troubles.tell(
                    &error,
                    shard,
                    "a shard of the journal could not be claimed; trying again",
                );
                pause
            }
        };
        sleep(pause, &mut stop).await;
    }
}

/// Sleeps, but not when told to stop.
async fn sleep(pause: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        // An error says that the writer itself is gone, and this task with it.
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// Asks for a shard and shuts its former writers out.
async fn claim(work: &Work, shard: Shard) -> Result<Claimed, Unavailable> {
    if !(work.config.wanted)(shard) {
        return Ok(Claimed::NotWanted);
    }
    let (config, mut above) = (&work.config, 0);
    loop {
        let (life, fence) = match work.journal.claim(shard, &config.node, config.lease, above).await? {
            ShardClaim::Other { left } => return Ok(Claimed::Other(left)),
            ShardClaim::Held { life, fence } => (life, fence),
        };
        let tenure = Tenure { shard, life, fence, node: config.node.clone(), lease: config.lease };
        let stream = tenure.checkpoint(work.journal.stream());
        if checkpoint::take(&work.db, &stream, &tenure, now()).await? {
            return Ok(Claimed::Ours(tenure));
        }
        // A newer writer came between the two; or the journal went back to an older state, whose fences are used up.
        if above > 0 {
            return Ok(Claimed::Other(Duration::ZERO));
        }
        above = Standing::read(&work.db, &stream, shard.0).await?.fence();
    }
}

/// Whether a fact of an unknown kind may still be written by a newer version.
fn may_be_known_soon(kind: &Kind, id: EntryId, work: &Work) -> bool {
    !work.sinks.know(kind) && Duration::from_micros(age(id)) < work.config.unknown_kind
}

impl Hold<'_> {
    /// Writes until the shard is lost, not wanted here any more, or all is to stop.
    async fn keep(mut self, stop: &mut watch::Receiver<bool>) {
        let config = &self.work.config;
        let (mut pauses, mut idle) = (Pauses::new(config.retry), config.gather);
        while !*stop.borrow() && (config.wanted)(self.tenure.shard) {
            let pause = match self.step().await {
                Ok(Step::Idle) => {
                    pauses = Pauses::new(config.retry);
                    idle = idle.saturating_mul(2).clamp(FIRST_IDLE.min(config.idle), config.idle);
                    self.rest(idle, stop).await;
                    continue;
                }
                Ok(Step::Waits(what)) => {
                    self.work.troubles.tell(&what, self.tenure.shard, "a shard of the journal waits");
                    WAIT_AGAIN
                }
                Ok(Step::Written { full }) => {
                    (pauses, idle) = (Pauses::new(config.retry), config.gather);
                    if full { Duration::ZERO } else { config.gather }
                }
                Err(Stumble::Lost) => {
                    tracing::warn!(shard = self.tenure.shard.0, "another writer has taken the shard over");
                    return;
                }
                Err(Stumble::Failed(error)) => {
                    metrics::counter!("schoolbell_journal_failures_total").increment(1);
                    let shard = self.tenure.shard;
                    self.work.troubles.tell(
                        &error,
                        shard,
                        "a batch of the journal was not written; trying again",
                    );
                    pauses.next()
                }
            };
            if !pause.is_zero() {
                sleep(pause, stop).await;
            }
        }
        if let Err(error) = self.work.journal.release(&self.tenure).await {
            tracing::warn!(%error, shard = self.tenure.shard.0, "a shard could not be given back; its lease will end");
        }
    }

    /// Waits until there may be facts again: told so, or after a pause. Those that come with the first gather for a moment.
    async fn rest(&self, pause: Duration, stop: &mut watch::Receiver<bool>) {
        let wanted = async {
            while (self.work.config.wanted)(self.tenure.shard) {
                tokio::time::sleep(WANTED_AGAIN).await;
            }
        };
        tokio::select! {
            () = self.work.journal.appended(self.tenure.shard) => sleep(self.work.config.gather, stop).await,
            () = wanted => {}
            () = sleep(pause, stop) => {}
        }
    }

    /// What is read at once.
    fn limit(&self) -> ReadLimit {
        let ReadLimit { entries, bytes } = self.work.config.batch;
        ReadLimit { entries: (entries >> self.halved).max(1), bytes: (bytes >> self.halved).max(1) }
    }

    async fn step(&mut self) -> Result<Step, Stumble> {
        let Work { journal, db, sinks, turns, gauges, .. } = self.work;
        let after = match self.after {
            Some(after) => after,
            None => {
                let standing = Standing::read(db, &self.stream, self.tenure.shard.0).await?;
                if standing.fence() != self.tenure.fence {
                    return Err(Stumble::Lost);
                }
                standing.last()
            }
        };
        self.after = Some(after);
        // Before anything is read: what waits for its turn lies in the journal and not in memory. Nobody closes it.
        let turn = turns.acquire().await;
        let Portion { mut entries, mark, depth } = journal.read(&self.tenure, after, self.limit()).await?;
        // What was committed and not trimmed, by us or a former writer.
        if mark < after {
            journal.mark(&self.tenure, after).await?;
        }
        gauges.see(self.tenure.shard, depth, entries.first().map(|oldest| oldest.id));
        if entries.is_empty() {
            return Ok(Step::Idle);
        }
        let unknown = |entry: &Entry| may_be_known_soon(&entry.fact.kind, entry.id, self.work);
        entries.truncate(entries.iter().position(unknown).unwrap_or(entries.len()));
        let Some(last) = entries.last().map(|entry| entry.id) else {
            return Ok(Step::Waits(
                "its next fact is for a newer version; no node that writes it knows that kind",
            ));
        };
        self.after = None;
        let batch = Batch {
            stream: &self.stream,
            tenure: &self.tenure,
            after,
            entries: &entries,
            now: now(),
            missing_row: self.work.config.missing_row,
        };
        let committed = batch.commit(db, sinks, self.wary).await;
        let Tally { rows, refused, parked } = match committed {
            Ok(Outcome::Committed(tally)) => tally,
            Ok(Outcome::Stale) => return Err(Stumble::Lost),
            Ok(Outcome::Waits) => {
                return Ok(Step::Waits("a fact speaks of a row that is not there yet"));
            }
            Err(error) => {
                self.halved = (self.halved + 1).min(HALVINGS);
                return Err(error.into());
            }
        };
        // Carefully is slower, but not than a refusal of the whole.
        self.wary = refused > 0;
        self.after = Some(last);
        drop(turn);
        count(&entries, parked, rows);
        if parked > 0 {
            tracing::error!(
                shard = self.tenure.shard.0,
                parked,
                "facts could not be written and are parked as dead letters"
            );
        }
        journal.mark(&self.tenure, last).await?;
        let full = entries.len() >= self.limit().entries;
        self.halved = self.halved.saturating_sub(1);
        gauges.see(self.tenure.shard, depth.less(&entries), None);
        Ok(Step::Written { full: full || depth.entries > u64::try_from(entries.len()).unwrap_or(u64::MAX) })
    }
}

fn count(entries: &[Entry], parked: usize, rows: usize) {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("schoolbell_journal_committed_total").increment(number(entries.len() - parked));
    metrics::counter!("schoolbell_journal_rows_total").increment(number(rows));
    metrics::counter!("schoolbell_journal_parked_total").increment(number(parked));
    if let Some(oldest) = entries.first() {
        let waited = Duration::from_micros(age(oldest.id));
        metrics::histogram!("schoolbell_journal_commit_seconds").record(waited.as_secs_f64());
    }
}

/// How long ago an entry was accepted, in microseconds: its id is the time.
pub(super) fn age(id: EntryId) -> u64 {
    u64::try_from(now().0).unwrap_or(0).saturating_sub(id.0)
}

fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
