//! What the server is: `info`; and what it does not do for backends: `rpc`.

use super::{Answer, Backend, Empty, Method, Params, Refusals, answer::bad_request};
use protocol::{ErrorBody, codes::error};
use serde::{Deserialize, Serialize, de::IgnoredAny};

/// Nothing to say.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
pub struct Info {}

/// Which method.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Rpc {
    method: String,
    #[expect(dead_code, reason = "there is no method that would read it")]
    #[schema(value_type = Option<serde_json::Value>)]
    params: Option<IgnoredAny>,
    #[expect(dead_code, reason = "there is no method that would read it")]
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<IgnoredAny>,
}

/// The nodes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Nodes {
    nodes: Vec<NodeInfo>,
}

/// A node, with the numbers of the key's school alone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NodeInfo {
    /// Another one at each start.
    uid: String,
    name: &'static str,
    version: String,
    num_clients: usize,
    num_users: usize,
    num_subs: usize,
    num_channels: usize,
    /// Seconds.
    uptime: u64,
}

impl Method for Info {
    type Result = Nodes;

    async fn run(self, backend: &Backend) -> Result<Nodes, ErrorBody> {
        let node = &backend.app.node;
        let population = node.population(backend.school);
        let info = NodeInfo {
            uid: node.id.clone(),
            name: "schoolbell",
            version: node.config.version.clone(),
            num_clients: population.connections,
            num_users: population.users,
            num_subs: population.subscriptions,
            num_channels: population.channels,
            uptime: node.uptime().as_secs(),
        };
        Ok(Nodes { nodes: vec![info] })
    }
}

impl Method for Rpc {
    type Result = Empty;

    async fn run(self, _: &Backend) -> Result<Empty, ErrorBody> {
        if self.method.is_empty() {
            return Err(bad_request("name a method"));
        }
        // The engine's methods act for a person in a game or a class, and a key speaks for none.
        Err(error::NOT_AVAILABLE)
    }
}

/// The nodes of the server, counted for the key's school.
#[utoipa::path(post, operation_id = "info", path = "/api/info", tag = "Server API", security(("api_key" = [])), request_body = Info, responses(
    (status = 200, body = Answer<Nodes>),
    Refusals,
))]
pub async fn info(backend: Backend, Params(params): Params<Info>) -> Answer<Nodes> {
    params.run(&backend).await.into()
}

/// Always error 108: the engine's methods act for persons, and a key speaks for none.
#[utoipa::path(post, operation_id = "rpc", path = "/api/rpc", tag = "Server API", security(("api_key" = [])), request_body = Rpc, responses(
    (status = 200, body = Answer<Empty>),
    Refusals,
))]
pub async fn rpc(backend: Backend, Params(params): Params<Rpc>) -> Answer<Empty> {
    params.run(&backend).await.into()
}
