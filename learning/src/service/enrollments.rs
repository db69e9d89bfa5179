//! Who is in a class, one by one. The roster is for those who run the class.

use super::watch::closed_by;
use super::{Audience, Learning, Member, Note, RecordError, Resource};
use persistence::rosters::{BadRow, EnrollManyError, Enrollment, OnBadRow, Place, RosterFilter, RowVerdict};
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
        let rosters = self.store.rosters().by(who.person);
        let left =
            rosters.withdraw(who.school, class, person, self.now()).await?.ok_or(RecordError::NotFound)?;
        self.tell_place(who, class, &left).await;
        Ok(())
    }

    async fn place(&self, who: &Member, class: ClassId, place: Place) -> Result<(), RecordError> {
        let rosters = self.store.rosters().by(who.person);
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
            _ => {}
        }
        self.tell_place(who, class, &place).await;
        Ok(())
    }

    /// Ends what a place does not allow, and tells of it: those who run the class, and the person. The others of the class do
    /// not see its roster. Also of a place that was the same before: whoever made it may have been cut off before this.
    async fn tell_place(&self, who: &Member, class: ClassId, place: &Place) {
        self.dismiss(who.school, class, place.person, &closed_by(place)).await;
        let note = Note::of(Resource::Enrollment, place.person.0).in_class(class);
        self.tell(who.school, &[Audience::Staff(class), Audience::Person(place.person)], &note).await;
    }
}
