//! The gradebook of a class.

pub mod categories;
pub mod grades;
pub mod line_items;
pub mod policy;
pub mod scores;

use super::{
    Problem,
    caller::{Member, Path, Query},
    refusals::Reading,
    versions::Held,
};
use crate::compose::App;
use axum::{
    extract::State,
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use categories::Category;
use learning::service::gradebook::{GradebookView, StudentRow};
use line_items::LineItem;
use persistence::{Micros, rosters::EnrollmentState};
use protocol::ids::{CategoryId, ClassId, LineItemId, PersonId, ScoreId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// A gradebook with everybody's grades.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Gradebook {
    class: ClassId,
    /// See `grading-policy`.
    #[schema(value_type = Object)]
    policy: serde_json::Value,
    /// By position.
    categories: Vec<Category>,
    /// By position.
    line_items: Vec<LineItem>,
    /// By name, those who left included.
    students: Vec<GradebookRow>,
    /// Milliseconds.
    as_of: u64,
}

/// A student of a gradebook.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GradebookRow {
    id: PersonId,
    name: String,
    /// `active`, `completed` or `withdrawn`.
    #[schema(value_type = String)]
    state: EnrollmentState,
    /// Ungraded work ignored.
    current_grade: Grade,
    /// Ungraded work counted as 0.
    final_grade: Grade,
    categories: Vec<CategoryGrade>,
    /// By line item: the entries that count.
    #[schema(value_type = std::collections::HashMap<String, Cell>)]
    scores: BTreeMap<LineItemId, Cell>,
}

/// A grade.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Grade {
    /// Two decimals; null if nothing counts yet.
    percent: Option<f64>,
    /// By the policy's scale, if it has one.
    letter: Option<String>,
}

/// A grade in a category, percent.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CategoryGrade {
    category: CategoryId,
    current_grade: Option<f64>,
    final_grade: Option<f64>,
}

/// An entry that counts.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Cell {
    id: ScoreId,
    /// Points; null if an earlier score was taken back.
    given: Option<f64>,
    excused: bool,
    /// Milliseconds.
    scored_at: u64,
}

/// As of when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// Only scores up to this moment count, milliseconds; now without.
    as_of: Option<u64>,
}

impl AsOf {
    pub(super) fn micros(&self) -> Option<Micros> {
        self.as_of.map(Micros::from_millis)
    }
}

impl From<learning::grades::Grade> for Grade {
    fn from(grade: learning::grades::Grade) -> Self {
        Self { percent: grade.percent, letter: grade.letter.map(|letter| letter.to_string()) }
    }
}

impl From<StudentRow> for GradebookRow {
    fn from(row: StudentRow) -> Self {
        let StudentRow { student, grade, scores } = row;
        let categories = grade.categories.into_iter().map(|grade| CategoryGrade {
            category: grade.category,
            current_grade: grade.current_grade,
            final_grade: grade.final_grade,
        });
        let scores = scores.into_iter().map(|(item, cell)| {
            let scored_at = cell.scored_at.as_millis();
            (item, Cell { id: cell.id, given: cell.given, excused: cell.excused, scored_at })
        });
        Self {
            id: student.id,
            name: student.name,
            state: student.state,
            current_grade: grade.current_grade.into(),
            final_grade: grade.final_grade.into(),
            categories: categories.collect(),
            scores: scores.collect(),
        }
    }
}

impl Gradebook {
    fn of(view: GradebookView) -> Result<Self, Problem> {
        Ok(Self {
            class: view.class,
            policy: policy::shown(&view.policy)?,
            categories: view.categories.into_iter().map(Category::from).collect(),
            line_items: view.line_items.into_iter().map(LineItem::from).collect(),
            students: view.students.into_iter().map(GradebookRow::from).collect(),
            as_of: view.as_of.as_millis(),
        })
    }
}

/// The gradebook of a class with everybody's grades, for those who run the class. `ETag` stands for all of it but `as_of`.
#[utoipa::path(get, operation_id = "show_gradebook", path = "/api/v1/classes/{id}/gradebook", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), AsOf), responses(
    (status = 200, body = Gradebook),
    (status = 304),
    Reading,
))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    Query(as_of): Query<AsOf>,
    held: Held,
) -> Result<Response, Problem> {
    let as_of = as_of.micros();
    // The tag is of what is there before the gradebook is read: at worst somebody reads once too often.
    let tag = app.learning.gradebook_tag(&member.who, class, as_of).await?;
    let tag = format!("\"{}\"", tag.simple());
    let unchanged = held.or(&tag, ());
    if unchanged.status() == StatusCode::NOT_MODIFIED {
        return Ok(unchanged);
    }
    let view = app.learning.gradebook(&member.who, class, as_of).await?;
    // What grading alone took, for whoever measures.
    let timing = format!("grades;dur={:.3}", view.graded_in.as_secs_f64() * 1_000.0);
    let headers = [(HeaderName::from_static("server-timing"), timing)];
    Ok((super::versions::tagged(&tag), headers, axum::Json(Gradebook::of(view)?)).into_response())
}
