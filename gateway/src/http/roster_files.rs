//! Rosters of classes as CSV files, in the shape of the OneRoster standard.

use super::{
    Problem,
    caller::{Member, Path, Query},
    quizzes::files::file,
    refusals::{Making, Reading},
};
use crate::compose::App;
use axum::{
    Json as Reply,
    body::Bytes,
    extract::{FromRequest as _, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use learning::service::roster_files::{FileVerdict, JudgedRow, RosterFileReport};
use persistence::rosters::OnBadRow;
use protocol::ids::{ClassId, PersonId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest file, bytes: 5,000 rows with long names, whatever other requests may have.
pub const MOST_BYTES: usize = 4 << 20;

/// What happens if a row is bad.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModeQuery {
    /// `all_or_nothing` without.
    #[serde(default)]
    mode: Mode,
}

/// What happens if a row is bad.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is changed in any case: what the file would do is all that is asked.
    Check,
    /// Nothing is taken.
    #[default]
    AllOrNothing,
    /// The other rows are taken.
    TakeGood,
}

/// What a file came to, or would come to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RosterImport {
    /// Whether the rows that are not refused were taken; if not, nothing was changed.
    taken: bool,
    added: usize,
    changed: usize,
    unchanged: usize,
    refused: usize,
    /// One for each row of the file, in its order.
    rows: Vec<RosterRow>,
}

/// What a row came to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RosterRow {
    /// Line in the file, counted from 1 with the header.
    row: u64,
    /// Whom it is about, if the school knows that person.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    verdict: RosterVerdict,
    /// With `refused`: a stable name.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// With `refused`: what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RosterVerdict {
    /// The person was not in the class before.
    Added,
    /// The person's place is another one now.
    Changed,
    /// The person had just this place.
    Unchanged,
    /// It cannot be taken.
    Refused,
}

impl From<JudgedRow> for RosterRow {
    fn from(JudgedRow { row, person, verdict }: JudgedRow) -> Self {
        let plain = |verdict| Self { row, person, verdict, code: None, problem: None };
        match verdict {
            FileVerdict::Added => plain(RosterVerdict::Added),
            FileVerdict::Changed => plain(RosterVerdict::Changed),
            FileVerdict::Unchanged => plain(RosterVerdict::Unchanged),
            FileVerdict::Refused { code, problem } => {
                Self { code: Some(code), problem: Some(problem), ..plain(RosterVerdict::Refused) }
            }
        }
    }
}

impl From<RosterFileReport> for RosterImport {
    fn from(report: RosterFileReport) -> Self {
        let rows: Vec<RosterRow> = report.rows.into_iter().map(RosterRow::from).collect();
        let count = |wanted| rows.iter().filter(|row| row.verdict == wanted).count();
        Self {
            taken: report.taken,
            added: count(RosterVerdict::Added),
            changed: count(RosterVerdict::Changed),
            unchanged: count(RosterVerdict::Unchanged),
            refused: count(RosterVerdict::Refused),
            rows,
        }
    }
}

/// Takes a class's roster from a file of at most 5,000 rows: `enrollments.csv` of OneRoster, with `givenName`, `familyName`,
/// `email` and `timeFactor` beside it. People are found by `userSourcedId` or `email`; who is new, with a name and an email,
/// becomes a student of the school. Rows that cannot be taken are told one by one.
#[utoipa::path(post, operation_id = "import_enrollments", path = "/api/v1/classes/{id}/enrollments/import", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path), ModeQuery), request_body(content((String = "text/csv"))), responses(
    (status = 200, body = RosterImport),
    (status = 413, body = Problem, content_type = "application/problem+json"),
    Making,
))]
pub async fn import(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    Query(how): Query<ModeQuery>,
    request: Request,
) -> Result<Reply<RosterImport>, Problem> {
    // Before the body is looked at: who may not, need not send it.
    app.learning.run_class(&member.who, class).await?;
    if !is_csv(request.headers()) {
        let detail = "send text/csv";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let body = Bytes::from_request(request, &app).await?;
    let on_bad_row = match how.mode {
        Mode::Check => OnBadRow::OnlyCheck,
        Mode::AllOrNothing => OnBadRow::TakeNone,
        Mode::TakeGood => OnBadRow::TakeOthers,
    };
    let report = app.learning.import_roster(&member.who, class, &body, on_bad_row).await?;
    Ok(Reply(report.into()))
}

fn is_csv(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/csv")
}

/// A class's roster as a file that an import takes back, those who left included. No cell of it runs as a formula.
#[utoipa::path(get, operation_id = "export_enrollments", path = "/api/v1/classes/{id}/enrollments/export", tag = "classes", security(("token" = [])),
    params(("id" = ClassId, Path)), responses(
    (status = 200, description = "a file", body = String, content_type = "text/csv"),
    Reading,
))]
pub async fn export(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
) -> Result<Response, Problem> {
    let text = app.learning.export_roster(&member.who, class).await?;
    Ok(file("text/csv; charset=utf-8", &format!("enrollments-{class}.csv"), text))
}
