//! Practising: what a person is asked next, when something is seen again, and what answers tell of skills.
//!
//! ```text
//! show an item (remembered) ─→ answer ─→ graded against what was shown ─→ learned from once ─→ solution, note
//! finished live game ─→ answers of people with accounts ─→ learned from once ─→ notes
//! ```

mod answers;
mod games;
mod lists;
mod next;
mod rule;
mod schedule;

pub use answers::{Answered, Given, Reviewed};
pub use lists::{CardView, MasteryView, StudentMastery};
pub use next::NextItem;
pub use schedule::Schedule;

use super::{Audience, Learning, Note, RecordError, Resource};
use crate::mastery::number::Draw;
use persistence::mastery::{AnswerEvent, Asked, Change, Known, MasteryRecords};
use persistence::rosters::EnrollmentState;
use protocol::ids::{PersonId, SchoolId};
use protocol::quiz::{AnswerValue, Question, QuestionKind, QuestionView, Solution};
use protocol::role::Role;
use std::sync::Arc;
use uuid::Uuid;

/// What questions mean. Another feature knows; the gateway brings both together.
pub trait QuestionRules: Send + Sync {
    /// A random order for the items of an ordering question, empty for other kinds.
    fn shuffle(&self, kind: &QuestionKind) -> Vec<usize>;
    /// The question as it may be seen before it is answered.
    fn view(&self, question: &Question, order: &[usize]) -> QuestionView;
    /// Whether an answer fits the question at all.
    fn accepts(&self, kind: &QuestionKind, answer: &AnswerValue) -> bool;
    /// Whether it is fully right; none for polls.
    fn is_right(&self, kind: &QuestionKind, answer: &AnswerValue, order: &[usize]) -> Option<bool>;
    /// The right answer in terms of what was shown.
    fn solution(&self, kind: &QuestionKind, order: &[usize]) -> Solution;
}

/// Practice in all schools, from this node.
pub struct Practice {
    learning: Arc<Learning>,
    questions: Arc<dyn QuestionRules>,
    schedule: Schedule,
}

impl Practice {
    /// Over the records of schools; new cards are seen again by this schedule.
    #[must_use]
    pub fn new(learning: Arc<Learning>, questions: Arc<dyn QuestionRules>, schedule: Schedule) -> Arc<Self> {
        Arc::new(Self { learning, questions, schedule })
    }

    fn records(&self) -> MasteryRecords {
        self.learning.store().mastery()
    }

    /// The question in the version in which it was shown.
    async fn question(&self, school: SchoolId, asked: &Asked) -> Result<Question, RecordError> {
        let quiz = self.learning.store().quizzes().get_version(school, asked.quiz, asked.version).await?;
        let mut questions = quiz.ok_or(RecordError::NotFound)?.content.questions;
        let index = asked.question as usize;
        if index < questions.len() { Ok(questions.swap_remove(index)) } else { Err(RecordError::NotFound) }
    }

    /// Tells a person and those who teach them that something is believed anew.
    async fn tell(&self, school: SchoolId, person: PersonId) {
        let note = Note::of(Resource::Mastery, person.0);
        self.learning.tell(school, &[Audience::Person(person)], &note).await;
        let classes = match self.learning.store().rosters().of_person(school, person).await {
            Ok(classes) => classes,
            Err(error) => return tracing::warn!(%error, "teachers are not told what was learned"),
        };
        for class in classes {
            if class.role != Role::Student || class.state != EnrollmentState::Active {
                continue;
            }
            let note = note.clone().in_class(class.class);
            self.learning.tell(school, &[Audience::Staff(class.class)], &note).await;
        }
    }
}

/// What an answer changes of what is known, without regard to how fast it was; none if it tells nothing.
#[must_use]
pub fn reaction(event: &AnswerEvent, known: &Known, schedule: Schedule) -> Option<Change> {
    rule::learn(event, known, rule::Around { schedule, ..rule::Around::default() })
}

/// A draw from bits that are as good as random.
fn draw(bits: Uuid) -> Option<Draw> {
    // What a float holds exactly; the version and variant of an id stand before these bits.
    let low = bits.as_u64_pair().1 & ((1 << 53) - 1);
    Draw::new(low as f64 / (1_u64 << 53) as f64).ok()
}
