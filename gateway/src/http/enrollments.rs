//! Who is in a class.

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    page::{List, PageQuery},
    refusals::{Making, Reading},
};
use crate::compose::App;
use axum::{Json as Reply, extract::State, http::StatusCode};
use persistence::rosters::{Enrollment as Kept, EnrollmentState, Place, RosterFilter};
use protocol::{
    ids::{ClassId, PersonId},
    role::Role,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A row of a roster.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Enrollment {
    person: EnrolledPerson,
    /// `student` or `teacher`.
    #[schema(value_type = String)]
    role: Role,
    /// `active`, `completed` or `withdrawn`.
    #[schema(value_type = String)]
    state: EnrollmentState,
    /// More time to answer: 1.0 is the standard.
    time_factor: f64,
    /// Milliseconds; 0 for those of old.
    enrolled_at: u64,
}

/// Who is in a class.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EnrolledPerson {
    id: PersonId,
    name: String,
    /// Empty when there is none.
    email: String,
}

/// What somebody is to be in a class.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewEnrollment {
    /// `student` or `teacher`.
    #[schema(value_type = String, pattern = "^(student|teacher)$")]
    role: Role,
    /// `active`, `completed` or `withdrawn`; `active` without.
    #[schema(value_type = String, pattern = "^(active|completed|withdrawn)$")]
    #[serde(default = "active")]
    state: EnrollmentState,
    /// 1.0 to 3.0; 1.0 without.
    #[schema(minimum = 1, maximum = 3)]
    #[serde(default = "standard")]
    time_factor: f64,
}

/// Which rows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RosterQuery {
    /// Only in this role.
    #[param(value_type = Option<String>)]
    role: Option<Role>,
    /// Only in this state: `active`, `completed` or `withdrawn`.
    #[param(value_type = Option<String>)]
    state: Option<EnrollmentState>,
}

fn active() -> EnrollmentState {
    EnrollmentState::Active
}

fn standard() -> f64 {
    1.0
}

impl From<Kept> for Enrollment {
    fn from(Kept { name, email, place, enrolled_at }: Kept) -> Self {
        Self {
            person: EnrolledPerson { id: place.person, name, email },
            role: place.role,
            state: place.state,
            time_factor: place.time_factor,
            enrolled_at: enrolled_at.as_millis(),
        }
    }
}

/// The roster of a class, the last to come first; for those who run it.
#[utoipa::path(get, operation_id = "list_enrollments", path = "/api/v1/classes/{id}/enrollments", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path), RosterQuery, PageQuery), responses((status = 200, body = List<Enrollment>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    Query(which): Query<RosterQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Enrollment>>, Problem> {
    let filter = RosterFilter { role: which.role, state: which.state };
    let found = app.learning.enrollments(&member.who, class, filter, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, Enrollment::from)))
}

/// Gives somebody of the school a place in a class.
#[utoipa::path(put, operation_id = "enroll", path = "/api/v1/classes/{id}/enrollments/{person}", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path), ("person" = PersonId, Path)),
    request_body = NewEnrollment, responses((status = 200, body = Enrollment), Making))]
pub async fn put(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, person)): Path<(ClassId, PersonId)>,
    Json(new): Json<NewEnrollment>,
) -> Result<Reply<Enrollment>, Problem> {
    let place = Place { person, role: new.role, state: new.state, time_factor: new.time_factor };
    Ok(Reply(app.learning.enroll(&member.who, class, place).await?.into()))
}

/// Withdraws somebody from a class. What they did there stays.
#[utoipa::path(delete, operation_id = "withdraw", path = "/api/v1/classes/{id}/enrollments/{person}", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path), ("person" = PersonId, Path)),
    responses((status = 204, description = "they are withdrawn"), Reading))]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    member: Member,
    Path((class, person)): Path<(ClassId, PersonId)>,
) -> Result<StatusCode, Problem> {
    app.learning.withdraw(&member.who, class, person).await?;
    Ok(StatusCode::NO_CONTENT)
}
