//! Who may begin a conversation with whom.

use persistence::chat::Whom;
use protocol::chat::DirectPolicy;
use protocol::role::Role;

/// Whether a school's policy lets two people begin a conversation. `share_class` says whether both are in a class together now.
#[must_use]
pub fn may_talk(policy: DirectPolicy, a: Role, b: Role, share_class: bool) -> bool {
    let staff = a.is_staff() || b.is_staff();
    match policy {
        DirectPolicy::Anyone => true,
        DirectPolicy::SharedClass => staff || share_class,
        DirectPolicy::StaffOnly => staff,
        DirectPolicy::Nobody => false,
    }
}

/// Among whom somebody finds those that [`may_talk`] allows; none if there is nobody.
#[must_use]
pub fn reachable(policy: DirectPolicy, role: Role) -> Option<Whom> {
    match policy {
        DirectPolicy::Nobody => None,
        DirectPolicy::Anyone => Some(Whom::Anyone),
        _ if role.is_staff() => Some(Whom::Anyone),
        DirectPolicy::SharedClass => Some(Whom::StaffOrClassmates),
        DirectPolicy::StaffOnly => Some(Whom::Staff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DirectPolicy::{Anyone, Nobody, SharedClass, StaffOnly};
    use Role::{Student, Teacher};

    #[test]
    fn a_policy_says_who_may_talk_with_whom() {
        for (policy, strangers, classmates, with_staff) in [
            (Anyone, true, true, true),
            (SharedClass, false, true, true),
            (StaffOnly, false, false, true),
            (Nobody, false, false, false),
        ] {
            assert_eq!(may_talk(policy, Student, Student, false), strangers, "{policy:?}");
            assert_eq!(may_talk(policy, Student, Student, true), classmates, "{policy:?}");
            for (a, b) in [(Student, Teacher), (Teacher, Student), (Teacher, Role::Admin)] {
                assert_eq!(may_talk(policy, a, b, false), with_staff, "{policy:?}");
            }
        }
    }

    #[test]
    fn who_is_found_is_who_may_be_talked_to() {
        for policy in [Anyone, SharedClass, StaffOnly, Nobody] {
            for role in [Student, Teacher, Role::SchoolAdmin] {
                let to = |other, share| may_talk(policy, role, other, share);
                let wanted = match (to(Student, false), to(Student, true), to(Teacher, false)) {
                    (true, true, true) => Some(Whom::Anyone),
                    (false, true, true) => Some(Whom::StaffOrClassmates),
                    (false, false, true) => Some(Whom::Staff),
                    _ => None,
                };
                assert_eq!(reachable(policy, role), wanted, "{policy:?} {role:?}");
            }
        }
    }
}
