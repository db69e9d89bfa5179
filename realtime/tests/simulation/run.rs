//! One run: nodes start, rooms are opened, people use them while things go wrong, and in the end all is compared.

use super::{
    cluster::{Cluster, PLACES},
    faults::{self, Defect},
    history::{RECOVERY, Tally},
    ledger::{Ask, BROKEN},
    people,
    world::World,
};
use persistence::room_log::RoomKey;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// When one room is left alone, milliseconds.
const ALONE_FROM: u64 = 9_000;

/// What came of a run.
pub struct Ran {
    pub hash: u64,
    /// What happened, in words, if they were wanted.
    pub trace: Vec<String>,
    /// What is not as it must be.
    pub complaints: Vec<String>,
    pub tally: Tally,
}

/// Runs a seed. The same seed gives the same run.
pub fn run(seed: u64, defect: Option<Defect>, in_words: bool) -> Ran {
    BROKEN.set(defect);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::new(seed, defect, in_words);
        let mut complaints = live(&world).await;
        if world.has_panicked() {
            complaints.push("something panicked".to_owned());
        }
        let (hash, trace) = world.trace();
        let tally = world.history().tally(&world);
        Ran { hash, trace, complaints, tally }
    })
}

async fn live(world: &Arc<World>) -> Vec<String> {
    if world.chance(20) {
        world.store().history_size = usize::try_from(world.draw(1..10)).unwrap();
    }
    let cluster = Cluster::start(world);
    sleep(Duration::from_secs(2)).await;
    let mut rooms = Vec::new();
    for _ in 0..world.draw(2..5) {
        rooms.extend(people::open(&cluster).await);
    }
    let rooms: Arc<[RoomKey]> = rooms.into();
    let watchers = rooms.len() * usize::try_from(world.draw(1..3)).unwrap();
    world.history().watched.resize_with(watchers, Vec::new);
    for watcher in 0..watchers {
        let room = rooms[watcher % rooms.len()].clone();
        world.spawn(people::watch(Arc::clone(&cluster), watcher, room));
    }
    let quiet_from = faults::plan(&cluster);
    let over = quiet_from + RECOVERY + 2_000;
    for _ in 0..world.draw(2..5) {
        world.spawn(use_rooms(Arc::clone(&cluster), Arc::clone(&rooms), over));
    }
    if world.chance(50) {
        let (cluster, key, at) = (Arc::clone(&cluster), rooms[0].clone(), world.draw(5_000..over - 1_000));
        world.spawn(async move {
            sleep(Duration::from_millis(at)).await;
            people::command(&cluster, 0, &key, Ask::Finish { op: u64::MAX }).await;
        });
    }
    sleep(Duration::from_millis(over + 4_000 - world.now())).await;
    let reads = (0..rooms.len() * PLACES).map(|read| {
        let (cluster, room) = (&cluster, read % rooms.len());
        let key = &rooms[room];
        async move { people::command(cluster, room, key, Ask::Read).await }
    });
    futures_util::future::join_all(reads).await;
    let ended = world.now();
    let complaints = world.history().check(world, &rooms, ended);
    cluster.all().iter().for_each(|node| node.kill());
    complaints
}

/// Asks rooms one thing after the other.
async fn use_rooms(cluster: Arc<Cluster>, rooms: Arc<[RoomKey]>, over: u64) {
    let world = &cluster.world;
    while world.now() < over {
        let room = usize::try_from(world.draw(0..rooms.len() as u64)).unwrap();
        let op = world.draw(0..u64::MAX);
        let ask = match world.draw(0..100) {
            // The last room is left alone after a while: only its timers keep it going.
            _ if room == rooms.len() - 1 && world.now() > ALONE_FROM => None,
            0..60 => Some(Ask::Add { op, number: world.draw(1..10) }),
            60..75 if world.now() + 13_000 < over => Some(Ask::Alarm { op, after: world.draw(100..15_000) }),
            _ => Some(Ask::Read),
        };
        if let Some(ask) = ask {
            people::command(&cluster, room, &rooms[room], ask).await;
        }
        sleep(Duration::from_millis(world.draw(20..500))).await;
    }
}
