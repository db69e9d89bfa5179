//! Conversations without a socket: commands in, what the client would receive out.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{
    broker::{Draft, PublishOptions},
    config::RealtimeConfig,
    dispatch::TokenError,
    outbox::Next,
};
use async_trait::async_trait;
use protocol::{
    Payload,
    ids::{GameId, PersonId, SchoolId, UserId},
    role::Role,
};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Tokens are `<user>@<school>`, `guest@…` is a guest, `expired@…` has expired.
struct Names {
    schools: [SchoolId; 2],
    ttl_s: u64,
}

#[async_trait]
impl Authenticator for Names {
    async fn authenticate(&self, token: &str) -> Result<Identity, TokenError> {
        let (user, school) = token.split_once('@').ok_or(TokenError::Invalid)?;
        if user == "expired" {
            return Err(TokenError::Expired);
        }
        let now = SystemClock::default().now_ms() / 1000;
        Ok(Identity {
            user: UserId(user.to_owned()),
            person: Some(PersonId::generate()),
            school: self.schools[usize::from(school == "b")],
            role: Role::Student,
            name: None,
            email: None,
            game: (user == "guest").then(GameId::generate),
            expires_at: now + self.ttl_s,
        })
    }
}

use crate::clock::{Clock, SystemClock};

/// Owns `quiz:`; lets everybody but `ben` in, and notes who comes and goes.
#[derive(Default)]
struct Feature(Mutex<Vec<String>>);

#[async_trait]
impl Dispatch for Feature {
    async fn rpc(&self, caller: Caller, method: &str, params: Payload) -> Result<Payload, ErrorBody> {
        match method {
            "echo.user" => Ok(Payload::of(&json!({"user": caller.identity.user, "params": params}))),
            _ => Err(error::METHOD_NOT_FOUND),
        }
    }
    fn owns(&self, namespace: &str) -> bool {
        namespace == "quiz"
    }
    async fn authorize(&self, identity: &Identity, _: &Channel) -> Result<(), ErrorBody> {
        if identity.user.as_str() == "ben" { Err(error::PERMISSION_DENIED) } else { Ok(()) }
    }
    async fn joined(&self, connection: &Arc<Connection>, channel: &Channel) {
        self.0.lock().unwrap().push(format!("+{} {channel}", connection.info().user));
    }
    async fn left(&self, connection: &Arc<Connection>, channel: &Channel) {
        self.0.lock().unwrap().push(format!("-{} {channel}", connection.info().user));
    }
}

struct World {
    around: Surroundings,
    schools: [SchoolId; 2],
    feature: Arc<Feature>,
}

impl World {
    fn new() -> Self {
        Self::with(RealtimeConfig::default(), 3600)
    }

    fn with(mut config: RealtimeConfig, ttl_s: u64) -> Self {
        let open = NamespaceOptions {
            allow_subscribe: true,
            allow_publish: true,
            presence: true,
            join_leave: true,
            history_size: 10,
            history_ttl_s: 300,
            allow_history: true,
            force_recovery: true,
        };
        config.namespaces.insert("open".into(), open.clone());
        config.namespaces.insert("quiz".into(), NamespaceOptions { join_leave: false, ..open.clone() });
        config.namespaces.insert("user".into(), NamespaceOptions::default());
        config.namespaces.insert(
            "closed".into(),
            NamespaceOptions { allow_publish: false, ..NamespaceOptions::default() },
        );
        config.namespaces.insert(
            "plain".into(),
            NamespaceOptions { allow_subscribe: true, ..NamespaceOptions::default() },
        );
        let schools = [SchoolId::generate(), SchoolId::generate()];
        let feature = Arc::new(Feature::default());
        let around = Surroundings {
            node: Node::embedded(config),
            authenticator: Arc::new(Names { schools, ttl_s }),
            dispatch: Arc::<Feature>::clone(&feature),
        };
        Self { around, schools, feature }
    }

    fn client(&self) -> Client {
        Client { session: Session::new(self.around.clone(), Encoding::Json).unwrap() }
    }

    async fn connected(&self, token: &str) -> Client {
        let mut client = self.client();
        client.send(json!({"id":1,"connect":{"token":token}})).await.unwrap();
        let replies = client.received().await;
        assert_eq!(replies[0]["connect"]["pong"], true, "{replies:?}");
        client
    }

