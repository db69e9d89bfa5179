//! The steps that a broker takes in Redis, each one script.

use super::{
    place::{self, Place},
    wire,
};
use crate::broker::{HistoryPage, HistoryQuery, PublishOptions, new_epoch};
use persistence::redis::{Arg, Partition, Redis, RedisError, Script, Value};
use protocol::{ClientInfo, command::StreamPosition};
use std::time::Duration;

const PUBLISH: Script =
    Script { name: "publish", body: concat!(include_str!("stream.lua"), include_str!("publish.lua")) };
const HISTORY: Script =
    Script { name: "history", body: concat!(include_str!("stream.lua"), include_str!("history.lua")) };
const WATCH: Script = Script { name: "watch", body: include_str!("watch.lua") };
const TELL: Script = Script { name: "tell", body: include_str!("tell.lua") };
const FORGET: Script = Script { name: "forget", body: include_str!("forget.lua") };

/// How long an idempotency key is remembered. As in memory.
const KEY_TTL: Duration = Duration::from_secs(5 * 60);
/// How long a stream keeps its position after it was last published to or read. As in memory.
const META_TTL: Duration = Duration::from_secs(24 * 3600);
/// The same for a stream that nothing was ever published to.
const UNTOUCHED_TTL: Duration = Duration::from_secs(5 * 60);
/// A stream that a node follows is remembered for so long at least: more than [`UNTOUCHED_TTL`], so that nobody has to say
/// that a subscriber leaves.
const FOLLOWED_TTL_LEAST: Duration = Duration::from_secs(5 * 60 + 30);
/// What it gets when it has less. Twice as much, so that a quiet stream is written to every five minutes only.
const FOLLOWED_TTL: Duration = Duration::from_secs(11 * 60);
/// Longer than this nothing is kept: a hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

