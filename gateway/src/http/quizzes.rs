//! The quiz library of a school.

pub mod files;
pub mod versions;

use super::{
    Problem,
    caller::{Json, Path, Query, Staff},
    idempotency::NewIds,
    page::{List, PageQuery},
    problem::FieldProblem,
    versions::{Held, IfMatch, conflict, etag, etag_with},
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use live_quiz::question;
use persistence::{
    Micros,
    quizzes::{CreateQuizError, Quiz as KeptQuiz, QuizFilter, UpdateQuizError},
};
use protocol::{
    ids::{QuizId, SkillId},
    quiz::{Image, QuizContent},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const UNKNOWN: &str = "the school has no such quiz; look at the library again";

/// A quiz with its questions and solutions.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Quiz {
    id: QuizId,
    /// From 1; each edit makes the next one.
    version: u32,
    #[serde(flatten)]
    content: QuizContent,
    /// Server time, milliseconds.
    updated_at: u64,
    archived: bool,
}

impl From<KeptQuiz> for Quiz {
    fn from(quiz: KeptQuiz) -> Self {
        Self {
            id: quiz.id,
            version: quiz.version,
            content: quiz.content,
            updated_at: quiz.updated_at.as_millis(),
            archived: quiz.archived,
        }
    }
}

/// A quiz as it stands in the library.
#[derive(Serialize, utoipa::ToSchema)]
pub struct QuizSummary {
    id: QuizId,
    version: u32,
    title: String,
    description: String,
    /// How many.
    questions: u32,
    /// Server time, milliseconds.
    updated_at: u64,
    archived: bool,
    /// The first picture of a question.
    cover: Option<Image>,
}

/// Which quizzes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LibraryQuery {
    /// Only quizzes with this text in title or description.
    query: Option<String>,
    /// Those that were put away, instead of the others.
    archived: Option<bool>,
}

/// The school's library, the last changed first.
#[utoipa::path(get, operation_id = "list_quizzes", path = "/api/v1/quizzes", tag = "quizzes", security(("token" = [])),
    params(LibraryQuery, PageQuery), responses(
    (status = 200, body = List<QuizSummary>),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Query(which): Query<LibraryQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<QuizSummary>>, Problem> {
    let filter = QuizFilter {
        owner: None,
        text: which.query.unwrap_or_default(),
        archived: which.archived.unwrap_or(false),
    };
    let found = app.store.quizzes().list(staff.school, &filter, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, |quiz| QuizSummary {
        id: quiz.id,
        version: quiz.version,
        title: quiz.title,
        description: quiz.description,
        questions: quiz.questions,
        updated_at: quiz.updated_at.as_millis(),
        archived: quiz.archived,
        cover: quiz.cover,
    })))
}

/// Makes a quiz.
#[utoipa::path(post, operation_id = "create_quiz", path = "/api/v1/quizzes", tag = "quizzes", security(("token" = [])),
    request_body = QuizContent, responses(
    (status = 201, body = Quiz),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
pub async fn create(
    State(app): State<Arc<App>>,
    staff: Staff,
    ids: NewIds,
    Json(content): Json<QuizContent>,
) -> Result<impl IntoResponse, Problem> {
    check(&content)?;
    keep_new(&app, &staff, ids, content).await
}

/// One quiz in its newest version; `ETag` begins with the version.
#[utoipa::path(get, operation_id = "show_quiz", path = "/api/v1/quizzes/{id}", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path), ("If-None-Match" = Option<String>, Header, description = "an ETag that the caller has")),
    responses(
    (status = 200, body = Quiz),
    (status = 304, description = "as the caller has it"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(id): Path<QuizId>,
    held: Held,
) -> Result<impl IntoResponse, Problem> {
    let quiz = app.store.quizzes().get(staff.school, id).await?.ok_or(Problem::not_found(UNKNOWN))?;
    Ok(held.or(&tag(&quiz), Quiz::from(quiz)))
}

/// Makes the next version. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "replace_quiz", path = "/api/v1/quizzes/{id}", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = QuizContent, responses(
    (status = 200, body = Quiz),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 428, body = Problem, content_type = "application/problem+json"),
))]
pub async fn replace(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(id): Path<QuizId>,
    IfMatch(expected): IfMatch,
    Json(content): Json<QuizContent>,
) -> Result<impl IntoResponse, Problem> {
    check(&content)?;
    let now = Micros::from_millis(app.node.clock.now_ms());
    match app.store.quizzes().update(staff.school, id, expected, &content, now).await {
        Ok(_) => {}
        Err(error @ UpdateQuizError::Conflict { current }) => {
            return Err(conflict(current, error.to_string()));
        }
        Err(UpdateQuizError::UnknownSkill { skill }) => return Err(unknown_skill(&content, skill)),
        Err(UpdateQuizError::UnknownQuiz) => return Err(Problem::not_found(UNKNOWN)),
        Err(UpdateQuizError::Unavailable(error)) => return Err(error.into()),
    }
    let quiz = app.store.quizzes().get(staff.school, id).await?.ok_or(Problem::not_found(UNKNOWN))?;
    Ok(Held::default().or(&tag(&quiz), Quiz::from(quiz)))
}

