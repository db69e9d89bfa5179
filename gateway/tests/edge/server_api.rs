//! The API for the platform's backend: two schools with a key each, on one server, with users of equal names.

mod batches;
mod connections;
mod reading;

use crate::{
    client::Client,
    harness::{Server, header, json_of, problem},
};
use gateway::auth::Subject;
use protocol::{
    ids::{PersonId, SchoolId},
    role::Role,
};
use realtime::{DeltaType, NamespaceOptions};
use reqwest::Method;
use serde_json::{Value, json};

/// Names of all methods.
const METHODS: [&str; 14] = [
    "publish",
    "broadcast",
    "subscribe",
    "unsubscribe",
    "disconnect",
    "refresh",
    "presence",
    "presence_stats",
    "history",
    "history_remove",
    "channels",
    "info",
    "rpc",
    "batch",
];

const NORTH: &str = "north-0123456789abcdef0123456789abcdef";
const SOUTH: &str = "south-0123456789abcdef0123456789abcdef";

/// A server for two schools. `news` keeps everything, `plain` nothing.
pub struct Platform {
    pub server: Server,
    pub north: SchoolId,
    pub south: SchoolId,
}

impl Platform {
    pub async fn start() -> Self {
        let (north, south) = (SchoolId::generate(), SchoolId::generate());
        let plain = NamespaceOptions { allow_subscribe: true, ..NamespaceOptions::default() };
        let news = NamespaceOptions {
            presence: true,
            history_size: 10,
            history_ttl_s: 60,
            force_recovery: true,
            delta: DeltaType::Fossil,
            ..plain.clone()
        };
        let server = Server::start(false, |config| {
            for (name, key, school) in [("north", NORTH, north), ("south", SOUTH, south)] {
                let configured = json!({"name": name, "key": key, "school": school});
                config.api_keys.push(serde_json::from_value(configured).unwrap());
            }
            config.namespaces.insert("plain".to_owned(), plain);
            config.namespaces.insert("news".to_owned(), news);
        })
        .await;
        Self { server, north, south }
    }

    /// What a method answers with.
    pub async fn call(&self, key: &str, method: &str, params: Value) -> Value {
        let request = self.server.post(&format!("/api/{method}"), &params).header("x-api-key", key);
        json_of(request, 200).await
    }

    /// The result of a method that is not refused.
    #[track_caller]
    pub fn result(&self, key: &str, method: &str, params: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let mut answer = self.call(key, method, params).await;
            assert!(answer["result"].is_object() && answer["error"].is_null(), "{caller}: {answer}");
            answer["result"].take()
        }
    }

    /// The code of the error that a method answers with.
    pub async fn code(&self, key: &str, method: &str, params: Value) -> Value {
        let mut answer = self.call(key, method, params).await;
        assert!(answer["result"].is_null(), "{answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
        answer["error"]["code"].take()
    }

    /// A person's token, in a school.
    pub fn token(&self, school: SchoolId, person: PersonId) -> String {
        let subject = Subject { person, school, role: Role::Student, name: None, email: None };
        self.server.app.minter.person(subject, self.server.app.node.clock.now_ms() / 1_000, 600)
    }

    /// A person's connection, in a school.
    pub async fn connect(&self, school: SchoolId, person: PersonId) -> Client {
        Client::connected(&self.server, &self.token(school, person)).await
    }

    /// A person's connection that is subscribed to a channel.
    pub async fn subscriber(&self, school: SchoolId, person: PersonId, channel: &str) -> Client {
        let mut client = self.connect(school, person).await;
        let reply = client.ask(json!({"subscribe":{"channel":channel}})).await;
        assert!(reply["error"].is_null(), "{reply}");
        client
    }
}

