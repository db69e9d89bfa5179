//! Signing in to the demo.

use super::{
    Problem,
    caller::Json,
    me::{Me, describe},
    source::Source,
};
use crate::compose::App;
use axum::{Extension, Json as Reply, extract::State, http::StatusCode};
use live_quiz::guess::Turn;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Seconds that a demo session holds: a day of trying things out.
const SESSION_S: u64 = 86_400;

/// Who wants to sign in.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Credentials {
    login: String,
    password: String,
}

/// A session.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer` and the connect command.
    token: String,
    /// Server time, milliseconds.
    expires_at: u64,
    me: Me,
}

/// Signs in to the demo school. Only in demo mode.
#[utoipa::path(post, operation_id = "demo_sign_in", path = "/api/v1/demo/session", tag = "server", request_body = Credentials, responses(
    (status = 200, body = Session),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(Source(from)): Extension<Source>,
    Json(credentials): Json<Credentials>,
) -> Result<Reply<Session>, Problem> {
    let Some(demo) = &app.demo else {
        return Err(Problem::not_found("this server is no demo; sign in at your school's platform"));
    };
    let turn = demo.admit(from, app.node.clock.now_ms());
    match turn {
        Turn::Now => {}
        Turn::After(wait) => tokio::time::sleep(wait).await,
        Turn::Busy(wait) => {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "too many wrong passwords from this network; wait a moment",
            )
            .retry_after(wait));
        }
    }
    let subject = demo
        .check(&credentials.login, &credentials.password)
        .ok_or(Problem::unauthorized("the login or the password is wrong; the sign-in page shows both"))?;
    demo.hit(from, turn, app.node.clock.now_ms());
    let now_s = app.node.clock.now_ms() / 1_000;
    let token = app.minter.person(subject, now_s, SESSION_S);
    let identity = app.auth.verify(&token).await.map_err(|error| {
        tracing::error!(%error, "a fresh token does not verify");
        Problem::internal()
    })?;
    let me = describe(&app, identity).await?;
    Ok(Reply(Session { token, expires_at: (now_s + SESSION_S) * 1_000, me }))
}
