//! The lessons of a course. Staff see their newest versions; students the published ones, in the courses of their classes.

mod blocks;

pub use blocks::{Block, LessonContent};

use super::title::title;
use super::{Learning, Member, Note, RecordError, Resource};
use persistence::lessons::{
    CreateLessonError, Lesson, LessonSummary, LessonVersion, LessonView, PublishLessonError,
    ReorderLessonsError, UpdateLessonError,
};
use protocol::ids::{CourseId, LessonId};
use serde_json::Value as Json;

/// Most versions of a lesson that are listed.
const MOST_VERSIONS: u32 = 1_000;

/// What a lesson is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonDraft {
    /// Title, as shown.
    pub title: String,
    /// See [`LessonContent`].
    pub content: Json,
}

impl Learning {
    /// The lessons of a course that the caller may see, in their order.
    ///
    /// # Errors
    /// As [`Self::course`].
    pub async fn lessons(&self, who: &Member, course: CourseId) -> Result<Vec<LessonSummary>, RecordError> {
        self.course(who, course).await?;
        Ok(self.store.lessons().of_course(who.school, course, view_of(who)).await?)
    }

    /// A lesson, in the version that the caller is to see or in one of old.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for what the caller may not see: for students, all but published versions in their courses.
    pub async fn lesson(
        &self,
        who: &Member,
        id: LessonId,
        version: Option<u32>,
    ) -> Result<Lesson, RecordError> {
        let found = self.store.lessons().get(who.school, id, view_of(who)).await?;
        let lesson = found.ok_or(RecordError::NotFound)?;
        self.course(who, lesson.course).await?;
        match version {
            Some(old) if old != lesson.version && who.is_staff() => {
                let found = self.store.lessons().get_version(who.school, id, old).await?;
                found.ok_or(RecordError::NotFound)
            }
            Some(old) if old != lesson.version => Err(RecordError::NotFound),
            _ => Ok(lesson),
        }
    }

    /// The versions of a lesson, the newest first.
    ///
    /// # Errors
    /// As [`Self::lesson`]; [`RecordError::NotAllowed`] for students.
    pub async fn lesson_versions(
        &self,
        who: &Member,
        id: LessonId,
    ) -> Result<Vec<LessonVersion>, RecordError> {
        self.run_lesson(who, id).await?;
        Ok(self.store.lessons().versions(who.school, id, MOST_VERSIONS).await?)
    }

    /// Makes a lesson, a draft at the end of its course, under an id of the caller's; again under the same one gives what is
    /// there.
    ///
    /// # Errors
    /// As [`Self::run_course`]; [`RecordError::Invalid`]; [`RecordError::Refused`] (`course_full`)
    pub async fn create_lesson(
        &self,
        who: &Member,
        course: CourseId,
        id: LessonId,
        draft: &LessonDraft,
    ) -> Result<Lesson, RecordError> {
        self.run_course(who, course).await?;
        let (title, content) = (title(&draft.title)?, self.checked_content(who, &draft.content).await?);
        let lessons = self.store.lessons();
        match lessons.create(who.school, course, id, &title, &content, self.now()).await {
            Ok(()) => {}
            Err(CreateLessonError::Exists) => return self.lesson(who, id, None).await,
            Err(CreateLessonError::UnknownCourse) => return Err(RecordError::NotFound),
            Err(error @ CreateLessonError::CourseFull { .. }) => {
                return Err(RecordError::refused(error.code(), error.to_string()));
            }
            Err(CreateLessonError::Unavailable(error)) => return Err(error.into()),
        }
        self.told(who, id, Some(1), false).await
    }

    /// Makes the next version of a lesson, if `expected` is still the newest one. Students go on to see the published one.
    ///
    /// # Errors
    /// As [`Self::lesson`]; [`RecordError::NotAllowed`] for students; [`RecordError::Conflict`]; [`RecordError::Invalid`]
    pub async fn change_lesson(
        &self,
        who: &Member,
        id: LessonId,
        expected: u32,
        draft: &LessonDraft,
    ) -> Result<Lesson, RecordError> {
        self.run_lesson(who, id).await?;
        let (title, content) = (title(&draft.title)?, self.checked_content(who, &draft.content).await?);
        let lessons = self.store.lessons();
        let version = match lessons.update(who.school, id, expected, &title, &content, self.now()).await {
            Ok(version) => version,
            Err(UpdateLessonError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(UpdateLessonError::UnknownLesson) => return Err(RecordError::NotFound),
            Err(UpdateLessonError::Unavailable(error)) => return Err(error.into()),
        };
        self.told(who, id, Some(version), false).await
    }

    /// Shows a version of a lesson to students, and returns it; with none, the lesson is a draft again, of which the newest
    /// version is returned.
    ///
    /// # Errors
    /// As [`Self::lesson`]; [`RecordError::NotAllowed`] for students; [`RecordError::Invalid`] for a version that is none.
    pub async fn publish_lesson(
        &self,
        who: &Member,
        id: LessonId,
        version: Option<u32>,
    ) -> Result<Lesson, RecordError> {
        self.run_lesson(who, id).await?;
        match self.store.lessons().publish(who.school, id, version).await {
            Ok(()) => {}
            Err(PublishLessonError::UnknownLessonOrVersion) => {
                return Err(RecordError::invalid("version", "choose one of the versions of the lesson"));
            }
            Err(PublishLessonError::Unavailable(error)) => return Err(error.into()),
        }
        self.told(who, id, version, true).await
    }

    /// Puts the lessons of a course into an order, which names each of them once.
    ///
    /// # Errors
    /// As [`Self::run_course`]; [`RecordError::Invalid`] for an order of other lessons.
    pub async fn order_lessons(
        &self,
        who: &Member,
        course: CourseId,
        order: &[LessonId],
    ) -> Result<(), RecordError> {
        self.run_course(who, course).await?;
        match self.store.lessons().reorder(who.school, course, order).await {
            Ok(()) => {}
            Err(ReorderLessonsError::UnknownCourse) => return Err(RecordError::NotFound),
            Err(error @ ReorderLessonsError::OtherLessons) => {
                return Err(RecordError::invalid("lessons", error.to_string()));
            }
            Err(ReorderLessonsError::Unavailable(error)) => return Err(error.into()),
        }
        self.tell_course(who, course, true, &Note::of(Resource::Course, course.0)).await;
        Ok(())
    }

    async fn run_lesson(&self, who: &Member, id: LessonId) -> Result<Lesson, RecordError> {
        let lesson = self.lesson(who, id, None).await?;
        who.must_be_staff()?;
        Ok(lesson)
    }

    /// A lesson after it was told that it changed, in the version that the change is about: the newest one may be another
    /// editor's by now.
    async fn told(
        &self,
        who: &Member,
        id: LessonId,
        version: Option<u32>,
        students: bool,
    ) -> Result<Lesson, RecordError> {
        let lesson = match version {
            Some(version) => self.store.lessons().get_version(who.school, id, version).await?,
            None => self.store.lessons().get(who.school, id, LessonView::Newest).await?,
        };
        let lesson = lesson.ok_or(RecordError::NotFound)?;
        let note = Note::of(Resource::Lesson, id.0);
        // To students, the number of the newest version says that there is a draft.
        let note = if students { note } else { note.at(lesson.version) };
        self.tell_course(who, lesson.course, students, &note).await;
        Ok(lesson)
    }
}

fn view_of(who: &Member) -> LessonView {
    if who.is_staff() { LessonView::Newest } else { LessonView::Published }
}
