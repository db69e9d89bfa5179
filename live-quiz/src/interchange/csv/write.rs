//! Writing the table.

use super::OPTION_COLUMNS;
use protocol::quiz::{Question, QuestionKind, QuizContent};

/// The quiz as CSV.
///
/// # Errors
/// Only what the CSV writer reports, which writes to memory.
pub fn to_csv(content: &QuizContent) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["kind", "prompt"].into_iter().chain(OPTION_COLUMNS).chain([
        "correct",
        "time_limit_s",
        "points",
        "explanation",
        "image_url",
        "image_alt",
        "tolerance",
        "unit",
        "match_case",
        "match_accents",
        "skills",
        "quiz_title",
        "quiz_description",
    ]);
    writer.write_record(header)?;
    for (index, question) in content.questions.iter().enumerate() {
        let mut row = cells(question);
        let of_quiz = if index == 0 { [content.title.as_str(), &content.description] } else { ["", ""] };
        row.extend(of_quiz.map(str::to_owned));
        writer.write_record(row.iter().map(|cell| safe_cell(cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cells(question: &Question) -> Vec<String> {
    let kind = match &question.kind {
        QuestionKind::SingleChoice { .. } => "single_choice",
        QuestionKind::MultipleChoice { .. } => "multiple_choice",
        QuestionKind::TrueFalse { .. } => "true_false",
        QuestionKind::Typed { .. } => "typed",
        QuestionKind::Numeric { .. } => "numeric",
        QuestionKind::Ordering { .. } => "ordering",
        QuestionKind::Poll { .. } => "poll",
    };
    let mut options: Vec<String> = match &question.kind {
        QuestionKind::SingleChoice { options, .. }
        | QuestionKind::MultipleChoice { options, .. }
        | QuestionKind::Poll { options } => options.iter().map(|option| option.text.clone()).collect(),
        QuestionKind::Ordering { items } => items.clone(),
        QuestionKind::TrueFalse { .. } | QuestionKind::Typed { .. } | QuestionKind::Numeric { .. } => {
            Vec::new()
        }
    };
    options.resize(OPTION_COLUMNS.len(), String::new());
    let [mut tolerance, mut own_unit, mut case, mut accents] = [const { String::new() }; 4];
    let correct = match &question.kind {
        QuestionKind::SingleChoice { correct, .. } => (correct + 1).to_string(),
        QuestionKind::MultipleChoice { correct, .. } => {
            correct.iter().map(|c| (c + 1).to_string()).collect::<Vec<_>>().join("|")
        }
        QuestionKind::TrueFalse { correct } => correct.to_string(),
        QuestionKind::Typed { accepted, match_case, match_accents } => {
            (case, accents) = (match_case.to_string(), match_accents.to_string());
            accepted.iter().map(|text| escape(text)).collect::<Vec<_>>().join("|")
        }
        QuestionKind::Numeric { value, tolerance: distance, unit } => {
            (tolerance, own_unit) = (distance.to_string(), unit.clone());
            value.to_string()
        }
        QuestionKind::Ordering { .. } | QuestionKind::Poll { .. } => String::new(),
    };
    let (url, alt) = question.image.as_ref().map_or(("", ""), |image| (&image.url, &image.alt));
    [kind.to_owned(), question.prompt.clone()]
        .into_iter()
        .chain(options)
        .chain([
            correct,
            question.time_limit_s.to_string(),
            question.points.to_string(),
            question.explanation.clone().unwrap_or_default(),
            url.to_owned(),
            alt.to_owned(),
            tolerance,
            own_unit,
            case,
            accents,
            question.skills.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"),
        ])
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
}

/// A cell that no spreadsheet runs as a formula: an apostrophe comes before texts that begin like one. Plain numbers stay.
#[must_use]
pub fn safe_cell(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok_and(f64::is_finite);
    if looks_like_formula(cell) && !is_number { format!("'{cell}") } else { cell.to_owned() }
}

/// The text behind [`safe_cell`].
pub(super) fn plain_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if looks_like_formula(text) => text,
        _ => cell,
    }
}

/// Apostrophes are looked through, so that texts that begin with one come back as they were.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
