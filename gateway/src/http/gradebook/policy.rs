//! By which rules a class is graded.

use crate::compose::App;
use crate::http::{
    Problem,
    caller::{Json, Member, Path},
    refusals::{Changing, Reading},
    versions::{Held, IfMatch, etag, tagged},
};
use axum::{
    Json as Reply,
    extract::State,
    response::{IntoResponse, Response},
};
use learning::grades::Policy;
use protocol::ids::ClassId;
use serde_json::Value;
use std::sync::Arc;

/// The engine counts times in microseconds, the API in milliseconds.
const PER_MILLI: i64 = 1_000;

/// The grading policy of a class; version 0 is that of a class that has set none.
#[utoipa::path(get, operation_id = "show_grading_policy", path = "/api/v1/classes/{id}/grading-policy", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path)), responses(
    (status = 200, body = Object, description = "`version`, `rules` ({engine: canvas, scheme: points|percent} or {engine: moodle}), `letters` ([{letter, from_percent}] or null), `periods` ({weighted, periods: [{id, weight_ppm, starts_at, ends_at}]}), `only_period`"),
    (status = 304),
    Reading,
))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    held: Held,
) -> Result<Response, Problem> {
    let policy = app.learning.grading_policy(&member.who, class).await?;
    Ok(held.or(&etag(policy.version), shown(&policy)?))
}

/// Sets the grading policy of a class. `If-Match` names the version that was edited, `"0"` that of a class without one.
#[utoipa::path(put, operation_id = "set_grading_policy", path = "/api/v1/classes/{id}/grading-policy", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = Object, responses(
    (status = 200, body = Object),
    Changing,
))]
pub async fn set(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    IfMatch(expected): IfMatch,
    Json(mut policy): Json<Value>,
) -> Result<impl IntoResponse, Problem> {
    each_time(&mut policy, |millis| millis.saturating_mul(PER_MILLI));
    let policy = app.learning.set_grading_policy(&member.who, class, expected, &policy).await?;
    Ok((tagged(&etag(policy.version)), Reply(shown(&policy)?)))
}

/// As the API shows it.
pub(super) fn shown(policy: &Policy) -> Result<Value, Problem> {
    let mut shown = serde_json::to_value(policy).map_err(|error| {
        tracing::error!(%error, "a policy cannot be written");
        Problem::internal()
    })?;
    each_time(&mut shown, |micros| micros.div_euclid(PER_MILLI));
    Ok(shown)
}

fn each_time(policy: &mut Value, change: impl Fn(i64) -> i64) {
    let periods = policy.pointer_mut("/periods/periods").and_then(Value::as_array_mut);
    for period in periods.into_iter().flatten() {
        for field in ["starts_at", "ends_at"] {
            if let Some(time) = period.get_mut(field)
                && let Some(at) = time.as_i64()
            {
                *time = change(at).into();
            }
        }
    }
}
