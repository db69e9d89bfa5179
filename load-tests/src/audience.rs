//! Subscribers: how they are let in, and what they receive. Every delivery is counted, and its number checked.

mod members;

use crate::{
    dialect::{Dialect, Position},
    fleet::{Fleet, Opening},
    latency::Latency,
    peer::Running,
    progress::Progress,
    seating::Seating,
};
use anyhow::{Context as _, bail, ensure};
use members::{Members, Stage};
use serde::{Deserialize, Serialize};
use std::{
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

/// Connections that are being let in at once: no more than a listen backlog holds.
pub const AT_ONCE: usize = 64;
/// Time without any progress after which letting in is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What went wrong for subscribers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Messages that were jumped over or never came.
    pub lost: u64,
    /// Messages that came late or twice.
    pub out_of_order: u64,
    /// Connections that ended before their time.
    pub ended: u64,
}

impl Faults {
    /// Whether there are any.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// Who subscribes: the part that does not change.
pub struct Guests {
    /// The protocol.
    pub dialect: Dialect,
    /// A token for each connection, or none at all.
    pub tokens: Vec<String>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// Who sits where.
    pub seating: Seating,
}

impl Guests {
    fn channels_of(&self, id: usize) -> Vec<String> {
        self.seating.of(id).map(|channel| self.channels[channel].clone()).collect()
    }
}

/// The subscribers of a run.
pub struct Audience {
    fleet: Fleet,
    members: Members,
    opening: Opening,
    doors: Vec<SocketAddr>,
}

impl Audience {
    /// Nobody yet; `size` at the most.
    pub fn new(running: &Running, guests: Guests, size: usize) -> anyhow::Result<Self> {
        Self::at(running.doors.clone(), guests, 0, size)
    }

    /// Nobody yet; `size` at the most, of whom `first` is the first among all, and who go to the doors in turn.
    pub fn at(doors: Vec<SocketAddr>, guests: Guests, first: usize, size: usize) -> anyhow::Result<Self> {
        let target = *doors.first().context("no server to connect to")?;
        Ok(Self {
            fleet: Fleet::new()?,
            opening: Opening { target, path: String::new(), receive_buffer: None },
            doors,
            members: Members::new(guests, first, size),
        })
    }

    /// Remembers where each subscription stands, so that it can be recovered.
    pub fn keep_positions(&mut self) {
        self.members.keep_positions = true;
        self.members.positions = vec![Position::default(); self.members.stages.len()];
    }

    /// Begins one connection.
    pub fn enter(&mut self, id: usize) -> anyhow::Result<()> {
        let (guests, number) = (&self.members.guests, self.members.first + id);
        self.opening.path = guests.dialect.path(&guests.channels_of(number));
        self.opening.target = self.doors[guests.seating.door(number, self.doors.len())];
        self.fleet.open(id, &self.opening)?;
        self.members.stages[id] = Stage::Entering(guests.dialect.replies(guests.seating.each));
        self.members.entering += 1;
        Ok(())
    }

    /// Subscribes one connection to the channel that everybody is in besides; see [`Self::follow_all`].
    fn follow(&mut self, id: usize, channel: usize) -> anyhow::Result<()> {
        // One that has ended is told of as a fault.
        if self.members.stages[id] != Stage::Ready {
            return Ok(());
        }
        let mut out = Vec::new();
        let guests = &self.members.guests;
        guests.dialect.subscribe(&guests.channels[channel], &mut out);
        self.fleet.send(id, &out).context("a connection is lost")?;
        self.members.stages[id] = Stage::Entering(1);
        self.members.entering += 1;
        Ok(())
    }

    /// Subscribes all connections to one more channel, a bounded number at once, and waits for the replies.
    pub fn follow_all(&mut self, channel: usize, progress: &Progress) -> anyhow::Result<()> {
        let size = self.members.stages.len();
        self.members.common = Some((channel, vec![0; size]));
        self.admit(0..size, progress, |audience, id| audience.follow(id, channel))
    }

    /// Publishes on a connection, to one of its channels.
    pub fn say(&mut self, id: usize, channel: usize, payload: &[u8]) -> anyhow::Result<()> {
        let mut out = Vec::new();
        let guests = &self.members.guests;
        guests.dialect.publish(&[(&guests.channels[channel], payload)], &mut out);
        self.fleet.send(id, &out).context("a speaker's connection is lost")
    }

