//! Messages that are there: reading them, and changing what hangs on them.

use super::{Chat, ChatError, Member, stands, view};
use crate::rules::body;
use crate::rules::emoji;
use crate::rules::rights::{ActRefusal, Deed, may_delete, may_edit, may_pin, may_react, may_see_edits};
use persistence::chat::{ChangeMessageError, Changed, Edit, Message as Kept, Place, Seq, Span};
use protocol::chat::{Event, Message};
use protocol::ids::ConversationId;

/// A part of a conversation, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether there are more behind them, in the direction that was asked for.
    pub more: bool,
    /// The conversation's last place.
    pub last_seq: u64,
}

/// Why a message is not changed when it is looked at in the transaction.
enum Refused {
    Hidden,
    By(ActRefusal),
}

impl Chat {
    /// Part of a conversation, or of one of its threads: the newest messages, or those before or after a place.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn history(
        &self,
        who: &Member,
        conversation: ConversationId,
        span: Span,
        thread: Option<u64>,
        limit: u32,
    ) -> Result<History, ChatError> {
        // Looked at before the messages: what comes in between is behind this place, and asked for again.
        let last_seq = self.see(who, conversation).await?.place.conversation.last_seq.0;
        let thread = thread.map(Seq);
        let found = self.records().history(who.school, conversation, who.person, span, thread, limit).await?;
        let messages = found.messages.into_iter().map(|kept| view::message(kept, who.person)).collect();
        Ok(History { messages, more: found.more, last_seq })
    }

    /// One message.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn message(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
    ) -> Result<Message, ChatError> {
        self.see(who, conversation).await?;
        Ok(view::message(self.kept(who, conversation, seq).await?, who.person))
    }

    /// Former texts of a message, the oldest first.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn edits(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
    ) -> Result<Vec<Edit>, ChatError> {
        let standing = self.see(who, conversation).await?.standing;
        let state = self.kept(who, conversation, seq).await?.state;
        if !may_see_edits(standing, state) {
            return Ok(Vec::new());
        }
        Ok(self.records().edits(who.school, conversation, Seq(seq)).await?)
    }

    /// What is pinned, the last pin first.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn pins(&self, who: &Member, conversation: ConversationId) -> Result<Vec<Message>, ChatError> {
        self.see(who, conversation).await?;
        let pins = self.records().pins(who.school, conversation, who.person).await?;
        Ok(pins.into_iter().map(|kept| view::message(kept, who.person)).collect())
    }

    /// Changes the text of the caller's own message.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]; [`ChatError::Invalid`]; [`ChatError::Act`]
    pub async fn edit(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
        body: &str,
    ) -> Result<Message, ChatError> {
        let body = body::body(body).map_err(|bad| ChatError::invalid("body", bad.to_string()))?;
        self.see(who, conversation).await?;
        self.paced(who)?;
        let now = self.now();
        let verdict = |place: &Place, kept: &Kept| {
            let deed = deed(who, place, kept)?;
            may_edit(&deed, now).map_err(Refused::By)
        };
        let records = self.records();
        let done = records.edit(who.school, conversation, Seq(seq), who.person, &body, now, &verdict).await;
        self.told(who, done).await
    }

    /// Takes a message away; doing it again changes nothing.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]; [`ChatError::Act`]
    pub async fn delete(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
    ) -> Result<Message, ChatError> {
        self.see(who, conversation).await?;
        let verdict = |place: &Place, kept: &Kept| {
            let deed = deed(who, place, kept)?;
            may_delete(&deed).map_err(Refused::By)
        };
        let (records, now) = (self.records(), self.now());
        let done = records.delete(who.school, conversation, Seq(seq), who.person, now, &verdict).await;
        self.told(who, done).await
    }

    /// Pins a message, or takes its pin away; doing it again changes nothing.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]; [`ChatError::Act`]; [`ChatError::TooMany`]
    pub async fn pin(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
        pinned: bool,
    ) -> Result<Message, ChatError> {
        self.see(who, conversation).await?;
        let verdict = |place: &Place, kept: &Kept| {
            let deed = deed(who, place, kept)?;
            may_pin(&deed, place.conversation.kind).map_err(Refused::By)
        };
        let (records, now) = (self.records(), self.now());
        let done = records.pin(who.school, conversation, Seq(seq), who.person, pinned, now, &verdict).await;
        self.told(who, done).await
    }

    /// Reacts to a message, or takes it back; doing it again changes nothing.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]; [`ChatError::Invalid`] for what is no emoji; [`ChatError::Act`]; [`ChatError::TooMany`]
    pub async fn react(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
        sent: &str,
        on: bool,
    ) -> Result<Message, ChatError> {
        let emoji = emoji::emoji(sent).map_err(|bad| ChatError::invalid("emoji", bad.to_string()))?;
        self.see(who, conversation).await?;
        self.paced(who)?;
        let verdict = |place: &Place, kept: &Kept| {
            let deed = deed(who, place, kept)?;
            may_react(&deed).map_err(Refused::By)
        };
        let (records, now) = (self.records(), self.now());
        let done =
            records.react(who.school, conversation, Seq(seq), who.person, emoji, on, now, &verdict).await;
        let Changed { message, changed } = done.map_err(refused)?;
        if changed {
            let told = view::for_all(message.clone());
            let event = Event::Reactions { seq, reactions: told.reactions, version: told.version };
            self.tell(who.school, conversation, &event).await;
        }
        Ok(view::message(message, who.person))
    }

    async fn kept(&self, who: &Member, conversation: ConversationId, seq: u64) -> Result<Kept, ChatError> {
        let kept = self.records().get(who.school, conversation, who.person, Seq(seq)).await?;
        kept.ok_or(ChatError::NotFound)
    }

    /// Tells of a change, if it is one, and shows the message to who made it.
    async fn told(
        &self,
        who: &Member,
        done: Result<Changed, ChangeMessageError<Refused>>,
    ) -> Result<Message, ChatError> {
        let Changed { message, changed } = done.map_err(refused)?;
        if changed {
            let event = Event::Message { message: Box::new(view::for_all(message.clone())) };
            self.tell(who.school, message.conversation, &event).await;
        }
        Ok(view::message(message, who.person))
    }
}

fn deed(who: &Member, place: &Place, kept: &Kept) -> Result<Deed, Refused> {
    let standing = stands(who, place).ok_or(Refused::Hidden)?;
    let own = kept.sender.id == who.person;
    Ok(Deed { standing, own, state: kept.state, sent_at: kept.sent_at })
}

fn refused(error: ChangeMessageError<Refused>) -> ChatError {
    match error {
        ChangeMessageError::UnknownMessage | ChangeMessageError::Refused(Refused::Hidden) => {
            ChatError::NotFound
        }
        ChangeMessageError::Deleted => ChatError::Act(ActRefusal::Deleted),
        ChangeMessageError::TooManyPins { most } => ChatError::TooMany { code: "too_many_pins", most },
        ChangeMessageError::TooManyReactions { most } => {
            ChatError::TooMany { code: "too_many_reactions", most }
        }
        ChangeMessageError::Refused(Refused::By(refusal)) => ChatError::Act(refusal),
        ChangeMessageError::Unavailable(error) => error.into(),
    }
}
