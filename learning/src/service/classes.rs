//! Classes: who makes one teaches it, and those who run it change it.

use super::gradebook::title;
use super::{Audience, Learning, Member, Note, RecordError, Resource};
use persistence::classes::{Class, ClassContent, CreateClassError, UpdateClassError};
use persistence::rosters::{Attendance, EnrollmentState, Place};
use protocol::ids::ClassId;
use protocol::role::Role;

impl Learning {
    /// The classes that the caller is or was in, by title.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn own_classes(&self, who: &Member) -> Result<Vec<Attendance>, RecordError> {
        Ok(self.store.rosters().of_person(who.school, who.person).await?)
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
        let class = match self.store.classes().create(who.school, id, &content, now).await {
            Ok(()) => Class { id, version: 1, created_at: now, content },
            // An earlier try, which may have ended before its maker was in it.
            Err(CreateClassError::Exists) => {
                self.store.classes().get(who.school, id).await?.ok_or(RecordError::NotFound)?
            }
            Err(error @ CreateClassError::UnknownCourseOrSession) => {
                return Err(RecordError::invalid("course", error.to_string()));
            }
            Err(CreateClassError::Unavailable(error)) => return Err(error.into()),
        };
        let teaches = Place {
            person: who.person,
            role: Role::Teacher,
            state: EnrollmentState::Active,
            time_factor: 1.0,
        };
        self.place(who, id, teaches).await?;
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
        let title = title(&content.title)
            .map_err(|_| RecordError::invalid("name", "give a name of 1 to 200 characters"))?;
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
