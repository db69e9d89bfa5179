//! The line items of a gradebook: its columns.

use super::{Gradebooks, is_weight};
use crate::classes::take_turn;
use crate::db::Value;
use crate::{Micros, Unavailable};
use protocol::ids::{CategoryId, ClassId, LineItemId, SchoolId, SessionId};
use sqlx::FromRow;
use uuid::Uuid;

/// Most line items of a gradebook.
pub const MAX_LINE_ITEMS: u32 = 5_000;

/// Most points of a line item, and of a score in either direction.
pub const MAX_POINTS: f64 = 1_000_000.0;

/// What is said of a line item.
#[derive(Clone, Debug, PartialEq)]
pub struct LineItemContent {
    /// Title, as shown.
    pub title: String,
    /// Its category, of the same class.
    pub category: CategoryId,
    /// The grading period; if none, the one in which it is due.
    pub period: Option<SessionId>,
    /// Its place among all of them; equal ones are in the order of their ids.
    pub position: u32,
    /// Full points, 0 to 1,000,000.
    pub points_possible: f64,
    /// When it is due.
    pub due_at: Option<Micros>,
    /// 1,000,000 is the coefficient 1, or 100 %.
    pub weight_ppm: Option<i64>,
    /// Adds to the score and not to what is possible.
    pub extra_credit: bool,
    /// Does not count in any grade.
    pub omit_from_final: bool,
    /// The drop rules leave it alone.
    pub never_drop: bool,
    /// Students do not see it.
    pub hidden: bool,
}

/// A line item.
#[derive(Clone, Debug, PartialEq)]
pub struct LineItem {
    /// Its id.
    pub id: LineItemId,
    /// Counts its changes, from 1; those of scores do not count.
    pub version: u32,
    /// What is said of it.
    pub content: LineItemContent,
}

