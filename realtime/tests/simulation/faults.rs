//! What goes wrong, drawn by seed.

use super::{
    cluster::{Cluster, PLACES},
    network::{AMBUSH_MS, Way},
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// Defects that are planted to see that they are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The store takes what a former owner writes.
    NoFence,
    /// An owner believes that nobody else can have its room.
    AlwaysHolds,
    /// A room does the same op twice.
    NoOpIds,
    /// Leases are not given back.
    NeverReleases,
    /// Leases are given back at once, while the room is still owned.
    ReleasesAtOnce,
    /// Timers begin anew with the next owner.
    TimersFromZero,
    /// What could not be published is forgotten.
    GivesUpPublishing,
    /// Nodes go by wall clocks of their own, and some are wrong by hours.
    WrongClocks,
}

impl Defect {
    pub const ALL: [Self; 8] = [
        Self::NoFence,
        Self::AlwaysHolds,
        Self::NoOpIds,
        Self::NeverReleases,
        Self::ReleasesAtOnce,
        Self::TimersFromZero,
        Self::GivesUpPublishing,
        Self::WrongClocks,
    ];
}

/// The first fault comes no earlier, and the last one ends no later, milliseconds.
const FROM: u64 = 3_000;
const UNTIL: u64 = 22_000;

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// A node dies, and another takes its place when the fault ends.
    Kill(usize, Moment),
    /// A node goes down in order; another takes its place.
    Drain(usize),
    Stop(usize, Moment),
    /// A node does not reach the store, is not reached, or both.
    CutOff(usize, &'static [Way]),
    /// What one node asks another does not arrive; in the other direction neither, if both.
    Part {
        from: usize,
        to: usize,
        both: bool,
    },
    Slow,
    Hang,
    Away,
    /// Steps are taken, and their answers get lost.
    Forget,
}

/// When exactly a node is hit: at any time, or when the store has just taken a step for it that it does not know of yet.
type Moment = Option<&'static str>;

impl Fault {
    fn draw(cluster: &Cluster) -> (Self, u64) {
        let world = &cluster.world;
        let place = || usize::try_from(world.draw(0..PLACES as u64)).unwrap();
        let moment = || {
            const STEPS: [&str; 8] =
                ["append", "append", "append", "publish", "publish", "claim", "release", "snapshot"];
            world.chance(50).then(|| *world.pick(&STEPS).unwrap())
        };
        match world.draw(0..100) {
            0..20 => (Self::Kill(place(), moment()), world.draw(300..8_000)),
            20..35 => (Self::Drain(place()), world.draw(300..5_000)),
            35..50 => (Self::Stop(place(), moment()), world.draw(100..10_000)),
            50..65 => {
                const WAYS: [&[Way]; 6] = [
                    &[Way::Request],
                    &[Way::Answer],
                    &[Way::Message],
                    &[Way::Request, Way::Answer],
                    &[Way::Request, Way::Answer, Way::Message],
                    &[Way::Answer, Way::Message],
                ];
                (Self::CutOff(place(), world.pick(&WAYS).unwrap()), world.draw(100..8_000))
            }
            65..75 => {
                let from = place();
                let to = (from + 1 + usize::try_from(world.draw(0..2)).unwrap()) % PLACES;
                (Self::Part { from, to, both: world.chance(50) }, world.draw(500..8_000))
            }
            75..82 => (Self::Slow, world.draw(500..6_000)),
            82..88 => (Self::Hang, world.draw(200..5_000)),
            88..93 => (Self::Away, world.draw(200..5_000)),
            _ => (Self::Forget, world.draw(500..5_000)),
        }
    }
}

/// Has things go wrong for a while. Gives when the last of them is over, milliseconds.
pub fn plan(cluster: &Arc<Cluster>) -> u64 {
    let world = &cluster.world;
    let mut over = FROM;
    for _ in 0..world.draw(1..8) {
        let (fault, lasts) = Fault::draw(cluster);
        let begins = world.draw(FROM..UNTIL - 1_000);
        let ends = (begins + lasts).min(UNTIL);
        over = over.max(ends + AMBUSH_MS);
        let cluster = Arc::clone(cluster);
        world.spawn(async move {
            sleep(Duration::from_millis(begins - cluster.world.now())).await;
            happen(&cluster, fault, Duration::from_millis(ends - begins)).await;
        });
    }
    over
}

async fn happen(cluster: &Arc<Cluster>, fault: Fault, lasts: Duration) {
    let world = &cluster.world;
    let began = world.now();
    world.note(format_args!("FAULT {fault:?} for {} ms", lasts.as_millis()));
    let name = |place| cluster.node(place).map(|node| node.machine.name.clone());
    match fault {
        Fault::Kill(place, moment) => {
            let Some(node) = cluster.node(place) else { return };
            world.ambush(&node.machine.name, moment).await;
            if node.machine.is_dead() {
                return;
            }
            node.kill();
            cluster.remove(&node);
            world.note(format_args!("{} is dead", node.machine.name));
            // What it had is to be found elsewhere from now on, whether it returns or not.
            world.history().disturbed.push((began, world.now()));
            sleep(lasts).await;
            cluster.fill(place);
            return;
        }
        Fault::Drain(place) => {
            let Some(node) = cluster.node(place).filter(|node| node.is_serving()) else { return };
            cluster.remove(&node);
            world.spawn(node.drain());
            sleep(lasts).await;
            cluster.fill(place);
            // Nobody had to notice.
            return;
        }
        Fault::Stop(place, moment) => {
            let Some(node) = cluster.node(place) else { return };
            world.ambush(&node.machine.name, moment).await;
            if !node.machine.stop() {
                return;
            }
            sleep(lasts).await;
            node.machine.go_on();
        }
        Fault::CutOff(place, ways) => {
            let Some(name) = name(place) else { return };
            ways.iter().for_each(|way| world.network().cut(&name, *way));
            sleep(lasts).await;
            ways.iter().for_each(|way| world.network().mend(&name, *way));
        }
        Fault::Part { from, to, both } => {
            let (Some(from), Some(to)) = (name(from), name(to)) else { return };
            let pairs = [(&from, &to), (&to, &from)].into_iter().take(1 + usize::from(both));
            pairs.clone().for_each(|(from, to)| world.network().part(from, to));
            sleep(lasts).await;
            pairs.for_each(|(from, to)| world.network().join(from, to));
        }
        Fault::Slow | Fault::Hang | Fault::Away | Fault::Forget => {
            *world.network().trouble(fault) += 1;
            sleep(lasts).await;
            *world.network().trouble(fault) -= 1;
        }
    }
    world.healed.notify_waiters();
    world.note(format_args!("OVER {fault:?}"));
    world.history().disturbed.push((began, world.now()));
}

impl super::network::Network {
    fn trouble(&mut self, fault: Fault) -> &mut u32 {
        match fault {
            Fault::Slow => &mut self.slow,
            Fault::Hang => &mut self.hung,
            Fault::Away => &mut self.away,
            _ => &mut self.forgetful,
        }
    }
}
