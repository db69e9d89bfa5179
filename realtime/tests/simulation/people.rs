//! Who uses the nodes: some command rooms, some watch them.

use super::{
    cluster::Cluster,
    history::{Op, Seen},
    ledger::{Ask, Entry, Ledger},
    node::Node,
    store::{Channel, Message, Page, Publication, Subscriber},
};
use persistence::room_log::RoomKey;
use protocol::ids::SchoolId;
use realtime::room::{Room as _, RoomError};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use uuid::Uuid;

/// How long somebody waits for an answer before they ask again.
const PATIENCE: Duration = Duration::from_secs(6);
/// How often they ask before they give up.
const TRIES: u32 = 12;
/// Without a sign of life for so long, whoever watches connects anew.
const SILENCE: Duration = Duration::from_secs(4);
const LOOK: Duration = Duration::from_secs(1);

/// Opens a room where it belongs. None if that failed.
pub async fn open(cluster: &Cluster) -> Option<RoomKey> {
    let world = &cluster.world;
    let node = cluster.any_serving()?;
    let draw = || {
        let id = || Uuid::from_u64_pair(world.draw(0..u64::MAX), world.draw(0..u64::MAX));
        RoomKey { school: SchoolId(id()), kind: Ledger::KIND.to_owned(), id: id() }
    };
    let room = std::iter::repeat_with(draw).find(|room| node.rooms.belongs_here(room))?;
    let opened = node.rooms.open(room.clone(), Entry::Opened).await;
    world.note(format_args!("{} opens {}: {opened:?}", node.machine.name, room.id));
    opened.ok().map(|()| room)
}

/// Asks one thing, of one node after the other, until it is answered.
pub async fn command(cluster: &Cluster, room: usize, key: &RoomKey, ask: Ask) {
    let world = &cluster.world;
    let op = world.history().ops.len();
    world.history().ops.push(Op { room, ask, invoked: world.now(), tries: 0, done: None });
    while world.history().ops[op].tries < TRIES {
        let Some(node) = cluster.any_serving() else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        world.history().ops[op].tries += 1;
        let answer = timeout(PATIENCE, node.ask(key, ask)).await.ok().flatten();
        world.note(format_args!("{ask:?} of {room} at {}: {answer:?}", node.machine.name));
        match answer {
            Some(Ok(reply)) => {
                world.history().ops[op].done = Some((world.now(), reply));
                return;
            }
            Some(Err(RoomError::NotFound)) => {
                world.history().complain(format!("{} does not find room {room}", node.machine.name));
                return;
            }
            Some(Err(_)) | None => sleep(Duration::from_millis(world.draw(20..300))).await,
        }
    }
}

/// Watches a room for ever, from one node after the other.
pub async fn watch(cluster: Arc<Cluster>, watcher: usize, key: RoomKey) {
    let world = Arc::clone(&cluster.world);
    let mut since = 0;
    loop {
        let Some(node) = cluster.any_serving() else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (out, mut coming) = mpsc::unbounded_channel();
        node.machine.spawn(serve(Arc::clone(&node), key.clone(), since, out));
        while let Ok(Some(seen)) = timeout(SILENCE, coming.recv()).await {
            match seen {
                Some(Seen::Publication(Publication { offset, .. })) if offset > 0 => since = offset,
                _ => {}
            }
            if let Some(seen) = seen {
                world.history().watched[watcher].push((world.now(), seen));
            }
        }
        drop(coming);
        world.note(format_args!("watcher {watcher} leaves {} at {since}", node.machine.name));
        sleep(Duration::from_millis(world.draw(20..400))).await;
    }
}

/// One watcher on its node: what is behind its position, then what comes. A gap is closed from the stream's history, and
/// the stream's head is looked at each second. None is a sign of life.
async fn serve(node: Arc<Node>, room: RoomKey, since: u64, out: mpsc::UnboundedSender<Option<Seen>>) {
    let (world, machine) = (&node.machine.world, &node.machine);
    let (inbox, mut heard) = mpsc::unbounded_channel();
    let subscriber = Subscriber { node: machine.name.clone(), channel: Channel::Room(room.clone()), inbox };
    let subscribe =
        |subscriber: Subscriber| world.call(machine, "subscribe", move |store| store.subscribe(subscriber));
    while subscribe(subscriber.clone()).await.is_err() {
        sleep(LOOK).await;
    }
    drop(subscriber);
    let mut known = since;
    let catch_up = async |known: &mut u64| {
        let (after, room) = (*known, room.clone());
        if let Ok(page) = world.call(machine, "history", move |store| store.history(&room, after)).await {
            bring(page, known, &out);
        }
    };
    catch_up(&mut known).await;
    let mut tick = interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut began = Instant::now();
    while !out.is_closed() {
        tokio::select! {
            biased;
            message = heard.recv() => match message {
                Some(Message::Publication(publication)) if publication.offset == 0 => {
                    out.send(Some(Seen::Publication(publication))).ok();
                }
                Some(Message::Publication(publication)) if publication.offset == known + 1 => {
                    known += 1;
                    out.send(Some(Seen::Publication(publication))).ok();
                }
                Some(Message::Publication(publication)) if publication.offset > known => {
                    catch_up(&mut known).await;
                }
                Some(_) => {}
                None => return,
            },
            _ = tick.tick() => {
                // It was stopped for so long that the store has hung up, or dropped what did not fit.
                if began.elapsed() > 2 * LOOK {
                    while heard.try_recv().is_ok() {}
                }
                began = Instant::now();
                out.send(None).ok();
                catch_up(&mut known).await;
            }
        }
    }
}

fn bring(page: Page, known: &mut u64, out: &mpsc::UnboundedSender<Option<Seen>>) {
    let oldest = page.publications.first().map_or(page.top + 1, |oldest| oldest.offset);
    if oldest > *known + 1 {
        out.send(Some(Seen::Lost)).ok();
    }
    for publication in page.publications {
        *known = publication.offset;
        out.send(Some(Seen::Publication(publication))).ok();
    }
}
