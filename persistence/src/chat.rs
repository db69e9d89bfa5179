//! Conversations: who is in them, what was said, and how far each person has read.
//!
//! Who is in a direct conversation or a group are its members; in that of a class it is who the roster says. What may be
//! done there is decided by the caller: a rule is asked within the transaction, on rows that nobody else changes meanwhile.
//!
//! Locks are taken in one order, so that no two transactions wait for each other: conversations by their ids, then
//! messages, then members by their ids. Who holds a conversation may take several members, who does not takes one.

mod changing;
mod conversation;
mod history;
mod list;
mod mark;
mod members;
mod message;
mod opening;
mod people;
mod policy;
mod search;
mod sending;
mod settings;
mod words;

pub use changing::{ChangeMessageError, Changed, MAX_PINS, MAX_REACTIONS, Verdict};
pub use conversation::{
    Conversation, ConversationKind, MemberRole, MemberState, Mode, Place, Seq, Somebody, Standing,
};
pub use history::{Edit, History, Span};
pub use list::{LastMessage, Shown, Unread};
pub use mark::{Marks, Readers};
pub use members::{AddError, MAX_PEOPLE, RemoveError, Removed};
pub use message::{Message, MessageState, Pin, Reaction};
pub use opening::{MakeGroupError, NewGroup, OpenClassError, OpenDirectError, direct_id};
pub use people::{Participant, Whom};
pub use policy::{ChatPolicy, DirectPolicy, SetPolicyError};
pub use search::Found;
pub use sending::{Asked, Decide, Draft, MAX_DRAFTS, Referred, SendError, SendManyError, Sent};
pub use settings::{ConfigureError, Settings};
pub use words::{Word, words};

use crate::db::Db;

/// The repository of conversations.
#[derive(Clone, Debug)]
pub struct ChatRecords {
    db: Db,
}

impl ChatRecords {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}
