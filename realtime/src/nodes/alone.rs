//! A node without others.

use super::{AskError, ControlMessage, Handler, NodeId, NodeInfo, Peers, TellError, ask_oneself};
use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The only node. It tells and asks itself.
pub struct Alone {
    handler: Arc<dyn Handler>,
    own: NodeId,
    /// Its load is the one at the start; [`Peers::alive`] puts the present one in.
    view: watch::Sender<Arc<[NodeInfo]>>,
    returns: watch::Sender<u64>,
}

impl Alone {
    /// A node that does for itself what `handler` does. `started_at` in milliseconds since the epoch.
    #[must_use]
    pub fn new(own: NodeId, version: &str, started_at: u64, handler: Arc<dyn Handler>) -> Arc<Self> {
        let info = NodeInfo {
            id: own.clone(),
            started_at,
            version: version.to_owned(),
            draining: false,
            load: handler.load(),
        };
        let view = watch::Sender::new(Arc::from([info]));
        Arc::new(Self { handler, own, view, returns: watch::Sender::new(0) })
    }

    fn now(&self) -> NodeInfo {
        let view = Arc::clone(&self.view.borrow());
        NodeInfo { load: self.handler.load(), ..view[0].clone() }
    }
}

#[async_trait]
impl Peers for Alone {
    fn own_id(&self) -> &NodeId {
        &self.own
    }

    fn alive(&self) -> Arc<[NodeInfo]> {
        Arc::from([self.now()])
    }

    fn changes(&self) -> watch::Receiver<Arc<[NodeInfo]>> {
        self.view.subscribe()
    }

    fn is_alive(&self, node: &str) -> bool {
        self.own.as_str() == node
    }

    fn is_isolated(&self) -> bool {
        false
    }

    fn returns(&self) -> watch::Receiver<u64> {
        self.returns.subscribe()
    }

    async fn joined(&self) {}

    fn begin_drain(&self) {
        let draining = NodeInfo { draining: true, ..self.now() };
        self.view.send_replace(Arc::from([draining]));
    }

    async fn tell_all(&self, message: &ControlMessage) -> Result<(), TellError> {
        self.handler.obey(message);
        Ok(())
    }

    async fn ask(
        &self,
        node: &NodeId,
        topic: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, AskError> {
        if *node != self.own {
            return Err(AskError::Gone);
        }
        ask_oneself(&*self.handler, topic, body, deadline).await
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        stop.cancelled().await;
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{
        config::RealtimeConfig,
        node::{Node, Population},
        nodes::{owner_of, survey},
    };
    use protocol::ids::SchoolId;

    fn alone() -> (Arc<Node>, Arc<dyn Peers>) {
        let node = Node::embedded(RealtimeConfig::default());
        let peers = Arc::clone(&node.peers);
        (node, peers)
    }

    #[tokio::test]
    async fn it_is_everybody_and_owns_everything() {
        let (node, alone) = alone();
        let alive = alone.alive();
        assert_eq!(alive.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), [&node.id]);
        assert!(alone.is_alive(&node.id) && !alone.is_alive("other") && !alone.is_isolated());
        alone.begin_drain();
        assert!(alone.alive()[0].draining);
        assert_eq!(owner_of(b"room", &alone.alive()).unwrap().id.as_str(), node.id);
    }

    #[tokio::test]
    async fn it_asks_itself_and_nobody_else() {
        let (node, alone) = alone();
        let second = Duration::from_secs(1);
        let school = SchoolId::generate();
        let answers = survey::populations(&*alone, school, second).await;
        assert_eq!(answers.answers, [(node.id.as_str().into(), Population::default())]);
        assert_eq!(answers.missing, []);
        let ask = |node: &str, topic: &'static str| {
            let (alone, node) = (Arc::clone(&alone), NodeId::from(node));
            async move { alone.ask(&node, topic, Bytes::new(), second).await }
        };
        assert_eq!(ask("other", "anything").await, Err(AskError::Gone));
        assert_eq!(ask(&node.id, "a topic that nobody knows").await, Err(AskError::Unavailable));
    }
}
