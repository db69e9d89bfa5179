//! Who is in a channel.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod memory;
mod redis;

pub use memory::MemoryPresence;
pub use redis::{Alive, RedisPresence};

use crate::{broker::BrokerError, key::ChannelKey};
use async_trait::async_trait;
use protocol::{ClientInfo, ids::ClientId, reply::PresenceStatsResult};
use std::collections::BTreeMap;

/// Keeps the members of channels over all nodes.
#[async_trait]
pub trait Presence: Send + Sync {
    /// A client is in a channel. Gives how many entries the channel has now: at least its members, and for a minute those of a
    /// node that has left.
    async fn add(&self, key: &ChannelKey, client: ClientId, info: ClientInfo) -> Result<usize, BrokerError>;
    /// A client is no longer in a channel. Gives how many entries are left, as [`Self::add`].
    async fn remove(&self, key: &ChannelKey, client: ClientId) -> Result<usize, BrokerError>;
    /// The members by connection id.
    async fn members(&self, key: &ChannelKey) -> Result<BTreeMap<String, ClientInfo>, BrokerError>;
    /// How many they are.
    async fn stats(&self, key: &ChannelKey) -> Result<PresenceStatsResult, BrokerError>;
}
