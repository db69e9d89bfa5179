//! The chat on the wire: messages, conversations, and what their channels carry.

mod conversation;
mod event;
mod message;

pub use conversation::{Conversation, LastMessage, May};
pub use event::{Changed, Event, Note, Signal, What};
pub use message::{Message, MessageState, NewMessage, Reaction};

use crate::{ids::PersonId, role::Role};
use serde::{Deserialize, Serialize};

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Of two people.
    Direct,
    /// Of people whom somebody has brought together.
    Group,
    /// Of a class: who is in it is who is on its roster.
    Class,
}

/// Who may write in a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
// Another one says how a roster is imported.
#[cfg_attr(feature = "openapi", schema(as = ChatMode))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All who are in it.
    #[default]
    Open,
    /// Students ask, and answer in threads of their own only.
    Questions,
    /// Students wait between two messages of theirs.
    Slow,
    /// All, but students while a game of the class is between its first question and the podium.
    QuizQuiet,
    /// Staff alone.
    Locked,
}

/// What somebody is in a conversation that people are brought into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Decides who is in it.
    Owner,
    /// Writes and reads.
    Member,
}

/// Who may begin a conversation with whom in a school.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DirectPolicy {
    /// Everybody with everybody.
    Anyone,
    /// Staff with everybody; students with those who are in a class with them.
    #[default]
    SharedClass,
    /// Staff with everybody; students with staff only.
    StaffOnly,
    /// Nobody with anybody.
    Nobody,
}

/// A person as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Somebody {
    /// Who.
    pub id: PersonId,
    /// Name, as shown.
    pub name: String,
    /// As what in the school.
    pub role: Role,
}
