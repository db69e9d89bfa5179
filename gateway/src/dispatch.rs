//! Which feature answers for what: the one place where methods, channels and features meet.

use async_trait::async_trait;
use chat::service::{CHAT_NAMESPACE, Chat, SIGNAL_NAMESPACE};
use learning::service::{CLASS_NAMESPACE, Learning, STAFF_NAMESPACE};
use live_quiz::service::{GAME_NAMESPACE, HOST_NAMESPACE, LiveQuiz};
use protocol::{Channel, ErrorBody, Payload, codes::error};
use realtime::{Caller, Connection, Dispatch, Identity};
use std::sync::Arc;

/// The features of this server.
pub struct Features {
    /// Conversations.
    pub chat: Arc<Chat>,
    /// Records of schools.
    pub learning: Arc<Learning>,
    /// Live quizzes.
    pub quiz: Arc<LiveQuiz>,
}

#[async_trait]
impl Dispatch for Features {
    async fn rpc(&self, caller: Caller, method: &str, params: Payload) -> Result<Payload, ErrorBody> {
        match method.split_once('.') {
            Some(("chat", verb)) => self.chat.rpc(&caller.identity, verb, &params).await,
            Some(("quiz", verb)) => self.quiz.rpc(caller, verb, &params).await,
            _ => Err(error::NOT_AVAILABLE),
        }
    }

    fn owns(&self, namespace: &str) -> bool {
        matches!(
            namespace,
            GAME_NAMESPACE
                | HOST_NAMESPACE
                | CLASS_NAMESPACE
                | STAFF_NAMESPACE
                | CHAT_NAMESPACE
                | SIGNAL_NAMESPACE
        )
    }

    async fn authorize(&self, identity: &Identity, channel: &Channel) -> Result<(), ErrorBody> {
        match channel.namespace() {
            GAME_NAMESPACE | HOST_NAMESPACE => self.quiz.authorize(identity, channel).await,
            CHAT_NAMESPACE | SIGNAL_NAMESPACE => self.chat.authorize(identity, channel).await,
            CLASS_NAMESPACE | STAFF_NAMESPACE => self.learning.authorize(identity, channel).await,
            _ => Err(error::PERMISSION_DENIED),
        }
    }

    async fn joined(&self, connection: &Arc<Connection>, channel: &Channel) {
        match channel.namespace() {
            GAME_NAMESPACE | HOST_NAMESPACE => self.quiz.joined(connection, channel).await,
            _ => {}
        }
    }

    async fn left(&self, connection: &Arc<Connection>, channel: &Channel) {
        match channel.namespace() {
            GAME_NAMESPACE | HOST_NAMESPACE => self.quiz.left(connection, channel).await,
            _ => {}
        }
    }
}
