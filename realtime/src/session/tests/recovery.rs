//! Who comes back gets exactly what was missed, or is told that something is missing.

use super::*;
use crate::config::RecoveryMode;

fn datas(result: &Value) -> Vec<Value> {
    let publications = result["publications"].as_array().map_or(&[][..], Vec::as_slice);
    publications.iter().map(|publication| publication["data"].clone()).collect()
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
    let recover =
        |offset: u64, epoch: &Value| json!({"channel":"open:a","recover":true,"offset":offset,"epoch":epoch});
    let reply = ada.resubscribe(recover(3, &epoch)).await;
    assert_eq!(
        (reply["recovered"].clone(), reply["was_recovering"].clone(), reply["offset"].clone(), datas(&reply)),
        (json!(true), json!(true), json!(3), vec![json!(4), json!(5)])
    );
    let reply = ada.resubscribe(recover(5, &epoch)).await;
    assert_eq!((&reply["recovered"], &reply["offset"], datas(&reply)), (&json!(true), &json!(5), vec![]));
    for number in 6..=20 {
        world.publish(0, "open:a", json!(number)).await;
    }
    for request in [recover(5, &epoch), recover(20, &json!("elsewhere")), recover(25, &epoch)] {
        let reply = ada.resubscribe(request.clone()).await;
        assert_eq!(
            (reply["recovered"].clone(), reply["was_recovering"].clone(), reply["offset"].clone()),
            (Value::Null, json!(true), json!(20)),
            "{request}"
        );
        assert_eq!(reply["publications"], Value::Null);
    }
    ada.received().await;
    ada.ask(json!({"id":6,"unsubscribe":{"channel":"open:a"}})).await;
    let rejecting =
        json!({"id":7,"subscribe":{"channel":"open:a","recover":true,"offset":5,"epoch":epoch,"flag":2}});
    assert_eq!(ada.ask(rejecting).await["error"]["code"], 112);
    assert!(!ada.session.connection().is_subscribed(&Channel::parse("open:a").unwrap()));
    assert_eq!(world.around.node.hub.subscriber_count(&world.key(0, "open:a")), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cache_gives_its_latest_publication_only() {
    let world = World::having("cache", NamespaceOptions { recovery_mode: RecoveryMode::Cache, ..open() });
    let mut ada = world.connected("ada@a").await;
    let empty = ada.resubscribe(json!({"channel":"cache:a","recover":true})).await;
    assert_eq!(empty["recovered"], Value::Null, "no epoch is known");
    for number in 1..=5 {
        world.publish(0, "cache:a", json!(number)).await;
    }
    for (offset, epoch, expected) in [
        (0, json!(""), vec![json!(5)]),
        (2, json!("elsewhere"), vec![json!(5)]),
        (5, empty["epoch"].clone(), vec![]),
    ] {
        let request = json!({"channel":"cache:a","recover":true,"offset":offset,"epoch":epoch});
        let reply = ada.resubscribe(request.clone()).await;
        assert_eq!((&reply["recovered"], datas(&reply)), (&json!(true), expected), "{request}");
    }
    world.around.node.broker.remove_history(&world.key(0, "cache:a")).await.unwrap();
    let request = json!({"channel":"cache:a","recover":true,"offset":2,"epoch":empty["epoch"]});
    let reply = ada.resubscribe(request).await;
    assert_eq!((&reply["recovered"], &reply["offset"]), (&Value::Null, &json!(5)));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_reach_the_top_is_no_recovery() {
    let mut config = quiet();
    config.limits.history_page = 3;
    let world = World::with(config, 3600);
    let mut ada = world.connected("ada@a").await;
    for number in 1..=5 {
        world.publish(0, "open:a", json!(number)).await;
    }
    let anew = |offset: u64| json!({"channel":"open:a","recover":true,"offset":offset});
    assert_eq!(ada.resubscribe(anew(1)).await["recovered"], Value::Null);
    assert_eq!(datas(&ada.resubscribe(anew(2)).await), [json!(3), json!(4), json!(5)]);
}
