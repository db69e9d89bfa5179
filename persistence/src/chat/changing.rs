//! What becomes of a message after it was sent. Each change makes a version of it.

use super::ChatRecords;
use super::conversation::{Place, Seq, lock, place};
use super::message::{self, Message, MessageState, Wanted};
use super::words;
use crate::audit::{self, AuditAction, AuditSubject, Change};
use crate::db::{Sql, Tx, Value};
use crate::{Micros, Unavailable};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use serde_json::json;
use uuid::Uuid;

/// Most pinned messages of a conversation.
pub const MAX_PINS: usize = 50;
/// Most different reactions to a message.
pub const MAX_REACTIONS: usize = 20;

/// Says whether a person may change a message. Neither changes while it is asked.
pub type Verdict<'d, R> = &'d (dyn Fn(&Place, &Message) -> Result<(), R> + Sync);

/// A message after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// As it is now, seen by who changed it.
    pub message: Message,
    /// Whether it was otherwise before. If not, it is at the same version.
    pub changed: bool,
}

/// Why a message was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeMessageError<R> {
    /// The school has no such message, or lacks the person.
    #[error("the conversation has no such message; look at it again")]
    UnknownMessage,
    /// It says nothing any more.
    #[error("the message was deleted; leave it")]
    Deleted,
    /// Too many pins.
    #[error("a conversation has {most} pinned messages at most; take one down first")]
    TooManyPins {
        /// How many it has at most.
        most: usize,
    },
    /// Too many reactions.
    #[error("a message has {most} different reactions at most; take one of those")]
    TooManyReactions {
        /// How many it has at most.
        most: usize,
    },
    /// The rule says no.
    #[error("{0}")]
    Refused(R),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl<R> ChangeMessageError<R> {
    /// Stable name; that of a refusal is the rule's own.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownMessage => "unknown_message",
            Self::Deleted => "deleted",
            Self::TooManyPins { .. } => "too_many_pins",
            Self::TooManyReactions { .. } => "too_many_reactions",
            Self::Refused(_) => "refused",
            Self::Unavailable(error) => error.code(),
        }
    }
}

impl<R> From<sqlx::Error> for ChangeMessageError<R> {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

const LOCK: Sql = Sql::each(
    "SELECT version FROM message WHERE school_id = $1 AND conversation_id = $2 AND seq = $3 FOR NO KEY UPDATE",
    "SELECT version FROM message WHERE school_id = $1 AND conversation_id = $2 AND seq = $3",
);

const KEEP_EDIT: &str = "
    INSERT INTO message_edit (school_id, conversation_id, seq, version, body, edited_us)
    SELECT school_id, conversation_id, seq, version, body, $4 FROM message
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3";

const EDIT: Sql = Sql::each(
    "UPDATE message SET body = $4, words = array_to_tsvector(string_to_array($5, ' ')), edited_us = $6,
        version = version + 1
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3",
    "UPDATE message SET body = $4, words = $5, edited_us = $6, version = version + 1
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3",
);

const DELETE: &str = "
    UPDATE message SET body = '', words = '', everyone = FALSE, state = 'deleted', pinned_us = NULL,
        pinned_by = NULL, version = version + 1
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3";

const DROP_REACTIONS: &str = "
    DELETE FROM message_reaction WHERE school_id = $1 AND conversation_id = $2 AND seq = $3";

/// For those who have not read it.
const TAKE_MENTIONS_BACK: &str = "
    UPDATE conversation_member SET mentions = mentions - 1
    WHERE school_id = $1 AND conversation_id = $2 AND read_seq < $3 AND mentions > 0 AND person_id IN (
        SELECT person_id FROM message_mention WHERE school_id = $1 AND conversation_id = $2 AND seq = $3)";

const DROP_MENTIONS: &str = "
    DELETE FROM message_mention WHERE school_id = $1 AND conversation_id = $2 AND seq = $3";

const COUNT_PINS: &str = "
    SELECT count(*) FROM message
    WHERE school_id = $1 AND conversation_id = $2 AND pinned_us IS NOT NULL";

const PIN: &str = "
    UPDATE message SET pinned_us = $4, pinned_by = $5, version = version + 1
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3";

const REACT: &str = "
    INSERT INTO message_reaction (school_id, conversation_id, seq, emoji, person_id, reacted_us)
    VALUES ($1, $2, $3, $4, $5, $6)";

const TAKE_REACTION_BACK: &str = "
    DELETE FROM message_reaction
    WHERE school_id = $1 AND conversation_id = $2 AND seq = $3 AND emoji = $4 AND person_id = $5";

const COUNT_VERSION: &str = "
    UPDATE message SET version = version + 1 WHERE school_id = $1 AND conversation_id = $2 AND seq = $3";

/// A message that a transaction holds.
struct Held {
    tx: Tx,
    school: SchoolId,
    by: PersonId,
    message: Message,
    place: Place,
}

impl Held {
    fn values<'v, const N: usize>(&self, more: [Value<'v>; N]) -> Vec<Value<'v>> {
        let message = &self.message;
        let mut values = vec![self.school.0.into(), message.conversation.0.into(), message.seq.into()];
        values.extend(more);
        values
    }

    /// Nothing was to be done.
    fn unchanged(self) -> Changed {
        Changed { message: self.message, changed: false }
    }

    async fn commit<R>(mut self) -> Result<Changed, ChangeMessageError<R>> {
        let wanted = [Wanted::new(self.message.conversation, self.message.seq, self.by)];
        let message = message::wanted(&mut self.tx, self.school, &wanted).await?.into_iter().next();
        self.tx.commit().await?;
        Ok(Changed { message: message.ok_or(ChangeMessageError::UnknownMessage)?, changed: true })
    }
}

