//! School years, terms and grading periods.

use crate::db::{Db, Sql};
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{SchoolId, SessionId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::collections::HashMap;
use uuid::Uuid;

/// What kind of time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A whole year.
    SchoolYear,
    /// A half of one.
    Semester,
    /// A part of one.
    Term,
    /// A part with a grade of its own.
    GradingPeriod,
}

/// What is said of an academic session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionContent {
    /// What kind of time it is.
    pub kind: SessionKind,
    /// Title, as shown.
    pub title: String,
    /// The session around it.
    pub parent: Option<SessionId>,
    /// When it starts.
    pub starts_at: Micros,
    /// When it ends, after its start.
    pub ends_at: Micros,
}

/// An academic session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcademicSession {
    /// Its id.
    pub id: SessionId,
    /// Counts its changes, from 1.
    pub version: u32,
    /// What is said of it.
    pub content: SessionContent,
}

/// Why an academic session was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateSessionError {
    /// There is one under the id.
    #[error("there is an academic session under this id; change that one or choose another id")]
    Exists,
    /// The school does not exist, or has no such session around it.
    #[error("the school does not exist or has no such parent session; make both first")]
    UnknownSchoolOrParent,
    /// Over before it begins.
    #[error("the academic session must end after its start")]
    Backwards,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateSessionError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownSchoolOrParent => "unknown_school_or_parent",
            Self::Backwards => "backwards",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why an academic session was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateSessionError {
    /// Somebody was faster.
    #[error("the academic session is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such session.
    #[error("the school has no such academic session; look at the list again")]
    UnknownSession,
    /// The school has no such session around it.
    #[error("the school has no such parent session; make it first")]
    UnknownParent,
    /// The session around it lies in it itself.
    #[error("an academic session cannot lie in itself; choose another parent or none")]
    Cycle,
    /// Over before it begins.
    #[error("the academic session must end after its start")]
    Backwards,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateSessionError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownSession => "unknown_session",
            Self::UnknownParent => "unknown_parent",
            Self::Cycle => "cycle",
            Self::Backwards => "backwards",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CREATE: &str = "
    INSERT INTO academic_session (school_id, session_id, kind, title, parent_id, starts_us, ends_us, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 1)
    ON CONFLICT (school_id, session_id) DO NOTHING";

const UPDATE: &str = "
    UPDATE academic_session
    SET kind = $3, title = $4, parent_id = $5, starts_us = $6, ends_us = $7, version = version + 1
    WHERE school_id = $1 AND session_id = $2 AND version = $8";

#[derive(FromRow)]
struct SessionRow {
    session_id: Uuid,
    kind: String,
    title: String,
    parent_id: Option<Uuid>,
    starts_us: Micros,
    ends_us: Micros,
    #[sqlx(try_from = "i64")]
    version: u32,
}

impl SessionRow {
    fn into_session(self) -> Result<AcademicSession, Unavailable> {
        let content = SessionContent {
            kind: column_word::read(&self.kind)?,
            title: self.title,
            parent: self.parent_id.map(SessionId),
            starts_at: self.starts_us,
            ends_at: self.ends_us,
        };
        Ok(AcademicSession { id: SessionId(self.session_id), version: self.version, content })
    }
}

/// All of a school, as few as they are, so that of two changes that would make a ring together the second sees the first.
const TREE: Sql = Sql::each(
    "SELECT session_id, parent_id FROM academic_session WHERE school_id = $1
    ORDER BY session_id FOR NO KEY UPDATE",
    "SELECT session_id, parent_id FROM academic_session WHERE school_id = $1",
);

/// Whether a session lies in itself if `parent` is around it.
fn makes_a_ring(tree: &[(Uuid, Option<Uuid>)], id: SessionId, parent: SessionId) -> bool {
    let around: HashMap<Uuid, Uuid> =
        tree.iter().filter_map(|(session, parent)| Some((*session, (*parent)?))).collect();
    let mut at = Some(parent.0);
    // No longer than there are sessions, should there be a ring of old among them.
    for _ in 0..=tree.len() {
        match at {
            Some(session) if session == id.0 => return true,
            Some(session) => at = around.get(&session).copied(),
            None => return false,
        }
    }
    true
}

const GET: &str = "
    SELECT session_id, kind, title, parent_id, starts_us, ends_us, version FROM academic_session
    WHERE school_id = $1 AND session_id = $2";

const LIST: &str = "
    SELECT session_id, kind, title, parent_id, starts_us, ends_us, version FROM academic_session
    WHERE school_id = $1 AND (starts_us, session_id) < ($2, $3)
    ORDER BY starts_us DESC, session_id DESC
    LIMIT $4";

/// The repository of academic sessions.
#[derive(Clone, Debug)]
pub struct AcademicSessions {
    db: Db,
}

impl AcademicSessions {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a new academic session as version 1.
    ///
    /// # Errors
    /// [`CreateSessionError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        id: SessionId,
        content: &SessionContent,
    ) -> Result<(), CreateSessionError> {
        if content.ends_at <= content.starts_at {
            return Err(CreateSessionError::Backwards);
        }
        let values = [
            school.0.into(),
            id.0.into(),
            column_word::write(content.kind)?.into(),
            (&content.title).into(),
            content.parent.map(|parent| parent.0).into(),
            content.starts_at.into(),
            content.ends_at.into(),
        ];
        match self.db.execute(school, CREATE, values).await {
            Ok(0) => Err(CreateSessionError::Exists),
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(CreateSessionError::UnknownSchoolOrParent)
            }
            Err(error) => Err(CreateSessionError::Unavailable(error.into())),
        }
    }

    /// Changes an academic session, if `expected` is still its version. Returns the new version.
    ///
    /// # Errors
    /// [`UpdateSessionError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: SessionId,
        expected: u32,
        content: &SessionContent,
    ) -> Result<u32, UpdateSessionError> {
        if content.ends_at <= content.starts_at {
            return Err(UpdateSessionError::Backwards);
        }
        let values = [
            school.0.into(),
            id.0.into(),
            column_word::write(content.kind)?.into(),
            (&content.title).into(),
            content.parent.map(|parent| parent.0).into(),
            content.starts_at.into(),
            content.ends_at.into(),
            expected.into(),
        ];
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if let Some(parent) = content.parent {
            let tree: Vec<(Uuid, Option<Uuid>)> =
                tx.fetch_all(TREE, [school.0.into()]).await.map_err(Unavailable::from)?;
            if makes_a_ring(&tree, id, parent) {
                return Err(UpdateSessionError::Cycle);
            }
        }
        let written = tx.execute(UPDATE, values).await;
        let written = match written {
            Ok(rows) => tx.commit().await.map(|()| rows),
            Err(error) => Err(error),
        };
        match written {
            Ok(0) => match self.get(school, id).await? {
                Some(session) => Err(UpdateSessionError::Conflict { current: session.version }),
                None => Err(UpdateSessionError::UnknownSession),
            },
            Ok(_) => Ok(expected + 1),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(UpdateSessionError::UnknownParent)
            }
            Err(error) => Err(UpdateSessionError::Unavailable(error.into())),
        }
    }

    /// Looks an academic session up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, id: SessionId) -> Result<Option<AcademicSession>, Unavailable> {
        let row: Option<SessionRow> =
            self.db.fetch_optional(school, GET, [school.0.into(), id.0.into()]).await?;
        row.map(SessionRow::into_session).transpose()
    }

    /// Lists academic sessions, the last to start first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AcademicSession>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [school.0.into(), after.at.into(), after.id.into(), (i64::from(limit) + 1).into()];
        let rows: Vec<SessionRow> = self.db.fetch_all(school, LIST, values).await?;
        let items = rows.into_iter().map(SessionRow::into_session).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |session: &AcademicSession| Cursor {
            at: session.content.starts_at,
            id: session.id.0,
        }))
    }
}
