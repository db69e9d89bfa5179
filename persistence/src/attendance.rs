//! Who was in live classes, from when to when.

use crate::db::{Db, Value};
use crate::multi_row::MultiRow;
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{LiveSessionId, PersonId, SchoolId};
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

/// Most spans that are kept at once.
pub const MAX_SPANS: usize = 5_000;

/// A time in which a person was in a live class. Who comes back has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttendanceSpan {
    /// Made by the caller; the same span may be sent again under it.
    pub id: Uuid,
    /// In which live class.
    pub session: LiveSessionId,
    /// Who.
    pub person: PersonId,
    /// When the person came.
    pub came_at: Micros,
    /// When the person left, not before.
    pub left_at: Micros,
}

/// Why no span was kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepSpansError {
    /// The school does not know one of the people.
    #[error("the school does not know one of the people; keep the person first")]
    UnknownPerson,
    /// A person left before having come.
    #[error("span {index} ends before it begins; correct its times")]
    Backwards {
        /// Its place among those that were sent.
        index: usize,
    },
    /// Too many at once.
    #[error("{most} spans are taken at once; send the others afterwards")]
    TooMany {
        /// How many are taken.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl KeepSpansError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::Backwards { .. } => "backwards",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO attendance_span (school_id, live_session_id, occurred_us, span_id, person_id, left_us) VALUES";
    MultiRow::new(head, 1, 5)
        .ending("ON CONFLICT (school_id, live_session_id, occurred_us, span_id) DO NOTHING")
});

#[derive(FromRow)]
struct SpanRow {
    live_session_id: Uuid,
    occurred_us: Micros,
    span_id: Uuid,
    person_id: Uuid,
    left_us: Micros,
}

const OF_SESSION: &str = "
    SELECT live_session_id, occurred_us, span_id, person_id, left_us FROM attendance_span
    WHERE school_id = $1 AND live_session_id = $2 AND (occurred_us, span_id) < ($3, $4)
    ORDER BY occurred_us DESC, span_id DESC
    LIMIT $5";

const OF_PERSON: &str = "
    SELECT live_session_id, occurred_us, span_id, person_id, left_us FROM attendance_span
    WHERE school_id = $1 AND person_id = $2 AND (occurred_us, span_id) < ($3, $4)
    ORDER BY occurred_us DESC, span_id DESC
    LIMIT $5";

impl From<SpanRow> for AttendanceSpan {
    fn from(row: SpanRow) -> Self {
        Self {
            id: row.span_id,
            session: LiveSessionId(row.live_session_id),
            person: PersonId(row.person_id),
            came_at: row.occurred_us,
            left_at: row.left_us,
        }
    }
}

/// The repository of attendance.
#[derive(Clone, Debug)]
pub struct Attendance {
    db: Db,
}

impl Attendance {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps spans, at most [`MAX_SPANS`], all or nothing. Returns how many are new: sending the same again changes
    /// nothing.
    ///
    /// # Errors
    /// [`KeepSpansError`]; nothing was kept then.
    pub async fn keep(&self, school: SchoolId, spans: &[AttendanceSpan]) -> Result<u64, KeepSpansError> {
        if spans.len() > MAX_SPANS {
            return Err(KeepSpansError::TooMany { most: MAX_SPANS });
        }
        if let Some(index) = spans.iter().position(|span| span.left_at < span.came_at) {
            return Err(KeepSpansError::Backwards { index });
        }
        // In the order of the key, so that two that keep the same never wait for each other in a ring.
        let mut spans = spans.to_vec();
        spans.sort_unstable_by_key(|span| (span.session, span.came_at, span.id));
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let mut new = 0;
        for (sql, batch) in INSERT.batches(&spans) {
            let mut values = vec![school.0.into()];
            for span in batch {
                values.extend::<[Value<'_>; 5]>([
                    span.session.0.into(),
                    span.came_at.into(),
                    span.id.into(),
                    span.person.0.into(),
                    span.left_at.into(),
                ]);
            }
            new += match tx.execute(sql, values).await {
                Ok(new) => new,
                Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                    return Err(KeepSpansError::UnknownPerson);
                }
                Err(error) => return Err(KeepSpansError::Unavailable(error.into())),
            };
        }
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(new)
    }

    /// Lists who was in a live class, the last to come first, `limit` spans behind `after`; none for an unknown class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_session(
        &self,
        school: SchoolId,
        session: LiveSessionId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AttendanceSpan>, Unavailable> {
        self.list(school, OF_SESSION, session.0, after, limit).await
    }

    /// Lists when a person was in live classes, the newest first, `limit` spans behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_person(
        &self,
        school: SchoolId,
        person: PersonId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AttendanceSpan>, Unavailable> {
        self.list(school, OF_PERSON, person.0, after, limit).await
    }

    async fn list(
        &self,
        school: SchoolId,
        sql: &'static str,
        whose: Uuid,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AttendanceSpan>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values =
            [school.0.into(), whose.into(), after.at.into(), after.id.into(), (i64::from(limit) + 1).into()];
        let rows: Vec<SpanRow> = self.db.fetch_all(school, sql, values).await?;
        let items = rows.into_iter().map(AttendanceSpan::from).collect();
        Ok(Page::cut(items, limit, |span: &AttendanceSpan| Cursor { at: span.came_at, id: span.id }))
    }
}
