//! What somebody is to a conversation. Roles come from the token; who is in it, from its members or its class's roster.

use persistence::chat::{MemberRole, MemberState, Standing as Kept};
use persistence::rosters::EnrollmentState;
use protocol::chat::ConversationKind;
use protocol::role::Role;

/// What somebody is to a conversation that they may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An admin of the school, in the conversation of any of its classes.
    Admin,
    /// Teaches the class.
    Teacher,
    /// A student of the class.
    Student,
    /// Went through the class to its end.
    Former,
    /// Brought the people of a group together, or took it over.
    Owner,
    /// One of a group or of two.
    Member,
}

/// What somebody is to a conversation; none if it is none of theirs, as if it did not exist.
///
/// Somebody who teaches by token and by roster moderates; everybody else on the roster is as a student: a roster alone makes
/// nobody staff. Admins are let into classes, never into what people say to each other.
#[must_use]
pub fn standing(token: Role, kind: ConversationKind, kept: Kept) -> Option<Standing> {
    let admin = matches!(token, Role::Admin | Role::SchoolAdmin | Role::SuperAdmin);
    match kept {
        _ if kind == ConversationKind::Class && admin => Some(Standing::Admin),
        Kept::Member { role: MemberRole::Owner, state: MemberState::Active }
            if kind == ConversationKind::Group =>
        {
            Some(Standing::Owner)
        }
        Kept::Member { state: MemberState::Active, .. } => Some(Standing::Member),
        Kept::Enrolled { role, state } => match (role, token.is_staff(), state) {
            (Role::Student, _, EnrollmentState::Active) | (_, false, EnrollmentState::Active) => {
                Some(Standing::Student)
            }
            (_, true, EnrollmentState::Active) => Some(Standing::Teacher),
            (Role::Student, _, EnrollmentState::Completed) => Some(Standing::Former),
            _ => None,
        },
        Kept::Member { state: MemberState::Left, .. } | Kept::Outside => None,
    }
}

impl Standing {
    /// Whether modes do not bind them, and what others wrote in a class is theirs to take away.
    #[must_use]
    pub fn is_staff(self) -> bool {
        matches!(self, Self::Admin | Self::Teacher)
    }

    /// Whether they look after the conversation: its name, mode, people and messages.
    #[must_use]
    pub fn manages(self) -> bool {
        self.is_staff() || self == Self::Owner
    }

    /// Whether they read only.
    #[must_use]
    pub fn reads_only(self) -> bool {
        self == Self::Former
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConversationKind::{Class, Direct, Group};
    use EnrollmentState::{Active, Completed, Withdrawn};

    fn enrolled(role: Role, state: EnrollmentState) -> Kept {
        Kept::Enrolled { role, state }
    }

    fn member(role: MemberRole, state: MemberState) -> Kept {
        Kept::Member { role, state }
    }

    #[test]
    fn a_class_is_moderated_by_those_whom_token_and_roster_call_its_teachers() {
        for (token, role, state, wanted) in [
            (Role::Teacher, Role::Teacher, Active, Some(Standing::Teacher)),
            (Role::Student, Role::Teacher, Active, Some(Standing::Student)),
            (Role::Teacher, Role::Student, Active, Some(Standing::Student)),
            (Role::Student, Role::Student, Active, Some(Standing::Student)),
            (Role::Student, Role::Student, Completed, Some(Standing::Former)),
            (Role::Student, Role::Student, Withdrawn, None),
            (Role::Teacher, Role::Teacher, Completed, None),
            (Role::Teacher, Role::Teacher, Withdrawn, None),
            (Role::SchoolAdmin, Role::Teacher, Withdrawn, Some(Standing::Admin)),
        ] {
            assert_eq!(standing(token, Class, enrolled(role, state)), wanted, "{token:?} {role:?} {state:?}");
        }
    }

    #[test]
    fn admins_are_in_all_classes_and_in_no_conversation_of_others() {
        for token in [Role::Admin, Role::SchoolAdmin, Role::SuperAdmin] {
            assert_eq!(standing(token, Class, Kept::Outside), Some(Standing::Admin));
            assert_eq!(standing(token, Group, Kept::Outside), None);
            assert_eq!(standing(token, Direct, Kept::Outside), None);
        }
        for token in [Role::Student, Role::Teacher] {
            assert_eq!(standing(token, Class, Kept::Outside), None);
        }
    }

    #[test]
    fn a_group_is_for_those_who_are_in_it_and_managed_by_its_owner() {
        for (kind, role, state, wanted) in [
            (Group, MemberRole::Owner, MemberState::Active, Some(Standing::Owner)),
            (Group, MemberRole::Member, MemberState::Active, Some(Standing::Member)),
            (Group, MemberRole::Owner, MemberState::Left, None),
            (Direct, MemberRole::Owner, MemberState::Active, Some(Standing::Member)),
            (Direct, MemberRole::Member, MemberState::Left, None),
        ] {
            assert_eq!(
                standing(Role::Student, kind, member(role, state)),
                wanted,
                "{kind:?} {role:?} {state:?}"
            );
        }
    }
}
