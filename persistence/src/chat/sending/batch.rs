//! What a batch of drafts comes to, in memory.

use super::{Asked, Decide, Draft, Referred, SendError};
use crate::Micros;
use crate::chat::conversation::{Place, Seq};
use crate::chat::message::{Message, MessageState};
use protocol::ids::{ConversationId, PersonId};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What a message is known by before it has a number.
pub(super) type Key = (ConversationId, PersonId, Uuid);
pub(super) type Places = HashMap<(ConversationId, PersonId), Place>;
pub(super) type Known = HashMap<Key, Message>;
/// The roots of the threads of messages.
pub(super) type Referrals = HashMap<(ConversationId, Seq), Referred>;

/// Where a draft went.
pub(super) enum Placed {
    /// Among the new messages.
    New(usize),
    /// It had been sent before.
    Again(Box<Message>),
}

/// What a batch changes for one person in one conversation.
#[derive(Default)]
pub(super) struct Heard {
    /// The last that the person sent, and has read up to; 0 if none.
    pub(super) sent: Seq,
    /// How often the person was mentioned since then.
    pub(super) mentions: u32,
}

/// By how much a thread has grown.
pub(super) struct Grown {
    pub(super) by: u32,
    pub(super) last: Seq,
    /// Who wrote to it, one of several.
    pub(super) sender: PersonId,
}

pub(super) struct Batch {
    pub(super) now: Micros,
    places: Places,
    known: Known,
    referrals: Referrals,
    indices: HashMap<Key, usize>,
    /// In the order of their numbers, within each conversation.
    pub(super) new: Vec<Message>,
    // Ordered by their ids, as rows are locked.
    pub(super) heads: BTreeMap<ConversationId, Seq>,
    pub(super) members: BTreeMap<(ConversationId, PersonId), Heard>,
    pub(super) threads: BTreeMap<(ConversationId, Seq), Grown>,
}

pub(super) fn key_of(message: &Message) -> Key {
    (message.conversation, message.sender.id, message.nonce)
}

impl Batch {
    pub(super) fn new(now: Micros, places: Places, known: Known, referrals: Referrals) -> Self {
        Self {
            now,
            places,
            known,
            referrals,
            indices: HashMap::new(),
            new: Vec::new(),
            heads: BTreeMap::new(),
            members: BTreeMap::new(),
            threads: BTreeMap::new(),
        }
    }

    /// Takes a draft's turn.
    pub(super) fn judge<R>(&mut self, draft: &Draft, decide: Decide<'_, R>) -> Result<Placed, SendError<R>> {
        let key = (draft.conversation, draft.sender, draft.nonce);
        if let Some(message) = self.known.get(&key) {
            return Ok(Placed::Again(Box::new(message.clone())));
        }
        if let Some(&index) = self.indices.get(&key) {
            return Ok(Placed::Again(Box::new(self.new[index].clone())));
        }
        let refer = |seq: Option<Seq>| match seq {
            Some(seq) => match self.referrals.get(&(draft.conversation, seq)) {
                Some(root) => Ok(Some(*root)),
                None => Err(SendError::UnknownMessage),
            },
            None => Ok(None),
        };
        let place = self.places.get(&(draft.conversation, draft.sender));
        let place = place.ok_or(SendError::UnknownConversation)?;
        // First the rule: to whom the conversation is not open, nothing is told about it.
        let root = refer(draft.thread);
        let told = root.as_ref().ok().and_then(Option::as_ref);
        decide(&Asked { place, draft, root: told, now: self.now }).map_err(SendError::Refused)?;
        let root = root?;
        refer(draft.reply_to)?;
        let is_in = |person| {
            self.places.get(&(draft.conversation, person)).is_some_and(|place| place.standing.is_in())
        };
        if let Some(index) = draft.mentions.iter().position(|person| !is_in(*person)) {
            return Err(SendError::UnknownMention { index });
        }
        let seq = self.heads.get(&draft.conversation).copied().unwrap_or(place.conversation.last_seq).next();
        let message = message(draft, place, seq, root.map(|root| root.seq), self.now);
        self.count(&message);
        self.indices.insert(key, self.new.len());
        self.new.push(message);
        Ok(Placed::New(self.new.len() - 1))
    }

    fn count(&mut self, message: &Message) {
        let (conversation, sender, seq) = (message.conversation, message.sender.id, message.seq);
        self.heads.insert(conversation, seq);
        for person in message.mentions.iter().filter(|person| **person != sender) {
            self.members.entry((conversation, *person)).or_default().mentions += 1;
        }
        *self.members.entry((conversation, sender)).or_default() = Heard { sent: seq, mentions: 0 };
        if let Some(root) = message.thread {
            let grown =
                self.threads.entry((conversation, root)).or_insert(Grown { by: 0, last: seq, sender });
            grown.by += 1;
            grown.last = seq;
        }
        if let Some(place) = self.places.get_mut(&(conversation, sender)) {
            place.read_seq = seq;
            place.delivered_seq = seq;
            place.mentions = 0;
            place.last_sent_at = Some(self.now);
            place.conversation.last_seq = seq;
            place.conversation.active_at = place.conversation.active_at.max(self.now);
        }
    }
}

fn message(draft: &Draft, place: &Place, seq: Seq, root: Option<Seq>, now: Micros) -> Message {
    let mut mentions = draft.mentions.clone();
    mentions.sort_unstable();
    mentions.dedup();
    Message {
        conversation: draft.conversation,
        seq,
        id: draft.id,
        version: 1,
        sender: place.person.clone(),
        nonce: draft.nonce,
        // Postgres keeps no NUL, and one draft must not cost the others.
        body: draft.body.replace('\0', "\u{fffd}"),
        state: MessageState::Sent,
        sent_at: now,
        edited_at: None,
        thread: root,
        reply_to: draft.reply_to,
        replies: 0,
        last_reply: None,
        mentions,
        everyone: draft.everyone,
        reactions: Vec::new(),
        pinned: None,
    }
}
