//! How far people came in lessons.

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    page::{List, PageQuery},
    refusals::{Changing, Making, Reading},
    versions::{IfMatch, etag, tagged},
};
use crate::{compose::App, members::acquaint};
use axum::{Json as Reply, extract::State, response::IntoResponse};
use learning::service::RecordError;
use persistence::{
    Micros,
    progress::{Fraction, Progress as Kept, ProgressOp, ProgressState},
    rosters::EnrollmentState,
};
use protocol::ids::{ClassId, CourseId, LessonId, PersonId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// How far somebody came in a lesson.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Progress {
    lesson: LessonId,
    course: CourseId,
    /// `not_started`, `in_progress` or `completed`.
    #[schema(value_type = String)]
    state: ProgressState,
    /// Parts in a million.
    fraction_ppm: u32,
    /// From 1; each change makes the next one.
    version: u32,
    /// Milliseconds.
    updated_at: u64,
}

/// How far the caller came.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewProgress {
    /// `not_started`, `in_progress` or `completed`.
    #[schema(value_type = String, pattern = "^(not_started|in_progress|completed)$")]
    state: ProgressState,
    /// 0 to 1,000,000 parts in a million.
    #[schema(maximum = 1_000_000)]
    fraction_ppm: u32,
}

/// What was done offline.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct ProgressBatch {
    /// At most 1,000, in any order.
    ops: Vec<Op>,
}

/// Something that was done in a lesson.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Op {
    /// Chosen by the client: another one for everything that is done.
    op: Uuid,
    lesson: LessonId,
    /// `not_started`, `in_progress` or `completed`.
    #[schema(value_type = String, pattern = "^(not_started|in_progress|completed)$")]
    state: ProgressState,
    /// 0 to 1,000,000 parts in a million.
    #[schema(maximum = 1_000_000)]
    fraction_ppm: u32,
    /// Milliseconds.
    happened_at: u64,
}

/// What became of a batch, in its order.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Merged {
    ops: Vec<MergedOp>,
}

/// What became of an operation; the client may forget it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MergedOp {
    op: Uuid,
    /// `accepted`, `duplicate`, `older` (what is kept is as far) or `unknown_lesson`.
    verdict: &'static str,
    /// How far the lesson is after the batch.
    progress: Option<Progress>,
}

/// How far the students of a class came in its course.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClassProgress {
    /// The published lessons, in their order.
    lessons: Vec<ProgressLesson>,
    /// By name, those who left included.
    students: Vec<ProgressRow>,
}

/// A lesson of a class's course.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProgressLesson {
    id: LessonId,
    title: String,
}

/// How far a student came.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProgressRow {
    id: PersonId,
    name: String,
    /// `active`, `completed` or `withdrawn`.
    #[schema(value_type = String)]
    state: EnrollmentState,
    /// By lesson; nothing of those that are not begun.
    #[schema(value_type = std::collections::HashMap<String, ProgressCell>)]
    lessons: BTreeMap<LessonId, ProgressCell>,
}

/// How far a student came in a lesson.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProgressCell {
    /// `not_started`, `in_progress` or `completed`.
    #[schema(value_type = String)]
    state: ProgressState,
    /// Parts in a million.
    fraction_ppm: u32,
    /// Milliseconds.
    updated_at: u64,
}

/// Of which course.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProgressQuery {
    /// Only of this course, in the order of its lessons; all of it at once.
    course: Option<CourseId>,
}

impl From<Kept> for Progress {
    fn from(kept: Kept) -> Self {
        Self {
            lesson: kept.lesson,
            course: kept.course,
            state: kept.state,
            fraction_ppm: kept.fraction.ppm(),
            version: kept.version,
            updated_at: kept.updated_at.as_millis(),
        }
    }
}

