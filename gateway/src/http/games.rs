//! Games: opening them and listing one's own.

use super::{
    Problem,
    caller::{Json, Query, Staff},
    page::{List, PageQuery},
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use live_quiz::service::OpenError;
use persistence::journal::JournalError;
use protocol::{
    ids::{ClassId, GameId, QuizId},
    quiz::{GameSettings, Phase},
};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// A game as it stands in a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GameSummary {
    game: GameId,
    quiz: QuizId,
    title: String,
    phase: Phase,
    /// Null once the game has ended.
    pin: Option<String>,
    /// The class that plays it, whose gradebook gets the scores.
    class: Option<ClassId>,
    /// Of a finished game; 0 before.
    players: u32,
    /// Server time, milliseconds.
    opened_at: u64,
    /// Server time, milliseconds.
    ended_at: Option<u64>,
}

/// What to play.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewGame {
    quiz_id: QuizId,
    /// The usual ones without. `class` is one that the caller teaches: when the game has ended, the right answers of its
    /// students go to its gradebook.
    #[serde(default)]
    settings: GameSettings,
}

/// A lobby.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OpenedGame {
    game: GameId,
    /// What players type.
    pin: String,
}

/// The games that the caller has opened, the newest first.
#[utoipa::path(get, operation_id = "list_games", path = "/api/v1/games", tag = "games", security(("token" = [])), params(PageQuery), responses(
    (status = 200, body = List<GameSummary>),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<GameSummary>>, Problem> {
    let games = app.store.games();
    let found = games.list_of_owner(staff.school, staff.person, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, |game| GameSummary {
        game: game.id,
        quiz: game.quiz,
        title: game.title,
        phase: game.phase,
        pin: game.pin,
        class: game.class,
        players: game.players,
        opened_at: game.opened_at.as_millis(),
        ended_at: game.ended_at.map(persistence::Micros::as_millis),
    })))
}

/// Opens a lobby for the newest version of a quiz.
#[utoipa::path(post, operation_id = "create_game", path = "/api/v1/games", tag = "games", security(("token" = [])), request_body = NewGame, responses(
    (status = 201, body = OpenedGame),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
pub async fn create(
    State(app): State<Arc<App>>,
    staff: Staff,
    Json(new): Json<NewGame>,
) -> Result<impl IntoResponse, Problem> {
    acquaint(&app.store, &staff.identity).await?;
    if let Some(class) = new.settings.class {
        let who = learning::service::Member::of(&staff.identity)
            .ok_or(Problem::forbidden("this needs an account of the school; sign in with one"))?;
        app.learning.run_class(&who, class).await?;
    }
    let opened = app.quiz.open(staff.school, staff.person, new.quiz_id, new.settings).await?;
    let location = format!("/api/v1/games/{}", opened.game);
    let reply = OpenedGame { game: opened.game, pin: opened.pin };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Reply(reply)))
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::UnknownQuiz => {
                Self::not_found("the school has no such quiz; look at the library again")
            }
            OpenError::UnknownClass => {
                Self::not_found("nothing is here, or it is not yours to see; look at the list again")
            }
            OpenError::InvalidSetting(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_setting", error.to_string())
            }
            OpenError::TooManyOpen => Self::new(StatusCode::CONFLICT, "too_many_games", error.to_string()),
            OpenError::NoPin => Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_pin", error.to_string())
                .retry_after(Duration::from_secs(5)),
            OpenError::Unavailable(error) | OpenError::Journal(JournalError::Unavailable(error)) => {
                error.into()
            }
            OpenError::Journal(error) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), error.to_string())
                    .retry_after(Duration::from_secs(10))
            }
            OpenError::Room(cause) => {
                tracing::error!(error = %cause, "a game could not be opened");
                Self::unavailable()
            }
        }
    }
}
