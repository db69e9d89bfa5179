//! Records of a school with their surroundings: who may see and change what, and who is told of it. The only part of this
//! crate that waits for anything; one file per noun.

pub mod academic_sessions;
pub mod access;
pub mod assignments;
pub mod classes;
pub mod courses;
pub mod enrollments;
mod error;
pub mod gradebook;
pub mod lessons;
pub mod notes;
pub mod practice;
pub mod progress;
pub mod roster_files;
mod title;
pub mod transcript;
mod watch;

pub use access::{ClassView, Member, Standing};
pub use error::{FieldError, RecordError};
pub use notes::{Audience, Note, Resource};
pub use watch::{CLASS_NAMESPACE, STAFF_NAMESPACE};

use persistence::{Micros, Store};
use protocol::Channel;
use protocol::ids::{ClassId, SchoolId};
use realtime::Node;
use std::sync::Arc;

/// The channels that other features have for all of a class. Whoever may not watch the class's own one any more loses these,
/// too.
pub type ChannelsBeside = fn(SchoolId, ClassId) -> Vec<Channel>;

/// The records of all schools, from this node.
pub struct Learning {
    store: Store,
    node: Arc<Node>,
    beside: ChannelsBeside,
}

impl Learning {
    /// Over a store, telling through a node.
    #[must_use]
    pub fn new(store: Store, node: Arc<Node>, beside: ChannelsBeside) -> Arc<Self> {
        Arc::new(Self { store, node, beside })
    }

    /// What lasts.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The time by which changes are stamped.
    #[must_use]
    pub fn now(&self) -> Micros {
        Micros::from_millis(self.node.clock.now_ms())
    }
}
