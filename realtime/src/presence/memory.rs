//! Presence of a single node.

use super::Presence;
use crate::{broker::BrokerError, key::ChannelKey};
use async_trait::async_trait;
use dashmap::DashMap;
use protocol::{ClientInfo, ids::ClientId, reply::PresenceStatsResult};
use std::collections::{BTreeMap, HashMap};

/// Keeps members in memory. No method returns a guard of the map.
#[derive(Debug, Default)]
pub struct MemoryPresence {
    channels: DashMap<ChannelKey, Members>,
}

#[derive(Debug, Default)]
struct Members {
    clients: HashMap<ClientId, ClientInfo>,
    /// Connections by user, so that statistics need no walk over all members.
    users: HashMap<String, u32>,
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn add(&self, key: &ChannelKey, client: ClientId, info: ClientInfo) -> Result<usize, BrokerError> {
        let mut members = self.channels.entry(key.clone()).or_default();
        let user = info.user.clone();
        if members.clients.insert(client, info).is_none() {
            *members.users.entry(user).or_default() += 1;
        }
        Ok(members.clients.len())
    }

    async fn remove(&self, key: &ChannelKey, client: ClientId) -> Result<usize, BrokerError> {
        let mut left = 0;
        if let Some(mut members) = self.channels.get_mut(key) {
            if let Some(info) = members.clients.remove(&client)
                && let Some(count) = members.users.get_mut(&info.user)
            {
                *count -= 1;
                if *count == 0 {
                    members.users.remove(&info.user);
                }
            }
            left = members.clients.len();
        }
        self.channels.remove_if(key, |_, members| members.clients.is_empty());
        Ok(left)
    }

    async fn members(&self, key: &ChannelKey) -> Result<BTreeMap<String, ClientInfo>, BrokerError> {
        let members = self.channels.get(key);
        let clients = members.iter().flat_map(|members| members.clients.iter());
        Ok(clients.map(|(client, info)| (client.to_string(), info.clone())).collect())
    }

    async fn stats(&self, key: &ChannelKey) -> Result<PresenceStatsResult, BrokerError> {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Ok(self.channels.get(key).map_or_else(PresenceStatsResult::default, |members| PresenceStatsResult {
            num_clients: count(members.clients.len()),
            num_users: count(members.users.len()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_presence() {
        super::super::contract::all(&MemoryPresence::default()).await;
    }
}
