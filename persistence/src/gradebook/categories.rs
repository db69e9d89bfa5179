//! The categories of a gradebook: a tree, for rules that know one.

use super::{Gradebooks, is_weight};
use crate::Unavailable;
use crate::classes::take_turn;
use crate::db::Value;
use protocol::ids::{CategoryId, ClassId, SchoolId};
use serde_json::Value as JsonValue;
use sqlx::FromRow;
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Most categories of a gradebook.
pub const MAX_CATEGORIES: u32 = 500;

/// What is said of a category.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryContent {
    /// Title, as shown.
    pub title: String,
    /// The category around it.
    pub parent: Option<CategoryId>,
    /// Its place among all of them; equal ones are in the order of their ids.
    pub position: u32,
    /// 1,000,000 is 100 %.
    pub weight_ppm: Option<i64>,
    /// What else the grade engine knows of a category, such as drop rules.
    pub rules: JsonValue,
}

/// A category.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Counts its changes, from 1.
    pub version: u32,
    /// What is said of it.
    pub content: CategoryContent,
}

/// Why a category was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateCategoryError {
    /// There is one under the id.
    #[error("there is a category under this id; change that one or choose another id")]
    Exists,
    /// The school has no such class.
    #[error("the school has no such class; make it first")]
    UnknownClass,
    /// The class has no such category around it.
    #[error("the class has no such parent category; make it first")]
    UnknownParent,
    /// Out of range.
    #[error("the weight must lie between 0 and 1,000,000,000 parts in a million")]
    InvalidWeight,
    /// As many as a gradebook takes.
    #[error("the gradebook has {most} categories and takes no more; use one of them")]
    TooMany {
        /// How many that is.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateCategoryError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownClass => "unknown_class",
            Self::UnknownParent => "unknown_parent",
            Self::InvalidWeight => "invalid_weight",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a category was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateCategoryError {
    /// Somebody was faster.
    #[error("the category is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The class has no such category.
    #[error("the class has no such category; look at the gradebook again")]
    UnknownCategory,
    /// The class has no such category around it.
    #[error("the class has no such parent category; make it first")]
    UnknownParent,
    /// It would lie within itself.
    #[error("the parent lies within the category itself; choose another one")]
    Cycle,
    /// Out of range.
    #[error("the weight must lie between 0 and 1,000,000,000 parts in a million")]
    InvalidWeight,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateCategoryError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownCategory => "unknown_category",
            Self::UnknownParent => "unknown_parent",
            Self::Cycle => "cycle",
            Self::InvalidWeight => "invalid_weight",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a category was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteCategoryError {
    /// Somebody was faster.
    #[error("the category is at version {current} by now; look at it and delete that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The class has no such category.
    #[error("the class has no such category; look at the gradebook again")]
    UnknownCategory,
    /// Something lies within it.
    #[error("the category has line items or categories; move them to another one first")]
    InUse,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl DeleteCategoryError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownCategory => "unknown_category",
            Self::InUse => "in_use",
            Self::Unavailable(error) => error.code(),
        }
    }
}

#[derive(FromRow)]
struct NodeRow {
    category_id: Uuid,
    parent_id: Option<Uuid>,
    #[sqlx(try_from = "i64")]
    version: u32,
}

const TREE: &str = "
    SELECT category_id, parent_id, version FROM grade_category WHERE school_id = $1 AND class_id = $2";

