//! Who is signed in.

use super::{Problem, caller::SignedIn};
use crate::compose::App;
use axum::{Json, extract::State};
use protocol::{
    ids::{GameId, SchoolId, UserId},
    role::Role,
};
use realtime::Identity;
use serde::Serialize;
use std::sync::Arc;

/// The caller.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    id: UserId,
    name: String,
    email: Option<String>,
    role: Role,
    school: MySchool,
    /// Has no account; the token reaches one game.
    guest: bool,
    /// For guests: that game.
    game: Option<GameId>,
}

/// The caller's school.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MySchool {
    id: SchoolId,
    name: String,
}

/// Who is signed in.
#[utoipa::path(get, operation_id = "me", path = "/api/v1/me", tag = "people", security(("token" = [])), responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub async fn show(State(app): State<Arc<App>>, SignedIn(identity): SignedIn) -> Result<Json<Me>, Problem> {
    Ok(Json(describe(&app, identity).await?))
}

/// The caller as the API shows them: what the database knows, else what the token says.
pub(super) async fn describe(app: &App, identity: Identity) -> Result<Me, Problem> {
    let school = app.store.schools().get(identity.school).await?;
    let known = match identity.person {
        Some(person) => app.store.people().get(identity.school, person).await?,
        None => None,
    };
    let (known_name, known_email) = known.map(|person| (person.name, person.email)).unzip();
    Ok(Me {
        guest: identity.is_guest(),
        game: identity.game,
        name: identity.name.or(known_name).unwrap_or_default(),
        email: identity.email.or(known_email.filter(|email| !email.is_empty())),
        role: identity.role,
        school: MySchool { id: identity.school, name: school.map_or_else(String::new, |school| school.name) },
        id: identity.user,
    })
}
