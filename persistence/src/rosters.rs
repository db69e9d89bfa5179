//! Who is in a class: lists of it, and many changes at once, as a school's office makes them.

mod rows;

use crate::audit::{self, AuditAction, AuditSubject, Change};
use crate::classes::take_turn;
use crate::db::{Db, Tx, Value};
use crate::id_list::id_list;
use crate::people::{self, Person};
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{ClassId, CourseId, PersonId, SchoolId, SessionId};
use protocol::role::Role;
use rows::{AttendanceRow, EnrollmentRow, UPSERT};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Most rows of one change.
pub const MAX_ROWS: usize = 5_000;

/// Whether a person is in a class by now. Who was in it once stays on its roster: scores hang on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentState {
    /// In it.
    Active,
    /// Went through to the end.
    Completed,
    /// Left before.
    Withdrawn,
}

/// What a person is to be in a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// Whether in it.
    pub state: EnrollmentState,
    /// Factor of the time to answer, 1.0 to 3.0.
    pub time_factor: f64,
}

/// A row of a roster.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrollment {
    /// Name, as shown.
    pub name: String,
    /// Address; empty when there is none.
    pub email: String,
    /// What the person is in the class.
    pub place: Place,
    /// When the person came first; 0 for those of old.
    pub enrolled_at: Micros,
}

/// Which rows of a roster to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RosterFilter {
    /// Only in this role.
    pub role: Option<Role>,
    /// Only in this state.
    pub state: Option<EnrollmentState>,
}

/// A class as one of those in it sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attendance {
    /// The class.
    pub class: ClassId,
    /// Its title, as shown.
    pub title: String,
    /// The course that it takes.
    pub course: Option<CourseId>,
    /// The year or term in which it does.
    pub session: Option<SessionId>,
    /// As what the person is there.
    pub role: Role,
    /// Whether still.
    pub state: EnrollmentState,
}

/// What happens if a row cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBadRow {
    /// None is; nor is any if there is no bad row: what they would do is all that is asked.
    OnlyCheck,
    /// None is.
    TakeNone,
    /// The others are.
    TakeOthers,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    /// The school has no such person.
    #[error("the school has no such person; keep the person first")]
    UnknownPerson,
    /// Out of range.
    #[error("the time factor must lie between 1.0 and 3.0")]
    InvalidTimeFactor,
    /// The person stands in an earlier row, too.
    #[error("the person stands in an earlier row; leave one of them out")]
    Repeated,
}

impl BadRow {
    /// Stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::InvalidTimeFactor => "invalid_time_factor",
            Self::Repeated => "repeated",
        }
    }
}

/// What a row comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// The person was not in the class before.
    Added,
    /// The person's place is another one now.
    Changed,
    /// The person had just this place.
    Unchanged,
    /// It cannot be taken.
    Refused(BadRow),
}

/// What a change of a roster came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterReport {
    /// Whether the rows that are not refused were taken. If not, nothing was changed, and they tell what they would do.
    pub taken: bool,
    /// One for each row, in their order.
    pub rows: Vec<RowVerdict>,
}

