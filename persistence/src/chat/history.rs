//! What was said, page by page.

use super::ChatRecords;
use super::conversation::Seq;
use super::message::{self, Message, MessageRow, Wanted, message_columns, message_sender};
use crate::{Micros, Unavailable};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use sqlx::FromRow;

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Its end.
    Newest,
    /// What comes before this one.
    Before(Seq),
    /// What comes after this one.
    After(Seq),
}

/// Messages that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// By their numbers.
    pub messages: Vec<Message>,
    /// Whether there are more on the side that the span leads to.
    pub more: bool,
}

/// What a message said before.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Edit {
    /// The last version of the message that said it.
    #[sqlx(try_from = "i64")]
    pub version: u32,
    /// What.
    pub body: String,
    /// When it was replaced.
    #[sqlx(rename = "edited_us")]
    pub at: Micros,
}

// Each reads an index from where it begins. Those of threads have one of their own.

const BEFORE: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM message AS m",
    message_sender!(),
    "WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.seq < $3 ORDER BY m.seq DESC LIMIT $4"
);

const AFTER: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM message AS m",
    message_sender!(),
    "WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4"
);

const THREAD_BEFORE: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM message AS m",
    message_sender!(),
    "WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.thread_seq = $5 AND m.seq < $3
    ORDER BY m.seq DESC LIMIT $4"
);

const THREAD_AFTER: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM message AS m",
    message_sender!(),
    "WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.thread_seq = $5 AND m.seq > $3
    ORDER BY m.seq LIMIT $4"
);

const PINNED: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM message AS m",
    message_sender!(),
    "WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.pinned_us IS NOT NULL
    ORDER BY m.pinned_us DESC, m.seq DESC"
);

const EDITS: &str = "
    SELECT version, body, edited_us FROM message_edit
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3 ORDER BY version";

impl ChatRecords {
    /// At most so many messages of a conversation, or of one of its threads without the root; as `me` sees them.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn history(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        me: PersonId,
        span: Span,
        thread: Option<Seq>,
        limit: u32,
    ) -> Result<History, Unavailable> {
        let (from, forward) = match span {
            Span::Newest => (Seq(u64::MAX), false),
            Span::Before(seq) => (seq, false),
            Span::After(seq) => (seq, true),
        };
        let mut values =
            vec![school.0.into(), conversation.0.into(), from.into(), (i64::from(limit) + 1).into()];
        values.extend(thread.map(Into::into));
        let sql = match (thread.is_some(), forward) {
            (false, false) => BEFORE,
            (false, true) => AFTER,
            (true, false) => THREAD_BEFORE,
            (true, true) => THREAD_AFTER,
        };
        let mut tx = self.db.read(school).await?;
        let mut rows: Vec<MessageRow> = tx.fetch_all(sql, values).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if !forward {
            rows.reverse();
        }
        let messages = message::whole(&mut tx, school, me, rows).await?;
        tx.commit().await?;
        Ok(History { messages, more })
    }

    /// One message, as `me` sees it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        me: PersonId,
        seq: Seq,
    ) -> Result<Option<Message>, Unavailable> {
        let mut tx = self.db.read(school).await?;
        let found = message::wanted(&mut tx, school, &[Wanted::new(conversation, seq, me)]).await?;
        tx.commit().await?;
        Ok(found.into_iter().next())
    }

    /// What a message said before, the oldest first; of one that was deleted its last text, too.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn edits(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Vec<Edit>, Unavailable> {
        let values = [school.0.into(), conversation.0.into(), seq.into()];
        Ok(self.db.fetch_all(school, EDITS, values).await?)
    }

    /// The pinned messages of a conversation, the last to be pinned first, as `me` sees them.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn pins(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        me: PersonId,
    ) -> Result<Vec<Message>, Unavailable> {
        let mut tx = self.db.read(school).await?;
        let rows: Vec<MessageRow> = tx.fetch_all(PINNED, [school.0.into(), conversation.0.into()]).await?;
        let messages = message::whole(&mut tx, school, me, rows).await?;
        tx.commit().await?;
        Ok(messages)
    }
}
