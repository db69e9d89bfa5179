//! The journal in Redis: a stream for each partition, and each step one script.

mod wakes;

use super::fact::check;
use super::{
    Accepted, Budget, Depth, Entry, EntryId, Fact, Journal, JournalError, Kind, Life, OpId, Place, Portion,
    ReadLimit, Shard, ShardClaim, Tenure, TenureError, Watermark, count_appended,
};
use crate::redis::{Arg, Partition, Redis, RedisError, Script, Value};
use crate::{Micros, Unavailable};
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _};
use protocol::ids::SchoolId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use wakes::Wakes;

const APPEND: Script = Script { name: "journal.append", body: include_str!("redis/append.lua") };
const CLAIM: Script = Script { name: "journal.claim", body: include_str!("redis/claim.lua") };
const RELEASE: Script = Script { name: "journal.release", body: include_str!("redis/release.lua") };
const READ: Script = Script { name: "journal.read", body: include_str!("redis/read.lua") };
const MARK: Script = Script { name: "journal.mark", body: include_str!("redis/mark.lua") };
const WATERMARK: Script = Script { name: "journal.watermark", body: include_str!("redis/watermark.lua") };

const MEMORY: Script = Script { name: "journal.memory", body: "return redis.call('INFO', 'memory')" };

/// Facts of one script, and their bytes: it keeps Redis from everybody else for some milliseconds.
const AT_ONCE: usize = 500;
const BYTES_AT_ONCE: u64 = 2 << 20;
/// The least that a shard may hold, whatever memory there is: four fifths of it are more than one script's facts.
const LEAST_BUDGET: u64 = 4 << 20;
/// Partitions that are asked at a time.
const PARTITIONS_AT_A_TIME: usize = 16;
/// The greatest number that scripts compute with: theirs are doubles.
const GREATEST: u64 = (1 << 53) - 1;

/// A [`Journal`] in Redis, for installations of several nodes. A shard is a partition.
///
/// What it has accepted is as durable as Redis keeps it: advise `appendonly yes`, `appendfsync always` and
/// `maxmemory-policy noeviction`, on a Redis of its own if live traffic must not wait for that disk.
#[derive(Clone, Debug)]
pub struct RedisJournal {
    redis: Redis,
    budget: Budget,
    wakes: Arc<Wakes>,
}

/// Where a shard stands.
struct Standing {
    life: Option<Life>,
    mark: EntryId,
    depth: Depth,
    /// 0 for none.
    oldest: EntryId,
}

impl RedisJournal {
    /// In this Redis, whose events it takes: give it connections of its own, or its writers notice what other nodes append
    /// only when they look.
    #[must_use]
    pub fn new(redis: Redis, budget: Budget) -> Self {
        let wakes = Arc::new(Wakes::listen(&redis));
        Self { redis, budget, wakes }
    }

    /// As [`Self::new`], with no more than half of the memory that the server may use (`maxmemory`), where it says so. Live
    /// traffic needs the other half; a server that has none left is a journal that is full, whatever the budget says.
    pub async fn within_memory(redis: Redis, budget: Budget) -> Self {
        let mut journal = Self::new(redis, budget);
        // A user that may not ask keeps the budget as configured.
        let reply = journal.redis.run(&MEMORY, vec![journal.key(Shard(0), "head")], Vec::new()).await;
        let Some(memory) = reply.ok().and_then(|reply| max_memory(reply.text().ok()?)) else {
            return journal;
        };
        let share = memory / 2 / u64::from(journal.shards()).max(1);
        journal.budget.bytes = budget.bytes.min(share.max(LEAST_BUDGET));
        journal
    }

    /// What each shard may hold.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }

    fn key(&self, shard: Shard, what: &str) -> String {
        self.redis.key(Partition(shard.0), &format!("j:{what}"))
    }

    /// The head and the log.
    fn keys(&self, shard: Shard) -> Vec<String> {
        vec![self.key(shard, "head"), self.key(shard, "log")]
    }

