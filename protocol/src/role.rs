//! What a person is in a school.

use serde::{Deserialize, Serialize};

/// A person's role, as it stands in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Learns.
    Student,
    /// Teaches: makes quizzes, hosts games.
    Teacher,
    /// Runs the platform's office work for a school.
    Admin,
    /// Runs a school.
    SchoolAdmin,
    /// Runs the platform.
    SuperAdmin,
}

impl Role {
    /// Whether the role may make quizzes and host games.
    #[must_use]
    pub fn is_staff(self) -> bool {
        self != Self::Student
    }
}