/// Why a line item was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateLineItemError {
    /// There is one under the id.
    #[error("there is a line item under this id; change that one or choose another id")]
    Exists,
    /// The school has no such class.
    #[error("the school has no such class; make it first")]
    UnknownClass,
    /// The class has no such category, or the school no such session.
    #[error("the class has no such category, or the school no such grading period; make them first")]
    UnknownCategoryOrPeriod,
    /// Out of range.
    #[error("the points possible must lie between 0 and 1,000,000")]
    InvalidPoints,
    /// Out of range.
    #[error("the weight must lie between 0 and 1,000,000,000 parts in a million")]
    InvalidWeight,
    /// As many as a gradebook takes.
    #[error("the gradebook has {most} line items and takes no more; use one of them")]
    TooMany {
        /// How many that is.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateLineItemError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownClass => "unknown_class",
            Self::UnknownCategoryOrPeriod => "unknown_category_or_period",
            Self::InvalidPoints => "invalid_points",
            Self::InvalidWeight => "invalid_weight",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a line item was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateLineItemError {
    /// Somebody was faster.
    #[error("the line item is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The class has no such line item.
    #[error("the class has no such line item; look at the gradebook again")]
    UnknownLineItem,
    /// The class has no such category, or the school no such session.
    #[error("the class has no such category, or the school no such grading period; make them first")]
    UnknownCategoryOrPeriod,
    /// Out of range.
    #[error("the points possible must lie between 0 and 1,000,000")]
    InvalidPoints,
    /// Out of range.
    #[error("the weight must lie between 0 and 1,000,000,000 parts in a million")]
    InvalidWeight,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateLineItemError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownLineItem => "unknown_line_item",
            Self::UnknownCategoryOrPeriod => "unknown_category_or_period",
            Self::InvalidPoints => "invalid_points",
            Self::InvalidWeight => "invalid_weight",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a line item was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteLineItemError {
    /// Somebody was faster.
    #[error("the line item is at version {current} by now; look at it and delete that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The class has no such line item.
    #[error("the class has no such line item; look at the gradebook again")]
    UnknownLineItem,
    /// Scores are never lost.
    #[error("the line item has scores, which are kept; hide it or leave it out of the grades instead")]
    HasScores,
    /// An assignment sends its scores there.
    #[error("an assignment sends its scores to the line item; choose another one for it first")]
    HasAssignment,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl DeleteLineItemError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownLineItem => "unknown_line_item",
            Self::HasScores => "has_scores",
            Self::HasAssignment => "has_assignment",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const HAS_SCORES: &str = "
    SELECT EXISTS (SELECT 1 FROM score WHERE school_id = $1 AND class_id = $2 AND line_item_id = $3)";

const DELETE: &str = "DELETE FROM line_item WHERE school_id = $1 AND class_id = $2 AND line_item_id = $3";

const COUNT: &str = "SELECT COUNT(*) FROM line_item WHERE school_id = $1 AND class_id = $2";

pub(super) const CREATE: &str = "
    INSERT INTO line_item (school_id, class_id, line_item_id, title, category_id, session_id, position,
        points_possible, due_us, weight_ppm, extra_credit, omit_from_final, never_drop, hidden, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)
    ON CONFLICT (school_id, line_item_id) DO NOTHING";

const UPDATE: &str = "
    UPDATE line_item SET title = $4, category_id = $5, session_id = $6, position = $7, points_possible = $8,
        due_us = $9, weight_ppm = $10, extra_credit = $11, omit_from_final = $12, never_drop = $13, hidden = $14,
        version = version + 1
    WHERE school_id = $1 AND class_id = $2 AND line_item_id = $3 AND version = $15";

#[derive(FromRow)]
pub(super) struct LineItemRow {
    line_item_id: Uuid,
    title: String,
    category_id: Uuid,
    session_id: Option<Uuid>,
    #[sqlx(try_from = "i64")]
    position: u32,
    points_possible: f64,
    due_us: Option<i64>,
    weight_ppm: Option<i64>,
    extra_credit: bool,
    omit_from_final: bool,
    never_drop: bool,
    hidden: bool,
    #[sqlx(try_from = "i64")]
    version: u32,
}

const GET: &str = "
    SELECT line_item_id, title, category_id, session_id, position, points_possible, due_us, weight_ppm, extra_credit,
        omit_from_final, never_drop, hidden, version FROM line_item
    WHERE school_id = $1 AND class_id = $2 AND line_item_id = $3";

pub(super) const OF_CLASS: &str = "
    SELECT line_item_id, title, category_id, session_id, position, points_possible, due_us, weight_ppm, extra_credit,
        omit_from_final, never_drop, hidden, version FROM line_item
    WHERE school_id = $1 AND class_id = $2
    ORDER BY position, line_item_id";

impl LineItemRow {
    pub(super) fn into_line_item(self) -> LineItem {
        let content = LineItemContent {
            title: self.title,
            category: CategoryId(self.category_id),
            period: self.session_id.map(SessionId),
            position: self.position,
            points_possible: self.points_possible,
            due_at: self.due_us.map(Micros),
            weight_ppm: self.weight_ppm,
            extra_credit: self.extra_credit,
            omit_from_final: self.omit_from_final,
            never_drop: self.never_drop,
            hidden: self.hidden,
        };
        LineItem { id: LineItemId(self.line_item_id), version: self.version, content }
    }
}

impl Gradebooks {
    /// Keeps a new line item as version 1.
    ///
    /// # Errors
    /// [`CreateLineItemError`]; nothing was kept then.
    pub async fn create_line_item(
        &self,
        school: SchoolId,
        class: ClassId,
        id: LineItemId,
        content: &LineItemContent,
    ) -> Result<(), CreateLineItemError> {
        if !are_points_possible(content.points_possible) {
            return Err(CreateLineItemError::InvalidPoints);
        }
        if !is_weight(content.weight_ppm) {
            return Err(CreateLineItemError::InvalidWeight);
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, class).await? {
            return Err(CreateLineItemError::UnknownClass);
        }
        let (count,): (i64,) =
            tx.fetch_one(COUNT, [school.0.into(), class.0.into()]).await.map_err(Unavailable::from)?;
        if count >= i64::from(MAX_LINE_ITEMS) {
            return Err(CreateLineItemError::TooMany { most: MAX_LINE_ITEMS });
        }
        match tx.execute(CREATE, values(school, class, id, content)).await {
            Ok(0) => return Err(CreateLineItemError::Exists),
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(CreateLineItemError::UnknownCategoryOrPeriod);
            }
            Err(error) => return Err(CreateLineItemError::Unavailable(error.into())),
        }
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// Changes a line item, if `expected` is still its version. Returns the new version.
    ///
    /// # Errors
    /// [`UpdateLineItemError`]; nothing was changed then.
    pub async fn update_line_item(
        &self,
        school: SchoolId,
        class: ClassId,
        id: LineItemId,
        expected: u32,
        content: &LineItemContent,
    ) -> Result<u32, UpdateLineItemError> {
        if !are_points_possible(content.points_possible) {
            return Err(UpdateLineItemError::InvalidPoints);
        }
        if !is_weight(content.weight_ppm) {
            return Err(UpdateLineItemError::InvalidWeight);
        }
        let values = values(school, class, id, content).into_iter().chain([expected.into()]);
        match self.db.execute(school, UPDATE, values).await {
            Ok(0) => match self.line_item(school, class, id).await? {
                Some(item) => Err(UpdateLineItemError::Conflict { current: item.version }),
                None => Err(UpdateLineItemError::UnknownLineItem),
            },
            Ok(_) => Ok(expected + 1),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(UpdateLineItemError::UnknownCategoryOrPeriod)
            }
            Err(error) => Err(UpdateLineItemError::Unavailable(error.into())),
        }
    }

    /// Deletes a line item without scores, if `expected` is still its version.
    ///
    /// # Errors
    /// [`DeleteLineItemError`]; nothing was changed then.
    pub async fn delete_line_item(
        &self,
        school: SchoolId,
        class: ClassId,
        id: LineItemId,
        expected: u32,
    ) -> Result<(), DeleteLineItemError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        // No score comes before this is kept: they take their turns, too.
        if !take_turn(&mut tx, school, class).await? {
            return Err(DeleteLineItemError::UnknownLineItem);
        }
        let key = || [school.0.into(), class.0.into(), id.0.into()];
        let row: Option<LineItemRow> = tx.fetch_optional(GET, key()).await.map_err(Unavailable::from)?;
        let current = row.ok_or(DeleteLineItemError::UnknownLineItem)?.version;
        if current != expected {
            return Err(DeleteLineItemError::Conflict { current });
        }
        let (scored,): (bool,) = tx.fetch_one(HAS_SCORES, key()).await.map_err(Unavailable::from)?;
        if scored {
            return Err(DeleteLineItemError::HasScores);
        }
        match tx.execute(DELETE, key()).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(DeleteLineItemError::HasAssignment);
            }
            Err(error) => return Err(DeleteLineItemError::Unavailable(error.into())),
        }
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// A line item of a class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn line_item(
        &self,
        school: SchoolId,
        class: ClassId,
        id: LineItemId,
    ) -> Result<Option<LineItem>, Unavailable> {
        let values = [school.0.into(), class.0.into(), id.0.into()];
        let row: Option<LineItemRow> = self.db.fetch_optional(school, GET, values).await?;
        Ok(row.map(LineItemRow::into_line_item))
    }
}

pub(super) fn values(
    school: SchoolId,
    class: ClassId,
    id: LineItemId,
    content: &LineItemContent,
) -> [Value<'_>; 14] {
    [
        school.0.into(),
        class.0.into(),
        id.0.into(),
        (&content.title).into(),
        content.category.0.into(),
        content.period.map(|period| period.0).into(),
        content.position.into(),
        content.points_possible.into(),
        content.due_at.map(|at| at.0).into(),
        content.weight_ppm.into(),
        content.extra_credit.into(),
        content.omit_from_final.into(),
        content.never_drop.into(),
        content.hidden.into(),
    ]
}

/// A NaN is in no range; SQLite would keep it as nothing.
fn are_points_possible(points: f64) -> bool {
    (0.0..=MAX_POINTS).contains(&points)
}
