//! Who may subscribe to what, and what a subscription comes with.

use super::*;

#[tokio::test(start_paused = true)]
async fn guests_reach_owned_channels_only() {
    let world = World::new();
    let mut guest = world.connected("guest@a").await;
    assert_eq!(guest.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["error"]["code"], 103);
    let token = subscription_token("guest", "open:a", None, &json!({}));
    let reply = guest.ask(json!({"id":2,"subscribe":{"channel":"open:a","token":token}})).await;
    assert_eq!(reply["error"]["code"], 103);
    assert_eq!(guest.ask(json!({"id":3,"subscribe":{"channel":"quiz:a"}})).await["id"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_private_channel_needs_a_token_whatever_its_namespace_allows() {
    let world = World::having("", open());
    let mut ada = world.connected("ada@a").await;
    for channel in ["$a", "$open:a", "open:$a"] {
        let reply = ada.ask(json!({"id":2,"subscribe":{"channel":channel}})).await;
        assert_eq!(reply["error"]["code"], 103, "{channel}");
        let token = subscription_token("ada", channel, None, &json!({}));
        let reply = ada.ask(json!({"id":3,"subscribe":{"channel":channel,"token":token}})).await;
        assert_eq!(reply["subscribe"]["recoverable"], true, "{channel}: {reply}");
        ada.received().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_opens_a_closed_channel_and_decides_its_options() {
    let world =
        World::having("kept", NamespaceOptions { history_size: 5, history_ttl_s: 60, ..Default::default() });
    let mut ada = world.connected("ada@a").await;
    for (decides, recoverable, positioned) in [
        (json!({}), Value::Null, Value::Null),
        (json!({"force_positioning":true}), Value::Null, json!(true)),
        (json!({"force_recovery":true}), json!(true), json!(true)),
    ] {
        let token = subscription_token("ada", "kept:a", None, &decides);
        let reply = ada.resubscribe(json!({"channel":"kept:a","token":token})).await;
        assert_eq!((&reply["recoverable"], &reply["positioned"]), (&recoverable, &positioned), "{decides}");
    }
    let decides = json!({"presence":true,"join_leave":true,"force_join_leave":true,"info":"seat 1"});
    let token = subscription_token("ada", "kept:a", None, &decides);
    ada.resubscribe(json!({"channel":"kept:a","token":token})).await;
    let members = world.around.node.presence.members(&world.key(0, "kept:a")).await.unwrap();
    let seats: Vec<_> = members.values().map(|member| member.chan_info.clone()).collect();
    assert_eq!(seats, [Some(Payload::of(&"seat 1"))]);
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"kept:a"}})).await;
    assert!(world.around.node.presence.members(&world.key(0, "kept:a")).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn positions_and_joins_are_given_to_those_who_ask_where_that_is_allowed() {
    let asked = NamespaceOptions {
        force_recovery: false,
        force_join_leave: false,
        allow_positioning: true,
        allow_recovery: true,
        ..open()
    };
    let never = NamespaceOptions { allow_positioning: false, allow_recovery: false, ..asked.clone() };
    let mut config = quiet();
    config.namespaces.extend([("asked".to_owned(), asked), ("never".to_owned(), never)]);
    let world = World::with(config, 3600);
    let mut ada = world.connected("ada@a").await;
    for (channel, request, recoverable, positioned) in [
        ("asked:a", json!({}), Value::Null, Value::Null),
        ("asked:a", json!({"positioned":true}), Value::Null, json!(true)),
        ("asked:a", json!({"positioned":true,"recover":true}), Value::Null, json!(true)),
        ("asked:a", json!({"recoverable":true}), json!(true), json!(true)),
        ("never:a", json!({"positioned":true,"recoverable":true,"recover":true}), Value::Null, Value::Null),
    ] {
        let mut request = request;
        request["channel"] = json!(channel);
        let reply = ada.resubscribe(request.clone()).await;
        assert_eq!((&reply["recoverable"], &reply["positioned"]), (&recoverable, &positioned), "{request}");
        assert_eq!(reply["was_recovering"], Value::Null);
        assert_eq!(ada.received().await, [] as [Value; 0], "joins were not asked for");
    }
    let request = json!({"id":3,"subscribe":{"channel":"asked:b","join_leave":true}});
    ada.send(request.clone()).await.unwrap();
    assert_eq!(ada.received().await[1]["push"]["join"]["info"]["user"], "ada");
    let request = json!({"id":3,"subscribe":{"channel":"plain:b","join_leave":true}});
    ada.send(request).await.unwrap();
    assert_eq!(ada.received().await.len(), 1, "nobody tells joins there");
}

#[tokio::test(start_paused = true)]
async fn anonymous_users_need_a_namespace_that_is_open_to_them() {
    let mut config = RealtimeConfig { anonymous_school: Some(SchoolId::generate()), ..quiet() };
    config.namespaces.insert("all".into(), NamespaceOptions { allow_anonymous: true, ..open() });
    let world = World::with(config, 3600);
    let mut nobody = world.connected("").await;
    assert_eq!(nobody.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["error"]["code"], 103);
    assert_eq!(nobody.ask(json!({"id":2,"subscribe":{"channel":"all:#ada"}})).await["error"]["code"], 103);
    nobody.send(json!({"id":3,"subscribe":{"channel":"all:a"}})).await.unwrap();
    assert_eq!(nobody.received().await[1]["push"]["join"]["info"]["user"], "");
}

#[tokio::test(start_paused = true)]
async fn in_insecure_mode_everything_is_allowed_but_what_features_own() {
    let mut config =
        RealtimeConfig { anonymous_school: Some(SchoolId::generate()), insecure: true, ..quiet() };
    let kept = NamespaceOptions { presence: true, history_size: 5, history_ttl_s: 60, ..Default::default() };
    config.namespaces.insert("kept".into(), kept);
    let world = World::with(config, 3600);
    let mut nobody = world.connected("").await;
    for command in [
        json!({"id":2,"publish":{"channel":"kept:a","data":1}}),
        json!({"id":2,"history":{"channel":"kept:a","limit":-1}}),
        json!({"id":2,"presence":{"channel":"kept:a"}}),
        json!({"id":2,"presence_stats":{"channel":"kept:a"}}),
        json!({"id":2,"subscribe":{"channel":"kept:$a"}}),
        json!({"id":2,"subscribe":{"channel":"kept:#ada"}}),
        json!({"id":2,"subscribe":{"channel":"closed:a"}}),
        json!({"id":2,"publish":{"channel":"closed:a","data":1}}),
    ] {
        let reply = nobody.ask(command.clone()).await;
        assert_eq!(reply["error"], Value::Null, "{command}: {reply}");
    }
    nobody.received().await;
    for (command, code) in [
        (json!({"id":3,"subscribe":{"channel":"nowhere:a"}}), 102),
        (json!({"id":3,"history":{"channel":"closed:a"}}), 108),
        (json!({"id":3,"presence":{"channel":"closed:a"}}), 108),
        (json!({"id":3,"publish":{"channel":"quiz:a","data":1}}), 103),
        (json!({"id":3,"history":{"channel":"quiz:a"}}), 103),
        (json!({"id":3,"subscribe":{"channel":"kept:a","token":"forged"}}), 103),
    ] {
        assert_eq!(nobody.ask(command.clone()).await["error"]["code"], code, "{command}");
    }
    let mut ben = world.connected("ben@a").await;
    assert_eq!(ben.ask(json!({"id":2,"subscribe":{"channel":"quiz:a"}})).await["error"]["code"], 103);
}
