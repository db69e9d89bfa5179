//! School years, terms and grading periods: everybody of the school sees them, its admins make them.

use super::title::title;
use super::{Audience, Learning, Member, Note, RecordError, Resource};
use persistence::sessions::{AcademicSession, CreateSessionError, SessionContent, UpdateSessionError};
use persistence::{Cursor, Page};
use protocol::ids::SessionId;

impl Learning {
    /// The academic sessions of the school, the last to start first; `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn academic_sessions(
        &self,
        who: &Member,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AcademicSession>, RecordError> {
        Ok(self.store.sessions().list(who.school, after, limit).await?)
    }

    /// An academic session of the school.
    ///
    /// # Errors
    /// [`RecordError::NotFound`]
    pub async fn academic_session(
        &self,
        who: &Member,
        id: SessionId,
    ) -> Result<AcademicSession, RecordError> {
        self.store.sessions().get(who.school, id).await?.ok_or(RecordError::NotFound)
    }

    /// Makes an academic session under an id of the caller's; again under the same one gives what is there.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for all but admins; [`RecordError::Invalid`]
    pub async fn create_academic_session(
        &self,
        who: &Member,
        id: SessionId,
        content: SessionContent,
    ) -> Result<AcademicSession, RecordError> {
        who.must_be_admin()?;
        let content = SessionContent { title: title(&content.title)?, ..content };
        match self.store.sessions().create(who.school, id, &content).await {
            Ok(()) => {}
            Err(CreateSessionError::Exists) => return self.academic_session(who, id).await,
            Err(error @ CreateSessionError::Backwards) => {
                return Err(RecordError::invalid("ends_at", error.to_string()));
            }
            Err(CreateSessionError::UnknownSchoolOrParent) => return Err(unknown_parent()),
            Err(CreateSessionError::Unavailable(error)) => return Err(error.into()),
        }
        let session = AcademicSession { id, version: 1, content };
        self.tell_session(who, &session).await;
        Ok(session)
    }

    /// Changes an academic session, if `expected` is still its version.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for all but admins; [`RecordError::NotFound`]; [`RecordError::Conflict`];
    /// [`RecordError::Invalid`]
    pub async fn change_academic_session(
        &self,
        who: &Member,
        id: SessionId,
        expected: u32,
        content: SessionContent,
    ) -> Result<AcademicSession, RecordError> {
        who.must_be_admin()?;
        self.academic_session(who, id).await?;
        let content = SessionContent { title: title(&content.title)?, ..content };
        let version = match self.store.sessions().update(who.school, id, expected, &content).await {
            Ok(version) => version,
            Err(UpdateSessionError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(UpdateSessionError::UnknownSession) => return Err(RecordError::NotFound),
            Err(UpdateSessionError::UnknownParent) => return Err(unknown_parent()),
            Err(error @ UpdateSessionError::Cycle) => {
                return Err(RecordError::invalid("parent", error.to_string()));
            }
            Err(error @ UpdateSessionError::Backwards) => {
                return Err(RecordError::invalid("ends_at", error.to_string()));
            }
            Err(UpdateSessionError::Unavailable(error)) => return Err(error.into()),
        };
        let session = AcademicSession { id, version, content };
        self.tell_session(who, &session).await;
        Ok(session)
    }

    /// A session has no channel of its own: the admin's other devices are told.
    async fn tell_session(&self, who: &Member, session: &AcademicSession) {
        let note = Note::of(Resource::AcademicSession, session.id.0).at(session.version);
        self.tell(who.school, &[Audience::Person(who.person)], &note).await;
    }
}

fn unknown_parent() -> RecordError {
    RecordError::invalid("parent", "choose an academic session of the school, or none")
}
