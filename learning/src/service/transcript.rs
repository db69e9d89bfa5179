//! What a student has achieved over all classes: as a record, a table, or a page to print.

mod page;
mod table;

use super::gradebook::open;
use super::{Learning, Member, RecordError};
use crate::grades::{Grade, grade_student};
use persistence::Micros;
use persistence::gradebook::ClassOfStudent;
use protocol::ids::PersonId;

/// A transcript.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// Whose.
    pub student: PersonId,
    /// Name, as shown.
    pub name: String,
    /// The school's name; may be empty.
    pub school: String,
    /// As of when.
    pub made_at: Micros,
    /// By the start of the classes' sessions.
    pub entries: Vec<TranscriptEntry>,
}

/// One class of it.
#[derive(Clone, Debug)]
pub struct TranscriptEntry {
    /// Which, with its course and session.
    pub class: ClassOfStudent,
    /// By which version of the class's policy.
    pub policy_version: u32,
    /// Ungraded work ignored.
    pub current_grade: Grade,
    /// Ungraded work counted as 0.
    pub final_grade: Grade,
}

impl Learning {
    /// The transcript of a person: one's own, for admins anybody's, and for teachers those classes of it that they run.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for people of whom the caller may see nothing; [`RecordError::Refused`] if a gradebook has
    /// to be mended before it can be graded.
    pub async fn transcript(&self, who: &Member, student: PersonId) -> Result<Transcript, RecordError> {
        if !who.is_staff() && student != who.person {
            return Err(RecordError::NotFound);
        }
        let person = self.store.people().get(who.school, student).await?.ok_or(RecordError::NotFound)?;
        let school = self.store.schools().get(who.school).await?.map(|school| school.name);
        let made_at = self.now();
        let mut entries = Vec::new();
        let all = student == who.person || who.is_admin();
        for class in self.store.gradebooks().classes_of_student(who.school, student).await? {
            if !all && !self.standing(who, class.class).await?.is_some_and(super::Standing::runs_it) {
                continue;
            }
            let book = self.book_of(who, class.class, student).await?;
            let Some(grade) = grade_student(&open(class.class, &book)?, student, made_at.0) else { continue };
            entries.push(TranscriptEntry {
                class,
                policy_version: grade.policy_version,
                current_grade: grade.current_grade,
                final_grade: grade.final_grade,
            });
        }
        if entries.is_empty() && !all {
            return Err(RecordError::NotFound);
        }
        let school = school.unwrap_or_default();
        Ok(Transcript { student, name: person.name, school, made_at, entries })
    }
}
