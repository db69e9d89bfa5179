//! What no message shows: a partition that has fallen silent, a stream whose last publication was lost, a Redis that has
//! forgotten everything.
//!
//! Every partition in use is looked at about once a second by one script, which sends a probe through it, unless that of
//! another node has just come, and compares the heads of its streams with what is known.

use super::{RedisBroker, steps};
use crate::clock::monotonic_ms;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use persistence::redis::Partition;
use rand::Rng;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often it is asked what is due.
const TICK: Duration = Duration::from_millis(100);
/// Time between two looks at a partition: two of them, with their ticks, within the two seconds after which a loss has to be
/// known. Each node adds a little, so that they do not all come at once.
const PERIOD: Duration = Duration::from_millis(780);
const JITTER_MS: u64 = 100;
/// Time without a probe after which a partition is silent.
const SILENCE: Duration = Duration::from_secs(3);
/// Time between attempts to subscribe to a silent partition anew.
const RETRY: Duration = Duration::from_secs(1);
/// Longest time between two looks at a partition that has no streams, while the probes of other nodes come: at rest all
/// nodes together send about one probe a second through it.
const GLANCE: Duration = Duration::from_millis(900);
/// A probe that came so lately speaks for this node's own: less than the time between two looks, so that a node alone does
/// not leave out every second one.
const LATELY: Duration = Duration::from_millis(500);
/// Time without an answer after which Redis is away.
const ABSENCE: Duration = Duration::from_secs(3);
/// Streams that one script compares.
const BATCH: usize = 500;

/// Whether publications can reach this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Redis has answered within the last three seconds.
    pub answers: bool,
    /// Partitions with subscribers here from which nothing comes.
    pub silent: Vec<u16>,
    /// Channels with subscribers here that Redis has not confirmed yet.
    pub unconfirmed: usize,
}

impl Readiness {
    /// Whether new clients may be sent here. A single channel that waits for its confirmation is no reason against it.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.answers && self.silent.is_empty()
    }
}

/// How a partition was found last.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<Beat>);

#[derive(Debug)]
struct Beat {
    /// When the last probe came.
    heard: Instant,
    looked: Instant,
    /// When Redis last answered a look.
    answered: Option<Instant>,
    /// When it was last subscribed to anew.
    retried: Instant,
    /// It is being looked at.
    busy: bool,
    /// What is behind is to be brought at once.
    urgent: bool,
    /// Channels without subscribers are to be looked for.
    untidy: bool,
    life: Option<String>,
}

impl Pulse {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let beat = Beat {
            heard: now,
            looked: now,
            answered: None,
            retried: now,
            busy: false,
            urgent: false,
            untidy: false,
            life: None,
        };
        Self(Mutex::new(beat))
    }

    fn lock(&self) -> MutexGuard<'_, Beat> {
        // Plain values: a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its probes come from now on.
    pub(super) fn revive(&self) {
        self.lock().heard = Instant::now();
    }

    pub(super) fn mark_untidy(&self) {
        self.lock().untidy = true;
    }
}

impl RedisBroker {
    pub(super) fn pulse(&self, partition: Partition) -> &Pulse {
        &self.pulses[usize::from(partition.0)]
    }

    fn is_silent(&self, partition: Partition) -> bool {
        self.table.is_used(partition) && self.pulse(partition).lock().heard.elapsed() > SILENCE
    }

    /// Whether publications can reach this node now.
    #[must_use]
    pub fn ready(&self) -> Readiness {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let partitions = || self.table.all_partitions();
        Readiness {
            answers: answered.is_some_and(|at| at.elapsed() < ABSENCE),
            silent: partitions()
                .filter(|partition| self.is_silent(*partition))
                .map(|partition| partition.0)
                .collect(),
            unconfirmed: partitions().map(|partition| self.table.unconfirmed(partition).len()).sum(),
        }
    }

    /// A probe of some node has come.
    pub(super) fn hear(&self, partition: Partition, payload: &[u8]) {
        self.pulse(partition).revive();
        let text = std::str::from_utf8(payload).unwrap_or_default();
        let sent = text.strip_prefix('?').and_then(|text| text.split_once(' '));
        if let Some((node, sent)) = sent
            && node == self.node
            && let Ok(sent) = sent.parse()
        {
            let lag = Duration::from_millis(monotonic_ms().saturating_sub(sent));
            metrics::histogram!("schoolbell_broker_probe_lag_seconds").record(lag.as_secs_f64());
        }
    }

    /// Has all heads compared at once.
    pub(super) fn compare_all(&self) {
        for pulse in &self.pulses {
            pulse.lock().urgent = true;
        }
        self.alarm.notify_one();
    }

