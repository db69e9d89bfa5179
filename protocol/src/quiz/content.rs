//! What a teacher writes: quizzes, questions and their solutions.

use crate::ids::SkillId;
use serde::{Deserialize, Serialize};

/// Most skills of a question; one that exercises more says little about any.
pub const MAX_SKILLS: usize = 16;

/// A quiz as its author writes it. Limits are checked by the rules of the live quiz, not here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuizContent {
    /// Title, shown in the library and on the projector.
    pub title: String,
    /// A sentence for other teachers; may be empty.
    #[serde(default)]
    pub description: String,
    /// The questions in the order of play.
    pub questions: Vec<Question>,
}

/// One question with its solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Question {
    /// What is asked.
    pub prompt: String,
    /// A picture shown with the prompt.
    #[serde(default)]
    pub image: Option<Image>,
    /// Seconds to answer.
    #[serde(default = "default_time_limit")]
    pub time_limit_s: u16,
    /// 0 (no points), 1 or 2 times the standard points.
    #[serde(default = "default_points")]
    pub points: u8,
    /// Shown with the solution.
    #[serde(default)]
    pub explanation: Option<String>,
    /// What answers tell about, at most [`MAX_SKILLS`]. No secret, but of no use to players, who are not shown it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<SkillId>,
    /// The type of question, with its solution.
    #[serde(flatten)]
    pub kind: QuestionKind,
}

fn default_time_limit() -> u16 {
    20
}

fn default_points() -> u8 {
    1
}

/// A picture by address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Image {
    /// `https:` address, or a path of this server that begins with `/`.
    pub url: String,
    /// What the picture shows, for those who cannot see it.
    #[serde(default)]
    pub alt: String,
}

/// One choice of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChoiceOption {
    /// The text on the tile.
    pub text: String,
    /// A picture on the tile.
    #[serde(default)]
    pub image: Option<Image>,
}

/// The types of question, each with its solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum QuestionKind {
    /// Exactly one right choice.
    SingleChoice {
        /// The choices as shown.
        options: Vec<ChoiceOption>,
        /// Index of the right one.
        correct: usize,
    },
    /// One or more right choices.
    MultipleChoice {
        /// The choices as shown.
        options: Vec<ChoiceOption>,
        /// Indices of the right ones.
        correct: Vec<usize>,
    },
    /// True or false; answered as choice 0 (true) or 1 (false).
    TrueFalse {
        /// Whether the statement holds.
        correct: bool,
    },
    /// A typed word or phrase.
    Typed {
        /// Texts that count as right; the first is shown as the solution.
        accepted: Vec<String>,
        /// Whether upper and lower case differ.
        #[serde(default)]
        match_case: bool,
        /// Whether accents differ.
        #[serde(default)]
        match_accents: bool,
    },
    /// A number within a tolerance.
    Numeric {
        /// The right number.
        value: f64,
        /// Largest distance from `value` that still counts, inclusive.
        #[serde(default)]
        tolerance: f64,
        /// Shown behind the input, may be empty.
        #[serde(default)]
        unit: String,
    },
    /// Items to put in order.
    Ordering {
        /// The items in their right order; players see them shuffled.
        items: Vec<String>,
    },
    /// An opinion: nothing is right, no points.
    Poll {
        /// The choices as shown.
        options: Vec<ChoiceOption>,
    },
}

/// The name of a question's type, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// [`QuestionKind::SingleChoice`]
    SingleChoice,
    /// [`QuestionKind::MultipleChoice`]
    MultipleChoice,
    /// [`QuestionKind::TrueFalse`]
    TrueFalse,
    /// [`QuestionKind::Typed`]
    Typed,
    /// [`QuestionKind::Numeric`]
    Numeric,
    /// [`QuestionKind::Ordering`]
    Ordering,
    /// [`QuestionKind::Poll`]
    Poll,
}

impl QuestionKind {
    /// The type's name.
    #[must_use]
    pub fn name(&self) -> KindName {
        match self {
            Self::SingleChoice { .. } => KindName::SingleChoice,
            Self::MultipleChoice { .. } => KindName::MultipleChoice,
            Self::TrueFalse { .. } => KindName::TrueFalse,
            Self::Typed { .. } => KindName::Typed,
            Self::Numeric { .. } => KindName::Numeric,
            Self::Ordering { .. } => KindName::Ordering,
            Self::Poll { .. } => KindName::Poll,
        }
    }
}

/// What a participant answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// One choice: single choice, true/false (0 = true), poll.
    Choice(usize),
    /// Several choices.
    Choices(Vec<usize>),
    /// Typed text.
    Text(String),
    /// A number.
    Number(f64),
    /// Indices of the shown items, first to last.
    Order(Vec<usize>),
}
