//! Everything that grading a class needs, in as many statements whatever its size.

use super::categories::CategoryRow;
use super::line_items::LineItemRow;
use super::policies::PolicyRow;
use super::{Category, Gradebooks, GradingPolicy, LineItem, categories, line_items, policies};
use crate::rosters::EnrollmentState;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ClassId, LineItemId, PersonId, SchoolId, ScoreId};
use sqlx::FromRow;
use uuid::Uuid;

/// Most entries that are loaded at once: some hundred megabytes.
pub const MAX_LOADED_SCORES: u32 = 1_000_000;

/// The gradebook of a class as it was at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassGradebook {
    /// The newest policy, if the class has one.
    pub policy: Option<GradingPolicy>,
    /// Its categories by position.
    pub categories: Vec<Category>,
    /// Its line items by position.
    pub line_items: Vec<LineItem>,
    /// Its students by name, also those who left.
    pub students: Vec<GradedStudent>,
    /// Every entry of theirs, in no order. Whose role in the class is another one by now has none here.
    pub scores: Vec<ScoreEntry>,
}

/// A student who may have scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradedStudent {
    /// Who.
    pub id: PersonId,
    /// Name, as shown.
    pub name: String,
    /// Whether in the class by now.
    pub state: EnrollmentState,
}

/// One entry of a score, as far as grading needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreEntry {
    /// Which; between entries of the same moment, the greater one counts.
    pub id: ScoreId,
    /// For what.
    pub line_item: LineItemId,
    /// Whose.
    pub student: PersonId,
    /// Points; none takes an earlier score back.
    pub given: Option<f64>,
    /// The line item does not count for this student.
    pub excused: bool,
    /// When.
    pub scored_at: Micros,
}

