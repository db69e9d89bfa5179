//! A message, with what hangs on it.

use super::conversation::{Seq, Somebody};
use crate::db::{Sql, Tx, Value};
use crate::{Micros, Unavailable, column_word};
pub use protocol::chat::MessageState;
use protocol::ids::{ConversationId, MessageId, PersonId, SchoolId};
use serde::Serialize;
use sqlx::FromRow;
use std::collections::HashMap;
use uuid::Uuid;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it was sent to.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// Its id.
    pub id: MessageId,
    /// Counts its changes, from 1: of the text, the state, the pin, the reactions and the replies.
    pub version: u32,
    /// Who sent it.
    pub sender: Somebody,
    /// What the sender's client knows it by.
    pub nonce: Uuid,
    /// What it says; empty once it is deleted.
    pub body: String,
    /// Whether it says something.
    pub state: MessageState,
    /// When it was sent.
    pub sent_at: Micros,
    /// When it was last edited.
    pub edited_at: Option<Micros>,
    /// The root of the thread that it is in.
    pub thread: Option<Seq>,
    /// The message that it quotes.
    pub reply_to: Option<Seq>,
    /// Of a root, how many are in its thread.
    pub replies: u32,
    /// Of a root, the newest in its thread.
    pub last_reply: Option<Seq>,
    /// Whom it mentions, by their ids.
    pub mentions: Vec<PersonId>,
    /// Whether it mentions all who are there.
    pub everyone: bool,
    /// Reactions in the order in which they first came.
    pub reactions: Vec<Reaction>,
    /// The pin, if it has one.
    pub pinned: Option<Pin>,
}

/// How often a message got a reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Which.
    pub emoji: String,
    /// From how many.
    pub count: u32,
    /// Whether from the person who asks.
    pub mine: bool,
}

/// A message is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Since when.
    pub at: Micros,
    /// By whom.
    pub by: PersonId,
}

/// Columns of [`MessageRow`], of a message `m` and its sender `p`.
macro_rules! message_columns {
    () => {
        "m.conversation_id, m.seq, m.message_id, m.version, m.sender_id, p.name AS sender_name,
        p.role AS sender_role, m.nonce, m.body, m.state, m.sent_us, m.edited_us, m.thread_seq, m.reply_seq, m.replies,
        m.last_reply_seq, m.everyone, m.pinned_us, m.pinned_by"
    };
}

/// The sender of a message `m`.
macro_rules! message_sender {
    () => {
        " JOIN person AS p ON p.school_id = m.school_id AND p.person_id = m.sender_id "
    };
}

pub(super) use {message_columns, message_sender};

#[derive(FromRow)]
pub(super) struct MessageRow {
    conversation_id: Uuid,
    #[sqlx(try_from = "i64")]
    seq: Seq,
    message_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    sender_id: Uuid,
    sender_name: String,
    sender_role: String,
    nonce: Uuid,
    body: String,
    state: String,
    sent_us: Micros,
    edited_us: Option<Micros>,
    thread_seq: Option<i64>,
    reply_seq: Option<i64>,
    #[sqlx(try_from = "i64")]
    replies: u32,
    last_reply_seq: Option<i64>,
    everyone: bool,
    pinned_us: Option<Micros>,
    pinned_by: Option<Uuid>,
}

impl MessageRow {
    /// Without its mentions and reactions.
    fn into_bare(self) -> Result<Message, Unavailable> {
        let pinned = self.pinned_us.zip(self.pinned_by).map(|(at, by)| Pin { at, by: PersonId(by) });
        Ok(Message {
            conversation: ConversationId(self.conversation_id),
            seq: self.seq,
            id: MessageId(self.message_id),
            version: self.version,
            sender: Somebody {
                id: PersonId(self.sender_id),
                name: self.sender_name,
                role: column_word::read(&self.sender_role)?,
            },
            nonce: self.nonce,
            body: self.body,
            state: column_word::read(&self.state)?,
            sent_at: self.sent_us,
            edited_at: self.edited_us,
            thread: Seq::optional(self.thread_seq),
            reply_to: Seq::optional(self.reply_seq),
            replies: self.replies,
            last_reply: Seq::optional(self.last_reply_seq),
            mentions: Vec::new(),
            everyone: self.everyone,
            reactions: Vec::new(),
            pinned,
        })
    }
}

/// A message that is asked for, and by whom.
#[derive(Serialize)]
pub(super) struct Wanted {
    c: Uuid,
    s: i64,
    p: Uuid,
}

impl Wanted {
    pub(super) fn new(conversation: ConversationId, seq: Seq, by: PersonId) -> Self {
        Self { c: conversation.0, s: seq.column(), p: by.0 }
    }
}

