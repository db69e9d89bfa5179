//! What is live: sessions, channels, hub, broker, presence, history and recovery, rooms.
//!
//! This crate knows no feature, no socket and no SQL. A transport feeds [`Session`] with commands and drains the
//! connection's [`Outbox`]; the gateway's dispatch answers for features behind [`Dispatch`].

pub mod broker;
pub mod burst;
pub mod clock;
pub mod config;
pub mod connection;
pub mod delta;
pub mod dispatch;
pub mod filter;
pub mod flusher;
pub mod heartbeat;
pub mod hub;
pub mod identity;
pub mod key;
pub mod node;
pub mod nodes;
pub mod outbox;
pub mod presence;
pub mod rate;
pub mod room;
pub mod session;
pub mod subscription;
pub mod wheel;

pub use broker::{Broker, MemoryBroker, PublishOptions};
pub use clock::{Clock, SharedClock, SystemClock};
pub use config::{DeltaType, Limits, NamespaceOptions, RealtimeConfig, RecoveryMode};
pub use connection::Connection;
pub use dispatch::{Authenticator, Caller, Dispatch, SubscriptionGrant, SubscriptionTokenError, TokenError};
pub use identity::{Identity, ServerSubscription, SubscriptionOverrides};
pub use key::ChannelKey;
pub use node::Node;
pub use outbox::Outbox;
pub use session::Session;
