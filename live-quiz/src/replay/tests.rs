#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::game::Opened;
use protocol::ids::{GameId, ParticipantId, PersonId, QuizId, UserId};
use protocol::quiz::{AnswerValue, CloseReason, GameSettings, Question, QuestionKind, QuizContent};

fn log() -> Vec<LogEntry> {
    let asked = Question {
        prompt: "Is water wet?".into(),
        image: None,
        time_limit_s: 30,
        points: 1,
        explanation: None,
        skills: Vec::new(),
        kind: QuestionKind::TrueFalse { correct: true },
    };
    let opened = Opened {
        game: GameId::generate(),
        quiz: QuizId::generate(),
        version: 1,
        title: "Water".into(),
        content: QuizContent { title: "Water".into(), description: String::new(), questions: vec![asked] },
        settings: GameSettings::default(),
        owner: PersonId::generate(),
        pin: "000001".into(),
    };
    let participant = ParticipantId::generate();
    let entries = [
        Entry::Opened(Box::new(opened)),
        Entry::Joined {
            participant,
            user: UserId::guest(participant),
            person: None,
            nickname: "Ada".into(),
            time_factor: 1.0,
            late: false,
            late_credit: 0,
        },
        Entry::CountdownStarted { question: 0, opens_at: 10 },
        Entry::QuestionOpened { question: 0, opened_at: 10, closes_at: 30_010, permutation: vec![] },
        Entry::Answered {
            participant,
            question: 0,
            op: "1".into(),
            answer: AnswerValue::Choice(0),
            elapsed_ms: 2_000,
            credit_ms: 0,
        },
        Entry::QuestionClosed { question: 0, reason: CloseReason::AllAnswered },
        Entry::Revealed { question: 0 },
    ];
    (1..).zip(entries).map(|(seq, entry)| LogEntry { seq, at: seq * 10, entry }).collect()
}

#[test]
fn a_log_gives_the_published_points() {
    let report = replay(&log()).unwrap().report();
    assert_eq!((report.participants[0].score, report.participants[0].rank), (967, 1));
}

#[test]
fn a_changed_score_is_found() {
    let log = log();
    let mut stored = replay(&log).unwrap().report();
    assert!(check(&log, &stored).unwrap().equal);
    stored.participants[0].score += 1;
    stored.questions[0].correct = 0;
    let found = check(&log, &stored).unwrap();
    assert!(!found.equal);
    assert_eq!((found.entries, found.differences.len()), (7, 2));
    assert!(found.differences[1].contains("score: 968") && found.differences[1].contains("score: 967"));
}

#[test]
fn a_log_with_a_hole_or_without_its_beginning_is_refused() {
    let mut holed = log();
    holed.remove(3);
    assert_eq!(replay(&holed).unwrap_err(), ReplayError::OutOfOrder { after: 3, found: 5 });
    assert_eq!(replay(&log()[1..]).unwrap_err(), ReplayError::NotOpened);
}

#[test]
fn a_second_answer_in_a_faulty_log_does_not_count() {
    let mut doubled = log();
    let mut second = doubled[4].clone();
    if let Entry::Answered { elapsed_ms, .. } = &mut second.entry {
        *elapsed_ms = 0;
    }
    doubled.insert(5, second);
    for (seq, logged) in (1..).zip(&mut doubled) {
        logged.seq = seq;
    }
    assert_eq!(replay(&doubled).unwrap().report().participants[0].score, 967);
}

#[test]
fn the_report_as_a_table_keeps_formulas_harmless() {
    let mut report = replay(&log()).unwrap().report();
    report.participants[0].nickname = "=cmd|'/c calc'!A1".into();
    let table = crate::report::to_csv(&report).unwrap();
    let mut lines = table.lines();
    assert_eq!(
        lines.next(),
        Some("rank,nickname,score,correct,answered,late,removed,q1 answer,q1 correct,q1 points,q1 seconds")
    );
    assert_eq!(lines.next(), Some("1,'=cmd|'/c calc'!A1,967,1,1,no,no,true,yes,967,2.000"));
    assert_eq!(lines.next(), None);
}
