//! The channels of a class, and who may subscribe to them.

use super::{Learning, Member, RecordError, Standing};
use persistence::rosters::EnrollmentState;
use protocol::{Channel, ErrorBody, codes::error, ids::ClassId};
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
    fn who_left_watches_nothing_and_students_no_channel_of_the_staff() {
        for state in [EnrollmentState::Active, EnrollmentState::Completed] {
            assert!(may_watch(Standing::Student(state), false));
            assert!(!may_watch(Standing::Student(state), true));
        }
        assert!(!may_watch(Standing::Student(EnrollmentState::Withdrawn), false));
        assert!(may_watch(Standing::Teacher, true));
    }
}
