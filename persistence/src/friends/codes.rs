//! Codes by which people find each other.

use super::Friends;
use crate::Unavailable;
use protocol::ids::{PersonId, SchoolId};
use uuid::Uuid;

/// Why a code was not kept.
#[derive(Debug, thiserror::Error)]
pub enum CodeTaken {
    /// Somebody of the school has it.
    #[error("somebody has this code; draw another one")]
    Taken,
    /// The school does not know the person.
    #[error("the school does not know this person; keep the person first")]
    UnknownPerson,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

const SET: &str = "
    INSERT INTO friend_code (school_id, person_id, code) VALUES ($1, $2, $3)
    ON CONFLICT (school_id, person_id) DO UPDATE SET code = excluded.code";

const GET: &str = "
    SELECT code FROM friend_code WHERE school_id = $1 AND person_id = $2";

const OWNER: &str = "
    SELECT person_id FROM friend_code WHERE school_id = $1 AND code = $2";

impl Friends {
    /// Gives a person a code, in place of the one before.
    ///
    /// # Errors
    /// [`CodeTaken`]; the one before is still good then.
    pub async fn set_code(&self, school: SchoolId, person: PersonId, code: &str) -> Result<(), CodeTaken> {
        match self.db.execute(school, SET, [school.0.into(), person.0.into(), code.into()]).await {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(CodeTaken::Taken),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(CodeTaken::UnknownPerson)
            }
            Err(error) => Err(CodeTaken::Unavailable(error.into())),
        }
    }

    /// A person's code, if there is one.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn code(&self, school: SchoolId, person: PersonId) -> Result<Option<String>, Unavailable> {
        let row: Option<(String,)> =
            self.db.fetch_optional(school, GET, [school.0.into(), person.0.into()]).await?;
        Ok(row.map(|(code,)| code))
    }

    /// Whose code it is.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn by_code(&self, school: SchoolId, code: &str) -> Result<Option<PersonId>, Unavailable> {
        let row: Option<(Uuid,)> =
            self.db.fetch_optional(school, OWNER, [school.0.into(), code.into()]).await?;
        Ok(row.map(|(person,)| PersonId(person)))
    }
}
