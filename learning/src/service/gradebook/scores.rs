//! Entering scores, and what was entered.

use crate::service::{Audience, FieldError, Learning, Member, Note, RecordError, Resource};
use persistence::gradebook::{
    AppendScoresError, BadScore, MAX_SCORES, NewScore, ScoreRecord, ScoreSource, ScoreVerdict,
};
use persistence::{Cursor, Micros, Page};
use protocol::ids::{ClassId, LineItemId, PersonId, SchoolId, ScoreId};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How far ahead of ours a client's clock may be.
const AHEAD: Micros = Micros(60_000_000);

/// A score to enter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreDraft {
    /// Made by the caller, which may then send the same again.
    pub id: ScoreId,
    /// For what.
    pub line_item: LineItemId,
    /// Whose.
    pub student: PersonId,
    /// Points; none takes an earlier score back.
    pub given: Option<f64>,
    /// The line item does not count for this student.
    pub excused: bool,
    /// When; now if none.
    pub scored_at: Option<Micros>,
}

impl Learning {
    /// Enters scores, all or nothing, and says of each under which id it is kept and whether it is new.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Invalid`] with the place of each score that cannot be taken.
    pub async fn enter_scores(
        &self,
        who: &Member,
        class: ClassId,
        drafts: &[ScoreDraft],
    ) -> Result<Vec<(ScoreId, ScoreVerdict)>, RecordError> {
        self.run_class(who, class).await?;
        if drafts.len() > MAX_SCORES {
            let problem = format!("send at most {MAX_SCORES} scores at once, and the others afterwards");
            return Err(RecordError::invalid("scores", problem));
        }
        let scores = self.scores_of(who, class, drafts).await?;
        let done = self
            .store
            .gradebooks()
            .by(who.person)
            .append_scores(who.school, class, Some(who.person), &scores, self.now())
            .await
            .map_err(append_error)?;
        let new = scores.iter().zip(&done).filter(|(_, verdict)| **verdict == ScoreVerdict::Recorded);
        let new: Vec<_> = new.map(|(score, _)| (score.line_item, score.student)).collect();
        self.tell_scores(who.school, class, &new).await?;
        Ok(scores.iter().map(|score| score.id).zip(done).collect())
    }

    /// What was ever entered for a student in a line item, the last first; `limit` entries behind `after`.
    ///
    /// # Errors
    /// As [`Self::see_student`]; [`RecordError::NotFound`] for line items that the caller does not see.
    pub async fn score_history(
        &self,
        who: &Member,
        class: ClassId,
        (line_item, student): (LineItemId, PersonId),
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ScoreRecord>, RecordError> {
        let view = self.see_student(who, class, student).await?;
        self.line_item(who, class, line_item).await?;
        let books = self.store.gradebooks();
        let mut page = books.score_history(who.school, class, (line_item, student), after, limit).await?;
        if !view.standing.runs_it() {
            for record in &mut page.items {
                record.entered_by = None;
            }
        }
        Ok(page)
    }

    /// Drafts as entries. What is sent again without a time is the entry that it was.
    async fn scores_of(
        &self,
        who: &Member,
        class: ClassId,
        drafts: &[ScoreDraft],
    ) -> Result<Vec<NewScore>, RecordError> {
        let now = self.now();
        let timeless = |draft: &&ScoreDraft| draft.scored_at.is_none();
        let again: Vec<_> = drafts.iter().filter(timeless).map(|draft| draft.id).collect();
        let kept = self.store.gradebooks().entries(who.school, class, &again).await?;
        let mut scores = Vec::with_capacity(drafts.len());
        let mut wrong = Vec::new();
        for (row, draft) in (0..).zip(drafts) {
            let id = draft.id;
            let scored_at = match draft.scored_at {
                None => kept.get(&id).map_or(now, |kept| kept.scored_at),
                // A clock that is a little fast must not hide what is corrected right afterwards.
                Some(at) if at.0 <= now.0.saturating_add(AHEAD.0) => at.min(now),
                Some(_) => {
                    let problem = "give a time that is not in the future, or none for now";
                    wrong.push(FieldError::in_row(row, "scored_at", problem));
                    now
                }
            };
            scores.push(NewScore {
                id,
                line_item: draft.line_item,
                student: draft.student,
                given: draft.given,
                excused: draft.excused,
                scored_at,
                source: ScoreSource::Teacher,
                source_event: None,
            });
        }
        if wrong.is_empty() { Ok(scores) } else { Err(RecordError::Invalid(wrong)) }
    }

    /// Tells of new scores: a student of the own ones, and of none in a hidden line item.
    pub(in crate::service) async fn tell_scores(
        &self,
        school: SchoolId,
        class: ClassId,
        new: &[(LineItemId, PersonId)],
    ) -> Result<(), RecordError> {
        let note = |items: &BTreeSet<LineItemId>| match items.first() {
            Some(item) if items.len() == 1 => Note::of(Resource::Score, item.0).in_class(class),
            _ => Note::of(Resource::Gradebook, class.0).in_class(class),
        };
        if new.is_empty() {
            return Ok(());
        }
        let all = new.iter().map(|(item, _)| *item).collect();
        self.tell(school, &[Audience::Staff(class)], &note(&all)).await;
        let items = self.store.gradebooks().line_items(school, class).await?;
        let hidden: HashSet<_> =
            items.iter().filter(|item| item.content.hidden).map(|item| item.id).collect();
        let mut by_student: BTreeMap<PersonId, BTreeSet<LineItemId>> = BTreeMap::new();
        for (item, student) in new.iter().filter(|(item, _)| !hidden.contains(item)) {
            by_student.entry(*student).or_default().insert(*item);
        }
        for (student, items) in by_student {
            self.tell(school, &[Audience::Person(student)], &note(&items)).await;
        }
        Ok(())
    }
}

/// Why scores are not taken, by the place of each among those that were sent.
fn append_error(error: AppendScoresError) -> RecordError {
    match error {
        AppendScoresError::UnknownClass => RecordError::NotFound,
        AppendScoresError::Refused { refused } => {
            let field = |refused: &persistence::gradebook::RefusedScore| {
                let row = u64::try_from(refused.index).unwrap_or(u64::MAX);
                FieldError::in_row(row, field_of(refused.reason), refused.reason.to_string())
            };
            RecordError::Invalid(refused.iter().map(field).collect())
        }
        AppendScoresError::UnknownAuthor => RecordError::NotAllowed,
        AppendScoresError::TooMany { .. } => RecordError::invalid("scores", error.to_string()),
        AppendScoresError::Unavailable(error) => error.into(),
    }
}

/// The field of a score that has to change.
pub(in crate::service) fn field_of(bad: BadScore) -> &'static str {
    match bad {
        BadScore::UnknownLineItem => "line_item",
        BadScore::UnknownStudent => "student",
        BadScore::InvalidPoints => "given",
        BadScore::OtherEntry => "id",
    }
}