/// Why a change of a roster was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum EnrollManyError {
    /// The school has no such class.
    #[error("the school has no such class; make it first")]
    UnknownClass,
    /// Too many rows.
    #[error("a change takes {most} rows; send the others in another one")]
    TooMany {
        /// How many it takes.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl EnrollManyError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownClass => "unknown_class",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// The repository of rosters.
#[derive(Clone, Debug)]
pub struct Rosters {
    db: Db,
    by: Option<PersonId>,
}

impl Rosters {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, by: None }
    }

    /// The same in the name of a person, for the audit log.
    #[must_use]
    pub fn by(self, person: PersonId) -> Self {
        Self { by: Some(person), ..self }
    }

    /// Gives many people their places in a class, at most [`MAX_ROWS`], and says of each row what it came to. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// [`EnrollManyError`]; nothing was changed then.
    pub async fn enroll_many(
        &self,
        school: SchoolId,
        class: ClassId,
        places: &[Place],
        on_bad_row: OnBadRow,
        now: Micros,
    ) -> Result<RosterReport, EnrollManyError> {
        self.enroll_newcomers(school, class, &[], places, on_bad_row, now).await
    }

    /// As [`Self::enroll_many`], with people who are new to the school. They are kept if the rows are taken; one whose id or
    /// address the school knows already is left out, and rows that name that id are refused.
    ///
    /// # Errors
    /// [`EnrollManyError`]; nothing was changed then.
    pub async fn enroll_newcomers(
        &self,
        school: SchoolId,
        class: ClassId,
        newcomers: &[Person],
        places: &[Place],
        on_bad_row: OnBadRow,
        now: Micros,
    ) -> Result<RosterReport, EnrollManyError> {
        if places.len() > MAX_ROWS {
            return Err(EnrollManyError::TooMany { most: MAX_ROWS });
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, class).await? {
            return Err(EnrollManyError::UnknownClass);
        }
        insert_newcomers(&mut tx, school, newcomers).await?;
        let (known, held) = look_up(&mut tx, school, class, places).await?;
        let rows = judge(places, &known, &held);
        let taken = match on_bad_row {
            OnBadRow::OnlyCheck => false,
            OnBadRow::TakeNone => !rows.iter().any(|row| matches!(row, RowVerdict::Refused(_))),
            OnBadRow::TakeOthers => true,
        };
        if taken {
            let writes = |row: &RowVerdict| matches!(row, RowVerdict::Added | RowVerdict::Changed);
            let wanted = places.iter().zip(&rows).filter(|(_, row)| writes(row));
            let wanted: Vec<Place> = wanted.map(|(place, _)| *place).collect();
            let changes: Vec<Change> =
                wanted.iter().map(|place| audited(class, place, held.get(&place.person))).collect();
            write(&mut tx, school, class, wanted, now).await?;
            audit::write(&mut tx, school, self.by, now, &changes).await?;
            tx.commit().await.map_err(Unavailable::from)?;
        }
        Ok(RosterReport { taken, rows })
    }

    /// Withdraws a person from a class, whatever else the place says by then. Returns the place as it is now; none for
    /// somebody who never was in the class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; nothing was changed then.
    pub async fn withdraw(
        &self,
        school: SchoolId,
        class: ClassId,
        person: PersonId,
        now: Micros,
    ) -> Result<Option<Place>, Unavailable> {
        let mut tx = self.db.write(school).await?;
        if !take_turn(&mut tx, school, class).await? {
            return Ok(None);
        }
        let values = [school.0.into(), class.0.into(), person.0.into()];
        let Some(row) = tx.fetch_optional::<EnrollmentRow>(rows::GET, values).await? else {
            return Ok(None);
        };
        let before = row.into_enrollment()?.place;
        let place = Place { state: EnrollmentState::Withdrawn, ..before };
        if place != before {
            write(&mut tx, school, class, vec![place], now).await?;
            audit::write(&mut tx, school, self.by, now, &[audited(class, &place, Some(&before))]).await?;
            tx.commit().await?;
        }
        Ok(Some(place))
    }

    /// A person's place in a class, in any state.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(
        &self,
        school: SchoolId,
        class: ClassId,
        person: PersonId,
    ) -> Result<Option<Enrollment>, Unavailable> {
        let values = [school.0.into(), class.0.into(), person.0.into()];
        let row: Option<EnrollmentRow> = self.db.fetch_optional(school, rows::GET, values).await?;
        row.map(EnrollmentRow::into_enrollment).transpose()
    }

    /// The classes that a person is or was in, by title, at most 1,000.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_person(
        &self,
        school: SchoolId,
        person: PersonId,
    ) -> Result<Vec<Attendance>, Unavailable> {
        let rows: Vec<AttendanceRow> =
            self.db.fetch_all(school, rows::OF_PERSON, [school.0.into(), person.0.into()]).await?;
        rows.into_iter().map(AttendanceRow::into_attendance).collect()
    }

    /// Lists the roster of a class, the last to come first, `limit` rows behind `after`; empty for an unknown class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        class: ClassId,
        filter: RosterFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Enrollment>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            class.0.into(),
            Value::Text(filter.role.map(column_word::write).transpose()?.map(Into::into)),
            Value::Text(filter.state.map(column_word::write).transpose()?.map(Into::into)),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<EnrollmentRow> = self.db.fetch_all(school, rows::LIST, values).await?;
        let items = rows.into_iter().map(EnrollmentRow::into_enrollment).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |row: &Enrollment| Cursor { at: row.enrolled_at, id: row.place.person.0 }))
    }
}

