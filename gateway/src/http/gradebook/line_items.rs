//! The line items of a gradebook: its columns.

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
use learning::service::gradebook::LineItemDraft;
use persistence::{Micros, gradebook::LineItem as Kept};
use protocol::ids::{CategoryId, ClassId, LineItemId, SessionId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A column of a gradebook.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LineItem {
    id: LineItemId,
    /// From 1; each edit makes the next one.
    version: u32,
    title: String,
    category: CategoryId,
    /// The grading period; without, the one in which it is due.
    session: Option<SessionId>,
    points_possible: f64,
    /// Milliseconds.
    due_at: Option<u64>,
    /// 1,000,000 is 100 %.
    weight_ppm: Option<i64>,
    /// Adds to the score and not to what is possible.
    extra_credit: bool,
    /// Does not count in any grade.
    omit_from_final: bool,
    /// The drop rules leave it alone.
    never_drop: bool,
    /// Students do not see it.
    hidden: bool,
    position: u32,
}

/// What a line item is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewLineItem {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// The first one of the class without; if it has none, one is made.
    #[serde(default)]
    category: Option<CategoryId>,
    #[serde(default)]
    session: Option<SessionId>,
    /// 0 to 1,000,000.
    #[schema(minimum = 0, maximum = 1_000_000)]
    points_possible: f64,
    /// Milliseconds.
    #[serde(default)]
    due_at: Option<u64>,
    #[serde(default)]
    weight_ppm: Option<i64>,
    #[serde(default)]
    extra_credit: bool,
    #[serde(default)]
    omit_from_final: bool,
    #[serde(default)]
    never_drop: bool,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    position: u32,
}

impl From<Kept> for LineItem {
    fn from(kept: Kept) -> Self {
        let content = kept.content;
        Self {
            id: kept.id,
            version: kept.version,
            title: content.title,
            category: content.category,
            session: content.period,
            points_possible: content.points_possible,
            due_at: content.due_at.map(Micros::as_millis),
            weight_ppm: content.weight_ppm,
            extra_credit: content.extra_credit,
            omit_from_final: content.omit_from_final,
            never_drop: content.never_drop,
            hidden: content.hidden,
            position: content.position,
        }
    }
}

impl From<NewLineItem> for LineItemDraft {
    fn from(new: NewLineItem) -> Self {
        Self {
            title: new.title,
            category: new.category,
            session: new.session,
            points_possible: new.points_possible,
            due_at: new.due_at.map(Micros::from_millis),
            weight_ppm: new.weight_ppm,
            extra_credit: new.extra_credit,
            omit_from_final: new.omit_from_final,
            never_drop: new.never_drop,
            hidden: new.hidden,
            position: new.position,
        }
    }
}

/// The line items of a class that the caller may see, by position.
#[utoipa::path(get, operation_id = "list_line_items", path = "/api/v1/classes/{id}/line-items", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path)), responses((status = 200, body = List<LineItem>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
) -> Result<Reply<List<LineItem>>, Problem> {
    let items = app.learning.line_items(&member.who, class).await?;
    Ok(Reply(List::whole(items.into_iter().map(LineItem::from).collect())))
}

/// Makes a line item.
#[utoipa::path(post, operation_id = "create_line_item", path = "/api/v1/classes/{id}/line-items", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path)), request_body = NewLineItem, responses((status = 201, body = LineItem), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    ids: NewIds,
    Json(new): Json<NewLineItem>,
) -> Result<impl IntoResponse, Problem> {
    let id = LineItemId(ids.id("line item"));
    let made = app.learning.create_line_item(&member.who, class, id, &new.into()).await?;
    let location = format!("/api/v1/classes/{class}/line-items/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Reply(LineItem::from(made))))
}

/// A line item; `ETag` is its version.
#[utoipa::path(get, operation_id = "show_line_item", path = "/api/v1/classes/{id}/line-items/{item}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("item" = LineItemId, Path)), responses((status = 200, body = LineItem), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, id)): Path<(ClassId, LineItemId)>,
    held: Held,
) -> Result<Response, Problem> {
    let found = app.learning.line_item(&member.who, class, id).await?;
    Ok(held.or(&etag(found.version), LineItem::from(found)))
}

/// Changes a line item. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_line_item", path = "/api/v1/classes/{id}/line-items/{item}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("item" = LineItemId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewLineItem, responses((status = 200, body = LineItem), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, id)): Path<(ClassId, LineItemId)>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewLineItem>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_line_item(&member.who, class, id, expected, &new.into()).await?;
    Ok((tagged(&etag(changed.version)), Reply(LineItem::from(changed))))
}

/// Deletes a line item without scores. `If-Match` names the version that was seen.
#[utoipa::path(delete, operation_id = "delete_line_item", path = "/api/v1/classes/{id}/line-items/{item}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("item" = LineItemId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    responses((status = 204), Changing))]
pub async fn delete(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, id)): Path<(ClassId, LineItemId)>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    app.learning.delete_line_item(&member.who, class, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
