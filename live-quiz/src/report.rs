//! A game's report as a table for spreadsheets. The report itself is made by [`crate::game::Game::report`].

use crate::interchange::safe_cell;
use protocol::quiz::{AnswerReport, AnswerValue, GameReport, QuestionReport};

/// The report as CSV: a row per participant, best first.
///
/// Columns: `rank` (empty for removed players), `nickname`, `score`, `correct`, `answered`, `late`, `removed`, and for each
/// question that was played `q<n> answer`, `q<n> correct`, `q<n> points`, `q<n> seconds` (n from 1). Cells that a
/// spreadsheet would run as a formula begin with an apostrophe.
///
/// # Errors
/// Only what the CSV writer reports, which writes to memory.
pub fn to_csv(report: &GameReport) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let played: Vec<&QuestionReport> = report.questions.iter().filter(|q| q.played).collect();
    let mut header: Vec<String> =
        ["rank", "nickname", "score", "correct", "answered", "late", "removed"].map(str::to_owned).to_vec();
    for question in &played {
        let number = question.index + 1;
        header.extend(["answer", "correct", "points", "seconds"].map(|name| format!("q{number} {name}")));
    }
    writer.write_record(&header)?;
    for participant in &report.participants {
        let rank = if participant.kicked { String::new() } else { participant.rank.to_string() };
        let mut row = vec![
            rank,
            safe_cell(&participant.nickname),
            participant.score.to_string(),
            participant.correct.to_string(),
            participant.answered.to_string(),
            yes_no(participant.late),
            yes_no(participant.kicked),
        ];
        for question in &played {
            let answer = participant.answers.iter().find(|answer| answer.question == question.index);
            row.extend(answer.map_or([const { String::new() }; 4], |answer| cells(question, answer)));
        }
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cells(question: &QuestionReport, answer: &AnswerReport) -> [String; 4] {
    let seconds = answer.elapsed_ms.map(|ms| format!("{}.{:03}", ms / 1_000, ms % 1_000));
    [
        answer.answer.as_ref().map(|given| safe_cell(&in_words(question, given))).unwrap_or_default(),
        answer.correct.map(yes_no).unwrap_or_default(),
        answer.points.to_string(),
        seconds.unwrap_or_default(),
    ]
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// An answer as its player saw it.
fn in_words(question: &QuestionReport, answer: &AnswerValue) -> String {
    let shown = |index: &usize| match &question.options {
        Some(options) => options.get(*index).map_or_else(|| index.to_string(), |option| option.text.clone()),
        None => if *index == 0 { "true" } else { "false" }.to_owned(),
    };
    match answer {
        AnswerValue::Choice(choice) => shown(choice),
        AnswerValue::Choices(indices) | AnswerValue::Order(indices) => {
            indices.iter().map(shown).collect::<Vec<_>>().join(" | ")
        }
        AnswerValue::Text(text) => text.clone(),
        AnswerValue::Number(number) => number.to_string(),
    }
}
