//! What a student has achieved over all classes: as JSON, CSV, or a page to print.

use super::{
    Problem,
    caller::{Member, Path, Query},
    gradebook::Grade,
    quizzes::files::file,
    refusals::Reading,
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use learning::service::transcript::Transcript as Record;
use persistence::rosters::EnrollmentState;
use protocol::ids::{ClassId, CourseId, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the page's style sheet is: the server's policy takes no styles within a page.
const STYLESHEET: &str = "/api/v1/transcript.css";
const STYLE: &str = include_str!("transcript.css");

/// A transcript.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Transcript {
    student: PersonId,
    name: String,
    /// The school's name; may be empty.
    school: String,
    /// Milliseconds.
    made_at: u64,
    /// By the start of their sessions.
    entries: Vec<TranscriptEntry>,
}

/// One class of a transcript.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TranscriptEntry {
    class: TranscriptClass,
    course: Option<TranscriptCourse>,
    session: Option<TranscriptSession>,
    /// `active`, `completed` or `withdrawn`.
    #[schema(value_type = String)]
    state: EnrollmentState,
    policy_version: u32,
    /// Ungraded work ignored.
    current_grade: Grade,
    /// Ungraded work counted as 0.
    final_grade: Grade,
}

/// A class by name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TranscriptClass {
    id: ClassId,
    name: String,
}

/// A course by name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TranscriptCourse {
    id: CourseId,
    title: String,
}

/// An academic session by name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TranscriptSession {
    id: SessionId,
    title: String,
    /// Milliseconds.
    starts_at: u64,
    /// Milliseconds.
    ends_at: u64,
}

/// In which form, for those who cannot say it in `Accept`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FormQuery {
    /// Before `Accept`.
    format: Option<Form>,
}

/// A form of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `application/json`
    Json,
    /// `text/csv`
    Csv,
    /// `text/html`
    Html,
}

impl From<Record> for Transcript {
    fn from(record: Record) -> Self {
        let entries = record.entries.into_iter().map(|entry| TranscriptEntry {
            class: TranscriptClass { id: entry.class.class, name: entry.class.title },
            course: entry.class.course.map(|course| TranscriptCourse { id: course.id, title: course.title }),
            session: entry.class.session.map(|session| TranscriptSession {
                id: session.id,
                title: session.title,
                starts_at: session.starts_at.as_millis(),
                ends_at: session.ends_at.as_millis(),
            }),
            state: entry.class.state,
            policy_version: entry.policy_version,
            current_grade: entry.current_grade.into(),
            final_grade: entry.final_grade.into(),
        });
        Self {
            student: record.student,
            name: record.name,
            school: record.school,
            made_at: record.made_at.as_millis(),
            entries: entries.collect(),
        }
    }
}

/// The caller's transcript; `Accept` chooses JSON, CSV or a page to print.
#[utoipa::path(get, operation_id = "own_transcript", path = "/api/v1/me/transcript", tag = "grades", security(("token" = [])),
    params(FormQuery), responses(
    (status = 200, description = "the transcript", content((Transcript = "application/json"), (String = "text/csv"), (String = "text/html"))),
    Reading,
))]
pub async fn own(
    State(app): State<Arc<App>>,
    member: Member,
    Query(form): Query<FormQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    acquaint(&app.store, &member.identity).await?;
    answer(&app, &member, member.who.person, &form, &headers).await
}

/// A person's transcript: for admins anybody's, for teachers those classes of it that they run.
#[utoipa::path(get, operation_id = "transcript", path = "/api/v1/people/{id}/transcript", tag = "grades", security(("token" = [])),
    params(("id" = PersonId, Path), FormQuery), responses(
    (status = 200, description = "the transcript", content((Transcript = "application/json"), (String = "text/csv"), (String = "text/html"))),
    Reading,
))]
pub async fn of_person(
    State(app): State<Arc<App>>,
    member: Member,
    Path(person): Path<PersonId>,
    Query(form): Query<FormQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&app, &member, person, &form, &headers).await
}

async fn answer(
    app: &App,
    member: &Member,
    person: PersonId,
    form: &FormQuery,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let record = app.learning.transcript(&member.who, person).await?;
    let mut response = match form.format.unwrap_or_else(|| accepted(headers)) {
        Form::Json => Json(Transcript::from(record)).into_response(),
        Form::Csv => {
            let text = record.to_csv().map_err(|error| {
                tracing::error!(%error, "a transcript cannot be written as a table");
                Problem::internal()
            })?;
            file("text/csv; charset=utf-8", &format!("transcript-{person}.csv"), text)
        }
        Form::Html => Html(record.to_html(STYLESHEET)).into_response(),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// The first form in `Accept` that there is.
fn accepted(headers: &HeaderMap) -> Form {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let known = |kind: &str| match kind.to_ascii_lowercase().as_str() {
        "application/json" => Some(Form::Json),
        "text/csv" => Some(Form::Csv),
        "text/html" => Some(Form::Html),
        _ => None,
    };
    kinds.filter_map(known).next().unwrap_or(Form::Json)
}

/// The style sheet of the page, which holds nothing of anybody.
pub async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, STYLE)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_there_is_is_taken() {
        let of = |accept: &str| accepted(&HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]));
        assert_eq!(of("text/html,application/xhtml+xml,*/*;q=0.8"), Form::Html);
        assert_eq!(of("image/png, Text/CSV; q=0.5"), Form::Csv);
        assert_eq!(of("*/*"), Form::Json);
        assert_eq!(accepted(&HeaderMap::new()), Form::Json);
    }
}