    /// Lets a range of connections in, a bounded number at once, and waits until all are ready.
    pub fn enter_all(&mut self, range: Range<usize>, progress: &Progress) -> anyhow::Result<()> {
        self.admit(range, progress, Self::enter)
    }

    fn admit(
        &mut self,
        range: Range<usize>,
        progress: &Progress,
        mut begin: impl FnMut(&mut Self, usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (first, all) = (range.start, range.len());
        let mut waiting = range;
        let mut last = (usize::MAX, Instant::now());
        loop {
            while self.members.entering < AT_ONCE {
                let Some(id) = waiting.next() else { break };
                begin(self, id)?;
            }
            if self.members.entering == 0 && waiting.is_empty() {
                break;
            }
            let left = waiting.len() + self.members.entering;
            progress.say(&format!("connecting {} of {all}", all - left));
            if left != last.0 {
                last = (left, Instant::now());
            }
            ensure!(last.1.elapsed() < PATIENCE, "connection {} of {all} gets no answer", all - left + first);
            self.turn(Instant::now() + Duration::from_millis(100))?;
            self.check_refusal()?;
        }
        Ok(())
    }

    fn check_refusal(&self) -> anyhow::Result<()> {
        if let Some(refusal) = &self.members.refusal {
            bail!("the server lets nobody in: {refusal}");
        }
        if let Some(end) = self.members.ends.first() {
            bail!("a connection ended while others were made: {end}");
        }
        Ok(())
    }

    /// Handles what comes, until a moment at the latest.
    pub fn turn(&mut self, until: Instant) -> anyhow::Result<bool> {
        self.fleet.turn(until, &mut self.members)
    }

    /// Handles what comes, until a moment.
    pub fn run_until(&mut self, until: Instant) -> anyhow::Result<()> {
        self.fleet.run_until(until, &mut self.members)
    }

    /// Ends a connection without a word.
    pub fn leave(&mut self, id: usize) {
        self.fleet.drop_connection(id);
        self.members.stages[id] = Stage::Away;
    }

    /// Makes those from `honest` on stop reading, with a small buffer on this side.
    pub fn stall_from(&mut self, honest: usize) -> anyhow::Result<()> {
        self.members.honest = honest;
        for id in honest..self.members.stages.len() {
            self.fleet.stall(id)?;
        }
        Ok(())
    }

    /// Lets the stalled ones read what there is, and gives how many of them find that the server has ended them.
    pub fn resume_stalled(&mut self, time: Duration) -> anyhow::Result<usize> {
        let stalled = self.members.honest..self.members.stages.len();
        for id in stalled.clone() {
            self.fleet.resume(id)?;
        }
        self.run_until(Instant::now() + time)?;
        Ok(stalled.filter(|id| self.members.stages[*id] == Stage::Ended).count())
    }

    /// Sets the kernel's receive buffer of connections that come from now on.
    pub fn receive_buffer(&mut self, bytes: Option<usize>) {
        self.opening.receive_buffer = bytes;
    }

    /// Forgets what was counted and counts from now on.
    pub fn count_from_now(&mut self) {
        let members = &mut self.members;
        members.counting = true;
        members.deliveries = 0;
        members.span = None;
        members.faults = Faults::default();
        members.latency = Latency::new();
        (self.fleet.frames, self.fleet.bytes) = (0, 0);
    }

    /// Messages received by those who count.
    pub fn deliveries(&self) -> u64 {
        self.members.deliveries
    }

    /// When the first and the last of them was read.
    pub fn span(&self) -> Option<(Instant, Instant)> {
        self.members.span
    }

    /// What a server has refused since everybody was let in.
    pub fn refusal(&self) -> Option<&str> {
        self.members.refusal.as_deref()
    }

    /// Data frames and bytes received.
    pub fn received(&self) -> (u64, u64) {
        (self.fleet.frames, self.fleet.bytes)
    }

    /// From when a message was due to when it was read.
    pub fn latency(&self) -> &Latency {
        &self.members.latency
    }

    /// What went wrong since counting began.
    pub fn faults(&self) -> Faults {
        self.members.faults
    }

    /// Why connections ended, the first few.
    pub fn ends(&self) -> &[String] {
        &self.members.ends
    }

    /// Connections that are being let in.
    pub fn entering(&self) -> usize {
        self.members.entering
    }

    /// When a connection last became ready.
    pub fn ready_at(&self, id: usize) -> Option<Instant> {
        self.members.ready_at[id].filter(|_| self.members.stages[id] == Stage::Ready)
    }
}
