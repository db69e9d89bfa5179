//! Scripts, and what becomes of them while the server is away.

use super::*;

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