/// Why a gradebook was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadGradebookError {
    /// The school has no such class.
    #[error("the school has no such class; look at the list again")]
    UnknownClass,
    /// More than is loaded at once.
    #[error("the gradebook has more than {most} entries of scores; grade a class with a shorter history")]
    TooManyScores {
        /// How many are.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LoadGradebookError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownClass => "unknown_class",
            Self::TooManyScores { .. } => "too_many_scores",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CLASS: &str = "SELECT class_id FROM class WHERE school_id = $1 AND class_id = $2";

#[derive(FromRow)]
struct StudentRow {
    person_id: Uuid,
    name: String,
    state: String,
}

const STUDENTS: &str = "
    SELECT enrollment.person_id, person.name, enrollment.state FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.role = 'student'
    ORDER BY person.name, person.person_id";

const STUDENT: &str = "
    SELECT enrollment.person_id, person.name, enrollment.state FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id = $3
        AND enrollment.role = 'student'";

impl StudentRow {
    fn into_student(self) -> Result<GradedStudent, Unavailable> {
        let state = column_word::read(&self.state)?;
        Ok(GradedStudent { id: PersonId(self.person_id), name: self.name, state })
    }
}

#[derive(FromRow)]
struct EntryRow {
    score_id: Uuid,
    line_item_id: Uuid,
    person_id: Uuid,
    given: Option<f64>,
    excused: bool,
    scored_us: Micros,
}

const ENTRIES: &str = "
    SELECT score_id, line_item_id, score.person_id, given, excused, scored_us FROM score
    JOIN enrollment ON enrollment.school_id = score.school_id AND enrollment.class_id = score.class_id
        AND enrollment.person_id = score.person_id AND enrollment.role = 'student'
    WHERE score.school_id = $1 AND score.class_id = $2
    LIMIT $3";

const ENTRIES_OF_STUDENT: &str = "
    SELECT score_id, line_item_id, score.person_id, given, excused, scored_us FROM score
    JOIN enrollment ON enrollment.school_id = score.school_id AND enrollment.class_id = score.class_id
        AND enrollment.person_id = score.person_id AND enrollment.role = 'student'
    WHERE score.school_id = $1 AND score.class_id = $2 AND score.person_id = $4
    LIMIT $3";

impl EntryRow {
    fn into_entry(self) -> ScoreEntry {
        ScoreEntry {
            id: ScoreId(self.score_id),
            line_item: LineItemId(self.line_item_id),
            student: PersonId(self.person_id),
            given: self.given,
            excused: self.excused,
            scored_at: self.scored_us,
        }
    }
}

impl Gradebooks {
    /// The whole gradebook of a class, all of it as it was at one moment.
    ///
    /// # Errors
    /// [`LoadGradebookError`]
    pub async fn load(&self, school: SchoolId, class: ClassId) -> Result<ClassGradebook, LoadGradebookError> {
        self.load_of(school, class, None).await
    }

    /// The gradebook of a class as far as one student's grade needs it: without the other students. Who is none of its
    /// students is not in it.
    ///
    /// # Errors
    /// [`LoadGradebookError`]
    pub async fn load_student(
        &self,
        school: SchoolId,
        class: ClassId,
        student: PersonId,
    ) -> Result<ClassGradebook, LoadGradebookError> {
        self.load_of(school, class, Some(student)).await
    }

    /// The columns of a class by position; none for an unknown class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn line_items(&self, school: SchoolId, class: ClassId) -> Result<Vec<LineItem>, Unavailable> {
        let rows: Vec<LineItemRow> =
            self.db.fetch_all(school, line_items::OF_CLASS, [school.0.into(), class.0.into()]).await?;
        Ok(rows.into_iter().map(LineItemRow::into_line_item).collect())
    }

    /// The categories of a class by position; none for an unknown class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn categories(&self, school: SchoolId, class: ClassId) -> Result<Vec<Category>, Unavailable> {
        let rows: Vec<CategoryRow> =
            self.db.fetch_all(school, categories::OF_CLASS, [school.0.into(), class.0.into()]).await?;
        Ok(rows.into_iter().map(CategoryRow::into_category).collect())
    }

    /// The students of a class by name, also those who left; none for an unknown class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn students(
        &self,
        school: SchoolId,
        class: ClassId,
    ) -> Result<Vec<GradedStudent>, Unavailable> {
        let rows: Vec<StudentRow> =
            self.db.fetch_all(school, STUDENTS, [school.0.into(), class.0.into()]).await?;
        rows.into_iter().map(StudentRow::into_student).collect()
    }

    async fn load_of(
        &self,
        school: SchoolId,
        class: ClassId,
        student: Option<PersonId>,
    ) -> Result<ClassGradebook, LoadGradebookError> {
        let key = || [school.0.into(), class.0.into()];
        let mut tx = self.db.read(school).await.map_err(Unavailable::from)?;
        let found: Option<(Uuid,)> = tx.fetch_optional(CLASS, key()).await.map_err(Unavailable::from)?;
        if found.is_none() {
            return Err(LoadGradebookError::UnknownClass);
        }
        let policy: Option<PolicyRow> =
            tx.fetch_optional(policies::NEWEST, key()).await.map_err(Unavailable::from)?;
        let categories: Vec<CategoryRow> =
            tx.fetch_all(categories::OF_CLASS, key()).await.map_err(Unavailable::from)?;
        let line_items: Vec<LineItemRow> =
            tx.fetch_all(line_items::OF_CLASS, key()).await.map_err(Unavailable::from)?;
        let of_student = student.map(|student| student.0.into());
        let students = if student.is_some() { STUDENT } else { STUDENTS };
        let values = key().into_iter().chain(of_student.clone());
        let students: Vec<StudentRow> = tx.fetch_all(students, values).await.map_err(Unavailable::from)?;
        let entries = if student.is_some() { ENTRIES_OF_STUDENT } else { ENTRIES };
        let most = key().into_iter().chain([(i64::from(MAX_LOADED_SCORES) + 1).into()]).chain(of_student);
        let entries: Vec<EntryRow> = tx.fetch_all(entries, most).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        if entries.len() > MAX_LOADED_SCORES as usize {
            return Err(LoadGradebookError::TooManyScores { most: MAX_LOADED_SCORES });
        }
        Ok(ClassGradebook {
            policy: policy.map(PolicyRow::into_policy),
            categories: categories.into_iter().map(CategoryRow::into_category).collect(),
            line_items: line_items.into_iter().map(LineItemRow::into_line_item).collect(),
            students: students.into_iter().map(StudentRow::into_student).collect::<Result<_, _>>()?,
            scores: entries.into_iter().map(EntryRow::into_entry).collect(),
        })
    }
}
