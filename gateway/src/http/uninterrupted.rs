//! Changes that are carried through, whatever becomes of who asked for them.

use super::Problem;
use crate::compose::App;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use tracing::Instrument as _;

/// A task of its own for each request that may change something. A sender who hangs up, or whose time is over, would else end
/// it between a change that is kept and those who are told of it; and one who asks again with the same key would find it held.
/// A body that does not come is no reason to wait for ever: it ends with its connection.
pub async fn carry_through(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    app.spawn(next.run(request).in_current_span()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request was not carried through");
        Problem::internal().into_response()
    })
}
