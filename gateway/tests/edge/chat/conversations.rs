//! How conversations begin, who sees them, and what they are called.

use super::{ask, at, call, class_chat, direct, group, heard, hearing, noted, say};
use crate::{
    classroom::{Classroom, Somebody},
    client::{Client, guest_in_game},
    harness::{Server, json_of, problem},
};
use protocol::{
    ids::{ConversationId, SchoolId},
    role::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn two_people_have_one_conversation_whoever_opens_it() {
    let room = Classroom::new().await;
    let mut ben = Client::connected(&room.server, &room.ben.token).await;
    let conversation = direct(&room, &room.ada, &room.ben).await;
    let note = noted(&mut ben, &room.ben).await;
    assert_eq!(note, json!({"type": "chat", "conversation": conversation, "what": "opened", "seq": 0}));
    assert_eq!(direct(&room, &room.ben, &room.ada).await, conversation);
    assert_eq!(direct(&room, &room.ada, &room.ben).await, conversation);

    let shown = json_of(room.get(&room.ada, &at(&conversation, "")), 200).await;
    assert_eq!(
        (&shown["kind"], &shown["people"], &shown["title"]),
        (&json!("direct"), &json!(2), &Value::Null)
    );
    assert_eq!(shown["with"], json!({"id": room.ben.id, "name": "Ben", "role": "student"}));
    assert_eq!(shown["may"], json!({"send": true, "manage": false, "moderate": false}));
    let list = json_of(room.get(&room.ben, "/api/v1/conversations"), 200).await;
    assert_eq!((&list["items"][0]["id"], &list["items"][1]), (&json!(conversation), &Value::Null));
    assert_eq!(list["items"][0]["with"]["id"], json!(room.ada.id));
    let change = room.put(&room.ada, &at(&conversation, ""), 1, &json!({"title": "Us"}));
    problem(change, 403, "forbidden").await;
    let leave =
        ask(&room, &room.ada, Method::DELETE, &at(&conversation, &format!("/people/{}", room.ada.id)), None);
    problem(leave, 403, "forbidden").await;
}

#[tokio::test]
async fn a_conversation_is_nobody_elses() {
    let room = Classroom::new().await;
    let conversations = [
        direct(&room, &room.ada, &room.ben).await,
        group(&room, &room.teacher, &[&room.ada]).await,
        class_chat(&room).await,
    ];
    let stranger =
        |role| Somebody { id: room.admin.id, token: room.server.token(SchoolId::generate(), role) };
    let foreign = [stranger(Role::SchoolAdmin), stranger(Role::Student)];
    let [direct, group, class] = &conversations;
    let unknown = ConversationId::generate().to_string();
    say(&room, &room.teacher, group, "for us").await;
    for (who, conversation) in [
        (&room.teacher, direct),
        (&room.admin, direct),
        (&room.outsider, direct),
        (&room.ben, group),
        (&room.admin, group),
        (&room.outsider, class),
        (&room.colleague, class),
        (&room.ada, &unknown),
        (&room.admin, &unknown),
        (&foreign[0], class),
        (&foreign[1], direct),
    ] {
        for path in [
            "",
            "/messages",
            "/messages/1",
            "/messages/1/edits",
            "/messages/1/readers",
            "/people",
            "/pins",
            "/search?q=us",
        ] {
            problem(room.get(who, &at(conversation, path)), 404, "not_found").await;
        }
        let send = room.post(who, &at(conversation, "/messages"), &super::new("let me in"));
        problem(send, 404, "not_found").await;
        for (method, path, body) in [
            (Method::PUT, "/messages/1", Some(json!({"body": "mine"}))),
            (Method::DELETE, "/messages/1", None),
            (Method::PUT, "/messages/1/pin", None),
            (Method::PUT, "/messages/1/reactions/%F0%9F%91%8D", None),
            (Method::PUT, "/read", Some(json!({"seq": 1}))),
            (Method::PUT, "/mute", Some(json!({"until": null}))),
        ] {
            problem(ask(&room, who, method, &at(conversation, path), body.as_ref()), 404, "not_found").await;
        }
        let mut client = Client::connected(&room.server, &who.token).await;
        for namespace in ["chat", "chat-signals"] {
            let channel = format!("{namespace}:{conversation}");
            let reply = client.ask(json!({"subscribe": {"channel": channel}})).await;
            assert_eq!(reply["error"]["code"], 103, "{channel} {reply}");
        }
        let one = json!({"conversation": conversation, "seq": 1, "typing": true, "nonce": room.school, "body": "x"});
        for verb in ["send", "history", "read", "delivered", "typing", "edit", "delete"] {
            assert_eq!(call(&mut client, verb, one.clone()).await["code"], 103, "{verb}");
        }
    }
}

#[tokio::test]
async fn a_guest_has_no_conversations() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let game = server.open_game(&teacher).await;
    let (_, token) = guest_in_game(&server, &game, "Ada").await;
    for path in ["/api/v1/conversations", "/api/v1/conversations/unread", "/api/v1/people/reachable"] {
        problem(server.get(path).bearer_auth(&token), 403, "forbidden").await;
    }
    let mut guest = Client::connected(&server, &token).await;
    let conversation = ConversationId::generate();
    let reply = guest.ask(json!({"subscribe": {"channel": format!("chat:{conversation}")}})).await;
    assert_eq!(reply["error"]["code"], 103, "{reply}");
    assert_eq!(call(&mut guest, "send", json!({})).await["code"], 103);
    assert_eq!(call(&mut guest, "nothing", json!({})).await["code"], 104);
}

