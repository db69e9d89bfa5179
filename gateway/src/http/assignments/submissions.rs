//! What students hand in, and what they get back.

use crate::compose::App;
use crate::http::{
    Problem,
    caller::{Json, Member, Path, Query},
    idempotency::NewIds,
    page::{List, PageQuery},
    refusals::{Making, Reading},
    versions::{Held, etag, tagged},
};
use crate::members::acquaint;
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use learning::service::assignments::ReturnDraft;
use persistence::{
    Micros,
    assignments::{Submission as Kept, SubmissionState},
};
use protocol::ids::{AssignmentId, LineItemId, PersonId, ScoreId, SubmissionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Something that was handed in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Submission {
    id: SubmissionId,
    /// Counts its changes, from 1.
    version: u32,
    assignment: AssignmentId,
    student: PersonId,
    /// Which of the student's attempts, from 1.
    attempt: u32,
    /// `submitted` or `returned`.
    #[schema(value_type = String)]
    state: SubmissionState,
    /// What was done, in the shape that the client chose.
    content: Value,
    /// Milliseconds.
    submitted_at: u64,
    /// Milliseconds behind what is due; 0 in time.
    late_by: u64,
    /// What was said of it; empty before it is given back.
    comment: String,
    /// When it was last given back, milliseconds.
    returned_at: Option<u64>,
}

/// What is handed in.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewSubmission {
    /// Chosen by the client, which may then send the same again; a new one without.
    #[serde(default)]
    id: Option<SubmissionId>,
    content: Value,
}

/// What a student gets back.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Return {
    /// Points, before anything is taken off for being late; without, it is not graded.
    #[serde(default)]
    given: Option<f64>,
    #[serde(default)]
    excused: bool,
    /// At most 10,000 characters.
    #[serde(default)]
    comment: String,
}

/// Something that was given back.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Returned {
    submission: Submission,
    /// Null if it was not graded.
    score: Option<WorkScore>,
}

/// The score of something that was handed in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WorkScore {
    id: ScoreId,
    line_item: LineItemId,
    /// Points, after what was taken off.
    given: Option<f64>,
    excused: bool,
    /// Points that were taken off for being late.
    taken_off: f64,
}

impl From<(Kept, i64)> for Submission {
    fn from((kept, late_by): (Kept, i64)) -> Self {
        Self {
            id: kept.id,
            version: kept.version,
            assignment: kept.assignment,
            student: kept.student,
            attempt: kept.attempt,
            state: kept.state,
            content: kept.content,
            submitted_at: kept.submitted_at.as_millis(),
            late_by: Micros(late_by).as_millis(),
            comment: kept.comment,
            returned_at: kept.returned_at.map(Micros::as_millis),
        }
    }
}

/// What was handed in for an assignment, the last first; students see their own.
#[utoipa::path(get, operation_id = "list_submissions", path = "/api/v1/assignments/{id}/submissions", tag = "assignments", security(("token" = [])),
    params(("id" = AssignmentId, Path), PageQuery), responses((status = 200, body = List<Submission>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Path(assignment): Path<AssignmentId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Submission>>, Problem> {
    let found = app.learning.submissions(&member.who, assignment, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, Submission::from)))
}

/// Hands in, as the student's next attempt. 409 with `late`, `closed` or `no_attempt_left` says why not.
#[utoipa::path(post, operation_id = "submit", path = "/api/v1/assignments/{id}/submissions", tag = "assignments", security(("token" = [])),
    params(("id" = AssignmentId, Path)), request_body = NewSubmission, responses((status = 201, body = Submission), Making))]
pub async fn submit(
    State(app): State<Arc<App>>,
    member: Member,
    Path(assignment): Path<AssignmentId>,
    ids: NewIds,
    Json(new): Json<NewSubmission>,
) -> Result<impl IntoResponse, Problem> {
    let id = new.id.unwrap_or_else(|| SubmissionId(ids.id("submission")));
    let kept = app.learning.submit(&member.who, assignment, id, new.content).await?;
    let location = format!("/api/v1/submissions/{}", kept.0.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(kept.0.version))];
    Ok((StatusCode::CREATED, headers, Reply(Submission::from(kept))))
}

/// Something that was handed in: for its student and those who run the class. `ETag` is its version.
#[utoipa::path(get, operation_id = "show_submission", path = "/api/v1/submissions/{id}", tag = "assignments", security(("token" = [])),
    params(("id" = SubmissionId, Path)), responses((status = 200, body = Submission), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<SubmissionId>,
    held: Held,
) -> Result<Response, Problem> {
    let kept = app.learning.submission(&member.who, id).await?;
    Ok(held.or(&etag(kept.0.version), Submission::from(kept)))
}

/// Gives something back with a comment, and a score for the assignment's line item. Again, it corrects both.
#[utoipa::path(post, operation_id = "return_submission", path = "/api/v1/submissions/{id}/return", tag = "assignments", security(("token" = [])),
    params(("id" = SubmissionId, Path)), request_body = Return, responses((status = 200, body = Returned), Making))]
pub async fn give_back(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<SubmissionId>,
    ids: NewIds,
    Json(back): Json<Return>,
) -> Result<impl IntoResponse, Problem> {
    acquaint(&app.store, &member.identity).await?;
    let draft = ReturnDraft { given: back.given, excused: back.excused, comment: back.comment };
    let score = ScoreId(ids.id("score"));
    let returned = app.learning.return_submission(&member.who, id, score, &draft).await?;
    let score = returned.score.map(|(score, taken_off)| WorkScore {
        id: score.id,
        line_item: score.line_item,
        given: score.given,
        excused: score.excused,
        taken_off,
    });
    let tag = etag(returned.submission.version);
    let submission = Submission::from((returned.submission, returned.late_by));
    Ok((tagged(&tag), Reply(Returned { submission, score })))
}
