//! What is kept, as the wire has it.

use crate::rules::rights::may;
use crate::rules::standing::Standing;
use persistence::chat::Conversation as KeptConversation;
use persistence::chat::{LastMessage as KeptLast, Message as Kept, Seq, Shown, Somebody as Person};
use protocol::chat::{Changed, Conversation, LastMessage, Message, Reaction, Somebody};
use protocol::ids::PersonId;

pub(super) fn somebody(person: Person) -> Somebody {
    Somebody { id: person.id, name: person.name, role: person.role }
}

/// A message as one reader sees it.
pub(super) fn message(kept: Kept, reader: PersonId) -> Message {
    let nonce = (kept.sender.id == reader).then_some(kept.nonce);
    let mine: Vec<bool> = kept.reactions.iter().map(|reaction| reaction.mine).collect();
    let mut shown = for_all(kept);
    shown.nonce = nonce;
    for (reaction, mine) in shown.reactions.iter_mut().zip(mine) {
        reaction.mine = Some(mine);
    }
    shown
}

/// A message as its channel carries it, the same for all.
pub(super) fn for_all(kept: Kept) -> Message {
    Message {
        conversation: kept.conversation,
        seq: kept.seq.0,
        id: kept.id,
        version: kept.version,
        sender: somebody(kept.sender),
        body: kept.body,
        state: kept.state,
        sent_at: kept.sent_at.as_millis(),
        edited_at: kept.edited_at.map(persistence::Micros::as_millis),
        thread: number(kept.thread),
        reply_to: number(kept.reply_to),
        replies: kept.replies,
        last_reply_seq: number(kept.last_reply),
        mentions: kept.mentions,
        everyone: kept.everyone,
        reactions: kept
            .reactions
            .into_iter()
            .map(|reaction| Reaction { emoji: reaction.emoji, count: reaction.count, mine: None })
            .collect(),
        pinned: kept.pinned.is_some(),
        nonce: None,
    }
}

/// A conversation as somebody in it sees it.
pub(super) fn conversation(shown: Shown, standing: Standing) -> Conversation {
    let unread = shown.place.unread();
    let (place, kept) = (&shown.place, shown.place.conversation.clone());
    Conversation {
        id: kept.id,
        kind: kept.kind,
        class: kept.class,
        title: kept.title,
        mode: kept.mode,
        slow_s: kept.slow_s,
        last_seq: kept.last_seq.0,
        version: kept.version,
        people: shown.people,
        created_at: kept.created_at.as_millis(),
        may: may(standing, kept.kind),
        with: shown.with.map(somebody),
        read_seq: place.read_seq.0,
        unread,
        mentions: place.mentions,
        muted_until: place.muted_until.map(persistence::Micros::as_millis),
        last: shown.last.map(last),
    }
}

pub(super) fn changed(kept: KeptConversation) -> Changed {
    Changed { id: kept.id, title: kept.title, mode: kept.mode, slow_s: kept.slow_s, version: kept.version }
}

fn last(kept: KeptLast) -> LastMessage {
    LastMessage {
        seq: kept.seq.0,
        sender: somebody(kept.sender),
        body: kept.body,
        state: kept.state,
        sent_at: kept.sent_at.as_millis(),
    }
}

fn number(seq: Option<Seq>) -> Option<u64> {
    seq.map(|seq| seq.0)
}