    /// Accepts facts of one shard; each with its place among all.
    async fn append_to(
        &self,
        shard: Shard,
        facts: Vec<(usize, &Fact)>,
    ) -> Result<Vec<(usize, Place)>, JournalError> {
        let mut places = Vec::with_capacity(facts.len());
        for part in parts(&facts) {
            let mut keys = self.keys(shard);
            keys.extend([
                self.key(shard, "late"),
                self.key(shard, "before"),
                wakes::channel(&self.redis, shard),
            ]);
            let usable = self.budget.usable();
            let remembered = u64::try_from(self.budget.remembered.as_micros()).unwrap_or(GREATEST);
            let mut args: Vec<Arg> = [usable.bytes, usable.entries, remembered, self.budget.remembered_ops]
                .map(|number| number.min(GREATEST).into())
                .into();
            args.push(self.redis.publish_word().into());
            args.push(new_life());
            args.extend(part.iter().flat_map(|(_, fact)| words(fact)));
            let reply = self.redis.run(&APPEND, keys, args).await.map_err(|error| refused(error, shard))?;
            let (life, ids) = match reply.list().map_err(Unavailable::from)? {
                [Value::Int(0), life, ids @ ..] if ids.len() == part.len() => (life, ids),
                [Value::Int(1)] => return Err(JournalError::Full { shard }),
                _ => return Err(Unavailable::from(strange()).into()),
            };
            let life = Life(uuid(life).map_err(Unavailable::from)?);
            for ((at, fact), id) in part.iter().zip(ids) {
                let id = entry_id(id).map_err(Unavailable::from)?;
                places.push((*at, Place { school: fact.school, op: fact.op, shard, life, id }));
            }
        }
        Ok(places)
    }

    async fn append_all(&self, facts: &[Fact]) -> Result<Accepted, JournalError> {
        check(facts)?;
        let mut by_shard: BTreeMap<Shard, Vec<(usize, &Fact)>> = BTreeMap::new();
        for (at, fact) in facts.iter().enumerate() {
            let Partition(number) = self.redis.partitions().of(&fact.route());
            by_shard.entry(Shard(number)).or_default().push((at, fact));
        }
        let asked: Vec<_> = by_shard.into_iter().map(|(shard, facts)| self.append_to(shard, facts)).collect();
        let asked = futures_util::stream::iter(asked).buffer_unordered(PARTITIONS_AT_A_TIME);
        let mut places: Vec<(usize, Place)> = asked.try_collect::<Vec<_>>().await?.concat();
        places.sort_unstable_by_key(|(at, _)| *at);
        Ok(Accepted { places: places.into_iter().map(|(_, place)| place).collect() })
    }

    async fn standing(&self, shard: Shard) -> Result<Standing, RedisError> {
        let reply = self.redis.run(&WATERMARK, self.keys(shard), Vec::new()).await?;
        let [life, mark, bytes, entries, oldest] = reply.list()? else { return Err(strange()) };
        let life = if life.bytes()?.is_empty() { None } else { Some(Life(uuid(life)?)) };
        Ok(Standing {
            life,
            mark: entry_id(mark)?,
            depth: Depth { bytes: unsigned(bytes)?, entries: unsigned(entries)? },
            oldest: entry_id(oldest)?,
        })
    }
}

/// From what `INFO memory` says; none without a limit.
fn max_memory(info: &str) -> Option<u64> {
    let line = info.lines().find_map(|line| line.strip_prefix("maxmemory:"))?;
    line.trim().parse().ok().filter(|bytes| *bytes > 0)
}

