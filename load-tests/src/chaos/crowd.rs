//! Many resuming clients on a runtime of their own, under one set of orders.

use super::client::{Account, Client, Mind, Orders, Surroundings, Who};
use crate::{interrupt, progress::Progress};
use anyhow::{Context as _, bail, ensure};
use rustix::process::nice;
use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    task::JoinHandle,
};

/// How far threads give way that stand for other machines: their whole share, nearly.
const HUMBLE: i32 = 19;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Clients of one kind.
pub(super) struct Crowd<M> {
    runtime: Arc<Runtime>,
    around: Arc<Surroundings>,
    orders: watch::Sender<Orders>,
    tasks: Vec<JoinHandle<Account<M>>>,
}

/// A runtime for crowds.
pub(super) fn runtime() -> anyhow::Result<Arc<Runtime>> {
    runtime_of(&mut Builder::new_multi_thread())
}

/// One whose threads give way to all others: for clients who stand for machines of their own.
pub(super) fn humble_runtime() -> anyhow::Result<Arc<Runtime>> {
    // Of a thread of its own on Linux. Whoever may not be that humble takes its share.
    runtime_of(Builder::new_multi_thread().on_thread_start(|| {
        let _kept = nice(HUMBLE);
    }))
}

fn runtime_of(builder: &mut Builder) -> anyhow::Result<Arc<Runtime>> {
    Ok(Arc::new(builder.worker_threads(2).enable_all().build().context("no runtime")?))
}

impl<M: Mind> Crowd<M> {
    pub(super) fn new(runtime: Arc<Runtime>, nodes: Vec<SocketAddr>) -> Self {
        let (orders, _) = watch::channel(Orders::default());
        Self { runtime, around: Surroundings::new(nodes), orders, tasks: Vec::new() }
    }

    /// Lets a client come.
    pub(super) fn add(&mut self, who: Who, mind: M) {
        let client = Client::new(who, mind, Arc::clone(&self.around), self.orders.subscribe());
        self.tasks.push(self.runtime.spawn(client.run()));
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Clients with all of their subscriptions.
    pub(super) fn whole(&self) -> usize {
        self.around.whole.load(Ordering::Relaxed)
    }

    /// Where clients go from now on.
    pub(super) fn set_nodes(&self, nodes: Vec<SocketAddr>) {
        *self.around.nodes.write().unwrap_or_else(PoisonError::into_inner) = nodes;
    }

    /// Fails once anything has happened that must not happen to a client.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        interrupt::check()?;
        match &*self.around.failed.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(why) => bail!("a client gave up: {why}"),
            None => Ok(()),
        }
    }

    /// Waits until all are whole, and gives the time that it took.
    pub(super) fn wait_until_whole(
        &self,
        patience: Duration,
        progress: &Progress,
    ) -> anyhow::Result<Duration> {
        let began = Instant::now();
        while self.whole() < self.len() {
            self.check()?;
            progress.say(&format!("{} of {} clients are there", self.whole(), self.len()));
            ensure!(
                began.elapsed() < patience,
                "only {} of {} clients are there after {patience:?}",
                self.whole(),
                self.len()
            );
            std::thread::sleep(PAUSE);
        }
        Ok(began.elapsed())
    }

    /// Lets all drop their sockets at once and come back by themselves.
    pub(super) fn cut(&self) {
        self.orders.send_modify(|orders| orders.cuts += 1);
    }

    /// How connections ended so far: the close code, 0 without one, and when.
    pub(super) fn closes(&self) -> Vec<(u16, Instant)> {
        self.around.closes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends all, and gives what is left of them, in the order in which they were added.
    pub(super) fn finish(self) -> anyhow::Result<Vec<Account<M>>> {
        self.check()?;
        self.orders.send_modify(|orders| orders.stop = true);
        let tasks = self.tasks;
        self.runtime.block_on(async {
            let mut accounts = Vec::with_capacity(tasks.len());
            for task in tasks {
                accounts.push(task.await.context("a client's task failed")?);
            }
            Ok(accounts)
        })
    }
}
