use super::Fixture;
use persistence::Micros;
use persistence::games::FinishGameError;
use protocol::ids::{GameId, ParticipantId, PersonId};
use protocol::quiz::{
    AnswerReport, AnswerValue, Distribution, GameReport, GameSettings, KindName, ParticipantReport, Phase,
    QuestionReport, Solution,
};

/// A report with `players` participants who answered the first of two questions each.
pub(crate) fn report(game: GameId, players: u32) -> GameReport {
    GameReport {
        game,
        title: "Rivers".to_owned(),
        opened_at: 1_000,
        ended_at: Some(9_000),
        settings: GameSettings::default(),
        players,
        questions: vec![QuestionReport {
            index: 0,
            prompt: "Which one?".to_owned(),
            kind: KindName::Numeric,
            played: true,
            answered: players,
            correct: 1,
            correct_rate: Some(1.0 / 3.0),
            mean_elapsed_ms: Some(1_234),
            options: None,
            solution: Solution { number: Some(0.1), tolerance: Some(0.001), ..Solution::default() },
            distribution: Distribution { answered: players, correct: 1, ..Distribution::default() },
        }],
        participants: (0..players).map(participant).collect(),
    }
}

fn participant(number: u32) -> ParticipantReport {
    let answer = |question, answer: Option<AnswerValue>| AnswerReport {
        question,
        correct: answer.as_ref().map(|_| number == 0),
        elapsed_ms: answer.as_ref().map(|_| 900),
        answer,
        points: number,
        streak_bonus: 0,
        latency_credit_ms: 40,
    };
    ParticipantReport {
        participant: ParticipantId::generate(),
        person: number.is_multiple_of(2).then(PersonId::generate),
        nickname: format!("Player {number}"),
        rank: number + 1,
        score: 10_000 - number,
        correct: 1,
        answered: 1,
        late: false,
        late_credit: 0,
        kicked: false,
        answers: vec![answer(0, Some(AnswerValue::Number(0.3))), answer(1, None)],
    }
}

#[tokio::test]
async fn a_finished_game_has_ended_and_its_report_comes_back() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let new = fixture.game("111111", 1_000_000);
    games.create(&new).await.unwrap();
    assert_eq!(games.report(fixture.school, new.id).await.unwrap(), None);
    let report = report(new.id, 7);
    games.finish(fixture.school, &report).await.unwrap();
    assert_eq!(games.report(fixture.school, new.id).await.unwrap(), Some(report));
    let game = games.get(fixture.school, new.id).await.unwrap().unwrap();
    assert_eq!((game.phase, game.players, game.pin), (Phase::Ended, 7, None));
    assert_eq!(game.ended_at, Some(Micros::from_millis(9_000)));
    games.create(&fixture.game("111111", 2_000_000)).await.unwrap();
}

#[tokio::test]
async fn finishing_after_the_end_was_noted_still_keeps_the_report() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let new = fixture.game("111111", 1);
    games.create(&new).await.unwrap();
    games.set_phase(fixture.school, new.id, Phase::Ended, Micros(5)).await.unwrap();
    // The PIN may have a new game by now.
    games.create(&fixture.game("111111", 2)).await.unwrap();
    games.finish(fixture.school, &report(new.id, 2)).await.unwrap();
    assert!(games.report(fixture.school, new.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_running_game_and_an_unknown_one_cannot_be_finished() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let new = fixture.game("111111", 1);
    games.create(&new).await.unwrap();
    let running = GameReport { ended_at: None, ..report(new.id, 1) };
    let finish = games.finish(fixture.school, &running).await;
    assert!(matches!(finish, Err(FinishGameError::StillRunning)), "{finish:?}");
    let finish = games.finish(fixture.school, &report(GameId::generate(), 1)).await;
    assert!(matches!(finish, Err(FinishGameError::UnknownGame)), "{finish:?}");
    assert_eq!(games.get(fixture.school, new.id).await.unwrap().unwrap().phase, Phase::Lobby);
}

#[tokio::test]
async fn a_nul_in_an_answer_does_not_keep_the_report_from_being_kept() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let new = fixture.game("111111", 1);
    games.create(&new).await.unwrap();
    let mut report = report(new.id, 1);
    report.participants[0].nickname = "A\0da".to_owned();
    report.participants[0].answers[0].answer = Some(AnswerValue::Text("\0\\u0000".to_owned()));
    games.finish(fixture.school, &report).await.unwrap();
    report.participants[0].nickname = "A\u{fffd}da".to_owned();
    report.participants[0].answers[0].answer = Some(AnswerValue::Text("\u{fffd}\\u0000".to_owned()));
    assert_eq!(games.report(fixture.school, new.id).await.unwrap(), Some(report));
    assert_eq!(games.by_pin("\0").await.unwrap(), None);
}
