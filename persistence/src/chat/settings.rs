//! What a conversation is called and who may say what in it.

use super::ChatRecords;
use super::conversation::{Conversation, Mode, lock};
use crate::audit::{self, AuditAction, AuditSubject, Change};
use crate::db::Value;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use serde_json::json;

/// What can be set of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Title, as shown; a direct one has none.
    pub title: Option<String>,
    /// Who may say what.
    pub mode: Mode,
    /// Seconds between two messages of a student in [`Mode::Slow`].
    pub slow_s: u32,
}

/// Why a conversation was not set up anew.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// Somebody was faster.
    #[error("the conversation is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such conversation.
    #[error("the school has no such conversation; look at the list again")]
    UnknownConversation,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ConfigureError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownConversation => "unknown_conversation",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CONFIGURE: &str = "
    UPDATE conversation SET title = $3, mode = $4, slow_s = $5, version = version + 1
    WHERE school_id = $1 AND conversation_id = $2";

impl ChatRecords {
    /// Sets a conversation up anew, if `expected` is still its version. In a class it goes into the audit log.
    ///
    /// # Errors
    /// [`ConfigureError`]; nothing was changed then.
    pub async fn configure(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        expected: u32,
        settings: &Settings,
        by: PersonId,
        now: Micros,
    ) -> Result<Conversation, ConfigureError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let before = lock(&mut tx, school, conversation).await?.ok_or(ConfigureError::UnknownConversation)?;
        if before.version != expected {
            return Err(ConfigureError::Conflict { current: before.version });
        }
        let values = [
            school.0.into(),
            conversation.0.into(),
            Value::Text(settings.title.as_deref().map(Into::into)),
            column_word::write(settings.mode)?.into(),
            settings.slow_s.into(),
        ];
        tx.execute(CONFIGURE, values).await.map_err(Unavailable::from)?;
        if let Some(class) = before.class {
            let detail = json!({
                "conversation": conversation, "title": settings.title, "mode": settings.mode, "slow_s": settings.slow_s,
            });
            let (action, subject) = (AuditAction::ConversationConfigured, AuditSubject::Class(class));
            audit::write(&mut tx, school, Some(by), now, &[Change { action, subject, class, detail }])
                .await?;
        }
        tx.commit().await.map_err(Unavailable::from)?;
        let Settings { title, mode, slow_s } = settings.clone();
        Ok(Conversation { title, mode, slow_s, version: expected + 1, ..before })
    }
}
