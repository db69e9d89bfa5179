//! The channels of a class, and who may subscribe to them.

use super::access::standing_by;
use super::{Learning, Member, RecordError, Standing};
use persistence::rosters::{EnrollmentState, Place};
use protocol::{Channel, ErrorBody, codes::error, ids::ClassId, role::Role};
use realtime::Identity;

/// Namespace of the channel of everybody in a class.
pub const CLASS_NAMESPACE: &str = "class";
/// Namespace of the channel of those who run it.
pub const STAFF_NAMESPACE: &str = "class-staff";

impl Learning {
    /// Whether somebody may subscribe to a channel of a class.
    ///
    /// # Errors
    /// 103 for those who may not, and for classes that do not exist; 100 when the store failed.
    pub async fn authorize(&self, identity: &Identity, channel: &Channel) -> Result<(), ErrorBody> {
        let (class, staff_only) = watched(channel).ok_or(error::PERMISSION_DENIED)?;
        let who = Member::of(identity).ok_or(error::PERMISSION_DENIED)?;
        match self.see_class(&who, class).await {
            Ok(view) if may_watch(view.standing, staff_only) => Ok(()),
            Err(RecordError::Unavailable(failure)) => {
                tracing::error!(error = %failure, %class, "nobody knows who is in a class");
                Err(error::INTERNAL)
            }
            _ => Err(error::PERMISSION_DENIED),
        }
    }
}

fn may_watch(standing: Standing, staff_only: bool) -> bool {
    match standing {
        Standing::Admin | Standing::Teacher => true,
        Standing::Student(EnrollmentState::Withdrawn) => false,
        Standing::Student(EnrollmentState::Active | EnrollmentState::Completed) => !staff_only,
    }
}

/// The channels of a class that a place in it does not open, whatever the token of who has it says.
pub(super) fn closed_by(place: &Place) -> Vec<&'static str> {
    let standing = standing_by(Role::Teacher, place.role, place.state);
    let closed = |staff_only| !standing.is_some_and(|standing| may_watch(standing, staff_only));
    let channels = [(CLASS_NAMESPACE, false), (STAFF_NAMESPACE, true)];
    channels
        .into_iter()
        .filter(|(_, staff_only)| closed(*staff_only))
        .map(|(namespace, _)| namespace)
        .collect()
}

pub(super) fn class_channel(namespace: &str, class: ClassId) -> Channel {
    #[expect(clippy::expect_used, reason = "a short namespace and a uuid are printable ascii")]
    Channel::parse(&format!("{namespace}:{class}")).expect("a class's channel has a valid name")
}

/// The class that a channel belongs to, and whether it is its staff's.
fn watched(channel: &Channel) -> Option<(ClassId, bool)> {
    let staff_only = match channel.namespace() {
        CLASS_NAMESPACE => false,
        STAFF_NAMESPACE => true,
        _ => return None,
    };
    let class: ClassId = channel.rest().parse().ok()?;
    // One class, one name: other spellings of its id would be channels of their own.
    (channel.rest() == class.to_string()).then_some((class, staff_only))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_one_channel_of_each_kind() {
        let class = ClassId::generate();
        assert_eq!(watched(&class_channel(CLASS_NAMESPACE, class)), Some((class, false)));
        assert_eq!(watched(&class_channel(STAFF_NAMESPACE, class)), Some((class, true)));
        for name in [format!("class:{}", class.0.simple()), "class:".to_owned(), format!("quiz:{class}")] {
            assert_eq!(watched(&Channel::parse(&name).unwrap()), None, "{name}");
        }
    }

    #[test]
    fn who_leaves_or_teaches_no_more_loses_the_channels_of_it() {
        use EnrollmentState::{Active, Completed, Withdrawn};
        let person = protocol::ids::PersonId::generate();
        let place = |role, state| Place { person, role, state, time_factor: 1.0 };
        let (student, teacher) = (place(Role::Student, Active), place(Role::Teacher, Active));
        assert_eq!(closed_by(&place(Role::Student, Withdrawn)), [CLASS_NAMESPACE, STAFF_NAMESPACE]);
        assert_eq!(closed_by(&place(Role::Student, Completed)), [STAFF_NAMESPACE]);
        assert_eq!(closed_by(&place(Role::Teacher, Withdrawn)), [CLASS_NAMESPACE, STAFF_NAMESPACE]);
        assert_eq!(closed_by(&student), [STAFF_NAMESPACE]);
        assert_eq!(closed_by(&teacher), [""; 0]);
    }

    #[test]
    fn who_left_watches_nothing_and_students_no_channel_of_the_staff() {
        for state in [EnrollmentState::Active, EnrollmentState::Completed] {
            assert!(may_watch(Standing::Student(state), false));
            assert!(!may_watch(Standing::Student(state), true));
        }
        assert!(!may_watch(Standing::Student(EnrollmentState::Withdrawn), false));
        assert!(may_watch(Standing::Teacher, true));
    }
}