    /// Looks at every partition in use about once a second, for ever.
    pub(super) async fn watch(self: &Arc<Self>) {
        let period = PERIOD + Duration::from_millis(rand::rng().random_range(0..JITTER_MS));
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = FuturesUnordered::new();
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = self.alarm.notified() => {}
                Some(partition) = looks.next() => {
                    self.pulse(partition).lock().busy = false;
                    continue;
                }
            }
            looks.extend(self.due(period).into_iter().map(|partition| {
                let broker = Arc::clone(self);
                async move {
                    broker.attend(partition).await;
                    partition
                }
                .boxed()
            }));
        }
    }

    /// The partitions that are to be looked at now.
    fn due(&self, period: Duration) -> Vec<Partition> {
        let mut used: Vec<Partition> =
            self.table.all_partitions().filter(|partition| self.table.is_used(*partition)).collect();
        let silent = used.iter().filter(|partition| self.is_silent(**partition)).count();
        metrics::gauge!("schoolbell_broker_silent_partitions").set(silent as f64);
        metrics::gauge!("schoolbell_broker_followed_channels").set(self.table.len() as f64);
        if used.is_empty() {
            // Whether Redis answers is of interest before the first subscriber comes.
            used.push(Partition(0));
        }
        used.retain(|partition| {
            let mut beat = self.pulse(*partition).lock();
            let due = !beat.busy && (beat.urgent || beat.looked.elapsed() >= period);
            if due {
                beat.busy = true;
                beat.looked = Instant::now();
            }
            due
        });
        used
    }

    async fn attend(self: &Arc<Self>, partition: Partition) {
        let (mut urgent, untidy, retry) = {
            let mut beat = self.pulse(partition).lock();
            let taken = (beat.urgent, beat.untidy, beat.retried.elapsed() >= RETRY);
            (beat.urgent, beat.untidy) = (false, false);
            taken
        };
        if untidy {
            self.tidy(partition).await;
        }
        self.catch_up(partition).await;
        if retry && self.is_silent(partition) {
            let confirmed = self.resubscribe(partition).await;
            let mut beat = self.pulse(partition).lock();
            beat.retried = Instant::now();
            if confirmed {
                beat.heard = Instant::now();
                urgent = true;
            }
        }
        if !self.look(partition, urgent).await && urgent {
            self.pulse(partition).lock().urgent = true;
        }
    }

    /// False if Redis did not answer.
    async fn look(&self, partition: Partition, urgent: bool) -> bool {
        let (heard, answered) = {
            let beat = self.pulse(partition).lock();
            (beat.heard.elapsed() < LATELY, beat.answered.is_some_and(|at| at.elapsed() < GLANCE))
        };
        // A personal channel for each connection, all without a head, would be most of the work.
        let channels = self.table.kept(partition);
        if heard && answered && channels.is_empty() && !urgent {
            return true;
        }
        let mut probe = (!heard).then(|| format!("?{} {}", self.node, monotonic_ms()).into_bytes());
        let (mut rest, mut behind) = (&channels[..], Vec::new());
        // Once at least, for the probe and the partition's life.
        loop {
            let (batch, others) = rest.split_at(rest.len().min(BATCH));
            let known = batch.iter().map(|channel| (channel.place.position(&self.redis), channel.known()));
            let found = match steps::watch(&self.redis, partition, probe.take(), known).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::debug!(partition = partition.0, %error, "a look at redis failed");
                    return false;
                }
            };
            *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            self.pulse(partition).lock().answered = Some(Instant::now());
            self.compare_life(partition, &found.life);
            for (place, head) in found.heads {
                let Some(channel) = batch.get(place) else { continue };
                let known = channel.known().epoch;
                // What was forgotten does not come over any subscription.
                let not_heard = known.is_empty() || known == head.epoch;
                if channel.look(head, urgent) {
                    self.request_repair(partition, Arc::clone(channel));
                    if not_heard && !urgent {
                        behind.push(Arc::clone(channel));
                    }
                }
            }
            if others.is_empty() {
                break;
            }
            rest = others;
        }
        if !behind.is_empty() {
            self.subscribe_again(partition, &behind).await;
        }
        true
    }

    fn compare_life(&self, partition: Partition, life: &str) {
        let before = self.pulse(partition).lock().life.replace(life.to_owned());
        if before.is_some_and(|before| before != life) {
            tracing::warn!(partition = partition.0, "redis has forgotten what it held");
            self.resets.send_modify(|resets| *resets += 1);
        }
    }
}