/// Gives a person the first place in a class that a transaction has just made.
pub(crate) async fn place_first(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    place: Place,
    now: Micros,
) -> Result<(), Unavailable> {
    write(tx, school, class, vec![place], now).await?;
    audit::write(tx, school, Some(place.person), now, &[audited(class, &place, None)]).await
}

type Held = HashMap<PersonId, Place>;

/// Which of the people the school knows, and the places that they have.
async fn look_up(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    places: &[Place],
) -> Result<(HashSet<PersonId>, Held), Unavailable> {
    let people = || id_list(places.iter().map(|place| place.person.0));
    let known: Vec<(Uuid,)> = tx.fetch_all(rows::KNOWN, [school.0.into(), people()?]).await?;
    let held: Vec<EnrollmentRow> =
        tx.fetch_all(rows::HELD, [school.0.into(), class.0.into(), people()?]).await?;
    let mut by_person = HashMap::with_capacity(held.len());
    for row in held {
        let place = row.into_enrollment()?.place;
        by_person.insert(place.person, place);
    }
    Ok((known.into_iter().map(|(id,)| PersonId(id)).collect(), by_person))
}

fn judge(places: &[Place], known: &HashSet<PersonId>, held: &Held) -> Vec<RowVerdict> {
    let mut seen = HashSet::with_capacity(places.len());
    let verdict = |place: &Place| {
        if !known.contains(&place.person) {
            return RowVerdict::Refused(BadRow::UnknownPerson);
        }
        if !(1.0..=3.0).contains(&place.time_factor) {
            return RowVerdict::Refused(BadRow::InvalidTimeFactor);
        }
        if !seen.insert(place.person) {
            return RowVerdict::Refused(BadRow::Repeated);
        }
        match held.get(&place.person) {
            None => RowVerdict::Added,
            Some(held) if held == place => RowVerdict::Unchanged,
            Some(_) => RowVerdict::Changed,
        }
    };
    places.iter().map(verdict).collect()
}

fn audited(class: ClassId, place: &Place, before: Option<&Place>) -> Change {
    let told =
        |place: &Place| json!({ "role": place.role, "state": place.state, "time_factor": place.time_factor });
    let action = if before.is_some() { AuditAction::EnrollmentChanged } else { AuditAction::EnrollmentAdded };
    let mut detail = told(place);
    if let Some(before) = before {
        detail["before"] = told(before);
    }
    Change { action, subject: AuditSubject::Person(place.person), class, detail }
}

async fn insert_newcomers(tx: &mut Tx, school: SchoolId, newcomers: &[Person]) -> Result<(), Unavailable> {
    for (sql, batch) in rows::NEWCOMERS.batches(newcomers) {
        let mut values = vec![school.0.into()];
        for person in batch {
            values.extend::<[Value<'_>; 4]>([
                person.id.0.into(),
                column_word::write(person.role)?.into(),
                (&person.name).into(),
                people::fold(&person.email).into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}

async fn write(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    mut places: Vec<Place>,
    now: Micros,
) -> Result<(), Unavailable> {
    // In the order of the key, for which the database need not search the place of each row.
    places.sort_unstable_by_key(|place| place.person);
    for (sql, batch) in UPSERT.batches(&places) {
        let mut values = vec![school.0.into(), class.0.into(), now.into()];
        for place in batch {
            values.extend::<[Value<'_>; 4]>([
                place.person.0.into(),
                column_word::write(place.role)?.into(),
                column_word::write(place.state)?.into(),
                place.time_factor.into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}
