//! Progress of many lessons, or of many people.

use super::rows::{self, ClassProgressRow, ProgressRow};
use super::{Progress, ProgressRecords};
use crate::id_list::id_list;
use crate::{Cursor, Page, Unavailable};
use protocol::ids::{ClassId, LessonId, PersonId, SchoolId};
use std::collections::HashSet;
use uuid::Uuid;

/// How far a student of a class came in a lesson of its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassProgress {
    /// Who.
    pub student: PersonId,
    /// How far.
    pub progress: Progress,
}

impl ProgressRecords {
    /// How far a person came anywhere, the last change first; `limit` lessons behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_person(
        &self,
        school: SchoolId,
        person: PersonId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Progress>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            person.0.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<ProgressRow> = self.db.fetch_all(school, rows::OF_PERSON, values).await?;
        let items = rows.into_iter().map(ProgressRow::into_progress).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |progress: &Progress| Cursor {
            at: progress.updated_at,
            id: progress.lesson.0,
        }))
    }

    /// Which of these lessons a person can come to as a student: the published ones of the courses that classes take in
    /// which the person is or was.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn visible_lessons(
        &self,
        school: SchoolId,
        person: PersonId,
        lessons: impl IntoIterator<Item = LessonId>,
    ) -> Result<HashSet<LessonId>, Unavailable> {
        let listed = id_list(lessons.into_iter().map(|lesson| lesson.0))?;
        let rows: Vec<(Uuid,)> =
            self.db.fetch_all(school, rows::VISIBLE, [school.0.into(), person.0.into(), listed]).await?;
        Ok(rows.into_iter().map(|(lesson,)| LessonId(lesson)).collect())
    }

    /// How far the students of a class came in its course, those who left included; nothing of lessons that they have not
    /// begun. There are no more rows than students times lessons.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_class(
        &self,
        school: SchoolId,
        class: ClassId,
    ) -> Result<Vec<ClassProgress>, Unavailable> {
        let rows: Vec<ClassProgressRow> =
            self.db.fetch_all(school, rows::OF_CLASS, [school.0.into(), class.0.into()]).await?;
        let row = |row: ClassProgressRow| {
            let (student, progress) = row.into_progress()?;
            Ok(ClassProgress { student, progress })
        };
        rows.into_iter().map(row).collect()
    }
}
