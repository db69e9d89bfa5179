//! What the channels of a conversation carry.

use super::{Message, Mode, Reaction};
use crate::ids::{ConversationId, PersonId};
use serde::{Deserialize, Serialize};

/// On `chat:<conversation>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A message, new or at another version.
    Message {
        /// All of it.
        message: Box<Message>,
    },
    /// What people think of a message has changed.
    Reactions {
        /// Its place.
        seq: u64,
        /// All of them.
        reactions: Vec<Reaction>,
        /// The message's version by this.
        version: u32,
    },
    /// The conversation has changed.
    Conversation {
        /// What may have.
        conversation: Changed,
    },
    /// People have come or gone.
    Members,
}

/// What may change about a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which one.
    pub id: ConversationId,
    /// What it is called, if it has a name of its own.
    pub title: Option<String>,
    /// Who may write.
    pub mode: Mode,
    /// Seconds between two messages of a student in the mode `slow`.
    pub slow_s: u32,
    /// Its version.
    pub version: u32,
}

/// On `chat-signals:<conversation>`, which keeps nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// Somebody writes.
    Typing {
        /// Who.
        person: PersonId,
        /// Until when to show it unless it is told again, milliseconds.
        until_ms: u64,
    },
    /// Somebody has read up to a place.
    Read {
        /// Who.
        person: PersonId,
        /// The place.
        seq: u64,
    },
    /// Messages up to a place have reached a device of somebody.
    Delivered {
        /// Who.
        person: PersonId,
        /// The place.
        seq: u64,
    },
}

/// What a note to a person is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// They are in a conversation now.
    Opened,
    /// They are no longer.
    Removed,
    /// They are named.
    Mention,
    /// Somebody wrote, in a conversation of few.
    Message,
}

/// On a person's own channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "chat")]
pub struct Note {
    /// Where.
    pub conversation: ConversationId,
    /// What.
    pub what: What,
    /// The conversation's last place by then.
    pub seq: u64,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn events_say_of_what_kind_they_are() {
        let (conversation, person) = (ConversationId(Uuid::nil()), PersonId(Uuid::max()));
        let note = Note { conversation, what: What::Mention, seq: 7 };
        let wanted = json!({"type": "chat", "conversation": conversation, "what": "mention", "seq": 7});
        assert_eq!(serde_json::to_value(note).unwrap(), wanted);
        assert_eq!(serde_json::to_value(Event::Members).unwrap(), json!({"type": "members"}));
        let typing = Signal::Typing { person, until_ms: 6_000 };
        let wanted = json!({"type": "typing", "person": person, "until_ms": 6_000});
        assert_eq!(serde_json::to_value(typing).unwrap(), wanted);
        let reaction = Reaction { emoji: "👍".to_owned(), count: 2, mine: None };
        let told = Event::Reactions { seq: 3, reactions: vec![reaction], version: 2 };
        let wanted =
            json!({"type": "reactions", "seq": 3, "reactions": [{"emoji": "👍", "count": 2}], "version": 2});
        assert_eq!(serde_json::to_value(told).unwrap(), wanted);
    }
}