#[tokio::test]
async fn the_conversation_of_a_class_is_opened_by_who_runs_it_and_seen_by_who_is_in_it() {
    let room = Classroom::new().await;
    let path = room.path("conversation");
    problem(ask(&room, &room.ada, Method::PUT, &path, None), 403, "forbidden").await;
    for who in [&room.outsider, &room.colleague] {
        problem(ask(&room, who, Method::PUT, &path, None), 404, "not_found").await;
    }
    let opened = json_of(ask(&room, &room.admin, Method::PUT, &path, None), 200).await;
    assert_eq!(
        (&opened["kind"], &opened["class"], &opened["title"]),
        (&json!("class"), &json!(room.class), &json!("5a"))
    );
    let conversation = class_chat(&room).await;
    assert_eq!(opened["id"], json!(conversation));
    for (who, manages) in [(&room.teacher, true), (&room.ada, false), (&room.ben, false), (&room.admin, true)]
    {
        let shown = json_of(room.get(who, &at(&conversation, "")), 200).await;
        assert_eq!(shown["may"], json!({"send": true, "manage": manages, "moderate": manages}));
        assert_eq!(shown["people"], 3);
    }
    let people = json_of(room.get(&room.ada, &at(&conversation, "/people")), 200).await;
    let mut names: Vec<_> =
        people["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Ada", "Ben", "Tess"]);
    say(&room, &room.admin, &conversation, "Welcome").await;
    let list = json_of(room.get(&room.ada, "/api/v1/conversations"), 200).await;
    assert_eq!(list["items"][0]["last"]["body"], "Welcome");
    assert_eq!(list["items"][0]["last"]["sender"]["name"], "Anna");
}

#[tokio::test]
async fn who_looks_after_a_conversation_changes_it_and_all_hear_of_it() {
    let room = Classroom::new().await;
    let (class, group) = (class_chat(&room).await, group(&room, &room.ada, &[&room.ben]).await);
    let mut ben = hearing(&room, &room.ben, &class).await;
    let slow = json!({"title": "5a, quietly", "mode": "slow", "slow_s": 30});
    let changed = json_of(room.put(&room.teacher, &at(&class, ""), 1, &slow), 200).await;
    assert_eq!(
        (&changed["title"], &changed["mode"], &changed["slow_s"]),
        (&json!("5a, quietly"), &json!("slow"), &json!(30))
    );
    let event = heard(&mut ben, &class).await;
    let wanted = json!({"id": class, "title": "5a, quietly", "mode": "slow", "slow_s": 30, "version": 2});
    assert_eq!(event, json!({"type": "conversation", "conversation": wanted}));
    let late = problem(room.put(&room.teacher, &at(&class, ""), 1, &slow), 409, "conflict").await;
    assert_eq!(late["current"], 2);
    problem(room.put(&room.ada, &at(&class, ""), 2, &slow), 403, "forbidden").await;
    for (wrong, field) in [
        (json!({"title": " "}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"title": "a".repeat(101)}), "title"),
        (json!({"mode": "slow", "slow_s": 4}), "slow_s"),
        (json!({"slow_s": 3_601}), "slow_s"),
    ] {
        let refused = problem(room.put(&room.teacher, &at(&class, ""), 2, &wrong), 422, "invalid").await;
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    json_of(room.put(&room.ada, &at(&group, ""), 1, &json!({"title": "Lakes"})), 200).await;
    problem(room.put(&room.ben, &at(&group, ""), 2, &json!({"title": "Seas"})), 403, "forbidden").await;
    problem(room.put(&room.ada, &at(&group, ""), 2, &json!({"mode": "locked"})), 422, "invalid").await;
}

#[tokio::test]
async fn lists_begin_with_what_was_last_said_and_come_in_pages() {
    let room = Classroom::new().await;
    let [first, second] =
        [group(&room, &room.ada, &[&room.ben]).await, direct(&room, &room.ada, &room.ben).await];
    let third = class_chat(&room).await;
    for conversation in [&third, &second, &first] {
        say(&room, &room.ben, conversation, "Hello").await;
    }
    let ids = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(crate::classroom::id).collect()
    };
    let page = json_of(room.get(&room.ada, "/api/v1/conversations?limit=2"), 200).await;
    assert_eq!(ids(&page), [first, second]);
    let next = format!("/api/v1/conversations?limit=2&cursor={}", page["next"].as_str().unwrap());
    let rest = json_of(room.get(&room.ada, &next), 200).await;
    assert_eq!((ids(&rest), &rest["next"]), (vec![third], &Value::Null));
}
