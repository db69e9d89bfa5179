//! From Redis to the sink: every publication once and in order, gaps closed from history.
//!
//! A channel belongs to a lane, which is a task, so that channels do not wait for each other's subscribers. What cannot be
//! done at once (a gap has to be closed, the channel's subscribers have to be waited for) is a piece of work besides; what
//! comes for the channel meanwhile waits in its line, and the lane goes on with others.

use super::{
    RedisBroker,
    followed::{Followed, Task, Verdict},
    place::PROBE,
    steps,
    wire::{self, Arrival, Message},
};
use crate::broker::{BrokerError, Delivery, HistoryQuery};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use persistence::redis::{Event, Events, Partition};
use protocol::{Publication, command::StreamPosition};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Messages that wait for a lane. While it is full nothing is read from Redis; what the client drops then is told as missed,
/// and brought by a look at all heads.
const JOBS: usize = 1024;
/// Channels that a lane works on besides. While there are as many, the lane takes nothing new.
const WORKS: usize = 64;
/// Publications that are brought at once.
const PAGE: usize = 256;
/// Attempts to close a gap while Redis does not answer, and the time between them.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// Something to do in a channel of a lane.
pub(super) struct Job {
    pub(super) channel: Arc<Followed>,
    pub(super) task: Task,
    pub(super) bytes: usize,
}

/// The two ends of each lane: one per core, up to eight. More would only wait for Redis together.
pub(super) fn lanes() -> (Vec<mpsc::Sender<Job>>, Vec<mpsc::Receiver<Job>>) {
    let count = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    (0..count).map(|_| mpsc::channel(JOBS)).unzip()
}

/// What became of an attempt to bring what is missing.
enum Brought {
    All,
    /// The stream begins anew or has dropped something; this is its top.
    Broken(StreamPosition),
}

impl RedisBroker {
    /// Hands what comes from Redis to the lanes, until the client is closed.
    pub(super) async fn listen(&self, events: &mut Events) {
        while let Some(event) = events.next().await {
            match event {
                Event::Message { channel, payload } => {
                    let Some((partition, rest)) = self.table.partition_of(&channel) else { continue };
                    if rest == PROBE {
                        self.hear(partition, &payload);
                    } else if let Some(channel) = self.table.get(partition, &channel) {
                        self.receive(partition, channel, &payload).await;
                    }
                }
                Event::Missed(count) => {
                    tracing::warn!(count, "messages from redis were dropped here; all channels are compared");
                    self.compare_all();
                }
                Event::Reconnected => {
                    tracing::warn!("subscriptions were made anew; all channels are compared");
                    self.compare_all();
                }
            }
        }
        tracing::info!("redis is closed; nothing is delivered any more");
    }

    async fn receive(&self, partition: Partition, channel: Arc<Followed>, payload: &Bytes) {
        let Ok(message) = wire::read(payload) else {
            tracing::error!(channel = %channel.key.channel, "a message from another node cannot be read");
            return;
        };
        let job = Job { channel, task: Task::Deliver(message), bytes: payload.len() };
        // Fails only when the lanes have ended, and the broker with them.
        let _ended = self.lane(partition).send(job).await;
    }

    fn lane(&self, partition: Partition) -> &mpsc::Sender<Job> {
        &self.lanes[usize::from(partition.0) % self.lanes.len()]
    }

    /// Has what is missing in a channel brought. Not now if the lane is full: the next look comes soon.
    pub(super) fn request_repair(&self, partition: Partition, channel: Arc<Followed>) {
        let _full = self.lane(partition).try_send(Job { channel, task: Task::Repair, bytes: 0 });
    }

    /// Works off a lane, until it is dropped.
    pub(super) async fn serve(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
        let mut works = FuturesUnordered::new();
        loop {
            tokio::select! {
                job = jobs.recv(), if works.len() < WORKS => {
                    let Some(job) = job else { return };
                    works.extend(self.take(job));
                }
                Some(()) = works.next() => {}
            }
        }
    }

