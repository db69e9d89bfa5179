//! The log of rooms in Redis: each room in one partition, each step one script that checks the fence.

use super::lease::{Claim, Renewal, RoomLease};
use super::{AppendError, Fence, Loaded, LogEntry, RoomKey, RoomLog, SnapshotError};
use crate::Unavailable;
use crate::redis::{Arg, Partition, Redis, RedisError, Script, Value};
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _};
use protocol::ids::SchoolId;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

const ACQUIRE: Script = Script { name: "room.acquire", body: include_str!("redis/acquire.lua") };
const APPEND: Script = Script { name: "room.append", body: include_str!("redis/append.lua") };
const SNAPSHOT: Script = Script { name: "room.snapshot", body: include_str!("redis/snapshot.lua") };
const LOAD: Script = Script { name: "room.load", body: include_str!("redis/load.lua") };
const ENTRIES: Script = Script { name: "room.entries", body: include_str!("redis/entries.lua") };
const CLOSE: Script = Script { name: "room.close", body: include_str!("redis/close.lua") };
const OPEN_ROOMS: Script = Script { name: "room.open_rooms", body: include_str!("redis/open_rooms.lua") };
const CLAIM: Script = Script { name: "room.claim", body: include_str!("redis/claim.lua") };
const RENEW: Script = Script { name: "room.renew", body: include_str!("redis/renew.lua") };
const RELEASE: Script = Script { name: "room.release", body: include_str!("redis/release.lua") };

/// Entries that are read at a time: a reply of megabytes would delay those behind it.
const PAGE: u64 = 1_000;
/// Partitions that are asked at a time.
const AT_A_TIME: usize = 16;
/// How long a closed room stays. Those who look back on a game that has just ended need not ask the archive.
const CLOSED_TTL: Duration = Duration::from_secs(3600);
/// The greatest number of an entry: scripts compute with doubles.
const LAST_SEQ: u64 = (1 << 53) - 1;

/// A [`RoomLog`] in Redis, for installations of several nodes.
///
/// What it has acknowledged is as durable as Redis keeps it: advise `appendonly yes`, `appendfsync always` and
/// `maxmemory-policy noeviction`. With less, a restart of Redis can lose the last entries of a room, and the fences that
/// came with them; and a cluster whose master fails hands over to a replica that may lack the last moment, whatever the
/// disk: what must not be lost in that case belongs on one server. A closed room is forgotten after an hour: see
/// [`ArchivedRoomLog`](super::ArchivedRoomLog).
#[derive(Clone, Debug)]
pub struct RedisRoomLog {
    redis: Redis,
}

/// What a script that changes a log has decided; the number in the reply belongs to it.
enum Verdict {
    Done,
    Fenced { current: u64 },
    Closed,
    Gap { expected: u64 },
    UnknownRoom,
    Ahead { last: u64 },
}

impl Verdict {
    fn read(reply: &Value) -> Result<Self, RedisError> {
        let [verdict, number] = reply.list()? else { return Err(strange()) };
        let number = unsigned(number)?;
        Ok(match verdict.int()? {
            0 => Self::Done,
            1 => Self::Fenced { current: number },
            2 => Self::Closed,
            3 => Self::Gap { expected: number },
            4 => Self::UnknownRoom,
            5 => Self::Ahead { last: number },
            _ => return Err(strange()),
        })
    }
}

fn strange() -> RedisError {
    RedisError::Script("the reply has not the form that the script gives it".to_owned())
}

fn unsigned(value: &Value) -> Result<u64, RedisError> {
    u64::try_from(value.int()?).map_err(|_| strange())
}

fn millis(ttl: Duration) -> Arg {
    Arg::from(u64::try_from(ttl.as_millis()).unwrap_or(LAST_SEQ).min(LAST_SEQ))
}

/// The keys of one room, and of the open rooms beside it.
struct Place {
    head: String,
    log: String,
    snapshot: String,
    open: String,
    /// The room among the open ones.
    name: String,
}

