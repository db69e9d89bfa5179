//! Everything but `connect` and `subscribe`.

use super::*;

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
    ada.send(json!({"id":3,"publish":{"channel":"open:a","data":{"x":1}}})).await.unwrap();
    let received = ada.received().await;
    assert_eq!(received[0]["push"]["pub"]["data"], json!({"x":1}));
    assert_eq!(received[0]["push"]["pub"]["info"]["user"], "ada");
    assert_eq!(received[1], json!({"id":3,"publish":{}}));
    assert!(spy.received().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_clients_publication_carries_what_its_tokens_say_of_it() {
    let world = World::new();
    let token = subscription_token("ada", "open:a", None, &json!({"info":{"seat":1}}));
    let mut ada = world.subscribed("ada@a+info", json!({"channel":"open:a","token":token})).await;
    ada.send(json!({"id":3,"publish":{"channel":"open:a","data":1}})).await.unwrap();
    let info = ada.received().await[0]["push"]["pub"]["info"].clone();
    let client = ada.session.connection().client.to_string();
    let expected = json!({"user":"ada","client":client,"conn_info":{"name":"ada"},"chan_info":{"seat":1}});
    assert_eq!(info, expected);
    let members = ada.ask(json!({"id":4,"presence":{"channel":"open:a"}})).await;
    assert_eq!(members["presence"]["presence"][client], expected);
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
        (json!({"subscribe":{"channel":"x".repeat(256)}}), 107),
        (json!({"subscribe":{"channel":"open:a","type":1}}), 107),
        (json!({"publish":{"channel":"open:a","data":1}}), 103),
        (json!({"publish":{"channel":"nowhere:a","data":1}}), 102),
        (json!({"presence":{"channel":"open:a"}}), 103),
        (json!({"presence_stats":{"channel":"open:a"}}), 103),
        (json!({"history":{"channel":"open:a"}}), 103),
        (json!({"rpc":{"method":"echo.such"}}), 104),
        (json!({"rpc":{"method":"no.such"}}), 108),
        (json!({"rpc":{}}), 108),
        (json!({"sub_refresh":{"channel":"open:a","token":"t"}}), 103),
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
        (json!({"id":3,"presence_stats":{"channel":"plain:a"}}), 108),
        (json!({"id":3,"history":{"channel":"plain:a"}}), 108),
    ] {
        assert_eq!(ben.ask(command.clone()).await["error"]["code"], code, "{command}");
    }
    for command in ["subscribe", "unsubscribe", "publish", "presence", "history", "sub_refresh"] {
        let command = json!({"id":4,command:{"channel":""}});
        assert_eq!(ben.send(command.clone()).await, Err(Disconnect::BAD_REQUEST), "{command}");
    }
    assert_eq!(ben.send(json!({"send":{"data":1}})).await, Err(Disconnect::NOT_AVAILABLE));
    assert_eq!(ben.send(json!({"id":5})).await, Err(Disconnect::BAD_REQUEST));
    assert_eq!(ben.send(json!({"id":5,"ping":{}})).await, Err(Disconnect::BAD_REQUEST));
}

#[tokio::test(start_paused = true)]
async fn a_publication_without_data_is_refused_and_null_is_data() {
    let world = World::new();
    let mut ada = world.subscribed("ada@a", json!({"channel":"open:a"})).await;
    assert_eq!(ada.ask(json!({"id":3,"publish":{"channel":"open:a"}})).await["error"]["code"], 107);
    let push = ada.ask(json!({"id":4,"publish":{"channel":"open:a","data":null}})).await;
    assert_eq!(push["push"]["pub"].get("data"), Some(&Value::Null));
}

#[tokio::test(start_paused = true)]
async fn unsubscribing_never_fails() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    for channel in ["open:a", "nowhere:a", "ü", "user:#ada", "user:#ada"] {
        let reply = ada.ask(json!({"id":2,"unsubscribe":{"channel":channel}})).await;
        assert_eq!(reply, json!({"id":2,"unsubscribe":{}}), "{channel}");
    }
    let user = UserId("ada".into());
    let node = &world.around.node;
    node.publish_to_user(world.schools[0], &user, Payload::of(&1), PublishOptions::default()).await.unwrap();
    assert!(ada.received().await.is_empty(), "the personal channel can be left, too");
}

#[tokio::test(start_paused = true)]
async fn history_is_read_by_subscribers() {
    let world = World::new();
    let mut ada = world.subscribed("ada@a", json!({"channel":"open:a"})).await;
    for number in 1..=3 {
        world.publish(0, "open:a", json!(number)).await;
    }
    ada.received().await;
    let mut history = async |request: Value| ada.ask(json!({"id":3,"history":request})).await;
    let top = history(json!({"channel":"open:a"})).await["history"].clone();
    assert_eq!((&top["publications"], &top["offset"]), (&json!([]), &json!(3)));
    for limit in [-1, 301, i32::MAX, i32::MIN] {
        let all = history(json!({"channel":"open:a","limit":limit})).await["history"].clone();
        assert_eq!((all["publications"].as_array().unwrap().len(), all["offset"].clone()), (3, json!(3)));
    }
    let epoch = top["epoch"].clone();
    for (since, reverse, expected) in
        [(1, false, vec![2, 3]), (3, false, vec![]), (3, true, vec![2, 1]), (1, true, vec![])]
    {
        let since = json!({"offset":since,"epoch":epoch});
        let request = json!({"channel":"open:a","limit":9,"since":since,"reverse":reverse});
        let page = history(request.clone()).await["history"].clone();
        let offsets: Vec<_> =
            page["publications"].as_array().unwrap().iter().map(|it| it["offset"].clone()).collect();
        assert_eq!(json!(offsets), json!(expected), "{request}");
    }
    let page = history(json!({"channel":"open:a","limit":1,"reverse":true})).await;
    assert_eq!(page["history"]["publications"][0]["offset"], 3);
    for (request, code) in [
        (json!({"channel":"open:a","reverse":true,"since":{"offset":0,"epoch":""}}), 107),
        (json!({"channel":"open:a","since":{"offset":1,"epoch":"other"}}), 112),
    ] {
        assert_eq!(history(request.clone()).await["error"]["code"], code, "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn history_and_presence_may_be_kept_without_being_told() {
    let kept = NamespaceOptions { allow_history: false, allow_presence: false, ..open() };
    let world = World::having("kept", kept);
    let mut ada = world.subscribed("ada@a", json!({"channel":"kept:a"})).await;
    assert_eq!(ada.ask(json!({"id":3,"history":{"channel":"kept:a"}})).await["error"]["code"], 103);
    assert_eq!(ada.ask(json!({"id":4,"presence":{"channel":"kept:a"}})).await["error"]["code"], 108);
    let key = world.key(0, "kept:a");
    assert_eq!(world.around.node.presence.stats(&key).await.unwrap().num_clients, 1);
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
}

#[tokio::test(start_paused = true)]
async fn features_are_told_who_comes_and_goes() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    ada.ask(json!({"id":2,"subscribe":{"channel":"quiz:g"}})).await;
    ada.session.close().await;
    assert_eq!(*world.feature.0.lock().unwrap(), ["+ada quiz:g", "-ada quiz:g"]);
    assert_eq!(world.around.node.hub.subscriber_count(&world.key(0, "quiz:g")), 0);
}

#[tokio::test(start_paused = true)]
async fn rpc_reaches_the_feature_with_the_callers_identity() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    let reply = ada.ask(json!({"id":2,"rpc":{"method":"echo.user","data":{"k":1}}})).await;
    assert_eq!(reply["rpc"]["data"], json!({"user":"ada","params":{"k":1}}));
}
