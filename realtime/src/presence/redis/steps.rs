//! The steps of presence in Redis, each one script over the hash of a channel's members.

use super::entry::Entry;
use crate::broker::redis::place::Place;
use persistence::redis::{Arg, Redis, RedisError, Script, Value};
use protocol::{ids::ClientId, reply::PresenceStatsResult};

const ADD: Script = Script { name: "presence_add", body: include_str!("add.lua") };
const REMOVE: Script = Script { name: "presence_remove", body: include_str!("remove.lua") };
const MEMBERS: Script = Script { name: "presence_members", body: include_str!("members.lua") };
const STATS: Script = Script { name: "presence_stats", body: include_str!("stats.lua") };
const COMPARE: Script = Script { name: "presence_compare", body: include_str!("compare.lua") };

/// How long a channel's members are kept if no node renews them: all nodes that had some are gone.
const TTL_MS: i64 = 3_600_000;

/// Nodes whose members do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Excluded {
    /// They may come back.
    pub(super) uncounted: Vec<String>,
    /// Their members are taken away.
    pub(super) forgotten: Vec<String>,
}

impl Excluded {
    pub(super) fn has(&self, node: &str) -> bool {
        self.uncounted.iter().chain(&self.forgotten).any(|other| other == node)
    }
}

/// How many are in a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stats {
    pub(super) counts: PresenceStatsResult,
    /// The nodes that they are connected to.
    pub(super) nodes: Vec<String>,
}

fn garbled(what: &str) -> RedisError {
    RedisError::Script(format!("the answer of the {what} script cannot be read"))
}

/// Writes members; gives how many entries there are.
pub(super) async fn add(
    redis: &Redis,
    place: &Place,
    entries: &[(ClientId, Entry)],
) -> Result<usize, RedisError> {
    let mut args: Vec<Arg> = vec![TTL_MS.into()];
    for (client, entry) in entries {
        args.extend([client.to_string().into(), entry.write().into()]);
    }
    let entries = redis.run(&ADD, vec![place.presence(redis)], args).await?;
    usize::try_from(entries.int()?).map_err(|_| garbled("presence_add"))
}

/// Takes a member away; gives how many entries are left.
pub(super) async fn remove(redis: &Redis, place: &Place, client: ClientId) -> Result<usize, RedisError> {
    let args = vec![client.to_string().into()];
    let entries = redis.run(&REMOVE, vec![place.presence(redis)], args).await?;
    usize::try_from(entries.int()?).map_err(|_| garbled("presence_remove"))
}

/// All members, by their clients' ids.
pub(super) async fn members(redis: &Redis, place: &Place) -> Result<Vec<(String, Entry)>, RedisError> {
    let answer = redis.run(&MEMBERS, vec![place.presence(redis)], Vec::new()).await?;
    let mut members = Vec::new();
    for member in list(&answer)?.chunks_exact(2) {
        match Entry::read(&member[1].bytes()?) {
            Ok(entry) => members.push((member[0].text()?.to_owned(), entry)),
            Err(error) => tracing::error!(%error, "a member of a channel is left out"),
        }
    }
    Ok(members)
}

/// Counts members and their users without those of nodes that are excluded, and takes away those of nodes that are
/// forgotten.
pub(super) async fn stats(redis: &Redis, place: &Place, excluded: &Excluded) -> Result<Stats, RedisError> {
    let Excluded { uncounted, forgotten } = excluded;
    let mut args: Vec<Arg> = vec![(uncounted.len() as u64).into()];
    args.extend(uncounted.iter().chain(forgotten).map(|node| Arg::from(node.as_str())));
    let answer = redis.run(&STATS, vec![place.presence(redis)], args).await?;
    let [clients, users, nodes @ ..] = list(&answer)? else {
        return Err(garbled("presence_stats"));
    };
    let count = |value: &Value| Ok(u32::try_from(value.int()?).unwrap_or(u32::MAX));
    Ok(Stats {
        counts: PresenceStatsResult { num_clients: count(clients)?, num_users: count(users)? },
        nodes: nodes.iter().map(|node| node.text().map(str::to_owned)).collect::<Result<_, _>>()?,
    })
}

/// Takes away the members of a node that are not among `here`, renews the channel's time, and gives those whose entry has to
/// be looked at: those of `here` that were missing, and those that were taken away.
pub(super) async fn compare(
    redis: &Redis,
    place: &Place,
    node: &str,
    here: &[ClientId],
) -> Result<Vec<ClientId>, RedisError> {
    let mut args: Vec<Arg> = vec![TTL_MS.into(), node.into()];
    args.extend(here.iter().map(|client| Arg::from(client.to_string())));
    let answer = redis.run(&COMPARE, vec![place.presence(redis)], args).await?;
    let parse = |client: &Value| client.text()?.parse().map_err(|_| garbled("presence_compare"));
    list(&answer)?.iter().map(parse).collect()
}

/// An empty list may come as nothing.
fn list(value: &Value) -> Result<&[Value], RedisError> {
    if value.is_nil() { Ok(&[]) } else { value.list() }
}
