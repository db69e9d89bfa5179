//! Rooms over several nodes, in a world of one process: leases in a map, nodes that die or fall silent at a word.

use super::*;
use crate::room::placement::{Claim, ForwardError};
use std::collections::{HashMap, HashSet};
use tokio::sync::watch;

#[derive(Default)]
struct World {
    nodes: Mutex<HashMap<String, Arc<Rooms<Sum>>>>,
    /// Where every room belongs, for those who do not see it otherwise.
    home: Mutex<String>,
    seen: Mutex<HashMap<String, String>>,
    leases: Mutex<HashMap<RoomKey, String>>,
    /// Nodes that cannot renew their leases.
    cut_off: Mutex<HashSet<String>>,
    changes: watch::Sender<u64>,
    forwarded: AtomicU64,
}

impl World {
    fn settle(&self, home: &str) {
        *self.home.lock().unwrap() = home.to_owned();
        self.changes.send_modify(|change| *change += 1);
    }

    /// The others take a node for dead. It goes on, and does not know.
    fn lose(&self, node: &str) {
        self.nodes.lock().unwrap().remove(node);
        self.cut_off.lock().unwrap().insert(node.to_owned());
    }

    /// It is back, and believes what it believed.
    fn find(&self, node: &str, rooms: &Arc<Rooms<Sum>>) {
        self.nodes.lock().unwrap().insert(node.to_owned(), Arc::clone(rooms));
        self.cut_off.lock().unwrap().remove(node);
    }

    fn is_alive(&self, node: &str) -> bool {
        self.nodes.lock().unwrap().contains_key(node)
    }
}

struct Seat {
    world: Arc<World>,
    name: String,
}

#[async_trait::async_trait]
impl Placement for Seat {
    fn place(&self, _: &RoomKey) -> Place {
        let seen = self.world.seen.lock().unwrap().get(&self.name).cloned();
        let home = seen.unwrap_or_else(|| self.world.home.lock().unwrap().clone());
        if home == self.name { Place::Here } else { Place::There(home) }
    }
    async fn claim(&self, room: &RoomKey) -> Result<Claim, persistence::Unavailable> {
        let mut leases = self.world.leases.lock().unwrap();
        Ok(match leases.get(room) {
            Some(holder) if *holder != self.name && self.world.is_alive(holder) => {
                Claim::Other(holder.clone())
            }
            _ => {
                leases.insert(room.clone(), self.name.clone());
                Claim::Held(None)
            }
        })
    }
    fn holds(&self, room: &RoomKey) -> bool {
        let held = self.world.leases.lock().unwrap().get(room) == Some(&self.name);
        held && !self.world.cut_off.lock().unwrap().contains(&self.name)
    }
    async fn release(&self, room: &RoomKey) {
        let mut leases = self.world.leases.lock().unwrap();
        if leases.get(room) == Some(&self.name) {
            leases.remove(room);
        }
    }
    async fn forward(
        &self,
        node: &str,
        kind: &str,
        errand: Vec<u8>,
        _: Duration,
    ) -> Result<Vec<u8>, ForwardError> {
        assert_eq!(kind, Sum::KIND);
        self.world.forwarded.fetch_add(1, Ordering::SeqCst);
        let rooms = self.world.nodes.lock().unwrap().get(node).cloned().ok_or(ForwardError::Gone)?;
        rooms.answer(&errand).await.ok_or(ForwardError::Late)
    }
    fn changes(&self) -> watch::Receiver<u64> {
        self.world.changes.subscribe()
    }
}

/// Nodes over one log.
fn nodes<const N: usize>(bench: &Bench, names: [&str; N]) -> (Arc<World>, [Arc<Rooms<Sum>>; N]) {
    let world = Arc::new(World::default());
    let nodes = names.map(|name| {
        let log: Arc<dyn RoomLog> = Arc::<FlakyLog>::clone(&bench.log);
        let outside: Arc<dyn Surroundings<Sum>> = Arc::<Outside>::clone(&bench.outside);
        let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(&bench.clock);
        let seat = Arc::new(Seat { world: Arc::clone(&world), name: name.to_owned() });
        let rooms = Rooms::placed(log, clock, outside, seat, CancellationToken::new());
        world.nodes.lock().unwrap().insert(name.to_owned(), Arc::clone(&rooms));
        tokio::spawn(Arc::clone(&rooms).keep_places());
        rooms
    });
    world.settle(names[0]);
    (world, nodes)
}

fn effect_numbers(bench: &Bench) -> Vec<u64> {
    bench.outside.effects.lock().unwrap().iter().filter_map(|(seq, _)| *seq).collect()
}

