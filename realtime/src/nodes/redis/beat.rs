//! The heart: tells that this node is there, and takes in who else is.

use super::{
    Beats, RedisPeers, Stage,
    frame::{self, Kind},
    lock, milliseconds,
    roll::{ALIVE, Sighting},
};
use crate::{
    clock::monotonic_ms,
    nodes::{NodeId, NodeInfo, Peers as _},
};
use bytes::Bytes;
use persistence::redis::{Arg, RedisError, Script, Value};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

const BEAT: Duration = Duration::from_millis(500);
/// A heartbeat without an answer for so long is given up, and the next one sent: one that hangs must not hold back the
/// one that would get through.
const PATIENCE: Duration = Duration::from_secs(1);
/// Silence after which a node is struck off the registry.
const FORGET: Duration = Duration::from_secs(30);
/// Messages to all that one heartbeat brings; the next one follows at once when there are more.
const TOLD_AT_ONCE: usize = 256;
/// After the first heartbeat each other node has one of its own within this time, and so sees the new one.
const INTRODUCTION: Duration = Duration::from_secs(1);

static HEARTBEAT: Script = Script { name: "nodes_heartbeat", body: include_str!("heartbeat.lua") };

/// What a heartbeat brings.
struct Brought {
    /// Time since this node's heartbeat before; none when Redis does not know of one.
    gap: Option<Duration>,
    sightings: Vec<Sighting>,
    cursor: String,
    told: Vec<Bytes>,
    /// The time of Redis, milliseconds since the epoch.
    now_ms: u64,
}

