//! Notes to people about what was said, on their own channels: off the way of the messages, and put together where several
//! wait. Who misses one reads the list of conversations.

use super::watch::note_to;
use crate::rules::rights::FEW;
use futures_util::{StreamExt as _, stream};
use persistence::Store;
use persistence::chat::Message;
use protocol::chat::{Note, What};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use realtime::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Messages that nobody has been told of yet; of more, nobody is.
const WAITING: usize = 4_096;
/// Conversations whose people are told side by side.
const AT_ONCE: usize = 8;

/// What somebody said, as far as notes go.
#[derive(Debug)]
pub(super) struct Heard {
    school: SchoolId,
    conversation: ConversationId,
    seq: u64,
    sender: PersonId,
    mentions: Vec<PersonId>,
}

impl Heard {
    pub(super) fn of(school: SchoolId, message: &Message) -> Self {
        Self {
            school,
            conversation: message.conversation,
            seq: message.seq.0,
            sender: message.sender.id,
            mentions: message.mentions.clone(),
        }
    }
}

/// What was said in a conversation since its people were last told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Talk {
    seq: u64,
    senders: BTreeSet<PersonId>,
    /// Who was named, and where last.
    mentions: BTreeMap<PersonId, u64>,
}

type Talks = BTreeMap<(SchoolId, ConversationId), Talk>;

/// The way to those who tell people.
#[derive(Clone)]
pub(super) struct Notes(mpsc::Sender<Heard>);

impl Notes {
    /// Begins to tell people, until `stop`.
    pub(super) fn begin(store: Store, node: Arc<Node>, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (notes, queue) = mpsc::channel(WAITING);
        tasks.spawn(stop.run_until_cancelled_owned(tell_all(store, node, queue)));
        Self(notes)
    }

    pub(super) fn hear(&self, heard: Heard) {
        if self.0.try_send(heard).is_err() {
            metrics::counter!("schoolbell_chat_notes_dropped_total").increment(1);
        }
    }
}

async fn tell_all(store: Store, node: Arc<Node>, mut queue: mpsc::Receiver<Heard>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, WAITING).await > 0 {
        let talks = gathered(waiting.drain(..));
        let told = stream::iter(talks).for_each_concurrent(AT_ONCE, |((school, conversation), talk)| {
            let (store, node) = (&store, &node);
            async move { tell_one(store, node, school, conversation, &talk).await }
        });
        told.await;
    }
}

fn gathered(heard: impl Iterator<Item = Heard>) -> Talks {
    let mut talks = Talks::new();
    for Heard { school, conversation, seq, sender, mentions } in heard {
        let talk = talks.entry((school, conversation)).or_default();
        talk.seq = talk.seq.max(seq);
        talk.senders.insert(sender);
        for person in mentions {
            let last = talk.mentions.entry(person).or_default();
            *last = seq.max(*last);
        }
    }
    talks
}

/// Who is told what: those who are named, of that; the others of few, unless only they themselves have spoken.
fn addressed(talk: &Talk, few: &[PersonId]) -> Vec<(PersonId, What, u64)> {
    let named = talk.mentions.iter().map(|(person, seq)| (*person, What::Mention, *seq));
    let spoke_alone = |person: &PersonId| talk.senders.len() == 1 && talk.senders.contains(person);
    let others = few
        .iter()
        .filter(|person| !talk.mentions.contains_key(person) && !spoke_alone(person))
        .map(|person| (*person, What::Message, talk.seq));
    named.chain(others).collect()
}

async fn tell_one(store: &Store, node: &Node, school: SchoolId, conversation: ConversationId, talk: &Talk) {
    // One more than few tells whether there are more.
    let most = u32::try_from(FEW + 1).unwrap_or(u32::MAX);
    let people = store.chat().audience(school, conversation, most).await.unwrap_or_else(|error| {
        tracing::warn!(%conversation, %error, "people are not told of what was said");
        Vec::new()
    });
    let few = if people.len() > FEW { &[][..] } else { &people[..] };
    for (person, what, seq) in addressed(talk, few) {
        note_to(node, school, person, &Note { conversation, what, seq }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn person(number: u128) -> PersonId {
        PersonId(Uuid::from_u128(number))
    }

    fn heard(seq: u64, sender: u128, mentions: &[u128]) -> Heard {
        let mentions = mentions.iter().map(|number| person(*number)).collect();
        let (school, conversation) = (SchoolId(Uuid::nil()), ConversationId(Uuid::nil()));
        Heard { school, conversation, seq, sender: person(sender), mentions }
    }

    #[test]
    fn who_is_named_is_told_so_and_the_others_once_for_all() {
        let talks = gathered([heard(2, 1, &[3]), heard(4, 1, &[]), heard(3, 1, &[])].into_iter());
        let talk = talks.into_values().next().unwrap_or_default();
        let few = [1, 2, 3].map(person);
        let wanted = [(person(3), What::Mention, 2), (person(2), What::Message, 4)];
        assert_eq!(addressed(&talk, &few), wanted);
        assert_eq!(addressed(&talk, &[]), wanted[..1], "of many, only those who are named");
    }

    #[test]
    fn who_spoke_among_others_is_told_of_them() {
        let talks = gathered([heard(1, 1, &[]), heard(2, 2, &[])].into_iter());
        let talk = talks.into_values().next().unwrap_or_default();
        let told: Vec<_> =
            addressed(&talk, &[1, 2].map(person)).into_iter().map(|(person, ..)| person).collect();
        assert_eq!(told, [1, 2].map(person));
    }
}
