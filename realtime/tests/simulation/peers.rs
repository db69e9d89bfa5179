//! The other nodes, seen from one. As over the real store: heartbeats every half second, whoever misses three is gone,
//! questions and answers go over the channels of the nodes, and the same question is never answered twice.

use super::{
    machine::Machine,
    store::{Brought, Channel, Message, Subscriber},
};
use async_trait::async_trait;
use bytes::Bytes;
use realtime::nodes::{Answer, AskError, ControlMessage, Load, NodeId, NodeInfo, Peers, TellError};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const BEAT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(1);
const ALIVE: Duration = Duration::from_millis(1_500);
const DOUBT: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(3);
/// After the first heartbeat all others have had the time to see the node.
const INTRODUCTION: Duration = Duration::from_secs(1);

type Outcome = Result<Bytes, AskError>;

pub struct SimulatedPeers {
    machine: Arc<Machine>,
    own: NodeId,
    view: watch::Sender<Arc<[NodeInfo]>>,
    roll: Mutex<Roll>,
    asked: AtomicU64,
    pending: Mutex<BTreeMap<u64, (String, oneshot::Sender<Outcome>)>>,
    /// Answers what is asked about rooms.
    door: Mutex<Option<Arc<dyn Answer>>>,
    draining: AtomicBool,
    joined: watch::Sender<bool>,
    returns: watch::Sender<u64>,
    hurry: Notify,
}

/// Who is there, decided as the real roll decides it.
#[derive(Default)]
struct Roll {
    known: BTreeMap<String, (NodeInfo, Option<Instant>)>,
    doubted: Option<Instant>,
    beaten: Option<Instant>,
}

impl Roll {
    fn take(&mut self, sent: Instant, brought: Brought) {
        let now = Instant::now();
        let before = self.beaten.replace(sent);
        let gap = brought.gap.map(|gap| before.map_or(gap, |before| gap.max(sent - before)));
        if !self.known.is_empty() && gap.is_none_or(|gap| gap >= DOUBT) {
            self.doubted = Some(now);
        }
        let in_doubt = self.doubted.is_some_and(|doubted| now - doubted < GRACE);
        let sightings = brought.sightings.into_iter().map(|(id, age, about)| (id, (age, about)));
        let mut seen: BTreeMap<_, _> = sightings.collect();
        self.known.retain(|id, (info, spared_until)| match seen.remove(id) {
            Some((_, None)) => false,
            Some((age, Some(about))) if age < ALIVE => {
                (*info, *spared_until) = (about, None);
                true
            }
            _ => match spared_until {
                Some(until) => now < *until,
                None => {
                    *spared_until = Some(now + GRACE);
                    in_doubt
                }
            },
        });
        for (id, (age, about)) in seen {
            if let Some(about) = about.filter(|_| age < ALIVE) {
                self.known.insert(id, (about, None));
            }
        }
    }
}

impl SimulatedPeers {
    pub fn new(machine: &Arc<Machine>) -> Arc<Self> {
        let own = NodeId::from(machine.name.as_str());
        let alone = info(&own, false);
        Arc::new(Self {
            machine: Arc::clone(machine),
            own,
            view: watch::Sender::new(Arc::from([alone])),
            roll: Mutex::default(),
            asked: AtomicU64::new(0),
            pending: Mutex::default(),
            door: Mutex::default(),
            draining: AtomicBool::new(false),
            joined: watch::Sender::new(false),
            returns: watch::Sender::new(0),
            hurry: Notify::new(),
        })
    }

    pub fn open_door(&self, door: Arc<dyn Answer>) {
        *self.door.lock().unwrap() = Some(door);
    }

    /// What answers holds the rooms, and they hold this.
    pub fn close_door(&self) {
        *self.door.lock().unwrap() = None;
    }

    fn info(&self) -> NodeInfo {
        info(&self.own, self.draining.load(Ordering::Relaxed))
    }

    async fn beat(&self) -> bool {
        let (sent, name, about) = (Instant::now(), self.own.to_string(), self.info());
        let brought = self
            .machine
            .world
            .call(&self.machine, "heartbeat", move |store| store.heartbeat(&name, Some(about)));
        let Ok(Ok(brought)) = timeout(PATIENCE, brought).await else { return false };
        let alive: Arc<[NodeInfo]> = {
            let mut roll = self.roll.lock().unwrap();
            roll.take(sent, brought);
            roll.known.values().map(|(info, _)| info.clone()).collect()
        };
        let changed = self.view.send_if_modified(|view| {
            let same = view.len() == alive.len()
                && view.iter().zip(alive.iter()).all(|(a, b)| a.id == b.id && a.draining == b.draining);
            *view = Arc::clone(&alive);
            !same
        });
        if changed {
            let names: Vec<_> = alive.iter().map(|node| node.id.as_str()).collect();
            self.machine.world.note(format_args!("{} sees {}", self.own, names.join(" ")));
            let gone = |(node, _): &(String, _)| !names.contains(&node.as_str());
            let gone =
                self.pending.lock().unwrap().extract_if(.., |_, asked| gone(asked)).collect::<Vec<_>>();
            for (_, (_, done)) in gone {
                done.send(Err(AskError::Gone)).ok();
            }
        }
        true
    }