impl RedisPeers {
    /// Beats until stopped, and then says goodbye.
    pub(super) async fn beat_until(&self, stop: &CancellationToken) {
        // Nobody shall see a node that does not hear yet what it is told.
        let mut stage = self.stage.subscribe();
        let hearing = async { stage.wait_for(|stage| *stage >= Stage::Hearing).await.is_ok() };
        if stop.run_until_cancelled(hearing).await.is_none() {
            return;
        }
        let mut tick = interval(BEAT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut introduced = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = tick.tick() => {}
                () = self.hurry.notified() => {}
            }
            if !self.beat().await {
                continue;
            }
            let first = *introduced.get_or_insert_with(Instant::now);
            let known = first.elapsed() >= INTRODUCTION || self.view.borrow().len() == 1;
            self.advance(if known { Stage::Joined } else { Stage::Beating });
        }
        self.leave().await;
    }

    pub(super) fn advance(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let further = *stage < to;
            *stage = to.max(*stage);
            further
        });
    }

    /// One heartbeat; false when it was not answered.
    async fn beat(&self) -> bool {
        let sent = monotonic_ms();
        let info = NodeInfo {
            id: self.own.clone(),
            started_at: self.started_at,
            version: self.version.clone(),
            draining: self.draining.load(Ordering::Relaxed),
            load: self.handler.load(),
        };
        // Numbers and texts always have a JSON form.
        let about = serde_json::to_vec(&info).unwrap_or_default();
        let answer = timeout(PATIENCE, self.exchange(about)).await;
        let failure = match answer {
            Ok(Ok(brought)) => {
                self.take(sent, brought);
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no answer in time".to_owned()),
        };
        let isolated = self.is_isolated();
        metrics::gauge!("schoolbell_nodes_isolated").set(if isolated { 1.0 } else { 0.0 });
        if let Some(error) = &failure
            && isolated
            && !std::mem::replace(&mut lock(&self.beats).complained, true)
        {
            tracing::warn!(error, "this node cannot tell the others that it is there");
        }
        failure.is_none()
    }

    async fn exchange(&self, about: Vec<u8>) -> Result<Brought, RedisError> {
        let cursor = lock(&self.beats).cursor.clone();
        let args = vec![
            Arg::from(self.own.as_str()),
            Arg::from(about),
            Arg::from(milliseconds(FORGET)),
            Arg::from(cursor),
            Arg::from(TOLD_AT_ONCE as u64),
        ];
        let keys = vec![self.places.registry.clone(), self.places.log.clone()];
        read(&self.redis.run(&HEARTBEAT, keys, args).await?)
    }

    fn take(&self, sent: u64, brought: Brought) {
        let Brought { gap, sightings, cursor, told, now_ms } = brought;
        self.clock.hear(now_ms, sent, monotonic_ms());
        // Zero stands for never.
        let before = self.beaten.swap(sent.max(1), Ordering::Relaxed);
        // Redis may have taken a heartbeat whose answer was lost: then the gap is greater here than there.
        let gap = gap.map(|gap| gap.max(Duration::from_millis(sent.saturating_sub(before))));
        let (alive, complained) = {
            let mut beats = lock(&self.beats);
            let Beats { roll, cursor: known, complained } = &mut *beats;
            roll.take(Instant::now(), gap, sightings);
            *known = cursor;
            (roll.alive(), std::mem::take(complained))
        };
        if complained {
            tracing::info!("this node is among the nodes again");
        }
        if before > 0 && gap.is_none_or(|gap| gap >= ALIVE) {
            self.returns.send_modify(|returns| *returns += 1);
        }
        self.show(&alive);
        if told.len() >= TOLD_AT_ONCE {
            self.hurry.notify_one();
        }
        for frame in told {
            let Some((head, body)) = frame::decode(&frame) else { continue };
            if head.kind == Kind::Control && head.from != self.own && self.obey(head.id, &body) {
                metrics::counter!("schoolbell_nodes_control_caught_up_total").increment(1);
                self.unheard.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Makes the living nodes known, and ends what was asked of those that left.
    fn show(&self, alive: &Arc<[NodeInfo]>) {
        let mut before = None;
        self.view.send_if_modified(|view| {
            let same = view.len() == alive.len()
                && view.iter().zip(alive.iter()).all(|(a, b)| a.id == b.id && a.draining == b.draining);
            before = (!same).then(|| Arc::clone(view));
            *view = Arc::clone(alive);
            !same
        });
        metrics::gauge!("schoolbell_nodes").set(alive.len() as f64);
        if let Some(before) = before {
            let ids = |nodes: &[NodeInfo]| -> BTreeSet<NodeId> {
                nodes.iter().map(|node| node.id.clone()).collect()
            };
            let (before, now) = (ids(&before), ids(alive));
            for node in now.difference(&before) {
                tracing::info!(%node, nodes = alive.len(), "a node has joined");
            }
            for node in before.difference(&now) {
                tracing::info!(%node, nodes = alive.len(), "a node has left or fallen silent");
            }
            self.pending.give_up_all_but(alive);
        }
    }

    async fn leave(&self) {
        // An entry that says nothing about its node says goodbye.
        match timeout(PATIENCE, self.exchange(Vec::new())).await {
            Ok(Ok(_)) => tracing::info!("this node has left the nodes"),
            Ok(Err(error)) => tracing::warn!(%error, "this node left without a goodbye"),
            Err(_) => tracing::warn!("this node left without a goodbye: no answer in time"),
        }
    }
}

fn read(reply: &Value) -> Result<Brought, RedisError> {
    let malformed = || RedisError::Script("a heartbeat's reply has another shape".to_owned());
    let [gap, nodes, cursor, told, now] = reply.list()? else { return Err(malformed()) };
    let mut sightings = Vec::new();
    for node in nodes.list()? {
        let [id, age, about] = node.list()? else { return Err(malformed()) };
        let (id, about) = (NodeId::from(id.text()?), about.bytes()?);
        let age = Duration::from_millis(u64::try_from(age.int()?).unwrap_or(0));
        let info = match serde_json::from_slice::<NodeInfo>(&about) {
            Ok(info) => Some(NodeInfo { id: id.clone(), ..info }),
            Err(_) if about.is_empty() => None,
            Err(error) => {
                tracing::warn!(node = %id, %error, "what a node tells about itself cannot be read");
                continue;
            }
        };
        sightings.push(Sighting { id, age, info });
    }
    let told = told.list()?.iter().map(Value::bytes).collect::<Result<_, _>>()?;
    let gap = u64::try_from(gap.int()?).ok().map(Duration::from_millis);
    let now_ms = u64::try_from(now.int()?).unwrap_or(0);
    Ok(Brought { gap, sightings, cursor: cursor.text()?.to_owned(), told, now_ms })
}
