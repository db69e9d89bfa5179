//! Subscribers that get publications as differences, and how they put them together again.

use super::*;
use crate::{config::DeltaType, delta::apply};
use proptest::prelude::*;

fn deltas() -> NamespaceOptions {
    NamespaceOptions {
        delta: DeltaType::Fossil,
        delta_publish: true,
        allow_tags_filter: true,
        force_join_leave: false,
        ..open()
    }
}

/// A client that puts together what it gets, as the SDKs do.
struct Follower {
    client: Client,
    request: Value,
    base: Vec<u8>,
    position: Value,
    seen: Vec<(u64, Value)>,
    deltas: usize,
}

impl Follower {
    async fn new(world: &World, request: Value) -> Self {
        let client = world.connected("ada@a").await;
        let position = json!({});
        let mut follower = Self { client, request, base: Vec::new(), position, seen: Vec::new(), deltas: 0 };
        follower.come(false).await;
        follower
    }

    fn has_deltas(&self) -> bool {
        self.request["delta"] == "fossil"
    }

    async fn come(&mut self, recover: bool) {
        let mut request = self.request.clone();
        request["recover"] = json!(recover);
        request["offset"] = json!(self.position["offset"].as_u64().unwrap_or(0));
        request["epoch"] = json!(self.position["epoch"].as_str().unwrap_or(""));
        let result = self.client.ask(json!({"id":2,"subscribe":request})).await["subscribe"].clone();
        assert_eq!(result["delta"].as_bool().unwrap_or(false), self.has_deltas());
        self.position = json!({"offset":result["offset"],"epoch":result["epoch"]});
        let missed = result["publications"].as_array().cloned().unwrap_or_default();
        assert!(missed.first().is_none_or(|first| first["delta"].is_null()), "the first is whole");
        for publication in missed {
            self.take(&publication);
        }
    }

    async fn leave(&mut self) {
        self.receive().await;
        self.client.ask(json!({"id":3,"unsubscribe":{"channel":self.request["channel"]}})).await;
    }

    async fn receive(&mut self) {
        for message in self.client.received().await {
            self.take(&message["push"]["pub"]);
        }
    }

    fn take(&mut self, publication: &Value) {
        let data = if self.has_deltas() {
            let text = publication["data"].as_str().unwrap().as_bytes();
            self.base = if publication["delta"] == true {
                self.deltas += 1;
                apply(&self.base, text).unwrap()
            } else {
                text.to_vec()
            };
            serde_json::from_slice(&self.base).unwrap()
        } else {
            assert!(publication["delta"].is_null());
            publication["data"].clone()
        };
        self.position["offset"] = publication["offset"].clone();
        self.seen.push((publication["offset"].as_u64().unwrap(), data));
    }
}

