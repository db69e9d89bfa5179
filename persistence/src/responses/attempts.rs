//! Attempts at a quiz at an own pace.

use super::Responses;
use super::rows::{self, AttemptRow};
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{AttemptId, PersonId, QuizId, SchoolId};
use serde::{Deserialize, Serialize};

/// Where an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptSource {
    /// Here, at an own pace.
    SelfPaced,
    /// On a device without a network, and sent later.
    Offline,
}

/// An attempt that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    /// Made by the client, which may send it again under it.
    pub id: AttemptId,
    /// Whose.
    pub person: PersonId,
    /// At which quiz.
    pub quiz: QuizId,
    /// In which version.
    pub version: u32,
    /// Where it was made.
    pub source: AttemptSource,
    /// When it began.
    pub started_at: Micros,
}

/// An attempt as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How it began.
    pub opened: NewAttempt,
    /// When it ended.
    pub ended_at: Option<Micros>,
}

/// Why an attempt was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenAttemptError {
    /// The school has no such person, or no such version of the quiz.
    #[error("the school has no such version of the quiz, or does not know the person")]
    UnknownPersonOrQuiz,
    /// The id is that of an attempt that began otherwise.
    #[error("another attempt has this id; make a new one")]
    IdTaken,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl OpenAttemptError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPersonOrQuiz => "unknown_person_or_quiz",
            Self::IdTaken => "id_taken",
            Self::Unavailable(error) => error.code(),
        }
    }
}

impl Responses {
    /// Keeps an attempt that begins. Sending it again changes nothing.
    ///
    /// # Errors
    /// [`OpenAttemptError`]; nothing was kept then.
    pub async fn open_attempt(&self, school: SchoolId, attempt: &NewAttempt) -> Result<(), OpenAttemptError> {
        let values = [
            school.0.into(),
            attempt.id.0.into(),
            attempt.person.0.into(),
            attempt.quiz.0.into(),
            attempt.version.into(),
            column_word::write(attempt.source)?.into(),
            attempt.started_at.into(),
        ];
        match self.db.execute(school, rows::OPEN, values).await {
            Ok(0) => {}
            Ok(_) => return Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(OpenAttemptError::UnknownPersonOrQuiz);
            }
            Err(error) => return Err(OpenAttemptError::Unavailable(error.into())),
        }
        match self.attempt(school, attempt.id).await? {
            Some(kept) if kept.opened == *attempt => Ok(()),
            _ => Err(OpenAttemptError::IdTaken),
        }
    }

    /// Notes when a person's attempt ended; the first end stays. Returns whether anything was noted.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn end_attempt(
        &self,
        school: SchoolId,
        person: PersonId,
        attempt: AttemptId,
        ended_at: Micros,
    ) -> Result<bool, Unavailable> {
        let values = [school.0.into(), person.0.into(), attempt.0.into(), ended_at.into()];
        Ok(self.db.execute(school, rows::END, values).await? > 0)
    }

    /// Looks an attempt up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn attempt(
        &self,
        school: SchoolId,
        attempt: AttemptId,
    ) -> Result<Option<Attempt>, Unavailable> {
        let row: Option<AttemptRow> =
            self.db.fetch_optional(school, rows::GET, [school.0.into(), attempt.0.into()]).await?;
        row.map(AttemptRow::into_attempt).transpose()
    }

    /// Lists a person's attempts, the newest first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn attempts(
        &self,
        school: SchoolId,
        person: PersonId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Attempt>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            person.0.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<AttemptRow> = self.db.fetch_all(school, rows::ATTEMPTS_OF_PERSON, values).await?;
        let items = rows.into_iter().map(AttemptRow::into_attempt).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |attempt: &Attempt| Cursor {
            at: attempt.opened.started_at,
            id: attempt.opened.id.0,
        }))
    }
}