impl RedisRoomLog {
    /// In this Redis.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn partition(&self, RoomKey { school, kind, id }: &RoomKey) -> Partition {
        self.redis.partitions().of(format!("{kind}:{school}:{id}").as_bytes())
    }

    fn place(&self, room: &RoomKey) -> Place {
        let RoomKey { school, kind, id } = room;
        let partition = self.partition(room);
        let key = |what: &str| self.redis.key(partition, &format!("r:{kind}:{school}:{id}:{what}"));
        Place {
            head: key("head"),
            log: key("log"),
            snapshot: key("snapshot"),
            open: self.open(partition, kind),
            name: format!("{school}:{id}"),
        }
    }

    fn open(&self, partition: Partition, kind: &str) -> String {
        self.redis.key(partition, &format!("r:open:{kind}"))
    }

    /// The entries from number `first` to `last`, at most so many, read page by page. None of them ever changes, so that
    /// pages fit together.
    async fn read(
        &self,
        log: &str,
        first: u64,
        last: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, RedisError> {
        let mut entries = Vec::new();
        let mut next = first;
        while entries.len() < limit && next <= last {
            let left = u64::try_from(limit - entries.len()).unwrap_or(u64::MAX);
            let args = vec![Arg::from(next), Arg::from(last), Arg::from(left.min(PAGE))];
            let page = self.redis.run(&ENTRIES, vec![log.to_owned()], args).await?;
            let page = page.list()?;
            for item in page {
                entries.push(read_entry(item)?);
            }
            let full = u64::try_from(page.len()).is_ok_and(|length| length == PAGE);
            match entries.last() {
                Some(entry) if full => next = entry.seq + 1,
                Some(_) | None => break,
            }
        }
        Ok(entries)
    }
}

/// From `{id, {'at', time, 'body', body}}`.
fn read_entry(item: &Value) -> Result<LogEntry, RedisError> {
    let [id, fields] = item.list()? else { return Err(strange()) };
    let [_, at, _, body] = fields.list()? else { return Err(strange()) };
    let (seq, _) = id.text()?.split_once('-').ok_or_else(strange)?;
    Ok(LogEntry {
        seq: seq.parse().map_err(|_| strange())?,
        at: at.text()?.parse().map_err(|_| strange())?,
        body: body.bytes()?.to_vec(),
    })
}

/// The first entry that does not follow the one before it: what must come there, and what does.
fn gap_within(entries: &[LogEntry]) -> Option<(u64, u64)> {
    let mut pairs = entries.windows(2).filter_map(|pair| match pair {
        [one, next] => Some((one.seq.saturating_add(1), next.seq)),
        _ => None,
    });
    pairs.find(|(expected, got)| expected != got)
}

#[async_trait]
impl RoomLog for RedisRoomLog {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable> {
        let Place { head, open, name, .. } = self.place(room);
        let fence = self.redis.run(&ACQUIRE, vec![head, open], vec![name.into()]).await?;
        Ok(Fence(unsigned(&fence)?))
    }

    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError> {
        let Place { head, log, .. } = self.place(room);
        // Entries that do not follow each other are not even sent, but the script comes first: it knows about the fence
        // and about the first of them.
        let gap = gap_within(entries);
        let first = entries.first().map_or_else(String::new, |entry| entry.seq.to_string());
        let mut args = vec![Arg::Text(fence.0.to_string()), Arg::Text(first)];
        if gap.is_none() {
            for entry in entries {
                args.extend([Arg::Text(entry.at.to_string()), entry.body.as_slice().into()]);
            }
        }
        let reply = self.redis.run(&APPEND, vec![head, log], args).await.map_err(Unavailable::from)?;
        match Verdict::read(&reply).map_err(Unavailable::from)? {
            Verdict::Done => match gap {
                Some((expected, got)) => Err(AppendError::Gap { expected, got }),
                None => Ok(()),
            },
            Verdict::Fenced { current } => Err(AppendError::Fenced { current }),
            Verdict::Closed => Err(AppendError::Closed),
            Verdict::Gap { expected } => {
                Err(AppendError::Gap { expected, got: entries.first().map_or(0, |entry| entry.seq) })
            }
            Verdict::UnknownRoom => Err(AppendError::UnknownRoom),
            Verdict::Ahead { .. } => Err(Unavailable::from(strange()).into()),
        }
    }

    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        let Place { head, log, snapshot, .. } = self.place(room);
        let reply = self.redis.run(&LOAD, vec![head, snapshot], Vec::new()).await?;
        if reply.is_nil() {
            return Ok(None);
        }
        let (last, closed, snapshot) = match reply.list()? {
            [last, closed] => (last, closed, None),
            [last, closed, seq, bytes] => (last, closed, Some((unsigned(seq)?, bytes.bytes()?.to_vec()))),
            _ => return Err(strange().into()),
        };
        let after = snapshot.as_ref().map_or(0, |(seq, _)| *seq);
        // Up to what was the last entry then: the state is that of one moment, though read in pages.
        let tail = self.read(&log, after + 1, unsigned(last)?, usize::MAX).await?;
        Ok(Some(Loaded { snapshot, tail, closed: closed.int()? == 1 }))
    }

    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let Place { head, snapshot, .. } = self.place(room);
        let args = vec![Arg::Text(fence.0.to_string()), Arg::from(seq), bytes.into()];
        let reply = self.redis.run(&SNAPSHOT, vec![head, snapshot], args).await.map_err(Unavailable::from)?;
        match Verdict::read(&reply).map_err(Unavailable::from)? {
            Verdict::Done => Ok(()),
            Verdict::Fenced { current } => Err(SnapshotError::Fenced { current }),
            Verdict::Ahead { last } => Err(SnapshotError::Ahead { last }),
            Verdict::UnknownRoom => Err(SnapshotError::UnknownRoom),
            Verdict::Closed | Verdict::Gap { .. } => Err(Unavailable::from(strange()).into()),
        }
    }

    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable> {
        let Place { log, .. } = self.place(room);
        Ok(self.read(&log, after_seq.saturating_add(1), LAST_SEQ, limit).await?)
    }

    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable> {
        let Place { head, log, snapshot, open, name } = self.place(room);
        let keys = vec![head, log, snapshot, open];
        self.redis.run(&CLOSE, keys, vec![name.into(), millis(CLOSED_TTL)]).await?;
        Ok(())
    }

    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable> {
        let asked = futures_util::stream::iter(self.redis.partitions().all()).map(|partition| {
            let open = self.open(partition, kind);
            async move { self.redis.run(&OPEN_ROOMS, vec![open], Vec::new()).await }
        });
        let of_partitions: Vec<Value> = asked.buffer_unordered(AT_A_TIME).try_collect().await?;
        let mut rooms = Vec::new();
        for of_partition in &of_partitions {
            for name in of_partition.list()? {
                let (school, id) = name.text()?.split_once(':').ok_or_else(strange)?;
                rooms.push(RoomKey {
                    school: SchoolId(Uuid::parse_str(school).map_err(|_| strange())?),
                    kind: kind.to_owned(),
                    id: Uuid::parse_str(id).map_err(|_| strange())?,
                });
            }
        }
        rooms.sort();
        Ok(rooms)
    }
}

