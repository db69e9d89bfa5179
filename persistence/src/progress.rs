//! How far people came in lessons.
//!
//! ```text
//! one person:  take the turn ─→ read ─→ decide (merge) ─→ write
//! ```
//! A client that is online [puts](ProgressRecords::put) what it wants, and says which version it has seen. One that was
//! offline sends its [operations](ProgressRecords::merge) later, which cannot know a version; they are merged.

mod errors;
mod lists;
mod merge;
mod rows;

pub use errors::{MergeProgressError, PutProgressError};
pub use lists::ClassProgress;
pub use merge::{OpVerdict, ProgressOp};

use crate::db::{Db, Tx, Value};
use crate::id_list::id_list;
use crate::{Micros, Unavailable, column_word};
use merge::{Kept, Merge};
use protocol::ids::{CourseId, LessonId, PersonId, SchoolId};
use rows::{LessonRow, ProgressRow, UPSERT};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Most operations of one batch.
pub const MAX_OPS: usize = 1_000;

/// Parts in a million of a lesson, 0 to 1,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fraction(u32);

impl Fraction {
    /// All of it.
    pub const WHOLE: Self = Self(1_000_000);

    /// From parts in a million; none above the whole.
    #[must_use]
    pub fn from_ppm(ppm: u32) -> Option<Self> {
        (ppm <= Self::WHOLE.0).then_some(Self(ppm))
    }

    /// Parts in a million.
    #[must_use]
    pub fn ppm(self) -> u32 {
        self.0
    }
}

/// Where a person stands in a lesson. The later one is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgressState {
    /// Not begun, or set back.
    NotStarted,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
}

/// How far a person came in a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which lesson.
    pub lesson: LessonId,
    /// Its course.
    pub course: CourseId,
    /// Where the person stands.
    pub state: ProgressState,
    /// How much of it is done.
    pub fraction: Fraction,
    /// Counts the changes, from 1.
    pub version: u32,
    /// When it was last changed.
    pub updated_at: Micros,
}

/// What a client that is online wants to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgressPut {
    /// Of which lesson.
    pub lesson: LessonId,
    /// The version that was seen; 0 if there was no progress.
    pub expected: u32,
    /// Where the person stands.
    pub state: ProgressState,
    /// How much of it is done.
    pub fraction: Fraction,
}

/// The repository of progress.
#[derive(Clone, Debug)]
pub struct ProgressRecords {
    db: Db,
}

