//! Redis on one server: being let in, scripts, channels, and what outages do to them.

#![expect(clippy::unwrap_used, reason = "tests")]

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

fn with_password() -> Server {
    Server::with(&ServerOptions { password: Some("s3cret/?@".to_owned()), ..ServerOptions::default() })
}

fn url_with(server: &Server, credentials: &str) -> RedisConfig {
    RedisConfig::new(format!("redis://{credentials}@127.0.0.1:{}", server.port()))
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

#[tokio::test]
async fn a_wrong_password_is_told_from_a_missing_one() {
    let server = with_password();
    for (credentials, word) in [(":wrong", "WRONGPASS"), ("nobody:s3cret", "WRONGPASS")] {
        let error = refusal(&url_with(&server, credentials)).await;
        assert!(matches!(&error, StartError::Refused(text) if text.contains(word)), "{error}");
        assert!(error.is_final());
        assert!(!error.to_string().contains("s3cret"));
    }
    let error = refusal(&RedisConfig::new(format!("redis://127.0.0.1:{}", server.port()))).await;
    assert!(matches!(&error, StartError::Refused(text) if text.contains("NOAUTH")), "{error}");
    let right = url_with(&server, ":s3cret%2F%3F%40");
    assert!(!format!("{right:?}").contains("s3cret"));
    set(&Redis::connect(&right).await.unwrap(), "k", "v").await.unwrap();
}

#[tokio::test]
async fn a_user_who_may_not_do_everything_is_refused_at_once() {
    let server = Server::single();
    server.cli(&["acl", "setuser", "reader", "on", ">pw", "~*", "&*", "+@all", "-@scripting"]);
    server.cli(&["acl", "setuser", "elsewhere", "on", ">pw", "~other:*", "&*", "+@all"]);
    server.cli(&["acl", "setuser", "silent", "on", ">pw", "~*", "resetchannels", "+@all"]);
    server.cli(&["acl", "setuser", "ours", "on", ">pw", "~sb:*", "&sb:*", "+@all"]);
    for user in ["reader", "elsewhere", "silent"] {
        let error = refusal(&url_with(&server, &format!("{user}:pw"))).await;
        assert!(matches!(error, StartError::Refused(_)), "{user}: {error}");
    }
    let redis = Redis::connect(&url_with(&server, "ours:pw")).await.unwrap();
    set(&redis, "k", "v").await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_not_taken_for_one() {
    let server = Server::single();
    let url = format!("redis-cluster://127.0.0.1:{}", server.port());
    let error = refusal(&RedisConfig::new(url)).await;
    assert!(matches!(error, StartError::Mode(_)) && error.is_final(), "{error}");
}

#[tokio::test]
async fn where_nothing_listens_another_try_is_worth_it() {
    let server = Server::single();
    server.kill();
    let error = refusal(&RedisConfig::new(server.url())).await;
    assert!(matches!(error, StartError::Unreachable(_)) && !error.is_final(), "{error}");
    server.restart();
    connect(&server).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let server = Server::single();
    server.stop();
    let error = refusal(&RedisConfig::new(server.url())).await;
    assert!(matches!(error, StartError::Unreachable(_)), "{error}");
}

/// A server with TLS besides, its URL for that, and the certificate that it can be trusted by.
fn with_tls() -> (Server, RedisConfig, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (key, certificate) = (file("key.pem"), file("certificate.pem"));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=test",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=CA:FALSE",
        ])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    assert!(
        made.is_ok_and(|made| made.status.success()),
        "openssl does not run; install the Debian package openssl"
    );
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let args = [
        ("--tls-port", port.to_string()),
        ("--tls-key-file", key),
        ("--tls-cert-file", certificate.clone()),
        ("--tls-ca-cert-file", certificate),
        ("--tls-auth-clients", "no".to_owned()),
    ];
    let args = args.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    let server = Server::with(&ServerOptions { args, ..ServerOptions::default() });
    (server, RedisConfig::new(format!("rediss://127.0.0.1:{port}")), folder)
}

