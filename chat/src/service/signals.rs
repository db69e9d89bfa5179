//! What passes and is kept nowhere: who writes.

use super::{Chat, ChatError, Member};
use protocol::chat::Signal;
use protocol::ids::ConversationId;

/// How long somebody is shown as writing unless they are told to still, milliseconds.
const WRITING_MS: u64 = 6_000;

impl Chat {
    /// The caller writes, or no longer. Told at most every two seconds, and in conversations of few; else dropped.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn typing(
        &self,
        who: &Member,
        conversation: ConversationId,
        writes: bool,
    ) -> Result<(), ChatError> {
        let key = (who.school, who.person, conversation);
        // Whoever stops is heard at once: it is told once.
        if writes && self.typing.take(key, tokio::time::Instant::now()).is_err() {
            return Ok(());
        }
        let seen = self.see(who, conversation).await?;
        if !seen.standing.reads_only() && self.is_of_few(who.school, conversation).await? {
            let until_ms = self.node.clock.now_ms() + if writes { WRITING_MS } else { 0 };
            self.signal(who.school, conversation, Signal::Typing { person: who.person, until_ms }).await;
        }
        Ok(())
    }
}
