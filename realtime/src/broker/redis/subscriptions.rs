//! Which channels Redis sends to this node. One gate per partition: subscribing and unsubscribing pass one after the other,
//! so that the last one wins.

use super::{
    RedisBroker,
    followed::Followed,
    place::{self, Place},
    steps,
};
use crate::{broker::BrokerError, key::ChannelKey};
use persistence::redis::Partition;
use std::{collections::HashSet, sync::Arc};
use tokio::{sync::MutexGuard, time::Instant};

/// Channels that one command names.
const BATCH: usize = 500;
/// Channels that Redis could not be told to send no more of, per partition. Of others messages come and are dropped here.
const STRAYS: usize = 1024;

/// How a partition stands with Redis.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// The partition's probes come.
    probed: bool,
    /// Channels that are not followed any more, and still come.
    strays: HashSet<String>,
    /// When Redis failed last, and how.
    failed: Option<(Instant, BrokerError)>,
}

impl Gate {
    fn failed_since(&self, asked: Instant) -> Option<BrokerError> {
        self.failed.as_ref().filter(|(at, _)| *at >= asked).map(|(_, error)| error.clone())
    }
}

impl RedisBroker {
    /// Passes the partition's gate. Whoever waited while another found that Redis is away does not try it too: thousands
    /// would wait one after the other.
    async fn pass(&self, partition: Partition) -> Result<MutexGuard<'_, Gate>, BrokerError> {
        let asked = Instant::now();
        let gate = self.gates[usize::from(partition.0)].lock().await;
        match gate.failed_since(asked) {
            Some(error) => Err(error),
            None => Ok(gate),
        }
    }

    /// Follows a channel. Afterwards everything that is published is delivered, from the head that was read on.
    pub(super) async fn follow(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        let place = Place::of(&self.redis, key);
        let (partition, name) = (place.partition, place.channel(&self.redis));
        if self.table.get(partition, &name).is_some_and(|channel| channel.is_confirmed()) {
            return Ok(());
        }
        let mut gate = self.pass(partition).await?;
        // Entered first: what comes from now on is delivered.
        let channel = self.table.enter(&place, &name, key);
        if channel.is_confirmed() {
            return Ok(());
        }
        let mut names = vec![name];
        if !gate.probed {
            names.push(place::probe(&self.redis, partition));
        }
        let head = async {
            self.redis.subscribe(partition, names.clone()).await?;
            steps::head(&self.redis, &place).await
        };
        match head.await {
            Ok(head) => {
                if !gate.probed {
                    gate.probed = true;
                    self.pulse(partition).revive();
                }
                for name in &names {
                    gate.strays.remove(name);
                }
                self.table.confirm(&channel, head);
                Ok(())
            }
            Err(error) => {
                let error = BrokerError::from(error);
                gate.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Follows a channel no more, unless somebody has subscribed meanwhile.
    pub(super) async fn unfollow(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.let_go(key, false).await
    }

    /// Follows a channel no more; an `abandoned` one only if Redis has still not confirmed it.
    async fn let_go(&self, key: &ChannelKey, abandoned: bool) -> Result<(), BrokerError> {
        let place = Place::of(&self.redis, key);
        let (partition, name) = (place.partition, place.channel(&self.redis));
        let asked = Instant::now();
        let mut gate = self.gates[usize::from(partition.0)].lock().await;
        // Asked behind the gate only: whoever passed it before may have confirmed the channel.
        let channel = self.table.get(partition, &name);
        let goes = channel.is_some_and(|channel| !abandoned || !channel.is_confirmed());
        if !goes || self.sink.follows(key) {
            return Ok(());
        }
        self.table.remove(partition, &name);
        let mut names = vec![name];
        if !self.table.is_used(partition) && gate.probed {
            gate.probed = false;
            names.push(place::probe(&self.redis, partition));
        }
        // Before it is tried: whoever asks may be gone before the answer comes.
        let room = STRAYS.saturating_sub(gate.strays.len());
        gate.strays.extend(names.iter().take(room).cloned());
        if let Some(error) = gate.failed_since(asked) {
            return Err(error);
        }
        match self.redis.unsubscribe(partition, names.clone()).await {
            Ok(()) => {
                for name in &names {
                    gate.strays.remove(name);
                }
                Ok(())
            }
            Err(error) => {
                let error = BrokerError::from(error);
                gate.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Does what Redis did not take before.
    pub(super) async fn catch_up(&self, partition: Partition) {
        for channel in self.table.unconfirmed(partition) {
            let done = if self.sink.follows(&channel.key) {
                self.follow(&channel.key).await
            } else {
                self.let_go(&channel.key, true).await
            };
            if done.is_err() {
                return;
            }
        }
        let mut gate = self.gates[usize::from(partition.0)].lock().await;
        if gate.strays.is_empty() {
            return;
        }
        let strays = gate.strays.iter().cloned().collect();
        if self.redis.unsubscribe(partition, strays).await.is_ok() {
            gate.strays.clear();
        }
    }

    /// Follows no more what nobody here is subscribed to.
    pub(super) async fn tidy(&self, partition: Partition) {
        for channel in self.table.of(partition) {
            if !self.sink.follows(&channel.key) && self.unfollow(&channel.key).await.is_err() {
                return;
            }
        }
    }

    /// Subscribes anew to everything in a partition that sends nothing. True if Redis has confirmed.
    pub(super) async fn resubscribe(&self, partition: Partition) -> bool {
        let Ok(mut gate) = self.pass(partition).await else {
            return false;
        };
        let mut names = vec![place::probe(&self.redis, partition)];
        names.extend(self.table.of(partition).iter().map(|channel| channel.name.clone()));
        for batch in names.chunks(BATCH) {
            // The client may believe that it is subscribed, and where to. If Redis knows nothing of it, all the better.
            let _unknown = self.redis.unsubscribe(partition, batch.to_vec()).await;
            if let Err(error) = self.redis.subscribe(partition, batch.to_vec()).await {
                tracing::warn!(partition = partition.0, %error, "a silent partition cannot be subscribed to");
                gate.failed = Some((Instant::now(), error.into()));
                return false;
            }
        }
        gate.probed = true;
        gate.strays.remove(&names[0]);
        tracing::warn!(
            partition = partition.0,
            channels = names.len() - 1,
            "a silent partition was subscribed to anew"
        );
        metrics::counter!("schoolbell_broker_resubscriptions_total").increment(1);
        true
    }

    /// Subscribes anew to channels whose publications did not come although the partition is alive.
    pub(super) async fn subscribe_again(&self, partition: Partition, channels: &[Arc<Followed>]) {
        let Ok(_gate) = self.pass(partition).await else {
            return;
        };
        let still = |channel: &&Arc<Followed>| self.table.get(partition, &channel.name).is_some();
        let names: Vec<String> = channels.iter().filter(still).map(|channel| channel.name.clone()).collect();
        for batch in names.chunks(BATCH) {
            if let Err(error) = self.redis.subscribe(partition, batch.to_vec()).await {
                tracing::debug!(partition = partition.0, %error, "channels that are behind are tried again");
                return;
            }
        }
        metrics::counter!("schoolbell_broker_resubscriptions_total").increment(1);
    }
}
