//! What a game's report must say, reckoned from what its players were told.

use super::{Given, right};
use serde::Deserialize;
use std::collections::HashMap;

/// Points of a right answer by the rule `accuracy-1`.
const FULL: u32 = 1_000;

/// A report, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    participants: Vec<Participant>,
}

#[derive(Debug, Deserialize)]
struct Participant {
    nickname: String,
    score: u32,
    answers: Vec<Counted>,
}

#[derive(Debug, Deserialize)]
struct Counted {
    question: usize,
    answer: Option<Choice>,
    points: u32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Choice {
    choice: usize,
}

/// What is wrong with a report: every acknowledged answer is in it once, as it was given; nothing is in it that was not
/// given; points and scores are those of the answers.
pub(crate) fn check_scores(report: &Report, players: &[(String, &[Given])]) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows: HashMap<&str, &Participant> =
        report.participants.iter().map(|row| (row.nickname.as_str(), row)).collect();
    if rows.len() != players.len() || report.participants.len() != players.len() {
        wrong.push(format!("{} rows of {} players", report.participants.len(), players.len()));
    }
    for (name, given) in players {
        let Some(row) = rows.get(name.as_str()) else {
            wrong.push(format!("{name} is not in it"));
            continue;
        };
        check_player(name, row, given, &mut wrong);
    }
    wrong
}

fn check_player(name: &str, row: &Participant, given: &[Given], wrong: &mut Vec<String>) {
    for given in given {
        let question = given.question;
        let counted: Vec<Choice> = row
            .answers
            .iter()
            .filter(|counted| counted.question == question)
            .filter_map(|counted| counted.answer)
            .collect();
        match counted.as_slice() {
            [] if given.acknowledged.is_some() => {
                wrong.push(format!("the acknowledged answer of {name} to question {question} is lost"));
            }
            [] => {}
            [one] if one.choice == given.choice => {}
            [_] => wrong.push(format!("the answer of {name} to question {question} is another one")),
            _ => wrong.push(format!("the answer of {name} to question {question} is there twice")),
        }
        if given.refused == Some(1004) {
            wrong.push(format!("{name} was told that question {question} was answered otherwise"));
        }
    }
    let mut score = 0;
    for counted in &row.answers {
        let Some(Choice { choice }) = counted.answer else { continue };
        let question = counted.question;
        if !given.iter().any(|given| given.question == question) {
            wrong.push(format!("{name} never answered question {question}"));
        }
        let points = if choice == right(question) { FULL } else { 0 };
        if counted.points != points {
            wrong.push(format!(
                "{name} has {} points for question {question} instead of {points}",
                counted.points
            ));
        }
        score += points;
    }
    if row.score != score {
        wrong.push(format!("{name} has the score {} instead of {score}", row.score));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn given(question: usize, choice: usize, acknowledged: bool) -> Given {
        let now = Instant::now();
        Given { question, choice, due: now, acknowledged: acknowledged.then_some(now), refused: None }
    }

    fn counted(question: usize, choice: usize, points: u32) -> Counted {
        Counted { question, answer: Some(Choice { choice }), points }
    }

    fn wrong(answers: Vec<Counted>, score: u32, given: &[Given]) -> Vec<String> {
        let participants = vec![Participant { nickname: "Player 1".to_owned(), score, answers }];
        check_scores(&Report { participants }, &[("Player 1".to_owned(), given)])
    }

    #[test]
    fn a_report_of_what_was_acknowledged_is_sound() {
        let given = [given(0, 0, true), given(1, 3, true), given(2, 2, false)];
        let empty = Counted { question: 2, answer: None, points: 0 };
        assert_eq!(wrong(vec![counted(0, 0, 1_000), counted(1, 3, 0), empty], 1_000, &given), [""; 0]);
        // One whose acknowledgement was lost may count.
        assert_eq!(
            wrong(vec![counted(0, 0, 1_000), counted(1, 3, 0), counted(2, 2, 1_000)], 2_000, &given),
            [""; 0]
        );
    }

    #[test]
    fn each_thing_that_is_wrong_is_named() {
        let answers = [given(0, 0, true)];
        let say =
            |answers_in: Vec<Counted>, score, given: &[Given]| wrong(answers_in, score, given).join("; ");
        assert!(say(vec![], 0, &answers).contains("question 0 is lost"));
        assert!(say(vec![counted(0, 1, 0)], 0, &answers).contains("is another one"));
        assert!(
            say(vec![counted(0, 0, 1_000), counted(0, 0, 1_000)], 2_000, &answers).contains("is there twice")
        );
        assert!(
            say(vec![counted(0, 0, 500)], 1_000, &answers)
                .contains("500 points for question 0 instead of 1000")
        );
        assert!(say(vec![counted(0, 0, 1_000)], 900, &answers).contains("score 900 instead of 1000"));
        assert!(
            say(vec![counted(0, 0, 1_000), counted(1, 0, 0)], 1_000, &answers)
                .contains("never answered question 1")
        );
        let refused = Given { refused: Some(1004), ..given(0, 0, true) };
        assert!(say(vec![counted(0, 0, 1_000)], 1_000, &[refused]).contains("was answered otherwise"));
        assert_eq!(check_scores(&Report { participants: Vec::new() }, &[("A".to_owned(), &[])]).len(), 2);
    }
}
