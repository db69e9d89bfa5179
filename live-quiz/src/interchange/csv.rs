//! Quizzes as CSV: a header, then one question a row.
//!
//! | column | content |
//! |---|---|
//! | `kind` | `single_choice`, `multiple_choice`, `true_false`, `typed`, `numeric`, `ordering`, `poll`; empty: `single_choice` |
//! | `prompt` | the question |
//! | `option_1` … `option_6` | the options; for `ordering` the items in their right order |
//! | `correct` | numbers of the right options from 1, separated by `\|`; `true` or `false`; the number; the accepted texts, separated by `\|` (`\\|` for the sign itself); empty for `ordering` and `poll` |
//! | `time_limit_s`, `points` | empty: 20 and 1 |
//! | `skills` | ids of the school's skills, separated by `\|` |
//! | `explanation`, `image_url`, `image_alt` | may be empty |
//! | `tolerance`, `unit` | for `numeric` |
//! | `match_case`, `match_accents` | for `typed`: `true` or `false`, empty: `false` |
//! | `quiz_title`, `quiz_description` | of the quiz, in the first row |
//!
//! Columns may come in any order, all but `prompt` and `correct` may be left out, and semicolons or tabs may separate
//! them. Pictures on options travel by JSON only.

mod read;
mod write;

pub use read::from_csv;
pub use write::{safe_cell, to_csv};

const OPTION_COLUMNS: [&str; 6] = ["option_1", "option_2", "option_3", "option_4", "option_5", "option_6"];
