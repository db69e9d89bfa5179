//! Courses: all of the school's for its staff, those of the own classes for students.

use super::title::title;
use super::{Audience, Learning, Member, Note, RecordError, Resource};
use persistence::courses::{Course, CreateCourseError, UpdateCourseError};
use persistence::{Cursor, Page};
use protocol::ids::CourseId;

impl Learning {
    /// The courses that the caller may see, those that were put away or the others; the newest first, `limit` of them
    /// behind `after`.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn courses(
        &self,
        who: &Member,
        archived: bool,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Course>, RecordError> {
        let taken_by = (!who.is_staff()).then_some(who.person);
        Ok(self.store.courses().list(who.school, archived, taken_by, after, limit).await?)
    }

    /// A course.
    ///
    /// # Errors
    /// [`RecordError::NotFound`], for students also of courses that none of their classes takes.
    pub async fn course(&self, who: &Member, id: CourseId) -> Result<Course, RecordError> {
        let course = self.store.courses().get(who.school, id).await?.ok_or(RecordError::NotFound)?;
        if who.is_staff() || self.store.courses().takes(who.school, who.person, id).await? {
            return Ok(course);
        }
        Err(RecordError::NotFound)
    }

    /// A course that the caller may change.
    ///
    /// # Errors
    /// As [`Self::course`]; [`RecordError::NotAllowed`] for its students.
    pub async fn run_course(&self, who: &Member, id: CourseId) -> Result<Course, RecordError> {
        let course = self.course(who, id).await?;
        who.must_be_staff()?;
        Ok(course)
    }

    /// Makes a course under an id of the caller's; again under the same one gives what is there.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for students; [`RecordError::Invalid`]
    pub async fn create_course(&self, who: &Member, id: CourseId, name: &str) -> Result<Course, RecordError> {
        who.must_be_staff()?;
        let (title, now) = (title(name)?, self.now());
        match self.store.courses().create(who.school, id, &title, now).await {
            Ok(()) => {}
            Err(CreateCourseError::Exists) => return self.course(who, id).await,
            Err(CreateCourseError::UnknownSchool) => return Err(RecordError::NotFound),
            Err(CreateCourseError::Unavailable(error)) => return Err(error.into()),
        }
        let course = Course { id, title, archived: false, version: 1, created_at: now, updated_at: now };
        let note = Note::of(Resource::Course, id.0).at(1);
        self.tell(who.school, &[Audience::Person(who.person)], &note).await;
        Ok(course)
    }

    /// Changes a course's title, puts it away or takes it back, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_course`]; [`RecordError::Conflict`]; [`RecordError::Invalid`]
    pub async fn change_course(
        &self,
        who: &Member,
        id: CourseId,
        expected: u32,
        name: &str,
        archived: bool,
    ) -> Result<Course, RecordError> {
        let before = self.run_course(who, id).await?;
        let (title, now) = (title(name)?, self.now());
        let courses = self.store.courses();
        let version = match courses.update(who.school, id, expected, &title, archived, now).await {
            Ok(version) => version,
            Err(UpdateCourseError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(UpdateCourseError::UnknownCourse) => return Err(RecordError::NotFound),
            Err(UpdateCourseError::Unavailable(error)) => return Err(error.into()),
        };
        let note = Note::of(Resource::Course, id.0).at(version);
        self.tell_course(who, id, true, &note).await;
        Ok(Course { id, title, archived, version, created_at: before.created_at, updated_at: now })
    }

    /// Tells the caller's other devices and the classes that take the course: their students, too, if `students`. The
    /// change is kept by now; that nobody could be told does not make it fail.
    pub(super) async fn tell_course(&self, who: &Member, course: CourseId, students: bool, note: &Note) {
        self.tell(who.school, &[Audience::Person(who.person)], note).await;
        if let Err(error) = self.tell_classes_of(who.school, course, students, note).await {
            tracing::warn!(%course, %error, "a change of a course is not told to its classes");
        }
    }
}
