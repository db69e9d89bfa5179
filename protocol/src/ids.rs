//! Identifiers. Each is its own type, so that two of them can never be swapped in a signature.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier, ordered by time of making (UUIDv7).
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )+};
}

uuid_id! {
    /// A school: the tenant, the unit of isolation.
    SchoolId,
    /// A person of a school.
    PersonId,
    /// A class (section) of a school.
    ClassId,
    /// A quiz; its content is versioned.
    QuizId,
    /// One run of a live quiz.
    GameId,
    /// A player of one game, guest or person.
    ParticipantId,
    /// A course; its lessons are what progress counts.
    CourseId,
    /// A lesson of a course.
    LessonId,
    /// A year, term or grading period of a school.
    SessionId,
    /// Work that a class is given.
    AssignmentId,
    /// What a student hands in for an assignment.
    SubmissionId,
    /// A group of line items in a class's gradebook.
    CategoryId,
    /// A column of a class's gradebook.
    LineItemId,
    /// One entry of a score; entries are never changed.
    ScoreId,
    /// A person's way through a quiz at an own pace.
    AttemptId,
    /// One run of a live class.
    LiveSessionId,
    /// A knowledge component that questions exercise.
    SkillId,
    /// A question, over all its versions.
    ItemId,
    /// What people write to each other: two of them, a group or a class.
    ConversationId,
    /// A message of a conversation.
    MessageId,
    /// One connection, as other clients see it.
    ClientId,
}

/// The subject of a token: who a connection speaks for, unique within a school.
///
/// A person's id for members of the school, `guest:<participant id>` for guests of a game.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct UserId(pub String);

impl UserId {
    /// The subject that stands for a person.
    #[must_use]
    pub fn person(person: PersonId) -> Self {
        Self(person.to_string())
    }

    /// The subject that stands for a guest of a game.
    #[must_use]
    pub fn guest(participant: ParticipantId) -> Self {
        Self(format!("guest:{participant}"))
    }

    /// The text as it stands in tokens and channel names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
