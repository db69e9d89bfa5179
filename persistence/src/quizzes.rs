//! Quizzes and their versions. A version is never changed; an edit makes the next one.

mod rows;

use crate::db::{Db, Tx, Value};
use crate::items::{self, IndexError};
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{PersonId, QuizId, SchoolId, SkillId};
use protocol::quiz::{Image, QuizContent};
use rows::{CurrentRow, QuizRow, SummaryRow, VersionRow};

/// A quiz in one of its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiz {
    /// Its id.
    pub id: QuizId,
    /// Who made it.
    pub owner: PersonId,
    /// Number of this version, from 1.
    pub version: u32,
    /// What is asked, in this version.
    pub content: QuizContent,
    /// When this version was made.
    pub updated_at: Micros,
    /// Whether the quiz was put away.
    pub archived: bool,
}

/// A quiz as it stands in a list, in its newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizSummary {
    /// Its id.
    pub id: QuizId,
    /// Who made it.
    pub owner: PersonId,
    /// Number of the newest version.
    pub version: u32,
    /// Title.
    pub title: String,
    /// A sentence for other teachers.
    pub description: String,
    /// Number of questions.
    pub questions: u32,
    /// When the newest version was made.
    pub updated_at: Micros,
    /// Whether the quiz was put away.
    pub archived: bool,
    /// The first picture of a question.
    pub cover: Option<Image>,
}

/// A version as it stands in a quiz's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Its number, from 1.
    pub version: u32,
    /// Title then.
    pub title: String,
    /// Number of questions then.
    pub questions: u32,
    /// When it was made.
    pub made_at: Micros,
}

/// Which quizzes to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuizFilter {
    /// Only of this owner; of the whole school without.
    pub owner: Option<PersonId>,
    /// Only those whose title or description has this text, in any case; all when empty.
    pub text: String,
    /// Those that were put away, instead of the others.
    pub archived: bool,
}

/// Why a quiz was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateQuizError {
    /// The school has no such person.
    #[error("the school does not know the owner; keep the person first")]
    UnknownOwner,
    /// A question names a skill that the school does not have.
    #[error("the school has no skill {skill}; make it first or leave it out")]
    UnknownSkill {
        /// The first of them.
        skill: SkillId,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateQuizError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOwner => "unknown_owner",
            Self::UnknownSkill { .. } => "unknown_skill",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a quiz was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateQuizError {
    /// Somebody was faster.
    #[error("the quiz is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such quiz.
    #[error("the school has no such quiz; look at the list again")]
    UnknownQuiz,
    /// A question names a skill that the school does not have.
    #[error("the school has no skill {skill}; make it first or leave it out")]
    UnknownSkill {
        /// The first of them.
        skill: SkillId,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateQuizError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownQuiz => "unknown_quiz",
            Self::UnknownSkill { .. } => "unknown_skill",
            Self::Unavailable(error) => error.code(),
        }
    }
}

impl From<IndexError> for CreateQuizError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::UnknownSkill(skill) => Self::UnknownSkill { skill },
            IndexError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

impl From<IndexError> for UpdateQuizError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::UnknownSkill(skill) => Self::UnknownSkill { skill },
            IndexError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

/// The repository of quizzes.
#[derive(Clone, Debug)]
pub struct Quizzes {
    db: Db,
}

