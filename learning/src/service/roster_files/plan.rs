//! What the rows of a file ask for: pure.

use super::{FileVerdict, JudgedRow, RosterFileReport};
use crate::roster_file::{FileRole, FileRow, FileStatus, NumberedRow};
use persistence::people::Person;
use persistence::rosters::{EnrollmentState, Place, RosterReport, RowVerdict};
use protocol::ids::{PersonId, SchoolId};
use protocol::role::Role;
use std::collections::{HashMap, HashSet};

/// Why a row that can be read finds no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    /// Nobody to enroll, and nothing to make somebody of.
    #[error("the school has no such person; give a name and an email to add a student")]
    UnknownPerson,
    /// Nobody becomes staff by a file.
    #[error("the school has no such teacher; let an admin add the account first")]
    UnknownTeacher,
    /// The row means two people.
    #[error("userSourcedId and email belong to two people; leave one of them empty")]
    TwoPeople,
}

impl NoPlace {
    fn code(self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::UnknownTeacher => "unknown_teacher",
            Self::TwoPeople => "two_people",
        }
    }
}

/// Those of a file whom the school knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    ids: HashSet<PersonId>,
    by_email: HashMap<String, PersonId>,
}

impl Known {
    pub(super) fn of(people: Vec<Person>) -> Self {
        let ids = people.iter().map(|person| person.id).collect();
        let addressed = people.into_iter().filter(|person| !person.email.is_empty());
        Self { ids, by_email: addressed.map(|person| (person.email, person.id)).collect() }
    }
}

/// What is asked of the store, and what was refused before it is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Who is to be made, in the order of the file.
    pub(super) newcomers: Vec<Person>,
    /// The places of all rows that ask for one, in the order of the file.
    pub(super) places: Vec<Place>,
    /// All rows: refused ones with their verdict, the others stand for the next place.
    rows: Vec<(u64, Option<FileVerdict>)>,
}

impl Plan {
    pub(super) fn of(
        school: SchoolId,
        rows: Vec<NumberedRow>,
        mut known: Known,
        held: &HashMap<PersonId, Place>,
    ) -> Self {
        let mut plan = Self::default();
        for (line, row) in rows {
            let place = match row {
                Err(error) => Err((error.code(), error.to_string())),
                Ok(row) => plan
                    .person(school, &row, &mut known)
                    .map(|person| place(person, &row, held.get(&person)))
                    .map_err(|error| (error.code(), error.to_string())),
            };
            match place {
                Ok(place) => {
                    plan.places.push(place);
                    plan.rows.push((line, None));
                }
                Err((code, problem)) => {
                    plan.rows.push((line, Some(FileVerdict::Refused { code, problem })));
                }
            }
        }
        plan
    }

    /// Whether a row is refused already.
    pub(super) fn refuses(&self) -> bool {
        self.rows.iter().any(|(_, refused)| refused.is_some())
    }

    /// All rows in their order, with what the store said to those that it was asked for.
    pub(super) fn judged(self, report: &RosterReport) -> RosterFileReport {
        let new: HashSet<PersonId> = self.newcomers.iter().map(|person| person.id).collect();
        // Who was not made has no id that anybody could use.
        let shown = |person: PersonId| (report.taken || !new.contains(&person)).then_some(person);
        let mut asked = self.places.iter().zip(&report.rows);
        let mut rows = Vec::with_capacity(self.rows.len());
        for (row, refused) in self.rows {
            if let Some(verdict) = refused {
                rows.push(JudgedRow { row, person: None, verdict });
                continue;
            }
            let Some((place, verdict)) = asked.next() else { break };
            let (person, verdict) = (shown(place.person), told(*verdict));
            rows.push(JudgedRow { row, person, verdict });
        }
        RosterFileReport { taken: report.taken, rows }
    }

    /// Whom a row is about; somebody new is remembered for the rows to come.
    fn person(&mut self, school: SchoolId, row: &FileRow, known: &mut Known) -> Result<PersonId, NoPlace> {
        let by_email = known.by_email.get(&row.email).copied();
        match (row.person, by_email) {
            (Some(id), Some(other)) if id != other => return Err(NoPlace::TwoPeople),
            (Some(id), _) if known.ids.contains(&id) => return Ok(id),
            (None, Some(id)) => return Ok(id),
            _ => {}
        }
        if row.name.is_empty() || row.email.is_empty() || row.status == FileStatus::ToBeDeleted {
            return Err(NoPlace::UnknownPerson);
        }
        if row.role == FileRole::Teacher {
            return Err(NoPlace::UnknownTeacher);
        }
        let id = row.person.unwrap_or_else(PersonId::generate);
        known.ids.insert(id);
        known.by_email.insert(row.email.clone(), id);
        let (name, email) = (row.name.clone(), row.email.clone());
        self.newcomers.push(Person { school, id, role: Role::Student, name, email });
        Ok(id)
    }
}

fn place(person: PersonId, row: &FileRow, held: Option<&Place>) -> Place {
    let role = match (row.role, held) {
        (FileRole::Student, _) => Role::Student,
        // A file knows no admins; one who is in the class as such stays it.
        (FileRole::Teacher, Some(held)) if held.role != Role::Student => held.role,
        (FileRole::Teacher, _) => Role::Teacher,
    };
    let state = match row.status {
        FileStatus::Active => EnrollmentState::Active,
        FileStatus::Completed => EnrollmentState::Completed,
        FileStatus::ToBeDeleted => EnrollmentState::Withdrawn,
    };
    let time_factor = row.time_factor.or(held.map(|held| held.time_factor)).unwrap_or(1.0);
    Place { person, role, state, time_factor }
}

fn told(verdict: RowVerdict) -> FileVerdict {
    match verdict {
        RowVerdict::Added => FileVerdict::Added,
        RowVerdict::Changed => FileVerdict::Changed,
        RowVerdict::Unchanged => FileVerdict::Unchanged,
        RowVerdict::Refused(bad) => FileVerdict::Refused { code: bad.code(), problem: bad.to_string() },
    }
}
