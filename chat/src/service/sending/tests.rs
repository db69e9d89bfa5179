//! Lanes over a real store.

use super::*;
use crate::service::{CHAT_NAMESPACE, Chat};
use persistence::{DatabaseLocation, people::Person};
use protocol::ids::PersonId;
use realtime::{NamespaceOptions, RealtimeConfig};
use uuid::Uuid;

/// Two people and their conversation.
struct Two {
    chat: Arc<Chat>,
    stop: CancellationToken,
    ada: Member,
    conversation: ConversationId,
}

impl Two {
    async fn new() -> Self {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let (school, [ada, ben]) = (SchoolId::generate(), [PersonId::generate(), PersonId::generate()]);
        store.schools().ensure(school, "Hillside").await.unwrap();
        for id in [ada, ben] {
            let (name, email) = ("Somebody".to_owned(), String::new());
            store.people().upsert(&Person { school, id, role: Role::Student, name, email }).await.unwrap();
        }
        let opened = store.chat().open_direct(school, ada, ben, Micros(1)).await.unwrap();
        let mut config = RealtimeConfig::default();
        config.namespaces.insert(CHAT_NAMESPACE.to_owned(), NamespaceOptions::default());
        let stop = CancellationToken::new();
        let chat = Chat::new(store, Node::embedded(config), stop.clone());
        let ada = Member { school, person: ada, role: Role::Student };
        Self { chat, stop, ada, conversation: opened.id }
    }

    /// Lets a message wait.
    fn enqueue(&self) -> Result<oneshot::Receiver<Result<Done, ChatError>>, ChatError> {
        let (answer, answered) = oneshot::channel();
        let draft = Draft {
            conversation: self.conversation,
            sender: self.ada.person,
            id: MessageId::generate(),
            nonce: Uuid::now_v7(),
            body: "Hello".to_owned(),
            thread: None,
            reply_to: None,
            mentions: Vec::new(),
            everyone: false,
        };
        self.chat.lanes.enqueue(self.ada.school, Waiting { draft, role: self.ada.role, answer })?;
        Ok(answered)
    }

    fn lanes(&self) -> usize {
        self.chat.lanes.open().len()
    }
}

async fn seq(answered: oneshot::Receiver<Result<Done, ChatError>>) -> u64 {
    answered.await.unwrap().unwrap_or_else(|error| unreachable!("{error}")).message.seq
}

#[tokio::test]
async fn more_than_a_lane_holds_is_refused_and_what_it_holds_is_kept_in_order() {
    let two = Two::new().await;
    let waiting: Vec<_> = (0..WAITING).map(|_| two.enqueue().unwrap()).collect();
    assert_eq!(two.enqueue().err(), Some(ChatError::Busy));
    let mut wanted = 1;
    for answered in waiting {
        assert_eq!(seq(answered).await, wanted);
        wanted += 1;
    }
    assert_eq!(seq(two.enqueue().unwrap()).await, wanted, "there is place again");
}

#[tokio::test]
async fn what_waits_is_kept_when_the_node_stops_and_nothing_comes_behind_it() {
    let two = Two::new().await;
    let waiting: Vec<_> = (0..300).map(|_| two.enqueue().unwrap()).collect();
    two.stop.cancel();
    assert_eq!(two.enqueue().err(), Some(ChatError::Unavailable));
    two.chat.stopped().await;
    assert_eq!(two.lanes(), 0);
    let last = waiting.into_iter().last().unwrap();
    assert_eq!(seq(last).await, 300);
}

#[tokio::test]
async fn a_message_whose_sender_has_left_is_kept() {
    let two = Two::new().await;
    drop(two.enqueue().unwrap());
    assert_eq!(seq(two.enqueue().unwrap()).await, 2);
}

#[tokio::test]
async fn a_lane_that_nobody_uses_ends_and_another_begins_when_somebody_writes() {
    let two = Two::new().await;
    assert_eq!(seq(two.enqueue().unwrap()).await, 1);
    assert_eq!(two.lanes(), 1);
    tokio::time::pause();
    while two.lanes() > 0 {
        tokio::time::advance(IDLE).await;
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
    assert_eq!(seq(two.enqueue().unwrap()).await, 2);
}
