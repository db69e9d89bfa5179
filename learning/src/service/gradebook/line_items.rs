//! The line items of a gradebook. Students see those that are not hidden.

use super::setup;
use crate::grades::{Category as EngineCategory, Gradebook, Setup};
use crate::service::title::title;
use crate::service::{ClassView, Learning, Member, RecordError};
use persistence::Micros;
use persistence::gradebook::{
    CreateLineItemError, DeleteLineItemError, LineItem, LineItemContent, UpdateLineItemError,
};
use protocol::ids::{CategoryId, ClassId, LineItemId, SessionId};

/// What a line item is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct LineItemDraft {
    /// Title, as shown.
    pub title: String,
    /// Its category; the first one of the class if none.
    pub category: Option<CategoryId>,
    /// The grading period.
    pub session: Option<SessionId>,
    /// Full points.
    pub points_possible: f64,
    /// When it is due.
    pub due_at: Option<Micros>,
    /// 1,000,000 is 100 %.
    pub weight_ppm: Option<i64>,
    /// Adds to the score and not to what is possible.
    pub extra_credit: bool,
    /// Does not count in any grade.
    pub omit_from_final: bool,
    /// The drop rules leave it alone.
    pub never_drop: bool,
    /// Students do not see it.
    pub hidden: bool,
    /// Its place among all of them.
    pub position: u32,
}

impl Learning {
    /// The line items of a class that the caller may see, by position.
    ///
    /// # Errors
    /// As [`Self::see_class`].
    pub async fn line_items(&self, who: &Member, class: ClassId) -> Result<Vec<LineItem>, RecordError> {
        let view = self.see_class(who, class).await?;
        let mut items = self.store.gradebooks().line_items(who.school, class).await?;
        items.retain(|item| is_shown(&view, item));
        Ok(items)
    }

    /// A line item of a class.
    ///
    /// # Errors
    /// As [`Self::see_class`]; [`RecordError::NotFound`], for students also if it is hidden.
    pub async fn line_item(
        &self,
        who: &Member,
        class: ClassId,
        id: LineItemId,
    ) -> Result<LineItem, RecordError> {
        let view = self.see_class(who, class).await?;
        let found = self.store.gradebooks().line_item(who.school, class, id).await?;
        found.filter(|item| is_shown(&view, item)).ok_or(RecordError::NotFound)
    }

    /// Makes a line item under an id of the caller's; again under the same one gives what is there.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Invalid`]; [`RecordError::Refused`] when the gradebook is full.
    pub async fn create_line_item(
        &self,
        who: &Member,
        class: ClassId,
        id: LineItemId,
        draft: &LineItemDraft,
    ) -> Result<LineItem, RecordError> {
        self.run_class(who, class).await?;
        let content = self.content(who, class, draft).await?;
        match self.store.gradebooks().create_line_item(who.school, class, id, &content).await {
            Ok(()) => {}
            Err(CreateLineItemError::UnknownClass) => return Err(RecordError::NotFound),
            Err(CreateLineItemError::UnknownCategoryOrPeriod) => {
                return Err(self.unknown_place(who, class, &content).await?);
            }
            Err(error @ CreateLineItemError::InvalidPoints) => {
                return Err(RecordError::invalid("points_possible", error.to_string()));
            }
            Err(error @ CreateLineItemError::InvalidWeight) => {
                return Err(RecordError::invalid("weight_ppm", error.to_string()));
            }
            Err(CreateLineItemError::Exists) => return self.line_item(who, class, id).await,
            Err(error @ CreateLineItemError::TooMany { .. }) => {
                return Err(RecordError::refused(error.code(), error.to_string()));
            }
            Err(CreateLineItemError::Unavailable(error)) => return Err(error.into()),
        }
        self.tell_gradebook(who.school, class, !content.hidden).await;
        Ok(LineItem { id, version: 1, content })
    }

