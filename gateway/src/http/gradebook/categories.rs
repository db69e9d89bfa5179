//! The categories of a gradebook.

use crate::compose::App;
use crate::http::{
    Problem,
    caller::{Json, Member, Path},
    idempotency::NewIds,
    page::List,
    refusals::{Changing, Making, Reading},
    versions::{Held, IfMatch, etag, tagged},
};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use learning::service::gradebook::CategoryDraft;
use persistence::gradebook::Category as Kept;
use protocol::ids::{CategoryId, ClassId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A group of line items.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Category {
    id: CategoryId,
    /// From 1; each edit makes the next one.
    version: u32,
    title: String,
    /// The category around it; only Moodle's rules have any.
    parent: Option<CategoryId>,
    /// 1,000,000 is 100 %.
    weight_ppm: Option<i64>,
    /// `drop_lowest`, `drop_highest`, `keep_highest`, `aggregation`, `only_graded`, `extra_credit`, `max_points`.
    #[schema(value_type = Object)]
    rules: serde_json::Value,
    position: u32,
}

/// What a category is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewCategory {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[serde(default)]
    parent: Option<CategoryId>,
    #[serde(default)]
    weight_ppm: Option<i64>,
    /// What is not said is as usual.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    rules: serde_json::Value,
    #[serde(default)]
    position: u32,
}

impl From<Kept> for Category {
    fn from(kept: Kept) -> Self {
        let content = kept.content;
        Self {
            id: kept.id,
            version: kept.version,
            title: content.title,
            parent: content.parent,
            weight_ppm: content.weight_ppm,
            rules: content.rules,
            position: content.position,
        }
    }
}

impl From<NewCategory> for CategoryDraft {
    fn from(new: NewCategory) -> Self {
        let NewCategory { title, parent, weight_ppm, rules, position } = new;
        Self { title, parent, weight_ppm, rules, position }
    }
}

/// The categories of a class, by position.
#[utoipa::path(get, operation_id = "list_categories", path = "/api/v1/classes/{id}/categories", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path)), responses((status = 200, body = List<Category>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
) -> Result<Reply<List<Category>>, Problem> {
    let categories = app.learning.grade_categories(&member.who, class).await?;
    Ok(Reply(List::whole(categories.into_iter().map(Category::from).collect())))
}

/// Makes a category.
#[utoipa::path(post, operation_id = "create_category", path = "/api/v1/classes/{id}/categories", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path)), request_body = NewCategory, responses((status = 201, body = Category), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    ids: NewIds,
    Json(new): Json<NewCategory>,
) -> Result<impl IntoResponse, Problem> {
    let id = CategoryId(ids.id("category"));
    let made = app.learning.create_grade_category(&member.who, class, id, &new.into()).await?;
    let location = format!("/api/v1/classes/{class}/categories/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Reply(Category::from(made))))
}

/// A category; `ETag` is its version.
#[utoipa::path(get, operation_id = "show_category", path = "/api/v1/classes/{id}/categories/{category}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("category" = CategoryId, Path)), responses((status = 200, body = Category), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, id)): Path<(ClassId, CategoryId)>,
    held: Held,
) -> Result<Response, Problem> {
    let found = app.learning.grade_category(&member.who, class, id).await?;
    Ok(held.or(&etag(found.version), Category::from(found)))
}

/// Changes a category. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_category", path = "/api/v1/classes/{id}/categories/{category}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("category" = CategoryId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewCategory, responses((status = 200, body = Category), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, id)): Path<(ClassId, CategoryId)>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewCategory>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_grade_category(&member.who, class, id, expected, &new.into()).await?;
    Ok((tagged(&etag(changed.version)), Reply(Category::from(changed))))
}

/// Deletes a category in which nothing lies. `If-Match` names the version that was seen.
#[utoipa::path(delete, operation_id = "delete_category", path = "/api/v1/classes/{id}/categories/{category}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("category" = CategoryId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    responses((status = 204), Changing))]
pub async fn delete(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, id)): Path<(ClassId, CategoryId)>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    app.learning.delete_grade_category(&member.who, class, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
