//! Reading the table.

use super::super::{ImportError, ImportProblem, MAX_QUESTIONS, checked, text, too_many};
use super::{OPTION_COLUMNS, write::plain_cell};
use csv::{ReaderBuilder, StringRecord};
use protocol::ids::SkillId;
use protocol::quiz::{ChoiceOption, Image, Question, QuestionKind, QuizContent};
use std::collections::HashMap;

/// Problems beyond these are left out.
const MAX_PROBLEMS: usize = 100;
/// Title of a table without the column `quiz_title`.
const UNTITLED: &str = "Imported quiz";

/// A quiz from CSV, checked.
///
/// # Errors
/// Too large, not UTF-8, no header with `prompt` and `correct`, more than 200 rows, or rows that are no questions, each with
/// its row and column.
pub fn from_csv(bytes: &[u8]) -> Result<QuizContent, ImportError> {
    let text = text(bytes)?;
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
    let columns: HashMap<String, usize> = reader
        .headers()
        .map_err(|error| ImportError::whole(error.to_string()))?
        .iter()
        .enumerate()
        .map(|(place, name)| (name.trim().to_lowercase(), place))
        .collect();
    for needed in ["prompt", "correct"] {
        if !columns.contains_key(needed) {
            return Err(ImportError::whole(format!("name a column `{needed}` in the first row")));
        }
    }
    let mut content =
        QuizContent { title: UNTITLED.into(), description: String::new(), questions: Vec::new() };
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ImportError::whole(error.to_string()))?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == MAX_QUESTIONS {
            return Err(too_many());
        }
        let number = record.position().map_or(0, |position| line_of(text, position));
        let row = Row { columns: &columns, record: &record };
        if rows.is_empty() {
            content.description = row.cell("quiz_description").to_owned();
            if !row.cell("quiz_title").is_empty() {
                content.title = row.cell("quiz_title").to_owned();
            }
        }
        rows.push(number);
        match row.question() {
            Ok(question) => content.questions.push(question),
            Err((field, problem)) => {
                problems.push(ImportProblem { row: Some(number), field: Some(field.to_owned()), problem });
            }
        }
    }
    if !problems.is_empty() {
        problems.truncate(MAX_PROBLEMS);
        return Err(ImportError(problems));
    }
    checked(content, |field| place(field, &rows))
}

/// The line in which a row begins. The reader's own count misses empty lines before it, and the second half of the line end
/// that Windows writes.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let before = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + before.filter(|byte| **byte == b'\n').count() as u64
}

/// Row and field of a path such as `questions[3].prompt`.
fn place(path: &str, rows: &[u64]) -> (Option<u64>, String) {
    let of_question = path.strip_prefix("questions[").and_then(|rest| rest.split_once("]."));
    match of_question.and_then(|(index, field)| Some((*rows.get(index.parse::<usize>().ok()?)?, field))) {
        Some((row, field)) => (Some(row), field.to_owned()),
        None => (None, path.to_owned()),
    }
}

/// The separator that the header uses most.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or("");
    // The last of equals wins in max_by_key: the comma.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|sign| header.bytes().filter(|b| b == sign).count())
        .unwrap_or(b',')
}

