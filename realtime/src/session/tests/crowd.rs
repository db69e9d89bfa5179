//! Many in one channel: who is told of whom.

use super::*;
use crate::config::UpTo;

const UP_TO: usize = 3;

async fn crowd(presence: bool, join_leave_up_to: UpTo) -> World {
    World::having("crowd", NamespaceOptions { presence, join_leave_up_to, ..open() })
}

/// Joins and leaves that a client was told of since it was asked last.
async fn told(client: &mut Client) -> (usize, usize) {
    let pushes = client.received().await;
    let count = |kind: &str| pushes.iter().filter(|message| message["push"][kind].is_object()).count();
    (count("join"), count("leave"))
}

#[tokio::test(start_paused = true)]
async fn in_a_crowd_nobody_is_told_of_each_one_who_comes_or_goes() {
    for presence in [true, false] {
        let world = crowd(presence, UpTo(UP_TO)).await;
        let mut clients = Vec::new();
        for number in 0..6 {
            let mut client = world.connected(&format!("user{number}@a")).await;
            client.send(json!({"id":2,"subscribe":{"channel":"crowd:a"}})).await.unwrap();
            clients.push(client);
        }
        let mut joins = Vec::new();
        for client in &mut clients {
            joins.push(told(client).await);
        }
        let expected = [(3, 0), (2, 0), (1, 0), (0, 0), (0, 0), (0, 0)];
        assert_eq!(joins, expected, "up to {UP_TO} members, presence {presence}");
        if presence {
            let stats = clients[5].ask(json!({"id":3,"presence_stats":{"channel":"crowd:a"}})).await;
            assert_eq!(stats["presence_stats"]["num_clients"], 6, "those who want numbers ask");
        }
        let mut last = clients.remove(0);
        for mut client in clients {
            client.send(json!({"id":4,"unsubscribe":{"channel":"crowd:a"}})).await.unwrap();
        }
        assert_eq!(told(&mut last).await, (0, UP_TO), "as soon as {UP_TO} are left they are told again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_class_is_told_of_everybody_by_default() {
    let world = crowd(true, UpTo::default()).await;
    let mut teacher = world.subscribed("teacher@a", json!({"channel":"crowd:a"})).await;
    for number in 0..35 {
        world
            .subscribed(&format!("user{number}@a"), json!({"channel":"crowd:a"}))
            .await
            .session
            .close()
            .await;
    }
    assert_eq!(told(&mut teacher).await, (35, 35));
}