    /// Does a job at once if it can be; else gives the work that it takes.
    fn take(self: &Arc<Self>, job: Job) -> Option<BoxFuture<'static, ()>> {
        let Job { channel, task, bytes } = job;
        let task = channel.queue(task, bytes)?;
        let task = self.do_at_once(&channel, task)?;
        channel.begin();
        let broker = Arc::clone(self);
        let work = async move {
            let mut next = Some(task);
            while let Some(task) = next {
                broker.perform(&channel, task).await;
                next = channel.next();
            }
        };
        Some(work.boxed())
    }

    /// Gives the task back if it has to wait.
    fn do_at_once(&self, channel: &Followed, task: Task) -> Option<Task> {
        let Task::Deliver(message) = task else {
            return Some(task);
        };
        if self.sink.admit(&channel.key).now_or_never().is_none() {
            return Some(Task::Deliver(message));
        }
        self.deliver(channel, message).map(Task::Deliver)
    }

    /// Gives the message back if there is a gap before it.
    fn deliver(&self, channel: &Followed, message: Message) -> Option<Message> {
        let mut arrival = match message {
            Message::Join(info) => {
                self.sink.join(&channel.key, info);
                return None;
            }
            Message::Leave(info) => {
                self.sink.leave(&channel.key, info);
                return None;
            }
            Message::Publication(arrival) => arrival,
        };
        match channel.judge(&arrival.position) {
            Verdict::Old => return None,
            Verdict::Gap => return Some(Message::Publication(arrival)),
            Verdict::Next => {}
            Verdict::Anew => arrival.publication.epoch = Some(arrival.position.epoch),
        }
        self.sink.publication(&channel.key, arrival.publication, arrival.delivery);
        None
    }

    async fn perform(&self, channel: &Followed, task: Task) {
        match task {
            Task::Repair => self.repair(channel).await,
            Task::Deliver(message) => {
                self.sink.admit(&channel.key).await;
                if let Some(Message::Publication(arrival)) = self.deliver(channel, message) {
                    self.close_gap(channel, arrival).await;
                }
            }
        }
    }

    /// Brings what is missing before a publication, and delivers it.
    async fn close_gap(&self, channel: &Followed, arrival: Box<Arrival>) {
        let position = &arrival.position;
        let mut attempt = 1;
        let brought = loop {
            match self.bring(channel, Some(position)).await {
                Err(error) if attempt == ATTEMPTS => break Err(error),
                Err(_) => tokio::time::sleep(PAUSE).await,
                brought => break brought,
            }
            attempt += 1;
        };
        self.sink.admit(&channel.key).await;
        let before = StreamPosition { offset: position.offset - 1, epoch: position.epoch.clone() };
        let left = match brought {
            Ok(Brought::All) => self.deliver(channel, Message::Publication(arrival)),
            Ok(Brought::Broken(_)) | Err(_) => Some(Message::Publication(arrival)),
        };
        if let Some(publication) = left {
            // Its offset shows the gap to every subscription that has a position.
            metrics::counter!("schoolbell_broker_continuity_lost_total").increment(1);
            channel.set_known(before);
            self.deliver(channel, publication);
        }
    }

    /// Brings what is missing up to the stream's top, or tells that it cannot be.
    async fn repair(&self, channel: &Followed) {
        match self.bring(channel, None).await {
            Ok(Brought::All) => {}
            Ok(Brought::Broken(top)) => {
                tracing::warn!(channel = %channel.key.channel, "continuity is lost; subscribers are told");
                metrics::counter!("schoolbell_broker_continuity_lost_total").increment(1);
                channel.set_known(top);
                self.sink.admit(&channel.key).await;
                self.sink.lost(&channel.key);
            }
            Err(error) => tracing::debug!(%error, "a channel is not repaired yet"),
        }
    }

    /// Delivers from history what is missing before a publication, or up to the stream's top.
    async fn bring(
        &self,
        channel: &Followed,
        before: Option<&StreamPosition>,
    ) -> Result<Brought, BrokerError> {
        loop {
            let mut known = channel.known();
            if before.is_some_and(|before| known.offset + 1 >= before.offset) {
                return Ok(Brought::All);
            }
            let query = HistoryQuery { limit: PAGE, since: Some(known.offset), reverse: false };
            let page = steps::history(&self.redis, &channel.place, &query).await?;
            if known.epoch.is_empty() {
                known.epoch.clone_from(&page.top.epoch);
                channel.set_known(known.clone());
            }
            if page.top == known {
                return Ok(Brought::All);
            }
            let follows = page.publications.first().is_some_and(|first| first.offset == known.offset + 1);
            let foreign = before.is_some_and(|before| before.epoch != known.epoch);
            if page.top.epoch != known.epoch || !follows || foreign {
                return Ok(Brought::Broken(page.top));
            }
            for publication in page.publications {
                if before.is_some_and(|before| publication.offset >= before.offset) {
                    return Ok(Brought::All);
                }
                self.deliver_kept(channel, publication, &page.top.epoch).await;
            }
        }
    }

    async fn deliver_kept(&self, channel: &Followed, publication: Publication, epoch: &str) {
        self.sink.admit(&channel.key).await;
        channel.set_known(StreamPosition { offset: publication.offset, epoch: epoch.to_owned() });
        metrics::counter!("schoolbell_broker_repaired_publications_total").increment(1);
        self.sink.publication(&channel.key, publication, Delivery::default());
    }
}
