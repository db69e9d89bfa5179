//! The journal: where facts wait for the database, the writer that brings them there, and who is told how far it is behind.

use crate::config::Config;
use anyhow::Context as _;
use persistence::{
    DatabaseLocation, Store,
    games::record,
    journal::{
        DeadLetters, Durability, Journal, RedisJournal, Shard, Sinks, SinksError, Writer, WriterConfig,
    },
    redis::{Redis, RedisConfig, StartError},
};
use realtime::{
    Node,
    room::{RoomKey, placement::Place},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Between two looks at how far the writer is behind.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two counts of dead letters.
const COUNT_EVERY: Duration = Duration::from_secs(30);
/// For the database to count them.
const PATIENCE: Duration = Duration::from_secs(2);
/// A fact that waits for longer is worth an operator's look.
const ALARM_AFTER: Duration = Duration::from_secs(60);
/// Between two such lines in the log.
const ALARM_EVERY: Duration = Duration::from_secs(60);
/// The name of the one writer of a journal in a file: after a crash it takes up what is its own.
const ALONE: &str = "local";

/// The journal with all that belongs to it.
pub struct WriteBehind {
    /// Takes facts.
    pub journal: Arc<dyn Journal>,
    /// Tells when they are in the database.
    pub durability: Durability,
    /// Those that cannot be.
    pub dead_letters: DeadLetters,
    writer: Writer,
}

/// What facts become, over all features.
///
/// # Errors
/// [`SinksError`], a defect.
pub(crate) fn sinks() -> Result<Sinks, SinksError> {
    Sinks::new(record::sinks())
}

/// The journal of an installation: in the Redis that its nodes share; in the database if that is a file; else in a file of
/// its own, so that it does not need the database that it waits for.
pub(crate) async fn open(
    config: &Config,
    store: Option<&Store>,
    connect: impl AsyncFn(&RedisConfig) -> Result<Redis, StartError>,
) -> anyhow::Result<Arc<dyn Journal>> {
    let budget = config.journal.budget();
    if let Some(redis) = config.shared() {
        return Ok(Arc::new(RedisJournal::within_memory(connect(&redis).await?, budget).await));
    }
    if let Some(journal) = store.and_then(|store| store.local_journal(budget)) {
        return Ok(Arc::new(journal));
    }
    let file = config.data_dir.join("journal.db");
    let own =
        Store::open(&DatabaseLocation::SqliteFile(file)).await.context("the journal cannot be opened")?;
    own.migrate().await.context("the journal cannot be brought up to date")?;
    let journal = own.local_journal(budget).context("the journal is not in a file")?;
    Ok(Arc::new(journal))
}

impl WriteBehind {
    /// Of a node, which writes the shards that belong to it.
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        store: &Store,
        node: &Arc<Node>,
    ) -> anyhow::Result<Arc<Self>> {
        let sinks = sinks()?;
        let alone = !node.placement.is_shared();
        let name = if alone { ALONE } else { node.id.as_str() };
        let writer = WriterConfig { wanted: belongs_to(node, journal.shards()), ..WriterConfig::new(name) };
        Ok(Arc::new(Self {
            durability: Durability::new(Arc::clone(&journal), store),
            dead_letters: store.dead_letters(sinks.clone()),
            writer: Writer::new(Arc::clone(&journal), store, sinks, writer),
            journal,
        }))
    }

    /// Writes, and tells how far it is behind, until stopped; then gives its shards back.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let watching = stop.clone().run_until_cancelled_owned(self.watch());
        tokio::join!(self.writer.run(stop.cancelled_owned()), watching);
    }

    async fn watch(&self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let (mut counted, mut alarmed): (Option<Instant>, Option<Instant>) = (None, None);
        loop {
            looks.tick().await;
            let behind = self.writer.behind();
            #[expect(clippy::cast_precision_loss, reason = "gauges are doubles")]
            {
                metrics::gauge!("schoolbell_journal_depth_bytes").set(behind.depth.bytes as f64);
                metrics::gauge!("schoolbell_journal_depth_facts").set(behind.depth.entries as f64);
                metrics::gauge!("schoolbell_journal_shards").set(behind.shards as f64);
            }
            metrics::gauge!("schoolbell_journal_lag_seconds").set(behind.lag.as_secs_f64());
            if behind.lag > ALARM_AFTER && alarmed.is_none_or(|last| last.elapsed() >= ALARM_EVERY) {
                alarmed = Some(Instant::now());
                tracing::error!(
                    lag_s = behind.lag.as_secs(),
                    facts = behind.depth.entries,
                    bytes = behind.depth.bytes,
                    "the database is behind: what was accepted waits in the journal; is Postgres away?"
                );
            }
            if counted.is_none_or(|last| last.elapsed() >= COUNT_EVERY) {
                counted = Some(Instant::now());
                self.count_dead_letters().await;
            }
        }
    }

    async fn count_dead_letters(&self) {
        // A database that is away is told of by the lag.
        if let Ok(Ok(schools)) = tokio::time::timeout(PATIENCE, self.dead_letters.schools()).await {
            let count: u64 = schools.iter().map(|(_, count)| count).sum();
            #[expect(clippy::cast_precision_loss, reason = "gauges are doubles")]
            metrics::gauge!("schoolbell_journal_dead_letters").set(count as f64);
        }
    }
}

/// Shards are spread over the nodes as rooms are, and leave a node that goes down as those do.
fn belongs_to(node: &Arc<Node>, shards: u16) -> Arc<dyn Fn(Shard) -> bool + Send + Sync> {
    let key = |shard: u16| RoomKey {
        school: protocol::ids::SchoolId(uuid::Uuid::nil()),
        kind: "journal".to_owned(),
        id: uuid::Uuid::from_u128(shard.into()),
    };
    let (keys, node): (Vec<RoomKey>, _) = ((0..shards).map(key).collect(), Arc::clone(node));
    Arc::new(move |Shard(number)| {
        keys.get(usize::from(number)).is_some_and(|key| node.placement.place(key) == Place::Here)
    })
}
