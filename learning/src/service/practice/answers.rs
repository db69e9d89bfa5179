//! Answers at an own pace: graded against what was shown, counted once, and only then the solution.

use super::lists::MasteryView;
use super::rule::{self, Around};
use super::{Practice, Solution};
use crate::mastery::fsrs::Rating;
use crate::service::{Member, RecordError};
use persistence::Micros;
use persistence::mastery::{AnswerEvent, Asked, Known, LearnError, Source};
use persistence::responses::{NewResponse, RecordResponsesError};
use protocol::ids::ItemId;
use protocol::quiz::AnswerValue;
use uuid::Uuid;

/// What was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Made by the client, another one for each answer: the same one again changes nothing.
    pub op: Uuid,
    /// The answer; none to rate the own memory instead.
    pub answer: Option<AnswerValue>,
    /// The rating, without an answer.
    pub rating: Option<Rating>,
    /// Time to the answer, as the client measured it.
    pub elapsed_ms: Option<u64>,
    /// When it was given; now without.
    pub occurred_at: Option<Micros>,
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Whether it was right; none for a rating.
    pub correct: Option<bool>,
    /// The right answer, in terms of what was shown.
    pub solution: Solution,
    /// The author's explanation.
    pub explanation: Option<String>,
    /// What is believed of the person from now on, in the item's skills.
    pub mastery: Vec<MasteryView>,
}

/// What came of a review.
#[derive(Clone, Debug, PartialEq)]
pub struct Reviewed {
    /// What came of the answer or rating.
    pub answered: Answered,
    /// When to see the card again.
    pub due_at: Micros,
}

impl Practice {
    /// Takes an answer to an item that the caller was shown.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for an item that the caller was never shown, `not_shown` for one that is answered already,
    /// [`RecordError::Invalid`] for an answer that does not fit.
    pub async fn answer(&self, who: &Member, item: ItemId, given: &Given) -> Result<Answered, RecordError> {
        if given.answer.is_none() {
            return Err(RecordError::invalid("answer", "send an answer"));
        }
        self.take(who, item, Source::Response, given).await
    }

    /// Takes an answer to a card of the caller that is due, or how well it was remembered.
    ///
    /// # Errors
    /// As [`Self::answer`]; [`RecordError::NotFound`] for cards of others.
    pub async fn review(&self, who: &Member, card: Uuid, given: &Given) -> Result<Reviewed, RecordError> {
        if given.answer.is_some() == given.rating.is_some() {
            return Err(RecordError::invalid("answer", "send either an answer or a rating"));
        }
        let records = self.records();
        let found = records.card(who.school, who.person, card).await?;
        let item = found.ok_or(RecordError::NotFound)?.asked.item;
        let answered = self.take(who, item, Source::Review, given).await?;
        let found = records.card(who.school, who.person, card).await?;
        let due_at = found.ok_or(RecordError::NotFound)?.due_at;
        Ok(Reviewed { answered, due_at })
    }

