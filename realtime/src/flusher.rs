//! Who writes what was queued behind a burst: a few tasks for all connections, instead of one wake-up for each.

use crate::connection::Connection;
use std::{
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
    thread::available_parallelism,
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Connections whose outbox waits for somebody to write it.
///
/// [`crate::outbox::Sent::Flush`] is said once per flush, and not while the wire takes nothing. So a connection is in here
/// once for each of its flushes since the round began: the first, and one more for each that came from elsewhere, which are
/// pings and sockets that take something again. A round lasts for `delay` and ends with an empty list. That bounds this
/// by the number of connections and the few that were flushed meanwhile; flushing twice costs a lock.
#[derive(Debug)]
pub struct Flusher {
    lanes: Vec<Lane>,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: Mutex<Vec<Arc<Connection>>>,
    ready: Notify,
}

impl Default for Flusher {
    /// One lane for each core: a burst to ten thousand connections should not wait for one of them.
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self { lanes: (0..cores).map(|_| Lane::default()).collect() }
    }
}

impl Flusher {
    /// Takes connections whose outbox said that it needs a flush.
    pub fn add(&self, connections: Vec<Arc<Connection>>) {
        if connections.is_empty() {
            return;
        }
        let share = connections.len().div_ceil(self.lanes.len());
        let mut connections = connections.into_iter().peekable();
        for lane in &self.lanes {
            if connections.peek().is_none() {
                break;
            }
            let mut waiting = lane.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend(connections.by_ref().take(share));
            drop(waiting);
            lane.ready.notify_one();
        }
    }

    /// Writes until stopped. What comes within `delay` is joined.
    pub async fn run(self: Arc<Self>, delay: Duration, stop: CancellationToken) {
        // A task for each lane: lanes of one task would not run beside each other.
        let mut lanes = JoinSet::new();
        for lane in 0..self.lanes.len() {
            let (flusher, stop) = (Arc::clone(&self), stop.clone());
            lanes.spawn(async move { stop.run_until_cancelled(flusher.lanes[lane].run(delay)).await });
        }
        lanes.join_all().await;
    }
}

impl Lane {
    async fn run(&self, delay: Duration) {
        loop {
            self.ready.notified().await;
            if delay.is_zero() {
                // Those who are about to queue the next messages of the burst come first.
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(delay).await;
            }
            let connections =
                std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            for connection in connections {
                connection.outbox.flush();
            }
        }
    }
}
