//! Classes: who makes one teaches it, and those who run it change it.

use super::access::standing_by;
use super::title::title_in;
use super::{Audience, Learning, Member, Note, RecordError, Resource, Standing};
use persistence::classes::{Class, ClassContent, CreateClassError, UpdateClassError};
use persistence::rosters::Attendance;
use persistence::{Cursor, Page};
use protocol::ids::{ClassId, CourseId};
use protocol::role::Role;

impl Learning {
    /// The classes that the caller may see for being in them now or before, by title, at most 1,000; each with what the caller
    /// is there.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn own_classes(&self, who: &Member) -> Result<Vec<Attendance>, RecordError> {
        let found = self.store.rosters().of_person(who.school, who.person).await?.into_iter();
        let seen = |attendance: Attendance| match standing_by(who.role, attendance.role, attendance.state) {
            Some(Standing::Student(_)) => Some(Attendance { role: Role::Student, ..attendance }),
            Some(_) => Some(attendance),
            None => None,
        };
        Ok(found.filter_map(seen).collect())
    }

    /// All classes of the school, or those that take one course; the newest first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for all but admins.
    pub async fn classes_of_school(
        &self,
        who: &Member,
        course: Option<CourseId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Class>, RecordError> {
        who.must_be_admin()?;
        Ok(self.store.classes().list(who.school, course, after, limit).await?)
    }

    /// Makes a class under an id of the caller's, who becomes its teacher; again under the same one gives what is there.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for students; [`RecordError::Invalid`]
    pub async fn create_class(
        &self,
        who: &Member,
        id: ClassId,
        content: ClassContent,
    ) -> Result<Class, RecordError> {
        who.must_be_staff()?;
        let (content, now) = (self.checked_class(who, content).await?, self.now());
        let class = match self.store.classes().create_taught(who.school, id, &content, who.person, now).await
        {
            Ok(()) => Class { id, version: 1, created_at: now, content },
            Err(CreateClassError::Exists) => return Ok(self.see_class(who, id).await?.class),
            Err(CreateClassError::UnknownTeacher) => return Err(RecordError::NotFound),
            Err(error @ CreateClassError::UnknownCourseOrSession) => {
                return Err(RecordError::invalid("course", error.to_string()));
            }
            Err(CreateClassError::Unavailable(error)) => return Err(error.into()),
        };
        let note = Note::of(Resource::Class, id.0).in_class(id).at(class.version);
        self.tell(who.school, &[Audience::Person(who.person)], &note).await;
        Ok(class)
    }

    /// Changes what a class is called and takes, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Invalid`]
    pub async fn change_class(
        &self,
        who: &Member,
        id: ClassId,
        expected: u32,
        content: ClassContent,
    ) -> Result<Class, RecordError> {
        let before = self.run_class(who, id).await?.class;
        let content = self.checked_class(who, content).await?;
        let version = match self.store.classes().update(who.school, id, expected, &content).await {
            Ok(version) => version,
            Err(UpdateClassError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(UpdateClassError::UnknownClass) => return Err(RecordError::NotFound),
            Err(error @ UpdateClassError::UnknownCourseOrSession) => {
                return Err(RecordError::invalid("course", error.to_string()));
            }
            Err(UpdateClassError::Unavailable(error)) => return Err(error.into()),
        };
        let note = Note::of(Resource::Class, id.0).in_class(id).at(version);
        self.tell(who.school, &[Audience::Staff(id), Audience::Class(id)], &note).await;
        Ok(Class { version, content, ..before })
    }

    /// With a good name, and a course and a session of the school.
    async fn checked_class(&self, who: &Member, content: ClassContent) -> Result<ClassContent, RecordError> {
        let title = title_in("name", &content.title)?;
        if let Some(course) = content.course
            && self.store.courses().get(who.school, course).await?.is_none()
        {
            return Err(RecordError::invalid("course", "choose a course of the school, or none"));
        }
        if let Some(session) = content.session
            && self.store.sessions().get(who.school, session).await?.is_none()
        {
            return Err(RecordError::invalid("session", "choose an academic session of the school, or none"));
        }
        Ok(ClassContent { title, ..content })
    }
}