    async fn publish(&self, school: usize, channel: &str, data: Value) {
        let key = ChannelKey::new(self.schools[school], Channel::parse(channel).unwrap());
        self.around
            .node
            .publish(&key, Draft::new(Payload::of(&data)), PublishOptions::default())
            .await
            .unwrap();
    }
}

struct Client {
    session: Session,
}

impl Client {
    async fn send(&mut self, command: Value) -> Result<(), Disconnect> {
        self.session.frame(command.to_string().as_bytes()).await
    }

    /// All messages that are queued now.
    async fn received(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        let connection = Arc::clone(self.session.connection());
        while let Ok(Next::Write(batch)) =
            tokio::time::timeout(Duration::from_millis(1), connection.outbox.next()).await
        {
            messages.extend(batch.iter().map(|message| serde_json::from_slice::<Value>(message).unwrap()));
        }
        messages
    }

    async fn ask(&mut self, command: Value) -> Value {
        self.send(command).await.unwrap();
        self.received().await.remove(0)
    }
}

#[tokio::test(start_paused = true)]
async fn connecting_subscribes_to_the_personal_channel() {
    let world = World::new();
    let mut ada = world.client();
    let reply = ada.ask(json!({"id":1,"connect":{"token":"ada@a"}})).await;
    assert_eq!(reply["connect"]["subs"], json!({"user:#ada": {}}));
    assert!(reply["connect"]["ttl"].as_u64().unwrap() > 3590);
    assert_ne!(reply["connect"]["version"], "");
    let node = &world.around.node;
    let user = UserId("ada".into());
    node.publish_to_user(world.schools[0], &user, Payload::of(&1), PublishOptions::default()).await.unwrap();
    node.publish_to_user(world.schools[1], &user, Payload::of(&2), PublishOptions::default()).await.unwrap();
    assert_eq!(ada.received().await, [json!({"push":{"channel":"user:#ada","pub":{"data":1}}})]);
}

#[tokio::test(start_paused = true)]
async fn the_first_command_is_connect_and_comes_once() {
    let world = World::new();
    for first in
        [json!({"id":1,"rpc":{"method":"m"}}), json!({"id":1,"subscribe":{"channel":"open:a"}}), json!({})]
    {
        assert_eq!(world.client().send(first).await, Err(Disconnect::BAD_REQUEST));
    }
    let mut ada = world.connected("ada@a").await;
    assert_eq!(ada.send(json!({"id":2,"connect":{"token":"ada@a"}})).await, Err(Disconnect::BAD_REQUEST));
}

#[tokio::test(start_paused = true)]
async fn bad_tokens_end_the_connection_and_expired_ones_ask_for_new() {
    let world = World::new();
    assert_eq!(
        world.client().send(json!({"id":1,"connect":{"token":"forged"}})).await,
        Err(Disconnect::INVALID_TOKEN)
    );
    assert_eq!(world.client().send(json!({"id":1,"connect":{}})).await, Err(Disconnect::BAD_REQUEST));
    let mut late = world.client();
    let reply = late.ask(json!({"id":1,"connect":{"token":"expired@a"}})).await;
    assert_eq!(reply["error"]["code"], 109);
    late.send(json!({"id":2,"subscribe":{"channel":"open:a"}})).await.unwrap();
    assert!(late.received().await.is_empty(), "nothing is read any more");
    assert_eq!(late.session.tick(late.session.deadline()), Err(Disconnect::EXPIRED));
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_stale() {
    let world = World::new();
    let mut silent = world.client();
    let deadline = silent.session.deadline();
    assert_eq!(deadline - Instant::now(), Duration::from_secs(10));
    assert_eq!(silent.session.tick(deadline), Err(Disconnect::STALE));
}

#[tokio::test(start_paused = true)]
async fn pings_want_pongs_and_pongs_want_pings() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    assert_eq!(ada.send(json!({})).await, Err(Disconnect::BAD_REQUEST));
    let mut ben = world.connected("ben@a").await;
    tokio::time::sleep_until(ben.session.deadline()).await;
    ben.session.tick(Instant::now()).unwrap();
    assert_eq!(ben.received().await, [json!({})]);
    ben.send(json!({})).await.unwrap();
    assert_eq!(ben.send(json!({})).await, Err(Disconnect::BAD_REQUEST));
}

