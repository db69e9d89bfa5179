//! Why lessons are not made or changed.

use crate::Unavailable;

/// Why a lesson was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateLessonError {
    /// There is one under the id.
    #[error("there is a lesson under this id; change that one or choose another id")]
    Exists,
    /// The school has no such course.
    #[error("the school has no such course; make it first")]
    UnknownCourse,
    /// As many as a course takes.
    #[error("the course has {most} lessons and takes no more; make another course")]
    CourseFull {
        /// How many that is.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateLessonError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownCourse => "unknown_course",
            Self::CourseFull { .. } => "course_full",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a lesson was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateLessonError {
    /// Somebody was faster.
    #[error("the lesson is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such lesson.
    #[error("the school has no such lesson; look at the course again")]
    UnknownLesson,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateLessonError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownLesson => "unknown_lesson",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a lesson was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishLessonError {
    /// The school has no such lesson, or the lesson no such version.
    #[error("the school has no such lesson in this version; look at the lesson again")]
    UnknownLessonOrVersion,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl PublishLessonError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownLessonOrVersion => "unknown_lesson_or_version",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why lessons were not put into an order.
#[derive(Debug, thiserror::Error)]
pub enum ReorderLessonsError {
    /// The school has no such course.
    #[error("the school has no such course; look at the list again")]
    UnknownCourse,
    /// The order names other lessons than the course has, or one twice.
    #[error("the course has other lessons by now; look at it again and name each of them once")]
    OtherLessons,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ReorderLessonsError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCourse => "unknown_course",
            Self::OtherLessons => "other_lessons",
            Self::Unavailable(error) => error.code(),
        }
    }
}
