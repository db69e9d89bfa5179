//! What students hand in. Each time is an attempt of its own.

use super::rows::{self, LastRow, OwnerRow, RulesRow, SubmissionRow};
use super::{AssignmentState, Assignments, ReturnSubmissionError, SubmitError};
use crate::audit;
use crate::classes::take_turn;
use crate::db::Value;
use crate::gradebook::NewScore;
use crate::gradebook::scores::append;
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{AssignmentId, ClassId, PersonId, SchoolId, SubmissionId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Where a submission is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionState {
    /// With the teacher.
    Submitted,
    /// Given back.
    Returned,
}

/// What a student hands in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubmission {
    /// Made by the client, which may send it again under it.
    pub id: SubmissionId,
    /// For what.
    pub assignment: AssignmentId,
    /// Whose.
    pub student: PersonId,
    /// What was done; its shape is not looked at here.
    pub content: Json,
}

/// Something that was handed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// For what.
    pub assignment: AssignmentId,
    /// Whose.
    pub student: PersonId,
    /// Which of the student's attempts, from 1.
    pub attempt: u32,
    /// Where it is.
    pub state: SubmissionState,
    /// What was done.
    pub content: Json,
    /// When it was handed in.
    pub submitted_at: Micros,
    /// What was said of it when it was given back; empty before.
    pub comment: String,
    /// When it was last given back.
    pub returned_at: Option<Micros>,
    /// Counts its changes, from 1.
    pub version: u32,
}

/// What a student gets back with a submission.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenBack {
    /// What is said of it; may be empty.
    pub comment: String,
    /// Its score, if it is graded.
    pub score: Option<WorkScore>,
}

/// A score for something that was handed in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkScore {
    /// The class of the assignment.
    pub class: ClassId,
    /// Who gives it.
    pub author: PersonId,
    /// For the assignment's line item.
    pub score: NewScore,
}

impl Assignments {
    /// Hands in, as the student's next attempt. Returns its number.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was kept then. What is sent again is [`SubmitError::Exists`] with the attempt that it was.
    pub async fn submit(
        &self,
        school: SchoolId,
        submission: &NewSubmission,
        now: Micros,
    ) -> Result<u32, SubmitError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let (assignment, student) = (submission.assignment, submission.student);
        let key = || [school.0.into(), assignment.0.into(), student.0.into()];
        let rules: Option<RulesRow> =
            tx.fetch_optional(rows::TAKE_TURN, key()).await.map_err(Unavailable::from)?;
        let rules = rules.ok_or(SubmitError::UnknownAssignmentOrStudent)?;
        let kept: Option<SubmissionRow> = tx
            .fetch_optional(rows::GET_SUBMISSION, [school.0.into(), submission.id.0.into()])
            .await
            .map_err(Unavailable::from)?;
        if let Some(kept) = kept {
            let kept = kept.into_submission()?;
            // Nobody is shown what another one handed in.
            let own = (kept.assignment, kept.student) == (assignment, student);
            return Err(if own {
                SubmitError::Exists { kept: Box::new(kept) }
            } else {
                SubmitError::IdTaken
            });
        }
        if column_word::read::<AssignmentState>(&rules.state)? != AssignmentState::Open {
            return Err(SubmitError::NotOpen);
        }
        let LastRow { last } = tx.fetch_one(rows::LAST_ATTEMPT, key()).await.map_err(Unavailable::from)?;
        if last >= rules.attempts {
            return Err(SubmitError::NoAttemptLeft { most: rules.attempts });
        }
        let values = [
            school.0.into(),
            submission.id.0.into(),
            assignment.0.into(),
            rules.class_id.into(),
            student.0.into(),
            (last + 1).into(),
            Value::json(&submission.content)?,
            now.into(),
        ];
        if tx.execute(rows::SUBMIT, values).await.map_err(Unavailable::from)? == 0 {
            return Err(SubmitError::IdTaken);
        }
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(last + 1)
    }

    /// Gives a submission back, if `expected` is still its version, and appends its score, if there is one, in the same
    /// transaction. Returns the new version.
    ///
    /// # Errors
    /// [`ReturnSubmissionError`]; nothing was changed then.
    pub async fn return_submission(
        &self,
        school: SchoolId,
        id: SubmissionId,
        expected: u32,
        back: &GivenBack,
        now: Micros,
    ) -> Result<u32, ReturnSubmissionError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        // Before the submission, as everything that changes a gradebook takes its turn first.
        if let Some(score) = &back.score
            && !take_turn(&mut tx, school, score.class).await?
        {
            return Err(ReturnSubmissionError::UnknownSubmission);
        }
        let values = [school.0.into(), id.0.into(), expected.into(), (&back.comment).into(), now.into()];
        if tx.execute(rows::RETURN, values).await.map_err(Unavailable::from)? == 0 {
            let key = [school.0.into(), id.0.into()];
            let kept: Option<SubmissionRow> =
                tx.fetch_optional(rows::GET_SUBMISSION, key).await.map_err(Unavailable::from)?;
            let kept = kept.ok_or(ReturnSubmissionError::UnknownSubmission)?;
            return Err(ReturnSubmissionError::Conflict { current: kept.into_submission()?.version });
        }
        if let Some(WorkScore { class, author, score }) = back.score {
            append(&mut tx, school, class, Some(author), &[score], now)
                .await
                .map_err(ReturnSubmissionError::Score)?;
        }
        let key = [school.0.into(), id.0.into()];
        let of: OwnerRow = tx.fetch_one(rows::OWNER, key).await.map_err(Unavailable::from)?;
        let actor = self.by.or(back.score.as_ref().map(|score| score.author));
        audit::write(&mut tx, school, actor, now, &[of.audited(id)]).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(expected + 1)
    }

    /// Looks a submission up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn submission(
        &self,
        school: SchoolId,
        id: SubmissionId,
    ) -> Result<Option<Submission>, Unavailable> {
        let row: Option<SubmissionRow> =
            self.db.fetch_optional(school, rows::GET_SUBMISSION, [school.0.into(), id.0.into()]).await?;
        row.map(SubmissionRow::into_submission).transpose()
    }

    /// Lists what was handed in for an assignment, by all or by one student, the last first; `limit` of them behind
    /// `after`, none for an unknown assignment.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn submissions(
        &self,
        school: SchoolId,
        assignment: AssignmentId,
        student: Option<PersonId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Submission>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            assignment.0.into(),
            student.map(|student| student.0).into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<SubmissionRow> = self.db.fetch_all(school, rows::SUBMISSIONS, values).await?;
        let items = rows.into_iter().map(SubmissionRow::into_submission).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |submission: &Submission| Cursor {
            at: submission.submitted_at,
            id: submission.id.0,
        }))
    }
}