#[tokio::test(start_paused = true)]
async fn an_expired_connection_is_closed_after_its_grace_unless_it_refreshes() {
    let world =
        World::with(RealtimeConfig { ping_interval: Duration::from_secs(9999), ..Default::default() }, 60);
    let mut ada = world.connected("ada@a").await;
    let end = ada.session.deadline();
    assert_eq!(ada.session.tick(end), Err(Disconnect::EXPIRED));
    assert!(end - Instant::now() > Duration::from_secs(80));
    let reply = ada.ask(json!({"id":2,"refresh":{"token":"ada@a"}})).await;
    assert_eq!(reply["refresh"]["expires"], true);
    for (token, code) in [
        ("ben@a", Disconnect::INVALID_TOKEN),
        ("ada@b", Disconnect::INVALID_TOKEN),
        ("x", Disconnect::INVALID_TOKEN),
        ("expired@a", Disconnect::EXPIRED),
    ] {
        assert_eq!(ada.send(json!({"id":3,"refresh":{"token":token}})).await, Err(code), "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn publications_reach_subscribers_of_the_same_school_only() {
    let world = World::new();
    let (mut ada, mut spy) = (world.connected("ada@a").await, world.connected("ada@b").await);
    for client in [&mut ada, &mut spy] {
        let reply = client.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await;
        assert_eq!(reply["subscribe"]["positioned"], true);
    }
    ada.received().await;
    spy.received().await;
    let reply = {
        ada.send(json!({"id":3,"publish":{"channel":"open:a","data":{"x":1}}})).await.unwrap();
        ada.received().await
    };
    assert_eq!(reply[0]["push"]["pub"]["data"], json!({"x":1}));
    assert_eq!(reply[0]["push"]["pub"]["info"]["user"], "ada");
    assert_eq!(reply[1], json!({"id":3,"publish":{}}));
    assert!(spy.received().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn commands_are_refused_with_the_protocols_codes() {
    let world = World::new();
    let mut ben = world.connected("ben@a").await;
    for (command, code) in [
        (json!({"subscribe":{"channel":"nowhere:a"}}), 102),
        (json!({"subscribe":{"channel":"closed:a"}}), 103),
        (json!({"subscribe":{"channel":"quiz:a"}}), 103),
        (json!({"subscribe":{"channel":"open:#ada,eve"}}), 103),
        (json!({"subscribe":{"channel":"user:#ada"}}), 103),
        (json!({"subscribe":{"channel":"open:ü"}}), 107),
        (json!({"publish":{"channel":"open:a","data":1}}), 103),
        (json!({"presence":{"channel":"open:a"}}), 103),
        (json!({"history":{"channel":"open:a"}}), 103),
        (json!({"rpc":{"method":"no.such"}}), 104),
        (json!({"sub_refresh":{"channel":"open:a"}}), 108),
    ] {
        let mut command = command;
        command["id"] = json!(9);
        assert_eq!(ben.ask(command.clone()).await["error"]["code"], code, "{command}");
    }
    ben.ask(json!({"id":2,"subscribe":{"channel":"plain:a"}})).await;
    for (command, code) in [
        (json!({"id":3,"subscribe":{"channel":"plain:a"}}), 105),
        (json!({"id":3,"publish":{"channel":"plain:a","data":1}}), 103),
        (json!({"id":3,"presence":{"channel":"plain:a"}}), 108),
        (json!({"id":3,"history":{"channel":"plain:a"}}), 108),
    ] {
        assert_eq!(ben.ask(command.clone()).await["error"]["code"], code, "{command}");
    }
    assert_eq!(ben.send(json!({"id":4,"subscribe":{"channel":""}})).await, Err(Disconnect::BAD_REQUEST));
    assert_eq!(ben.send(json!({"send":{"data":1}})).await, Err(Disconnect::NOT_AVAILABLE));
}

#[tokio::test(start_paused = true)]
async fn guests_reach_owned_channels_only() {
    let world = World::new();
    let mut guest = world.connected("guest@a").await;
    assert_eq!(guest.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["error"]["code"], 103);
    assert_eq!(guest.ask(json!({"id":3,"subscribe":{"channel":"quiz:a"}})).await["id"], 3);
}

#[tokio::test(start_paused = true)]
async fn recovery_gives_exactly_what_was_missed_or_says_that_it_cannot() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    let first = ada.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["subscribe"].clone();
    let epoch = first["epoch"].clone();
    for number in 1..=5 {
        world.publish(0, "open:a", json!(number)).await;
    }
    ada.received().await;
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"open:a"}})).await;
    let recover = |offset: u64, epoch: &Value| json!({"id":4,"subscribe":{"channel":"open:a","recover":true,"offset":offset,"epoch":epoch}});
    let reply = ada.ask(recover(3, &epoch)).await["subscribe"].clone();
    let datas: Vec<_> = reply["publications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|publication| publication["data"].clone())
        .collect();
    assert_eq!(
        (reply["recovered"].clone(), reply["offset"].clone(), datas),
        (json!(true), json!(3), vec![json!(4), json!(5)])
    );
    ada.received().await;
    ada.ask(json!({"id":5,"unsubscribe":{"channel":"open:a"}})).await;
    for number in 6..=20 {
        world.publish(0, "open:a", json!(number)).await;
    }
    for command in [recover(5, &epoch), recover(20, &json!("elsewhere")), recover(25, &epoch)] {
        let reply = ada.ask(command.clone()).await["subscribe"].clone();
        assert_eq!(
            (reply["recovered"].clone(), reply["was_recovering"].clone(), reply["offset"].clone()),
            (Value::Null, json!(true), json!(20)),
            "{command}"
        );
        assert_eq!(reply["publications"], Value::Null);
        ada.received().await;
        ada.ask(json!({"id":6,"unsubscribe":{"channel":"open:a"}})).await;
    }
    let rejecting =
        json!({"id":7,"subscribe":{"channel":"open:a","recover":true,"offset":5,"epoch":epoch,"flag":2}});
    assert_eq!(ada.ask(rejecting).await["error"]["code"], 112);
    assert!(!ada.session.connection().is_subscribed(&Channel::parse("open:a").unwrap()));
}

