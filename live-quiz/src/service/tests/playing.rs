//! Games from the lobby to the report.

use super::*;

#[tokio::test]
async fn a_whole_game_is_played_reported_and_replayed() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let (mut ada, mut ben) = (server.player(&opened, "Ada").await, server.player(&opened, "Ben").await);
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert_eq!(ada.pushed("open").await.len(), 1, "{:?}", ada.heard);
    ada.rpc(&opened, "answer", typed("a1", " ouagadougou ")).await.unwrap();
    ben.rpc(&opened, "answer", typed("b1", "Accra")).await.unwrap();
    // Both have answered: the question closes at once and is revealed a second later.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(ada.pushed("closed").await[0]["reason"], "all_answered");
    assert_eq!(ben.pushed("reveal").await[0]["solution"]["accepted"], json!([CANARY]));
    let result = ada.pushed("quiz.result").await.remove(0);
    assert_eq!((result["correct"].clone(), result["rank"].clone()), (json!(true), json!(1)));
    assert_eq!(ben.pushed("quiz.result").await[0]["ahead"]["nickname"], "Ada");
    for _ in 0..2 {
        host.rpc(&opened, "next", json!({})).await.unwrap();
    }
    ben.rpc(&opened, "answer", json!({"question":1,"op":"b2","answer":{"choice":1}})).await.unwrap();
    for _ in 0..3 {
        host.rpc(&opened, "next", json!({})).await.unwrap();
    }
    assert_eq!(ada.pushed("podium").await.len(), 1);
    assert_eq!(ada.pushed("ended").await[0]["reason"], "finished");
    let kept = school.kept(&opened).await;
    let live = server.quiz.report(&school.identity(), opened.game).await.unwrap();
    assert_eq!(kept, live);
    let replay = server.quiz.replay(&school.identity(), opened.game).await.unwrap();
    assert_eq!((replay.equal, replay.differences), (true, vec![]));
    assert!(replay.entries > 8);
    let scores: Vec<u64> = kept.participants.iter().map(|player| u64::from(player.score)).collect();
    assert_eq!(
        ada.state(&opened).await["you"]["score"].as_u64(),
        scores.get(usize::from(kept.participants[0].nickname != "Ada")).copied()
    );
}

#[tokio::test]
async fn nothing_that_a_player_receives_before_the_reveal_holds_the_solution() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let mut ada = server.player(&opened, "Ada").await;
    let _ben = server.player(&opened, "Ben").await;
    host.rpc(&opened, "next", json!({})).await.unwrap();
    ada.rpc(&opened, "answer", typed("a", "no idea")).await.unwrap();
    ada.state(&opened).await;
    let heard = serde_json::to_string(&ada.heard).unwrap();
    assert!(
        heard.contains("Burkina Faso") && !heard.contains(CANARY) && !heard.contains("Canberra"),
        "{heard}"
    );
    host.rpc(&opened, "skip", json!({})).await.unwrap();
    ada.pushed("reveal").await;
    assert!(
        serde_json::to_string(&ada.heard).unwrap().contains(CANARY),
        "the recording would have caught it"
    );
}

#[tokio::test]
async fn a_reconnect_in_mid_question_keeps_the_answer_and_allows_no_second() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let joined = server.join(&opened, "Ada").await;
    let mut ada = server.seated(&opened, &joined).await;
    let _ben = server.player(&opened, "Ben").await;
    host.rpc(&opened, "next", json!({})).await.unwrap();
    let first = ada.rpc(&opened, "answer", typed("op-1", CANARY)).await.unwrap();
    ada.session.close().await;
    let mut again = server.seated(&opened, &joined).await;
    assert_eq!(
        again.rpc(&opened, "answer", typed("op-1", CANARY)).await.unwrap(),
        first,
        "the same op is the same answer"
    );
    assert_eq!(again.rpc(&opened, "answer", typed("op-2", "Accra")).await, Err(1004));
    let state = again.state(&opened).await;
    assert_eq!(state["you"]["answer"]["answer"]["text"], CANARY);
    assert_eq!(state["you"]["score"], 0, "points come with the reveal");
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert!(again.state(&opened).await["you"]["score"].as_u64().unwrap() > 900);
}

#[tokio::test]
async fn a_game_outlives_its_server_in_mid_question() {
    let school = School::new().await;
    let first = school.server().await;
    let opened = school.open(&first, at_once()).await;
    let joined = first.join(&opened, "Ada").await;
    let mut host = first.host(&school, &opened).await;
    let mut ada = first.seated(&opened, &joined).await;
    host.rpc(&opened, "next", json!({})).await.unwrap();
    let before = ada.state(&opened).await;
    ada.rpc(&opened, "answer", typed("op", CANARY)).await.unwrap();
    // The process is killed: nothing is stopped or written, a new one starts on the same store.
    let second = school.server().await;
    let mut ada = second.seated(&opened, &joined).await;
    let mut host = second.host(&school, &opened).await;
    let state = ada.state(&opened).await;
    assert_eq!(state["closes_at"], before["closes_at"], "the clock went on");
    assert_eq!(state["you"]["answer"]["op"], "op");
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert!(ada.state(&opened).await["you"]["score"].as_u64().unwrap() > 900);
    assert_eq!(second.quiz.find(HOME, &opened.pin).await.unwrap().game, opened.game);
    drop(first.stop);
}

#[tokio::test]
async fn answers_of_a_hundred_at_once_all_count() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let mut players = Vec::new();
    for number in 0..100 {
        players.push(server.player(&opened, &format!("Player {number}")).await);
    }
    host.rpc(&opened, "next", json!({})).await.unwrap();
    let answers = players.iter_mut().enumerate().map(|(number, player)| {
        let command = json!({"rpc":{"method":"quiz.answer","data":{"game":opened.game,"question":0,"op":format!("{number}"),"answer":{"text":CANARY}}}});
        player.send(command)
    });
    for answered in futures_util::future::join_all(answers).await {
        answered.unwrap();
    }
    host.rpc(&opened, "next", json!({})).await.ok();
    let report = server.quiz.report(&school.identity(), opened.game).await.unwrap();
    assert_eq!((report.questions[0].answered, report.questions[0].correct), (100, 100));
    // The count goes to hosts alone, and seldom.
    assert!(!host.pushed("answers").await.is_empty());
    for player in &mut players {
        assert!(player.pushed_so_far("answers").await.is_empty());
        assert!(
            player.pushed_so_far("lobby").await.len() < 60,
            "the lobby is told now and then, not per player"
        );
    }
}
