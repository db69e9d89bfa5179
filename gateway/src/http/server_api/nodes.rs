//! What the server is: `info`; and what it does not do for backends: `rpc`.

use super::{Answer, Backend, Empty, Method, Params, Refusals, answer::bad_request};
use protocol::{ErrorBody, codes::error};
use realtime::nodes::{
    NodeId,
    survey::{self, NodeReport, Survey},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::time::Duration;

/// Time for a node to count. A node that is gone is known after 1.5 seconds; one that is slower than this is not waited
/// for, since the libraries of backends give up after a few seconds, too.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

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
    /// The uids of nodes that did not answer within two seconds. What they have is not counted. Absent when all did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
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
    /// How much of the node is in use, by all schools together: the scarcer of its processors and its places for
    /// connections. 1000 is all of it.
    load_permille: u16,
    /// It is going down and takes no new connections.
    draining: bool,
}

impl From<NodeReport> for NodeInfo {
    fn from(report: NodeReport) -> Self {
        let NodeReport { node, uptime_s, population } = report;
        Self {
            uid: node.id.to_string(),
            name: "schoolbell",
            version: node.version,
            num_clients: population.connections,
            num_users: population.users,
            num_subs: population.subscriptions,
            num_channels: population.channels,
            uptime: uptime_s,
            load_permille: node.load.load_permille,
            draining: node.draining,
        }
    }
}

impl From<Survey<NodeReport>> for Nodes {
    fn from(survey: Survey<NodeReport>) -> Self {
        let nodes = survey.answers.into_iter().map(|(_, report)| report.into()).collect();
        Self { nodes, missing: named(&survey.missing) }
    }
}

/// Nodes as a backend knows them.
pub(super) fn named(nodes: &[NodeId]) -> Vec<String> {
    nodes.iter().map(NodeId::to_string).collect()
}

impl Method for Info {
    type Result = Nodes;

    async fn run(self, backend: &Backend) -> Result<Nodes, ErrorBody> {
        Ok(survey::reports(&*backend.app.node.peers, backend.school, PATIENCE).await.into())
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

/// The nodes of the server, counted for the key's school. A user with connections to several nodes is counted on each.
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

#[cfg(test)]
mod tests {
    use super::*;
    use realtime::{
        node::Population,
        nodes::{self, Load},
    };
    use serde_json::json;

    #[test]
    fn a_node_that_did_not_answer_is_named() {
        let load = Load { connections: 90, subscriptions: 80, rooms: 7, load_permille: 450 };
        let node =
            nodes::NodeInfo { id: "a".into(), started_at: 1, version: "1.2.3".into(), draining: true, load };
        let population = Population { connections: 4, users: 3, subscriptions: 6, channels: 5 };
        let report = NodeReport { node, uptime_s: 60, population };
        let survey = Survey { answers: vec![("a".into(), report)], missing: vec!["b".into()] };
        let mut whole = survey.clone();
        whole.missing.clear();
        let a = json!({
            "uid": "a", "name": "schoolbell", "version": "1.2.3", "num_clients": 4, "num_users": 3, "num_subs": 6,
            "num_channels": 5, "uptime": 60, "load_permille": 450, "draining": true,
        });
        assert_eq!(json!(Nodes::from(survey)), json!({"nodes": [a], "missing": ["b"]}));
        assert_eq!(json!(Nodes::from(whole)), json!({"nodes": [a]}));
    }
}
