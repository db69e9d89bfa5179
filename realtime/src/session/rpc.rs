//! `rpc`: engine commands, answered by the features.

use super::{Failure, Session};
use protocol::{Payload, ReplyBody, command::RpcRequest, reply::RpcResult};

impl Session {
    pub(super) async fn rpc(&mut self, request: RpcRequest) -> Result<ReplyBody, Failure> {
        let params = request.data.unwrap_or_else(|| Payload::of(&serde_json::Map::new()));
        let data = self.around.dispatch.rpc(self.caller()?, &request.method, params).await?;
        Ok(ReplyBody::Rpc(RpcResult { data: Some(data) }))
    }
}
