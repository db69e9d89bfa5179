//! Skills: what questions exercise and people master.

use crate::db::{Db, Sql, Tx};
use crate::id_list::id_list;
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{SchoolId, SkillId};
use sqlx::FromRow;
use std::collections::HashSet;
use uuid::Uuid;

/// A skill of a school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Its id.
    pub id: SkillId,
    /// Title.
    pub title: String,
    /// Whether it was put away: questions keep it, nobody is asked for it.
    pub archived: bool,
    /// Counts the changes, from 1.
    pub version: u32,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
}

/// Why a skill was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateSkillError {
    /// There is one under this id.
    #[error("the school has a skill under this id; choose another one")]
    Exists,
    /// There is no such school.
    #[error("there is no such school; keep the school first")]
    UnknownSchool,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateSkillError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownSchool => "unknown_school",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a skill was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateSkillError {
    /// Somebody was faster.
    #[error("the skill is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such skill.
    #[error("the school has no such skill; look at the list again")]
    UnknownSkill,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateSkillError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownSkill => "unknown_skill",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CREATE: &str = "
    INSERT INTO skill (school_id, skill_id, title, version, created_us, updated_us)
    VALUES ($1, $2, $3, 1, $4, $4)
    ON CONFLICT (school_id, skill_id) DO NOTHING";

const UPDATE: &str = "
    UPDATE skill SET title = $3, archived = $4, updated_us = $5, version = version + 1
    WHERE school_id = $1 AND skill_id = $2 AND version = $6";

#[derive(FromRow)]
struct SkillRow {
    skill_id: Uuid,
    title: String,
    archived: bool,
    #[sqlx(try_from = "i64")]
    version: u32,
    created_us: Micros,
    updated_us: Micros,
}

impl SkillRow {
    fn into_skill(self) -> Skill {
        Skill {
            id: SkillId(self.skill_id),
            title: self.title,
            archived: self.archived,
            version: self.version,
            created_at: self.created_us,
            updated_at: self.updated_us,
        }
    }
}

const GET: &str = "
    SELECT skill_id, title, archived, version, created_us, updated_us FROM skill
    WHERE school_id = $1 AND skill_id = $2";

const LIST: &str = "
    SELECT skill_id, title, archived, version, created_us, updated_us FROM skill
    WHERE school_id = $1 AND archived = $2 AND (created_us, skill_id) < ($3, $4)
    ORDER BY created_us DESC, skill_id DESC
    LIMIT $5";

const KNOWN: Sql = Sql::each(
    "SELECT skill_id FROM skill WHERE school_id = $1 AND skill_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))",
    "SELECT skill_id FROM skill WHERE school_id = $1 AND skill_id IN (SELECT unhex(value) FROM json_each($2))",
);

/// The first of these that the school does not have.
pub(crate) async fn missing(
    tx: &mut Tx,
    school: SchoolId,
    skills: &[SkillId],
) -> Result<Option<SkillId>, Unavailable> {
    if skills.is_empty() {
        return Ok(None);
    }
    let listed = id_list(skills.iter().map(|skill| skill.0))?;
    let known: Vec<(Uuid,)> = tx.fetch_all(KNOWN, [school.0.into(), listed]).await?;
    let known: HashSet<Uuid> = known.into_iter().map(|(id,)| id).collect();
    Ok(skills.iter().find(|skill| !known.contains(&skill.0)).copied())
}

/// The repository of skills.
#[derive(Clone, Debug)]
pub struct Skills {
    db: Db,
}

impl Skills {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a new skill as version 1.
    ///
    /// # Errors
    /// [`CreateSkillError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        id: SkillId,
        title: &str,
        now: Micros,
    ) -> Result<(), CreateSkillError> {
        let values = [school.0.into(), id.0.into(), title.into(), now.into()];
        match self.db.execute(school, CREATE, values).await {
            Ok(0) => Err(CreateSkillError::Exists),
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(CreateSkillError::UnknownSchool)
            }
            Err(error) => Err(CreateSkillError::Unavailable(error.into())),
        }
    }

    /// Changes a skill's title, puts it away or takes it back, if `expected` is still its version. Returns the new
    /// version.
    ///
    /// # Errors
    /// [`UpdateSkillError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: SkillId,
        expected: u32,
        title: &str,
        archived: bool,
        now: Micros,
    ) -> Result<u32, UpdateSkillError> {
        let values =
            [school.0.into(), id.0.into(), title.into(), archived.into(), now.into(), expected.into()];
        if self.db.execute(school, UPDATE, values).await.map_err(Unavailable::from)? > 0 {
            return Ok(expected + 1);
        }
        match self.get(school, id).await? {
            Some(skill) => Err(UpdateSkillError::Conflict { current: skill.version }),
            None => Err(UpdateSkillError::UnknownSkill),
        }
    }

    /// A skill, put away or not.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, id: SkillId) -> Result<Option<Skill>, Unavailable> {
        let row: Option<SkillRow> =
            self.db.fetch_optional(school, GET, [school.0.into(), id.0.into()]).await?;
        Ok(row.map(SkillRow::into_skill))
    }

    /// Lists the skills that were put away, or the others; the newest first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        archived: bool,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Skill>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            archived.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<SkillRow> = self.db.fetch_all(school, LIST, values).await?;
        let items = rows.into_iter().map(SkillRow::into_skill).collect();
        Ok(Page::cut(items, limit, |skill: &Skill| Cursor { at: skill.created_at, id: skill.id.0 }))
    }
}