/// Puts a quiz away. Twice is as once.
#[utoipa::path(delete, operation_id = "archive_quiz", path = "/api/v1/quizzes/{id}", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path)), responses(
    (status = 204),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn archive(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(id): Path<QuizId>,
) -> Result<StatusCode, Problem> {
    set_archived(&app, &staff, id, true).await
}

/// Takes a quiz back. Twice is as once.
#[utoipa::path(post, operation_id = "restore_quiz", path = "/api/v1/quizzes/{id}/restore", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path)), responses(
    (status = 204),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn restore(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(id): Path<QuizId>,
) -> Result<StatusCode, Problem> {
    set_archived(&app, &staff, id, false).await
}

async fn set_archived(app: &App, staff: &Staff, id: QuizId, archived: bool) -> Result<StatusCode, Problem> {
    let known = app.store.quizzes().set_archived(staff.school, id, archived).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found(UNKNOWN)) }
}

async fn keep_new(
    app: &App,
    staff: &Staff,
    ids: NewIds,
    content: QuizContent,
) -> Result<impl IntoResponse + use<>, Problem> {
    acquaint(&app.store, &staff.identity).await?;
    let now = Micros::from_millis(app.node.clock.now_ms());
    let (id, quizzes) = (QuizId(ids.id("quiz")), app.store.quizzes());
    match quizzes.ensure(staff.school, id, staff.person, &content, now).await {
        Ok(true) => {}
        // Under an idempotency key the id is the same: an earlier try made it.
        Ok(false) => {
            let kept = quizzes.get(staff.school, id).await?.ok_or(Problem::not_found(UNKNOWN))?;
            let location = format!("/api/v1/quizzes/{id}");
            let headers = [(header::LOCATION, location), (header::ETAG, tag(&kept))];
            return Ok((StatusCode::CREATED, headers, Reply(Quiz::from(kept))));
        }
        Err(CreateQuizError::UnknownOwner) => {
            return Err(Problem::forbidden("your school does not know you; sign in again"));
        }
        Err(CreateQuizError::UnknownSkill { skill }) => return Err(unknown_skill(&content, skill)),
        Err(CreateQuizError::Unavailable(error)) => return Err(error.into()),
    }
    let quiz = Quiz { id, version: 1, content, updated_at: now.as_millis(), archived: false };
    let location = format!("/api/v1/quizzes/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location), (header::ETAG, etag(1))], Reply(quiz)))
}

fn check(content: &QuizContent) -> Result<(), Problem> {
    let errors: Vec<FieldProblem> = question::validate(content)
        .into_iter()
        .map(|error| FieldProblem { row: None, field: Some(error.field), problem: error.problem })
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_quiz", "mend the fields named in errors")
        .with_errors(errors))
}

/// Names the first place of a skill that the school does not have.
fn unknown_skill(content: &QuizContent, skill: SkillId) -> Problem {
    let place = content.questions.iter().enumerate().find_map(|(question, asked)| {
        let nth = asked.skills.iter().position(|named| *named == skill)?;
        Some(format!("questions[{question}].skills[{nth}]"))
    });
    let problem = "the school has no such skill; make it first or leave it out".to_owned();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_quiz", "mend the fields named in errors")
        .with_errors(vec![FieldProblem { row: None, field: place, problem }])
}

/// Putting a quiz away makes no version.
fn tag(quiz: &KeptQuiz) -> String {
    if quiz.archived { etag_with(quiz.version, "archived") } else { etag(quiz.version) }
}
