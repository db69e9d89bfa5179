//! A node: the real rooms and the real placement over a simulated store, simulated peers and a machine that may fail.

use super::{
    connection::Connection,
    faults::Defect,
    ledger::{Ask, Ledger, Reply, Told},
    machine::Machine,
    peers::SimulatedPeers,
    store::Store,
    world::World,
};
use async_trait::async_trait;
use persistence::{
    Unavailable,
    room_log::{RoomKey, RoomLease, RoomLog},
};
use realtime::{
    Clock,
    nodes::Peers,
    room::{
        Place, Placement, Rooms, Start, Surroundings,
        placement::{Claim, ForwardError, Leased},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long a lease lasts; an owner relies on the first half of it.
const LEASE: Duration = Duration::from_secs(2);
/// Time that a node gives its rooms to go elsewhere before it goes down.
const HAND_OVER: Duration = Duration::from_secs(5);

pub struct Node {
    pub machine: Arc<Machine>,
    pub rooms: Arc<Rooms<Ledger>>,
    peers: Arc<SimulatedPeers>,
    stop: CancellationToken,
    /// Stops the peers, which a node needs to the end.
    leave: CancellationToken,
    serving: watch::Sender<bool>,
}

impl Node {
    pub fn start(world: &Arc<World>, name: String, skew_ms: i64) -> Arc<Self> {
        world.note(format_args!("{name} starts, its clock off by {skew_ms} ms"));
        let machine = Machine::new(world, name, skew_ms);
        let connection = Arc::new(Connection(Arc::clone(&machine)));
        let peers = SimulatedPeers::new(&machine);
        let leases: Arc<dyn RoomLease> = Arc::<Connection>::clone(&connection);
        let leased = Leased::new(Arc::<SimulatedPeers>::clone(&peers), leases);
        let placement: Arc<dyn Placement> = match world.defect {
            Some(defect @ (Defect::AlwaysHolds | Defect::ReleasesAtOnce)) => {
                Arc::new(Broken { leased: Arc::clone(&leased), connection: Arc::clone(&connection), defect })
            }
            _ => Arc::<Leased>::clone(&leased),
        };
        let (stop, leave) = (CancellationToken::new(), CancellationToken::new());
        let log: Arc<dyn RoomLog> = connection;
        let clock: Arc<dyn Clock> = Arc::<Machine>::clone(&machine);
        let outside = Arc::new(Outside(Arc::clone(&machine)));
        let start: Start = Box::new({
            let machine = Arc::clone(&machine);
            move |owner| machine.spawn(owner)
        });
        let rooms = Rooms::started(log, clock, outside, placement, start, stop.clone());
        peers.open_door(rooms.errands());
        machine.spawn(Arc::<SimulatedPeers>::clone(&peers).run(leave.clone()));
        machine.spawn(leased.run(leave.clone()));
        machine.spawn(Arc::clone(&rooms).keep_places());
        let serving = watch::Sender::new(false);
        let node = Arc::new(Self { machine, rooms, peers, stop, leave, serving });
        node.machine.spawn({
            let node = Arc::clone(&node);
            async move {
                node.peers.joined().await;
                node.serving.send_replace(true);
            }
        });
        node
    }

    /// Whether people are sent to it.
    pub fn is_serving(&self) -> bool {
        *self.serving.borrow() && !self.machine.is_dead()
    }

    /// Asks a room as somebody does who is connected to this node. None when the node went away before the answer came.
    pub async fn ask(&self, room: &RoomKey, ask: Ask) -> Option<Result<Reply, realtime::room::RoomError>> {
        let (done, answer) = oneshot::channel();
        let (rooms, room) = (Arc::clone(&self.rooms), room.clone());
        self.machine.spawn(async move {
            // Whoever asked may have gone.
            done.send(rooms.ask(room, ask).await).ok();
        });
        answer.await.ok()
    }

    pub fn kill(&self) {
        self.machine.kill();
        self.peers.close_door();
    }

    /// Goes down in order: no new people, rooms handed over, then a goodbye.
    pub async fn drain(self: Arc<Self>) {
        self.serving.send_replace(false);
        self.peers.begin_drain();
        let (ended, end) = oneshot::channel::<()>();
        let node = Arc::clone(&self);
        self.machine.spawn(async move {
            let handed_over = async {
                while node.rooms.owned() > 0 {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            timeout(HAND_OVER, handed_over).await.ok();
            node.stop.cancel();
            timeout(HAND_OVER, node.rooms.stopped()).await.ok();
            node.leave.cancel();
            sleep(Duration::from_secs(1)).await;
            drop(ended);
        });
        // Also when it dies on the way.
        end.await.ok();
        self.kill();
    }
}

/// Where what a room tells goes. What follows from an entry is offered to the store until that has it.
struct Outside(Arc<Machine>);

impl Outside {
    async fn publish(&self, room: &RoomKey, told: Told, once: Option<String>) -> Result<(), Unavailable> {
        let (room, sent) = (room.clone(), Instant::now());
        let publish = move |store: &mut Store| {
            // No key and no fence stops a count that was on its way for longer than its sender's lease was good for. The real
            // store would show it, until the next one comes; here it would hide what owners do wrong.
            if once.is_some() || sent.elapsed() < LEASE / 2 {
                store.publish(&room, told, once);
            }
        };
        self.0.world.call(&self.0, "publish", publish).await
    }
}

#[async_trait]
impl Surroundings<Ledger> for Outside {
    async fn carry_out(&self, room: &RoomKey, seq: Option<u64>, effects: Vec<Told>) -> bool {
        let until = Instant::now() + Duration::from_secs(3);
        for (index, told) in effects.into_iter().enumerate() {
            let (key, once) = (room.clone(), seq.map(|seq| format!("{}:{seq}:{index}", room.id)));
            // What is told now and then is not told again: the next is newer.
            let give_up = once.is_none() || self.0.world.defect == Some(Defect::GivesUpPublishing);
            while self.publish(&key, told, once.clone()).await.is_err() && !give_up {
                if Instant::now() >= until {
                    return false;
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
        true
    }

    async fn keep(&self, room: &RoomKey, outcome: &u64) -> Result<(), String> {
        let (room, outcome) = (room.clone(), *outcome);
        let kept = self.0.world.call(&self.0, "keep", move |store| {
            store.outcomes.entry(room).or_default().push(outcome);
        });
        kept.await.map_err(|error| error.to_string())
    }

    async fn recall(&self, _: &RoomKey) -> Vec<Ask> {
        vec![Ask::Read]
    }
}

/// A placement that is wrong in one way.
struct Broken {
    leased: Arc<Leased>,
    connection: Arc<Connection>,
    defect: Defect,
}

#[async_trait]
impl Placement for Broken {
    fn place(&self, room: &RoomKey) -> Place {
        self.leased.place(room)
    }

    async fn claim(&self, room: &RoomKey) -> Result<Claim, Unavailable> {
        let claim = self.leased.claim(room).await?;
        if self.defect == Defect::ReleasesAtOnce {
            self.connection.release(room, self.connection.name()).await?;
        }
        Ok(claim)
    }

    fn holds(&self, room: &RoomKey) -> bool {
        self.defect == Defect::AlwaysHolds || self.leased.holds(room)
    }

    async fn release(&self, room: &RoomKey) {
        self.leased.release(room).await;
    }

    async fn forward(
        &self,
        node: &str,
        kind: &str,
        request: Vec<u8>,
        patience: Duration,
    ) -> Result<Vec<u8>, ForwardError> {
        self.leased.forward(node, kind, request, patience).await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.leased.changes()
    }
}
