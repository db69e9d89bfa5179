//! Finding a game by its PIN, and coming in.

use super::{
    Problem,
    caller::{Json, Path, SignedIn},
    source::Source,
};
use crate::{compose::App, members::acquaint};
use axum::{Extension, Json as Reply, extract::State, http::StatusCode};
use live_quiz::service::{JoinError, Wish};
use protocol::{
    ids::{GameId, ParticipantId, UserId},
    quiz::Phase,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A PIN as typed.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct FindGame {
    /// Six digits; spaces and dashes between them do no harm.
    pin: String,
}

/// A game that a PIN leads to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FoundGame {
    game: GameId,
    title: String,
    phase: Phase,
    locked: bool,
    /// Whether people without an account may join.
    guests: bool,
}

/// Who comes in.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct JoinGame {
    pin: String,
    /// Guests choose one; signed-in students may.
    nickname: Option<String>,
    /// A guest's own secret of 16 to 64 characters: joining again with it leads to the same place.
    op: Option<String>,
}

/// Somebody who came in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct JoinedGame {
    participant: ParticipantId,
    /// The name shown.
    nickname: String,
    /// For guests: reaches this game only. Null for signed-in people, who keep their own.
    token: Option<String>,
    /// Whom the token speaks for.
    sub: UserId,
}

/// Finds an open game. Wrong PINs cost their network: over its budget all of its attempts take turns, 4 a second.
#[utoipa::path(post, operation_id = "find_game", path = "/api/v1/games/find", tag = "games", request_body = FindGame, responses(
    (status = 200, body = FoundGame),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
pub async fn find(
    State(app): State<Arc<App>>,
    Extension(Source(from)): Extension<Source>,
    Json(wanted): Json<FindGame>,
) -> Result<Reply<FoundGame>, Problem> {
    let found = app.quiz.find(from, &wanted.pin).await?;
    Ok(Reply(FoundGame {
        game: found.game,
        title: found.peek.title,
        phase: found.peek.phase,
        locked: found.peek.locked,
        guests: found.peek.guests,
    }))
}

/// Comes into a game. The same person or guest again gets the same place.
#[utoipa::path(post, operation_id = "join_game", path = "/api/v1/games/{id}/join", tag = "games", security((), ("token" = [])),
    params(("id" = GameId, Path)), request_body = JoinGame, responses(
    (status = 200, body = JoinedGame),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
pub async fn join(
    State(app): State<Arc<App>>,
    Extension(Source(from)): Extension<Source>,
    caller: Option<SignedIn>,
    Path(game): Path<GameId>,
    Json(wanted): Json<JoinGame>,
) -> Result<Reply<JoinedGame>, Problem> {
    let identity = caller.map(|SignedIn(identity)| identity);
    if let Some(identity) = &identity {
        acquaint(&app.store, identity).await?;
    }
    let wish = Wish { nickname: wanted.nickname.as_deref(), op: wanted.op.as_deref() };
    let joined = app.quiz.join(from, game, &wanted.pin, &wish, identity.as_ref()).await?;
    Ok(Reply(JoinedGame {
        participant: joined.participant,
        nickname: joined.nickname,
        token: joined.token,
        sub: joined.user,
    }))
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::UnknownPin => Self::new(StatusCode::NOT_FOUND, "unknown_pin", error.to_string()),
            JoinError::Busy { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", error.to_string())
                    .retry_after(retry_after)
            }
            JoinError::Refused(refusal) => refusal.into(),
            JoinError::Unavailable(error) => error.into(),
        }
    }
}
