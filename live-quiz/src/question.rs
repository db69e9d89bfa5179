//! Questions: what is valid, what an answer is worth, what players may see of them and when.

mod grade;
mod show;
mod validate;

pub use grade::{AnswerError, accept, grade};
pub use show::{shuffle, solution, teaser, view};
pub use validate::{FieldError, MAX_OPTIONS, MAX_QUESTIONS, validate};
