//! Finding messages by their words.
//!
//! On Postgres the words of one message after the other are looked at, in a stretch of the conversation: row-level security
//! lets no index serve a condition that might tell of rows that nobody may see, and the match of words counts as such.

use super::ChatRecords;
use super::conversation::Seq;
use super::message::{self, Message, MessageRow, message_columns, message_sender};
use super::words::{Word, words};
use crate::Unavailable;
use crate::db::Sql;
use protocol::ids::{ConversationId, PersonId, SchoolId};

/// Messages that one request looks at.
const STRETCH: i64 = 20_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The newest first.
    pub messages: Vec<Message>,
    /// What comes before this one was not looked at; none once all was.
    pub searched_to: Option<Seq>,
}

const NEWEST: &str = "SELECT last_seq FROM conversation WHERE school_id = $1 AND conversation_id = $2";

const FIND: Sql = Sql::each(
    concat!(
        "SELECT ",
        message_columns!(),
        " FROM message AS m",
        message_sender!(),
        "WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.seq < $3 AND m.seq >= $4
            AND m.words @@ $5::text::tsquery
        ORDER BY m.seq DESC LIMIT $6"
    ),
    concat!(
        "SELECT ",
        message_columns!(),
        " FROM message AS m",
        message_sender!(),
        "WHERE m.message_row IN (SELECT rowid FROM message_word WHERE message_word MATCH $5)
            AND m.school_id = $1 AND m.conversation_id = $2 AND m.seq < $3 AND m.seq >= $4
        ORDER BY m.seq DESC LIMIT $6"
    ),
);

/// Words have no quotes or operators in them.
fn for_postgres(words: &[Word]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{}'", word.folded)).collect();
    format!("{}:*", words.join(" & "))
}

fn for_sqlite(conversation: ConversationId, words: &[Word]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.folded)).collect();
    format!("conversation : \"{}\" AND words : ({} *)", conversation.0.simple(), words.join(" AND "))
}

impl ChatRecords {
    /// At most so many messages of a conversation that have all the words of a text, in any case; the last word may be the
    /// beginning of one. Looks at the 20,000 messages before `before`, or at the newest ones. Without a word nothing is
    /// found.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn search(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        me: PersonId,
        text: &str,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Found, Unavailable> {
        let words: Vec<Word> = words(text).into_iter().filter(|word| !word.folded.is_empty()).collect();
        let mut tx = self.db.read(school).await?;
        let newest: Option<(i64,)> =
            tx.fetch_optional(NEWEST, [school.0.into(), conversation.0.into()]).await?;
        let Some((newest,)) = newest.filter(|_| !words.is_empty()) else { return Ok(Found::default()) };
        let end = before.map_or(i64::MAX, Seq::column).min(newest.saturating_add(1));
        let start = end.saturating_sub(STRETCH).max(1);
        let query = match &self.db {
            crate::db::Db::Postgres(_) => for_postgres(&words),
            crate::db::Db::Sqlite(_) => for_sqlite(conversation, &words),
        };
        let values = [
            school.0.into(),
            conversation.0.into(),
            end.into(),
            start.into(),
            query.into(),
            (i64::from(limit) + 1).into(),
        ];
        let mut rows: Vec<MessageRow> = tx.fetch_all(FIND, values).await?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let messages = message::whole(&mut tx, school, me, rows).await?;
        tx.commit().await?;
        let searched_to = match messages.last() {
            Some(last) if more => Some(last.seq),
            _ => Seq::optional((start > 1).then_some(start)),
        };
        Ok(Found { messages, searched_to })
    }
}
