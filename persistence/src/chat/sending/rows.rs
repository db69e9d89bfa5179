//! Statements of sending. Reading ones take many keys as one JSON value, writing ones an array for each column. `CROSS` tells
//! SQLite to begin with the keys; by its own choice it would begin with all rows of a school.

use super::batch::Referrals;
use super::{Draft, Referred};
use crate::chat::conversation::{Seq, place_columns, place_tables};
use crate::chat::message::Wanted;
use crate::db::Sql;
use crate::{Unavailable, column_word};
use protocol::ids::{ConversationId, PersonId};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

/// In the order of the ids, so that no two batches wait for each other. Keys that point to them may be made meanwhile.
pub(super) const LOCK: Sql = Sql::each(
    "SELECT conversation_id FROM conversation WHERE school_id = $1
        AND conversation_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
    ORDER BY conversation_id FOR NO KEY UPDATE",
    "SELECT conversation_id FROM conversation WHERE school_id = $1
        AND conversation_id IN (SELECT unhex(value) FROM json_each($2))",
);

/// A person in a conversation.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Pair {
    pub(super) c: Uuid,
    pub(super) p: Uuid,
}

pub(super) const PLACES: Sql = Sql::each(
    concat!(
        "SELECT ",
        place_columns!(),
        " FROM jsonb_to_recordset($2) AS wanted (c uuid, p uuid)
        JOIN conversation AS c ON c.school_id = $1 AND c.conversation_id = wanted.c
        JOIN person AS p ON p.school_id = $1 AND p.person_id = wanted.p ",
        place_tables!(),
    ),
    concat!(
        "SELECT ",
        place_columns!(),
        " FROM (SELECT unhex(value ->> 'c', '-') AS c, unhex(value ->> 'p', '-') AS p FROM json_each($2)) AS wanted
        CROSS JOIN conversation AS c ON c.school_id = $1 AND c.conversation_id = wanted.c
        CROSS JOIN person AS p ON p.school_id = $1 AND p.person_id = wanted.p ",
        place_tables!(),
    ),
);

/// What a message is known by before it has a number.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Nonce {
    c: Uuid,
    p: Uuid,
    n: Uuid,
}

impl Nonce {
    pub(super) fn of(draft: &Draft) -> Self {
        Self { c: draft.conversation.0, p: draft.sender.0, n: draft.nonce }
    }
}

pub(super) const KNOWN: Sql = Sql::each(
    "SELECT m.conversation_id, m.seq, m.sender_id FROM jsonb_to_recordset($2) AS wanted (c uuid, p uuid, n uuid)
    JOIN message AS m ON m.school_id = $1 AND m.conversation_id = wanted.c AND m.sender_id = wanted.p
        AND m.nonce = wanted.n",
    "SELECT m.conversation_id, m.seq, m.sender_id FROM (SELECT unhex(value ->> 'c', '-') AS c,
        unhex(value ->> 'p', '-') AS p, unhex(value ->> 'n', '-') AS n FROM json_each($2)) AS wanted
    CROSS JOIN message AS m ON m.school_id = $1 AND m.conversation_id = wanted.c AND m.sender_id = wanted.p
        AND m.nonce = wanted.n",
);

#[derive(FromRow)]
pub(super) struct KnownRow {
    conversation_id: Uuid,
    #[sqlx(try_from = "i64")]
    seq: Seq,
    sender_id: Uuid,
}

impl KnownRow {
    pub(super) fn wanted(&self) -> Wanted {
        Wanted::new(ConversationId(self.conversation_id), self.seq, PersonId(self.sender_id))
    }
}

/// A message that a draft refers to.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Reference {
    pub(super) c: Uuid,
    pub(super) s: i64,
}

pub(super) const REFERRED: Sql = Sql::each(
    "SELECT m.conversation_id, m.seq, root.seq AS root_seq, root.sender_id, root.state
    FROM jsonb_to_recordset($2) AS wanted (c uuid, s bigint)
    JOIN message AS m ON m.school_id = $1 AND m.conversation_id = wanted.c AND m.seq = wanted.s
    JOIN message AS root ON root.school_id = $1 AND root.conversation_id = m.conversation_id
        AND root.seq = COALESCE(m.thread_seq, m.seq)",
    "SELECT m.conversation_id, m.seq, root.seq AS root_seq, root.sender_id, root.state
    FROM (SELECT unhex(value ->> 'c', '-') AS c, value ->> 's' AS s FROM json_each($2)) AS wanted
    CROSS JOIN message AS m ON m.school_id = $1 AND m.conversation_id = wanted.c AND m.seq = wanted.s
    CROSS JOIN message AS root ON root.school_id = $1 AND root.conversation_id = m.conversation_id
        AND root.seq = COALESCE(m.thread_seq, m.seq)",
);