impl Quizzes {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a new quiz as version 1, under a new id.
    ///
    /// # Errors
    /// [`CreateQuizError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        owner: PersonId,
        content: &QuizContent,
        now: Micros,
    ) -> Result<QuizId, CreateQuizError> {
        let id = QuizId::generate();
        self.ensure(school, id, owner, content, now).await?;
        Ok(id)
    }

    /// Keeps a quiz as version 1 under an id of the caller's choice, unless there is one under it, which stays as it
    /// is. Returns whether it was new.
    ///
    /// # Errors
    /// [`CreateQuizError`]; nothing was kept then.
    pub async fn ensure(
        &self,
        school: SchoolId,
        id: QuizId,
        owner: PersonId,
        content: &QuizContent,
        now: Micros,
    ) -> Result<bool, CreateQuizError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let values = [school.0.into(), id.0.into(), owner.0.into(), search_text(content).into(), now.into()];
        match tx.execute(rows::INSERT_QUIZ, values).await {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(CreateQuizError::UnknownOwner);
            }
            Err(error) => return Err(CreateQuizError::Unavailable(error.into())),
        }
        insert_version(&mut tx, school, id, 1, content, now).await?;
        items::place(&mut tx, school, id, 1, content).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(true)
    }

    /// Makes the next version, if `expected` is still the newest one. Returns its number.
    ///
    /// # Errors
    /// [`UpdateQuizError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: QuizId,
        expected: u32,
        content: &QuizContent,
        now: Micros,
    ) -> Result<u32, UpdateQuizError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let current = tx.fetch_optional(rows::CURRENT_VERSION, [school.0.into(), id.0.into()]).await;
        let CurrentRow { version: current } =
            current.map_err(Unavailable::from)?.ok_or(UpdateQuizError::UnknownQuiz)?;
        if current != expected {
            return Err(UpdateQuizError::Conflict { current });
        }
        let version = current + 1;
        insert_version(&mut tx, school, id, version, content, now).await?;
        items::place(&mut tx, school, id, version, content).await?;
        let values = [school.0.into(), id.0.into(), version.into(), search_text(content).into(), now.into()];
        tx.execute(rows::ADVANCE_QUIZ, values).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(version)
    }

    /// A quiz in its newest version, put away or not.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, id: QuizId) -> Result<Option<Quiz>, Unavailable> {
        let row: Option<QuizRow> =
            self.db.fetch_optional(school, rows::LATEST, [school.0.into(), id.0.into()]).await?;
        Ok(row.map(QuizRow::into_quiz))
    }

    /// A quiz in a version of old.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get_version(
        &self,
        school: SchoolId,
        id: QuizId,
        version: u32,
    ) -> Result<Option<Quiz>, Unavailable> {
        let values = [school.0.into(), id.0.into(), version.into()];
        let row: Option<QuizRow> = self.db.fetch_optional(school, rows::VERSION, values).await?;
        Ok(row.map(QuizRow::into_quiz))
    }

    /// The versions of a quiz, newest first; none for an unknown quiz.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn versions(&self, school: SchoolId, id: QuizId) -> Result<Vec<VersionSummary>, Unavailable> {
        let rows: Vec<VersionRow> =
            self.db.fetch_all(school, rows::VERSIONS, [school.0.into(), id.0.into()]).await?;
        Ok(rows.into_iter().map(VersionRow::into_summary).collect())
    }

    /// Puts a quiz away or takes it back. Returns whether the school has such a quiz.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn set_archived(
        &self,
        school: SchoolId,
        id: QuizId,
        archived: bool,
    ) -> Result<bool, Unavailable> {
        let values = [school.0.into(), id.0.into(), archived.into()];
        Ok(self.db.execute(school, rows::SET_ARCHIVED, values).await? > 0)
    }

    /// Lists quizzes, the last changed first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        filter: &QuizFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<QuizSummary>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            filter.archived.into(),
            filter.owner.map(|owner| owner.0).into(),
            pattern(&filter.text).into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<SummaryRow> = self.db.fetch_all(school, rows::LIST, values).await?;
        let items = rows.into_iter().map(SummaryRow::into_summary).collect();
        Ok(Page::cut(items, limit, |quiz: &QuizSummary| Cursor { at: quiz.updated_at, id: quiz.id.0 }))
    }
}

async fn insert_version(
    tx: &mut Tx,
    school: SchoolId,
    id: QuizId,
    version: u32,
    content: &QuizContent,
    now: Micros,
) -> Result<(), Unavailable> {
    let cover = content.questions.iter().find_map(|question| question.image.as_ref());
    let values = [
        school.0.into(),
        id.0.into(),
        version.into(),
        (&content.title).into(),
        (&content.description).into(),
        i64::try_from(content.questions.len()).unwrap_or(i64::MAX).into(),
        Value::optional_json(cover)?,
        Value::json(content)?,
        now.into(),
    ];
    tx.execute(rows::INSERT_VERSION, values).await?;
    Ok(())
}

/// What a search looks at. Case is folded here, since SQLite folds ASCII only.
fn search_text(content: &QuizContent) -> String {
    format!("{}\n{}", content.title, content.description).to_lowercase()
}

/// The LIKE pattern for a text that is meant literally.
fn pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in text.trim().to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