    async fn take(
        &self,
        who: &Member,
        item: ItemId,
        source: Source,
        given: &Given,
    ) -> Result<Answered, RecordError> {
        let (records, now) = (self.records(), self.learning.now());
        let id = Uuid::new_v5(&who.person.0, given.op.as_bytes());
        if let Some((asked, correct)) = records.answered(who.school, who.person, id).await? {
            if asked.item != item {
                return Err(RecordError::invalid("op", "choose another op for each answer"));
            }
            // It may have failed behind what was learned. What is sent now may be something else.
            let question = self.question(who.school, &asked).await?;
            let same = given.answer.as_ref().is_some_and(|answer| {
                self.questions.accepts(&question.kind, answer)
                    && self.questions.is_right(&question.kind, answer, &asked.order) == correct
            });
            if same {
                self.keep_response(who, &asked, correct, id, given, now).await?;
            }
            return self.told(who, &asked, correct).await;
        }
        let Some(shown) = records.shown(who.school, who.person, item).await? else {
            // Whoever has seen it once may know that it exists.
            let seen = records.has_card(who.school, who.person, item).await?;
            return Err(if seen { not_shown() } else { RecordError::NotFound });
        };
        let question = self.question(who.school, &shown.asked).await?;
        let correct = match &given.answer {
            Some(answer) if !self.questions.accepts(&question.kind, answer) => {
                return Err(RecordError::invalid("answer", "send an answer that fits the question"));
            }
            Some(answer) => self.questions.is_right(&question.kind, answer, &shown.asked.order),
            None => None,
        };
        // Clocks of clients are not trusted beyond what can be: nobody answers before the item was shown, or later than now.
        let since_shown = u64::try_from((now.0 - shown.at.0) / 1_000).unwrap_or(0);
        let event = AnswerEvent {
            id,
            person: who.person,
            asked: shown.asked,
            source,
            correct,
            elapsed_ms: given.elapsed_ms.map(|elapsed| elapsed.min(since_shown)),
            occurred_at: given.occurred_at.map_or(now, |at| at.min(now).max(shown.at)),
        };
        let allowed_ms = Some(u64::from(question.time_limit_s) * 1_000);
        let around = Around { allowed_ms, rated: given.rating, schedule: self.schedule };
        let mut rule = |event: &AnswerEvent, known: &Known| rule::learn(event, known, around);
        match records.learn_from_answer(who.school, &event, shown.at, now, &mut rule).await {
            Ok(true) => self.tell(who.school, who.person).await,
            Ok(false) => {}
            Err(LearnError::NotShown) => return Err(not_shown()),
            Err(LearnError::Unavailable(error)) => return Err(error.into()),
            Err(error @ LearnError::TooMany { .. }) => {
                return Err(RecordError::refused(error.code(), error.to_string()));
            }
        }
        let given =
            Given { elapsed_ms: event.elapsed_ms, occurred_at: Some(event.occurred_at), ..given.clone() };
        self.keep_response(who, &event.asked, correct, id, &given, now).await?;
        self.told(who, &event.asked, correct).await
    }

    /// Keeps what was answered, once, however often; a rating is no answer. Ops of two people never meet: the response has
    /// the id of what was learned from.
    async fn keep_response(
        &self,
        who: &Member,
        asked: &Asked,
        correct: Option<bool>,
        id: Uuid,
        given: &Given,
        now: Micros,
    ) -> Result<(), RecordError> {
        let Some(value) = given.answer.clone() else { return Ok(()) };
        let response = NewResponse {
            op: id,
            attempt: None,
            item: asked.item,
            value,
            correct,
            elapsed_ms: given.elapsed_ms,
            occurred_at: given.occurred_at.map_or(now, |at| at.min(now)),
        };
        match self.learning.store().responses().record(who.school, who.person, &[response], now).await {
            // One response, of an op that only this person can have, in no attempt.
            Ok(_) => Ok(()),
            Err(RecordResponsesError::Unavailable(error)) => Err(error.into()),
            Err(RecordResponsesError::UnknownPerson | RecordResponsesError::TooMany { .. }) => {
                Err(RecordError::NotFound)
            }
        }
    }

    async fn told(
        &self,
        who: &Member,
        asked: &Asked,
        correct: Option<bool>,
    ) -> Result<Answered, RecordError> {
        let question = self.question(who.school, asked).await?;
        let kept = self.records().of_person(who.school, who.person).await?.into_iter();
        let concerned = kept.filter(|kept| question.skills.contains(&kept.skill));
        Ok(Answered {
            correct,
            solution: self.questions.solution(&question.kind, &asked.order),
            mastery: concerned.map(MasteryView::from).collect(),
            explanation: question.explanation,
        })
    }
}

fn not_shown() -> RecordError {
    RecordError::refused("not_shown", LearnError::NotShown.to_string())
}