/// Cut into what one script takes.
fn parts<'f>(mut facts: &'f [(usize, &'f Fact)]) -> Vec<&'f [(usize, &'f Fact)]> {
    let mut parts = Vec::new();
    while !facts.is_empty() {
        let mut bytes = 0_u64;
        let fits = |(_, fact): &&(usize, &Fact)| {
            bytes = bytes.saturating_add(fact.size());
            bytes <= BYTES_AT_ONCE
        };
        let count = facts.iter().take(AT_ONCE).take_while(fits).count();
        // One is always fit.
        let (part, rest) = facts.split_at(count.max(1));
        parts.push(part);
        facts = rest;
    }
    parts
}

fn words(fact: &Fact) -> [Arg; 8] {
    let (school, op) = (fact.school.0.as_bytes().as_slice(), fact.op.0.as_bytes().as_slice());
    [
        [school, op].concat().into(),
        school.into(),
        op.into(),
        fact.kind.as_str().into(),
        fact.key.as_str().into(),
        fact.occurred_at.0.into(),
        fact.body.clone().into(),
        fact.size().into(),
    ]
}

/// A name for the life of a shard that has none.
fn new_life() -> Arg {
    Uuid::new_v4().as_bytes().as_slice().into()
}

/// A server without memory to spare is a journal that is full.
fn refused(error: RedisError, shard: Shard) -> JournalError {
    match error {
        RedisError::Unavailable(text) if text.starts_with("OOM") => JournalError::Full { shard },
        error => Unavailable::from(error).into(),
    }
}

fn strange() -> RedisError {
    RedisError::Script("the reply has not the form that the script gives it".to_owned())
}

fn unsigned(value: &Value) -> Result<u64, RedisError> {
    u64::try_from(value.int()?).map_err(|_| strange())
}

fn entry_id(value: &Value) -> Result<EntryId, RedisError> {
    unsigned(value).map(EntryId)
}

fn uuid(value: &Value) -> Result<Uuid, RedisError> {
    Uuid::from_slice(&value.bytes()?).map_err(|_| strange())
}

fn millis(lease: Duration) -> Arg {
    Arg::from(u64::try_from(lease.as_millis()).unwrap_or(GREATEST).min(GREATEST))
}

/// From `{id, {name, value, …}}`, in the order in which they were added.
fn read_entry(item: &Value) -> Result<Entry, RedisError> {
    let [id, fields] = item.list()? else { return Err(strange()) };
    let [_, school, _, op, _, kind, _, key, _, at, _, body, _, _] = fields.list()? else {
        return Err(strange());
    };
    let (id, _) = id.text()?.split_once('-').ok_or_else(strange)?;
    let fact = Fact {
        op: OpId(uuid(op)?),
        school: SchoolId(uuid(school)?),
        kind: Kind::kept(kind.text()?.to_owned()),
        key: key.text()?.to_owned(),
        occurred_at: Micros(at.int()?),
        body: body.bytes()?,
    };
    Ok(Entry { id: EntryId(id.parse().map_err(|_| strange())?), fact })
}

#[async_trait]
impl Journal for RedisJournal {
    fn stream(&self) -> &'static str {
        "redis"
    }

    fn shards(&self) -> u16 {
        self.redis.partitions().count()
    }

    async fn append(&self, facts: &[Fact]) -> Result<Accepted, JournalError> {
        let accepted = self.append_all(facts).await;
        count_appended(&accepted);
        accepted
    }

    async fn oldest(&self, shard: Shard) -> Result<Option<EntryId>, Unavailable> {
        let oldest = self.standing(shard).await?.oldest;
        Ok(Some(oldest).filter(|oldest| *oldest > EntryId(0)))
    }

    async fn appended(&self, shard: Shard) {
        self.wakes.appended(shard).await;
    }

    async fn watermark(&self, shard: Shard) -> Result<Watermark, Unavailable> {
        let Standing { life, mark, .. } = self.standing(shard).await?;
        Ok(Watermark { life, id: mark })
    }

    async fn depth(&self, shard: Shard) -> Result<Depth, Unavailable> {
        Ok(self.standing(shard).await?.depth)
    }

    async fn claim(
        &self,
        shard: Shard,
        node: &str,
        lease: Duration,
        above: u64,
    ) -> Result<ShardClaim, Unavailable> {
        let args = vec![node.into(), millis(lease), above.min(GREATEST).into(), new_life()];
        let reply = self.redis.run(&CLAIM, vec![self.key(shard, "head")], args).await?;
        Ok(match reply.list()? {
            [Value::Int(1), fence, life] => {
                wakes::follow(&self.redis, shard).await;
                ShardClaim::Held { life: Life(uuid(life)?), fence: unsigned(fence)? }
            }
            [Value::Int(0), left] => ShardClaim::Other { left: Duration::from_millis(unsigned(left)?) },
            _ => return Err(strange().into()),
        })
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), Unavailable> {
        let args = vec![Arg::Text(tenure.fence.to_string())];
        wakes::leave(&self.redis, tenure.shard).await;
        self.redis.run(&RELEASE, vec![self.key(tenure.shard, "head")], args).await?;
        Ok(())
    }

    async fn read(&self, tenure: &Tenure, after: EntryId, limit: ReadLimit) -> Result<Portion, TenureError> {
        let entries = u64::try_from(limit.entries).unwrap_or(GREATEST).min(GREATEST);
        let args = vec![
            Arg::Text(tenure.fence.to_string()),
            tenure.node.as_str().into(),
            millis(tenure.lease),
            after.0.into(),
            entries.into(),
            limit.bytes.min(GREATEST).into(),
        ];
        let reply = self.redis.run(&READ, self.keys(tenure.shard), args).await.map_err(Unavailable::from)?;
        let read = |reply: &Value| match reply.list()? {
            [Value::Int(1), mark, bytes, entries, found] => Ok(Some(Portion {
                entries: found.list()?.iter().map(read_entry).collect::<Result<_, _>>()?,
                mark: entry_id(mark)?,
                depth: Depth { bytes: unsigned(bytes)?, entries: unsigned(entries)? },
            })),
            [Value::Int(0)] => Ok(None),
            _ => Err(strange()),
        };
        read(&reply).map_err(Unavailable::from)?.ok_or(TenureError::Lost)
    }

    async fn mark(&self, tenure: &Tenure, up_to: EntryId) -> Result<(), TenureError> {
        let args = vec![Arg::Text(tenure.fence.to_string()), up_to.0.into()];
        let reply = self.redis.run(&MARK, self.keys(tenure.shard), args).await.map_err(Unavailable::from)?;
        match reply.int().map_err(Unavailable::from)? {
            1 => Ok(()),
            _ => Err(TenureError::Lost),
        }
    }
}
