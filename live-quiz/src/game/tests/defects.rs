//! What went wrong in live quiz servers before, each shown not to happen here.

use super::table::*;
use crate::game::*;
use protocol::quiz::*;

#[test]
fn defect_1_a_reconnect_in_mid_question_keeps_the_answer_and_allows_no_second_one() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    let Ok(Outcome::Accepted) = table.choose(1, 0) else { panic!("the first answer counts") };
    let seq = table.game.seq();
    table.leave(1);
    table.here.connect(&guest(1).user, false, table.now);
    assert_eq!(table.choose(1, 0), Ok(Outcome::Repeated { seq }));
    assert_eq!(table.answer(&guest(1), "another", AnswerValue::Choice(1)), Err(Refusal::AlreadyAnswered));
    let You::Player { answer, .. } = table.state(&guest(1)).you else { panic!("a player expected") };
    assert_eq!(answer.unwrap().answer, AnswerValue::Choice(0));
    table.next();
    assert_eq!(table.standing(1).0, 1_000);
    // The repeat of a reply that was lost still gets its result after the reveal.
    assert_eq!(table.choose(1, 0), Ok(Outcome::Repeated { seq }));
}

#[test]
fn defect_2_phase_index_and_host_are_checked() {
    let mut table = Table::new(vec![single(), single()], 1);
    assert_eq!(table.choose(1, 0), Err(Refusal::WrongPhase));
    table.next();
    assert_eq!(table.choose(1, 0), Err(Refusal::WrongPhase));
    table.next();
    assert_eq!(table.choose(1, 3), Err(Refusal::InvalidAnswer));
    let other = GameCommand::Answer { question: 1, op: "x".into(), answer: AnswerValue::Choice(0) };
    assert_eq!(table.give(&guest(1), &other), Err(Refusal::WrongPhase));
    assert_eq!(table.choose(2, 0), Err(Refusal::NotInGame));
    let commands = [
        GameCommand::Next { seq: None },
        GameCommand::Skip,
        GameCommand::AddTime { seconds: 1 },
        GameCommand::Pause,
        GameCommand::Resume,
        GameCommand::Lock { locked: true },
        GameCommand::Kick { participant: participant(1) },
        GameCommand::Rename { participant: participant(1), nickname: "x".into() },
        GameCommand::Accommodate { participant: participant(1), time_factor: 3.0 },
        GameCommand::Cohost { person: OWNER, on: true },
        GameCommand::End,
        GameCommand::Roster { missing: false, after: None, limit: None },
    ];
    let seq = table.game.seq();
    for command in &commands {
        assert_eq!(table.give(&guest(1), command), Err(Refusal::HostOnly), "{command:?}");
        assert_eq!(table.give(&guest(9), command), Err(Refusal::NotInGame), "{command:?}");
    }
    assert_eq!(table.game.seq(), seq);
    table.next();
    assert_eq!(table.choose(1, 0), Err(Refusal::TooLate));
}

#[test]
fn defect_3_answers_of_one_instant_all_count() {
    let mut table = Table::new(vec![single()], 500);
    table.open_next();
    for n in 1..=500 {
        table.choose(n, 0).unwrap();
    }
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.state(&host()).reveal.unwrap().distribution.answered, 500);
    assert!((1..=500).all(|n| table.standing(n).0 == 1_000));
}

#[test]
fn defects_4_and_6_an_answer_tells_players_nothing() {
    let mut table = Table::new(vec![single()], 3);
    table.open_next();
    table.pushes.clear();
    table.choose(1, 0).unwrap();
    table.choose(2, 1).unwrap();
    assert_eq!(table.pushes, [Push::HostAnswers, Push::HostAnswers]);
    assert_eq!(table.state(&guest(3)).host, None);
}

#[test]
fn defect_5_latency_credit_is_bounded_and_stored() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.wait(5_000);
    table.answer(&Caller { latency_ms: 60_000, ..guest(1) }, "op", AnswerValue::Choice(0)).unwrap();
    let Entry::Answered { elapsed_ms, credit_ms, .. } = &table.log.last().unwrap().entry else {
        panic!("an answer")
    };
    assert_eq!((*elapsed_ms, *credit_ms), (4_900, MAX_CREDIT_MS));
    table.next();
    assert_eq!(table.game.report().participants[0].answers[0].latency_credit_ms, MAX_CREDIT_MS);
}

#[test]
fn defect_7_a_late_player_plays_on_like_everybody() {
    let mut table = Table::new(vec![single(), single()], 1);
    table.open_next();
    table.enter(2).unwrap();
    table.choose(2, 0).unwrap();
    table.next();
    assert_eq!(table.standing(2).0, 1_000);
    table.next();
    table.open_next();
    table.choose(2, 0).unwrap();
    table.next();
    assert_eq!(table.standing(2), (2_100, 2, 1));
}

#[test]
fn defect_7_a_game_that_everybody_leaves_in_mid_question_ends_once_and_pays_once() {
    let mut table = Table::new(vec![single(), single()], 2);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.leave(1);
    table.leave(2);
    table.here.disconnect(&host().user, true, table.now);
    table.wait(ALL_GONE_END_MS * 3);
    assert_eq!(table.game.ended().unwrap().0, EndReason::Abandoned);
    assert_eq!(table.count(|entry| matches!(entry, Entry::Ended { .. })), 1);
    assert_eq!(table.game.report().participants[0].score, 1_000);
    table.settle();
    assert_eq!(table.give(&host(), &GameCommand::End), Err(Refusal::WrongPhase));
    assert_eq!(table.game.next_deadline(&table.here), None);
}
