//! Conversations.

use super::{ConversationKind, MessageState, Mode, Somebody};
use crate::ids::{ClassId, ConversationId};
use serde::{Deserialize, Serialize};

/// What the reader may do in a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct May {
    /// Write, though not in every mode at every time.
    pub send: bool,
    /// Change its name, mode and people.
    pub manage: bool,
    /// Take away what others wrote; modes do not bind them.
    pub moderate: bool,
}

/// The last message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastMessage {
    /// Its place.
    pub seq: u64,
    /// By whom.
    pub sender: Somebody,
    /// Its first 200 characters.
    pub body: String,
    /// Whether it is there.
    pub state: MessageState,
    /// Milliseconds.
    pub sent_at: u64,
}

/// A conversation as somebody in it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// Its id, by which its channels are named, too.
    pub id: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// The class whose it is.
    pub class: Option<ClassId>,
    /// What it is called; a direct one is called by the other person.
    pub title: Option<String>,
    /// Who may write.
    pub mode: Mode,
    /// Seconds between two messages of a student in the mode `slow`.
    pub slow_s: u32,
    /// The place of its last message; 0 before the first.
    pub last_seq: u64,
    /// Counts changes of its title, mode and pace, from 1.
    pub version: u32,
    /// How many are in it.
    pub people: u32,
    /// Milliseconds.
    pub created_at: u64,
    /// What the reader may do.
    pub may: May,
    /// Of a direct one: the other person.
    pub with: Option<Somebody>,
    /// How far the reader has read.
    pub read_seq: u64,
    /// Messages behind that.
    pub unread: u64,
    /// How many of them name the reader.
    pub mentions: u32,
    /// Until when the reader wants to hear of mentions only, milliseconds.
    pub muted_until: Option<u64>,
    /// Its last message.
    pub last: Option<LastMessage>,
}
