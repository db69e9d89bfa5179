//! Who comes in, who leads, and who is kept out.

use super::*;

#[tokio::test]
async fn players_cannot_lead_and_strangers_cannot_look() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let other = school.open(&server, at_once()).await;
    let mut ada = server.player(&opened, "Ada").await;
    for (verb, params) in [
        ("next", json!({})),
        ("skip", json!({})),
        ("pause", json!({})),
        ("end", json!({})),
        ("roster", json!({})),
        ("lock", json!({"locked":true})),
        ("add_time", json!({"seconds":5})),
    ] {
        assert_eq!(ada.rpc(&opened, verb, params).await, Err(1002), "{verb}");
    }
    assert_eq!(
        ada.rpc(&other, "state", json!({})).await,
        Err(1001),
        "a guest's token reaches its own game only"
    );
    assert_eq!(ada.rpc(&opened, "nonsense", json!({})).await, Err(104));
    assert_eq!(ada.rpc(&opened, "answer", json!({"question":"x"})).await, Err(107));
    for (channel, code) in [
        (format!("quiz-host:{}", opened.game), 1002),
        (format!("quiz:{}", other.game), 1001),
        (format!("quiz:{}", GameId::generate()), 1001),
        ("quiz:nothing".to_owned(), 103),
    ] {
        assert_eq!(
            ada.ask(json!({"subscribe":{"channel":channel}})).await["error"]["code"],
            code,
            "{channel}"
        );
    }
    // A teacher of another school does not even learn that the game exists.
    let mut foreign = server.connect(&format!("{} {} teacher -", school.teacher, SchoolId::generate())).await;
    assert_eq!(foreign.rpc(&opened, "state", json!({})).await, Err(1000));
    // Another teacher of the school is no host.
    let mut colleague =
        server.connect(&format!("{} {} teacher -", PersonId::generate(), school.school)).await;
    assert_eq!(colleague.rpc(&opened, "next", json!({})).await, Err(1001));
}

#[tokio::test]
async fn a_kicked_player_is_told_and_hears_no_more() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let joined = server.join(&opened, "Rude").await;
    let mut rude = server.seated(&opened, &joined).await;
    host.rpc(&opened, "kick", json!({"participant":joined.participant})).await.unwrap();
    assert_eq!(rude.pushed("quiz.kicked").await.len(), 1);
    rude.session.connection().outbox.attention().await;
    rude.listen().await;
    rude.listen().await;
    assert!(rude.heard.iter().any(|message| message["push"]["unsubscribe"]["code"] == 2000));
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert!(rude.pushed_so_far("countdown").await.is_empty());
    assert_eq!(rude.rpc(&opened, "state", json!({})).await, Err(1013));
    let channel = format!("quiz:{}", opened.game);
    assert_eq!(rude.ask(json!({"subscribe":{"channel":channel}})).await["error"]["code"], 1013);
}

#[tokio::test]
async fn wrong_pins_are_paced_and_right_ones_are_not_locked_out() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let wrong = if opened.pin == "000000" { "000001" } else { "000000" };
    for _ in 0..crate::guess::BURST {
        assert!(matches!(server.quiz.find(HOME, wrong).await, Err(JoinError::UnknownPin)));
    }
    let before = std::time::Instant::now();
    assert_eq!(server.quiz.find(HOME, &opened.pin).await.unwrap().peek.title, "Capitals");
    assert!(before.elapsed() >= Duration::from_millis(crate::guess::PACE_MS), "an address over budget waits");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    assert!(server.quiz.find(elsewhere, &opened.pin).await.is_ok());
}

#[tokio::test]
async fn pins_of_open_games_differ_and_ended_games_give_theirs_back() {
    let school = School::new().await;
    let server = school.server().await;
    let mut pins = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let opened = school.open(&server, at_once()).await;
        assert_eq!(opened.pin.len(), 6);
        assert!(pins.insert(opened.pin.clone()));
        let mut host = server.host(&school, &opened).await;
        host.rpc(&opened, "end", json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(matches!(server.quiz.find(HOME, &opened.pin).await, Err(JoinError::UnknownPin)));
    }
}