#[tokio::test]
async fn only_a_key_of_the_server_opens_it() {
    let platform = Platform::start().await;
    let server = &platform.server;
    let token = server.token(platform.north, Role::SuperAdmin);
    for method in METHODS {
        let call = || server.post(&format!("/api/{method}"), &json!({}));
        let refused = call().send().await.unwrap();
        assert_eq!(header(&refused, "www-authenticate"), "apikey");
        problem(call(), 401, "unauthorized").await;
        for key in ["", "x", &NORTH[1..], &format!("{NORTH}x"), &NORTH.to_uppercase(), "***"] {
            problem(call().header("x-api-key", key), 401, "unauthorized").await;
        }
        problem(call().bearer_auth(&token), 401, "unauthorized").await;
        problem(call().header("authorization", format!("Bearer {NORTH}")), 401, "unauthorized").await;
        let in_address = format!("/api/{method}?api_key={NORTH}");
        problem(server.post(&in_address, &json!({})), 401, "unauthorized").await;
    }
    for (name, value) in [("X-API-Key", NORTH.to_owned()), ("Authorization", format!("apikey {NORTH}"))] {
        json_of(server.post("/api/info", &json!({})).header(name, value), 200).await;
    }
}

#[tokio::test]
async fn without_configured_keys_nobody_gets_in() {
    let server = Server::start(false, |_| {}).await;
    for key in ["", "test-api-key"] {
        problem(server.post("/api/info", &json!({})).header("x-api-key", key), 401, "unauthorized").await;
    }
}

