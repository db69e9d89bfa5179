//! The grade of one student, with how it came about, and the one that it would be.

use super::{hidden, load_error, setup};
use crate::grades::{Change, Hypothetical, StudentGrade, WhatIfError, grade_student, what_if};
use crate::service::{FieldError, Learning, Member, RecordError};
use persistence::Micros;
use persistence::gradebook::ClassGradebook;
use protocol::ids::{ClassId, PersonId};

/// Most hypothetical scores of one question.
const MAX_HYPOTHETICAL: usize = 1_000;

/// A grade that a student would have.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfGrade {
    /// With the hypothetical scores.
    pub grade: StudentGrade,
    /// What was laid over.
    pub changes: Vec<Change>,
}

impl Learning {
    /// The grade of a student as of a moment, by default as it is. A student's own one says nothing of hidden line items.
    ///
    /// # Errors
    /// As [`Self::see_student`]; [`RecordError::Refused`] if the gradebook has to be mended before it can be graded.
    pub async fn student_grade(
        &self,
        who: &Member,
        class: ClassId,
        student: PersonId,
        as_of: Option<Micros>,
    ) -> Result<StudentGrade, RecordError> {
        let view = self.see_student(who, class, student).await?;
        let book = self.book_of(who, class, student).await?;
        let as_of = as_of.unwrap_or_else(|| self.now());
        let grade = grade_student(&setup::open(class, &book)?, student, as_of.0);
        let grade = grade.ok_or(RecordError::NotFound)?;
        Ok(if view.standing.runs_it() {
            grade
        } else {
            hidden(&book.categories, &book.line_items).scrub(grade)
        })
    }

    /// The grade that a student would have with other scores. Nothing is kept of it.
    ///
    /// # Errors
    /// As [`Self::student_grade`]; [`RecordError::Invalid`] for scores that cannot be; a hidden line item is none for
    /// students.
    pub async fn what_if(
        &self,
        who: &Member,
        class: ClassId,
        student: PersonId,
        scores: &[Hypothetical],
    ) -> Result<WhatIfGrade, RecordError> {
        let view = self.see_student(who, class, student).await?;
        if scores.len() > MAX_HYPOTHETICAL {
            let problem = format!("ask for at most {MAX_HYPOTHETICAL} scores at once");
            return Err(RecordError::invalid("scores", problem));
        }
        let book = self.book_of(who, class, student).await?;
        let hidden = (!view.standing.runs_it()).then(|| hidden(&book.categories, &book.line_items));
        let unseen = |score: &&Hypothetical| {
            hidden.as_ref().is_some_and(|hidden| hidden.items.contains(&score.line_item))
        };
        if let Some(score) = scores.iter().find(unseen) {
            return Err(what_if_error(WhatIfError::UnknownLineItem(score.line_item), scores));
        }
        let opened = setup::open(class, &book)?;
        let answer = what_if(&opened, student, self.now().0, scores);
        let answer = answer.map_err(|error| what_if_error(error, scores))?;
        let grade = answer.hypothetical;
        let grade = if let Some(hidden) = hidden { hidden.scrub(grade) } else { grade };
        Ok(WhatIfGrade { grade, changes: answer.changes })
    }

    pub(in crate::service) async fn book_of(
        &self,
        who: &Member,
        class: ClassId,
        student: PersonId,
    ) -> Result<ClassGradebook, RecordError> {
        self.store.gradebooks().load_student(who.school, class, student).await.map_err(load_error)
    }
}

fn what_if_error(error: WhatIfError, scores: &[Hypothetical]) -> RecordError {
    let (id, field) = match error {
        WhatIfError::UnknownStudent => return RecordError::NotFound,
        WhatIfError::UnknownLineItem(id) | WhatIfError::Repeated(id) => (id, "line_item"),
        WhatIfError::ScoreOutOfRange(id) => (id, "given"),
    };
    let row = scores.iter().rposition(|score| score.line_item == id).unwrap_or_default();
    let row = u64::try_from(row).unwrap_or(u64::MAX);
    RecordError::Invalid(vec![FieldError::in_row(row, field, error.to_string())])
}
