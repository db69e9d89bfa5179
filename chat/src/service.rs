//! The chat with its surroundings: who may, what is kept, and who is told of it. The only part of this crate that waits for
//! anything; one file per noun.

mod conversations;
mod error;
pub mod friends;
mod messages;
mod notes;
mod pace;
mod people;
mod reading;
mod rpc;
mod search;
mod sending;
mod signals;
mod view;
mod watch;

pub use conversations::{Opening, Settings};
pub use error::{ChatError, FieldError};
pub use messages::History;
pub use people::Participant;
pub use search::{Find, Finds};
pub use watch::{CHAT_NAMESPACE, SIGNAL_NAMESPACE, class_channels};

use crate::rules::standing::{Standing, standing};
use notes::Notes;
use pace::Pace;
use persistence::chat::{ChatRecords, Place};
use persistence::{Micros, Store};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use protocol::role::Role;
use realtime::{Identity, Node};
use sending::Lanes;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Messages that a person sends at once, and the time after which there is place for another one.
const BURST: u32 = 10;
const MESSAGE_EVERY: Duration = Duration::from_secs(1);
/// The same of conversations that a person begins, people brought into groups, and friends asked.
const CONTACTS: u32 = 30;
const CONTACT_EVERY: Duration = Duration::from_secs(2);
/// Signs of writing are told at most so often.
const TYPING_EVERY: Duration = Duration::from_secs(2);

/// Somebody of a school: a person with an account, no guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The tenant.
    pub school: SchoolId,
    /// Who.
    pub person: PersonId,
    /// As what, by the token.
    pub role: Role,
}

impl Member {
    /// The person behind a token; none for guests, anonymous users and subjects that are no person's id.
    #[must_use]
    pub fn of(identity: &Identity) -> Option<Self> {
        let person = identity.person.filter(|_| !identity.is_guest())?;
        Some(Self { school: identity.school, person, role: identity.role })
    }

    /// Whether the classes of the school are the person's to look after.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(self.role, Role::Admin | Role::SchoolAdmin | Role::SuperAdmin)
    }
}

/// The conversations of all schools, from this node.
pub struct Chat {
    store: Store,
    node: Arc<Node>,
    lanes: Arc<Lanes>,
    sends: Pace<(SchoolId, PersonId)>,
    contacts: Pace<(SchoolId, PersonId)>,
    typing: Pace<(SchoolId, PersonId, ConversationId, bool)>,
    tasks: TaskTracker,
}

impl Chat {
    /// Over a store, telling through a node. Its tasks end when `stop` is cancelled and what waits to be sent is; see
    /// [`Self::stopped`].
    #[must_use]
    pub fn new(store: Store, node: Arc<Node>, stop: CancellationToken) -> Arc<Self> {
        let tasks = TaskTracker::new();
        let notes = Notes::begin(store.clone(), Arc::clone(&node), &tasks, stop.clone());
        let lanes = Lanes::new(store.clone(), Arc::clone(&node), notes, tasks.clone(), stop);
        Arc::new(Self {
            store,
            node,
            lanes,
            sends: Pace::new(MESSAGE_EVERY, BURST),
            contacts: Pace::new(CONTACT_EVERY, CONTACTS),
            typing: Pace::new(TYPING_EVERY, 1),
            tasks,
        })
    }

    /// Waits until everything that was taken is kept and answered. The token of [`Self::new`] is to be cancelled before.
    pub async fn stopped(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn records(&self) -> ChatRecords {
        self.store.chat()
    }

    /// The time by which everything is stamped.
    fn now(&self) -> Micros {
        Micros::from_millis(self.node.clock.now_ms())
    }

    /// The caller's place in a conversation that they may see.
    async fn see(&self, who: &Member, conversation: ConversationId) -> Result<Seen, ChatError> {
        let place = self.records().place(who.school, conversation, who.person).await?;
        let place = place.ok_or(ChatError::NotFound)?;
        let standing = stands(who, &place).ok_or(ChatError::NotFound)?;
        Ok(Seen { place, standing })
    }
}

/// A conversation as the caller may see it.
struct Seen {
    place: Place,
    standing: Standing,
}

fn stands(who: &Member, place: &Place) -> Option<Standing> {
    standing(who.role, place.conversation.kind, place.standing)
}
