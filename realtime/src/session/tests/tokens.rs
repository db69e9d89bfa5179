//! Tokens that expire, are renewed, or are not for here.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_expired_connection_is_closed_after_its_grace_unless_it_refreshes() {
    let world = World::with(quiet(), 60);
    let mut ada = world.connected("ada@a").await;
    let mut idle = world.connected("ada@a").await;
    let began = Instant::now();
    assert_eq!(idle.tick().await, Some(Disconnect::EXPIRED));
    assert!(began.elapsed() > Duration::from_secs(80));
    let reply = ada.ask(json!({"id":2,"refresh":{"token":"ada@a"}})).await;
    assert_eq!(reply["refresh"]["expires"], true);
    assert_eq!(ada.pass(Duration::from_secs(60)).await, Ok(()));
    for (token, code) in [
        ("ben@a", Disconnect::INVALID_TOKEN),
        ("ada@b", Disconnect::INVALID_TOKEN),
        ("ada@a+teacher", Disconnect::INVALID_TOKEN),
        ("x", Disconnect::INVALID_TOKEN),
        ("", Disconnect::INVALID_TOKEN),
        ("expired@a", Disconnect::EXPIRED),
        ("ada@a+open:a", Disconnect::INSUFFICIENT_STATE),
    ] {
        assert_eq!(ada.send(json!({"id":3,"refresh":{"token":token}})).await, Err(code), "{token}");
    }
    let reply = ada.ask(json!({"id":4,"refresh":{"token":"ada@a+forever"}})).await;
    assert_eq!(reply, json!({"id":4,"refresh":{}}));
    assert_eq!(ada.pass(Duration::from_secs(3600)).await, Ok(()));
    let refresh = json!({"id":5,"refresh":{"token":"ada@a"}});
    let mut eve = world.connected("ada@a+forever").await;
    assert_eq!(eve.send(refresh).await, Err(Disconnect::BAD_REQUEST), "it does not expire");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_under_way_while_the_platform_lets_the_connection_stay_is_no_offence() {
    let world = World::with(quiet(), 60);
    let mut ada = world.connected("ada@a").await;
    ada.session.connection().order(crate::connection::Order::Refresh(None));
    assert_eq!(ada.pass(Duration::from_secs(50)).await, Ok(()));
    assert_eq!(ada.received().await, [json!({"push":{"refresh":{}}})]);
    let refresh = |token: &str| json!({"id":2,"refresh":{"token":token}});
    assert_eq!(ada.ask(refresh("ada@a")).await["refresh"]["expires"], true);
    assert_eq!(ada.send(refresh("ben@a")).await, Err(Disconnect::INVALID_TOKEN));
}

#[tokio::test(start_paused = true)]
async fn a_guest_cannot_refresh_into_another_game() {
    let world = World::new();
    let mut guest = world.connected("guest@a").await;
    let refresh = json!({"id":2,"refresh":{"token":"guest@a"}});
    assert_eq!(guest.send(refresh).await, Err(Disconnect::INVALID_TOKEN));
}

#[tokio::test(start_paused = true)]
async fn subscription_tokens_fail_with_the_protocols_codes() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    let expired = subscription_token("ada", "closed:a", Some(-1), &json!({}));
    for (token, code) in [("forged", 103), (expired.as_str(), 109)] {
        let reply = ada.ask(json!({"id":2,"subscribe":{"channel":"closed:a","token":token}})).await;
        assert_eq!(reply["error"]["code"], code, "{token}");
    }
    for (user, channel) in [("ben", "closed:a"), ("ada", "closed:b")] {
        let token = subscription_token(user, channel, None, &json!({}));
        let subscribe = json!({"id":3,"subscribe":{"channel":"closed:a","token":token}});
        assert_eq!(ada.send(subscribe).await, Err(Disconnect::INVALID_TOKEN), "{user} {channel}");
    }
    assert!(!ada.session.connection().is_subscribed(&Channel::parse("closed:a").unwrap()));
}

/// A subscription for a minute.
async fn for_a_minute(world: &World) -> Client {
    let mut ada = world.connected("ada@a+forever").await;
    let token = subscription_token("ada", "closed:a", Some(60), &json!({}));
    let reply = ada.ask(json!({"id":2,"subscribe":{"channel":"closed:a","token":token}})).await;
    assert_eq!(reply["subscribe"]["expires"], true);
    assert!((59..=60).contains(&reply["subscribe"]["ttl"].as_u64().unwrap()), "{reply}");
    ada
}

fn sub_refresh(token: &str) -> Value {
    json!({"id":3,"sub_refresh":{"channel":"closed:a","token":token}})
}

