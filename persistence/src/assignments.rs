//! The work that a class is given, and what students hand in for it.

mod errors;
mod rows;
mod submissions;

pub use errors::{CreateAssignmentError, ReturnSubmissionError, SubmitError, UpdateAssignmentError};
pub use submissions::{GivenBack, NewSubmission, Submission, SubmissionState, WorkScore};

use crate::db::{Db, Value};
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{AssignmentId, ClassId, LineItemId, PersonId, SchoolId};
use rows::AssignmentRow;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Most attempts that an assignment can allow.
pub const MAX_ATTEMPTS: u32 = 1_000;

/// Whether students see an assignment and can hand in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentState {
    /// Students do not see it yet.
    Draft,
    /// It takes submissions.
    Open,
    /// It takes none any more.
    Closed,
}

/// What is said of an assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignmentContent {
    /// Title, as shown.
    pub title: String,
    /// Where its scores go, if it is graded; a line item of the same class.
    pub line_item: Option<LineItemId>,
    /// Whether it takes submissions.
    pub state: AssignmentState,
    /// What is to be done; its shape is not looked at here.
    pub content: Json,
    /// What late work costs and the like; its shape is not looked at here.
    pub policy: Json,
    /// How often a student may hand in, 1 to 1,000.
    pub attempts: u32,
    /// When it is due.
    pub due_at: Option<Micros>,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// The class that is given it.
    pub class: ClassId,
    /// Counts its changes, from 1.
    pub version: u32,
    /// When it was made.
    pub created_at: Micros,
    /// What is said of it.
    pub content: AssignmentContent,
}

/// The repository of assignments.
#[derive(Clone, Debug)]
pub struct Assignments {
    db: Db,
    by: Option<PersonId>,
}

impl Assignments {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, by: None }
    }

    /// The same in the name of a person, for the audit log. Who gives a score is named with it.
    #[must_use]
    pub fn by(self, person: PersonId) -> Self {
        Self { by: Some(person), ..self }
    }

    /// Keeps a new assignment of a class as version 1.
    ///
    /// # Errors
    /// [`CreateAssignmentError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        class: ClassId,
        id: AssignmentId,
        content: &AssignmentContent,
        now: Micros,
    ) -> Result<(), CreateAssignmentError> {
        if !(1..=MAX_ATTEMPTS).contains(&content.attempts) {
            return Err(CreateAssignmentError::InvalidAttempts);
        }
        let values = values(school, id, content)?.into_iter().chain([class.0.into(), now.into()]);
        match self.db.execute(school, rows::CREATE, values).await {
            Ok(0) => Err(CreateAssignmentError::Exists),
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(CreateAssignmentError::UnknownClassOrLineItem)
            }
            Err(error) => Err(CreateAssignmentError::Unavailable(error.into())),
        }
    }

    /// Changes an assignment, if `expected` is still its version. Returns the new version.
    ///
    /// # Errors
    /// [`UpdateAssignmentError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: AssignmentId,
        expected: u32,
        content: &AssignmentContent,
    ) -> Result<u32, UpdateAssignmentError> {
        if !(1..=MAX_ATTEMPTS).contains(&content.attempts) {
            return Err(UpdateAssignmentError::InvalidAttempts);
        }
        let values = values(school, id, content)?.into_iter().chain([expected.into()]);
        match self.db.execute(school, rows::UPDATE, values).await {
            Ok(0) => match self.get(school, id).await? {
                Some(assignment) => Err(UpdateAssignmentError::Conflict { current: assignment.version }),
                None => Err(UpdateAssignmentError::UnknownAssignment),
            },
            Ok(_) => Ok(expected + 1),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(UpdateAssignmentError::UnknownLineItem)
            }
            Err(error) => Err(UpdateAssignmentError::Unavailable(error.into())),
        }
    }

    /// Looks an assignment up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, id: AssignmentId) -> Result<Option<Assignment>, Unavailable> {
        let row: Option<AssignmentRow> =
            self.db.fetch_optional(school, rows::GET, [school.0.into(), id.0.into()]).await?;
        row.map(AssignmentRow::into_assignment).transpose()
    }

    /// Lists the assignments of a class, in any state or with drafts left out, the newest first; `limit` of them behind
    /// `after`, none for an unknown class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_class(
        &self,
        school: SchoolId,
        class: ClassId,
        drafts: bool,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Assignment>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            class.0.into(),
            drafts.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<AssignmentRow> = self.db.fetch_all(school, rows::OF_CLASS, values).await?;
        let items = rows.into_iter().map(AssignmentRow::into_assignment).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |assignment: &Assignment| Cursor {
            at: assignment.created_at,
            id: assignment.id.0,
        }))
    }
}

fn values(
    school: SchoolId,
    id: AssignmentId,
    content: &AssignmentContent,
) -> Result<[Value<'_>; 9], Unavailable> {
    Ok([
        school.0.into(),
        id.0.into(),
        (&content.title).into(),
        content.line_item.map(|item| item.0).into(),
        column_word::write(content.state)?.into(),
        Value::json(&content.content)?,
        Value::json(&content.policy)?,
        content.attempts.into(),
        content.due_at.map(|at| at.0).into(),
    ])
}
