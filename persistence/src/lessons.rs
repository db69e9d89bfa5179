//! The lessons of a course and their versions. A version is never changed; an edit makes the next one, and students see
//! the one that was published last.

mod errors;
mod rows;

pub use errors::{CreateLessonError, PublishLessonError, ReorderLessonsError, UpdateLessonError};

use crate::db::{Db, Tx, Value};
use crate::id_list::id_list;
use crate::{Micros, Unavailable};
use protocol::ids::{CourseId, LessonId, SchoolId};
use rows::{CountRow, CurrentRow, LessonRow, SummaryRow, VersionRow};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most lessons of a course; their list has no pages.
pub const MAX_LESSONS: u32 = 1_000;

/// A lesson in one of its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Its id.
    pub id: LessonId,
    /// The course that it is part of.
    pub course: CourseId,
    /// Its place in the course; smaller ones come first.
    pub position: u32,
    /// Number of this version, from 1.
    pub version: u32,
    /// The version that students see; none while the lesson is a draft.
    pub published: Option<u32>,
    /// Title, in this version.
    pub title: String,
    /// What is taught, in this version; its shape is not looked at here.
    pub content: Json,
    /// When this version was made.
    pub made_at: Micros,
}

/// A lesson as it stands in its course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonSummary {
    /// Its id.
    pub id: LessonId,
    /// Its place in the course; smaller ones come first.
    pub position: u32,
    /// Number of the version that this tells of.
    pub version: u32,
    /// The version that students see; none while the lesson is a draft.
    pub published: Option<u32>,
    /// Title in that version.
    pub title: String,
    /// When that version was made.
    pub made_at: Micros,
}

/// A version as it stands in the history of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonVersion {
    /// Its number, from 1.
    pub version: u32,
    /// Title in it.
    pub title: String,
    /// When it was made.
    pub made_at: Micros,
}

/// Who looks at the lessons of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonView {
    /// All lessons, in their newest versions.
    Newest,
    /// What students see: published lessons, in those versions.
    Published,
}

/// The repository of lessons.
#[derive(Clone, Debug)]
pub struct Lessons {
    db: Db,
}

