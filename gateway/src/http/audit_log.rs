//! Who changed grades, rosters and what belongs to a class.

use super::{
    Problem,
    caller::{Query, Staff},
    page::{List, PageQuery},
};
use crate::compose::App;
use axum::{Json, extract::State};
use persistence::audit::{AuditEntry, AuditFilter};
use protocol::{
    ids::{ClassId, PersonId},
    role::Role,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A change.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Change {
    id: Uuid,
    /// Server time, milliseconds.
    occurred_at: u64,
    /// Who did it; null if no person did, such as the end of a game.
    actor: Option<PersonId>,
    /// `score_entered`, `policy_set`, `enrollment_added`, `enrollment_changed`, `submission_returned`,
    /// `message_deleted` or `conversation_configured`.
    #[schema(value_type = String)]
    action: persistence::audit::AuditAction,
    /// `person` or `class`.
    subject_kind: &'static str,
    /// Whose score, place or submission, or which class's policy.
    subject: Uuid,
    /// In which class.
    class: Option<ClassId>,
    /// What is particular to the action.
    detail: serde_json::Value,
}

/// Which changes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only those of this person or class.
    pub subject: Option<Uuid>,
    /// Only those in this class.
    pub class: Option<ClassId>,
}

/// Who changed grades and rosters of the school, the newest first; for its administrators.
#[utoipa::path(get, operation_id = "list_audit_log", path = "/api/v1/audit-log", tag = "people", security(("token" = [])), params(AuditQuery, PageQuery), responses(
    (status = 200, body = List<Change>),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Query(of): Query<AuditQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Change>>, Problem> {
    if !matches!(staff.identity.role, Role::Admin | Role::SchoolAdmin | Role::SuperAdmin) {
        return Err(Problem::forbidden("this is for administrators of the school; sign in as one"));
    }
    let filter = AuditFilter { subject: of.subject, class: of.class };
    let found = app.store.audit_log().list(staff.school, filter, page.cursor()?, page.limit()).await?;
    Ok(Json(List::of(found, show)))
}

fn show(entry: AuditEntry) -> Change {
    Change {
        id: entry.id,
        occurred_at: entry.occurred_at.as_millis(),
        actor: entry.actor,
        action: entry.action,
        subject_kind: entry.subject.kind(),
        subject: entry.subject.id(),
        class: entry.class,
        detail: entry.detail,
    }
}
