//! Practising: mastery, reviews, and what to ask next.

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    page::{List, PageQuery},
};
use crate::{compose::App, members::acquaint};
use axum::{Json as Reply, extract::State};
use learning::{
    mastery::fsrs::Rating,
    service::practice::{Answered, Given, MasteryView},
};
use persistence::Micros;
use protocol::{
    ids::{ClassId, ItemId, PersonId, SkillId},
    quiz::{AnswerValue, QuestionView, Solution},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A skill by name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SkillName {
    id: SkillId,
    title: String,
}

/// What is believed of somebody in a skill.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SkillMastery {
    skill: SkillName,
    /// The probability that it is known, 0 to 1.
    mastery: f64,
    /// Whether it counts as mastered.
    mastered: bool,
    /// Answers behind it.
    answers: u32,
    /// The ability, logits.
    theta: f64,
    /// Its standard error.
    se: f64,
    /// Server time, milliseconds.
    updated_at: u64,
}

impl From<MasteryView> for SkillMastery {
    fn from(view: MasteryView) -> Self {
        Self {
            skill: SkillName { id: view.skill, title: view.title },
            mastery: view.mastery,
            mastered: view.mastered,
            answers: view.answers,
            theta: view.theta,
            se: view.se,
            updated_at: view.updated_at.as_millis(),
        }
    }
}

/// Somebody by name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StudentName {
    id: PersonId,
    name: String,
}

/// A student of a class with what is believed of them.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StudentMastery {
    student: StudentName,
    skills: Vec<SkillMastery>,
}

/// For which skill.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NextQuery {
    /// The one that the caller should practise without.
    skill: Option<SkillId>,
}

/// What to ask next; all null if there is nothing to ask by now.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub struct NextItem {
    item: Option<ItemId>,
    skill: Option<SkillId>,
    /// Without its solution.
    question: Option<QuestionView>,
    /// How much an answer tells, at the caller's ability.
    information: Option<f64>,
    /// Server time, milliseconds.
    shown_at: Option<u64>,
}

/// An answer to an item that was shown.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Response {
    item: ItemId,
    answer: AnswerValue,
    elapsed_ms: Option<u64>,
    /// Server time as the client knows it, milliseconds; now without.
    occurred_at: Option<u64>,
    /// Another one for each answer; the same one again changes nothing.
    op: Uuid,
}

/// What came of an answer.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ResponseResult {
    /// Null for a rating.
    correct: Option<bool>,
    solution: Solution,
    explanation: Option<String>,
    /// What is believed from now on, in the item's skills.
    mastery: Vec<SkillMastery>,
}

impl From<Answered> for ResponseResult {
    fn from(answered: Answered) -> Self {
        Self {
            correct: answered.correct,
            solution: answered.solution,
            explanation: answered.explanation,
            mastery: answered.mastery.into_iter().map(SkillMastery::from).collect(),
        }
    }
}

/// Which cards.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewQuery {
    /// Cards that are due by then, milliseconds; now without.
    due_before: Option<u64>,
}

/// A card that is due.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReviewCard {
    id: Uuid,
    item: ItemId,
    /// Without its solution; null while the card is not due.
    question: Option<QuestionView>,
    /// `learning`, `review` or `relearning`.
    state: String,
    /// Server time, milliseconds.
    due_at: u64,
    /// Server time, milliseconds.
    reviewed_at: u64,
    reviews: u32,
    lapses: u32,
}

/// How well it was remembered, as the person says.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewRating {
    /// Not at all.
    Again,
    /// With great effort.
    Hard,
    /// After some thought.
    Good,
    /// At once.
    Easy,
}

impl From<ReviewRating> for Rating {
    fn from(rating: ReviewRating) -> Self {
        match rating {
            ReviewRating::Again => Self::Again,
            ReviewRating::Hard => Self::Hard,
            ReviewRating::Good => Self::Good,
            ReviewRating::Easy => Self::Easy,
        }
    }
}

/// A review: either an answer or a rating.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Review {
    answer: Option<AnswerValue>,
    rating: Option<ReviewRating>,
    elapsed_ms: Option<u64>,
    /// Another one for each review; the same one again changes nothing.
    op: Option<Uuid>,
}

/// What came of a review.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReviewResult {
    #[serde(flatten)]
    result: ResponseResult,
    /// When to see the card again: server time, milliseconds.
    due_at: u64,
}

