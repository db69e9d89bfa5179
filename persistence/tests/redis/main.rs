//! Redis on one server: being let in, scripts, channels, and what outages do to them.

#![expect(clippy::unwrap_used, reason = "tests")]

mod calls;
mod starting;
mod subscriptions;

use bytes::Bytes;
use persistence::redis::{
    Arg, Event, Events, Partition, Redis, RedisConfig, RedisError, Script, StartError, Value,
};
use std::time::{Duration, Instant};
use test_servers::redis::{Server, ServerOptions};
use tokio::time::timeout;

const ECHO: Script = Script { name: "echo", body: "return ARGV" };
const SET: Script = Script { name: "set", body: "return redis.call('SET', KEYS[1], ARGV[1])" };
const GET: Script = Script { name: "get", body: "return redis.call('GET', KEYS[1])" };
const PUBLISH: Script = Script { name: "publish", body: "return redis.call(ARGV[1], KEYS[1], ARGV[2])" };

/// Longer than a call may take.
const LONG: Duration = Duration::from_millis(2_600);

fn text(text: &'static str) -> Value {
    Value::Bytes(Bytes::from_static(text.as_bytes()))
}

async fn connect(server: &Server) -> Redis {
    Redis::connect(&RedisConfig::new(server.url())).await.unwrap()
}

async fn refusal(config: &RedisConfig) -> StartError {
    let started = Instant::now();
    let error = Redis::connect(config).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(6), "{error}");
    error
}

async fn get(redis: &Redis, rest: &str) -> Result<Value, RedisError> {
    redis.run(&GET, vec![redis.key(Partition(0), rest)], Vec::new()).await
}

async fn set(redis: &Redis, rest: &str, value: &str) -> Result<Value, RedisError> {
    redis.run(&SET, vec![redis.key(Partition(0), rest)], vec![value.into()]).await
}

async fn publish(redis: &Redis, channel: &str, payload: impl Into<Arg>) {
    let args = vec![redis.publish_word().into(), payload.into()];
    redis.run(&PUBLISH, vec![channel.to_owned()], args).await.unwrap();
}

/// The next message's payload, whatever else comes before it.
async fn message(events: &mut Events) -> Bytes {
    loop {
        match timeout(LONG, events.next()).await.unwrap().unwrap() {
            Event::Message { payload, .. } => return payload,
            Event::Missed(_) | Event::Reconnected => {}
        }
    }
}

async fn wait_for(events: &mut Events, wanted: &Event, limit: Duration) {
    let found = async { while events.next().await.as_ref() != Some(wanted) {} };
    assert!(timeout(limit, found).await.is_ok(), "{wanted:?} did not come within {limit:?}");
}

/// Tries until it works; returns how long that took.
async fn until_it_works(redis: &Redis, limit: Duration) -> Duration {
    let started = Instant::now();
    while let Err(error) = set(redis, "again", "1").await {
        assert!(started.elapsed() < limit, "it does not work again: {error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}
