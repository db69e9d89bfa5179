//! Handing in, and getting back.

use super::WorkPolicy;
use crate::grades::MAX_POINTS;
use crate::service::{Audience, ClassView, Learning, Member, Note, RecordError, Resource, Standing};
use persistence::assignments::{
    Assignment, AssignmentState, GivenBack, NewSubmission, ReturnSubmissionError, Submission, SubmitError,
    WorkScore,
};
use persistence::gradebook::{AppendScoresError, NewScore, ScoreSource};
use persistence::{Cursor, Page};
use protocol::ids::{AssignmentId, LineItemId, ScoreId, SubmissionId};
use serde_json::Value as Json;

/// Longest comment, in characters.
const MAX_COMMENT: usize = 10_000;

/// What a student gets back.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnDraft {
    /// Points, before anything is taken off for being late; none if it is not graded.
    pub given: Option<f64>,
    /// It does not count for this student.
    pub excused: bool,
    /// What is said of it.
    pub comment: String,
}

/// Something that was given back, and its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Returned {
    /// What was handed in.
    pub submission: Submission,
    /// Microseconds behind what is due.
    pub late_by: i64,
    /// Its score, if it has one, and what was taken off for being late, points.
    pub score: Option<(NewScore, f64)>,
}

impl Learning {
    /// Hands in for an assignment under an id of the caller's; again under the same one gives what was handed in.
    ///
    /// # Errors
    /// [`RecordError::NotAllowed`] for those who are no active students of the class; [`RecordError::Refused`] (`late`,
    /// `closed`, `no_attempt_left`); [`RecordError::NotFound`]
    pub async fn submit(
        &self,
        who: &Member,
        assignment: AssignmentId,
        id: SubmissionId,
        content: Json,
    ) -> Result<(Submission, i64), RecordError> {
        let (view, assignment) = self.see_assignment(who, assignment).await?;
        if !matches!(view.standing, Standing::Student(_)) {
            return Err(RecordError::NotAllowed);
        }
        let (now, student) = (self.now(), who.person);
        let policy = WorkPolicy::read(&assignment.content.policy)?;
        let new = NewSubmission { id, assignment: assignment.id, student, content };
        let late_by = policy.late_by(assignment.content.due_at, now);
        if late_by > 0 && !policy.accept_late {
            // What came in time and is sent again, as its answer was lost, is not late.
            let kept = self.store.assignments().submission(who.school, id).await?;
            let own = kept.filter(|kept| (kept.student, kept.assignment) == (student, assignment.id));
            let late = "it was due before and takes no late work; ask the teacher for more time";
            return own
                .map(|kept| with_lateness(&assignment, kept))
                .ok_or(RecordError::refused("late", late))?;
        }
        match self.store.assignments().submit(who.school, &new, now).await {
            Ok(_) => {}
            Err(SubmitError::Exists { kept }) => return with_lateness(&assignment, *kept),
            Err(SubmitError::IdTaken) => {
                return Err(RecordError::invalid("id", "the id is taken; choose another one"));
            }
            Err(SubmitError::UnknownAssignmentOrStudent) => return Err(RecordError::NotAllowed),
            Err(error @ SubmitError::NotOpen) => {
                return Err(RecordError::refused("closed", error.to_string()));
            }
            Err(error @ SubmitError::NoAttemptLeft { .. }) => {
                return Err(RecordError::refused("no_attempt_left", error.to_string()));
            }
            Err(SubmitError::Unavailable(error)) => return Err(error.into()),
        }
        let kept = self.store.assignments().submission(who.school, id).await?.ok_or(RecordError::NotFound)?;
        self.tell_submission(who, &view, &kept).await;
        with_lateness(&assignment, kept)
    }

    /// Something that was handed in, and how late: for its student and those who run the class.
    ///
    /// # Errors
    /// [`RecordError::NotFound`]
    pub async fn submission(&self, who: &Member, id: SubmissionId) -> Result<(Submission, i64), RecordError> {
        let (_, assignment, submission) = self.see_submission(who, id).await?;
        with_lateness(&assignment, submission)
    }

