//! A teacher's classes.

use super::{Problem, caller::Staff, page::List};
use crate::compose::App;
use axum::{Json, extract::State};
use protocol::ids::{ClassId, PersonId};
use serde::Serialize;
use std::sync::Arc;

/// A class with its students.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Class {
    id: ClassId,
    name: String,
    /// By name.
    students: Vec<Student>,
}

/// A student of a class.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Student {
    id: PersonId,
    name: String,
    /// More time to answer: 1.0 is the standard.
    time_factor: f64,
}

/// The classes that the caller teaches.
#[utoipa::path(get, operation_id = "list_classes", path = "/api/v1/classes", tag = "people", security(("token" = [])), responses(
    (status = 200, body = List<Class>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(app): State<Arc<App>>, staff: Staff) -> Result<Json<List<Class>>, Problem> {
    let rosters = app.store.classes().of_teacher(staff.school, staff.person).await?;
    let classes = rosters.into_iter().map(|roster| Class {
        id: roster.id,
        name: roster.title,
        students: roster
            .students
            .into_iter()
            .map(|student| Student { id: student.id, name: student.name, time_factor: student.time_factor })
            .collect(),
    });
    Ok(Json(List::whole(classes.collect())))
}