fn ms(duration: Duration) -> Arg {
    let ms = duration.min(LONGEST).as_millis();
    Arg::Int(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn garbled(what: &str) -> RedisError {
    RedisError::Script(format!("the answer of the {what} script cannot be read"))
}

/// Publishes `body`, which [`wire::body`] made.
pub(super) async fn publish(
    redis: &Redis,
    place: &Place,
    body: Vec<u8>,
    options: &PublishOptions,
) -> Result<StreamPosition, RedisError> {
    let mut keys = vec![place.channel(redis), place.position(redis), place.stream(redis)];
    keys.extend(options.idempotency_key.as_deref().map(|key| place.answered(redis, key)));
    let (size, ttl) = options.history.map_or((0, Duration::ZERO), |history| (history.size, history.ttl));
    let args = vec![
        redis.publish_word().into(),
        body.into(),
        (size as u64).into(),
        ms(ttl),
        new_epoch().into(),
        u32::from(options.delta).into(),
        ms(META_TTL),
        ms(KEY_TTL),
    ];
    let answer = redis.run(&PUBLISH, keys, args).await?;
    let (offset, epoch) = answer.text()?.split_once(':').ok_or_else(|| garbled("publish"))?;
    let offset = offset.parse().map_err(|_| garbled("publish"))?;
    Ok(StreamPosition { offset, epoch: epoch.to_owned() })
}

/// Tells of a join (`J`) or leave (`L`).
pub(super) async fn tell(
    redis: &Redis,
    place: &Place,
    kind: u8,
    info: &ClientInfo,
) -> Result<(), RedisError> {
    let args = vec![redis.publish_word().into(), wire::membership(kind, info).into()];
    redis.run(&TELL, vec![place.channel(redis)], args).await?;
    Ok(())
}

/// Reads from a stream.
pub(super) async fn history(
    redis: &Redis,
    place: &Place,
    query: &HistoryQuery,
) -> Result<HistoryPage, RedisError> {
    // Redis has no id below 0-0 to begin before.
    let nothing = query.reverse && query.since == Some(0);
    let limit = if nothing { 0 } else { u32::try_from(query.limit).unwrap_or(u32::MAX) };
    let args = vec![
        new_epoch().into(),
        limit.into(),
        query.since.map(|since| since.to_string()).unwrap_or_default().into(),
        u32::from(query.reverse).into(),
        ms(META_TTL),
        ms(UNTOUCHED_TTL),
    ];
    let answer = redis.run(&HISTORY, vec![place.position(redis), place.stream(redis)], args).await?;
    let [epoch, offset, entries @ ..] = answer.list()? else {
        return Err(garbled("history"));
    };
    let top = StreamPosition { offset: offset_of(offset)?, epoch: epoch.text()?.to_owned() };
    let mut publications = Vec::with_capacity(entries.len() / 2);
    for entry in entries.chunks_exact(2) {
        let position = StreamPosition { offset: offset_of(&entry[0])?, epoch: top.epoch.clone() };
        let Ok((draft, _)) = wire::read_body(&entry[1].bytes()?) else {
            // What comes before it is whole; whoever needs the rest finds that the page does not reach the top.
            tracing::error!(offset = position.offset, "a kept publication cannot be read");
            break;
        };
        publications.push(wire::publication(draft, &position));
    }
    Ok(HistoryPage { publications, top })
}

/// An offset by itself, or as the first part of a stream's id.
fn offset_of(value: &Value) -> Result<u64, RedisError> {
    let text = value.text()?;
    let number = text.split_once('-').map_or(text, |(number, _)| number);
    number.parse().map_err(|_| garbled("history"))
}

/// Drops the publications of a stream.
pub(super) async fn forget(redis: &Redis, place: &Place) -> Result<(), RedisError> {
    redis.run(&FORGET, vec![place.stream(redis)], Vec::new()).await?;
    Ok(())
}

/// What a look at a partition found.
#[derive(Debug)]
pub(super) struct Found {
    /// Another one than before when Redis has forgotten all that it held.
    pub(super) life: String,
    /// The heads that differ from what was known, by their place in the list that was asked.
    pub(super) heads: Vec<(usize, StreamPosition)>,
}

/// Compares what is known of streams of a partition with what they are, and sends a probe if there is one. `known` has the
/// names of the positions' keys; an empty epoch stands for a stream that was not there.
pub(super) async fn watch(
    redis: &Redis,
    partition: Partition,
    probe: Option<Vec<u8>>,
    known: impl Iterator<Item = (String, StreamPosition)>,
) -> Result<Found, RedisError> {
    let mut keys = vec![place::probe(redis, partition), place::life(redis, partition)];
    let mut args: Vec<Arg> = vec![
        redis.publish_word().into(),
        probe.unwrap_or_default().into(),
        new_epoch().into(),
        ms(FOLLOWED_TTL_LEAST),
        ms(FOLLOWED_TTL),
    ];
    for (key, StreamPosition { offset, epoch }) in known {
        keys.push(key);
        args.extend([epoch.into(), offset.into()]);
    }
    let answer = redis.run(&WATCH, keys, args).await?;
    let [life, heads @ ..] = answer.list()? else {
        return Err(garbled("watch"));
    };
    let heads = heads.chunks_exact(3).map(|head| {
        let place = usize::try_from(head[0].int()?).map_err(|_| garbled("watch"))?;
        Ok((place, StreamPosition { offset: offset_of(&head[2])?, epoch: head[1].text()?.to_owned() }))
    });
    Ok(Found { life: life.text()?.to_owned(), heads: heads.collect::<Result<_, RedisError>>()? })
}

/// The head of a stream, without making one: an empty epoch says that there is none.
pub(super) async fn head(redis: &Redis, place: &Place) -> Result<StreamPosition, RedisError> {
    let unknown = std::iter::once((place.position(redis), StreamPosition::default()));
    let found = watch(redis, place.partition, None, unknown).await?;
    Ok(found.heads.into_iter().next().map(|(_, head)| head).unwrap_or_default())
}
