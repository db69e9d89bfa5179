use super::table::*;
use crate::game::*;
use protocol::quiz::*;

#[test]
fn a_whole_game_goes_through_its_phases() {
    let mut table = Table::new(vec![single(), single()], 2);
    table.next();
    assert_eq!(table.game.phase(), Phase::Countdown);
    table.wait(3_000);
    assert_eq!(table.game.phase(), Phase::Open);
    table.wait(2_000);
    table.choose(1, 0).unwrap();
    table.choose(2, 1).unwrap();
    assert_eq!(table.game.phase(), Phase::Closed);
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.game.phase(), Phase::Reveal);
    assert_eq!(table.standing(1), (950, 1, 1));
    assert_eq!(table.standing(2), (0, 0, 2));
    table.next();
    assert_eq!(table.game.phase(), Phase::Board);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.wait(20_000 + REVEAL_AFTER_MS);
    assert_eq!(table.standing(1), (950 + 1_000 + 100, 2, 1));
    table.next();
    assert_eq!(table.game.phase(), Phase::Podium);
    table.next();
    assert_eq!(table.game.ended().unwrap().0, EndReason::Finished);
    assert_eq!(table.give(&host(), &GameCommand::Next { seq: None }), Err(Refusal::WrongPhase));
}

#[test]
fn scores_change_only_at_the_reveal() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.choose(1, 0).unwrap();
    assert_eq!(table.standing(1), (0, 0, 1));
    table.choose(2, 1).unwrap();
    assert_eq!((table.game.phase(), table.standing(1)), (Phase::Closed, (0, 0, 1)));
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.standing(1), (1_000, 1, 1));
}

#[test]
fn a_result_tells_rank_and_neighbours() {
    let mut table = Table::new(vec![single()], 3);
    table.open_next();
    table.choose(2, 0).unwrap();
    table.wait(10_000);
    table.choose(3, 0).unwrap();
    table.wait(11_000);
    let PlayerPush::Result { result, .. } = table.results()[1] else { panic!("a result expected") };
    assert_eq!((result.rank, result.of, result.score), (2, 3, 750));
    assert_eq!(result.ahead, Some(Neighbour { nickname: "Player 2".into(), gap: 250 }));
    assert_eq!(result.behind, Some(Neighbour { nickname: "Player 1".into(), gap: 750 }));
    assert_eq!(table.results().len(), 3);
}

#[test]
fn equal_scores_share_a_rank_and_the_next_is_skipped() {
    let mut table = Table::new(vec![single(), single()], 3);
    table.open_next();
    table.choose(2, 0).unwrap();
    table.choose(3, 0).unwrap();
    table.next();
    let ranks = |board: Board| board.top.into_iter().map(|r| (r.rank, r.previous_rank)).collect::<Vec<_>>();
    table.next();
    assert_eq!(ranks(table.state(&host()).board.unwrap()), [(1, None), (1, None), (3, None)]);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.next();
    table.next();
    assert_eq!(ranks(table.state(&host()).board.unwrap()), [(1, Some(3)), (1, Some(1)), (1, Some(1))]);
}

#[test]
fn an_answer_in_flight_at_the_end_is_taken_within_its_credit() {
    let mut table = Table::new(vec![single()], 3);
    table.open_next();
    table.wait(20_080);
    assert_eq!(table.game.phase(), Phase::Closed);
    let near = Caller { latency_ms: 10, ..guest(1) };
    let far = Caller { latency_ms: 90, ..guest(2) };
    assert_eq!(table.answer(&near, "op", AnswerValue::Choice(0)), Err(Refusal::TooLate));
    assert_eq!(table.answer(&far, "op", AnswerValue::Choice(0)), Ok(Outcome::Accepted));
    table.wait(GRACE_MS);
    assert_eq!(
        table.answer(&Caller { latency_ms: 500, ..guest(3) }, "op", AnswerValue::Choice(0)),
        Err(Refusal::TooLate)
    );
    table.wait(REVEAL_AFTER_MS);
    // 19.99 of 20 s: 500.25, rounded.
    assert_eq!(table.standing(2).0, 500);
}