type Problem = (&'static str, String);

struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> &str {
        self.columns
            .get(column)
            .and_then(|place| self.record.get(*place))
            .map_or("", |cell| plain_cell(cell.trim()))
    }

    fn question(&self) -> Result<Question, Problem> {
        let image = (!self.cell("image_url").is_empty()).then(|| Image {
            url: self.cell("image_url").to_owned(),
            alt: self.cell("image_alt").to_owned(),
        });
        Ok(Question {
            prompt: self.cell("prompt").to_owned(),
            image,
            time_limit_s: self.whole_number("time_limit_s", 20)?,
            points: self.whole_number("points", 1)?,
            explanation: Some(self.cell("explanation").to_owned()).filter(|text| !text.is_empty()),
            skills: self.skills()?,
            kind: self.kind()?,
        })
    }

    fn kind(&self) -> Result<QuestionKind, Problem> {
        Ok(match self.cell("kind").to_lowercase().as_str() {
            "" | "single_choice" => {
                let options = self.options()?;
                match self.numbers()?.as_slice() {
                    [correct] => QuestionKind::SingleChoice { options, correct: *correct },
                    _ => return Err(("correct", "give the number of the one right option".to_owned())),
                }
            }
            "multiple_choice" => {
                QuestionKind::MultipleChoice { options: self.options()?, correct: self.numbers()? }
            }
            "true_false" => QuestionKind::TrueFalse { correct: self.truth("correct", None)? },
            "typed" => QuestionKind::Typed {
                accepted: unescape(self.cell("correct")),
                match_case: self.truth("match_case", Some(false))?,
                match_accents: self.truth("match_accents", Some(false))?,
            },
            "numeric" => QuestionKind::Numeric {
                value: self.decimal("correct", None)?,
                tolerance: self.decimal("tolerance", Some(0.0))?,
                unit: self.cell("unit").to_owned(),
            },
            "ordering" => QuestionKind::Ordering { items: self.texts()? },
            "poll" => QuestionKind::Poll { options: self.options()? },
            _ => return Err(("kind", "name one of the seven kinds of question".to_owned())),
        })
    }

    fn options(&self) -> Result<Vec<ChoiceOption>, Problem> {
        Ok(self.texts()?.into_iter().map(|text| ChoiceOption { text, image: None }).collect())
    }

    /// The options up to the last filled one; a gap would shift the numbers in `correct`.
    fn texts(&self) -> Result<Vec<String>, Problem> {
        let mut texts: Vec<String> =
            OPTION_COLUMNS.iter().map(|column| self.cell(column).to_owned()).collect();
        let filled = texts.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
        texts.truncate(filled);
        match texts.iter().position(String::is_empty) {
            Some(gap) => Err((OPTION_COLUMNS[gap], "fill this option, or move the others up".to_owned())),
            None => Ok(texts),
        }
    }

    fn numbers(&self) -> Result<Vec<usize>, Problem> {
        let numbers = self.cell("correct").split(['|', ',', ';', ' ']).filter(|part| !part.is_empty());
        numbers
            .map(|part| part.parse::<usize>().ok().and_then(|number| number.checked_sub(1)))
            .collect::<Option<Vec<_>>>()
            .ok_or(("correct", "give the numbers of the right options, from 1, separated by |".to_owned()))
    }

    fn skills(&self) -> Result<Vec<SkillId>, Problem> {
        let ids = self.cell("skills").split('|').map(str::trim).filter(|id| !id.is_empty());
        let read = ids.map(str::parse).collect::<Result<Vec<_>, _>>();
        read.map_err(|_| ("skills", "give ids of the school's skills, separated by |".to_owned()))
    }

    fn truth(&self, column: &'static str, default: Option<bool>) -> Result<bool, Problem> {
        match (self.cell(column).to_lowercase().as_str(), default) {
            ("true" | "yes" | "1", _) => Ok(true),
            ("false" | "no" | "0", _) => Ok(false),
            ("", Some(default)) => Ok(default),
            _ => Err((column, "write true or false".to_owned())),
        }
    }

    fn decimal(&self, column: &'static str, default: Option<f64>) -> Result<f64, Problem> {
        match (self.cell(column), default) {
            ("", Some(default)) => Ok(default),
            // Spreadsheets of half of the world write 3,14.
            (cell, _) => {
                cell.replace(',', ".").parse().map_err(|_| (column, "write a number such as 3.14".to_owned()))
            }
        }
    }

    fn whole_number<T: std::str::FromStr>(&self, column: &'static str, default: T) -> Result<T, Problem> {
        match self.cell(column) {
            "" => Ok(default),
            cell => cell.parse().map_err(|_| (column, "write a whole number".to_owned())),
        }
    }
}

/// The texts between the signs `|`; a backslash keeps the next sign.
fn unescape(cell: &str) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut signs = cell.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '|' => texts.push(String::new()),
            '\\' => texts.last_mut().into_iter().for_each(|text| text.extend(signs.next())),
            _ => texts.last_mut().into_iter().for_each(|text| text.push(sign)),
        }
    }
    texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}
