//! The channels of a conversation, who may subscribe to them, and what they are told.

use super::{Chat, ChatError, Member};
use protocol::chat::{Event, Note, Signal, What};
use protocol::ids::{ClassId, ConversationId, PersonId, SchoolId, UserId};
use protocol::{Channel, ErrorBody, Payload, Unsubscribed, codes::error};
use realtime::broker::Draft;
use realtime::{ChannelKey, Identity, Node, PublishOptions};
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// Namespace of the channel of a conversation's messages.
pub const CHAT_NAMESPACE: &str = "chat";
/// Namespace of the channel of what passes: who writes, who has read.
pub const SIGNAL_NAMESPACE: &str = "chat-signals";

/// Between two tries to tell something, and how many there are: whoever did it waits for them.
const AGAIN: Duration = Duration::from_millis(100);
const TRIES: u32 = 3;

/// The id of the conversation of a class. It follows from the class, so that there is one, and its channels are known without
/// a look at what is kept.
pub(super) fn of_class(school: SchoolId, class: ClassId) -> ConversationId {
    ConversationId(Uuid::new_v5(&school.0, format!("class conversation {class}").as_bytes()))
}

/// The channels of a class's conversation: whoever leaves the class is to lose them.
#[must_use]
pub fn class_channels(school: SchoolId, class: ClassId) -> Vec<Channel> {
    channels(of_class(school, class)).into()
}

fn channels(conversation: ConversationId) -> [Channel; 2] {
    [channel(CHAT_NAMESPACE, conversation), channel(SIGNAL_NAMESPACE, conversation)]
}

fn channel(namespace: &str, conversation: ConversationId) -> Channel {
    #[expect(clippy::expect_used, reason = "a short namespace and a uuid are printable ascii")]
    Channel::parse(&format!("{namespace}:{conversation}")).expect("a conversation's channel has a valid name")
}

/// The conversation that a channel belongs to.
fn watched(channel: &Channel) -> Option<ConversationId> {
    if !matches!(channel.namespace(), CHAT_NAMESPACE | SIGNAL_NAMESPACE) {
        return None;
    }
    let conversation: ConversationId = channel.rest().parse().ok()?;
    // One conversation, one name: other spellings of its id would be channels of their own.
    (channel.rest() == conversation.to_string()).then_some(conversation)
}

impl Chat {
    /// Whether somebody may subscribe to a channel of a conversation: all who may see it.
    ///
    /// # Errors
    /// 103 for those who may not, and for conversations that do not exist; 100 when the store failed.
    pub async fn authorize(&self, identity: &Identity, channel: &Channel) -> Result<(), ErrorBody> {
        let conversation = watched(channel).ok_or(error::PERMISSION_DENIED)?;
        let who = Member::of(identity).ok_or(error::PERMISSION_DENIED)?;
        match self.see(&who, conversation).await {
            Ok(_) => Ok(()),
            Err(ChatError::Unavailable) => Err(error::INTERNAL),
            Err(_) => Err(error::PERMISSION_DENIED),
        }
    }

    /// Tells those who watch a conversation of a change that is kept. What cannot be told after a few tries is left: whoever
    /// comes back reads it.
    pub(super) async fn tell(&self, school: SchoolId, conversation: ConversationId, event: &Event) {
        tell(&self.node, school, conversation, event, TRIES).await;
    }

    /// Tells those who watch a conversation of what passes. Nobody misses what cannot be told.
    pub(super) async fn signal(&self, school: SchoolId, conversation: ConversationId, signal: Signal) {
        let key = ChannelKey::new(school, channel(SIGNAL_NAMESPACE, conversation));
        let draft = Draft::new(Payload::of(&signal));
        if let Err(error) = self.node.publish(&key, draft, PublishOptions::default()).await {
            tracing::debug!(%conversation, %error, "a signal of a conversation is not told");
        }
    }

    /// Tells a person on all devices.
    pub(super) async fn note(&self, school: SchoolId, person: PersonId, note: Note) {
        note_to(&self.node, school, person, &note).await;
    }

    /// Ends somebody's subscriptions to a conversation, and tells them.
    pub(super) async fn let_go(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
        seq: u64,
    ) {
        let user = UserId::person(person);
        for channel in channels(conversation) {
            let leave = || self.node.unsubscribe_user(school, &user, &channel, Unsubscribed::SERVER);
            let mut told = leave().await;
            for _ in 1..TRIES {
                if told.is_ok() {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
                told = leave().await;
            }
            if let Err(error) = told {
                tracing::warn!(%conversation, %error, "somebody who left a conversation may still be told of it");
            }
        }
        self.note(school, person, Note { conversation, what: What::Removed, seq }).await;
    }
}

/// Publishes on a conversation's channel, after at most so many tries; returns whether it is told.
pub(super) async fn tell(
    node: &Node,
    school: SchoolId,
    conversation: ConversationId,
    event: &Event,
    tries: u32,
) -> bool {
    let key = ChannelKey::new(school, channel(CHAT_NAMESPACE, conversation));
    let data = Payload::of(event);
    let mut told = node.publish(&key, Draft::new(data.clone()), PublishOptions::default()).await;
    for _ in 1..tries {
        if told.is_ok() {
            break;
        }
        tokio::time::sleep(AGAIN).await;
        told = node.publish(&key, Draft::new(data.clone()), PublishOptions::default()).await;
    }
    if let Err(error) = told {
        tracing::warn!(%conversation, %error, "a change of a conversation is not told");
        return false;
    }
    true
}

/// Tells one person; once, since it is told again with whatever comes next, and read in any case.
pub(super) async fn note_to(node: &Node, school: SchoolId, person: PersonId, note: &impl Serialize) {
    let user = UserId::person(person);
    let told = node.publish_to_user(school, &user, Payload::of(note), PublishOptions::default()).await;
    if let Err(error) = told {
        tracing::debug!(%error, "a person is not told of a conversation");
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_one_channel_of_each_kind() {
        let conversation = ConversationId::generate();
        for channel in channels(conversation) {
            assert_eq!(watched(&channel), Some(conversation));
        }
        for name in
            [format!("chat:{}", conversation.0.simple()), "chat:".to_owned(), format!("class:{conversation}")]
        {
            assert_eq!(watched(&Channel::parse(&name).unwrap()), None, "{name}");
        }
    }

    #[test]
    fn a_class_has_one_conversation_in_its_school() {
        let (school, class) = (SchoolId::generate(), ClassId::generate());
        assert_eq!(of_class(school, class), of_class(school, class));
        assert_ne!(of_class(school, class), of_class(SchoolId::generate(), class));
        assert_ne!(of_class(school, class), of_class(school, ClassId::generate()));
    }
}