#[tokio::test]
async fn calls_that_cannot_be_read_are_problems() {
    let platform = Platform::start().await;
    let raw = |body: String| {
        platform.server.request(Method::POST, "/api/publish").header("x-api-key", NORTH).body(body)
    };
    for body in [String::new(), "{".to_owned(), "nonsense".to_owned(), "[".repeat(100_000)] {
        problem(raw(body), 400, "invalid").await;
    }
    problem(raw("x".repeat((1 << 20) + 1)), 413, "too_large").await;
    let other = platform.server.post("/api/nonsense", &json!({})).header("x-api-key", NORTH);
    problem(other, 404, "not_found").await;
    let get = platform.server.get("/api/publish").header("x-api-key", NORTH);
    problem(get, 405, "method_not_allowed").await;
    // No content type is asked for: curl sends that of forms.
    let answer = json_of(raw(r#"{"channel":"plain:a","data":1}"#.to_owned()), 200).await;
    assert_eq!(answer, json!({"result":{"offset":0,"epoch":""}}));
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_bad_requests() {
    let platform = Platform::start().await;
    let long = "x".repeat(300_000);
    for (method, params) in [
        ("publish", json!([])),
        ("publish", json!(["plain:a", 1])),
        ("publish", json!({})),
        ("publish", json!({"channel":"plain:a"})),
        ("publish", json!({"channel":"","data":1})),
        ("publish", json!({"channel":7,"data":1})),
        ("publish", json!({"channel":"plain:schön","data":1})),
        ("publish", json!({"channel":"x".repeat(256),"data":1})),
        ("publish", json!({"channel":"plain:a","b64data":"?"})),
        ("publish", json!({"channel":"plain:a","data":1,"tags":{"a":1}})),
        ("publish", json!({"channel":"plain:a","data":1,"idempotency_key":"x".repeat(129)})),
        ("publish", json!({"channel":"plain:a","data":long})),
        ("broadcast", json!({"channels":[],"data":1})),
        ("broadcast", json!({"channels":["plain:a"]})),
        ("broadcast", json!({"channels":vec!["plain:a"; 10_001],"data":1})),
        ("subscribe", json!({"channel":"plain:a"})),
        ("subscribe", json!({"user":"ada"})),
        ("subscribe", json!({"user":"ada","channel":"plain:a","client":"nonsense"})),
        ("unsubscribe", json!({"user":"ada"})),
        ("disconnect", json!({})),
        ("disconnect", json!({"user":"ada","disconnect":{"code":1000}})),
        ("disconnect", json!({"user":"ada","disconnect":{"code":5000}})),
        ("disconnect", json!({"user":"ada","whitelist":["nonsense"]})),
        ("refresh", json!({"expire_at":1})),
        ("refresh", json!({"user":"ada","expire_at":-1})),
        ("history", json!({"channel":"news:a","reverse":true,"since":{"offset":0,"epoch":""}})),
        ("channels", json!({"pattern":"["})),
        ("rpc", json!({})),
        ("batch", json!({})),
        ("batch", json!({"commands":[]})),
        ("batch", json!({"commands":vec![json!({"info":{}}); 1_001]})),
    ] {
        assert_eq!(platform.code(NORTH, method, params.clone()).await, 107, "{method} {params:.80}");
    }
}

#[tokio::test]
async fn channels_that_are_none_or_closed_have_their_codes() {
    let platform = Platform::start().await;
    for (method, params, code) in [
        ("publish", json!({"channel":"nothing:a","data":1}), 102),
        ("publish", json!({"channel":"a","data":1}), 102),
        ("subscribe", json!({"channel":"nothing:a","user":"ada"}), 102),
        ("unsubscribe", json!({"channel":"nothing:a","user":"ada"}), 102),
        ("presence", json!({"channel":"nothing:a"}), 102),
        ("history", json!({"channel":"nothing:a"}), 102),
        ("history_remove", json!({"channel":"nothing:a"}), 102),
        ("presence", json!({"channel":"plain:a"}), 108),
        ("presence_stats", json!({"channel":"plain:a"}), 108),
        ("history", json!({"channel":"plain:a"}), 108),
        ("history_remove", json!({"channel":"plain:a"}), 108),
        ("rpc", json!({"method":"quiz.next","params":{}}), 108),
        ("rpc", json!({"method":"nothing","data":{}}), 108),
        // Features alone write into their channels.
        ("publish", json!({"channel":"quiz:a","data":1}), 103),
        ("publish", json!({"channel":"$quiz:a","data":1}), 103),
        ("publish", json!({"channel":"quiz-host:a","data":1,"skip_history":true}), 103),
        ("subscribe", json!({"channel":"quiz:a","user":"ada"}), 103),
        ("history_remove", json!({"channel":"quiz:a"}), 103),
    ] {
        assert_eq!(platform.code(NORTH, method, params.clone()).await, code, "{method} {params}");
    }
}

#[tokio::test]
async fn a_publication_reaches_the_subscribers_of_its_school() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut north = platform.subscriber(platform.north, ada, "news:a").await;
    let mut south = platform.subscriber(platform.south, ada, "news:a").await;
    let params = json!({"channel":"news:a","data":{"text":"ä\n"},"tags":{"lang":"de"}});
    let position = platform.result(NORTH, "publish", params).await;
    assert_eq!(position["offset"], 1);
    assert_eq!(position["epoch"].as_str().unwrap().len(), 8);
    let push = north.pushed().await;
    assert_eq!(push["channel"], "news:a");
    assert_eq!(push["pub"]["data"], json!({"text":"ä\n"}));
    assert_eq!(push["pub"]["tags"], json!({"lang":"de"}));
    assert_eq!(push["pub"]["offset"], 1);
    assert!(push["pub"]["info"].is_null(), "nobody's client has published it");
    // The other school's channel of this name is another one: its first publication is the first that arrives.
    let position = platform.result(SOUTH, "publish", json!({"channel":"news:a","data":"theirs"})).await;
    assert_eq!(position["offset"], 1);
    assert_eq!(south.pushed().await["pub"]["data"], "theirs");
}

#[tokio::test]
async fn a_person_is_reached_through_the_personal_channel() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.connect(platform.north, ada).await;
    platform.result(NORTH, "publish", json!({"channel":format!("user:#{ada}"),"data":"hello"})).await;
    assert_eq!(client.pushed().await["pub"]["data"], "hello");
}

#[tokio::test]
async fn data_may_be_null_or_base64() {
    let platform = Platform::start().await;
    let mut client = platform.subscriber(platform.north, PersonId::generate(), "plain:a").await;
    for (params, arrives) in [
        (json!({"data":null}), json!(null)),
        (json!({"b64data":"eyJhIjoxfQ=="}), json!({"a":1})),
        (json!({"b64data":"/w=="}), json!("/w==")),
        (json!({"data":1,"b64data":"","tags":null,"idempotency_key":null}), json!(1)),
    ] {
        let mut params = params;
        params["channel"] = json!("plain:a");
        platform.result(NORTH, "publish", params).await;
        assert_eq!(client.pushed().await["pub"]["data"], arrives);
    }
}

#[tokio::test]
async fn the_same_idempotency_key_publishes_once_per_channel_and_school() {
    let platform = Platform::start().await;
    let publish =
        |channel: &str, data: u32, key: &str| json!({"channel":channel,"data":data,"idempotency_key":key});
    let mut client = platform.subscriber(platform.north, PersonId::generate(), "news:a").await;
    let first = platform.result(NORTH, "publish", publish("news:a", 1, "k")).await;
    assert_eq!(platform.result(NORTH, "publish", publish("news:a", 2, "k")).await, first);
    let next = platform.result(NORTH, "publish", publish("news:a", 3, "other")).await;
    assert_eq!(next["offset"], 2);
    assert_eq!(platform.result(NORTH, "publish", publish("news:b", 4, "k")).await["offset"], 1);
    assert_eq!(platform.result(SOUTH, "publish", publish("news:a", 5, "k")).await["offset"], 1);
    let arrived = [client.pushed().await, client.pushed().await].map(|mut push| push["pub"]["data"].take());
    assert_eq!(arrived, [1, 3]);
}

#[tokio::test]
async fn what_skips_history_is_delivered_and_not_kept() {
    let platform = Platform::start().await;
    let mut client = platform.subscriber(platform.north, PersonId::generate(), "news:a").await;
    let skipped = json!({"channel":"news:a","data":"gone","skip_history":true});
    assert_eq!(platform.result(NORTH, "publish", skipped).await["offset"], 0);
    platform.result(NORTH, "publish", json!({"channel":"news:a","data":"kept"})).await;
    assert_eq!(client.pushed().await["pub"]["data"], "gone");
    assert_eq!(client.pushed().await["pub"]["data"], "kept");
    let history = platform.result(NORTH, "history", json!({"channel":"news:a","limit":-1})).await;
    assert_eq!(history["publications"].as_array().unwrap().len(), 1);
    assert_eq!(history["publications"][0]["data"], "kept");
}

#[tokio::test]
async fn a_delta_goes_to_those_who_asked_for_it() {
    let platform = Platform::start().await;
    let mut client = platform.connect(platform.north, PersonId::generate()).await;
    client.ask(json!({"subscribe":{"channel":"news:a","delta":"fossil"}})).await;
    let mut plain = platform.subscriber(platform.north, PersonId::generate(), "news:a").await;
    let text = "the same long text in each of them, ".repeat(10);
    for (number, delta) in [(1, false), (2, true), (3, false)] {
        let data = json!({"text":text,"number":number});
        platform.result(NORTH, "publish", json!({"channel":"news:a","data":data,"delta":delta})).await;
        let arrived = client.pushed().await;
        assert_eq!(arrived["pub"]["delta"] == true, delta, "{arrived}");
        assert_eq!(plain.pushed().await["pub"]["data"], data);
    }
}

#[tokio::test]
async fn a_broadcast_answers_for_each_channel() {
    let platform = Platform::start().await;
    let mut client = platform.subscriber(platform.north, PersonId::generate(), "news:b").await;
    client.ask(json!({"subscribe":{"channel":"plain:a"}})).await;
    let channels = ["news:a", "nothing:a", "news:b", "quiz:a", "plain:a", ""];
    let result = platform.result(NORTH, "broadcast", json!({"channels":channels,"data":7})).await;
    let responses = result["responses"].as_array().unwrap();
    let codes: Vec<_> = responses.iter().map(|response| response["error"]["code"].as_u64()).collect();
    assert_eq!(codes, [None, Some(102), None, Some(103), None, Some(107)]);
    assert_eq!(responses[2]["result"]["offset"], 1);
    assert_eq!(responses[4]["result"]["offset"], 0);
    let arrived = [client.pushed().await, client.pushed().await].map(|mut push| push["channel"].take());
    assert_eq!(arrived, ["news:b", "plain:a"]);
}

#[tokio::test]
async fn a_broadcast_takes_ten_thousand_channels() {
    let platform = Platform::start().await;
    let channels: Vec<_> = (0..10_000).map(|number| format!("plain:{number}")).collect();
    let mut client = platform.subscriber(platform.north, PersonId::generate(), "plain:9999").await;
    let result = platform.result(NORTH, "broadcast", json!({"channels":channels,"data":1})).await;
    assert_eq!(result["responses"].as_array().unwrap().len(), 10_000);
    assert_eq!(client.pushed().await["pub"]["data"], 1);
}