/// What is believed of the caller, skill by skill.
#[utoipa::path(get, operation_id = "my_mastery", path = "/api/v1/me/mastery", tag = "practice", security(("token" = [])), responses(
    (status = 200, body = List<SkillMastery>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn mastery(
    State(app): State<Arc<App>>,
    member: Member,
) -> Result<Reply<List<SkillMastery>>, Problem> {
    let views = app.practice.own_mastery(&member.who).await?;
    Ok(Reply(List::whole(views.into_iter().map(SkillMastery::from).collect())))
}

/// What is believed of the students of a class, for those who run it.
#[utoipa::path(get, operation_id = "class_mastery", path = "/api/v1/classes/{id}/mastery", tag = "practice", security(("token" = [])),
    params(("id" = ClassId, Path)), responses(
    (status = 200, body = List<StudentMastery>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn class_mastery(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
) -> Result<Reply<List<StudentMastery>>, Problem> {
    let students = app.practice.class_mastery(&member.who, class).await?;
    let shown = students.into_iter().map(|student| StudentMastery {
        student: StudentName { id: student.student, name: student.name },
        skills: student.skills.into_iter().map(SkillMastery::from).collect(),
    });
    Ok(Reply(List::whole(shown.collect())))
}

/// What the caller is asked next. Asked again within an hour and not answered, it is the same.
#[utoipa::path(get, operation_id = "next_item", path = "/api/v1/me/next-item", tag = "practice", security(("token" = [])),
    params(NextQuery), responses(
    (status = 200, body = NextItem),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn next_item(
    State(app): State<Arc<App>>,
    member: Member,
    Query(wanted): Query<NextQuery>,
) -> Result<Reply<NextItem>, Problem> {
    acquaint(&app.store, &member.identity).await?;
    let next = app.practice.next_item(&member.who, wanted.skill).await?;
    Ok(Reply(next.map_or_else(NextItem::default, |next| NextItem {
        item: Some(next.item),
        skill: next.skill,
        question: Some(next.question),
        information: Some(next.information),
        shown_at: Some(next.shown_at.as_millis()),
    })))
}

/// Answers an item that was shown; only then the solution is told.
#[utoipa::path(post, operation_id = "respond", path = "/api/v1/me/responses", tag = "practice", security(("token" = [])),
    request_body = Response, responses(
    (status = 200, body = ResponseResult),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
pub async fn respond(
    State(app): State<Arc<App>>,
    member: Member,
    Json(sent): Json<Response>,
) -> Result<Reply<ResponseResult>, Problem> {
    let given = Given {
        op: sent.op,
        answer: Some(sent.answer),
        rating: None,
        elapsed_ms: sent.elapsed_ms,
        occurred_at: sent.occurred_at.map(Micros::from_millis),
    };
    Ok(Reply(app.practice.answer(&member.who, sent.item, &given).await?.into()))
}

/// The caller's cards that are due, the longest due first.
#[utoipa::path(get, operation_id = "my_reviews", path = "/api/v1/me/reviews", tag = "practice", security(("token" = [])),
    params(ReviewQuery, PageQuery), responses(
    (status = 200, body = List<ReviewCard>),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
pub async fn reviews(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<ReviewQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<ReviewCard>>, Problem> {
    let by = which.due_before.map(Micros::from_millis);
    let found = app.practice.due_cards(&member.who, by, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, |view| ReviewCard {
        id: view.card.id,
        item: view.card.asked.item,
        question: view.question,
        state: view.card.state,
        due_at: view.card.due_at.as_millis(),
        reviewed_at: view.card.reviewed_at.as_millis(),
        reviews: view.card.reviews,
        lapses: view.card.lapses,
    })))
}

/// Answers a card that is due, or rates how well it was remembered.
#[utoipa::path(post, operation_id = "review_card", path = "/api/v1/me/reviews/{id}", tag = "practice", security(("token" = [])),
    params(("id" = Uuid, Path)), request_body = Review, responses(
    (status = 200, body = ReviewResult),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
pub async fn review(
    State(app): State<Arc<App>>,
    member: Member,
    Path(card): Path<Uuid>,
    Json(sent): Json<Review>,
) -> Result<Reply<ReviewResult>, Problem> {
    let given = Given {
        op: sent.op.unwrap_or_else(Uuid::now_v7),
        answer: sent.answer,
        rating: sent.rating.map(Rating::from),
        elapsed_ms: sent.elapsed_ms,
        occurred_at: None,
    };
    let reviewed = app.practice.review(&member.who, card, &given).await?;
    Ok(Reply(ReviewResult { result: reviewed.answered.into(), due_at: reviewed.due_at.as_millis() }))
}
