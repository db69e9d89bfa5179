//! The ears: subscribes, takes messages in, answers questions, and looks whether it still hears itself.

use super::{
    RedisPeers, Stage,
    frame::{self, Head, Kind},
    lock,
};
use crate::{
    clock::monotonic_ms,
    nodes::{AskError, MAX_BODY, NodeId},
};
use bytes::Bytes;
use persistence::redis::{Event, Events, RedisError};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Between looks at the own ears.
const LOOK: Duration = Duration::from_millis(500);
/// A channel on which not even the own voice is heard for so long is subscribed anew. Clients of Redis do not restore
/// every subscription after a failover.
const DEAF: Duration = Duration::from_secs(2);
/// Messages to all that only heartbeats brought, after which the channel of all is subscribed anew, too.
const UNHEARD: u32 = 3;
/// Questions of others that are worked on at once; more are refused.
const AT_WORK: usize = 1_024;
/// No work on a question goes on for longer, whatever time the asker gives.
const LONGEST: Duration = Duration::from_secs(60);
/// Time for the questions at work when the node leaves.
const FAREWELL: Duration = Duration::from_secs(2);

/// What another node wants to know.
struct Question {
    from: NodeId,
    id: Uuid,
    topic: String,
    deadline: Duration,
    body: Bytes,
}

impl RedisPeers {
    /// Takes in what is heard until stopped, then finishes what is at work.
    pub(super) async fn hear(self: Arc<Self>, mut events: Events, stop: &CancellationToken) {
        let mut at_work = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = at_work.join_next() => note(done),
                event = events.next() => match event {
                    None => break,
                    Some(Event::Message { channel, payload }) => {
                        if let Some(question) = self.receive(&channel, &payload) {
                            let busy = at_work.len() >= AT_WORK;
                            let peers = Arc::clone(&self);
                            // Refusals are bounded, too: whoever asks waits for each of them.
                            at_work.spawn(async move {
                                if busy { peers.refuse(&question).await } else { peers.reply(question).await }
                            });
                        }
                    }
                    // What was told to all meanwhile comes with the next heartbeat.
                    Some(Event::Missed(_) | Event::Reconnected) => self.hurry.notify_one(),
                },
            }
        }
        let finish = async {
            while let Some(done) = at_work.join_next().await {
                note(done);
            }
        };
        if timeout(FAREWELL, finish).await.is_err() {
            tracing::warn!("some questions of other nodes were left unanswered");
        }
    }

    fn receive(&self, channel: &str, payload: &Bytes) -> Option<Question> {
        if channel == self.places.own {
            self.heard.store(monotonic_ms().max(1), Ordering::Relaxed);
        } else if channel == self.places.everybody {
            self.unheard.store(0, Ordering::Relaxed);
        }
        let Some((head, body)) = frame::decode(payload) else {
            tracing::debug!(channel, "a message between nodes cannot be read here");
            return None;
        };
        let Head { from, id, kind } = head;
        if from == self.own {
            return None;
        }
        match kind {
            Kind::Control => {
                self.obey(id, &body);
            }
            Kind::Answer => self.pending.settle(id, &from, Ok(body)),
            Kind::Refusal => self.pending.settle(id, &from, Err(AskError::Unavailable)),
            Kind::Probe => {}
            Kind::Ask { topic, deadline_ms } => {
                let deadline = Duration::from_millis(deadline_ms).min(LONGEST);
                if lock(&self.asked).is_new(id) {
                    return Some(Question { from, id, topic, deadline, body });
                }
            }
        }
        None
    }

    async fn reply(&self, question: Question) {
        let Question { from, id, topic, deadline, body } = question;
        let answer = timeout(deadline, self.handler.answer(&topic, body)).await;
        let (kind, body) = match answer {
            Ok(Some(body)) if body.len() <= MAX_BODY => (Kind::Answer, body),
            Ok(Some(body)) => {
                tracing::warn!(
                    topic,
                    bytes = body.len(),
                    "an answer to another node is too large to be sent"
                );
                (Kind::Refusal, Bytes::new())
            }
            Ok(None) => (Kind::Refusal, Bytes::new()),
            // Nobody waits any more.
            Err(_) => return,
        };
        if let Err(error) = self.send(&from, &self.head(id, kind), &body).await {
            tracing::debug!(%error, node = %from, topic, "an answer to another node was not sent");
        }
    }

    async fn refuse(&self, question: &Question) {
        let refusal = self.head(question.id, Kind::Refusal);
        if let Err(error) = self.send(&question.from, &refusal, &[]).await {
            tracing::debug!(%error, node = %question.from, "a refusal to another node was not sent");
        }
    }

    /// Subscribes, and subscribes anew when it does not hear itself, until stopped.
    pub(super) async fn attend(&self, stop: &CancellationToken) {
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut subscribed = false;
        // When the first probe was sent that was not heard, monotonic milliseconds.
        let mut unheard_since: Option<u64> = None;
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            if !subscribed {
                subscribed = self.subscribe().await.inspect_err(complain).is_ok();
                if !subscribed {
                    continue;
                }
                self.advance(Stage::Hearing);
            }
            let sent = monotonic_ms();
            let heard = self.heard.load(Ordering::Relaxed);
            unheard_since = unheard_since.filter(|since| heard < *since);
            let deaf = unheard_since.is_some_and(|since| u128::from(sent - since) >= DEAF.as_millis());
            if deaf || self.unheard.load(Ordering::Relaxed) >= UNHEARD {
                tracing::warn!(deaf, "this node does not hear what nodes tell each other; subscribing anew");
                metrics::counter!("schoolbell_nodes_resubscriptions_total").increment(1);
                self.unheard.store(0, Ordering::Relaxed);
                unheard_since = None;
                self.unsubscribe().await.inspect_err(complain).ok();
                subscribed = self.subscribe().await.inspect_err(complain).is_ok();
                self.hurry.notify_one();
                continue;
            }
            // Only what Redis has taken can be missed: while it is away, this node is not deaf.
            let probe = self.head(Uuid::now_v7(), Kind::Probe);
            if self.send(&self.own, &probe, &[]).await.is_ok() {
                unheard_since = unheard_since.or(Some(sent));
            } else {
                unheard_since = None;
            }
        }
        self.unsubscribe().await.inspect_err(complain).ok();
    }

    async fn subscribe(&self) -> Result<(), RedisError> {
        self.redis.subscribe(self.places.own_partition, vec![self.places.own.clone()]).await?;
        self.redis.subscribe(self.places.partition, vec![self.places.everybody.clone()]).await
    }

    async fn unsubscribe(&self) -> Result<(), RedisError> {
        self.redis.unsubscribe(self.places.own_partition, vec![self.places.own.clone()]).await?;
        self.redis.unsubscribe(self.places.partition, vec![self.places.everybody.clone()]).await
    }
}

fn complain(error: &RedisError) {
    tracing::debug!(%error, "subscribing to what nodes tell each other failed");
}

fn note(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(%error, "the work on another node's question was not finished");
    }
}