    async fn send(&self, node: &str, message: Message) -> Result<usize, AskError> {
        let channel = Channel::Node(node.to_owned());
        let sent =
            self.machine.world.call(&self.machine, "send", move |store| store.send(&channel, &message));
        sent.await.map_err(|_| AskError::Unavailable)
    }

    async fn hear(self: Arc<Self>) {
        let (inbox, mut heard) = mpsc::unbounded_channel();
        let node = self.own.to_string();
        let subscriber = Subscriber { channel: Channel::Node(node.clone()), node, inbox };
        let subscribe = || {
            let subscriber = subscriber.clone();
            self.machine.world.call(&self.machine, "subscribe", |store| store.subscribe(subscriber))
        };
        while subscribe().await.is_err() {
            sleep(BEAT).await;
        }
        drop(subscriber);
        while let Some(message) = heard.recv().await {
            match message {
                Message::Question { from, id, body, deadline } => {
                    let peers = Arc::clone(&self);
                    self.machine.spawn(async move { peers.reply(from, id, body, deadline).await });
                }
                Message::Reply { from, id, body } => {
                    let asked = self.pending.lock().unwrap().remove(&id);
                    if let Some((node, done)) = asked {
                        assert_eq!(node, from, "who was asked answers");
                        done.send(body.ok_or(AskError::Unavailable)).ok();
                    }
                }
                Message::Publication(_) => {}
            }
        }
    }

    async fn reply(&self, from: String, id: u64, body: Bytes, deadline: Duration) {
        if let Ok(body) = timeout(deadline, self.answer(body)).await {
            let reply = Message::Reply { from: self.own.to_string(), id, body };
            // Whoever asked waits until its deadline.
            self.send(&from, reply).await.ok();
        }
    }

    async fn answer(&self, body: Bytes) -> Option<Bytes> {
        let door = self.door.lock().unwrap().clone();
        door?.answer(body).await
    }
}

fn info(id: &NodeId, draining: bool) -> NodeInfo {
    NodeInfo { id: id.clone(), started_at: 0, version: String::new(), draining, load: Load::default() }
}

#[async_trait]
impl Peers for SimulatedPeers {
    fn own_id(&self) -> &NodeId {
        &self.own
    }

    fn alive(&self) -> Arc<[NodeInfo]> {
        Arc::clone(&self.view.borrow())
    }

    fn changes(&self) -> watch::Receiver<Arc<[NodeInfo]>> {
        self.view.subscribe()
    }

    fn is_isolated(&self) -> bool {
        self.roll.lock().unwrap().beaten.is_none_or(|beaten| beaten.elapsed() >= ALIVE)
    }

    fn returns(&self) -> watch::Receiver<u64> {
        self.returns.subscribe()
    }

    async fn joined(&self) {
        self.joined.subscribe().wait_for(|joined| *joined).await.ok();
    }

    fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.hurry.notify_one();
    }

    async fn tell_all(&self, _: &ControlMessage) -> Result<(), TellError> {
        Ok(())
    }

    async fn ask(&self, node: &NodeId, _: &str, body: Bytes, deadline: Duration) -> Outcome {
        if *node == self.own {
            let answer = timeout(deadline, self.answer(body)).await;
            return answer.map_err(|_| AskError::Deadline)?.ok_or(AskError::Unavailable);
        }
        let id = self.asked.fetch_add(1, Ordering::Relaxed);
        let (done, outcome) = oneshot::channel();
        self.pending.lock().unwrap().insert(id, (node.to_string(), done));
        let exchange = async {
            if !self.is_alive(node.as_str()) {
                return Err(AskError::Gone);
            }
            if self.is_isolated() {
                return Err(AskError::Unavailable);
            }
            let question = Message::Question { from: self.own.to_string(), id, body, deadline };
            match self.send(node.as_str(), question).await? {
                0 => Err(AskError::Unavailable),
                _ => outcome.await.unwrap_or(Err(AskError::Unavailable)),
            }
        };
        let outcome = timeout(deadline, exchange).await.unwrap_or(Err(AskError::Deadline));
        self.pending.lock().unwrap().remove(&id);
        outcome
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        self.machine.spawn(Arc::clone(&self).hear());
        let mut tick = interval(BEAT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut first = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = tick.tick() => {}
                () = self.hurry.notified() => {}
            }
            if self.beat().await {
                let first = *first.get_or_insert_with(Instant::now);
                if first.elapsed() >= INTRODUCTION || self.alive().len() == 1 {
                    self.joined.send_replace(true);
                }
            }
        }
        let name = self.own.to_string();
        let goodbye =
            self.machine.world.call(&self.machine, "goodbye", move |store| store.heartbeat(&name, None));
        // Without it the others see after a while that the node is silent.
        timeout(PATIENCE, goodbye).await.ok();
    }
}
