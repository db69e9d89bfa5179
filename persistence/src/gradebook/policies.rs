//! By which rules a class is graded. A version is never changed: a grade says by which it was computed.

use super::Gradebooks;
use crate::audit::{self, AuditAction, AuditSubject, Change};
use crate::classes::take_turn;
use crate::db::Value;
use crate::{Micros, Unavailable};
use protocol::ids::{ClassId, SchoolId};
use serde_json::{Value as JsonValue, json};
use sqlx::FromRow;
use sqlx::types::Json;

/// A policy in one of its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct GradingPolicy {
    /// Number of this version, from 1.
    pub version: u32,
    /// The rules; what they say of their own version is not looked at.
    pub policy: JsonValue,
    /// When this version was made.
    pub made_at: Micros,
}

/// Why a policy was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPolicyError {
    /// Somebody was faster.
    #[error("the policy is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version; 0 if there is no policy.
        current: u32,
    },
    /// The school has no such class.
    #[error("the school has no such class; make it first")]
    UnknownClass,
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
            Self::UnknownClass => "unknown_class",
            Self::Unavailable(error) => error.code(),
        }
    }
}

#[derive(FromRow)]
struct CurrentRow {
    #[sqlx(try_from = "i64")]
    current: u32,
}

const CURRENT: &str = "
    SELECT COALESCE(MAX(version), 0) AS current FROM grading_policy WHERE school_id = $1 AND class_id = $2";

const INSERT: &str = "
    INSERT INTO grading_policy (school_id, class_id, version, policy, made_us) VALUES ($1, $2, $3, $4, $5)";

#[derive(FromRow)]
pub(super) struct PolicyRow {
    #[sqlx(try_from = "i64")]
    version: u32,
    policy: Json<JsonValue>,
    made_us: Micros,
}

pub(super) const NEWEST: &str = "
    SELECT version, policy, made_us FROM grading_policy WHERE school_id = $1 AND class_id = $2
    ORDER BY version DESC LIMIT 1";

const VERSION: &str = "
    SELECT version, policy, made_us FROM grading_policy WHERE school_id = $1 AND class_id = $2 AND version = $3";

impl PolicyRow {
    pub(super) fn into_policy(self) -> GradingPolicy {
        GradingPolicy { version: self.version, policy: self.policy.0, made_at: self.made_us }
    }
}

impl Gradebooks {
    /// Makes the next version of a class's policy, if `expected` is still the newest one; 0 is that of a class without a
    /// policy. Returns its number.
    ///
    /// # Errors
    /// [`SetPolicyError`]; nothing was changed then.
    pub async fn set_policy(
        &self,
        school: SchoolId,
        class: ClassId,
        expected: u32,
        policy: &JsonValue,
        now: Micros,
    ) -> Result<u32, SetPolicyError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, class).await? {
            return Err(SetPolicyError::UnknownClass);
        }
        let row = tx.fetch_one(CURRENT, [school.0.into(), class.0.into()]).await;
        let CurrentRow { current } = row.map_err(Unavailable::from)?;
        if current != expected {
            return Err(SetPolicyError::Conflict { current });
        }
        let version = current + 1;
        let values = [school.0.into(), class.0.into(), version.into(), Value::json(policy)?, now.into()];
        tx.execute(INSERT, values).await.map_err(Unavailable::from)?;
        let (action, subject) = (AuditAction::PolicySet, AuditSubject::Class(class));
        let change = Change { action, subject, class, detail: json!({ "version": version }) };
        audit::write(&mut tx, school, self.by, now, &[change]).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(version)
    }

    /// The newest policy of a class, or one of old.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn policy(
        &self,
        school: SchoolId,
        class: ClassId,
        version: Option<u32>,
    ) -> Result<Option<GradingPolicy>, Unavailable> {
        let mut values = vec![school.0.into(), class.0.into()];
        let sql = if let Some(version) = version {
            values.push(version.into());
            VERSION
        } else {
            NEWEST
        };
        let row: Option<PolicyRow> = self.db.fetch_optional(school, sql, values).await?;
        Ok(row.map(PolicyRow::into_policy))
    }
}
