//! The three places where nodes run. A place has a node, or is empty until one returns under a new name.

use super::{faults::Defect, node::Node, world::World};
use std::sync::{Arc, Mutex};

pub const PLACES: usize = 3;
/// Nodes follow the clock of the store (`realtime::clock::SharedClock`), which they read to within this, milliseconds.
pub const CLOCK_ERROR: u64 = 100;
/// Unless that is broken: then one in three goes by a clock that is off by up to two days.
const TWO_DAYS: u64 = 48 * 3_600_000;

pub struct Cluster {
    pub world: Arc<World>,
    places: Mutex<[Option<Arc<Node>>; PLACES]>,
    lives: Mutex<u64>,
}

impl Cluster {
    pub fn start(world: &Arc<World>) -> Arc<Self> {
        let cluster = Self { world: Arc::clone(world), places: Mutex::default(), lives: Mutex::default() };
        (0..PLACES).for_each(|place| cluster.fill(place));
        Arc::new(cluster)
    }

    /// Starts a node where none is.
    pub fn fill(&self, place: usize) {
        let off = |most: u64| self.world.draw(0..2 * most + 1).cast_signed() - most.cast_signed();
        let wrong = self.world.defect == Some(Defect::WrongClocks) && self.world.chance(33);
        let skew_ms = off(if wrong { TWO_DAYS } else { CLOCK_ERROR });
        let mut places = self.places.lock().unwrap();
        if places[place].is_none() {
            let mut lives = self.lives.lock().unwrap();
            *lives += 1;
            // The order of names says nothing about the order of starts.
            let name =
                format!("{}-{lives}", char::from(b'a' + u8::try_from(self.world.draw(0..26)).unwrap()));
            places[place] = Some(Node::start(&self.world, name, skew_ms));
        }
    }

    pub fn node(&self, place: usize) -> Option<Arc<Node>> {
        self.places.lock().unwrap()[place].clone()
    }

    /// Leaves the place of a node empty.
    pub fn remove(&self, node: &Arc<Node>) {
        for place in &mut *self.places.lock().unwrap() {
            place.take_if(|there| Arc::ptr_eq(there, node));
        }
    }

    pub fn all(&self) -> Vec<Arc<Node>> {
        self.places.lock().unwrap().iter().flatten().cloned().collect()
    }

    /// A node that takes people, as a load balancer would find one. One that is stopped looks alive.
    pub fn any_serving(&self) -> Option<Arc<Node>> {
        let serving: Vec<_> = self.all().into_iter().filter(|node| node.is_serving()).collect();
        self.world.pick(&serving).cloned()
    }
}
