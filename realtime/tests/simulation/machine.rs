//! The process of a node: it runs, is stopped and goes on, or dies.
//!
//! Every task of a node is polled through its machine. One that is stopped polls nothing while the clock goes on, as after
//! SIGSTOP: when it runs again, its timers have passed, its sockets are full, and it believes what it believed before. One
//! that dies drops its tasks where they stand, as after SIGKILL. What it has sent by then is on its way.

use super::world::{Witness, World};
use realtime::Clock;
use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use tokio::task::AbortHandle;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Power {
    Running,
    Stopped,
    Dead,
}

pub struct Machine {
    pub name: String,
    /// How far its wall clock is off.
    skew_ms: i64,
    pub world: Arc<World>,
    state: Mutex<State>,
}

struct State {
    power: Power,
    tasks: Vec<AbortHandle>,
    /// Tasks that would have gone on while the machine was stopped.
    waiting: Vec<Waker>,
}

impl Machine {
    pub fn new(world: &Arc<World>, name: String, skew_ms: i64) -> Arc<Self> {
        let state = State { power: Power::Running, tasks: Vec::new(), waiting: Vec::new() };
        Arc::new(Self { name, skew_ms, world: Arc::clone(world), state: Mutex::new(state) })
    }

    /// Starts a task of the node.
    pub fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let task =
            Powered { machine: Arc::clone(self), task: Box::pin(task), _witness: self.world.witness() };
        let mut state = self.state.lock().unwrap();
        if state.power != Power::Dead {
            state.tasks.retain(|task| !task.is_finished());
            state.tasks.push(tokio::spawn(task).abort_handle());
        }
    }

    pub fn is_dead(&self) -> bool {
        self.state.lock().unwrap().power == Power::Dead
    }

    /// False if it does not run.
    pub fn stop(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let running = state.power == Power::Running;
        if running {
            state.power = Power::Stopped;
        }
        running
    }

    pub fn go_on(&self) {
        let mut state = self.state.lock().unwrap();
        if state.power == Power::Stopped {
            state.power = Power::Running;
            // Whatever waits goes on in any order.
            let mut waiting = std::mem::take(&mut state.waiting);
            drop(state);
            self.world.shuffle(&mut waiting);
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    pub fn kill(&self) {
        let mut state = self.state.lock().unwrap();
        state.power = Power::Dead;
        state.waiting.clear();
        let tasks = std::mem::take(&mut state.tasks);
        drop(state);
        tasks.iter().for_each(AbortHandle::abort);
    }

    fn power(&self, waker: &Waker) -> Power {
        let mut state = self.state.lock().unwrap();
        if state.power == Power::Stopped && !state.waiting.iter().any(|waiting| waiting.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        state.power
    }
}

struct Powered {
    machine: Arc<Machine>,
    task: Pin<Box<dyn Future<Output = ()> + Send>>,
    _witness: Witness,
}

impl Future for Powered {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.machine.power(context.waker()) {
            Power::Running => self.task.as_mut().poll(context),
            Power::Stopped => Poll::Pending,
            Power::Dead => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The wall clock of the machine.
impl Clock for Machine {
    fn now_ms(&self) -> u64 {
        self.world.wall_ms(self.skew_ms)
    }
}