#[tokio::test(start_paused = true)]
async fn history_is_read_by_subscribers() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    ada.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await;
    for number in 1..=3 {
        world.publish(0, "open:a", json!(number)).await;
    }
    ada.received().await;
    let mut history = async |request: Value| ada.ask(json!({"id":3,"history":request})).await;
    assert_eq!(history(json!({"channel":"open:a"})).await["history"]["publications"], json!([]));
    let all = history(json!({"channel":"open:a","limit":-1})).await["history"].clone();
    assert_eq!((all["publications"].as_array().unwrap().len(), all["offset"].clone()), (3, json!(3)));
    let page = history(json!({"channel":"open:a","limit":1,"reverse":true})).await;
    assert_eq!(page["history"]["publications"][0]["offset"], 3);
    assert_eq!(
        history(json!({"channel":"open:a","reverse":true,"since":{"offset":0,"epoch":""}})).await["error"]["code"],
        107
    );
    assert_eq!(
        history(json!({"channel":"open:a","since":{"offset":1,"epoch":"other"}})).await["error"]["code"],
        112
    );
}

#[tokio::test(start_paused = true)]
async fn presence_and_joins_and_leaves_are_told() {
    let world = World::new();
    let (mut ada, mut eve) = (world.connected("ada@a").await, world.connected("eve@a").await);
    ada.send(json!({"id":2,"subscribe":{"channel":"open:a"}})).await.unwrap();
    let own = ada.received().await;
    assert_eq!(
        own[1]["push"]["join"]["info"]["user"], "ada",
        "the joiner receives its own join after the reply"
    );
    eve.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await;
    assert_eq!(ada.received().await[0]["push"]["join"]["info"]["user"], "eve");
    let stats = ada.ask(json!({"id":3,"presence_stats":{"channel":"open:a"}})).await;
    assert_eq!(stats["presence_stats"], json!({"num_clients":2,"num_users":2}));
    eve.received().await;
    assert_eq!(
        eve.ask(json!({"id":4,"unsubscribe":{"channel":"open:a"}})).await,
        json!({"id":4,"unsubscribe":{}})
    );
    assert!(eve.received().await.is_empty(), "the leaver does not receive its own leave");
    assert_eq!(ada.received().await[0]["push"]["leave"]["info"]["user"], "eve");
    let presence = ada.ask(json!({"id":5,"presence":{"channel":"open:a"}})).await;
    assert_eq!(presence["presence"]["presence"].as_object().unwrap().len(), 1);
    assert_eq!(
        eve.ask(json!({"id":6,"unsubscribe":{"channel":"open:a"}})).await,
        json!({"id":6,"unsubscribe":{}})
    );
}

