//! The grade of one student, explained.

use super::AsOf;
use crate::compose::App;
use crate::http::{
    Problem,
    caller::{Json, Member, Path, Query},
    refusals::{Making, Reading},
    versions::{Held, etag_of, tagged},
};
use axum::{
    Json as Reply,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use learning::grades::{Change, Hypothetical, StudentGrade};
use protocol::ids::{ClassId, LineItemId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A question.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct WhatIf {
    /// At most 1,000, one for a line item.
    scores: Vec<WhatIfScore>,
}

/// A score that is laid over what the student holds.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct WhatIfScore {
    line_item: LineItemId,
    /// Points; null for ungraded.
    given: Option<f64>,
    #[serde(default)]
    excused: bool,
}

/// An answer.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WhatIfAnswer {
    /// The grade as it would be, as `grades` has it; hypothetical scores are marked in its trace.
    #[schema(value_type = Object)]
    grade: Value,
    /// What each score stands in place of: `line_item`, `from`, `from_excused`, `to`, `to_excused`.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<Change>,
}

/// The grade of a student with a trace that explains each number: for those who run the class, and for the student, who
/// sees nothing of hidden line items.
#[utoipa::path(get, operation_id = "show_grade", path = "/api/v1/classes/{id}/grades/{student}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("student" = PersonId, Path), AsOf), responses(
    (status = 200, body = Object, description = "`student`, `policy_version`, `as_of`, `current_grade` and `final_grade` ({percent, letter}), `categories`, `periods`, `trace`"),
    (status = 304),
    Reading,
))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, student)): Path<(ClassId, PersonId)>,
    Query(as_of): Query<AsOf>,
    held: Held,
) -> Result<Response, Problem> {
    let grade = app.learning.student_grade(&member.who, class, student, as_of.micros()).await?;
    // What is shown alone makes the tag: it must not tell that something hidden changed.
    let tag = etag_of(&StudentGrade { as_of: 0, ..grade.clone() })?;
    let unchanged = held.or(&tag, ());
    if unchanged.status() == StatusCode::NOT_MODIFIED {
        return Ok(unchanged);
    }
    Ok((tagged(&tag), Reply(shown(&grade)?)).into_response())
}

/// The grade that a student would have with other scores. Nothing is kept of it.
#[utoipa::path(post, operation_id = "what_if", path = "/api/v1/classes/{id}/grades/{student}/what-if", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("student" = PersonId, Path)), request_body = WhatIf,
    responses((status = 200, body = WhatIfAnswer), Making))]
pub async fn what_if(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, student)): Path<(ClassId, PersonId)>,
    Json(question): Json<WhatIf>,
) -> Result<Reply<WhatIfAnswer>, Problem> {
    let scores = question.scores.into_iter().map(|score| Hypothetical {
        line_item: score.line_item,
        given: score.given,
        excused: score.excused,
    });
    let scores: Vec<_> = scores.collect();
    let answer = app.learning.what_if(&member.who, class, student, &scores).await?;
    Ok(Reply(WhatIfAnswer { grade: shown(&answer.grade)?, changes: answer.changes }))
}

/// As the engine has it, with milliseconds.
fn shown(grade: &StudentGrade) -> Result<Value, Problem> {
    let mut shown = serde_json::to_value(grade).map_err(|error| {
        tracing::error!(%error, "a grade cannot be written");
        Problem::internal()
    })?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("as_of".to_owned(), grade.as_of.div_euclid(1_000).into());
    }
    Ok(shown)
}
