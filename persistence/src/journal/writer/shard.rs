//! One shard's writer: claim, read, commit, mark, for as long as the node lives.

use super::Work;
use super::checkpoint::{self, Standing};
use super::commit::{Batch, Outcome};
use crate::journal::{Entry, EntryId, Portion, Shard, ShardClaim, Tenure, TenureError};
use crate::{Micros, Unavailable};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The first pause after a failure; the next ones are each twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(50);

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
    /// The last entry that is committed; not known after a commit without an answer.
    after: Option<EntryId>,
}

/// What a step came to.
enum Step {
    /// There was nothing.
    Idle,
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
            Ok(Some(tenure)) => {
                pauses = Pauses::new(work.config.retry);
                Hold { work, tenure, after: None }.keep(&mut stop).await;
                work.gauges.forget(shard);
                FIRST_RETRY
            }
            // Another's lease may end at any time, and who it was may be gone.
            Ok(None) => work.config.idle,
            Err(error) => {
                let pause = pauses.next();
                tracing::warn!(%error, shard = shard.0, ?pause, "a shard of the journal could not be claimed; trying again");
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
async fn claim(work: &Work, shard: Shard) -> Result<Option<Tenure>, Unavailable> {
    if !(work.config.wanted)(shard) {
        return Ok(None);
    }
    let (stream, config) = (work.journal.stream(), &work.config);
    // A journal that lost its fences must not hand out those that were used up.
    let above = Standing::read(&work.db, stream, shard.0).await?.fence();
    match work.journal.claim(shard, &config.node, config.lease, above).await? {
        ShardClaim::Other { .. } => Ok(None),
        ShardClaim::Held { fence } => {
            let tenure = Tenure { shard, fence, node: config.node.clone(), lease: config.lease };
            let taken = checkpoint::take(&work.db, stream, &tenure, now()).await?;
            Ok(taken.then_some(tenure))
        }
    }
}

impl Hold<'_> {
    /// Writes until the shard is lost, not wanted here any more, or all is to stop.
    async fn keep(mut self, stop: &mut watch::Receiver<bool>) {
        let config = &self.work.config;
        let (mut pauses, mut idle) = (Pauses::new(config.retry), config.gather);
        while !*stop.borrow() && (config.wanted)(self.tenure.shard) {
            let pause = match self.step().await {
                Ok(step) => {
                    pauses = Pauses::new(config.retry);
                    let pause = match step {
                        Step::Idle => idle,
                        Step::Written { full: true } => Duration::ZERO,
                        Step::Written { full: false } => config.gather,
                    };
                    let longer = matches!(step, Step::Idle);
                    idle = if longer { idle.saturating_mul(2).min(config.idle) } else { config.gather };
                    pause
                }
                Err(Stumble::Lost) => {
                    tracing::warn!(shard = self.tenure.shard.0, "another writer has taken the shard over");
                    return;
                }
                Err(Stumble::Failed(error)) => {
                    let pause = pauses.next();
                    metrics::counter!("schoolbell_journal_failures_total").increment(1);
                    tracing::warn!(%error, shard = self.tenure.shard.0, ?pause, "a batch of the journal was not written; trying again");
                    pause
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

    async fn step(&mut self) -> Result<Step, Stumble> {
        let Work { journal, db, sinks, config, turns, gauges } = self.work;
        let after = match self.after {
            Some(after) => after,
            None => {
                let standing = Standing::read(db, journal.stream(), self.tenure.shard.0).await?;
                if standing.fence() != self.tenure.fence {
                    return Err(Stumble::Lost);
                }
                standing.last()
            }
        };
        self.after = Some(after);
        let Portion { entries, mark, depth } = journal.read(&self.tenure, after, config.batch).await?;
        // What was committed and not trimmed, by us or a former writer.
        if mark < after {
            journal.mark(&self.tenure, after).await?;
        }
        let waited = entries.first().map_or(0, |oldest| age(oldest.id));
        gauges.see(self.tenure.shard, depth, waited);
        let Some(last) = entries.last().map(|entry| entry.id) else { return Ok(Step::Idle) };
        // Nobody closes it.
        let turn = turns.acquire().await;
        self.after = None;
        let batch =
            Batch { stream: journal.stream(), tenure: &self.tenure, after, entries: &entries, now: now() };
        let parked = match batch.commit(db, sinks).await? {
            Outcome::Committed { parked } => parked,
            Outcome::Stale => return Err(Stumble::Lost),
        };
        self.after = Some(last);
        drop(turn);
        count(&entries, parked);
        if parked > 0 {
            tracing::error!(
                shard = self.tenure.shard.0,
                parked,
                "facts could not be written and are parked as dead letters"
            );
        }
        journal.mark(&self.tenure, last).await?;
        Ok(Step::Written { full: entries.len() >= config.batch.entries })
    }
}

fn count(entries: &[Entry], parked: usize) {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("schoolbell_journal_committed_total").increment(number(entries.len() - parked));
    metrics::counter!("schoolbell_journal_parked_total").increment(number(parked));
    if let Some(oldest) = entries.first() {
        let waited = Duration::from_micros(age(oldest.id));
        metrics::histogram!("schoolbell_journal_commit_seconds").record(waited.as_secs_f64());
    }
}

/// How long ago an entry was accepted, in microseconds: its id is the time.
fn age(id: EntryId) -> u64 {
    u64::try_from(now().0).unwrap_or(0).saturating_sub(id.0)
}

fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
