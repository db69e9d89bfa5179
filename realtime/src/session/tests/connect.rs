//! Who may connect, and what a connection is told and subscribed to from its start.

use super::*;

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
async fn the_personal_channel_has_the_options_of_its_namespace() {
    let mut config = RealtimeConfig { personal_namespace: String::new(), ..quiet() };
    config.namespaces.insert(String::new(), open());
    let world = World::with(config, 3600);
    let mut ada = world.client();
    ada.send(json!({"id":1,"connect":{"token":"ada@a+info"}})).await.unwrap();
    let received = ada.received().await;
    let personal = &received[0]["connect"]["subs"]["#ada"];
    assert_eq!((&personal["recoverable"], &personal["positioned"]), (&json!(true), &json!(true)));
    let join = &received[1]["push"];
    assert_eq!(
        (&join["channel"], &join["join"]["info"]["user"]),
        (&json!("#ada"), &json!("ada")),
        "its own join"
    );
    ada.send(json!({"id":2,"publish":{"channel":"#ada","data":1}})).await.unwrap();
    let received = ada.received().await;
    let publication = &received[0]["push"]["pub"];
    assert_eq!(
        (&publication["data"], &publication["info"]["conn_info"]),
        (&json!(1), &json!({"name":"ada"}))
    );
    assert_eq!(received[1], json!({"id":2,"publish":{}}));
}

#[tokio::test(start_paused = true)]
async fn a_token_subscribes_to_channels_and_positions_are_recovered() {
    let world = World::new();
    let token = "ada@a+open:news+plain:x";
    let mut ada = world.client();
    ada.send(json!({"id":1,"connect":{"token":token}})).await.unwrap();
    let received = ada.received().await;
    let subs = received[0]["connect"]["subs"].clone();
    assert_eq!(subs["plain:x"], json!({"data":"hello"}));
    assert_eq!(subs["open:news"]["data"], "hello");
    assert_eq!(received[1]["push"]["join"]["info"]["chan_info"], json!({"by":"server"}), "its own join");
    assert_eq!(ada.ask(json!({"id":3,"subscribe":{"channel":"plain:x"}})).await["error"]["code"], 105);
    world.publish(0, "open:news", json!(1)).await;
    assert_eq!(ada.received().await[0]["push"]["pub"]["data"], 1);
    let epoch = subs["open:news"]["epoch"].clone();
    ada.session.close().await;
    world.publish(0, "open:news", json!(2)).await;
    let position = json!({"recover":true,"offset":1,"epoch":epoch});
    let connect = json!({"id":1,"connect":{"token":token,"subs":{"open:news":position,"plain:x":position,"no:such":{}}}});
    let subs = world.client().ask(connect).await["connect"]["subs"].clone();
    let news = &subs["open:news"];
    assert_eq!((&news["recovered"], &news["offset"]), (&json!(true), &json!(1)));
    assert_eq!(news["publications"][0]["data"], 2);
    assert_eq!(subs["plain:x"], json!({"data":"hello"}), "what cannot be recovered is not");
    assert_eq!(subs.as_object().unwrap().len(), 3, "only what the token says");
}