    /// What was handed in for an assignment, the last first; a student's own only. `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`RecordError::NotFound`]
    pub async fn submissions(
        &self,
        who: &Member,
        assignment: AssignmentId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<(Submission, i64)>, RecordError> {
        let (view, assignment) = self.see_assignment(who, assignment).await?;
        let own = (!view.standing.runs_it()).then_some(who.person);
        let page = self.store.assignments().submissions(who.school, assignment.id, own, after, limit).await?;
        let items = page.items.into_iter().map(|kept| with_lateness(&assignment, kept));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: page.next })
    }

    /// Gives something back that was handed in, with a comment, and a score for the assignment's line item. Giving it back
    /// again corrects both. `score` is the id that its score gets.
    ///
    /// # Errors
    /// As [`Self::submission`]; [`RecordError::NotAllowed`] for students; [`RecordError::Conflict`] if somebody else gives
    /// it back at the same moment; [`RecordError::Invalid`]
    pub async fn return_submission(
        &self,
        who: &Member,
        id: SubmissionId,
        score: ScoreId,
        draft: &ReturnDraft,
    ) -> Result<Returned, RecordError> {
        let (view, assignment, submission) = self.see_submission(who, id).await?;
        if !view.standing.runs_it() {
            return Err(RecordError::NotAllowed);
        }
        if draft.comment.chars().count() > MAX_COMMENT {
            return Err(RecordError::invalid("comment", format!("write at most {MAX_COMMENT} characters")));
        }
        let policy = WorkPolicy::read(&assignment.content.policy)?;
        let late_by = policy.late_by(assignment.content.due_at, submission.submitted_at);
        let graded = draft.given.is_some() || draft.excused;
        let score = match assignment.content.line_item {
            _ if !graded => None,
            None => {
                let problem = "give the assignment a line item first; this one is not graded";
                return Err(RecordError::invalid("given", problem));
            }
            Some(item) => {
                Some(self.score_of(who, &submission, (&policy, late_by), item, score, draft).await?)
            }
        };
        let work = score.map(|(score, _)| WorkScore { class: assignment.class, author: who.person, score });
        let back = GivenBack { comment: draft.comment.clone(), score: work };
        let (assignments, expected) = (self.store.assignments().by(who.person), submission.version);
        match assignments.return_submission(who.school, id, expected, &back, self.now()).await {
            Ok(_) => {}
            Err(ReturnSubmissionError::Conflict { current }) => {
                return Err(RecordError::Conflict { current });
            }
            Err(ReturnSubmissionError::UnknownSubmission) => return Err(RecordError::NotFound),
            Err(ReturnSubmissionError::Score(error)) => return Err(score_error(error)),
            Err(ReturnSubmissionError::Unavailable(error)) => return Err(error.into()),
        }
        let submission = assignments.submission(who.school, id).await?.ok_or(RecordError::NotFound)?;
        self.tell_submission(who, &view, &submission).await;
        if let Some((score, _)) = score {
            self.tell_scores(who.school, assignment.class, &[(score.line_item, score.student)]).await?;
        }
        Ok(Returned { submission, late_by, score })
    }

    /// What is entered for it, and what is taken off for being late.
    async fn score_of(
        &self,
        who: &Member,
        submission: &Submission,
        (policy, late_by): (&WorkPolicy, i64),
        item: LineItemId,
        id: ScoreId,
        draft: &ReturnDraft,
    ) -> Result<(NewScore, f64), RecordError> {
        let assignment = self.store.assignments().get(who.school, submission.assignment).await?;
        let class = assignment.ok_or(RecordError::NotFound)?.class;
        let found = self.store.gradebooks().line_item(who.school, class, item).await?;
        let possible = found.ok_or(RecordError::NotFound)?.content.points_possible;
        if draft.given.is_some_and(|given| !(-MAX_POINTS..=MAX_POINTS).contains(&given)) {
            return Err(RecordError::invalid("given", "give -1,000,000 to 1,000,000 points"));
        }
        let given = draft.given.map(|given| policy.remaining(given, late_by, possible));
        let off = draft.given.zip(given).map_or(0.0, |(before, after)| before - after);
        let score = NewScore {
            id,
            line_item: item,
            student: submission.student,
            given,
            excused: draft.excused,
            scored_at: self.now(),
            source: ScoreSource::Submission,
            source_event: Some(submission.id.0),
        };
        Ok((score, off))
    }

    async fn see_submission(
        &self,
        who: &Member,
        id: SubmissionId,
    ) -> Result<(ClassView, Assignment, Submission), RecordError> {
        let found = self.store.assignments().submission(who.school, id).await?;
        let submission = found.ok_or(RecordError::NotFound)?;
        let found = self.store.assignments().get(who.school, submission.assignment).await?;
        let assignment = found.ok_or(RecordError::NotFound)?;
        let view = self.see_class(who, assignment.class).await?;
        let own = submission.student == who.person && assignment.content.state != AssignmentState::Draft;
        if view.standing.runs_it() || own {
            Ok((view, assignment, submission))
        } else {
            Err(RecordError::NotFound)
        }
    }

    async fn tell_submission(&self, who: &Member, view: &ClassView, submission: &Submission) {
        let class = view.class.id;
        let note = Note::of(Resource::Submission, submission.id.0).in_class(class).at(submission.version);
        let audiences = [Audience::Staff(class), Audience::Person(submission.student)];
        self.tell(who.school, &audiences, &note).await;
    }
}

fn with_lateness(assignment: &Assignment, submission: Submission) -> Result<(Submission, i64), RecordError> {
    let policy = WorkPolicy::read(&assignment.content.policy)?;
    let late_by = policy.late_by(assignment.content.due_at, submission.submitted_at);
    Ok((submission, late_by))
}

fn score_error(error: AppendScoresError) -> RecordError {
    match error {
        AppendScoresError::Unavailable(error) => error.into(),
        AppendScoresError::UnknownAuthor => RecordError::NotAllowed,
        other => RecordError::invalid("given", other.to_string()),
    }
}