#[tokio::test(start_paused = true)]
async fn an_expired_subscription_ends_after_its_grace() {
    let world = World::with(quiet(), 3600);
    let mut ada = for_a_minute(&world).await;
    assert_eq!(ada.pass(Duration::from_secs(83)).await, Ok(()));
    assert!(ada.received().await.is_empty(), "its grace is not over");
    assert_eq!(ada.pass(Duration::from_secs(3)).await, Ok(()));
    let expected =
        json!({"push":{"channel":"closed:a","unsubscribe":{"code":2501,"reason":"subscription expired"}}});
    assert_eq!(ada.received().await, [expected]);
    assert_eq!(world.around.node.hub.subscriber_count(&world.key(0, "closed:a")), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_subscription_token_keeps_a_subscription() {
    let world = World::with(quiet(), 3600);
    let mut ada = for_a_minute(&world).await;
    assert_eq!(ada.pass(Duration::from_secs(70)).await, Ok(()));
    let fresh = subscription_token("ada", "closed:a", Some(60), &json!({}));
    let reply = ada.ask(sub_refresh(&fresh)).await;
    assert_eq!(reply["sub_refresh"]["expires"], true);
    assert!((59..=60).contains(&reply["sub_refresh"]["ttl"].as_u64().unwrap()), "{reply}");
    assert_eq!(ada.pass(Duration::from_secs(80)).await, Ok(()));
    assert!(ada.received().await.is_empty());
    let endless = subscription_token("ada", "closed:a", None, &json!({}));
    assert_eq!(ada.ask(sub_refresh(&endless)).await, json!({"id":3,"sub_refresh":{}}));
    assert_eq!(ada.pass(Duration::from_secs(9_000)).await, Ok(()));
    assert!(ada.received().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn bad_subscription_tokens_refresh_nothing() {
    let world = World::with(quiet(), 3600);
    let mut ada = for_a_minute(&world).await;
    let expired = subscription_token("ada", "closed:a", Some(-1), &json!({}));
    assert_eq!(ada.ask(sub_refresh(&expired)).await["error"]["code"], 109);
    assert_eq!(ada.ask(sub_refresh("")).await["error"]["code"], 107);
    let other = subscription_token("ada", "closed:b", Some(60), &json!({}));
    for token in ["forged", &other] {
        assert_eq!(ada.send(sub_refresh(token)).await, Err(Disconnect::INVALID_TOKEN), "{token}");
    }
    assert_eq!(ada.pass(Duration::from_secs(86)).await, Ok(()));
    assert_eq!(ada.received().await[0]["push"]["unsubscribe"]["code"], 2501, "the expiry still stands");
    assert_eq!(ada.ask(sub_refresh(&expired)).await["error"]["code"], 103, "not subscribed");
    let own = json!({"id":4,"sub_refresh":{"channel":"user:#ada","token":"t"}});
    assert_eq!(ada.ask(own).await["error"]["code"], 103, "made by the server");
}

#[tokio::test(start_paused = true)]
async fn of_several_subscriptions_each_expires_in_its_time() {
    let world = World::with(quiet(), 3600);
    let mut ada = for_a_minute(&world).await;
    for (channel, ttl) in [("closed:b", 20), ("closed:c", 200), ("closed:d", 20), ("closed:e", 40)] {
        let token = subscription_token("ada", channel, Some(ttl), &json!({}));
        ada.ask(json!({"id":2,"subscribe":{"channel":channel,"token":token}})).await;
    }
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"closed:d"}})).await;
    // When the first one ends, the second has expired, too, but is in its grace.
    for (wait, expected) in [(46, "closed:b"), (20, "closed:e"), (20, "closed:a"), (140, "closed:c")] {
        assert_eq!(ada.pass(Duration::from_secs(wait)).await, Ok(()));
        let ended = ada.received().await;
        assert_eq!((ended.len(), &ended[0]["push"]["channel"]), (1, &json!(expected)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_server_side_subscription_ends_the_connection() {
    let world = World::with(quiet(), 3600);
    let mut ada = world.connected("ada@a+forever").await;
    let expires_at = Some(now_s() + 60);
    let subscription = ServerSubscription { expires_at, ..server_subscription("plain:a") };
    ada.session.connection().order(crate::connection::Order::Subscribe(Box::new(subscription)));
    assert_eq!(ada.pass(Duration::from_secs(1)).await, Ok(()));
    assert_eq!(ada.pass(Duration::from_secs(86)).await, Err(Disconnect::SUBSCRIPTION_EXPIRED));
}