#[test]
fn a_pause_takes_no_time_from_anybody() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.wait(4_000);
    table.lead(&GameCommand::Pause);
    table.wait(60_000);
    assert_eq!(table.choose(1, 0), Err(Refusal::GamePaused));
    assert_eq!(table.give(&host(), &GameCommand::Next { seq: None }), Err(Refusal::GamePaused));
    table.lead(&GameCommand::Resume);
    table.wait(4_000);
    table.choose(1, 0).unwrap();
    table.wait(11_999);
    assert_eq!(table.game.phase(), Phase::Open);
    table.wait(1 + REVEAL_AFTER_MS);
    // 8 of 20 s.
    assert_eq!((table.game.phase(), table.standing(1).0), (Phase::Reveal, 800));
}

#[test]
fn added_time_keeps_the_question_open_and_does_not_slow_the_decay() {
    let mut table = Table::new(vec![single()], 1);
    table.open_next();
    table.lead(&GameCommand::AddTime { seconds: 10 });
    table.wait(25_000);
    table.choose(1, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.standing(1).0, 500);
    assert!(matches!(
        table.give(&host(), &GameCommand::AddTime { seconds: 121 }),
        Err(Refusal::InvalidSetting(_))
    ));
}

#[test]
fn skipping_the_announced_question_leaves_no_trace_on_the_board() {
    let mut table = Table::new(vec![single(), single()], 1);
    table.next();
    table.lead(&GameCommand::Skip);
    assert_eq!(table.game.phase(), Phase::Countdown);
    table.wait(3_000);
    table.choose(1, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    table.next();
    assert_eq!(table.game.phase(), Phase::Podium);
    let played: Vec<bool> = table.game.report().questions.iter().map(|q| q.played).collect();
    assert_eq!(played, [false, true]);
}

#[test]
fn skipping_all_questions_ends_without_a_podium() {
    let mut table = Table::new(vec![single()], 1);
    table.next();
    table.lead(&GameCommand::Skip);
    assert_eq!(table.game.ended().unwrap().0, EndReason::Host);
}

#[test]
fn a_crash_between_the_entries_of_a_skip_leaves_a_game_that_goes_on() {
    let mut table = Table::new(vec![single(), single()], 1);
    table.next();
    table.append(vec![Entry::QuestionDropped { question: 0 }]);
    table.settle();
    table.open_next();
    assert_eq!(table.game.rounds.last().unwrap().question, 1);
}

#[test]
fn ending_in_mid_question_counts_its_answers() {
    let mut table = Table::new(vec![single(), single()], 2);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.lead(&GameCommand::End);
    assert_eq!((table.game.phase(), table.standing(1).0), (Phase::Podium, 1_000));
    table.next();
    assert_eq!(table.game.ended().unwrap().0, EndReason::Host);
}

#[test]
fn a_stale_next_is_refused_so_two_clicks_do_one_step() {
    let mut table = Table::new(vec![single()], 1);
    let seq = Some(table.game.phase_seq());
    table.lead(&GameCommand::Next { seq });
    assert_eq!(table.give(&host(), &GameCommand::Next { seq }), Err(Refusal::StaleCommand));
}

#[test]
fn a_poll_gives_no_points_and_keeps_the_streak() {
    let mut table = Table::new(vec![single(), poll()], 1);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.next();
    table.next();
    table.open_next();
    table.choose(1, 1).unwrap();
    table.next();
    assert_eq!(table.standing(1), (1_000, 1, 1));
    let reveal = table.state(&guest(1)).reveal.unwrap();
    assert_eq!((reveal.solution, reveal.distribution.counts), (Solution::default(), Some(vec![0, 1])));
    assert!(
        matches!(table.results().last(), Some(PlayerPush::Result { result, .. }) if result.correct.is_none())
    );
}