impl Lessons {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a new lesson as version 1, a draft, at the end of its course.
    ///
    /// # Errors
    /// [`CreateLessonError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        course: CourseId,
        id: LessonId,
        title: &str,
        content: &Json,
        now: Micros,
    ) -> Result<(), CreateLessonError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, course).await? {
            return Err(CreateLessonError::UnknownCourse);
        }
        // Asked again, one that filled its course is there.
        let there: Result<Option<CurrentRow>, _> =
            tx.fetch_optional(rows::CURRENT, [school.0.into(), id.0.into()]).await;
        if there.map_err(Unavailable::from)?.is_some() {
            return Err(CreateLessonError::Exists);
        }
        let counted = tx.fetch_one(rows::COUNT, [school.0.into(), course.0.into()]).await;
        let CountRow { lessons, next } = counted.map_err(Unavailable::from)?;
        if lessons >= MAX_LESSONS {
            return Err(CreateLessonError::CourseFull { most: MAX_LESSONS });
        }
        let values = [school.0.into(), id.0.into(), course.0.into(), next.into()];
        if tx.execute(rows::INSERT, values).await.map_err(Unavailable::from)? == 0 {
            return Err(CreateLessonError::Exists);
        }
        insert_version(&mut tx, school, id, 1, title, content, now).await?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// Makes the next version, if `expected` is still the newest one. Students go on to see the published one. Returns
    /// its number.
    ///
    /// # Errors
    /// [`UpdateLessonError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: LessonId,
        expected: u32,
        title: &str,
        content: &Json,
        now: Micros,
    ) -> Result<u32, UpdateLessonError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let current: Option<CurrentRow> = tx
            .fetch_optional(rows::CURRENT, [school.0.into(), id.0.into()])
            .await
            .map_err(Unavailable::from)?;
        let current = current.ok_or(UpdateLessonError::UnknownLesson)?.version;
        if current != expected {
            return Err(UpdateLessonError::Conflict { current });
        }
        let version = current + 1;
        insert_version(&mut tx, school, id, version, title, content, now).await?;
        let values = [school.0.into(), id.0.into(), version.into()];
        tx.execute(rows::ADVANCE, values).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(version)
    }

    /// Shows a version to students, new or old; with none, the lesson is a draft again.
    ///
    /// # Errors
    /// [`PublishLessonError`]; nothing was changed then.
    pub async fn publish(
        &self,
        school: SchoolId,
        id: LessonId,
        version: Option<u32>,
    ) -> Result<(), PublishLessonError> {
        let values = [school.0.into(), id.0.into(), version.map(i64::from).into()];
        if self.db.execute(school, rows::PUBLISH, values).await.map_err(Unavailable::from)? == 0 {
            return Err(PublishLessonError::UnknownLessonOrVersion);
        }
        Ok(())
    }

    /// Puts the lessons of a course into an order, which names each of them once.
    ///
    /// # Errors
    /// [`ReorderLessonsError`]; nothing was changed then.
    pub async fn reorder(
        &self,
        school: SchoolId,
        course: CourseId,
        order: &[LessonId],
    ) -> Result<(), ReorderLessonsError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, course).await? {
            return Err(ReorderLessonsError::UnknownCourse);
        }
        let kept: Vec<(Uuid,)> =
            tx.fetch_all(rows::IDS, [school.0.into(), course.0.into()]).await.map_err(Unavailable::from)?;
        let kept: BTreeSet<Uuid> = kept.into_iter().map(|(id,)| id).collect();
        let named: BTreeSet<Uuid> = order.iter().map(|id| id.0).collect();
        if named != kept || named.len() != order.len() {
            return Err(ReorderLessonsError::OtherLessons);
        }
        let values = [school.0.into(), course.0.into(), id_list(order.iter().map(|id| id.0))?];
        tx.execute(rows::REORDER, values).await.map_err(Unavailable::from)?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// A lesson as a view shows it; none for drafts that are asked for as published.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(
        &self,
        school: SchoolId,
        id: LessonId,
        view: LessonView,
    ) -> Result<Option<Lesson>, Unavailable> {
        let values = [school.0.into(), id.0.into(), (view == LessonView::Published).into()];
        let row: Option<LessonRow> = self.db.fetch_optional(school, rows::GET, values).await?;
        Ok(row.map(LessonRow::into_lesson))
    }

    /// A lesson in a version of old.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get_version(
        &self,
        school: SchoolId,
        id: LessonId,
        version: u32,
    ) -> Result<Option<Lesson>, Unavailable> {
        let values = [school.0.into(), id.0.into(), version.into()];
        let row: Option<LessonRow> = self.db.fetch_optional(school, rows::GET_VERSION, values).await?;
        Ok(row.map(LessonRow::into_lesson))
    }

    /// The versions of a lesson, the newest first, at most `most`; none for an unknown lesson.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn versions(
        &self,
        school: SchoolId,
        id: LessonId,
        most: u32,
    ) -> Result<Vec<LessonVersion>, Unavailable> {
        let values = [school.0.into(), id.0.into(), most.into()];
        let rows: Vec<VersionRow> = self.db.fetch_all(school, rows::VERSIONS, values).await?;
        Ok(rows.into_iter().map(VersionRow::into_version).collect())
    }

    /// The lessons of a course in their order, at most [`MAX_LESSONS`]; none for an unknown course.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_course(
        &self,
        school: SchoolId,
        course: CourseId,
        view: LessonView,
    ) -> Result<Vec<LessonSummary>, Unavailable> {
        let values = [school.0.into(), course.0.into(), (view == LessonView::Published).into()];
        let rows: Vec<SummaryRow> = self.db.fetch_all(school, rows::OF_COURSE, values).await?;
        Ok(rows.into_iter().map(SummaryRow::into_summary).collect())
    }
}

/// Makes changes of a course's lessons wait for each other. Returns whether the school has the course.
async fn take_turn(tx: &mut Tx, school: SchoolId, course: CourseId) -> Result<bool, Unavailable> {
    let row: Option<(Uuid,)> = tx.fetch_optional(rows::TAKE_TURN, [school.0.into(), course.0.into()]).await?;
    Ok(row.is_some())
}

async fn insert_version(
    tx: &mut Tx,
    school: SchoolId,
    id: LessonId,
    version: u32,
    title: &str,
    content: &Json,
    now: Micros,
) -> Result<(), Unavailable> {
    let values =
        [school.0.into(), id.0.into(), version.into(), title.into(), Value::json(content)?, now.into()];
    tx.execute(rows::INSERT_VERSION, values).await?;
    Ok(())
}