#[derive(FromRow)]
pub(super) struct ReferredRow {
    conversation_id: Uuid,
    #[sqlx(try_from = "i64")]
    seq: Seq,
    #[sqlx(try_from = "i64")]
    root_seq: Seq,
    sender_id: Uuid,
    state: String,
}

impl ReferredRow {
    pub(super) fn into_referral(self) -> Result<<Referrals as IntoIterator>::Item, Unavailable> {
        let root = Referred {
            seq: self.root_seq,
            sender: PersonId(self.sender_id),
            state: column_word::read(&self.state)?,
        };
        Ok(((ConversationId(self.conversation_id), self.seq), root))
    }
}

pub(super) const SEND: Sql = Sql::each(
    "INSERT INTO message (school_id, conversation_id, seq, message_id, sender_id, nonce, thread_seq, reply_seq, body,
        words, everyone, sent_us)
    SELECT $1, t.conversation_id, t.seq, t.message_id, t.sender_id, t.nonce, t.thread_seq, t.reply_seq, t.body,
        array_to_tsvector(string_to_array(t.words, ' ')), t.everyone, t.sent_us
    FROM UNNEST($2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[],
        $9::text[], $10::text[], $11::boolean[], $12::bigint[])
        AS t (conversation_id, seq, message_id, sender_id, nonce, thread_seq, reply_seq, body, words, everyone, sent_us)",
    "INSERT INTO message (school_id, conversation_id, seq, message_id, sender_id, nonce, thread_seq, reply_seq, body,
        words, everyone, sent_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);

/// Clocks of nodes differ, and no conversation becomes less recent by that.
pub(super) const COUNT: Sql = Sql::each(
    "UPDATE conversation SET last_seq = t.last_seq, active_us = GREATEST(active_us, t.at)
    FROM UNNEST($2::uuid[], $3::bigint[], $4::bigint[]) AS t (id, last_seq, at)
    WHERE school_id = $1 AND conversation_id = t.id",
    "UPDATE conversation SET last_seq = $3, active_us = max(active_us, $4)
    WHERE school_id = $1 AND conversation_id = $2",
);

/// Who sends something has read what was there, mentions included. In that of a class it may be the first row.
pub(super) const MARK: Sql = Sql::each(
    "INSERT INTO conversation_member AS m (school_id, conversation_id, person_id, read_seq, delivered_seq, mentions,
        joined_us, last_sent_us)
    SELECT $1, t.conversation_id, t.person_id, t.sent, t.sent, t.mentions, t.at,
        CASE WHEN t.sent > 0 THEN t.at END
    FROM UNNEST($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[])
        AS t (conversation_id, person_id, sent, mentions, at)
    ON CONFLICT (school_id, conversation_id, person_id) DO UPDATE SET
        read_seq = GREATEST(m.read_seq, excluded.read_seq),
        delivered_seq = GREATEST(m.delivered_seq, excluded.delivered_seq),
        mentions = excluded.mentions + CASE WHEN excluded.read_seq > 0 THEN 0 ELSE m.mentions END,
        last_sent_us = COALESCE(excluded.last_sent_us, m.last_sent_us)",
    "INSERT INTO conversation_member AS m (school_id, conversation_id, person_id, read_seq, delivered_seq, mentions,
        joined_us, last_sent_us)
    VALUES ($1, $2, $3, $4, $4, $5, $6, CASE WHEN $4 > 0 THEN $6 END)
    ON CONFLICT (school_id, conversation_id, person_id) DO UPDATE SET
        read_seq = max(m.read_seq, excluded.read_seq),
        delivered_seq = max(m.delivered_seq, excluded.delivered_seq),
        mentions = excluded.mentions + CASE WHEN excluded.read_seq > 0 THEN 0 ELSE m.mentions END,
        last_sent_us = COALESCE(excluded.last_sent_us, m.last_sent_us)",
);

pub(super) const GROW: Sql = Sql::each(
    "UPDATE message SET replies = replies + t.grown, last_reply_seq = t.last, version = version + 1
    FROM UNNEST($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) AS t (id, root, grown, last)
    WHERE school_id = $1 AND conversation_id = t.id AND seq = t.root",
    "UPDATE message SET replies = replies + $4, last_reply_seq = $5, version = version + 1
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3",
);

pub(super) const MENTION: Sql = Sql::each(
    "INSERT INTO message_mention (school_id, conversation_id, seq, person_id)
    SELECT $1, t.* FROM UNNEST($2::uuid[], $3::bigint[], $4::uuid[]) AS t",
    "INSERT INTO message_mention (school_id, conversation_id, seq, person_id) VALUES ($1, $2, $3, $4)",
);