impl ChatRecords {
    /// Changes what a message says, and keeps what it said.
    ///
    /// # Errors
    /// [`ChangeMessageError`]; nothing was changed then.
    #[expect(clippy::too_many_arguments, reason = "who, where, what and by which rule")]
    pub async fn edit<R: Send>(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        seq: Seq,
        by: PersonId,
        body: &str,
        now: Micros,
        verdict: Verdict<'_, R>,
    ) -> Result<Changed, ChangeMessageError<R>> {
        let tx = self.db.write(school).await?;
        let mut held = hold(tx, school, conversation, seq, by, verdict).await?;
        if held.message.state == MessageState::Deleted {
            return Err(ChangeMessageError::Deleted);
        }
        if held.message.body == body {
            return Ok(held.unchanged());
        }
        let values = held.values([now.into()]);
        held.tx.execute(KEEP_EDIT, values).await?;
        let values = held.values([body.into(), words::column(body).into(), now.into()]);
        held.tx.execute(EDIT, values).await?;
        held.commit().await
    }

    /// Deletes what a message says; its number stays, and its texts stay among its edits. If it was another's, in a class,
    /// it goes into the audit log.
    ///
    /// # Errors
    /// [`ChangeMessageError`]; nothing was changed then.
    pub async fn delete<R: Send>(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        seq: Seq,
        by: PersonId,
        now: Micros,
        verdict: Verdict<'_, R>,
    ) -> Result<Changed, ChangeMessageError<R>> {
        let tx = self.locked(school, conversation).await?;
        let mut held = hold(tx, school, conversation, seq, by, verdict).await?;
        if held.message.state == MessageState::Deleted {
            return Ok(held.unchanged());
        }
        let values = held.values([now.into()]);
        held.tx.execute(KEEP_EDIT, values).await?;
        for sql in [DELETE, DROP_REACTIONS, TAKE_MENTIONS_BACK, DROP_MENTIONS] {
            let values = held.values([]);
            held.tx.execute(sql, values).await?;
        }
        let sender = held.message.sender.id;
        if let Some(class) = held.place.conversation.class.filter(|_| sender != by) {
            let detail = json!({ "conversation": conversation, "seq": seq, "message": held.message.id });
            let (action, subject) = (AuditAction::MessageDeleted, AuditSubject::Person(sender));
            let change = [Change { action, subject, class, detail }];
            audit::write(&mut held.tx, school, Some(by), now, &change).await?;
        }
        held.commit().await
    }