#[tokio::test(start_paused = true)]
async fn a_token_cannot_subscribe_to_what_does_not_exist_or_a_feature_refuses() {
    let world = World::new();
    for (token, code) in [("ada@a+nowhere:x", 102), ("ben@a+quiz:x", 103)] {
        let mut client = world.client();
        let reply = client.ask(json!({"id":1,"connect":{"token":token}})).await;
        assert_eq!(reply["error"]["code"], code, "{token}");
        let pipelined = json!({"id":2,"subscribe":{"channel":"open:a"}});
        assert_eq!(client.send(pipelined).await, Ok(()), "what was sent before the reply came is no offence");
        assert!(client.received().await.is_empty(), "nothing is read any more");
        let began = Instant::now();
        assert_eq!(client.tick().await, Some(Disconnect::EXPIRED));
        assert_eq!(began.elapsed(), LEAVE_GRACE);
    }
    let mut ada = world.client();
    let reply = ada.ask(json!({"id":1,"connect":{"token":"ada@a+quiz:x"}})).await;
    assert!(reply["connect"]["subs"]["quiz:x"].is_object(), "{reply}");
    assert_eq!(*world.feature.0.lock().unwrap(), ["+ada quiz:x"]);
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
    assert_eq!(late.tick().await, Some(Disconnect::EXPIRED));
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_token_is_anonymous_where_that_is_allowed() {
    let mut config = RealtimeConfig { anonymous_school: Some(SchoolId::generate()), ..quiet() };
    config.limits.connections_per_user = 1;
    config.namespaces.insert("all".into(), NamespaceOptions { allow_anonymous: true, ..open() });
    let world = World::with(config, 3600);
    let mut nobody = world.client();
    let reply = nobody.ask(json!({"id":1,"connect":{}})).await;
    let connect = reply["connect"].as_object().unwrap();
    assert!(["subs", "expires", "ttl"].iter().all(|name| !connect.contains_key(*name)), "{reply}");
    assert_eq!(nobody.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["error"]["code"], 103);
    nobody.ask(json!({"id":3,"subscribe":{"channel":"all:a"}})).await;
    assert_eq!(nobody.received().await.len(), 0);
    // The limit is one user's, and they are many.
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(world.connected("").await);
    }
    let user = UserId(String::new());
    let count = || world.around.node.hub.connections_of(world.schools[0], &user).len();
    assert_eq!(count(), 4);
    nobody.session.close().await;
    for (left, client) in [2, 1, 0].into_iter().zip(others) {
        client.session.close().await;
        assert_eq!(count(), left);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_an_expiry_does_not_expire() {
    let world = World::with(quiet(), 60);
    let mut ada = world.client();
    let connect = ada.ask(json!({"id":1,"connect":{"token":"ada@a+forever"}})).await["connect"].clone();
    assert_eq!((&connect["expires"], &connect["ttl"]), (&Value::Null, &Value::Null));
    assert_eq!(ada.pass(Duration::from_secs(3600)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn native_pings_are_not_announced_and_one_way_links_learn_their_session() {
    let world = World::new();
    let mut native = world.client_over(Link { native_pings: true, ..Link::drained(Encoding::Json) });
    let connect = native.ask(json!({"id":1,"connect":{"token":"ada@a"}})).await["connect"].clone();
    for absent in ["ping", "pong", "session", "node"] {
        assert_eq!(connect[absent], Value::Null, "{absent}");
    }
    let link = Link { session_id: Some("secret".into()), ..Link::drained(Encoding::Json) };
    let connect =
        world.client_over(link).ask(json!({"id":1,"connect":{"token":"ada@a"}})).await["connect"].clone();
    assert_eq!((&connect["session"], &connect["ping"]), (&json!("secret"), &json!(25)));
    assert_eq!(connect["node"], world.around.node.id);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_stale() {
    let world = World::new();
    let mut silent = world.client();
    let began = Instant::now();
    assert_eq!(silent.tick().await, Some(Disconnect::STALE));
    assert_eq!(began.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn pings_want_pongs_and_pongs_want_pings() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    assert_eq!(ada.send(json!({})).await, Err(Disconnect::BAD_REQUEST));
    let mut ben = world.connected("ben@a").await;
    assert_eq!(ben.tick().await, None);
    assert_eq!(ben.received().await, [json!({})]);
    ben.send(json!({})).await.unwrap();
    assert_eq!(ben.send(json!({})).await, Err(Disconnect::BAD_REQUEST));
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_the_node_goes_down_is_sent_away() {
    let world = World::new();
    world.around.node.drain(Duration::ZERO).await;
    let connect = json!({"id":1,"connect":{"token":"ada@a"}});
    assert_eq!(world.client().send(connect).await, Err(Disconnect::SHUTDOWN));
}

#[tokio::test(start_paused = true)]
async fn going_down_closes_those_who_have_not_identified_themselves() {
    let world = World::new();
    let (silent, expired, ada) = (world.client(), world.client(), world.connected("ada@a").await);
    let mut expired = expired;
    expired.ask(json!({"id":1,"connect":{"token":"expired@a"}})).await;
    world.around.node.drain(Duration::ZERO).await;
    let late = world.client();
    for client in [silent, expired, ada, late] {
        assert_eq!(client.session.connection().outbox.closing(), Some(Disconnect::SHUTDOWN));
    }
}

/// Lets the node go down while it looks at a token.
struct Slow(Arc<dyn Authenticator>, std::sync::OnceLock<Arc<Node>>);

#[async_trait]
impl Authenticator for Slow {
    async fn authenticate(&self, token: &str) -> Result<Identity, TokenError> {
        if let Some(node) = self.1.get() {
            node.drain(Duration::ZERO).await;
        }
        self.0.authenticate(token).await
    }
    async fn authorize_subscription(
        &self,
        identity: &Identity,
        client: ClientId,
        channel: &Channel,
        token: &str,
    ) -> Result<SubscriptionGrant, SubscriptionTokenError> {
        self.0.authorize_subscription(identity, client, channel, token).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_looked_at_while_the_node_goes_down_opens_nothing() {
    let mut world = World::new();
    let slow = Slow(Arc::clone(&world.around.authenticator), Arc::clone(&world.around.node).into());
    world.around.authenticator = Arc::new(slow);
    let connect = json!({"id":1,"connect":{"token":"ada@a"}});
    assert_eq!(world.client().send(connect).await, Err(Disconnect::SHUTDOWN));
}