/// SQLite joins in the order that `CROSS` keeps; by its own choice it would begin with all messages of a school.
const WANTED: Sql = Sql::each(
    concat!(
        "SELECT ",
        message_columns!(),
        " FROM jsonb_to_recordset($2) AS wanted (c uuid, s bigint)
        JOIN message AS m ON m.school_id = $1 AND m.conversation_id = wanted.c AND m.seq = wanted.s",
        message_sender!(),
    ),
    concat!(
        "SELECT ",
        message_columns!(),
        " FROM (SELECT unhex(value ->> 'c', '-') AS c, value ->> 's' AS s FROM json_each($2)) AS wanted
        CROSS JOIN message AS m ON m.school_id = $1 AND m.conversation_id = wanted.c AND m.seq = wanted.s",
        message_sender!(),
    ),
);

/// What hangs on messages: a row for each reaction, then one for each mention.
const HANGING: Sql = Sql::each(
    "SELECT r.conversation_id, r.seq, r.emoji, count(*) AS count, bool_or(r.person_id = wanted.p) AS mine,
        min(r.reacted_us) AS first_us, NULL::uuid AS mentioned
    FROM jsonb_to_recordset($2) AS wanted (c uuid, s bigint, p uuid)
    JOIN message_reaction AS r ON r.school_id = $1 AND r.conversation_id = wanted.c AND r.seq = wanted.s
    GROUP BY r.conversation_id, r.seq, r.emoji
    UNION ALL
    SELECT n.conversation_id, n.seq, NULL, 0, FALSE, 0, n.person_id
    FROM jsonb_to_recordset($2) AS wanted (c uuid, s bigint)
    JOIN message_mention AS n ON n.school_id = $1 AND n.conversation_id = wanted.c AND n.seq = wanted.s",
    "SELECT r.conversation_id, r.seq, r.emoji, count(*) AS count, max(r.person_id = wanted.p) AS mine,
        min(r.reacted_us) AS first_us, NULL AS mentioned
    FROM (SELECT unhex(value ->> 'c', '-') AS c, value ->> 's' AS s, unhex(value ->> 'p', '-') AS p
        FROM json_each($2)) AS wanted
    CROSS JOIN message_reaction AS r ON r.school_id = $1 AND r.conversation_id = wanted.c AND r.seq = wanted.s
    GROUP BY r.conversation_id, r.seq, r.emoji
    UNION ALL
    SELECT n.conversation_id, n.seq, NULL, 0, FALSE, 0, n.person_id
    FROM (SELECT unhex(value ->> 'c', '-') AS c, value ->> 's' AS s FROM json_each($2)) AS wanted
    CROSS JOIN message_mention AS n ON n.school_id = $1 AND n.conversation_id = wanted.c AND n.seq = wanted.s",
);

#[derive(FromRow)]
struct HangingRow {
    conversation_id: Uuid,
    #[sqlx(try_from = "i64")]
    seq: Seq,
    emoji: Option<String>,
    #[sqlx(try_from = "i64")]
    count: u32,
    mine: bool,
    first_us: Micros,
    mentioned: Option<Uuid>,
}

/// Messages by their numbers, in no order, as those see them who want them.
pub(super) async fn wanted(
    tx: &mut Tx,
    school: SchoolId,
    wanted: &[Wanted],
) -> Result<Vec<Message>, Unavailable> {
    let rows: Vec<MessageRow> = tx.fetch_all(WANTED, [school.0.into(), Value::json(&wanted)?]).await?;
    let messages = rows.into_iter().map(MessageRow::into_bare).collect::<Result<_, _>>()?;
    hang(tx, school, messages, wanted).await
}

/// Rows with all that hangs on them, as `me` sees it; in their order.
pub(super) async fn whole(
    tx: &mut Tx,
    school: SchoolId,
    me: PersonId,
    rows: Vec<MessageRow>,
) -> Result<Vec<Message>, Unavailable> {
    let messages: Vec<Message> = rows.into_iter().map(MessageRow::into_bare).collect::<Result<_, _>>()?;
    let wanted: Vec<Wanted> =
        messages.iter().map(|message| Wanted::new(message.conversation, message.seq, me)).collect();
    hang(tx, school, messages, &wanted).await
}

async fn hang(
    tx: &mut Tx,
    school: SchoolId,
    mut messages: Vec<Message>,
    wanted: &[Wanted],
) -> Result<Vec<Message>, Unavailable> {
    if messages.is_empty() {
        return Ok(messages);
    }
    let mut rows: Vec<HangingRow> = tx.fetch_all(HANGING, [school.0.into(), Value::json(&wanted)?]).await?;
    rows.sort_by(|a, b| (a.first_us, &a.emoji, a.mentioned).cmp(&(b.first_us, &b.emoji, b.mentioned)));
    let mut by_message: HashMap<(Uuid, Seq), &mut Message> =
        messages.iter_mut().map(|message| ((message.conversation.0, message.seq), message)).collect();
    for row in rows {
        let Some(message) = by_message.get_mut(&(row.conversation_id, row.seq)) else { continue };
        if let Some(emoji) = row.emoji {
            message.reactions.push(Reaction { emoji, count: row.count, mine: row.mine });
        }
        message.mentions.extend(row.mentioned.map(PersonId));
    }
    Ok(messages)
}
