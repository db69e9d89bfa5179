//! Attempts, responses, attendance and the audit log of a school, and what another one tries with their ids.

use crate::suite::Fixture;
use crate::suite::responses::{attempt, response};
use persistence::attendance::AttendanceSpan;
use persistence::audit::AuditFilter;
use persistence::responses::{NewAttempt, NewResponse, ResponseVerdict};
use persistence::{Micros, Store};
use protocol::ids::{LiveSessionId, PersonId, SchoolId};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

pub struct Events {
    person: PersonId,
    attempt: NewAttempt,
    response: NewResponse,
    span: AttendanceSpan,
}

/// A time whose month has a partition.
fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Micros(i64::try_from(since.as_micros()).unwrap())
}

impl Events {
    /// Rows in every table of them: in a month's partition, and in that of the rest.
    pub async fn in_store(store: &Store, fixture: &Fixture) -> Self {
        let (school, person) = (fixture.school, fixture.teacher);
        let attempt = attempt(person, fixture.quiz);
        store.responses().open_attempt(school, &attempt).await.unwrap();
        let response = response(Some(attempt.id), now().0);
        let old = NewResponse { op: Uuid::now_v7(), occurred_at: Micros(5), ..response.clone() };
        store.responses().record(school, person, &[response.clone(), old], Micros(6)).await.unwrap();
        let (id, session, came_at) = (Uuid::now_v7(), LiveSessionId::generate(), now());
        let span = AttendanceSpan { id, session, person, came_at, left_at: came_at };
        let old = AttendanceSpan { came_at: Micros(5), ..span };
        store.attendance().keep(school, &[span, old]).await.unwrap();
        Self { person, attempt, response, span }
    }

    /// Everything that a store does with them, for another school that has events of its own.
    pub async fn meddle(&self, store: &Store, school: SchoolId, own: &Self) {
        let (responses, attendance) = (store.responses(), store.attendance());
        assert_eq!(responses.attempt(school, self.attempt.id).await.unwrap(), None);
        assert_eq!(responses.attempts(school, self.person, None, 10).await.unwrap().items, []);
        assert!(!responses.end_attempt(school, self.person, self.attempt.id, Micros(9)).await.unwrap());
        assert!(!responses.end_attempt(school, own.person, self.attempt.id, Micros(9)).await.unwrap());
        assert!(responses.open_attempt(school, &self.attempt).await.is_err());
        assert_eq!(responses.of_person(school, self.person, None, 10).await.unwrap().items, []);
        assert_eq!(responses.of_attempt(school, self.attempt.id, None, 10).await.unwrap().items, []);
        let batch = [self.response.clone()];
        assert!(responses.record(school, self.person, &batch, Micros(9)).await.is_err());
        let verdicts = responses.record(school, own.person, &batch, Micros(9)).await.unwrap();
        assert_eq!(verdicts, [ResponseVerdict::UnknownAttempt]);

        assert_eq!(attendance.of_session(school, self.span.session, None, 10).await.unwrap().items, []);
        assert_eq!(attendance.of_person(school, self.person, None, 10).await.unwrap().items, []);
        assert!(attendance.keep(school, &[self.span]).await.is_err());

        let filter = AuditFilter::default();
        let told = store.audit_log().list(school, filter, None, 200).await.unwrap().items;
        assert!(!told.is_empty() && told.iter().all(|entry| entry.actor != Some(self.person)), "{told:?}");

        // Equal ids in two schools are two things.
        let twin = AttendanceSpan { person: own.person, ..self.span };
        assert_eq!(attendance.keep(school, &[twin]).await.unwrap(), 1);
        let twin = NewResponse { attempt: None, ..self.response.clone() };
        let verdicts = responses.record(school, own.person, &[twin], Micros(9)).await.unwrap();
        assert_eq!(verdicts, [ResponseVerdict::Recorded]);
    }
}
