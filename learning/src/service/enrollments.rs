//! Who is in a class, one by one. The roster is for those who run the class.

use super::roster_files::lost;
use super::{Audience, Learning, Member, Note, RecordError, Resource};
use persistence::rosters::{
    BadRow, EnrollManyError, Enrollment, EnrollmentState, OnBadRow, Place, RosterFilter, RowVerdict,
};
use persistence::{Cursor, Page};
use protocol::ids::{ClassId, PersonId};
use protocol::role::Role;

impl Learning {
    /// The roster of a class, the last to come first; `limit` rows behind `after`.
    ///
    /// # Errors
    /// As [`Self::run_class`].
    pub async fn enrollments(
        &self,
        who: &Member,
        class: ClassId,
        filter: RosterFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Enrollment>, RecordError> {
        self.run_class(who, class).await?;
        Ok(self.store.rosters().list(who.school, class, filter, after, limit).await?)
    }

    /// Gives somebody of the school a place in a class; doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::NotFound`] for people whom the school does not know;
    /// [`RecordError::Invalid`]
    pub async fn enroll(
        &self,
        who: &Member,
        class: ClassId,
        place: Place,
    ) -> Result<Enrollment, RecordError> {
        self.run_class(who, class).await?;
        if !matches!(place.role, Role::Student | Role::Teacher) {
            return Err(RecordError::invalid("role", "choose student or teacher"));
        }
        self.place(who, class, place).await?;
        let kept = self.store.rosters().get(who.school, class, place.person).await?;
        kept.ok_or(RecordError::NotFound)
    }

    /// Withdraws somebody from a class. The row and the scores stay.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::NotFound`] for people who never were in it.
    pub async fn withdraw(&self, who: &Member, class: ClassId, person: PersonId) -> Result<(), RecordError> {
        self.run_class(who, class).await?;
        let held = self.store.rosters().get(who.school, class, person).await?;
        let place = held.ok_or(RecordError::NotFound)?.place;
        self.place(who, class, Place { state: EnrollmentState::Withdrawn, ..place }).await
    }

    /// Keeps a place and tells of it: those who run the class, and the person. The others of the class do not see its roster.
    pub(super) async fn place(&self, who: &Member, class: ClassId, place: Place) -> Result<(), RecordError> {
        let rosters = self.store.rosters().by(who.person);
        let before = rosters.get(who.school, class, place.person).await?;
        let done = rosters.enroll_many(who.school, class, &[place], OnBadRow::TakeNone, self.now()).await;
        let report = match done {
            Ok(report) => report,
            Err(EnrollManyError::UnknownClass) => return Err(RecordError::NotFound),
            Err(error @ EnrollManyError::TooMany { .. }) => {
                return Err(RecordError::invalid("person", error.to_string()));
            }
            Err(EnrollManyError::Unavailable(error)) => return Err(error.into()),
        };
        match report.rows.first() {
            Some(RowVerdict::Refused(BadRow::UnknownPerson)) => return Err(RecordError::NotFound),
            Some(RowVerdict::Refused(bad)) => {
                return Err(RecordError::invalid("time_factor", bad.to_string()));
            }
            Some(RowVerdict::Unchanged) => return Ok(()),
            _ => {}
        }
        if let Some(before) = before {
            self.dismiss(who.school, class, place.person, &lost(&before.place, &place)).await;
        }
        let note = Note::of(Resource::Enrollment, place.person.0).in_class(class);
        self.tell(who.school, &[Audience::Staff(class), Audience::Person(place.person)], &note).await;
        Ok(())
    }
}