#[tokio::test]
async fn a_server_with_tls_is_trusted_by_its_certificate_alone() {
    let (server, config, folder) = with_tls();
    let trusting = RedisConfig { ca_file: Some(folder.path().join("certificate.pem")), ..config.clone() };
    let redis = Redis::connect(&trusting).await.unwrap();
    set(&redis, "k", "v").await.unwrap();
    let mut events = redis.events();
    redis.subscribe(Partition(1), vec![redis.key(Partition(1), "c")]).await.unwrap();
    publish(&redis, &redis.key(Partition(1), "c"), "heard").await;
    assert_eq!(message(&mut events).await, "heard");
    let error = refusal(&config).await;
    assert!(matches!(&error, StartError::Refused(text) if text.contains("redis.ca_file")), "{error}");
    // TLS spoken to who does not.
    let plain = RedisConfig { url: server.url().replace("redis:", "rediss:"), ..trusting };
    let error = refusal(&plain).await;
    assert!(matches!(error, StartError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() {
    let config = RedisConfig::new("redis://127.0.0.1:1");
    for bad in [
        RedisConfig { partitions: 100, ..config.clone() },
        RedisConfig { prefix: String::new(), ..config.clone() },
        RedisConfig { prefix: "a{b}".to_owned(), ..config },
    ] {
        assert!(matches!(refusal(&bad).await, StartError::Address(_)), "{bad:?}");
    }
}

#[tokio::test]
async fn a_script_gives_back_what_it_got() {
    let server = Server::single();
    let redis = connect(&server).await;
    let bytes: Vec<u8> = (0..=255).collect();
    let args = vec![Arg::from("ä"), Arg::from(bytes.clone()), Arg::from(-7_i64), Arg::from(u64::MAX)];
    let reply = redis.run(&ECHO, vec![redis.key(Partition(3), "any")], args).await.unwrap();
    let [first, second, third, fourth] = reply.list().unwrap() else { unreachable!("four arguments") };
    assert_eq!(first.text().unwrap(), "ä");
    assert_eq!(second.bytes().unwrap(), bytes);
    assert_eq!(third.int().unwrap(), -7);
    assert_eq!(fourth.text().unwrap(), "18446744073709551615");
}

#[tokio::test]
async fn values_of_all_kinds_come_back() {
    let server = Server::single();
    let redis = connect(&server).await;
    for (body, value) in [
        ("return 5", Value::Int(5)),
        ("return 2.9", Value::Int(2)),
        ("return true", Value::Int(1)),
        ("return false", Value::Nil),
        ("return {}", Value::List(Vec::new())),
        (
            "return {1, {2, 'x'}, false, 4}",
            Value::List(vec![
                Value::Int(1),
                Value::List(vec![Value::Int(2), text("x")]),
                Value::Nil,
                Value::Int(4),
            ]),
        ),
        ("return redis.status_reply('FINE') -- a comment at the end", text("FINE")),
    ] {
        let reply = redis.run(&Script { name: "any", body }, Vec::new(), Vec::new()).await;
        assert_eq!(reply, Ok(value), "{body}");
    }
}

#[tokio::test]
async fn a_list_may_begin_with_the_words_of_the_protocol() {
    let server = Server::single();
    let redis = connect(&server).await;
    let subscribed = redis.clone();
    subscribed.subscribe(Partition(0), vec![subscribed.key(Partition(0), "c")]).await.unwrap();
    let mut events = redis.events();
    for word in
        ["message", "subscribe", "unsubscribe", "pmessage", "smessage", "pubsub", "MOVED 1 a:1", "QUEUED"]
    {
        for count in 1..=5 {
            let args = vec![Arg::from(word); count];
            let reply = redis.run(&ECHO, Vec::new(), args).await.unwrap();
            assert_eq!(reply.list().unwrap().len(), count, "{word}");
            assert_eq!(reply.list().unwrap()[0].text().unwrap(), word);
        }
        set(&redis, "word", word).await.unwrap();
        assert_eq!(get(&redis, "word").await.unwrap().text().unwrap(), word);
    }
    assert!(timeout(Duration::from_millis(50), events.next()).await.is_err());
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = Server::single();
    let redis = connect(&server).await;
    set(&redis, "k", "v").await.unwrap();
    server.cli(&["script", "flush"]);
    assert_eq!(get(&redis, "k").await.unwrap(), text("v"));
    assert_eq!(set(&redis, "k", "w").await.unwrap(), text("OK"));
    assert_eq!(get(&redis, "k").await.unwrap(), text("w"));
}

#[tokio::test]
async fn an_error_of_a_script_is_no_outage() {
    let server = Server::single();
    let redis = connect(&server).await;
    let push = Script { name: "push", body: "return redis.call('LPUSH', KEYS[1], 1)" };
    set(&redis, "k", "v").await.unwrap();
    let wrong_type = redis.run(&push, vec![redis.key(Partition(0), "k")], Vec::new()).await;
    assert!(
        matches!(&wrong_type, Err(RedisError::Script(text)) if text.contains("push: WRONGTYPE")),
        "{wrong_type:?}"
    );
    for body in [
        "return nonsense(",
        "error('no')",
        "return redis.error_reply('MINE no')",
        "return {redis.error_reply('MINE no')}",
    ] {
        let reply = redis.run(&Script { name: "bad", body }, Vec::new(), Vec::new()).await;
        assert!(matches!(reply, Err(RedisError::Script(_))), "{body}: {reply:?}");
    }
}

#[tokio::test]
async fn a_full_server_is_an_outage() {
    let args = ["--maxmemory", "100kb", "--maxmemory-policy", "noeviction"].map(str::to_owned);
    let server = Server::with(&ServerOptions { args: args.into(), ..ServerOptions::default() });
    let error = refusal(&RedisConfig::new(server.url())).await;
    assert!(matches!(error, StartError::Unreachable(_)), "{error}");
    server.cli(&["config", "set", "maxmemory", "100mb"]);
    let redis = connect(&server).await;
    server.cli(&["config", "set", "maxmemory", "100kb"]);
    let full = set(&redis, "k", "v").await;
    assert!(matches!(full, Err(RedisError::Unavailable(_))), "{full:?}");
}

#[tokio::test]
async fn a_replica_is_no_place_to_write() {
    let (master, server) = (Server::single(), Server::single());
    let redis = connect(&server).await;
    server.cli(&["replicaof", "127.0.0.1", &master.port().to_string()]);
    let failed = set(&redis, "k", "v").await;
    assert!(matches!(&failed, Err(RedisError::Unavailable(text)) if text.contains("READONLY")), "{failed:?}");
    let error = refusal(&RedisConfig::new(server.url())).await;
    assert!(matches!(error, StartError::Mode(_) | StartError::Unreachable(_)), "{error}");
    // Its name may stand for another server by now, so the connection is made anew.
    let connected = || server.cli(&["info", "stats"]);
    let count = |info: &str| -> u64 {
        let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        line.unwrap().trim().parse().unwrap()
    };
    let before = count(&connected());
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Each look at the count is a connection of its own.
    assert!(count(&connected()) >= before + 1 + 3, "{before}");
    server.cli(&["replicaof", "no", "one"]);
    until_it_works(&redis, Duration::from_secs(3)).await;
}

#[tokio::test]
async fn a_script_that_takes_long_is_given_up_in_time() {
    let server = Server::single();
    let redis = connect(&server).await;
    let slow = Script {
        name: "slow",
        body: "local t = redis.call('TIME') local till = t[1] + 4
               repeat t = redis.call('TIME') until t[1] + 0 >= till return 1",
    };
    let started = Instant::now();
    let late = redis.run(&slow, Vec::new(), Vec::new()).await;
    assert!(matches!(late, Err(RedisError::Unavailable(_))), "{late:?}");
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    until_it_works(&redis, Duration::from_secs(5)).await;
}

#[tokio::test]
async fn calls_fail_in_time_while_the_server_is_gone_and_work_when_it_is_back() {
    let server = Server::single();
    let redis = connect(&server).await;
    set(&redis, "k", "v").await.unwrap();
    server.kill();
    let gone = Instant::now();
    while gone.elapsed() < Duration::from_secs(2) {
        let started = Instant::now();
        let failed = set(&redis, "k", "w").await;
        assert!(matches!(failed, Err(RedisError::Unavailable(_))), "{failed:?}");
        assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    }
    server.restart();
    let took = until_it_works(&redis, Duration::from_secs(3)).await;
    assert!(took < Duration::from_millis(2_500), "{took:?}");
}

#[tokio::test]
async fn calls_fail_in_time_while_the_server_hangs_and_work_when_it_goes_on() {
    let server = Server::single();
    let redis = connect(&server).await;
    server.stop();
    let hung = Instant::now();
    while hung.elapsed() < Duration::from_secs(5) {
        let started = Instant::now();
        let failed = set(&redis, "k", "w").await;
        assert!(matches!(failed, Err(RedisError::Unavailable(_))), "{failed:?}");
        assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.cont();
    let took = until_it_works(&redis, Duration::from_secs(5)).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn no_call_waits_behind_thousands_that_hang() {
    let server = Server::single();
    let redis = connect(&server).await;
    server.stop();
    let started = Instant::now();
    let calls: Vec<_> = (0..5_000)
        .map(|_| {
            let redis = redis.clone();
            tokio::spawn(async move { set(&redis, "k", &"x".repeat(4_000)).await })
        })
        .collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(RedisError::Unavailable(_))));
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    server.cont();
    until_it_works(&redis, Duration::from_secs(5)).await;
}

#[tokio::test]
async fn messages_come_in_order_with_any_bytes() {
    let server = Server::single();
    let (here, there) = (connect(&server).await, connect(&server).await);
    let mut events = here.events();
    let channel = here.key(Partition(9), "c");
    here.subscribe(Partition(9), vec![channel.clone()]).await.unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    publish(&there, &channel, bytes.clone()).await;
    let first = timeout(LONG, events.next()).await.unwrap();
    assert_eq!(first, Some(Event::Message { channel: channel.clone(), payload: bytes.into() }));
    for number in 0..500 {
        publish(&there, &channel, number.to_string().as_str()).await;
    }
    for number in 0..500 {
        assert_eq!(message(&mut events).await, number.to_string());
    }
}

#[tokio::test]
async fn a_subscription_is_confirmed_before_it_returns() {
    let server = Server::single();
    let (here, there) = (connect(&server).await, connect(&server).await);
    let mut events = here.events();
    for number in 0..200 {
        let channel = here.key(Partition(1), &number.to_string());
        here.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
        let receivers = there.run(&PUBLISH, vec![channel], vec!["PUBLISH".into(), number.to_string().into()]);
        assert_eq!(receivers.await.unwrap(), Value::Int(1));
        assert_eq!(message(&mut events).await, number.to_string());
    }
}

#[tokio::test]
async fn a_subscription_that_nobody_confirms_fails_in_time() {
    let server = Server::single();
    let redis = connect(&server).await;
    server.stop();
    let started = Instant::now();
    let unconfirmed = redis.subscribe(Partition(1), vec![redis.key(Partition(1), "c")]).await;
    assert!(matches!(unconfirmed, Err(RedisError::Unavailable(_))), "{unconfirmed:?}");
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_is_unsubscribed_is_silent_and_stays_so() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let (one, two) = (redis.key(Partition(1), "one"), redis.key(Partition(1), "two"));
    redis.subscribe(Partition(1), vec![one.clone(), two.clone()]).await.unwrap();
    redis.unsubscribe(Partition(1), vec![one.clone()]).await.unwrap();
    server.kill_pubsub_connections();
    wait_for(&mut events, &Event::Reconnected, LONG).await;
    publish(&redis, &one, "silent").await;
    publish(&redis, &two, "heard").await;
    assert_eq!(message(&mut events).await, "heard");
}

#[tokio::test]
async fn subscriptions_come_back_after_their_connection_was_cut() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channels: Vec<(Partition, String)> =
        redis.partitions().all().map(|p| (p, redis.key(p, "c"))).collect();
    for (partition, channel) in &channels {
        redis.subscribe(*partition, vec![channel.clone()]).await.unwrap();
    }
    for _ in 0..3 {
        server.kill_pubsub_connections();
        let started = Instant::now();
        wait_for(&mut events, &Event::Reconnected, LONG).await;
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        for (_, channel) in &channels {
            publish(&redis, channel, channel.as_str()).await;
            assert_eq!(message(&mut events).await, *channel);
        }
    }
}

#[tokio::test]
async fn subscriptions_come_back_after_the_server_was_gone() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channel = redis.key(Partition(1), "c");
    redis.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
    server.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let late = redis.subscribe(Partition(1), vec![redis.key(Partition(1), "late")]).await;
    assert!(matches!(late, Err(RedisError::Unavailable(_))), "{late:?}");
    server.restart();
    wait_for(&mut events, &Event::Reconnected, Duration::from_secs(4)).await;
    until_it_works(&redis, LONG).await;
    publish(&redis, &redis.key(Partition(1), "late"), "silent").await;
    publish(&redis, &channel, "heard").await;
    assert_eq!(message(&mut events).await, "heard");
}

#[tokio::test]
async fn subscriptions_come_back_after_the_server_hung() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channel = redis.key(Partition(1), "c");
    redis.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
    server.stop();
    tokio::time::sleep(Duration::from_secs(5)).await;
    server.cont();
    wait_for(&mut events, &Event::Reconnected, Duration::from_secs(5)).await;
    until_it_works(&redis, Duration::from_secs(5)).await;
    publish(&redis, &channel, "heard").await;
    assert_eq!(message(&mut events).await, "heard");
}

