//! The channels of a class: who may subscribe, what they are told, and who is let go.

use crate::{
    classroom::{Classroom, Somebody},
    client::Client,
    harness::{Server, json_of},
};
use learning::service::{Audience, CLASS_NAMESPACE, Note, Resource, STAFF_NAMESPACE};
use persistence::{
    Micros,
    rosters::{EnrollmentState, OnBadRow, Place},
};
use protocol::{
    ids::{ClassId, SchoolId},
    role::Role,
};
use serde_json::{Value, json};

async fn subscribed(room: &Classroom, who: &Somebody, channel: &str) -> (Client, Value) {
    let mut client = Client::connected(&room.server, &who.token).await;
    let reply = client.ask(json!({"subscribe":{"channel":channel}})).await;
    (client, reply)
}

fn channels(room: &Classroom) -> [String; 2] {
    [CLASS_NAMESPACE, STAFF_NAMESPACE].map(|namespace| format!("{namespace}:{}", room.class))
}

async fn withdraw(room: &Classroom, who: &Somebody) {
    let place =
        Place { person: who.id, role: Role::Student, state: EnrollmentState::Withdrawn, time_factor: 1.0 };
    let rosters = room.server.app.store.rosters();
    rosters.enroll_many(room.school, room.class, &[place], OnBadRow::TakeNone, Micros(9)).await.unwrap();
}

#[tokio::test]
async fn a_class_is_watched_by_those_in_it_and_its_staffs_channel_by_its_staff() {
    let room = Classroom::new().await;
    let [class, staff] = channels(&room);
    for (who, may_class, may_staff) in [
        (&room.teacher, true, true),
        (&room.admin, true, true),
        (&room.ada, true, false),
        (&room.colleague, false, false),
        (&room.outsider, false, false),
    ] {
        for (channel, may) in [(&class, may_class), (&staff, may_staff)] {
            let (_, reply) = subscribed(&room, who, channel).await;
            assert_eq!(reply["subscribe"].is_object(), may, "{channel} {reply}");
            assert_eq!(reply["error"]["code"] == 103, !may, "{channel} {reply}");
        }
    }
    // Unknown, foreign and invisible are one.
    let unknown = format!("{CLASS_NAMESPACE}:{}", ClassId::generate());
    let foreign =
        Somebody { id: room.admin.id, token: room.server.token(SchoolId::generate(), Role::SchoolAdmin) };
    let (_, invisible) = subscribed(&room, &room.outsider, &class).await;
    for (who, channel) in [(&room.admin, &unknown), (&foreign, &class), (&foreign, &staff)] {
        let (_, reply) = subscribed(&room, who, channel).await;
        assert_eq!(reply["error"], invisible["error"], "{channel}");
    }
}

#[tokio::test]
async fn a_note_comes_to_whom_it_is_for() {
    let room = Classroom::new().await;
    let [class, staff] = channels(&room);
    let (mut ada, _) = subscribed(&room, &room.ada, &class).await;
    let (mut tess, _) = subscribed(&room, &room.teacher, &staff).await;
    let note = |resource, version| Note::of(resource, room.class.0).in_class(room.class).at(version);
    let learning = &room.server.app.learning;
    let person = Audience::Person(room.ada.id);
    learning.tell(room.school, &[Audience::Staff(room.class)], &note(Resource::Gradebook, 1)).await;
    learning.tell(room.school, &[Audience::Class(room.class)], &note(Resource::Lesson, 2)).await;
    learning.tell(room.school, &[person], &note(Resource::Score, 3)).await;
    let told = tess.pushed().await;
    assert_eq!(told["channel"], staff.as_str());
    let wanted = json!({"type": "record", "resource": "gradebook", "id": room.class, "class": room.class, "version": 1});
    assert_eq!(told["pub"]["data"], wanted);
    let (first, second) = (ada.pushed().await, ada.pushed().await);
    assert_eq!((&first["channel"], &first["pub"]["data"]["resource"]), (&json!(class), &json!("lesson")));
    assert_eq!(second["pub"]["data"]["resource"], "score", "{second}");
}

#[tokio::test]
async fn who_is_withdrawn_is_told_nothing_more() {
    let room = Classroom::new().await;
    let [class, _] = channels(&room);
    let (mut ada, reply) = subscribed(&room, &room.ada, &class).await;
    assert!(reply["subscribe"].is_object(), "{reply}");
    withdraw(&room, &room.ada).await;
    let both = [CLASS_NAMESPACE, STAFF_NAMESPACE];
    room.server.app.learning.dismiss(room.school, room.class, room.ada.id, &both).await;
    let push = ada.pushed().await;
    assert_eq!((&push["channel"], &push["unsubscribe"]["code"]), (&json!(class), &json!(2000)), "{push}");
    let again = ada.ask(json!({"subscribe":{"channel":class}})).await;
    assert_eq!(again["error"]["code"], 103, "{again}");
}

#[tokio::test]
async fn a_guest_watches_no_class() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let game = server.open_game(&teacher).await;
    let classes = json_of(server.get("/api/v1/classes").bearer_auth(&teacher), 200).await;
    let class = classes["items"][0]["id"].as_str().unwrap().to_owned();
    let (_, token) = crate::client::guest_in_game(&server, &game, "Ada").await;
    let mut guest = Client::connected(&server, &token).await;
    let reply = guest.ask(json!({"subscribe":{"channel":format!("class:{class}")}})).await;
    assert_eq!(reply["error"]["code"], 103, "{reply}");
}
