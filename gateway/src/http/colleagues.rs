//! The other staff of a school: whom a host may ask to lead a game together.

use super::{Problem, caller::Staff, page::List};
use crate::compose::App;
use axum::{Json, extract::State};
use protocol::ids::PersonId;
use serde::Serialize;
use std::sync::Arc;

/// Somebody of the staff.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Colleague {
    id: PersonId,
    name: String,
}

/// The staff of the caller's school but the caller, by name.
#[utoipa::path(get, operation_id = "list_colleagues", path = "/api/v1/colleagues", tag = "people", security(("token" = [])), responses(
    (status = 200, body = List<Colleague>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(app): State<Arc<App>>, staff: Staff) -> Result<Json<List<Colleague>>, Problem> {
    let people = app.store.people().staff(staff.school).await?.into_iter();
    let colleagues = people.filter(|person| person.id != staff.person);
    Ok(Json(List::whole(colleagues.map(|person| Colleague { id: person.id, name: person.name }).collect())))
}