    /// Changes a line item, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Invalid`]
    pub async fn change_line_item(
        &self,
        who: &Member,
        class: ClassId,
        id: LineItemId,
        expected: u32,
        draft: &LineItemDraft,
    ) -> Result<LineItem, RecordError> {
        let before = self.run_line_item(who, class, id).await?;
        let content = self.content(who, class, draft).await?;
        let books = self.store.gradebooks();
        let version = match books.update_line_item(who.school, class, id, expected, &content).await {
            Ok(version) => version,
            Err(UpdateLineItemError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(UpdateLineItemError::UnknownLineItem) => return Err(RecordError::NotFound),
            Err(UpdateLineItemError::UnknownCategoryOrPeriod) => {
                return Err(self.unknown_place(who, class, &content).await?);
            }
            Err(error @ UpdateLineItemError::InvalidPoints) => {
                return Err(RecordError::invalid("points_possible", error.to_string()));
            }
            Err(error @ UpdateLineItemError::InvalidWeight) => {
                return Err(RecordError::invalid("weight_ppm", error.to_string()));
            }
            Err(UpdateLineItemError::Unavailable(error)) => return Err(error.into()),
        };
        // What was shown or is shown now.
        self.tell_gradebook(who.school, class, !(before.content.hidden && content.hidden)).await;
        Ok(LineItem { id, version, content })
    }

    /// Deletes a line item without scores, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Refused`] (`has_scores`, `has_assignment`)
    pub async fn delete_line_item(
        &self,
        who: &Member,
        class: ClassId,
        id: LineItemId,
        expected: u32,
    ) -> Result<(), RecordError> {
        let before = self.run_line_item(who, class, id).await?;
        match self.store.gradebooks().delete_line_item(who.school, class, id, expected).await {
            Ok(()) => {}
            Err(DeleteLineItemError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(DeleteLineItemError::UnknownLineItem) => return Err(RecordError::NotFound),
            Err(error @ (DeleteLineItemError::HasScores | DeleteLineItemError::HasAssignment)) => {
                return Err(RecordError::refused(error.code(), error.to_string()));
            }
            Err(DeleteLineItemError::Unavailable(error)) => return Err(error.into()),
        }
        self.tell_gradebook(who.school, class, !before.content.hidden).await;
        Ok(())
    }

    async fn run_line_item(
        &self,
        who: &Member,
        class: ClassId,
        id: LineItemId,
    ) -> Result<LineItem, RecordError> {
        self.run_class(who, class).await?;
        let found = self.store.gradebooks().line_item(who.school, class, id).await?;
        found.ok_or(RecordError::NotFound)
    }

    /// What is kept of a draft, after what the engine would say of it.
    async fn content(
        &self,
        who: &Member,
        class: ClassId,
        draft: &LineItemDraft,
    ) -> Result<LineItemContent, RecordError> {
        let title = title(&draft.title)?;
        let category = match draft.category {
            Some(category) => category,
            None => self.usual_category(who, class).await?,
        };
        let content = LineItemContent {
            title,
            category,
            period: draft.session,
            position: draft.position,
            points_possible: draft.points_possible,
            due_at: draft.due_at,
            weight_ppm: draft.weight_ppm,
            extra_credit: draft.extra_credit,
            omit_from_final: draft.omit_from_final,
            never_drop: draft.never_drop,
            hidden: draft.hidden,
        };
        let policy = self.store.gradebooks().policy(who.school, class, None).await?;
        let policy = setup::policy_of(policy.as_ref())?;
        let item = setup::line_item(LineItemId::generate(), &content, &policy);
        let categories = vec![EngineCategory::new(category)];
        let alone = Setup { policy, categories, line_items: vec![item] };
        Gradebook::open(alone, Vec::new(), &[]).map_err(|error| {
            let field = match error.field().strip_prefix("line_items.") {
                Some("period") => "session",
                Some(field) => field,
                None => "line_item",
            };
            RecordError::invalid(field, error.to_string())
        })?;
        Ok(content)
    }

    /// Which of the two it was that a line item names and that is not there.
    async fn unknown_place(
        &self,
        who: &Member,
        class: ClassId,
        content: &LineItemContent,
    ) -> Result<RecordError, RecordError> {
        let found = self.store.gradebooks().category(who.school, class, content.category).await?;
        Ok(match found {
            None => RecordError::invalid("category", "choose a category of this class, or make it first"),
            Some(_) => RecordError::invalid("session", "choose an academic session of this school"),
        })
    }
}

fn is_shown(view: &ClassView, item: &LineItem) -> bool {
    view.standing.runs_it() || !item.content.hidden
}
