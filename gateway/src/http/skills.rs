//! The skills of a school.

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    idempotency::NewIds,
    page::{List, PageQuery},
    problem::FieldProblem,
    versions::{Held, IfMatch, conflict, etag},
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use learning::service::RecordError;
use persistence::skills::{CreateSkillError, Skill as KeptSkill, UpdateSkillError};
use protocol::ids::SkillId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest title, characters.
const MOST_TITLE: usize = 120;

/// What questions exercise.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Skill {
    id: SkillId,
    title: String,
    archived: bool,
    version: u32,
    /// Server time, milliseconds.
    created_at: u64,
    /// Server time, milliseconds.
    updated_at: u64,
}

impl From<KeptSkill> for Skill {
    fn from(skill: KeptSkill) -> Self {
        Self {
            id: skill.id,
            title: skill.title,
            archived: skill.archived,
            version: skill.version,
            created_at: skill.created_at.as_millis(),
            updated_at: skill.updated_at.as_millis(),
        }
    }
}

/// A skill as it is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct SkillContent {
    title: String,
    /// Put away: questions keep it, nobody is asked for it.
    #[serde(default)]
    archived: bool,
}

/// Which skills.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SkillQuery {
    /// Those that were put away, instead of the others.
    archived: Option<bool>,
}

/// The school's skills, the newest first.
#[utoipa::path(get, operation_id = "list_skills", path = "/api/v1/skills", tag = "practice", security(("token" = [])),
    params(SkillQuery, PageQuery), responses(
    (status = 200, body = List<Skill>),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<SkillQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Skill>>, Problem> {
    let archived = which.archived.unwrap_or(false);
    let found = app.store.skills().list(member.who.school, archived, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, Skill::from)))
}

/// Makes a skill.
#[utoipa::path(post, operation_id = "create_skill", path = "/api/v1/skills", tag = "practice", security(("token" = [])),
    request_body = SkillContent, responses(
    (status = 201, body = Skill),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    ids: NewIds,
    Json(new): Json<SkillContent>,
) -> Result<Response, Problem> {
    let member = member.staff()?;
    let title = checked(&new.title)?;
    acquaint(&app.store, &member.identity).await?;
    let id = SkillId(ids.id("skill"));
    let made = app.store.skills().create(member.who.school, id, title, app.learning.now()).await;
    match made {
        // Under an idempotency key the id is the same: an earlier try made it.
        Ok(()) | Err(CreateSkillError::Exists) => {}
        Err(CreateSkillError::UnknownSchool) => return Err(RecordError::NotFound.into()),
        Err(CreateSkillError::Unavailable(error)) => return Err(error.into()),
    }
    let skill = get(&app, &member, id).await?;
    let headers = [(header::LOCATION, format!("/api/v1/skills/{id}")), (header::ETAG, etag(skill.version))];
    Ok((StatusCode::CREATED, headers, Reply(Skill::from(skill))).into_response())
}

/// One skill; `ETag` is the version.
#[utoipa::path(get, operation_id = "show_skill", path = "/api/v1/skills/{id}", tag = "practice", security(("token" = [])),
    params(("id" = SkillId, Path)), responses(
    (status = 200, body = Skill),
    (status = 304, description = "it is the one of If-None-Match"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<SkillId>,
    held: Held,
) -> Result<Response, Problem> {
    let skill = get(&app, &member, id).await?;
    Ok(held.or(&etag(skill.version), Skill::from(skill)))
}

/// Changes a skill, puts it away or takes it back. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "replace_skill", path = "/api/v1/skills/{id}", tag = "practice", security(("token" = [])),
    params(("id" = SkillId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = SkillContent, responses(
    (status = 200, body = Skill),
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
    member: Member,
    Path(id): Path<SkillId>,
    IfMatch(expected): IfMatch,
    Json(content): Json<SkillContent>,
) -> Result<Response, Problem> {
    let member = member.staff()?;
    let title = checked(&content.title)?;
    let skills = app.store.skills();
    let now = app.learning.now();
    match skills.update(member.who.school, id, expected, title, content.archived, now).await {
        Ok(_) => {}
        Err(error @ UpdateSkillError::Conflict { current }) => {
            return Err(conflict(current, error.to_string()));
        }
        Err(UpdateSkillError::UnknownSkill) => return Err(RecordError::NotFound.into()),
        Err(UpdateSkillError::Unavailable(error)) => return Err(error.into()),
    }
    let skill = get(&app, &member, id).await?;
    Ok(([(header::ETAG, etag(skill.version))], Reply(Skill::from(skill))).into_response())
}

async fn get(app: &App, member: &Member, id: SkillId) -> Result<KeptSkill, Problem> {
    let found = app.store.skills().get(member.who.school, id).await?;
    found.ok_or_else(|| RecordError::NotFound.into())
}

fn checked(title: &str) -> Result<&str, Problem> {
    let title = title.trim();
    let good = (1..=MOST_TITLE).contains(&title.chars().count()) && !title.chars().any(char::is_control);
    if good {
        return Ok(title);
    }
    let problem = format!("write 1 to {MOST_TITLE} characters without control characters");
    let field = Some("title".to_owned());
    Err(Problem::invalid("mend the fields named in errors").with_errors(vec![FieldProblem {
        row: None,
        field,
        problem,
    }]))
}