#[tokio::test(start_paused = true)]
async fn features_are_told_who_comes_and_goes() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    ada.ask(json!({"id":2,"subscribe":{"channel":"quiz:g"}})).await;
    ada.session.close().await;
    assert_eq!(*world.feature.0.lock().unwrap(), ["+ada quiz:g", "-ada quiz:g"]);
    let key = ChannelKey::new(world.schools[0], Channel::parse("quiz:g").unwrap());
    assert_eq!(world.around.node.hub.subscriber_count(&key), 0);
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_subscriptions_of_a_user() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    ada.ask(json!({"id":2,"subscribe":{"channel":"quiz:g"}})).await;
    let channel = Channel::parse("quiz:g").unwrap();
    world.around.node.unsubscribe_user(
        world.schools[0],
        &UserId("ada".into()),
        &channel,
        protocol::Unsubscribed::SERVER,
    );
    ada.session.connection().ordered().await;
    ada.session.obey().await.unwrap();
    assert_eq!(
        ada.received().await,
        [json!({"push":{"channel":"quiz:g","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}})]
    );
    world.publish(0, "quiz:g", json!(1)).await;
    assert!(ada.received().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn limits_hold() {
    let mut config = RealtimeConfig::default();
    config.limits.subscriptions = 3;
    config.limits.connections_per_user = 2;
    config.limits.connections = 4;
    config.limits.commands_burst = 10;
    config.limits.commands_per_second = 1;
    let world = World::with(config, 3600);
    let mut ada = world.connected("ada@a").await;
    let _second = world.connected("ada@a").await;
    assert_eq!(
        world.client().send(json!({"id":1,"connect":{"token":"ada@a"}})).await,
        Err(Disconnect::CONNECTION_LIMIT)
    );
    for name in ["open:a", "open:b"] {
        ada.ask(json!({"id":2,"subscribe":{"channel":name}})).await;
        ada.received().await;
    }
    assert_eq!(ada.ask(json!({"id":3,"subscribe":{"channel":"open:c"}})).await["error"]["code"], 106);
    let mut codes = Vec::new();
    for _ in 0..10 {
        codes.push(ada.ask(json!({"id":4,"rpc":{"method":"echo.user"}})).await["error"]["code"].clone());
    }
    assert_eq!(codes.iter().filter(|code| **code == 111).count(), 4, "{codes:?}");
    let _third = world.connected("eve@a").await;
    let _fourth = world.connected("eve@a").await;
    assert_eq!(Session::new(world.around.clone(), Encoding::Json).err(), Some(Disconnect::CONNECTION_LIMIT));
    drop(_fourth);
    assert!(Session::new(world.around.clone(), Encoding::Json).is_ok());
}

#[tokio::test(start_paused = true)]
async fn rpc_reaches_the_feature_with_the_callers_identity() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    let reply = ada.ask(json!({"id":2,"rpc":{"method":"echo.user","data":{"k":1}}})).await;
    assert_eq!(reply["rpc"]["data"], json!({"user":"ada","params":{"k":1}}));
}

#[tokio::test(start_paused = true)]
async fn what_would_not_fit_the_outbox_is_not_recovered_and_history_is_cut() {
    let mut config = RealtimeConfig::default();
    config.limits.outbox_bytes = 10_000;
    let world = World::with(config, 3600);
    let mut ada = world.connected("ada@a").await;
    let first = ada.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["subscribe"].clone();
    ada.received().await;
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"open:a"}})).await;
    for _ in 0..6 {
        world.publish(0, "open:a", json!("x".repeat(2_000))).await;
    }
    let recover = |offset: u64| json!({"id":4,"subscribe":{"channel":"open:a","recover":true,"offset":offset,"epoch":first["epoch"]}});
    let reply = ada.ask(recover(0)).await["subscribe"].clone();
    assert_eq!(
        (&reply["recovered"], &reply["was_recovering"]),
        (&Value::Null, &json!(true)),
        "told, not closed"
    );
    ada.received().await;
    let page = ada.ask(json!({"id":5,"history":{"channel":"open:a","limit":-1}})).await["history"].clone();
    assert_eq!((page["publications"].as_array().unwrap().len(), &page["offset"]), (2, &json!(6)));
    ada.ask(json!({"id":6,"unsubscribe":{"channel":"open:a"}})).await;
    assert_eq!(ada.ask(recover(4)).await["subscribe"]["recovered"], true, "two of them fit");
}
