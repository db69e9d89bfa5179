//! Two games that differ only in their solutions must look the same, byte for byte, until the reveal.

use super::table::*;
use crate::game::*;
use protocol::{ids::SkillId, quiz::*};
use uuid::Uuid;

/// A quiz of all kinds, written twice with other solutions.
fn twins() -> [Vec<Question>; 2] {
    let items = |order: [&str; 4]| QuestionKind::Ordering { items: order.map(str::to_owned).to_vec() };
    let kinds = |first: bool| {
        let pick = |one: usize, other: usize| if first { one } else { other };
        vec![
            QuestionKind::SingleChoice { options: options(["a", "b", "c"]), correct: pick(0, 2) },
            QuestionKind::MultipleChoice {
                options: options(["a", "b", "c", "d"]),
                correct: if first { vec![0] } else { vec![1, 2, 3] },
            },
            QuestionKind::TrueFalse { correct: first },
            QuestionKind::Typed {
                accepted: if first {
                    vec!["canary".into()]
                } else {
                    vec!["a".into(), "much longer canary".into()]
                },
                match_case: first,
                match_accents: !first,
            },
            QuestionKind::Numeric {
                value: if first { 3.25 } else { 1e9 },
                tolerance: if first { 0.0 } else { 5.0 },
                unit: "m".into(),
            },
            items(if first { ["a", "b", "c", "d"] } else { ["c", "a", "d", "b"] }),
        ]
    };
    [true, false].map(|first| {
        let with_explanation = |kind| Question {
            explanation: Some(if first { "because canary".into() } else { "for another reason".into() }),
            skills: vec![SkillId(Uuid::from_u128(if first { 5 } else { 6 }))],
            ..question(kind)
        };
        kinds(first).into_iter().map(with_explanation).collect()
    })
}

fn shown_to_players(table: &Table) -> String {
    let pushes = table.pushes.iter().map(|push| match push {
        Push::Everybody(push) | Push::Lobby(push) => serde_json::to_string(push).unwrap(),
        Push::Player(user, push) => format!("{user} {}", serde_json::to_string(push).unwrap()),
        Push::HostAnswers | Push::HostRoster => String::new(),
    });
    let states =
        [guest(1), guest(2), host()].map(|caller| serde_json::to_string(&table.state(&caller)).unwrap());
    pushes.chain(states).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_before_the_reveal_depends_on_the_solution() {
    let [first, second] = twins();
    for (index, (left, right)) in first.into_iter().zip(second).enumerate() {
        let answer = || match index {
            0 | 2 => AnswerValue::Choice(0),
            1 => AnswerValue::Choices(vec![0]),
            3 => AnswerValue::Text("canary".into()),
            4 => AnswerValue::Number(3.25),
            _ => AnswerValue::Order(vec![0, 1, 2, 3]),
        };
        let seen = [left, right].map(|question| {
            let mut table = Table::new(vec![question], 3);
            let mut shown = vec![shown_to_players(&table)];
            table.next();
            shown.push(shown_to_players(&table));
            table.wait(3_000);
            shown.push(shown_to_players(&table));
            table.wait(1_000);
            assert_eq!(table.answer(&guest(1), "op", answer()), Ok(Outcome::Accepted));
            shown.push(shown_to_players(&table));
            table.lead(&GameCommand::Pause);
            table.lead(&GameCommand::Resume);
            table.enter(4).unwrap();
            table.wait(19_000);
            assert_eq!(table.game.phase(), Phase::Closed);
            shown.push(shown_to_players(&table));
            table.wait(REVEAL_AFTER_MS);
            (shown, shown_to_players(&table))
        });
        assert_eq!(seen[0].0, seen[1].0, "question {index}");
        assert!(!seen[0].0.join("").contains("because"), "question {index}");
        assert_ne!(seen[0].1, seen[1].1, "the reveal of question {index} shows the solution");
        assert!(!seen[0].1.contains("skills"), "players' views are as they were");
    }
}

#[test]
fn the_announcement_has_no_options() {
    let mut table = Table::new(vec![single()], 1);
    table.next();
    assert!(matches!(table.state(&guest(1)).question, Some(CurrentQuestion::Announced(_))));
}
