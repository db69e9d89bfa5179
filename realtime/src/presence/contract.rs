//! What every presence must do, as tests.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]

use super::Presence;
use crate::key::ChannelKey;
use protocol::{
    Channel, ClientInfo,
    ids::{ClientId, SchoolId},
};

fn info(user: &str, client: ClientId) -> ClientInfo {
    ClientInfo { user: user.to_owned(), client: client.to_string(), conn_info: None, chan_info: None }
}

/// Runs the whole suite.
pub async fn all(presence: &impl Presence) {
    let channel = Channel::parse("contract:p").unwrap();
    let ours = ChannelKey::new(SchoolId::generate(), channel.clone());
    let theirs = ChannelKey::new(SchoolId::generate(), channel);
    let (phone, laptop, other) = (ClientId::generate(), ClientId::generate(), ClientId::generate());
    for (client, user) in [(phone, "ada"), (laptop, "ada"), (other, "ben"), (other, "ben")] {
        presence.add(&ours, client, info(user, client)).await.unwrap();
    }
    let stats = presence.stats(&ours).await.unwrap();
    assert_eq!((stats.num_clients, stats.num_users), (3, 2), "a repeated add counts once");
    assert_eq!(presence.members(&ours).await.unwrap()[&phone.to_string()].user, "ada");
    assert_eq!(presence.stats(&theirs).await.unwrap().num_clients, 0, "schools do not share channels");
    for client in [phone, phone, other] {
        presence.remove(&ours, client).await.unwrap();
    }
    let stats = presence.stats(&ours).await.unwrap();
    assert_eq!((stats.num_clients, stats.num_users), (1, 1), "a repeated remove counts once");
    presence.remove(&ours, laptop).await.unwrap();
    assert!(presence.members(&ours).await.unwrap().is_empty());
}
