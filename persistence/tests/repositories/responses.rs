//! Attempts and responses.

use super::{Fixture, person};
use persistence::Micros;
use persistence::responses::{
    Attempt, AttemptSource, MAX_RESPONSES, NewAttempt, NewResponse, OpenAttemptError, RecordResponsesError,
    Response, ResponseVerdict,
};
use protocol::ids::{AttemptId, ItemId, PersonId, QuizId};
use protocol::quiz::AnswerValue;
use protocol::role::Role;
use uuid::Uuid;

const SEPTEMBER: i64 = 1_788_300_000_000_000;
const DAY: i64 = 86_400_000_000;

pub(crate) fn attempt(person: PersonId, quiz: QuizId) -> NewAttempt {
    let (id, started_at) = (AttemptId::generate(), Micros(SEPTEMBER));
    NewAttempt { id, person, quiz, version: 1, source: AttemptSource::Offline, started_at }
}

pub(crate) fn response(attempt: Option<AttemptId>, occurred_at: i64) -> NewResponse {
    NewResponse {
        op: Uuid::now_v7(),
        attempt,
        item: ItemId::generate(),
        value: AnswerValue::Text("Nîle".to_owned()),
        correct: Some(true),
        elapsed_ms: Some(1_500),
        occurred_at: Micros(occurred_at),
    }
}

#[tokio::test]
async fn an_attempt_is_kept_once_and_its_first_end_stays() {
    let Fixture { store, school, teacher, quiz } = Fixture::new().await;
    let (responses, first) = (store.responses(), attempt(teacher, quiz));
    responses.open_attempt(school, &first).await.unwrap();
    responses.open_attempt(school, &first).await.unwrap();
    let other = NewAttempt { started_at: Micros(7), ..first };
    let taken = responses.open_attempt(school, &other).await;
    assert!(matches!(taken, Err(OpenAttemptError::IdTaken)), "{taken:?}");
    for unknown in [NewAttempt { version: 2, ..attempt(teacher, quiz) }, attempt(PersonId::generate(), quiz)]
    {
        let refused = responses.open_attempt(school, &unknown).await;
        assert!(matches!(refused, Err(OpenAttemptError::UnknownPersonOrQuiz)), "{refused:?}");
    }
    assert!(!responses.end_attempt(school, PersonId::generate(), first.id, Micros(8)).await.unwrap());
    assert!(responses.end_attempt(school, teacher, first.id, Micros(9)).await.unwrap());
    assert!(!responses.end_attempt(school, teacher, first.id, Micros(10)).await.unwrap());
    let kept = Attempt { opened: first, ended_at: Some(Micros(9)) };
    assert_eq!(responses.attempt(school, first.id).await.unwrap(), Some(kept));
    let later = NewAttempt { started_at: Micros(SEPTEMBER + 1), ..attempt(teacher, quiz) };
    responses.open_attempt(school, &later).await.unwrap();
    let page = responses.attempts(school, teacher, None, 1).await.unwrap();
    assert_eq!(page.items[0].opened, later);
    assert_eq!(responses.attempts(school, teacher, page.next, 1).await.unwrap().items, [kept]);
}

#[tokio::test]
async fn a_batch_may_be_sent_again_even_with_another_time() {
    let Fixture { store, school, teacher, quiz } = Fixture::new().await;
    let (responses, within) = (store.responses(), attempt(teacher, quiz));
    responses.open_attempt(school, &within).await.unwrap();
    let mut batch: Vec<_> =
        (0..90).map(|day| response((day % 2 == 0).then_some(within.id), SEPTEMBER + day * DAY)).collect();
    let record =
        async |batch: &[NewResponse]| responses.record(school, teacher, batch, Micros(20)).await.unwrap();
    assert_eq!(record(&batch).await, vec![ResponseVerdict::Recorded; 90]);
    assert_eq!(record(&batch).await, vec![ResponseVerdict::Duplicate; 90]);
    // A month later by the client's clock, and twice in one batch.
    let again = NewResponse { occurred_at: Micros(SEPTEMBER + 40 * DAY), ..batch[3].clone() };
    let new = response(None, SEPTEMBER);
    let verdicts = record(&[again, new.clone(), new.clone()]).await;
    assert_eq!(verdicts, [ResponseVerdict::Duplicate, ResponseVerdict::Recorded, ResponseVerdict::Duplicate]);
    batch.push(new);
    let listed = |keep: &dyn Fn(&NewResponse) -> bool| {
        let mut kept: Vec<_> = batch.iter().filter(|response| keep(response)).cloned().collect();
        kept.sort_by_key(|response| std::cmp::Reverse((response.occurred_at, response.op)));
        let kept = kept.into_iter();
        kept.map(|response| Response { person: teacher, response, recorded_at: Micros(20) })
            .collect::<Vec<_>>()
    };
    let first = responses.of_person(school, teacher, None, 50).await.unwrap();
    let rest = responses.of_person(school, teacher, first.next, 50).await.unwrap();
    assert_eq!([first.items, rest.items].concat(), listed(&|_| true));
    let of_attempt = responses.of_attempt(school, within.id, None, 100).await.unwrap().items;
    assert_eq!(of_attempt, listed(&|response| response.attempt.is_some()));
}

#[tokio::test]
async fn what_is_not_the_persons_own_is_told_apart() {
    let Fixture { store, school, teacher, quiz } = Fixture::new().await;
    let (responses, theirs) = (store.responses(), attempt(teacher, quiz));
    let ada = person(school, Role::Student, "Ada", "");
    store.people().upsert(&ada).await.unwrap();
    responses.open_attempt(school, &theirs).await.unwrap();
    let kept = response(Some(theirs.id), SEPTEMBER);
    responses.record(school, teacher, std::slice::from_ref(&kept), Micros(1)).await.unwrap();
    let batch = [response(Some(theirs.id), SEPTEMBER), kept, response(None, SEPTEMBER)];
    let verdicts = responses.record(school, ada.id, &batch, Micros(1)).await.unwrap();
    assert_eq!(
        verdicts,
        [ResponseVerdict::UnknownAttempt, ResponseVerdict::OtherPerson, ResponseVerdict::Recorded]
    );
    let unknown = responses.record(school, PersonId::generate(), &batch, Micros(1)).await;
    assert!(matches!(unknown, Err(RecordResponsesError::UnknownPerson)), "{unknown:?}");
    let many = vec![response(None, SEPTEMBER); MAX_RESPONSES + 1];
    let many = responses.record(school, ada.id, &many, Micros(1)).await;
    assert!(matches!(many, Err(RecordResponsesError::TooMany { most: MAX_RESPONSES })), "{many:?}");
}

#[tokio::test]
async fn the_same_batch_at_once_is_kept_once() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (responses, batch) = (store.responses(), (0..70).map(|at| response(None, at)).collect::<Vec<_>>());
    let sent = (0..4).map(|_| responses.record(school, teacher, &batch, Micros(1)));
    let verdicts = futures_util::future::join_all(sent).await.into_iter().flat_map(Result::unwrap);
    assert_eq!(verdicts.filter(|verdict| *verdict == ResponseVerdict::Recorded).count(), 70);
    assert_eq!(responses.of_person(school, teacher, None, 100).await.unwrap().items.len(), 70);
}