#[async_trait]
impl RoomLease for RedisRoomLog {
    async fn claim(&self, room: &RoomKey, node: &str, ttl: Duration) -> Result<Claim, Unavailable> {
        let Place { head, open, name, .. } = self.place(room);
        let args = vec![name.into(), node.into(), millis(ttl)];
        let reply = self.redis.run(&CLAIM, vec![head, open], args).await?;
        Ok(match reply.list()? {
            [_, fence] => Claim::Held { fence: Fence(unsigned(fence)?) },
            [_, node, left] => Claim::Other { node: node.text()?.to_owned(), left_ms: unsigned(left)? },
            _ => return Err(strange().into()),
        })
    }

    async fn renew(&self, rooms: &[(RoomKey, Fence)], node: &str, ttl: Duration) -> Renewal {
        let mut by_partition: BTreeMap<Partition, Vec<&(RoomKey, Fence)>> = BTreeMap::new();
        for room in rooms {
            by_partition.entry(self.partition(&room.0)).or_default().push(room);
        }
        let asked = by_partition.into_values().map(|rooms| {
            let heads = rooms.iter().map(|(room, _)| self.place(room).head).collect();
            let mut args = vec![Arg::from(node), millis(ttl)];
            args.extend(rooms.iter().map(|(_, fence)| Arg::Text(fence.0.to_string())));
            async move {
                let lost = self.redis.run(&RENEW, heads, args).await.and_then(|lost| places(&lost));
                (rooms, lost)
            }
        });
        let asked: Vec<_> = asked.collect();
        let mut answered = futures_util::stream::iter(asked).buffer_unordered(AT_A_TIME);
        let mut renewal = Renewal::default();
        while let Some((rooms, lost)) = answered.next().await {
            let keys = rooms.into_iter().map(|(room, _)| room.clone());
            match lost {
                Ok(lost) => {
                    let lost_ones = keys.zip(1_usize..).filter(|(_, place)| lost.contains(place));
                    renewal.lost.extend(lost_ones.map(|(room, _)| room));
                }
                Err(error) => {
                    tracing::warn!(%error, rooms = keys.len(), "leases of rooms could not be renewed");
                    renewal.unanswered.extend(keys);
                }
            }
        }
        renewal
    }

    async fn release(&self, room: &RoomKey, node: &str) -> Result<(), Unavailable> {
        let Place { head, .. } = self.place(room);
        self.redis.run(&RELEASE, vec![head], vec![node.into()]).await?;
        Ok(())
    }
}

fn places(reply: &Value) -> Result<Vec<usize>, RedisError> {
    reply.list()?.iter().map(|place| usize::try_from(place.int()?).map_err(|_| strange())).collect()
}
