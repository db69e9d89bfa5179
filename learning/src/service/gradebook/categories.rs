//! The categories of a gradebook.

use super::setup::{self, CategoryRules};
use crate::grades::{Gradebook, Setup};
use crate::service::title::title;
use crate::service::{Learning, Member, RecordError};
use persistence::gradebook::{
    Category, CategoryContent, CreateCategoryError, DeleteCategoryError, UpdateCategoryError,
};
use protocol::ids::{CategoryId, ClassId};
use serde::Deserialize as _;
use serde_json::Value as Json;

/// What a category is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryDraft {
    /// Title, as shown.
    pub title: String,
    /// The category around it.
    pub parent: Option<CategoryId>,
    /// 1,000,000 is 100 %.
    pub weight_ppm: Option<i64>,
    /// See [`CategoryRules`]; what is not said is as usual.
    pub rules: Json,
    /// Its place among all of them.
    pub position: u32,
}

impl Learning {
    /// The categories of a class by position.
    ///
    /// # Errors
    /// As [`Self::see_class`].
    pub async fn grade_categories(&self, who: &Member, class: ClassId) -> Result<Vec<Category>, RecordError> {
        self.see_class(who, class).await?;
        Ok(self.store.gradebooks().categories(who.school, class).await?)
    }

    /// A category of a class.
    ///
    /// # Errors
    /// As [`Self::see_class`]; [`RecordError::NotFound`]
    pub async fn grade_category(
        &self,
        who: &Member,
        class: ClassId,
        id: CategoryId,
    ) -> Result<Category, RecordError> {
        self.see_class(who, class).await?;
        let found = self.store.gradebooks().category(who.school, class, id).await?;
        found.ok_or(RecordError::NotFound)
    }

    /// Makes a category under an id of the caller's; again under the same one gives what is there.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Invalid`]; [`RecordError::Refused`] when the gradebook is full.
    pub async fn create_grade_category(
        &self,
        who: &Member,
        class: ClassId,
        id: CategoryId,
        draft: &CategoryDraft,
    ) -> Result<Category, RecordError> {
        self.run_class(who, class).await?;
        let content = content(draft)?;
        match self.store.gradebooks().create_category(who.school, class, id, &content).await {
            Ok(()) => {}
            Err(CreateCategoryError::UnknownClass) => return Err(RecordError::NotFound),
            Err(error @ CreateCategoryError::UnknownParent) => {
                return Err(RecordError::invalid("parent", error.to_string()));
            }
            Err(error @ CreateCategoryError::InvalidWeight) => {
                return Err(RecordError::invalid("weight_ppm", error.to_string()));
            }
            Err(CreateCategoryError::Exists) => return self.grade_category(who, class, id).await,
            Err(error @ CreateCategoryError::TooMany { .. }) => {
                return Err(RecordError::refused(error.code(), error.to_string()));
            }
            Err(CreateCategoryError::Unavailable(error)) => return Err(error.into()),
        }
        self.tell_gradebook(who.school, class, true).await;
        Ok(Category { id, version: 1, content })
    }

    /// Changes a category, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Invalid`]
    pub async fn change_grade_category(
        &self,
        who: &Member,
        class: ClassId,
        id: CategoryId,
        expected: u32,
        draft: &CategoryDraft,
    ) -> Result<Category, RecordError> {
        self.run_class(who, class).await?;
        let content = content(draft)?;
        let books = self.store.gradebooks();
        let version = match books.update_category(who.school, class, id, expected, &content).await {
            Ok(version) => version,
            Err(UpdateCategoryError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(UpdateCategoryError::UnknownCategory) => return Err(RecordError::NotFound),
            Err(error @ (UpdateCategoryError::UnknownParent | UpdateCategoryError::Cycle)) => {
                return Err(RecordError::invalid("parent", error.to_string()));
            }
            Err(error @ UpdateCategoryError::InvalidWeight) => {
                return Err(RecordError::invalid("weight_ppm", error.to_string()));
            }
            Err(UpdateCategoryError::Unavailable(error)) => return Err(error.into()),
        };
        self.tell_gradebook(who.school, class, true).await;
        Ok(Category { id, version, content })
    }

    /// Deletes a category in which nothing lies, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Refused`] (`in_use`)
    pub async fn delete_grade_category(
        &self,
        who: &Member,
        class: ClassId,
        id: CategoryId,
        expected: u32,
    ) -> Result<(), RecordError> {
        self.run_class(who, class).await?;
        match self.store.gradebooks().delete_category(who.school, class, id, expected).await {
            Ok(()) => {}
            Err(DeleteCategoryError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(DeleteCategoryError::UnknownCategory) => return Err(RecordError::NotFound),
            Err(error @ DeleteCategoryError::InUse) => {
                return Err(RecordError::refused(error.code(), error.to_string()));
            }
            Err(DeleteCategoryError::Unavailable(error)) => return Err(error.into()),
        }
        self.tell_gradebook(who.school, class, true).await;
        Ok(())
    }
}

/// What is kept of a draft: its rules in full.
fn content(draft: &CategoryDraft) -> Result<CategoryContent, RecordError> {
    let rules = if draft.rules.is_null() {
        CategoryRules::default()
    } else {
        CategoryRules::deserialize(&draft.rules)
            .map_err(|error| RecordError::invalid("rules", format!("mend them: {error}")))?
    };
    // The tree is looked at where it is kept; here, what the engine takes of a category alone.
    let alone = rules.category(CategoryId::generate(), None, draft.weight_ppm);
    let setup = Setup { categories: vec![alone], ..Setup::default() };
    Gradebook::open(setup, Vec::new(), &[]).map_err(|error| {
        let field = match error.field().strip_prefix("categories.") {
            Some("max_points") => "rules.max_points",
            Some(field) => field,
            None => "rules",
        };
        RecordError::invalid(field, error.to_string())
    })?;
    Ok(CategoryContent {
        title: title(&draft.title)?,
        parent: draft.parent,
        position: draft.position,
        weight_ppm: draft.weight_ppm,
        rules: serde_json::to_value(&rules).map_err(persistence::Unavailable::from)?,
    })
}

/// The category that new line items without one go to: the first of the class, made if there is none.
impl Learning {
    pub(super) async fn usual_category(
        &self,
        who: &Member,
        class: ClassId,
    ) -> Result<CategoryId, RecordError> {
        let books = self.store.gradebooks();
        let (id, content) = setup::first_category(class);
        match books.ensure_category(who.school, class, id, &content).await {
            Ok(true) => return Ok(id),
            Ok(false) => {}
            Err(CreateCategoryError::Unavailable(error)) => return Err(error.into()),
            Err(_) => return Err(RecordError::NotFound),
        }
        let all = books.categories(who.school, class).await?;
        let top = all.iter().find(|category| category.content.parent.is_none());
        top.or(all.first()).map(|category| category.id).ok_or(RecordError::NotFound)
    }
}
