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
    for (client, user, entries) in
        [(phone, "ada", 1), (laptop, "ada", 2), (other, "ben", 3), (other, "ben", 3)]
    {
        assert_eq!(presence.add(&ours, client, info(user, client)).await, Ok(entries));
    }
    let stats = presence.stats(&ours).await.unwrap();
    assert_eq!((stats.num_clients, stats.num_users), (3, 2), "a repeated add counts once");
    assert_eq!(presence.members(&ours).await.unwrap()[&phone.to_string()].user, "ada");
    assert_eq!(presence.stats(&theirs).await.unwrap().num_clients, 0, "schools do not share channels");
    for (client, left) in [(phone, 2), (phone, 2), (other, 1)] {
        assert_eq!(presence.remove(&ours, client).await, Ok(left));
    }
    let stats = presence.stats(&ours).await.unwrap();
    assert_eq!((stats.num_clients, stats.num_users), (1, 1), "a repeated remove counts once");
    assert_eq!(presence.remove(&ours, laptop).await, Ok(0));
    assert!(presence.members(&ours).await.unwrap().is_empty());
}