#[tokio::test]
async fn a_guest_whose_join_was_lost_joins_again_as_the_same() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let join = async |op: &str, nickname: &str| {
        let wish = Wish { nickname: Some(nickname), op: Some(op) };
        server.quiz.join(HOME, opened.game, &opened.pin, &wish, None).await
    };
    let first = join("a secret of Ada's", "Ada").await.unwrap();
    assert_eq!(join("a secret of Ada's", "Ada").await.unwrap(), first);
    assert!(matches!(
        join("a secret of others", "Ada").await,
        Err(JoinError::Refused(Refusal::NicknameTaken))
    ));
    assert!(matches!(join("short", "Ben").await, Err(JoinError::Refused(Refusal::InvalidSetting(_)))));
    assert_eq!(server.host(&school, &opened).await.state(&opened).await["players"], 1);
}

#[tokio::test]
async fn a_game_whose_opening_was_cut_off_is_ended_at_the_next_start() {
    let school = School::new().await;
    let server = school.server().await;
    let orphan = NewGame {
        school: school.school,
        id: GameId::generate(),
        quiz: school.quiz,
        version: 1,
        owner: school.teacher,
        class: None,
        title: "Capitals".into(),
        pin: "123456".into(),
        settings: at_once(),
        opened_at: Micros(1),
    };
    school.store.games().create(&orphan).await.unwrap();
    let opened = school.open(&server, at_once()).await;
    let next = school.server().await;
    assert!(matches!(next.quiz.find(HOME, "123456").await, Err(JoinError::UnknownPin)));
    assert_eq!(next.quiz.find(HOME, &opened.pin).await.unwrap().game, opened.game);
}

#[tokio::test]
async fn another_spelling_of_a_games_channel_is_no_channel() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut ada = server.player(&opened, "Ada").await;
    let plain = opened.game.to_string();
    for spelling in
        [plain.to_uppercase(), plain.replace('-', ""), format!("{{{plain}}}"), format!("urn:uuid:{plain}")]
    {
        let reply = ada.ask(json!({"subscribe":{"channel":format!("quiz:{spelling}")}})).await;
        assert_eq!(reply["error"]["code"], 103, "{spelling}");
    }
}

#[tokio::test]
async fn a_teacher_opens_a_bounded_number_of_games() {
    let school = School::new().await;
    let server = school.server().await;
    for _ in 0..open::MAX_OPEN {
        school.open(&server, at_once()).await;
    }
    let one_more = server.quiz.open(school.school, school.teacher, school.quiz, at_once()).await;
    assert!(matches!(one_more, Err(OpenError::TooManyOpen)));
}

#[tokio::test]
async fn a_cohost_leads_until_the_host_says_otherwise() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let colleague = PersonId::generate();
    let token = format!("{colleague} {} teacher -", school.school);
    let mut second = server.connect(&token).await;
    assert_eq!(second.rpc(&opened, "next", json!({})).await, Err(1001));
    host.rpc(&opened, "cohost", json!({"person":colleague,"on":true})).await.unwrap();
    assert_eq!(host.state(&opened).await["you"]["cohosts"], json!([colleague]));
    for namespace in ["quiz", "quiz-host"] {
        let reply = second.ask(json!({"subscribe":{"channel":format!("{namespace}:{}", opened.game)}})).await;
        assert!(reply["error"].is_null(), "{reply}");
    }
    second.rpc(&opened, "next", json!({})).await.unwrap();
    host.rpc(&opened, "cohost", json!({"person":colleague,"on":false})).await.unwrap();
    second.session.connection().outbox.attention().await;
    second.listen().await;
    second.listen().await;
    let ended = second.heard.iter().filter(|message| message["push"]["unsubscribe"]["code"] == 2000);
    assert_eq!(ended.count(), 2, "both of the game's channels are closed to them");
    assert_eq!(second.rpc(&opened, "next", json!({})).await, Err(1001));
}
