//! Subscribers that want some publications only.

use super::*;

fn tagged() -> NamespaceOptions {
    NamespaceOptions { allow_tags_filter: true, force_join_leave: false, ..open() }
}

fn german() -> Value {
    json!({"key":"lang","cmp":"eq","val":"de"})
}

#[tokio::test(start_paused = true)]
async fn only_what_matches_arrives_and_the_position_moves_over_the_rest() {
    let world = World::having("tagged", tagged());
    let mut ada = world.subscribed("ada@a", json!({"channel":"tagged:a","tf":german()})).await;
    for (number, lang) in [(1, "de"), (2, "en"), (3, "en"), (4, "de")] {
        world.publish_tagged("tagged:a", json!(number), &[("lang", lang)]).await;
    }
    world.publish(0, "tagged:a", json!(5)).await;
    let received = ada.received().await;
    let numbers: Vec<_> = received.iter().map(|message| message["push"]["pub"]["data"].clone()).collect();
    assert_eq!(numbers, [json!(1), json!(4)]);
    assert!(!ada.session.connection().has_orders(), "no gap is seen");
}

#[tokio::test(start_paused = true)]
async fn what_is_recovered_is_filtered_too() {
    let world = World::having("tagged", tagged());
    let mut ada = world.connected("ada@a").await;
    for (number, lang) in [(1, "de"), (2, "en"), (3, "de"), (4, "en")] {
        world.publish_tagged("tagged:a", json!(number), &[("lang", lang)]).await;
    }
    let request = |offset: u64| json!({"channel":"tagged:a","recover":true,"offset":offset,"tf":german()});
    let reply = ada.resubscribe(request(1)).await;
    assert_eq!((&reply["recovered"], &reply["offset"]), (&json!(true), &json!(1)));
    let publications = reply["publications"].as_array().unwrap();
    assert_eq!((publications.len(), &publications[0]["offset"]), (1, &json!(3)));
    let reply = ada.resubscribe(request(3)).await;
    assert_eq!((&reply["recovered"], &reply["offset"]), (&json!(true), &json!(4)), "nothing to walk through");
    assert_eq!(reply["publications"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn filters_are_refused_where_they_are_not_allowed_or_make_no_sense() {
    let world = World::having("tagged", tagged());
    let mut ada = world.connected("ada@a").await;
    for (channel, tf) in [
        ("open:a", german()),
        ("tagged:a", json!({"key":"lang","cmp":"like","val":"de"})),
        ("tagged:a", json!({"op":"xor","nodes":[german()]})),
        ("tagged:a", json!({})),
    ] {
        let reply = ada.ask(json!({"id":2,"subscribe":{"channel":channel,"tf":tf}})).await;
        assert_eq!(reply["error"]["code"], 107, "{channel} {tf}");
        assert!(!ada.session.connection().is_subscribed(&Channel::parse(channel).unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_holds_four_kilobytes_of_text() {
    let world = World::having("tagged", tagged());
    let mut ada = world.connected("ada@a").await;
    let among = |length: usize| {
        let vals: Vec<String> = (0..2).map(|number| format!("{number}{}", "x".repeat(length - 1))).collect();
        let inner = json!({"key":"k","cmp":"in","vals":vals});
        let request = json!({"channel":"tagged:a","tf":{"op":"not","nodes":[inner]}});
        json!({"id":2,"subscribe":request})
    };
    // The key counts, too.
    let largest = (4_096 - "k".len()) / 2;
    assert_eq!(ada.ask(among(largest + 1)).await["error"]["code"], 107);
    assert!(ada.ask(among(largest)).await["subscribe"].is_object());
}
