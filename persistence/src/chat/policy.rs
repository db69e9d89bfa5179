//! Who may begin to write to whom in a school.

use super::ChatRecords;
use crate::{Unavailable, column_word};
pub use protocol::chat::DirectPolicy;
use protocol::ids::SchoolId;
use sqlx::FromRow;

/// What a school has decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatPolicy {
    /// Whom people may begin a conversation with.
    pub direct: DirectPolicy,
    /// Counts the changes; 0 for a school that never decided.
    pub version: u32,
}

/// Why a school's policy was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPolicyError {
    /// Somebody was faster.
    #[error("the policy is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school does not exist.
    #[error("the school does not exist; make it first")]
    UnknownSchool,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SetPolicyError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownSchool => "unknown_school",
            Self::Unavailable(error) => error.code(),
        }
    }
}

#[derive(FromRow)]
struct PolicyRow {
    direct: String,
    #[sqlx(try_from = "i64")]
    version: u32,
}

const GET: &str = "SELECT direct, version FROM chat_policy WHERE school_id = $1";

const FIRST: &str = "
    INSERT INTO chat_policy (school_id, direct, version) VALUES ($1, $2, 1)
    ON CONFLICT (school_id) DO NOTHING";

const NEXT: &str = "
    UPDATE chat_policy SET direct = $2, version = version + 1 WHERE school_id = $1 AND version = $3";

impl ChatRecords {
    /// What a school has decided.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn policy(&self, school: SchoolId) -> Result<ChatPolicy, Unavailable> {
        let row: Option<PolicyRow> = self.db.fetch_optional(school, GET, [school.0.into()]).await?;
        let Some(row) = row else { return Ok(ChatPolicy::default()) };
        Ok(ChatPolicy { direct: column_word::read(&row.direct)?, version: row.version })
    }

    /// Decides anew, if `expected` is still the version. Returns the new version.
    ///
    /// # Errors
    /// [`SetPolicyError`]; nothing was changed then.
    pub async fn set_policy(
        &self,
        school: SchoolId,
        expected: u32,
        direct: DirectPolicy,
    ) -> Result<u32, SetPolicyError> {
        let direct = column_word::write(direct)?;
        let done = if expected == 0 {
            self.db.execute(school, FIRST, [school.0.into(), direct.into()]).await
        } else {
            self.db.execute(school, NEXT, [school.0.into(), direct.into(), expected.into()]).await
        };
        match done {
            Ok(0) => Err(SetPolicyError::Conflict { current: self.policy(school).await?.version }),
            Ok(_) => Ok(expected + 1),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(SetPolicyError::UnknownSchool)
            }
            Err(error) => Err(SetPolicyError::Unavailable(error.into())),
        }
    }
}
