//! Limits of what an author may write, each error with the field it is about.

use crate::fold::{Strictness, fold};
use protocol::quiz::{ChoiceOption, Image, MAX_SKILLS, Question, QuestionKind, QuizContent};
use serde::Serialize;
use std::collections::BTreeSet;

/// Most questions of a quiz.
pub const MAX_QUESTIONS: usize = 200;
/// Most options of a question.
pub const MAX_OPTIONS: usize = 6;
/// Errors beyond these are left out: nobody reads them, and a hostile file could have a million.
const MAX_ERRORS: usize = 100;

/// One thing that the author has to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field, such as `questions[3].options[1].text`.
    pub field: String,
    /// What to do.
    pub problem: String,
}

/// Checks a quiz; an empty list means that it can be played. At most 100 errors are told.
#[must_use]
pub fn validate(content: &QuizContent) -> Vec<FieldError> {
    let mut check = Check { errors: Vec::new() };
    check.text("title", &content.title, 1, 120);
    check.text("description", &content.description, 0, 1_000);
    if !(1..=MAX_QUESTIONS).contains(&content.questions.len()) {
        check.wrong("questions", format!("write between 1 and {MAX_QUESTIONS} questions"));
    }
    for (index, question) in content.questions.iter().enumerate().take(MAX_QUESTIONS) {
        check.question(&format!("questions[{index}]"), question);
    }
    check.errors
}

struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    fn wrong(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError { field: field.into(), problem: problem.into() });
        }
    }

    fn text(&mut self, field: &str, text: &str, min: usize, max: usize) {
        if text.trim().chars().count() < min {
            self.wrong(field, "write something here");
        } else if text.chars().count() > max {
            self.wrong(field, format!("shorten this to {max} characters"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.wrong(field, "remove the control characters");
        }
    }

    fn image(&mut self, field: &str, image: Option<&Image>) {
        let Some(image) = image else { return };
        let url = &image.url;
        // A path of this server, not `//host`, which browsers read as another one (as they do `/\host`).
        let own = url.starts_with('/') && !url[1..].starts_with(['/', '\\']);
        let outside =
            url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        let clean = !url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\');
        if !(own || outside) || !clean || url.len() > 2_000 {
            self.wrong(format!("{field}.url"), "give an https: address, or a path that begins with /");
        }
        self.text(&format!("{field}.alt"), &image.alt, 0, 300);
    }

    fn question(&mut self, at: &str, question: &Question) {
        self.text(&format!("{at}.prompt"), &question.prompt, 1, 500);
        self.image(&format!("{at}.image"), question.image.as_ref());
        if !(5..=240).contains(&question.time_limit_s) {
            self.wrong(format!("{at}.time_limit_s"), "choose between 5 and 240 seconds");
        }
        if question.points > 2 {
            self.wrong(format!("{at}.points"), "choose 0, 1 or 2");
        }
        if let Some(explanation) = &question.explanation {
            self.text(&format!("{at}.explanation"), explanation, 0, 1_000);
        }
        // Whether the school has them is for those to say who know the school.
        let distinct: BTreeSet<_> = question.skills.iter().collect();
        if question.skills.len() > MAX_SKILLS || distinct.len() != question.skills.len() {
            self.wrong(format!("{at}.skills"), format!("name at most {MAX_SKILLS} skills, each once"));
        }
        self.kind(at, &question.kind);
    }

    fn kind(&mut self, at: &str, kind: &QuestionKind) {
        match kind {
            QuestionKind::SingleChoice { options, correct } => {
                self.options(at, options);
                if *correct >= options.len() {
                    self.wrong(format!("{at}.correct"), "mark one of the options as right");
                }
            }
            QuestionKind::MultipleChoice { options, correct } => {
                self.options(at, options);
                let distinct: BTreeSet<_> = correct.iter().collect();
                if correct.is_empty()
                    || distinct.len() != correct.len()
                    || correct.iter().any(|c| *c >= options.len())
                {
                    self.wrong(
                        format!("{at}.correct"),
                        "mark at least one of the options as right, each once",
                    );
                }
            }
            QuestionKind::Poll { options } => self.options(at, options),
            QuestionKind::TrueFalse { .. } => {}
            QuestionKind::Typed { accepted, .. } => {
                if !(1..=20).contains(&accepted.len()) {
                    self.wrong(format!("{at}.accepted"), "give between 1 and 20 accepted answers");
                }
                for (i, text) in accepted.iter().enumerate().take(20) {
                    self.text(&format!("{at}.accepted[{i}]"), text, 1, 100);
                }
            }
            QuestionKind::Numeric { value, tolerance, unit } => {
                if !value.is_finite() || value.abs() > 1e15 {
                    self.wrong(format!("{at}.value"), "give a number between -10^15 and 10^15");
                }
                if !tolerance.is_finite() || *tolerance < 0.0 {
                    self.wrong(format!("{at}.tolerance"), "give a tolerance of 0 or more");
                }
                self.text(&format!("{at}.unit"), unit, 0, 20);
            }
            QuestionKind::Ordering { items } => {
                if !(3..=MAX_OPTIONS).contains(&items.len()) {
                    self.wrong(format!("{at}.items"), format!("give between 3 and {MAX_OPTIONS} items"));
                }
                for (i, text) in items.iter().enumerate().take(MAX_OPTIONS) {
                    self.text(&format!("{at}.items[{i}]"), text, 1, 200);
                }
                self.distinct(&format!("{at}.items"), items.iter().map(String::as_str));
            }
        }
    }

    fn options(&mut self, at: &str, options: &[ChoiceOption]) {
        if !(2..=MAX_OPTIONS).contains(&options.len()) {
            self.wrong(format!("{at}.options"), format!("give between 2 and {MAX_OPTIONS} options"));
        }
        for (i, option) in options.iter().enumerate().take(MAX_OPTIONS) {
            // A picture may stand alone on a tile.
            self.text(
                &format!("{at}.options[{i}].text"),
                &option.text,
                usize::from(option.image.is_none()),
                200,
            );
            self.image(&format!("{at}.options[{i}].image"), option.image.as_ref());
        }
        let texts = options.iter().map(|o| o.text.as_str()).filter(|text| !text.trim().is_empty());
        self.distinct(&format!("{at}.options"), texts);
    }

    fn distinct<'a>(&mut self, field: &str, texts: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        let strict = Strictness { case: true, accents: true };
        for text in texts {
            if !seen.insert(fold(text, strict)) {
                return self.wrong(field, "make them all different");
            }
        }
    }
}

#[cfg(test)]
mod tests;
