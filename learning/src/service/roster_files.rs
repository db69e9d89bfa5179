//! A class's roster as a file: taken from one, and given as one. A row is refused with its reason, and the others stand.

mod plan;
#[cfg(test)]
mod tests;

use super::watch::closed_by;
use super::{Audience, Learning, Member, Note, RecordError, Resource};
use crate::roster_file::{self, FileRole, FileRow, FileStatus};
use persistence::Unavailable;
use persistence::rosters::{
    EnrollManyError, Enrollment, EnrollmentState, MAX_ROWS, OnBadRow, Place, RosterFilter, RowVerdict,
};
use plan::{Known, Plan};
use protocol::ids::{ClassId, PersonId, SchoolId};
use protocol::role::Role;
use std::collections::{HashMap, HashSet};

/// Rows of a roster that are read at once.
const ROWS_AT_ONCE: u32 = 1_000;

/// What a row of a file came to, or would come to if the file were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileVerdict {
    /// The person was not in the class before.
    Added,
    /// The person's place is another one now.
    Changed,
    /// The person had just this place.
    Unchanged,
    /// It cannot be taken.
    Refused {
        /// Stable name.
        code: &'static str,
        /// What to do.
        problem: String,
    },
}

/// A row of a file with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRow {
    /// Line in the file, counted from 1 with the header.
    pub row: u64,
    /// Whom it is about; none for those whom the school does not know, or does not know yet.
    pub person: Option<PersonId>,
    /// What it came to.
    pub verdict: FileVerdict,
}

/// What a file came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterFileReport {
    /// Whether the rows that are not refused were taken; if not, nothing was changed.
    pub taken: bool,
    /// One for each row, in their order.
    pub rows: Vec<JudgedRow>,
}

impl Learning {
    /// Gives the people of a file their places in a class. Who is new to the school, has a name and an address, becomes a
    /// student of it. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Invalid`] for what is no roster. Bad rows are no error: the report tells them.
    pub async fn import_roster(
        &self,
        who: &Member,
        class: ClassId,
        file: &[u8],
        on_bad_row: OnBadRow,
    ) -> Result<RosterFileReport, RecordError> {
        self.run_class(who, class).await?;
        let rows = roster_file::read(file, class, MAX_ROWS)
            .map_err(|error| RecordError::invalid("file", error.to_string()))?;
        let held = self.places(who.school, class).await?;
        let known = self.known(who.school, &rows).await?;
        let plan = Plan::of(who.school, rows, known, &held);
        let on_bad_row = match on_bad_row {
            OnBadRow::TakeNone if plan.refuses() => OnBadRow::OnlyCheck,
            asked => asked,
        };
        let rosters = self.store.rosters().by(who.person);
        let kept = rosters.enroll_newcomers(
            who.school,
            class,
            &plan.newcomers,
            &plan.places,
            on_bad_row,
            self.now(),
        );
        let report = match kept.await {
            Ok(report) => report,
            Err(EnrollManyError::UnknownClass) => return Err(RecordError::NotFound),
            Err(error @ EnrollManyError::TooMany { .. }) => {
                return Err(RecordError::invalid("file", error.to_string()));
            }
            Err(EnrollManyError::Unavailable(error)) => return Err(error.into()),
        };
        if report.taken {
            self.tell_roster(who.school, class, &plan, &report.rows).await;
        }
        Ok(plan.judged(&report))
    }

    /// The roster of a class as a file, those who left included.
    ///
    /// # Errors
    /// As [`Self::run_class`]
    pub async fn export_roster(&self, who: &Member, class: ClassId) -> Result<String, RecordError> {
        self.run_class(who, class).await?;
        let rows: Vec<FileRow> = self.roster(who.school, class).await?.into_iter().map(file_row).collect();
        roster_file::write(&rows, class).map_err(|error| {
            tracing::error!(%error, %class, "a roster cannot be written out");
            RecordError::Unavailable(Unavailable::from(std::io::Error::other(error)))
        })
    }

    async fn roster(&self, school: SchoolId, class: ClassId) -> Result<Vec<Enrollment>, RecordError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let filter = RosterFilter::default();
            let page = self.store.rosters().list(school, class, filter, after, ROWS_AT_ONCE).await?;
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    async fn places(
        &self,
        school: SchoolId,
        class: ClassId,
    ) -> Result<HashMap<PersonId, Place>, RecordError> {
        let roster = self.roster(school, class).await?;
        Ok(roster.into_iter().map(|row| (row.place.person, row.place)).collect())
    }

    async fn known(&self, school: SchoolId, rows: &[roster_file::NumberedRow]) -> Result<Known, RecordError> {
        let good = || rows.iter().filter_map(|(_, row)| row.as_ref().ok());
        let ids: Vec<PersonId> = good().filter_map(|row| row.person).collect();
        let emails: Vec<&str> =
            good().map(|row| row.email.as_str()).filter(|email| !email.is_empty()).collect();
        let people = self.store.people().find(school, &ids, &emails).await?;
        Ok(Known::of(people))
    }

    /// One note for all who watch the class, and one for each person who had an account before; newcomers have nobody who
    /// listens.
    async fn tell_roster(&self, school: SchoolId, class: ClassId, plan: &Plan, rows: &[RowVerdict]) {
        let of = |wanted: RowVerdict| {
            let rows = plan.places.iter().zip(rows);
            rows.filter(move |(_, row)| **row == wanted).map(|(place, _)| place)
        };
        let (added, changed): (Vec<&Place>, Vec<&Place>) =
            (of(RowVerdict::Added).collect(), of(RowVerdict::Changed).collect());
        if added.is_empty() && changed.is_empty() {
            return;
        }
        // By what the transaction changed, and not by what was read before it: somebody may have changed it in between.
        for place in &changed {
            self.dismiss(school, class, place.person, &closed_by(place)).await;
        }
        let whole = Note::of(Resource::Enrollment, class.0).in_class(class);
        self.tell(school, &[Audience::Staff(class), Audience::Class(class)], &whole).await;
        let new: HashSet<PersonId> = plan.newcomers.iter().map(|person| person.id).collect();
        for place in added.into_iter().chain(changed).filter(|place| !new.contains(&place.person)) {
            let note = Note::of(Resource::Enrollment, place.person.0).in_class(class);
            self.tell(school, &[Audience::Person(place.person)], &note).await;
        }
    }
}

fn file_row(enrolled: Enrollment) -> FileRow {
    let Enrollment { name, email, place, .. } = enrolled;
    FileRow {
        person: Some(place.person),
        email,
        name,
        role: if place.role == Role::Student { FileRole::Student } else { FileRole::Teacher },
        status: match place.state {
            EnrollmentState::Active => FileStatus::Active,
            EnrollmentState::Completed => FileStatus::Completed,
            EnrollmentState::Withdrawn => FileStatus::ToBeDeleted,
        },
        time_factor: Some(place.time_factor),
    }
}
