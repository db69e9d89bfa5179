//! The live side: `chat.*` methods.

use super::{Chat, ChatError, Member};
use persistence::chat::{Marks, Seq, Span};
use protocol::chat::{Message, NewMessage};
use protocol::ids::ConversationId;
use protocol::{ErrorBody, Payload, codes::error};
use realtime::Identity;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Messages of an answer unless it is said how many, and most of them.
const USUAL: u32 = 50;
const MOST: u32 = 200;

/// Part of what may wait for a client that one answer may fill: a larger one could close its readers as slow.
const SHARE_OF_OUTBOX: usize = 4;

const VERBS: [&str; 8] = ["send", "history", "read", "delivered", "typing", "edit", "delete", "react"];

#[derive(Deserialize)]
struct Send {
    conversation: ConversationId,
    #[serde(flatten)]
    message: NewMessage,
}

#[derive(Deserialize)]
struct Look {
    conversation: ConversationId,
    before: Option<u64>,
    after: Option<u64>,
    thread: Option<u64>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
struct At {
    conversation: ConversationId,
    seq: u64,
}

#[derive(Deserialize)]
struct Typing {
    conversation: ConversationId,
    typing: bool,
}

#[derive(Deserialize)]
struct Edit {
    conversation: ConversationId,
    seq: u64,
    body: String,
}

#[derive(Deserialize)]
struct React {
    conversation: ConversationId,
    seq: u64,
    emoji: String,
    on: bool,
}

#[derive(Serialize)]
struct One {
    message: Message,
}

#[derive(Serialize)]
struct Many {
    messages: Vec<Message>,
    more: bool,
    last_seq: u64,
}

#[derive(Serialize)]
struct Read {
    read_seq: u64,
    delivered_seq: u64,
    mentions: u32,
    last_seq: u64,
}

#[derive(Serialize)]
struct Done {}

impl Chat {
    /// Answers `chat.<verb>`.
    ///
    /// # Errors
    /// 104 for unknown verbs, 103 for guests, 107 for parameters of another shape, else as [`ChatError::number`].
    pub async fn rpc(&self, identity: &Identity, verb: &str, params: &Payload) -> Result<Payload, ErrorBody> {
        if !VERBS.contains(&verb) {
            return Err(error::METHOD_NOT_FOUND);
        }
        let who = Member::of(identity).ok_or(error::PERMISSION_DENIED)?;
        self.answer(&who, verb, params).await
    }

    async fn answer(&self, who: &Member, verb: &str, params: &Payload) -> Result<Payload, ErrorBody> {
        match verb {
            "send" => {
                let Send { conversation, message } = read(params)?;
                one(self.send(who, conversation, message).await.map(|(message, _)| message))
            }
            "history" => {
                let look: Look = read(params)?;
                let span = span(look.before, look.after).ok_or(error::BAD_REQUEST)?;
                let limit = look.limit.unwrap_or(USUAL).clamp(1, MOST);
                let found = self.history(who, look.conversation, span, look.thread, limit).await;
                let found = found.map_err(|error| error.body())?;
                let most = self.node.config.limits.outbox_bytes / SHARE_OF_OUTBOX;
                let sizes: Vec<usize> = found.messages.iter().map(size).collect();
                let kept = fitting(&sizes, look.after.is_some(), most);
                let (more, last_seq) = (found.more || kept.len() < sizes.len(), found.last_seq);
                let mut messages = found.messages;
                messages.truncate(kept.end);
                messages.drain(..kept.start);
                Ok(Payload::of(&Many { messages, more, last_seq }))
            }
            "read" => {
                let At { conversation, seq } = read(params)?;
                marks(self.read(who, conversation, seq).await)
            }
            "delivered" => {
                let At { conversation, seq } = read(params)?;
                marks(self.delivered(who, conversation, seq).await)
            }
            "typing" => {
                let Typing { conversation, typing } = read(params)?;
                self.typing(who, conversation, typing).await.map_err(|error| error.body())?;
                Ok(Payload::of(&Done {}))
            }
            "edit" => {
                let Edit { conversation, seq, body } = read(params)?;
                one(self.edit(who, conversation, seq, &body).await)
            }
            "delete" => {
                let At { conversation, seq } = read(params)?;
                one(self.delete(who, conversation, seq).await)
            }
            "react" => {
                let React { conversation, seq, emoji, on } = read(params)?;
                one(self.react(who, conversation, seq, &emoji, on).await)
            }
            _ => Err(error::METHOD_NOT_FOUND),
        }
    }
}

/// The part of a conversation that is asked for: in one direction only.
fn span(before: Option<u64>, after: Option<u64>) -> Option<Span> {
    match (before, after) {
        (None, None) => Some(Span::Newest),
        (Some(before), None) => Some(Span::Before(Seq(before))),
        (None, Some(after)) => Some(Span::After(Seq(after))),
        (Some(_), Some(_)) => None,
    }
}

/// Bytes of a message in an answer.
fn size(message: &Message) -> usize {
    Payload::of(message).bytes().len()
}

/// Which of some messages an answer of so many bytes holds: those next to where was asked from, and one in any case.
fn fitting(sizes: &[usize], forwards: bool, most: usize) -> Range<usize> {
    let mut left = most;
    let mut fits = |size: &&usize| match left.checked_sub(**size) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let least = sizes.len().min(1);
    if forwards {
        0..sizes.iter().take_while(&mut fits).count().max(least)
    } else {
        sizes.len() - sizes.iter().rev().take_while(&mut fits).count().max(least)..sizes.len()
    }
}

fn read<T: DeserializeOwned>(params: &Payload) -> Result<T, ErrorBody> {
    params.read().map_err(|_| error::BAD_REQUEST)
}

fn one(message: Result<Message, ChatError>) -> Result<Payload, ErrorBody> {
    message.map(|message| Payload::of(&One { message })).map_err(|error| error.body())
}

fn marks(marks: Result<Marks, ChatError>) -> Result<Payload, ErrorBody> {
    let marks = marks.map_err(|error| error.body())?;
    Ok(Payload::of(&Read {
        read_seq: marks.read_seq.0,
        delivered_seq: marks.delivered_seq.0,
        mentions: marks.mentions,
        last_seq: marks.last_seq.0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_what_fits_next_to_where_was_asked_from() {
        for (sizes, forwards, most, wanted) in [
            (&[10, 10, 10][..], true, 30, 0..3),
            (&[10, 10, 10], true, 29, 0..2),
            (&[10, 10, 10], false, 29, 1..3),
            (&[10, 30, 10], false, 25, 2..3),
            (&[90], true, 10, 0..1),
            (&[10, 90], false, 10, 1..2),
            (&[], true, 10, 0..0),
            (&[], false, 10, 0..0),
        ] {
            assert_eq!(fitting(sizes, forwards, most), wanted, "{sizes:?} {forwards} {most}");
        }
    }
}