impl ProgressRecords {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps how far a person came in a lesson, if the version that was seen is still the one. It may be less than before:
    /// then operations of batches that happened up to `now` no longer count. Returns the new version.
    ///
    /// # Errors
    /// [`PutProgressError`]; nothing was changed then.
    pub async fn put(
        &self,
        school: SchoolId,
        person: PersonId,
        put: &ProgressPut,
        now: Micros,
    ) -> Result<u32, PutProgressError> {
        let ProgressPut { lesson, expected, state, fraction } = *put;
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, person).await? {
            return Err(PutProgressError::UnknownPersonOrLesson);
        }
        let Some((course, kept)) = look_up(&mut tx, school, person, &[lesson]).await?.remove(&lesson) else {
            return Err(PutProgressError::UnknownPersonOrLesson);
        };
        let current = kept.map_or(0, |kept| kept.version);
        if current != expected {
            return Err(PutProgressError::Conflict { current });
        }
        let set_back = kept.is_some_and(|kept| state < kept.state || fraction < kept.fraction);
        let reset_at = if set_back { Some(now) } else { kept.and_then(|kept| kept.reset_at) };
        // The last operation stays known: sent again by a fast clock, it would look as if it came after a reset.
        let op = kept.and_then(|kept| kept.op);
        let next = Kept { state, fraction, version: current + 1, op, reset_at };
        write(&mut tx, school, person, &[(lesson, course, next)], now).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(next.version)
    }

    /// Merges what a person did while offline, at most [`MAX_OPS`] operations, and says of each what it came to; the client
    /// forgets them all. See [`OpVerdict`] for the rule. The order does not matter, and a batch may be sent again.
    ///
    /// # Errors
    /// [`MergeProgressError`]; nothing was changed then.
    pub async fn merge(
        &self,
        school: SchoolId,
        person: PersonId,
        ops: &[ProgressOp],
        now: Micros,
    ) -> Result<Vec<OpVerdict>, MergeProgressError> {
        if ops.len() > MAX_OPS {
            return Err(MergeProgressError::TooMany { most: MAX_OPS });
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, person).await? {
            return Err(MergeProgressError::UnknownPerson);
        }
        let lessons: Vec<LessonId> = ops.iter().map(|op| op.lesson).collect();
        let found = look_up(&mut tx, school, person, &lessons).await?;
        let mut merge = Merge::new(found.iter().map(|(lesson, (_, kept))| (*lesson, *kept)));
        let verdicts = ops.iter().map(|op| merge.take(op)).collect();
        let changed = merge.changed();
        let rows = changed.filter_map(|(lesson, kept)| Some((lesson, found.get(&lesson)?.0, kept)));
        write(&mut tx, school, person, &rows.collect::<Vec<_>>(), now).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(verdicts)
    }

    /// How far a person came in a lesson; none without progress.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(
        &self,
        school: SchoolId,
        person: PersonId,
        lesson: LessonId,
    ) -> Result<Option<Progress>, Unavailable> {
        let values = [school.0.into(), person.0.into(), lesson.0.into()];
        let row: Option<ProgressRow> = self.db.fetch_optional(school, rows::GET, values).await?;
        row.map(ProgressRow::into_progress).transpose()
    }

    /// How far a person came in a course: the lessons with progress, in their order. There are no more than a course has
    /// lessons.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_course(
        &self,
        school: SchoolId,
        person: PersonId,
        course: CourseId,
    ) -> Result<Vec<Progress>, Unavailable> {
        let values = [school.0.into(), person.0.into(), course.0.into()];
        let rows: Vec<ProgressRow> = self.db.fetch_all(school, rows::OF_COURSE, values).await?;
        rows.into_iter().map(ProgressRow::into_progress).collect()
    }
}

/// Makes changes of a person's progress wait for each other. Returns whether the school has the person.
async fn take_turn(tx: &mut Tx, school: SchoolId, person: PersonId) -> Result<bool, Unavailable> {
    let row: Option<(Uuid,)> = tx.fetch_optional(rows::TAKE_TURN, [school.0.into(), person.0.into()]).await?;
    Ok(row.is_some())
}

/// The lessons that the school has of these, with their courses and what is kept.
async fn look_up(
    tx: &mut Tx,
    school: SchoolId,
    person: PersonId,
    lessons: &[LessonId],
) -> Result<HashMap<LessonId, (CourseId, Option<Kept>)>, Unavailable> {
    let listed = id_list(lessons.iter().map(|lesson| lesson.0))?;
    let rows: Vec<LessonRow> =
        tx.fetch_all(rows::LOOK_UP, [school.0.into(), person.0.into(), listed]).await?;
    rows.into_iter().map(LessonRow::into_kept).collect()
}

async fn write(
    tx: &mut Tx,
    school: SchoolId,
    person: PersonId,
    rows: &[(LessonId, CourseId, Kept)],
    now: Micros,
) -> Result<(), Unavailable> {
    for (sql, batch) in UPSERT.batches(rows) {
        let mut values = vec![school.0.into(), person.0.into(), now.into()];
        for (lesson, course, kept) in batch {
            values.extend::<[Value<'_>; 7]>([
                lesson.0.into(),
                course.0.into(),
                column_word::write(kept.state)?.into(),
                kept.fraction.ppm().into(),
                kept.version.into(),
                kept.op.into(),
                kept.reset_at.map(|at| at.0).into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}
