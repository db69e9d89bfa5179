//! How far people have read, and until when they want to hear nothing.

use super::{Chat, ChatError, Member};
use crate::rules::rights::FEW;
use persistence::Micros;
use persistence::chat::{Marks, Readers, Seq};
use protocol::chat::Signal;
use protocol::ids::{ConversationId, SchoolId};

impl Chat {
    /// The caller has read all up to a place. Places only grow, up to the last message.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn read(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
    ) -> Result<Marks, ChatError> {
        self.see(who, conversation).await?;
        let marks = self.records().read(who.school, conversation, who.person, Seq(seq), self.now()).await?;
        let marks = marks.ok_or(ChatError::NotFound)?;
        if marks.changed && self.is_of_few(who.school, conversation).await? {
            let read = Signal::Read { person: who.person, seq: marks.read_seq.0 };
            self.signal(who.school, conversation, read).await;
        }
        Ok(marks)
    }

    /// Messages up to a place have reached a device of the caller.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn delivered(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
    ) -> Result<Marks, ChatError> {
        self.see(who, conversation).await?;
        let marks =
            self.records().delivered(who.school, conversation, who.person, Seq(seq), self.now()).await?;
        let marks = marks.ok_or(ChatError::NotFound)?;
        if marks.changed && self.is_of_few(who.school, conversation).await? {
            let delivered = Signal::Delivered { person: who.person, seq: marks.delivered_seq.0 };
            self.signal(who.school, conversation, delivered).await;
        }
        Ok(marks)
    }

    /// How many have a message, and how many have read it; without its sender.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn readers(
        &self,
        who: &Member,
        conversation: ConversationId,
        seq: u64,
    ) -> Result<Readers, ChatError> {
        self.see(who, conversation).await?;
        let readers = self.records().readers(who.school, conversation, Seq(seq)).await?;
        readers.ok_or(ChatError::NotFound)
    }

    /// The caller wants to hear of mentions only, until a time; none: of everything.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn mute(
        &self,
        who: &Member,
        conversation: ConversationId,
        until_ms: Option<u64>,
    ) -> Result<(), ChatError> {
        self.see(who, conversation).await?;
        let until = until_ms.map(Micros::from_millis);
        let done = self.records().mute(who.school, conversation, who.person, until, self.now()).await?;
        if done { Ok(()) } else { Err(ChatError::NotFound) }
    }

    /// Whether each one is told of the others' reading and writing.
    pub(super) async fn is_of_few(
        &self,
        school: SchoolId,
        conversation: ConversationId,
    ) -> Result<bool, ChatError> {
        let most = u32::try_from(FEW + 1).unwrap_or(u32::MAX);
        Ok(self.records().audience(school, conversation, most).await?.len() <= FEW)
    }
}
