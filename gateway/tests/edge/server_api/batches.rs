//! Many commands in one request.

use super::{NORTH, Platform};
use protocol::Channel;
use realtime::{ChannelKey, broker::HistoryQuery};
use serde_json::{Value, json};

#[tokio::test]
async fn a_batch_replies_to_each_command_in_order() {
    let platform = Platform::start().await;
    for parallel in [false, true] {
        let channel = format!("news:{parallel}");
        let commands = json!([
            {"publish":{"channel":channel,"data":1}},
            {"publish":{"channel":"nothing:a","data":1}},
            {"publish":{"channel":7}},
            {"nonsense":{}},
            {},
            {"info":{},"channels":{}},
            {"batch":{"commands":[]}},
            {"history_remove":{"channel":channel}},
            {"presence_stats":{"channel":channel}},
            {"broadcast":{"channels":[channel],"data":2}},
        ]);
        let result = platform.result(NORTH, "batch", json!({"commands":commands,"parallel":parallel})).await;
        let replies = result["replies"].as_array().unwrap();
        let codes: Vec<_> = replies.iter().map(|reply| reply["error"]["code"].as_u64()).collect();
        let expected = [0, 102, 107, 104, 107, 107, 104, 0, 0, 0].map(|code| (code > 0).then_some(code));
        assert_eq!(codes, expected, "{result}");
        assert_eq!(replies[0]["publish"]["offset"], 1);
        assert_eq!(replies[7], json!({"history_remove":{}}));
        assert_eq!(replies[8], json!({"presence_stats":{"num_clients":0,"num_users":0}}));
        assert_eq!(replies[9]["broadcast"]["responses"][0]["result"]["offset"], 2);
    }
    let thousand = vec![json!({"publish":{"channel":"plain:a","data":1}}); 1_000];
    let result = platform.result(NORTH, "batch", json!({"commands":thousand})).await;
    assert_eq!(result["replies"].as_array().unwrap().len(), 1_000);
}

#[tokio::test]
async fn a_batch_is_no_way_around_the_limits() {
    let platform = Platform::start().await;
    let wide = json!({"broadcast":{"channels":vec!["plain:a"; 5_001],"data":1}});
    assert_eq!(platform.code(NORTH, "batch", json!({"commands":[wide,wide]})).await, 107);
    // Results of 10 × 200 kB fill the answer after about 17 of these commands.
    let large = json!({"channel":"news:a","data":"x".repeat(200_000)});
    for _ in 0..10 {
        platform.result(NORTH, "publish", large.clone()).await;
    }
    let commands = vec![json!({"history":{"channel":"news:a","limit":10}}); 50];
    let result = platform.result(NORTH, "batch", json!({"commands":commands})).await;
    let replies = result["replies"].as_array().unwrap();
    assert!(replies[0]["history"].is_object());
    assert_eq!(replies[49]["error"]["code"], 106);
}

#[tokio::test]
async fn a_batch_walks_over_the_node_once() {
    let platform = Platform::start().await;
    let commands =
        json!([{"info":{}}, {"channels":{}}, {"info":{}}, {"channels":{"pattern":"a*"}}, {"rpc":{}}]);
    for parallel in [false, true] {
        let result = platform.result(NORTH, "batch", json!({"commands":commands,"parallel":parallel})).await;
        let replies = result["replies"].as_array().unwrap();
        let codes: Vec<_> = replies.iter().map(|reply| reply["error"]["code"].as_u64()).collect();
        assert_eq!(codes, [None, None, Some(106), Some(106), Some(107)], "{result}");
    }
}

/// Whether others on the core come to see how far a request is that publishes 1,000 times into `news:…`.
async fn is_seen_under_way(method: &str, params: Value, channel: &str) -> bool {
    let platform = Platform::start().await;
    let broker = &platform.server.app.node.broker;
    let key = ChannelKey::new(platform.north, Channel::parse(channel).unwrap());
    let watch = async {
        loop {
            let query = HistoryQuery { limit: 0, since: None, reverse: false };
            match broker.history(&key, &query).await.unwrap().top.offset {
                0 => tokio::task::yield_now().await,
                offset => return offset < 1_000,
            }
        }
    };
    let (_, seen) = tokio::join!(platform.result(NORTH, method, params), watch);
    seen
}

#[tokio::test]
async fn others_have_their_turn_during_batches_and_broadcasts() {
    let publish = json!({"publish":{"channel":"news:a","data":1}});
    for parallel in [false, true] {
        let params = json!({"commands":vec![publish.clone(); 1_000],"parallel":parallel});
        assert!(is_seen_under_way("batch", params, "news:a").await, "{parallel}");
    }
    let params = json!({"channels":vec!["news:a"; 1_000],"data":1});
    assert!(is_seen_under_way("broadcast", params, "news:a").await);
}