#[tokio::test]
async fn a_slow_consumer_is_told_how_much_it_missed() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channel = redis.key(Partition(1), "c");
    redis.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
    let flood =
        Script { name: "flood", body: "for i = 1, 20000 do redis.call('PUBLISH', KEYS[1], i) end return 1" };
    redis.run(&flood, vec![channel.clone()], Vec::new()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    publish(&redis, &channel, "last").await;
    let (mut missed, mut came) = (0, 0);
    loop {
        match timeout(LONG, events.next()).await.unwrap().unwrap() {
            Event::Missed(count) => missed += count,
            Event::Message { payload, .. } if payload == "last" => break,
            Event::Message { .. } => came += 1,
            Event::Reconnected => {}
        }
    }
    assert!(missed > 0);
    assert_eq!(missed + came, 20_000);
}

#[tokio::test]
async fn after_the_end_there_are_neither_events_nor_answers() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    redis.subscribe(Partition(1), vec![redis.key(Partition(1), "c")]).await.unwrap();
    assert_eq!(redis.events().next().await, None, "there is one consumer");
    redis.close().await;
    let failed = set(&redis, "k", "v").await;
    assert!(matches!(failed, Err(RedisError::Unavailable(_))), "{failed:?}");
    drop(redis);
    assert_eq!(timeout(LONG, events.next()).await, Ok(None));
    let connections = || server.cli(&["client", "list"]).lines().count();
    let started = Instant::now();
    while connections() > 1 {
        assert!(started.elapsed() < LONG, "{} connections remain", connections());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
