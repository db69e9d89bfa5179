//! Messages.

use super::Somebody;
use crate::ids::{ConversationId, MessageId, PersonId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whether a message is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It is.
    Sent,
    /// It was taken away; its place stays.
    Deleted,
}

/// How many have reacted to a message by one emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reaction {
    /// By which.
    pub emoji: String,
    /// How many.
    pub count: u32,
    /// Whether the reader is one of them; absent in what a channel carries, which is the same for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub mine: Option<bool>,
}

/// A message. Everything that changes about it makes another version of it; the higher one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Where.
    pub conversation: ConversationId,
    /// Its place in the conversation: 1, 2, 3…
    pub seq: u64,
    /// Its id.
    pub id: MessageId,
    /// Counts its changes, from 1.
    pub version: u32,
    /// By whom.
    pub sender: Somebody,
    /// The text, to be shown as text; empty when it is deleted.
    pub body: String,
    /// Whether it is there.
    pub state: MessageState,
    /// Milliseconds.
    pub sent_at: u64,
    /// Milliseconds, if it was edited.
    pub edited_at: Option<u64>,
    /// The place of the message whose thread it is in.
    pub thread: Option<u64>,
    /// The place of the message that it quotes.
    pub reply_to: Option<u64>,
    /// Messages in its thread, if it has one.
    pub replies: u32,
    /// The place of the last of them.
    pub last_reply_seq: Option<u64>,
    /// Whom it names.
    pub mentions: Vec<PersonId>,
    /// Whether it names everybody.
    pub everyone: bool,
    /// What others think of it.
    pub reactions: Vec<Reaction>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// What its sender knows it by; told to the sender alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub nonce: Option<Uuid>,
}

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewMessage {
    /// Chosen anew for each message: sent again with the same one, it is the same message.
    pub nonce: Uuid,
    /// 1 to 4,000 characters; line breaks and tabs are the only control characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub body: String,
    /// The place of the message whose thread it is for.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub thread: Option<u64>,
    /// The place of the message that it quotes.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub reply_to: Option<u64>,
    /// Whom it names, 20 people at most.
    #[serde(default)]
    pub mentions: Vec<PersonId>,
    /// Whether it names everybody.
    #[serde(default)]
    pub everyone: bool,
}
