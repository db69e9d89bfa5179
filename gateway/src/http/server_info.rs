//! What this server is.

use crate::{compose::App, demo::Demo};
use axum::{Json, extract::State};
use protocol::role::Role;
use serde::Serialize;
use std::sync::Arc;

/// What a page should know before anybody signs in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ServerInfo {
    name: &'static str,
    version: &'static str,
    /// Whether this is a demo: its data may be thrown away.
    demo: bool,
    /// Who may sign in with the demo's password; empty outside of the demo.
    demo_accounts: Vec<DemoAccount>,
}

/// Somebody of the demo school.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DemoAccount {
    /// E-mail address.
    pub login: String,
    /// Name to show.
    pub name: String,
    /// What they are in the school.
    pub role: Role,
}

/// What this server is.
#[utoipa::path(get, operation_id = "server_info", path = "/api/v1/server", tag = "server", responses((status = 200, body = ServerInfo)))]
pub async fn show(State(app): State<Arc<App>>) -> Json<ServerInfo> {
    let demo_accounts = app.demo.as_ref().map_or_else(Vec::new, Demo::accounts);
    Json(ServerInfo {
        name: "Schoolbell",
        version: env!("CARGO_PKG_VERSION"),
        demo: app.demo.is_some(),
        demo_accounts,
    })
}
