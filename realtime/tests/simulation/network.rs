//! The network: every message takes its time, some arrive late, some never.
//!
//! A node has two connections to the store. Commands go there and answers come back in order; while a way is cut, what was
//! sent waits, and when it opens again arrives late or has gone down with its connection. What is published comes over the
//! other connection; while that is cut, it is lost.

use super::{
    machine::Machine,
    store::{Store, Subscriber},
    world::World,
};
use persistence::Unavailable;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, sleep_until, timeout},
};

/// For how long a command waits for its answer, as the client of the real store does.
const COMMAND_LIMIT: Duration = Duration::from_secs(2);

/// How long somebody waits for a step of a node, milliseconds.
pub const AMBUSH_MS: u64 = 2_000;

/// One direction of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Request,
    Answer,
    Message,
}

#[derive(Default)]
pub struct Network {
    ways: BTreeMap<(String, Way), State>,
    /// How many cuts lie between one node and another.
    between: BTreeMap<(String, String), u32>,
    /// How many have slowed the store down.
    pub slow: u32,
    /// How many have stopped the store: it answers nothing, and does what it is asked when it is back.
    pub hung: u32,
    /// How many have taken the store away: connections are refused.
    pub away: u32,
    /// How many lose answers, although the steps are done.
    pub forgetful: u32,
    /// Who waits for the store to take a step for a node.
    ambushes: BTreeMap<(String, &'static str), oneshot::Sender<()>>,
}

#[derive(Default)]
struct State {
    cuts: u32,
    /// When the last message arrives: no other overtakes it.
    last: Option<Instant>,
}

impl Network {
    pub fn cut(&mut self, node: &str, way: Way) {
        self.ways.entry((node.to_owned(), way)).or_default().cuts += 1;
    }

    pub fn mend(&mut self, node: &str, way: Way) {
        self.ways.entry((node.to_owned(), way)).or_default().cuts -= 1;
    }

    pub fn part(&mut self, from: &str, to: &str) {
        *self.between.entry((from.to_owned(), to.to_owned())).or_default() += 1;
    }

    pub fn join(&mut self, from: &str, to: &str) {
        *self.between.entry((from.to_owned(), to.to_owned())).or_default() -= 1;
    }

    pub fn are_parted(&self, from: &str, to: &str) -> bool {
        self.between.get(&(from.to_owned(), to.to_owned())).is_some_and(|cuts| *cuts > 0)
    }

    fn is_cut(&self, node: &str, way: Way) -> bool {
        let store = way == Way::Request && self.hung > 0;
        store || self.ways.get(&(node.to_owned(), way)).is_some_and(|state| state.cuts > 0)
    }

    fn arrival(&mut self, node: &str, way: Way, delay_ms: u64) -> Instant {
        let last = &mut self.ways.entry((node.to_owned(), way)).or_default().last;
        let arrival = Instant::now() + Duration::from_millis(delay_ms);
        *last.insert(last.map_or(arrival, |last| last.max(arrival)))
    }
}

impl World {
    fn delay_ms(&self) -> u64 {
        let slow = self.network().slow > 0;
        match self.draw(0..100) {
            _ if slow => self.draw(20..900),
            0..90 => self.draw(0..3),
            90..99 => self.draw(3..20),
            _ => self.draw(20..150),
        }
    }

    /// Waits until a message arrives. False if it never does.
    pub async fn travel(&self, node: &str, way: Way) -> bool {
        let mut was_cut = false;
        loop {
            let healed = self.healed.notified();
            if !self.network().is_cut(node, way) {
                break;
            }
            if way == Way::Message {
                return false;
            }
            was_cut = true;
            healed.await;
        }
        if was_cut && self.chance(50) {
            return false;
        }
        let delay_ms = self.delay_ms();
        let arrival = self.network().arrival(node, way, delay_ms);
        sleep_until(arrival).await;
        true
    }

    /// Waits until the store has taken a step for a node, which has not heard of it yet; not for ever.
    pub async fn ambush(&self, node: &str, step: Option<&'static str>) {
        if let Some(step) = step {
            let (taken, now) = oneshot::channel();
            self.network().ambushes.insert((node.to_owned(), step), taken);
            timeout(Duration::from_millis(AMBUSH_MS), now).await.ok();
        }
    }

    /// Has the store take a step for a node. The step is one: nothing comes between its parts.
    ///
    /// # Errors
    /// [`Unavailable`]: the step may have been taken, or be taken yet.
    pub async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        machine: &Arc<Machine>,
        what: &'static str,
        step: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (done, answer) = oneshot::channel();
        let (world, node) = (Arc::clone(self), machine.name.clone());
        // Not a task of the node: what was sent arrives though its sender dies.
        self.spawn(async move {
            if let Some(taken) = world.exchange(&node, what, step).await {
                // The node may have died, or waits no more.
                done.send(taken).ok();
            } else if world.chance(50) {
                // It is not told that the connection is gone.
                sleep(COMMAND_LIMIT).await;
            }
        });
        match timeout(COMMAND_LIMIT, answer).await {
            Ok(Ok(taken)) => Ok(taken),
            Ok(Err(_)) => Err(std::io::Error::other("the connection is gone").into()),
            Err(_) => Err(std::io::Error::other("no answer in time").into()),
        }
    }

    async fn exchange<T: Send + 'static>(
        self: &Arc<Self>,
        node: &str,
        what: &'static str,
        step: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Option<T> {
        if !self.travel(node, Way::Request).await || self.network().away > 0 {
            self.note(format_args!("{node} {what}: lost"));
            return None;
        }
        let (taken, published) = {
            let mut store = self.store();
            (step(&mut store), store.published())
        };
        self.note(format_args!("{node} {what}"));
        if let Some(ambush) = self.network().ambushes.remove(&(node.to_owned(), what)) {
            ambush.send(()).ok();
        }
        for (subscriber, message) in published {
            self.deliver(subscriber, message);
        }
        let forgetful = self.network().forgetful > 0;
        if (forgetful && self.chance(30)) || !self.travel(node, Way::Answer).await {
            self.note(format_args!("{node} {what}: done, and its answer is lost"));
            return None;
        }
        Some(taken)
    }

    fn deliver(self: &Arc<Self>, subscriber: Subscriber, message: super::store::Message) {
        if let Some(from) = message.sender()
            && self.network().are_parted(from, &subscriber.node)
        {
            return;
        }
        let world = Arc::clone(self);
        self.spawn(async move {
            if world.travel(&subscriber.node, Way::Message).await {
                // It may have died.
                subscriber.inbox.send(message).ok();
            }
        });
    }
}
