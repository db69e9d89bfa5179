//! Finding messages again.

use super::{Chat, ChatError, Member, view};
use crate::rules::highlight::{Fragment, fragments, searched};
use persistence::chat::Seq;
use protocol::chat::Message;
use protocol::ids::ConversationId;

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// All of it.
    pub message: Message,
    /// The part of its text around what was found.
    pub fragments: Vec<Fragment>,
}

/// Messages that were found, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finds {
    /// They.
    pub items: Vec<Find>,
    /// How far was looked; more is found before it. None when all was.
    pub searched_to: Option<u64>,
}

impl Chat {
    /// Looks for messages that have all words of a query, the last one also as the beginning of a word, before a place.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]; [`ChatError::Invalid`]
    pub async fn search(
        &self,
        who: &Member,
        conversation: ConversationId,
        query: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Finds, ChatError> {
        self.see(who, conversation).await?;
        let words = searched(query).map_err(|bad| ChatError::invalid("q", bad.to_string()))?;
        let before = before.map(Seq);
        let found = self.records().search(who.school, conversation, who.person, query, before, limit).await?;
        let items = found.messages.into_iter().map(|kept| Find {
            fragments: fragments(&kept.body, &words),
            message: view::message(kept, who.person),
        });
        Ok(Finds { items: items.collect(), searched_to: found.searched_to.map(|seq| seq.0) })
    }
}