/// The caller's progress, the last change first.
#[utoipa::path(get, operation_id = "list_progress", path = "/api/v1/me/progress", tag = "progress", security(("token" = [])),
    params(ProgressQuery, PageQuery), responses((status = 200, body = List<Progress>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Query(of): Query<ProgressQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Progress>>, Problem> {
    if let Some(course) = of.course {
        let found = app.learning.own_progress_in(&member.who, course).await?;
        return Ok(Reply(List::whole(found.into_iter().map(Progress::from).collect())));
    }
    let found = app.learning.own_progress(&member.who, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, Progress::from)))
}

/// Keeps how far the caller came in a lesson; it may be less than before. `If-Match` names the version that was seen, `"0"`
/// if there was none.
#[utoipa::path(put, operation_id = "put_progress", path = "/api/v1/me/progress/{id}", tag = "progress", security(("token" = [])),
    params(("id" = LessonId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewProgress, responses((status = 200, body = Progress), Changing))]
pub async fn put(
    State(app): State<Arc<App>>,
    member: Member,
    Path(lesson): Path<LessonId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewProgress>,
) -> Result<impl IntoResponse, Problem> {
    acquaint(&app.store, &member.identity).await?;
    let kept = app.learning.put_progress(&member.who, lesson, expected, new.state, new.fraction_ppm).await?;
    Ok((tagged(&etag(kept.version)), Reply(Progress::from(kept))))
}

/// Merges what the caller did offline: of two fractions the greater one stays, of two states the later one, and what
/// happened before a lesson was set back does not count. A batch may be sent again.
#[utoipa::path(post, operation_id = "merge_progress", path = "/api/v1/me/progress/batch", tag = "progress", security(("token" = [])),
    request_body = ProgressBatch, responses((status = 200, body = Merged), Making))]
pub async fn merge(
    State(app): State<Arc<App>>,
    member: Member,
    Json(batch): Json<ProgressBatch>,
) -> Result<Reply<Merged>, Problem> {
    acquaint(&app.store, &member.identity).await?;
    let mut ops = Vec::with_capacity(batch.ops.len());
    for (row, op) in (0..).zip(batch.ops) {
        let problem = "give 0 to 1,000,000 parts in a million";
        let fraction = Fraction::from_ppm(op.fraction_ppm).ok_or_else(|| {
            let field = learning::service::FieldError::in_row(row, "fraction_ppm", problem);
            RecordError::Invalid(vec![field])
        })?;
        let occurred_at = Micros::from_millis(op.happened_at);
        ops.push(ProgressOp { id: op.op, lesson: op.lesson, state: op.state, fraction, occurred_at });
    }
    let merged = app.learning.merge_progress(&member.who, &ops).await?;
    let told = ops.iter().zip(merged).map(|(op, (verdict, progress))| MergedOp {
        op: op.id,
        verdict: verdict.code(),
        progress: progress.map(Progress::from),
    });
    Ok(Reply(Merged { ops: told.collect() }))
}

/// How far the students of a class came in its course, for those who run the class.
#[utoipa::path(get, operation_id = "class_progress", path = "/api/v1/classes/{id}/progress", tag = "progress", security(("token" = [])),
    params(("id" = ClassId, Path)), responses((status = 200, body = ClassProgress), Reading))]
pub async fn of_class(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
) -> Result<Reply<ClassProgress>, Problem> {
    let view = app.learning.class_progress(&member.who, class).await?;
    let lessons =
        view.lessons.into_iter().map(|lesson| ProgressLesson { id: lesson.id, title: lesson.title });
    let cell = |kept: Kept| ProgressCell {
        state: kept.state,
        fraction_ppm: kept.fraction.ppm(),
        updated_at: kept.updated_at.as_millis(),
    };
    let students = view.students.into_iter().map(|(student, lessons)| ProgressRow {
        id: student.id,
        name: student.name,
        state: student.state,
        lessons: lessons.into_iter().map(|(lesson, kept)| (lesson, cell(kept))).collect(),
    });
    Ok(Reply(ClassProgress { lessons: lessons.collect(), students: students.collect() }))
}
