//! Lists in pages.

use super::Problem;
use axum::http::StatusCode;
use persistence::{Cursor, InvalidCursor};
use serde::{Deserialize, Serialize};

/// Rows of a page when the caller does not say.
const USUAL: u32 = 50;
/// Most rows of a page.
const MOST: u32 = 200;

/// Which part of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before; the first page without.
    pub cursor: Option<String>,
    /// 1 to 200 rows, less or more than that is taken as 1 or 200; 50 without.
    pub limit: Option<u32>,
}

impl PageQuery {
    pub(super) fn limit(&self) -> u32 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }

    pub(super) fn cursor(&self) -> Result<Option<Cursor>, Problem> {
        let parsed = self.cursor.as_deref().map(str::parse).transpose();
        parsed.map_err(|error: InvalidCursor| {
            Problem::new(StatusCode::BAD_REQUEST, "invalid", error.to_string())
        })
    }
}

/// A page of a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct List<T> {
    /// The rows, newest first.
    pub items: Vec<T>,
    /// Cursor of the next page; null on the last one.
    pub next: Option<String>,
}

impl<T> List<T> {
    /// A whole list.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of the store, each row shown by `show`.
    pub(super) fn of<R>(page: persistence::Page<R>, show: impl FnMut(R) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(show).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}