#[tokio::test(start_paused = true)]
async fn a_command_reaches_the_owner_wherever_it_is() {
    let bench = Bench::new();
    let (world, [one, other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    assert_eq!(other.ask(bench.key.clone(), Ask::Add(7)).await, Ok((2, 7)));
    // A node that sees the nodes differently finds by the lease who has the room.
    world.seen.lock().unwrap().insert("other".to_owned(), "other".to_owned());
    assert_eq!(other.ask(bench.key.clone(), Ask::Add(1)).await, Ok((3, 8)));
    assert_eq!((one.owned(), other.owned()), (1, 0));
    let unknown = RoomKey { id: Uuid::now_v7(), ..bench.key.clone() };
    assert_eq!(other.ask(unknown, Ask::Total).await, Err(RoomError::NotFound));
}

#[tokio::test(start_paused = true)]
async fn a_room_outlives_its_node_and_the_former_owner_tells_nobody_anything() {
    let bench = Bench::new();
    let (world, [one, other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    one.ask(bench.key.clone(), Ask::Add(7)).await.unwrap();
    one.ask(bench.key.clone(), Ask::Alarm(5_000)).await.unwrap();
    assert_eq!(effect_numbers(&bench), [2, 3]);
    world.lose("one");
    world.settle("other");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(other.owned(), 1, "nobody had to ask");
    assert_eq!(effect_numbers(&bench), [2, 3, 2, 3], "what may not have been told is told again");
    // The former owner is asked by somebody who is still connected to it.
    assert_eq!(one.ask(bench.key.clone(), Ask::Total).await, Ok((3, 7)));
    assert_eq!(one.owned(), 0, "the other one has answered");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(other.ask(bench.key.clone(), Ask::Total).await.unwrap().1, 107);
    let rang = serde_json::to_vec(&Entry::Rang).unwrap();
    let entries = bench.log.entries(&bench.key, 0, 100).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.body == rang).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_owner_decided_last_is_told_however_long_ago_that_was() {
    let bench = Bench::new();
    let (world, [one, _other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        one.ask(bench.key.clone(), Ask::Add(1)).await.unwrap();
    }
    // The store was away for a while, and nobody could take over.
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.lose("one");
    world.settle("other");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(effect_numbers(&bench), [2, 3, 4, 4], "and what came before it is out for sure");
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_may_have_lost_its_room_tells_no_count() {
    let bench = Bench::new();
    let (world, [one, _other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    one.ask(bench.key.clone(), Ask::Count).await.unwrap();
    one.ask(bench.key.clone(), Ask::Add(1)).await.unwrap();
    // It is stopped while the log answers: others may have told newer counts when it goes on.
    let lost = Arc::clone(&world);
    *bench.log.meanwhile.lock().unwrap() = Some(Box::new(move || lost.lose("one")));
    one.ask(bench.key.clone(), Ask::Add(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(*bench.outside.effects.lock().unwrap(), [(Some(2), 1), (None, 1), (Some(3), 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_room_that_comes_back_to_an_owner_that_did_not_know_keeps_its_time() {
    let bench = Bench::new();
    let (world, [one, other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    one.ask(bench.key.clone(), Ask::Alarm(5_000)).await.unwrap();
    world.seen.lock().unwrap().insert("one".to_owned(), "one".to_owned());
    world.lose("one");
    world.settle("other");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((one.owned(), other.owned()), (1, 1));
    world.find("one", &one);
    world.settle("one");
    // Nobody asks. The former owner is woken, and finds that it is none.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let rang = serde_json::to_vec(&Entry::Rang).unwrap();
    let entries = bench.log.entries(&bench.key, 0, 100).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.body == rang).count(), 1);
    assert_eq!((one.owned(), other.owned()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_handed_over_loses_and_doubles_nothing() {
    let bench = Bench::new();
    let (world, [one, other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    let asking = (0..300_u64).map(|number| {
        let rooms = Arc::clone(if number % 2 == 0 { &one } else { &other });
        let key = bench.key.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(number)).await;
            rooms.ask(key, Ask::Add(1)).await
        }
    });
    let moving = async {
        for home in ["other", "one", "other"] {
            tokio::time::sleep(Duration::from_millis(70)).await;
            world.settle(home);
        }
    };
    let (replies, ()) = tokio::join!(futures_util::future::join_all(asking), moving);
    assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    assert_eq!(other.ask(bench.key.clone(), Ask::Total).await, Ok((301, 300)));
    assert_eq!((one.owned(), other.owned()), (0, 1));
    let mut told = effect_numbers(&bench);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, (2..=301).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_answers_no_more_is_waited_for_and_not_for_ever() {
    let bench = Bench::new();
    let (world, [one, other]) = nodes(&bench, ["one", "other"]);
    one.open(bench.key.clone(), Entry::Opened).await.unwrap();
    world.lose("one");
    let began = tokio::time::Instant::now();
    let asked = tokio::spawn({
        let (other, key) = (Arc::clone(&other), bench.key.clone());
        async move { other.ask(key, Ask::Add(1)).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.settle("other");
    assert_eq!(asked.await.unwrap(), Ok((2, 1)), "found with its next owner");
    world.lose("other");
    let nobody = nodes(&bench, ["third"]);
    nobody.0.settle("other");
    let began = began.max(tokio::time::Instant::now());
    assert_eq!(nobody.1[0].ask(bench.key.clone(), Ask::Total).await, Err(RoomError::Unavailable));
    assert!(began.elapsed() < Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn nodes_that_take_each_other_for_the_owner_are_not_asked_in_circles_without_a_pause() {
    let bench = Bench::new();
    let (world, [one, _other]) = nodes(&bench, ["one", "other"]);
    for (node, seen) in [("one", "other"), ("other", "one")] {
        world.seen.lock().unwrap().insert(node.to_owned(), seen.to_owned());
    }
    // Without a pause this clock would stand still, and the test with it.
    assert_eq!(one.ask(bench.key.clone(), Ask::Total).await, Err(RoomError::Unavailable));
    assert!((2..400).contains(&world.forwarded.load(Ordering::SeqCst)));
}
