//! The gradebook of a class: what it is made of, and everybody's grades. Those who run the class see and change all of it; a
//! student sees the own grade, and nothing of line items that are hidden.

mod categories;
mod games;
mod grades;
mod line_items;
mod policy;
mod scores;
mod scrub;
mod setup;

pub use categories::CategoryDraft;
pub use line_items::LineItemDraft;
pub use scores::ScoreDraft;
pub use setup::CategoryRules;
pub(super) use setup::open;

use super::{Audience, Learning, Member, Note, RecordError, Resource};
use crate::grades::{Policy, StudentGrade, grade_class};
use persistence::Micros;
use persistence::gradebook::{
    Category, ClassGradebook, GradedStudent, LineItem, LoadGradebookError, ScoreEntry,
};
use protocol::ids::{ClassId, LineItemId, PersonId, SchoolId, ScoreId};
use scrub::Hidden;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A gradebook as those who run the class see it.
#[derive(Clone, Debug)]
pub struct GradebookView {
    /// Which class.
    pub class: ClassId,
    /// As of when.
    pub as_of: Micros,
    /// The rules.
    pub policy: Policy,
    /// By position.
    pub categories: Vec<Category>,
    /// By position.
    pub line_items: Vec<LineItem>,
    /// By name, those who left included.
    pub students: Vec<StudentRow>,
    /// How long grading took, once all was read.
    pub graded_in: Duration,
}

/// A row of a gradebook.
#[derive(Clone, Debug)]
pub struct StudentRow {
    /// Who.
    pub student: GradedStudent,
    /// The grades.
    pub grade: StudentGrade,
    /// The entries that count.
    pub scores: HashMap<LineItemId, Cell>,
}

/// The entry of a student in a line item that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Which entry.
    pub id: ScoreId,
    /// Points.
    pub given: Option<f64>,
    /// The line item does not count for the student.
    pub excused: bool,
    /// When.
    pub scored_at: Micros,
}

impl Learning {
    /// A text that is another one as soon as the gradebook of a class is.
    ///
    /// # Errors
    /// As [`Self::run_class`].
    pub async fn gradebook_tag(
        &self,
        who: &Member,
        class: ClassId,
        as_of: Option<Micros>,
    ) -> Result<Uuid, RecordError> {
        self.run_class(who, class).await?;
        let as_of = as_of.unwrap_or_else(|| self.now());
        let tag = self.store.gradebooks().fingerprint(who.school, class, as_of).await?;
        tag.ok_or(RecordError::NotFound)
    }

    /// The gradebook of a class as of a moment, by default as it is.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Refused`] if something in it has to be mended before it can be graded.
    pub async fn gradebook(
        &self,
        who: &Member,
        class: ClassId,
        as_of: Option<Micros>,
    ) -> Result<GradebookView, RecordError> {
        self.run_class(who, class).await?;
        let as_of = as_of.unwrap_or_else(|| self.now());
        let book = self.store.gradebooks().load(who.school, class).await.map_err(load_error)?;
        // A class of usual size takes milliseconds; a large one must not hold up everybody else on this thread.
        let view = tokio::task::spawn_blocking(move || view(class, book, as_of));
        view.await.map_err(|error| RecordError::refused("ungradable", error.to_string()))?
    }

    /// Tells those who run a class, and its students if it may be theirs to see, that its gradebook is another one.
    async fn tell_gradebook(&self, school: SchoolId, class: ClassId, students: bool) {
        let note = Note::of(Resource::Gradebook, class.0).in_class(class);
        self.tell(school, &audiences(class, students), &note).await;
    }
}

/// Grades everybody.
fn view(class: ClassId, book: ClassGradebook, as_of: Micros) -> Result<GradebookView, RecordError> {
    let began = Instant::now();
    let opened = open(class, &book)?;
    let grades = grade_class(&opened, as_of.0);
    let graded_in = began.elapsed();
    let mut cells = cells(&book.scores, as_of);
    let students = book.students.into_iter().zip(grades);
    let students = students.map(|(student, grade)| {
        let scores = cells.remove(&student.id).unwrap_or_default();
        StudentRow { student, grade, scores }
    });
    Ok(GradebookView {
        class,
        as_of,
        policy: opened.policy().clone(),
        students: students.collect(),
        categories: book.categories,
        line_items: book.line_items,
        graded_in,
    })
}

/// The entries that count, by student and line item.
fn cells(scores: &[ScoreEntry], as_of: Micros) -> HashMap<PersonId, HashMap<LineItemId, Cell>> {
    let mut cells: HashMap<PersonId, HashMap<LineItemId, Cell>> = HashMap::new();
    for score in scores.iter().filter(|score| score.scored_at <= as_of) {
        let new =
            Cell { id: score.id, given: score.given, excused: score.excused, scored_at: score.scored_at };
        let of_student = cells.entry(score.student).or_default();
        let held = of_student.entry(score.line_item).or_insert(new);
        if (held.scored_at, held.id) < (new.scored_at, new.id) {
            *held = new;
        }
    }
    cells
}

/// Those who run a class, and everybody in it if `students`.
fn audiences(class: ClassId, students: bool) -> Vec<Audience> {
    let staff = [Audience::Staff(class)];
    staff.into_iter().chain(students.then_some(Audience::Class(class))).collect()
}

/// What is hidden, from the line items and categories of a class.
fn hidden(categories: &[Category], line_items: &[LineItem]) -> Hidden {
    let parents: HashMap<_, _> =
        categories.iter().map(|category| (category.id, category.content.parent)).collect();
    let mut hidden = Hidden::default();
    for item in line_items.iter().filter(|item| item.content.hidden) {
        hidden.items.insert(item.id);
        let mut around = Some(item.content.category);
        // Ends at the top, or where it was before.
        while let Some(category) = around.filter(|category| hidden.categories.insert(*category)) {
            around = parents.get(&category).copied().flatten();
        }
    }
    hidden
}

fn load_error(error: LoadGradebookError) -> RecordError {
    match error {
        LoadGradebookError::UnknownClass => RecordError::NotFound,
        LoadGradebookError::TooManyScores { .. } => {
            RecordError::refused("too_many_scores", error.to_string())
        }
        LoadGradebookError::Unavailable(error) => error.into(),
    }
}
