//! What a backend may look at: its own school.

use super::{NORTH, Platform, SOUTH};
use protocol::ids::PersonId;
use serde_json::{Value, json};

fn numbers(history: &Value) -> Vec<u64> {
    let publications = history["publications"].as_array().unwrap();
    publications.iter().map(|publication| publication["data"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn history_is_read_in_pages_from_both_ends() {
    let platform = Platform::start().await;
    for number in 1..=12 {
        platform.result(NORTH, "publish", json!({"channel":"news:a","data":number})).await;
    }
    let read = async |params: Value| {
        let mut params = params;
        params["channel"] = json!("news:a");
        platform.result(NORTH, "history", params).await
    };
    let top = read(json!({})).await;
    assert_eq!((numbers(&top), &top["offset"]), (vec![], &json!(12)));
    let epoch = top["epoch"].as_str().unwrap();
    // Ten are kept.
    assert_eq!(numbers(&read(json!({"limit":-1})).await), (3..=12).collect::<Vec<_>>());
    assert_eq!(numbers(&read(json!({"limit":2})).await), [3, 4]);
    let since = |offset: u64| json!({"offset":offset,"epoch":epoch});
    assert_eq!(numbers(&read(json!({"limit":2,"since":since(4)})).await), [5, 6]);
    assert_eq!(numbers(&read(json!({"limit":2,"reverse":true})).await), [12, 11]);
    assert_eq!(numbers(&read(json!({"limit":2,"reverse":true,"since":since(11)})).await), [10, 9]);
    assert!(numbers(&read(json!({"limit":5,"since":since(12)})).await).is_empty());
    let lost = json!({"channel":"news:a","limit":1,"since":{"offset":1,"epoch":"elsewhere"}});
    assert_eq!(platform.code(NORTH, "history", lost).await, 112);
}

#[tokio::test]
async fn history_belongs_to_one_school() {
    let platform = Platform::start().await;
    platform.result(NORTH, "publish", json!({"channel":"news:a","data":1})).await;
    let theirs = platform.result(SOUTH, "history", json!({"channel":"news:a","limit":-1})).await;
    assert_eq!((numbers(&theirs), &theirs["offset"]), (vec![], &json!(0)));
    platform.result(SOUTH, "history_remove", json!({"channel":"news:a"})).await;
    let ours = platform.result(NORTH, "history", json!({"channel":"news:a","limit":-1})).await;
    assert_eq!(numbers(&ours), [1], "the other school's key removes nothing here");
    assert_eq!(platform.result(NORTH, "history_remove", json!({"channel":"news:a"})).await, json!({}));
    let removed = platform.result(NORTH, "history", json!({"channel":"news:a","limit":-1})).await;
    assert_eq!((numbers(&removed), &removed["offset"]), (vec![], &json!(1)), "the position stays");
}

#[tokio::test]
async fn presence_counts_connections_and_users_of_one_school() {
    let platform = Platform::start().await;
    let (ada, ben) = (PersonId::generate(), PersonId::generate());
    let empty = platform.result(NORTH, "presence", json!({"channel":"news:a"})).await;
    assert_eq!(empty, json!({"presence":{}}));
    let clients = [
        platform.subscriber(platform.north, ada, "news:a").await,
        platform.subscriber(platform.north, ada, "news:a").await,
        platform.subscriber(platform.north, ben, "news:a").await,
        platform.subscriber(platform.south, ada, "news:a").await,
    ];
    let stats = platform.result(NORTH, "presence_stats", json!({"channel":"news:a"})).await;
    assert_eq!(stats, json!({"num_clients":3,"num_users":2}));
    let stats = platform.result(SOUTH, "presence_stats", json!({"channel":"news:a"})).await;
    assert_eq!(stats, json!({"num_clients":1,"num_users":1}));
    let presence = platform.result(NORTH, "presence", json!({"channel":"news:a"})).await;
    let members = presence["presence"].as_object().unwrap();
    assert_eq!(members.len(), 3);
    for (client, info) in members {
        assert_eq!(info["client"], json!(client));
        assert!(info["user"] == ada.to_string() || info["user"] == ben.to_string(), "{info}");
    }
    drop(clients);
}

#[tokio::test]
async fn channels_are_listed_by_pattern_for_one_school() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.subscriber(platform.north, ada, "news:a").await;
    let other = platform.subscriber(platform.north, PersonId::generate(), "news:a").await;
    client.ask(json!({"subscribe":{"channel":"news:b"}})).await;
    client.ask(json!({"subscribe":{"channel":"plain:a"}})).await;
    let theirs = platform.subscriber(platform.south, ada, "plain:theirs").await;
    let list = async |key: &str, pattern: Value| {
        platform.result(key, "channels", json!({"pattern":pattern})).await["channels"].take()
    };
    let news = json!({"news:a":{"num_clients":2},"news:b":{"num_clients":1}});
    assert_eq!(list(NORTH, json!("news:*")).await, news);
    assert_eq!(list(NORTH, json!("*:b")).await, json!({"news:b":{"num_clients":1}}));
    assert_eq!(list(NORTH, json!("nothing")).await, json!({}));
    for all in [json!(""), json!("*"), json!(null)] {
        let channels = list(NORTH, all).await;
        let names: Vec<&String> = channels.as_object().unwrap().keys().collect();
        // Two persons, each with a channel of their own.
        assert_eq!(names.len(), 5, "{names:?}");
        assert!(channels["plain:theirs"].is_null());
    }
    assert_eq!(list(SOUTH, json!("plain:*")).await, json!({"plain:theirs":{"num_clients":1}}));
    drop((other, theirs));
}

#[tokio::test]
async fn info_counts_one_school() {
    let platform = Platform::start().await;
    let (ada, ben) = (PersonId::generate(), PersonId::generate());
    let clients = [
        platform.subscriber(platform.north, ada, "news:a").await,
        platform.subscriber(platform.north, ada, "news:a").await,
        platform.connect(platform.north, ben).await,
        platform.subscriber(platform.south, ada, "news:a").await,
    ];
    let info = platform.result(NORTH, "info", json!({})).await;
    let [node] = info["nodes"].as_array().unwrap().as_slice() else { unreachable!("{info}") };
    assert_eq!((&node["num_clients"], &node["num_users"]), (&json!(3), &json!(2)));
    // The personal channels of two persons, and one that both of Ada's connections share.
    assert_eq!((&node["num_subs"], &node["num_channels"]), (&json!(5), &json!(3)));
    assert_eq!(node["version"], platform.server.app.node.config.version);
    assert!(node["uid"].as_str().is_some_and(|uid| !uid.is_empty()) && node["uptime"].is_u64());
    let theirs = platform.result(SOUTH, "info", json!({})).await;
    assert_eq!(theirs["nodes"][0]["num_clients"], 1);
    drop(clients);
}
