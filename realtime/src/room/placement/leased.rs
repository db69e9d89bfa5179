//! Places among many nodes: by rendezvous hashing over those that live, held by leases in the store of the log.

use super::{Claim, ForwardError, Place, Placement};
use crate::{
    nodes::{NodeId, NodeInfo, Peers, owner_of},
    room::RoomKey,
};
use async_trait::async_trait;
use bytes::Bytes;
use persistence::{
    Unavailable,
    room_log::{self, Fence, RoomLease},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long a room is its owner's without a sign of life. About as long as it takes the others to see that a node is dead.
pub const LEASE: Duration = Duration::from_secs(2);
/// Between two signs of life.
const RENEW: Duration = Duration::from_millis(400);
/// When places are looked at again after the nodes have changed: leases of the dead have run out by then.
const AFTERWARDS: [Duration; 3] =
    [Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(5)];
/// And when nothing has changed: rooms whose owner gave up find another.
const NOW_AND_THEN: Duration = Duration::from_secs(30);

/// Rooms of many nodes.
pub struct Leased {
    peers: Arc<dyn Peers>,
    leases: Arc<dyn RoomLease>,
    held: Mutex<BTreeMap<RoomKey, Held>>,
    changes: watch::Sender<u64>,
}

#[derive(Clone, Copy)]
struct Held {
    fence: Fence,
    /// When the renewal was sent that was last answered.
    since: Instant,
}

/// The topic under which the rooms of a kind answer other nodes.
#[must_use]
pub fn topic(kind: &str) -> String {
    format!("room.{kind}")
}

impl Leased {
    /// Rooms among `peers`. [`Self::run`] has to run: without renewal every room is lost within two seconds.
    #[must_use]
    pub fn new(peers: Arc<dyn Peers>, leases: Arc<dyn RoomLease>) -> Arc<Self> {
        Arc::new(Self { peers, leases, held: Mutex::default(), changes: watch::Sender::new(0) })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<RoomKey, Held>> {
        // Only whole inserts and removes happen under the lock, so a panic elsewhere does not spoil it.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self) -> &str {
        self.peers.own_id().as_str()
    }

    /// Renews leases, and says when places may have changed, until stopped.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let renewing = async {
            let mut ticks = interval(RENEW);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                self.renew().await;
            }
        };
        let both = async { tokio::join!(renewing, self.watch()) };
        stop.run_until_cancelled(both).await;
    }

    async fn renew(&self) {
        let rooms: Vec<_> = self.held().iter().map(|(room, held)| (room.clone(), held.fence)).collect();
        if rooms.is_empty() {
            return;
        }
        let since = Instant::now();
        let renewal = self.leases.renew(&rooms, self.own(), LEASE).await;
        let mut held = self.held();
        for (room, fence) in rooms {
            if renewal.lost.contains(&room) {
                held.remove(&room);
            } else if let Some(kept) = held.get_mut(&room).filter(|kept| kept.fence == fence)
                && !renewal.unanswered.contains(&room)
            {
                kept.since = since;
            }
        }
    }

    async fn watch(&self) {
        let mut nodes = self.peers.changes();
        let mut changed = Instant::now();
        let mut looks = 0;
        loop {
            let next = AFTERWARDS.get(looks).map_or(Instant::now() + NOW_AND_THEN, |after| changed + *after);
            tokio::select! {
                biased;
                seen = nodes.changed() => {
                    if seen.is_err() {
                        return;
                    }
                    (changed, looks) = (Instant::now(), 0);
                }
                () = sleep_until(next) => looks += 1,
            }
            self.changes.send_modify(|change| *change += 1);
        }
    }
}

fn place(room: &RoomKey, own: &str, nodes: &[NodeInfo]) -> Place {
    let name = format!("{}:{}:{}", room.kind, room.school, room.id);
    match owner_of(name.as_bytes(), nodes) {
        Some(node) if node.id.as_str() != own => Place::There(node.id.to_string()),
        _ => Place::Here,
    }
}

#[async_trait]
impl Placement for Leased {
    fn place(&self, room: &RoomKey) -> Place {
        place(room, self.own(), &self.peers.alive())
    }

    async fn claim(&self, room: &RoomKey) -> Result<Claim, Unavailable> {
        let since = Instant::now();
        Ok(match self.leases.claim(room, self.own(), LEASE).await? {
            room_log::Claim::Held { fence } => {
                self.held().insert(room.clone(), Held { fence, since });
                Claim::Held(Some(fence))
            }
            room_log::Claim::Other { node, .. } => Claim::Other(node),
        })
    }

    fn holds(&self, room: &RoomKey) -> bool {
        self.held().get(room).is_some_and(|held| held.since.elapsed() < LEASE / 2)
    }

    async fn release(&self, room: &RoomKey) {
        if self.held().remove(room).is_some()
            && let Err(error) = self.leases.release(room, self.own()).await
        {
            tracing::warn!(room = %room.id, %error, "a lease was not given back; it runs out");
        }
    }

    async fn forward(
        &self,
        node: &str,
        kind: &str,
        request: Vec<u8>,
        patience: Duration,
    ) -> Result<Vec<u8>, ForwardError> {
        let asked = self.peers.ask(&NodeId::from(node), &topic(kind), Bytes::from(request), patience).await;
        match asked {
            Ok(answer) => Ok(answer.into()),
            Err(crate::nodes::AskError::Deadline) => Err(ForwardError::Late),
            Err(crate::nodes::AskError::Gone | crate::nodes::AskError::Unavailable) => {
                Err(ForwardError::Gone)
            }
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
