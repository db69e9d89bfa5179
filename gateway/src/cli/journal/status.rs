//! `schoolbell journal status`: also while the database is away.

use super::super::say;
use crate::{
    compose::journal::{open, sinks},
    config::Config,
};
use anyhow::Context as _;
use persistence::{
    DatabaseLocation, Store,
    journal::{Depth, EntryId, Journal, Shard},
    redis::Redis,
};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far a journal is behind.
#[derive(Default)]
struct Standing {
    depth: Depth,
    oldest: Option<EntryId>,
    /// Shards with something that is not written.
    busy: usize,
}

pub(super) async fn run(config: &Config, database: &DatabaseLocation, as_json: bool) -> anyhow::Result<()> {
    let store = match database {
        // Its journal does not need it.
        DatabaseLocation::Postgres(_) => Store::open(database).await.map_err(|error| error.to_string()),
        _ => Ok(Store::open(database).await.context("the database cannot be opened")?),
    };
    let journal = open(config, store.as_ref().ok(), Redis::connect).await?;
    let standing = standing(journal.as_ref()).await?;
    let dead = match &store {
        Ok(store) => count(store).await.map_err(|error| format!("{error:#}")),
        Err(error) => Err(error.clone()),
    };
    let lag = standing.oldest.map_or(Duration::ZERO, age);
    if as_json {
        let (stream, shards) = (journal.stream(), journal.shards());
        let (dead, database) = match dead {
            Ok(count) => (json!(count), json!("ok")),
            Err(error) => (json!(null), json!(error)),
        };
        let status = json!({
            "journal": stream, "shards": shards, "shards_waiting": standing.busy, "facts": standing.depth.entries,
            "bytes": standing.depth.bytes, "lag_ms": u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
            "dead_letters": dead, "database": database,
        });
        say(&serde_json::to_string_pretty(&status).context("no JSON")?);
        return Ok(());
    }
    let Depth { entries, bytes } = standing.depth;
    say(&format!("journal: {}, {} parts", journal.stream(), journal.shards()));
    say(&match entries {
        0 => "waiting: nothing; all that was accepted is in the database".to_owned(),
        _ => format!(
            "waiting: {entries} facts, {bytes} bytes, in {} parts; the oldest for {:.1} s",
            standing.busy,
            lag.as_secs_f64()
        ),
    });
    say(&match dead {
        Ok(0) => "dead letters: none".to_owned(),
        Ok(count) => format!("dead letters: {count}; see `schoolbell journal dead-letters`"),
        Err(error) => format!("dead letters: not known, the database cannot be read ({error})"),
    });
    Ok(())
}

async fn standing(journal: &dyn Journal) -> anyhow::Result<Standing> {
    let mut all = Standing::default();
    for shard in (0..journal.shards()).map(Shard) {
        let depth = journal.depth(shard).await.context("the journal cannot be read")?;
        if depth.entries == 0 {
            continue;
        }
        all.busy += 1;
        all.depth.entries += depth.entries;
        all.depth.bytes += depth.bytes;
        let oldest = journal.oldest(shard).await.context("the journal cannot be read")?;
        all.oldest = all.oldest.into_iter().chain(oldest).min();
    }
    Ok(all)
}

async fn count(store: &Store) -> anyhow::Result<u64> {
    let letters = store.dead_letters(sinks()?);
    Ok(letters.schools().await?.iter().map(|(_, count)| count).sum())
}

/// An entry's id is the time when it was accepted.
fn age(EntryId(accepted): EntryId) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_micros(accepted))
}
