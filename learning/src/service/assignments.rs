//! The work that a class is given. Students see what is no draft, hand in their own, and get it back with its score.

mod late;
mod submissions;

pub use late::WorkPolicy;
pub use submissions::{ReturnDraft, Returned};

use super::title::title;
use super::{Audience, ClassView, Learning, Member, Note, RecordError, Resource};
use persistence::assignments::{
    Assignment, AssignmentContent, AssignmentState, CreateAssignmentError, UpdateAssignmentError,
};
use persistence::{Cursor, Page};
use protocol::ids::{AssignmentId, ClassId, LineItemId};
use std::collections::HashSet;

impl Learning {
    /// The assignments of a class that the caller may see, the newest first; `limit` of them behind `after`.
    ///
    /// # Errors
    /// As [`Self::see_class`].
    pub async fn assignments(
        &self,
        who: &Member,
        class: ClassId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Assignment>, RecordError> {
        let view = self.see_class(who, class).await?;
        let drafts = view.standing.runs_it();
        let mut page = self.store.assignments().of_class(who.school, class, drafts, after, limit).await?;
        let hidden = self.hidden_items(&view, who).await?;
        for assignment in &mut page.items {
            veil(assignment, &hidden);
        }
        Ok(page)
    }

    /// An assignment.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for what the caller may not see, for students also drafts.
    pub async fn assignment(&self, who: &Member, id: AssignmentId) -> Result<Assignment, RecordError> {
        let (view, mut assignment) = self.see_assignment(who, id).await?;
        veil(&mut assignment, &self.hidden_items(&view, who).await?);
        Ok(assignment)
    }

    /// Makes an assignment under an id of the caller's; again under the same one gives what is there.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Invalid`]
    pub async fn create_assignment(
        &self,
        who: &Member,
        class: ClassId,
        id: AssignmentId,
        content: AssignmentContent,
    ) -> Result<Assignment, RecordError> {
        self.run_class(who, class).await?;
        let content = checked(content)?;
        let now = self.now();
        match self.store.assignments().create(who.school, class, id, &content, now).await {
            Ok(()) => {}
            Err(CreateAssignmentError::Exists) => return self.assignment(who, id).await,
            Err(CreateAssignmentError::UnknownClassOrLineItem) => return Err(unknown_line_item()),
            Err(error @ CreateAssignmentError::InvalidAttempts) => {
                return Err(RecordError::invalid("attempts", error.to_string()));
            }
            Err(CreateAssignmentError::Unavailable(error)) => return Err(error.into()),
        }
        let assignment = Assignment { id, class, version: 1, created_at: now, content };
        self.tell_assignment(who, &assignment, AssignmentState::Draft).await;
        Ok(assignment)
    }

    /// Changes an assignment, if `expected` is still its version.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Invalid`]
    pub async fn change_assignment(
        &self,
        who: &Member,
        id: AssignmentId,
        expected: u32,
        content: AssignmentContent,
    ) -> Result<Assignment, RecordError> {
        let (view, before) = self.see_assignment(who, id).await?;
        if !view.standing.runs_it() {
            return Err(RecordError::NotAllowed);
        }
        let content = checked(content)?;
        let version = match self.store.assignments().update(who.school, id, expected, &content).await {
            Ok(version) => version,
            Err(UpdateAssignmentError::Conflict { current }) => {
                return Err(RecordError::Conflict { current });
            }
            Err(UpdateAssignmentError::UnknownAssignment) => return Err(RecordError::NotFound),
            Err(UpdateAssignmentError::UnknownLineItem) => return Err(unknown_line_item()),
            Err(error @ UpdateAssignmentError::InvalidAttempts) => {
                return Err(RecordError::invalid("attempts", error.to_string()));
            }
            Err(UpdateAssignmentError::Unavailable(error)) => return Err(error.into()),
        };
        let was = before.content.state;
        let assignment = Assignment { version, content, ..before };
        self.tell_assignment(who, &assignment, was).await;
        Ok(assignment)
    }

    /// An assignment and its class, as far as the caller may know of them.
    async fn see_assignment(
        &self,
        who: &Member,
        id: AssignmentId,
    ) -> Result<(ClassView, Assignment), RecordError> {
        let found = self.store.assignments().get(who.school, id).await?;
        let assignment = found.ok_or(RecordError::NotFound)?;
        let view = self.see_class(who, assignment.class).await?;
        if assignment.content.state == AssignmentState::Draft && !view.standing.runs_it() {
            return Err(RecordError::NotFound);
        }
        Ok((view, assignment))
    }

    /// The line items of a class that the caller must not know of.
    async fn hidden_items(&self, view: &ClassView, who: &Member) -> Result<HashSet<LineItemId>, RecordError> {
        if view.standing.runs_it() {
            return Ok(HashSet::new());
        }
        let items = self.store.gradebooks().line_items(who.school, view.class.id).await?;
        Ok(items.iter().filter(|item| item.content.hidden).map(|item| item.id).collect())
    }

    /// A draft is known to staff only, unless it was none before.
    async fn tell_assignment(&self, who: &Member, assignment: &Assignment, was: AssignmentState) {
        let note = Note::of(Resource::Assignment, assignment.id.0);
        let note = note.in_class(assignment.class).at(assignment.version);
        let all = [Audience::Staff(assignment.class), Audience::Class(assignment.class)];
        let seen = [was, assignment.content.state].iter().any(|state| *state != AssignmentState::Draft);
        self.tell(who.school, if seen { &all } else { &all[..1] }, &note).await;
    }
}

fn veil(assignment: &mut Assignment, hidden: &HashSet<LineItemId>) {
    assignment.content.line_item = assignment.content.line_item.filter(|item| !hidden.contains(item));
}

fn unknown_line_item() -> RecordError {
    RecordError::invalid("line_item", "choose a line item of this class, or none")
}

fn checked(content: AssignmentContent) -> Result<AssignmentContent, RecordError> {
    let policy = WorkPolicy::read(&content.policy)?;
    let policy = serde_json::to_value(policy).map_err(persistence::Unavailable::from)?;
    Ok(AssignmentContent { title: title(&content.title)?, policy, ..content })
}
