//! Classes: a teacher's with their students, one as a record, and those that somebody is in.

use super::{
    Problem,
    caller::{Json, Member, Path, Query, Staff},
    idempotency::NewIds,
    page::{List, PageQuery},
    refusals::{Changing, Making, Reading},
    versions::{Held, IfMatch, etag, tagged},
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use persistence::{
    classes::{Class as Kept, ClassContent},
    rosters::{Attendance, EnrollmentState},
};
use protocol::{
    ids::{ClassId, CourseId, PersonId, SessionId},
    role::Role,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A class with its students.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Class {
    id: ClassId,
    version: u32,
    name: String,
    /// The course that it takes.
    course: Option<CourseId>,
    /// The academic session in which it does.
    session: Option<SessionId>,
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

/// What is said of a class.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClassInfo {
    id: ClassId,
    /// Counts its changes, from 1; its roster is not part of them.
    version: u32,
    name: String,
    /// The course that it takes.
    course: Option<CourseId>,
    /// The academic session in which it does.
    session: Option<SessionId>,
    /// Milliseconds; 0 for those of old.
    created_at: u64,
}

/// What is to be said of a class.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewClass {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[serde(default)]
    course: Option<CourseId>,
    #[serde(default)]
    session: Option<SessionId>,
}

/// A class as one of those in it sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MyClass {
    id: ClassId,
    name: String,
    /// As what the caller is there.
    #[schema(value_type = String)]
    role: Role,
    /// `active`, `completed` or `withdrawn`.
    #[schema(value_type = String)]
    state: EnrollmentState,
    course: Option<CourseId>,
    session: Option<SessionId>,
}

/// Which classes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CourseQuery {
    /// Only those that take this course.
    course: Option<CourseId>,
}

impl From<Kept> for ClassInfo {
    fn from(Kept { id, version, created_at, content }: Kept) -> Self {
        Self {
            id,
            version,
            name: content.title,
            course: content.course,
            session: content.session,
            created_at: created_at.as_millis(),
        }
    }
}

impl From<NewClass> for ClassContent {
    fn from(NewClass { name, course, session }: NewClass) -> Self {
        Self { title: name, course, session }
    }
}

impl From<Attendance> for MyClass {
    fn from(attendance: Attendance) -> Self {
        Self {
            id: attendance.class,
            name: attendance.title,
            role: attendance.role,
            state: attendance.state,
            course: attendance.course,
            session: attendance.session,
        }
    }
}

/// The classes that the caller teaches.
#[utoipa::path(get, operation_id = "list_classes", path = "/api/v1/classes", tag = "classes", security(("token" = [])), responses(
    (status = 200, body = List<Class>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(app): State<Arc<App>>, staff: Staff) -> Result<Reply<List<Class>>, Problem> {
    let rosters = app.store.classes().of_teacher(staff.school, staff.person).await?;
    let classes = rosters.into_iter().map(|roster| Class {
        id: roster.id,
        version: roster.version,
        name: roster.title,
        course: roster.course,
        session: roster.session,
        students: roster
            .students
            .into_iter()
            .map(|student| Student { id: student.id, name: student.name, time_factor: student.time_factor })
            .collect(),
    });
    Ok(Reply(List::whole(classes.collect())))
}

/// Makes a class, whose teacher the caller is.
#[utoipa::path(post, operation_id = "create_class", path = "/api/v1/classes", tag = "classes", security(("token" = [])),
    request_body = NewClass, responses((status = 201, body = ClassInfo), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    ids: NewIds,
    Json(new): Json<NewClass>,
) -> Result<impl IntoResponse, Problem> {
    member.who.must_be_staff()?;
    acquaint(&app.store, &member.identity).await?;
    let id = ClassId(ids.id("class"));
    let made = app.learning.create_class(&member.who, id, new.into()).await?;
    let location = format!("/api/v1/classes/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Reply(ClassInfo::from(made))))
}

/// A class, for those who are in it; `ETag` is the version.
#[utoipa::path(get, operation_id = "show_class", path = "/api/v1/classes/{id}", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path)), responses((status = 200, body = ClassInfo), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<ClassId>,
    held: Held,
) -> Result<Response, Problem> {
    let class = app.learning.see_class(&member.who, id).await?.class;
    Ok(held.or(&etag(class.version), ClassInfo::from(class)))
}

/// Changes what a class is called and takes. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_class", path = "/api/v1/classes/{id}", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewClass, responses((status = 200, body = ClassInfo), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<ClassId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewClass>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_class(&member.who, id, expected, new.into()).await?;
    Ok((tagged(&etag(changed.version)), Reply(ClassInfo::from(changed))))
}

/// The classes that the caller may see for being in them now or before, by name, at most 1,000; with what the caller is there.
#[utoipa::path(get, operation_id = "list_own_classes", path = "/api/v1/me/classes", tag = "classes", security(("token" = [])),
    responses((status = 200, body = List<MyClass>), Reading))]
pub async fn own(State(app): State<Arc<App>>, member: Member) -> Result<Reply<List<MyClass>>, Problem> {
    let found = app.learning.own_classes(&member.who).await?;
    Ok(Reply(List::whole(found.into_iter().map(MyClass::from).collect())))
}

/// All classes of the school, the newest first; for its admins.
#[utoipa::path(get, operation_id = "list_school_classes", path = "/api/v1/school/classes", tag = "classes", security(("token" = [])),
    params(CourseQuery, PageQuery), responses((status = 200, body = List<ClassInfo>), Reading))]
pub async fn of_school(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<CourseQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<ClassInfo>>, Problem> {
    let (after, limit) = (page.cursor()?, page.limit());
    let found = app.learning.classes_of_school(&member.who, which.course, after, limit).await?;
    Ok(Reply(List::of(found, ClassInfo::from)))
}