    /// Pins a message or takes the pin away.
    ///
    /// # Errors
    /// [`ChangeMessageError`]; nothing was changed then.
    #[expect(clippy::too_many_arguments, reason = "who, where, what and by which rule")]
    pub async fn pin<R: Send>(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        seq: Seq,
        by: PersonId,
        pinned: bool,
        now: Micros,
        verdict: Verdict<'_, R>,
    ) -> Result<Changed, ChangeMessageError<R>> {
        let tx = self.locked(school, conversation).await?;
        let mut held = hold(tx, school, conversation, seq, by, verdict).await?;
        if held.message.state == MessageState::Deleted {
            return Err(ChangeMessageError::Deleted);
        }
        if held.message.pinned.is_some() == pinned {
            return Ok(held.unchanged());
        }
        if pinned {
            let values = [school.0.into(), conversation.0.into()];
            let (pins,): (i64,) = held.tx.fetch_one(COUNT_PINS, values).await?;
            if usize::try_from(pins).unwrap_or(usize::MAX) >= MAX_PINS {
                return Err(ChangeMessageError::TooManyPins { most: MAX_PINS });
            }
        }
        let at: Option<i64> = pinned.then_some(now.0);
        let by: Option<Uuid> = pinned.then_some(by.0);
        let values = held.values([at.into(), by.into()]);
        held.tx.execute(PIN, values).await?;
        held.commit().await
    }

    /// Gives a person's reaction to a message or takes it back.
    ///
    /// # Errors
    /// [`ChangeMessageError`]; nothing was changed then.
    #[expect(clippy::too_many_arguments, reason = "who, where, what and by which rule")]
    pub async fn react<R: Send>(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        seq: Seq,
        by: PersonId,
        emoji: &str,
        on: bool,
        now: Micros,
        verdict: Verdict<'_, R>,
    ) -> Result<Changed, ChangeMessageError<R>> {
        let tx = self.db.write(school).await?;
        let mut held = hold(tx, school, conversation, seq, by, verdict).await?;
        if held.message.state == MessageState::Deleted {
            return Err(ChangeMessageError::Deleted);
        }
        let given = held.message.reactions.iter().find(|reaction| reaction.emoji == emoji);
        if given.is_some_and(|reaction| reaction.mine) == on {
            return Ok(held.unchanged());
        }
        if on && given.is_none() && held.message.reactions.len() >= MAX_REACTIONS {
            return Err(ChangeMessageError::TooManyReactions { most: MAX_REACTIONS });
        }
        if on {
            let values = held.values([emoji.into(), by.0.into(), now.into()]);
            held.tx.execute(REACT, values).await?;
        } else {
            let values = held.values([emoji.into(), by.0.into()]);
            held.tx.execute(TAKE_REACTION_BACK, values).await?;
        }
        let values = held.values([]);
        held.tx.execute(COUNT_VERSION, values).await?;
        held.commit().await
    }

    /// A transaction that holds a conversation: what it does to several of its rows, nobody else does meanwhile.
    async fn locked(&self, school: SchoolId, conversation: ConversationId) -> Result<Tx, Unavailable> {
        let mut tx = self.db.write(school).await?;
        lock(&mut tx, school, conversation).await?;
        Ok(tx)
    }
}

/// Makes other changes of a message wait, and asks whether this one may be.
async fn hold<R: Send>(
    mut tx: Tx,
    school: SchoolId,
    conversation: ConversationId,
    seq: Seq,
    by: PersonId,
    verdict: Verdict<'_, R>,
) -> Result<Held, ChangeMessageError<R>> {
    let values = [school.0.into(), conversation.0.into(), seq.into()];
    let version: Option<(i64,)> = tx.fetch_optional(LOCK, values).await?;
    version.ok_or(ChangeMessageError::UnknownMessage)?;
    let wanted = [Wanted::new(conversation, seq, by)];
    let message = message::wanted(&mut tx, school, &wanted).await?.into_iter().next();
    let message = message.ok_or(ChangeMessageError::UnknownMessage)?;
    let place = place(&mut tx, school, conversation, by).await?.ok_or(ChangeMessageError::UnknownMessage)?;
    verdict(&place, &message).map_err(ChangeMessageError::Refused)?;
    Ok(Held { tx, school, by, message, place })
}
