//! Rows of assignments and submissions, each beside its SQL.

use super::{Assignment, AssignmentContent, Submission};
use crate::audit::{AuditAction, AuditSubject, Change};
use crate::db::Sql;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{AssignmentId, ClassId, LineItemId, PersonId, SubmissionId};
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

pub(super) const CREATE: &str = "
    INSERT INTO assignment (school_id, assignment_id, title, line_item_id, state, content, policy, attempts, due_us,
        class_id, created_us, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)
    ON CONFLICT (school_id, assignment_id) DO NOTHING";

pub(super) const UPDATE: &str = "
    UPDATE assignment SET title = $3, line_item_id = $4, state = $5, content = $6, policy = $7, attempts = $8,
        due_us = $9, version = version + 1
    WHERE school_id = $1 AND assignment_id = $2 AND version = $10";

#[derive(FromRow)]
pub(super) struct AssignmentRow {
    assignment_id: Uuid,
    class_id: Uuid,
    title: String,
    line_item_id: Option<Uuid>,
    state: String,
    content: Json<serde_json::Value>,
    policy: Json<serde_json::Value>,
    #[sqlx(try_from = "i64")]
    attempts: u32,
    due_us: Option<i64>,
    #[sqlx(try_from = "i64")]
    version: u32,
    created_us: Micros,
}

pub(super) const GET: &str = "
    SELECT assignment_id, class_id, title, line_item_id, state, content, policy, attempts, due_us, version, created_us
    FROM assignment
    WHERE school_id = $1 AND assignment_id = $2";

pub(super) const OF_CLASS: &str = "
    SELECT assignment_id, class_id, title, line_item_id, state, content, policy, attempts, due_us, version, created_us
    FROM assignment
    WHERE school_id = $1 AND class_id = $2 AND ($3 OR state <> 'draft') AND (created_us, assignment_id) < ($4, $5)
    ORDER BY created_us DESC, assignment_id DESC
    LIMIT $6";

impl AssignmentRow {
    pub(super) fn into_assignment(self) -> Result<Assignment, Unavailable> {
        let content = AssignmentContent {
            title: self.title,
            line_item: self.line_item_id.map(LineItemId),
            state: column_word::read(&self.state)?,
            content: self.content.0,
            policy: self.policy.0,
            attempts: self.attempts,
            due_at: self.due_us.map(Micros),
        };
        Ok(Assignment {
            id: AssignmentId(self.assignment_id),
            class: ClassId(self.class_id),
            version: self.version,
            created_at: self.created_us,
            content,
        })
    }
}

/// Of an assignment, what handing in needs.
#[derive(FromRow)]
pub(super) struct RulesRow {
    pub(super) class_id: Uuid,
    pub(super) state: String,
    #[sqlx(try_from = "i64")]
    pub(super) attempts: u32,
}

/// Those of one student in one class wait for each other; their places may not be taken away meanwhile, nor may the
/// assignment be closed between the look at it and the commit.
pub(super) const TAKE_TURN: Sql = Sql::each(
    "SELECT assignment.class_id, assignment.state, attempts FROM assignment
    JOIN enrollment ON enrollment.school_id = assignment.school_id AND enrollment.class_id = assignment.class_id
        AND enrollment.person_id = $3 AND enrollment.role = 'student' AND enrollment.state = 'active'
    WHERE assignment.school_id = $1 AND assignment.assignment_id = $2
    FOR NO KEY UPDATE OF enrollment FOR SHARE OF assignment",
    "SELECT assignment.class_id, assignment.state, attempts FROM assignment
    JOIN enrollment ON enrollment.school_id = assignment.school_id AND enrollment.class_id = assignment.class_id
        AND enrollment.person_id = $3 AND enrollment.role = 'student' AND enrollment.state = 'active'
    WHERE assignment.school_id = $1 AND assignment.assignment_id = $2",
);

#[derive(FromRow)]
pub(super) struct LastRow {
    #[sqlx(try_from = "i64")]
    pub(super) last: u32,
}

pub(super) const LAST_ATTEMPT: &str = "
    SELECT COALESCE(MAX(attempt_no), 0) AS last FROM submission
    WHERE school_id = $1 AND assignment_id = $2 AND person_id = $3";

pub(super) const SUBMIT: &str = "
    INSERT INTO submission (school_id, submission_id, assignment_id, class_id, person_id, attempt_no, state, content,
        submitted_us, version)
    VALUES ($1, $2, $3, $4, $5, $6, 'submitted', $7, $8, 1)
    ON CONFLICT (school_id, submission_id) DO NOTHING";

pub(super) const RETURN: &str = "
    UPDATE submission SET state = 'returned', comment = $4, returned_us = $5, version = version + 1
    WHERE school_id = $1 AND submission_id = $2 AND version = $3";

/// Whose a submission is, and for what.
#[derive(FromRow)]
pub(super) struct OwnerRow {
    assignment_id: Uuid,
    class_id: Uuid,
    person_id: Uuid,
}

pub(super) const OWNER: &str = "
    SELECT assignment_id, class_id, person_id FROM submission WHERE school_id = $1 AND submission_id = $2";

impl OwnerRow {
    /// That it was given back.
    pub(super) fn audited(&self, id: SubmissionId) -> Change {
        Change {
            action: AuditAction::SubmissionReturned,
            subject: AuditSubject::Person(PersonId(self.person_id)),
            class: ClassId(self.class_id),
            detail: json!({ "submission": id, "assignment": self.assignment_id }),
        }
    }
}

#[derive(FromRow)]
pub(super) struct SubmissionRow {
    submission_id: Uuid,
    assignment_id: Uuid,
    person_id: Uuid,
    #[sqlx(try_from = "i64")]
    attempt_no: u32,
    state: String,
    content: Json<serde_json::Value>,
    submitted_us: Micros,
    comment: String,
    returned_us: Option<i64>,
    #[sqlx(try_from = "i64")]
    version: u32,
}

pub(super) const GET_SUBMISSION: &str = "
    SELECT submission_id, assignment_id, person_id, attempt_no, state, content, submitted_us, comment, returned_us,
        version FROM submission
    WHERE school_id = $1 AND submission_id = $2";

pub(super) const SUBMISSIONS: &str = "
    SELECT submission_id, assignment_id, person_id, attempt_no, state, content, submitted_us, comment, returned_us,
        version FROM submission
    WHERE school_id = $1 AND assignment_id = $2 AND ($3 IS NULL OR person_id = $3)
        AND (submitted_us, submission_id) < ($4, $5)
    ORDER BY submitted_us DESC, submission_id DESC
    LIMIT $6";

impl SubmissionRow {
    pub(super) fn into_submission(self) -> Result<Submission, Unavailable> {
        Ok(Submission {
            id: SubmissionId(self.submission_id),
            assignment: AssignmentId(self.assignment_id),
            student: PersonId(self.person_id),
            attempt: self.attempt_no,
            state: column_word::read(&self.state)?,
            content: self.content.0,
            submitted_at: self.submitted_us,
            comment: self.comment,
            returned_at: self.returned_us.map(Micros),
            version: self.version,
        })
    }
}
