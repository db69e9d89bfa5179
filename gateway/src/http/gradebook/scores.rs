//! Entering scores, and what was entered.

use crate::compose::App;
use crate::http::{
    Problem,
    caller::{Json, Member, Path, Query},
    idempotency::NewIds,
    page::{List, PageQuery},
    refusals::{Making, Reading},
};
use crate::members::acquaint;
use axum::{Json as Reply, extract::State};
use learning::service::gradebook::ScoreDraft;
use persistence::{
    Micros,
    gradebook::{ScoreRecord, ScoreSource, ScoreVerdict},
};
use protocol::ids::{ClassId, LineItemId, PersonId, ScoreId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Scores to enter: all of them or none.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewScores {
    /// 0 to 5,000.
    scores: Vec<NewScore>,
}

/// A score to enter.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewScore {
    /// Chosen by the client, which may then send the same again; a new one without.
    #[serde(default)]
    id: Option<ScoreId>,
    line_item: LineItemId,
    student: PersonId,
    /// Points, -1,000,000 to 1,000,000; null takes an earlier score back.
    given: Option<f64>,
    /// The line item does not count for this student.
    #[serde(default)]
    excused: bool,
    /// Milliseconds, not in the future; now without. The last entry counts.
    #[serde(default)]
    scored_at: Option<u64>,
}

/// What became of the scores, in their order.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EnteredScores {
    scores: Vec<EnteredScore>,
}

/// What became of a score.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EnteredScore {
    id: ScoreId,
    /// `recorded`, or `duplicate` if it was there before.
    verdict: &'static str,
}

/// An entry of a score. Entries are never changed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ScoreEntry {
    id: ScoreId,
    given: Option<f64>,
    excused: bool,
    /// Milliseconds.
    scored_at: u64,
    /// `teacher`, `submission`, `game` or `import`.
    #[schema(value_type = String)]
    source: ScoreSource,
    /// The submission or the game that it comes from.
    source_event: Option<Uuid>,
    /// Who entered it; null if no person did, and for students.
    entered_by: Option<PersonId>,
    /// Milliseconds.
    recorded_at: u64,
}

impl From<ScoreRecord> for ScoreEntry {
    fn from(record: ScoreRecord) -> Self {
        let ScoreRecord { score, entered_by, recorded_at } = record;
        Self {
            id: score.id,
            given: score.given,
            excused: score.excused,
            scored_at: score.scored_at.as_millis(),
            source: score.source,
            source_event: score.source_event,
            entered_by,
            recorded_at: recorded_at.as_millis(),
        }
    }
}

/// Enters scores, all or none.
#[utoipa::path(post, operation_id = "enter_scores", path = "/api/v1/classes/{id}/scores", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path)), request_body = NewScores, responses((status = 200, body = EnteredScores), Making))]
pub async fn enter(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    ids: NewIds,
    Json(new): Json<NewScores>,
) -> Result<Reply<EnteredScores>, Problem> {
    acquaint(&app.store, &member.identity).await?;
    let drafts = new.scores.into_iter().enumerate().map(|(row, new)| ScoreDraft {
        id: new.id.unwrap_or_else(|| ScoreId(ids.id(&format!("score {row}")))),
        line_item: new.line_item,
        student: new.student,
        given: new.given,
        excused: new.excused,
        scored_at: new.scored_at.map(Micros::from_millis),
    });
    let drafts: Vec<_> = drafts.collect();
    let entered = app.learning.enter_scores(&member.who, class, &drafts).await?;
    let scores = entered.into_iter().map(|(id, verdict)| EnteredScore {
        id,
        verdict: match verdict {
            ScoreVerdict::Recorded => "recorded",
            ScoreVerdict::Duplicate => "duplicate",
        },
    });
    Ok(Reply(EnteredScores { scores: scores.collect() }))
}

/// What was ever entered for a student in a line item, the last first: that one counts.
#[utoipa::path(get, operation_id = "list_scores", path = "/api/v1/classes/{id}/scores/{item}/{student}", tag = "grades", security(("token" = [])),
    params(("id" = ClassId, Path), ("item" = LineItemId, Path), ("student" = PersonId, Path), PageQuery),
    responses((status = 200, body = List<ScoreEntry>), Reading))]
pub async fn history(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, item, student)): Path<(ClassId, LineItemId, PersonId)>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<ScoreEntry>>, Problem> {
    let cell = (item, student);
    let found = app.learning.score_history(&member.who, class, cell, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, ScoreEntry::from)))
}