fn document(number: u64) -> Value {
    json!({"text": "The quick brown fox jumps over the lazy dog. ".repeat(4), "number": number})
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_gets_a_whole_publication_first_and_deltas_then() {
    let world = World::having("delta", deltas());
    let mut ada = Follower::new(&world, json!({"channel":"delta:a","delta":"fossil"})).await;
    let mut plain = Follower::new(&world, json!({"channel":"delta:a"})).await;
    for number in 1..=4 {
        world.publish(0, "delta:a", document(number)).await;
    }
    // Nothing is alike, so that a delta would be longer.
    world.publish(0, "delta:a", json!(5)).await;
    for follower in [&mut ada, &mut plain] {
        follower.receive().await;
    }
    assert_eq!((ada.seen.len(), ada.deltas), (5, 3));
    assert_eq!(ada.seen, plain.seen);
    ada.leave().await;
    for number in 6..=8 {
        world.publish(0, "delta:a", document(number)).await;
    }
    ada.come(true).await;
    assert_eq!(ada.deltas, 5, "of three that were missed");
    world.publish(0, "delta:a", document(9)).await;
    ada.receive().await;
    assert_eq!(ada.deltas, 6, "the last one that was recovered is the base");
    plain.receive().await;
    assert_eq!(ada.seen, plain.seen);
}

#[tokio::test(start_paused = true)]
async fn a_filtered_publication_is_no_base() {
    let world = World::having("delta", deltas());
    let request = json!({"channel":"delta:a","delta":"fossil","tf":{"key":"k","cmp":"nex"}});
    let mut ada = Follower::new(&world, request).await;
    world.publish(0, "delta:a", document(1)).await;
    world.publish_tagged("delta:a", document(2), &[("k", "v")]).await;
    world.publish(0, "delta:a", document(3)).await;
    world.publish(0, "delta:a", document(4)).await;
    ada.receive().await;
    assert_eq!(ada.seen, [(1, document(1)), (3, document(3)), (4, document(4))]);
    assert_eq!(ada.deltas, 1);
}

#[tokio::test(start_paused = true)]
async fn only_publications_that_are_meant_for_it_become_deltas() {
    let world = World::having("delta", NamespaceOptions { delta_publish: false, ..deltas() });
    let mut ada = Follower::new(&world, json!({"channel":"delta:a","delta":"fossil"})).await;
    let key = world.key(0, "delta:a");
    for (number, delta) in [(1, true), (2, true), (3, false), (4, true)] {
        let options = PublishOptions { delta, ..PublishOptions::default() };
        let draft = Draft::new(Payload::of(&document(number)));
        world.around.node.publish(&key, draft, options).await.unwrap();
    }
    ada.receive().await;
    assert_eq!((ada.seen.len(), ada.deltas), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn deltas_are_given_where_they_are_allowed_and_can_be_applied() {
    let world = World::having("delta", deltas());
    let mut ada = world.connected("ada@a").await;
    for (channel, delta, granted) in [
        ("delta:a", "fossil", json!(true)),
        ("delta:b", "xdelta", Value::Null),
        ("open:a", "fossil", Value::Null),
    ] {
        let reply = ada.ask(json!({"id":2,"subscribe":{"channel":channel,"delta":delta}})).await;
        assert_eq!(reply["subscribe"]["delta"], granted, "{channel} {delta}");
        ada.received().await;
    }
    let mut packed = world.client_over(Link::drained(Encoding::MsgPack));
    for request in [
        Request::Connect(protocol::command::ConnectRequest { token: "ada@a".into(), ..Default::default() }),
        Request::Subscribe(protocol::command::SubscribeRequest {
            channel: "delta:a".into(),
            delta: "fossil".into(),
            ..Default::default()
        }),
    ] {
        packed.session.command(Command { id: 1, request }).await.unwrap();
    }
    let special = packed.session.connection().subscription(&Channel::parse("delta:a").unwrap()).unwrap();
    assert!(special.terms.special.is_none(), "values have no text");
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_json_are_told_as_text() {
    let world = World::having("delta", deltas());
    let mut ada = Follower::new(&world, json!({"channel":"delta:a","delta":"fossil"})).await;
    for end in [1, 2] {
        let bytes = [vec![0xff; 300], vec![end]].concat();
        world.publish_draft(0, "delta:a", Draft::new(Payload::binary(bytes.into()))).await;
    }
    ada.receive().await;
    assert_eq!((ada.seen.len(), ada.deltas), (2, 1));
    assert_ne!(ada.seen[0].1, ada.seen[1].1);
    assert!(ada.seen.iter().all(|(_, data)| data.as_str().unwrap().starts_with("////")));
}

#[derive(Clone, Debug)]
enum Step {
    Publish { place: usize, word: String, tagged: bool, delta: bool },
    Leave,
    Come,
}

fn step() -> impl Strategy<Value = Step> {
    let publish = (0..24usize, "[a-zöß☃𝄞\"\\\\\n]{0,12}", any::<bool>(), any::<bool>());
    prop_oneof![
        6 => publish.prop_map(|(place, word, tagged, delta)| Step::Publish { place, word, tagged, delta }),
        1 => Just(Step::Leave),
        1 => Just(Step::Come),
    ]
}

/// Both clients come and go together; the words of a text change one by one.
async fn alike(steps: Vec<Step>, filtered: bool, all: bool, history_size: usize) -> usize {
    let world = World::having("delta", NamespaceOptions { delta_publish: all, history_size, ..deltas() });
    let mut request = json!({"channel":"delta:a"});
    if filtered {
        request["tf"] = json!({"key":"k","cmp":"ex"});
    }
    let mut plain = Follower::new(&world, request.clone()).await;
    request["delta"] = json!("fossil");
    let mut ada = Follower::new(&world, request).await;
    let mut words = vec!["schoolbell".to_owned(); 24];
    let (key, mut there) = (world.key(0, "delta:a"), true);
    for step in steps {
        match step {
            Step::Publish { place, word, tagged, delta } => {
                words[place] = word;
                let tags = tagged.then(|| ("k".to_owned(), "v".to_owned())).into_iter().collect();
                let draft = Draft { tags, ..Draft::new(Payload::of(&words)) };
                let options = PublishOptions { delta, ..PublishOptions::default() };
                world.around.node.publish(&key, draft, options).await.unwrap();
            }
            Step::Leave if there => {
                there = false;
                ada.leave().await;
                plain.leave().await;
            }
            Step::Come if !there => {
                there = true;
                ada.come(true).await;
                plain.come(true).await;
            }
            Step::Leave | Step::Come => {}
        }
    }
    ada.receive().await;
    plain.receive().await;
    assert_eq!(ada.seen, plain.seen);
    assert_eq!(ada.position, plain.position);
    ada.deltas
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_subscriber_with_deltas_sees_exactly_what_a_plain_one_sees(
        steps in proptest::collection::vec(step(), 1..40),
        filtered: bool,
        all: bool,
        history_size in 1..8usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(alike(steps, filtered, all, history_size));
    }
}

#[tokio::test(start_paused = true)]
async fn the_property_is_about_deltas() {
    let publish = |place| Step::Publish { place, word: format!("word {place}"), tagged: true, delta: true };
    let steps = (0..6).map(publish).chain([Step::Leave]).chain((6..10).map(publish)).chain([Step::Come]);
    assert_eq!(alike(steps.collect(), true, false, 8).await, 5 + 3);
}
