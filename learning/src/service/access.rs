//! Who may see or change what. Roles come from the token; who is in a class, from its roster.
//!
//! Admins reach everything in their school; teachers the classes in which they are enrolled as such, and all courses;
//! students the classes that they are or were in. Whatever somebody may not know of is not found, as if it did not exist.

use super::{Learning, RecordError};
use persistence::classes::Class;
use persistence::rosters::EnrollmentState;
use protocol::ids::{ClassId, PersonId, SchoolId, UserId};
use protocol::role::Role;
use realtime::Identity;

/// Somebody of a school: a person with an account, no guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The tenant.
    pub school: SchoolId,
    /// Who.
    pub person: PersonId,
    /// As what, by the token.
    pub role: Role,
}

impl Member {
    /// The person behind a token; none for guests, anonymous users and subjects that are no person's id.
    #[must_use]
    pub fn of(identity: &Identity) -> Option<Self> {
        let person = identity.person.filter(|_| !identity.is_guest())?;
        Some(Self { school: identity.school, person, role: identity.role })
    }

    /// Whether all records of the school are the person's to look after.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(self.role, Role::Admin | Role::SchoolAdmin | Role::SuperAdmin)
    }

    /// Whether the person makes courses and lessons.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.role.is_staff()
    }

    /// The subject of the person's connections.
    #[must_use]
    pub fn user(&self) -> UserId {
        UserId::person(self.person)
    }

    /// Passes staff only.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`]
    pub fn must_be_staff(&self) -> Result<(), RecordError> {
        if self.is_staff() { Ok(()) } else { Err(RecordError::NotAllowed) }
    }

    /// Passes admins only.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`]
    pub fn must_be_admin(&self) -> Result<(), RecordError> {
        if self.is_admin() { Ok(()) } else { Err(RecordError::NotAllowed) }
    }
}

/// What somebody is to a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An admin of the school.
    Admin,
    /// A teacher of the class.
    Teacher,
    /// A student of it, or one who was.
    Student(EnrollmentState),
}

impl Standing {
    /// Whether the class is theirs to run: its roster, its gradebook, everybody's work.
    #[must_use]
    pub fn runs_it(self) -> bool {
        matches!(self, Self::Admin | Self::Teacher)
    }
}

/// A class as somebody may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassView {
    /// The class.
    pub class: Class,
    /// What the caller is to it.
    pub standing: Standing,
}

impl Learning {
    /// A class that the caller may see, and what they are to it.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for classes that do not exist, are another school's, or are none of the caller's;
    /// [`RecordError::Unavailable`]
    pub async fn see_class(&self, who: &Member, class: ClassId) -> Result<ClassView, RecordError> {
        let standing = self.standing(who, class).await?.ok_or(RecordError::NotFound)?;
        let class = self.store.classes().get(who.school, class).await?.ok_or(RecordError::NotFound)?;
        Ok(ClassView { class, standing })
    }

    /// A class that the caller runs.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for its students, else as [`Self::see_class`].
    pub async fn run_class(&self, who: &Member, class: ClassId) -> Result<ClassView, RecordError> {
        let view = self.see_class(who, class).await?;
        if view.standing.runs_it() { Ok(view) } else { Err(RecordError::NotAllowed) }
    }

    /// A class in which a person's own record is looked at: by the person, or by those who run the class.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for somebody who is not a student of the class, and for others than the caller if the
    /// caller is a student; else as [`Self::see_class`].
    pub async fn see_student(
        &self,
        who: &Member,
        class: ClassId,
        student: PersonId,
    ) -> Result<ClassView, RecordError> {
        let view = self.see_class(who, class).await?;
        if !view.standing.runs_it() && student != who.person {
            return Err(RecordError::NotFound);
        }
        let place = self.store.rosters().get(who.school, class, student).await?;
        match place {
            Some(enrolled) if enrolled.place.role == Role::Student => Ok(view),
            _ => Err(RecordError::NotFound),
        }
    }

    /// What the caller is to a class; none if the class is none of theirs. An admin's class may still not exist.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn standing(&self, who: &Member, class: ClassId) -> Result<Option<Standing>, RecordError> {
        if who.is_admin() {
            return Ok(Some(Standing::Admin));
        }
        let Some(enrolled) = self.store.rosters().get(who.school, class, who.person).await? else {
            return Ok(None);
        };
        Ok(standing_by(who.role, enrolled.place.role, enrolled.place.state))
    }
}

/// Somebody who teaches by token and by roster runs the class; who taught it once, no longer. Everybody else in it is as a
/// student: a roster alone makes nobody staff.
pub(super) fn standing_by(token: Role, roster: Role, state: EnrollmentState) -> Option<Standing> {
    match (roster, token.is_staff(), state) {
        (Role::Student, _, state) => Some(Standing::Student(state)),
        (_, true, EnrollmentState::Active) => Some(Standing::Teacher),
        (_, false, EnrollmentState::Active) => Some(Standing::Student(EnrollmentState::Active)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EnrollmentState::{Active, Completed, Withdrawn};

    #[test]
    fn a_class_is_run_by_those_whom_token_and_roster_call_its_teachers() {
        assert_eq!(standing_by(Role::Teacher, Role::Teacher, Active), Some(Standing::Teacher));
        assert_eq!(standing_by(Role::Student, Role::Teacher, Active), Some(Standing::Student(Active)));
        assert_eq!(standing_by(Role::Teacher, Role::Student, Active), Some(Standing::Student(Active)));
        for state in [Completed, Withdrawn] {
            assert_eq!(standing_by(Role::Teacher, Role::Teacher, state), None);
            assert_eq!(standing_by(Role::Student, Role::Student, state), Some(Standing::Student(state)));
        }
    }
}