pub(super) const CREATE: &str = "
    INSERT INTO grade_category
        (school_id, class_id, category_id, title, parent_id, position, weight_ppm, rules, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
    ON CONFLICT (school_id, category_id) DO NOTHING";

const GET: &str = "
    SELECT category_id, title, parent_id, position, weight_ppm, rules, version FROM grade_category
    WHERE school_id = $1 AND class_id = $2 AND category_id = $3";

const ENSURE_FIRST: &str = "
    INSERT INTO grade_category
        (school_id, class_id, category_id, title, parent_id, position, weight_ppm, rules, version)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, 1
    WHERE NOT EXISTS (SELECT 1 FROM grade_category WHERE school_id = $1 AND class_id = $2)
    ON CONFLICT (school_id, category_id) DO NOTHING";

const DELETE: &str = "DELETE FROM grade_category WHERE school_id = $1 AND class_id = $2 AND category_id = $3";

const UPDATE: &str = "
    UPDATE grade_category
    SET title = $4, parent_id = $5, position = $6, weight_ppm = $7, rules = $8, version = version + 1
    WHERE school_id = $1 AND class_id = $2 AND category_id = $3";

#[derive(FromRow)]
pub(super) struct CategoryRow {
    category_id: Uuid,
    title: String,
    parent_id: Option<Uuid>,
    #[sqlx(try_from = "i64")]
    position: u32,
    weight_ppm: Option<i64>,
    rules: Json<JsonValue>,
    #[sqlx(try_from = "i64")]
    version: u32,
}

pub(super) const OF_CLASS: &str = "
    SELECT category_id, title, parent_id, position, weight_ppm, rules, version FROM grade_category
    WHERE school_id = $1 AND class_id = $2
    ORDER BY position, category_id";

impl CategoryRow {
    pub(super) fn into_category(self) -> Category {
        let content = CategoryContent {
            title: self.title,
            parent: self.parent_id.map(CategoryId),
            position: self.position,
            weight_ppm: self.weight_ppm,
            rules: self.rules.0,
        };
        Category { id: CategoryId(self.category_id), version: self.version, content }
    }
}

impl Gradebooks {
    /// Keeps a new category as version 1.
    ///
    /// # Errors
    /// [`CreateCategoryError`]; nothing was kept then.
    pub async fn create_category(
        &self,
        school: SchoolId,
        class: ClassId,
        id: CategoryId,
        content: &CategoryContent,
    ) -> Result<(), CreateCategoryError> {
        if !is_weight(content.weight_ppm) {
            return Err(CreateCategoryError::InvalidWeight);
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, class).await? {
            return Err(CreateCategoryError::UnknownClass);
        }
        let tree = tx.fetch_all(TREE, [school.0.into(), class.0.into()]).await;
        let tree: Vec<NodeRow> = tree.map_err(Unavailable::from)?;
        if content.parent.is_some_and(|parent| !tree.iter().any(|node| node.category_id == parent.0)) {
            return Err(CreateCategoryError::UnknownParent);
        }
        if tree.len() >= MAX_CATEGORIES as usize {
            return Err(CreateCategoryError::TooMany { most: MAX_CATEGORIES });
        }
        if tx.execute(CREATE, values(school, class, id, content)?).await.map_err(Unavailable::from)? == 0 {
            return Err(CreateCategoryError::Exists);
        }
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// Changes a category, if `expected` is still its version. Returns the new version.
    ///
    /// # Errors
    /// [`UpdateCategoryError`]; nothing was changed then.
    pub async fn update_category(
        &self,
        school: SchoolId,
        class: ClassId,
        id: CategoryId,
        expected: u32,
        content: &CategoryContent,
    ) -> Result<u32, UpdateCategoryError> {
        if !is_weight(content.weight_ppm) {
            return Err(UpdateCategoryError::InvalidWeight);
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        // The tree must not change before this change of it is kept.
        if !take_turn(&mut tx, school, class).await? {
            return Err(UpdateCategoryError::UnknownCategory);
        }
        let tree = tx.fetch_all(TREE, [school.0.into(), class.0.into()]).await;
        let tree: Vec<NodeRow> = tree.map_err(Unavailable::from)?;
        let current = tree.iter().find(|node| node.category_id == id.0).map(|node| node.version);
        let current = current.ok_or(UpdateCategoryError::UnknownCategory)?;
        if current != expected {
            return Err(UpdateCategoryError::Conflict { current });
        }
        check_parent(&tree, id, content.parent)?;
        tx.execute(UPDATE, values(school, class, id, content)?).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(current + 1)
    }

    /// Deletes a category in which nothing lies, if `expected` is still its version.
    ///
    /// # Errors
    /// [`DeleteCategoryError`]; nothing was changed then.
    pub async fn delete_category(
        &self,
        school: SchoolId,
        class: ClassId,
        id: CategoryId,
        expected: u32,
    ) -> Result<(), DeleteCategoryError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, class).await? {
            return Err(DeleteCategoryError::UnknownCategory);
        }
        let key = || [school.0.into(), class.0.into(), id.0.into()];
        let row: Option<CategoryRow> = tx.fetch_optional(GET, key()).await.map_err(Unavailable::from)?;
        let current = row.ok_or(DeleteCategoryError::UnknownCategory)?.version;
        if current != expected {
            return Err(DeleteCategoryError::Conflict { current });
        }
        match tx.execute(DELETE, key()).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(DeleteCategoryError::InUse);
            }
            Err(error) => return Err(DeleteCategoryError::Unavailable(error.into())),
        }
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// Makes a category in a class that has none. Returns whether it did.
    ///
    /// # Errors
    /// [`CreateCategoryError`]; nothing was kept then.
    pub async fn ensure_category(
        &self,
        school: SchoolId,
        class: ClassId,
        id: CategoryId,
        content: &CategoryContent,
    ) -> Result<bool, CreateCategoryError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !take_turn(&mut tx, school, class).await? {
            return Err(CreateCategoryError::UnknownClass);
        }
        let values = values(school, class, id, content)?;
        let made = tx.execute(ENSURE_FIRST, values).await.map_err(Unavailable::from)? > 0;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(made)
    }

    /// A category of a class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn category(
        &self,
        school: SchoolId,
        class: ClassId,
        id: CategoryId,
    ) -> Result<Option<Category>, Unavailable> {
        let values = [school.0.into(), class.0.into(), id.0.into()];
        let row: Option<CategoryRow> = self.db.fetch_optional(school, GET, values).await?;
        Ok(row.map(CategoryRow::into_category))
    }
}

pub(super) fn values(
    school: SchoolId,
    class: ClassId,
    id: CategoryId,
    content: &CategoryContent,
) -> Result<[Value<'_>; 8], Unavailable> {
    Ok([
        school.0.into(),
        class.0.into(),
        id.0.into(),
        (&content.title).into(),
        content.parent.map(|parent| parent.0).into(),
        content.position.into(),
        content.weight_ppm.into(),
        Value::json(&content.rules)?,
    ])
}

/// Goes up from the parent: it exists, and the category is not on the way.
fn check_parent(
    tree: &[NodeRow],
    id: CategoryId,
    parent: Option<CategoryId>,
) -> Result<(), UpdateCategoryError> {
    let parents: HashMap<Uuid, Option<Uuid>> =
        tree.iter().map(|node| (node.category_id, node.parent_id)).collect();
    let mut above = parent.map(|parent| parent.0);
    // No way is longer than the tree.
    for _ in 0..=tree.len() {
        let Some(category) = above else { return Ok(()) };
        if category == id.0 {
            return Err(UpdateCategoryError::Cycle);
        }
        above = *parents.get(&category).ok_or(UpdateCategoryError::UnknownParent)?;
    }
    Err(UpdateCategoryError::Cycle)
}
