//! Who was in live classes.

use super::{Fixture, person};
use persistence::Micros;
use persistence::attendance::{AttendanceSpan, KeepSpansError, MAX_SPANS};
use protocol::ids::{LiveSessionId, PersonId};
use protocol::role::Role;
use uuid::Uuid;

const SEPTEMBER: i64 = 1_788_300_000_000_000;
const DAY: i64 = 86_400_000_000;

fn span(session: LiveSessionId, person: PersonId, came_at: i64) -> AttendanceSpan {
    let (came_at, left_at) = (Micros(came_at), Micros(came_at + 60));
    AttendanceSpan { id: Uuid::now_v7(), session, person, came_at, left_at }
}

#[tokio::test]
async fn spans_of_many_months_come_back_newest_first_and_once() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (attendance, session) = (store.attendance(), LiveSessionId::generate());
    let ada = person(school, Role::Student, "Ada", "");
    store.people().upsert(&ada).await.unwrap();
    let mut spans: Vec<_> = (0..90).map(|day| span(session, teacher, SEPTEMBER + day * DAY)).collect();
    spans.push(span(session, ada.id, SEPTEMBER + 1));
    spans.push(span(LiveSessionId::generate(), ada.id, 5));
    assert_eq!(attendance.keep(school, &spans).await.unwrap(), 92);
    spans.push(span(session, ada.id, SEPTEMBER + 2));
    assert_eq!(attendance.keep(school, &spans).await.unwrap(), 1, "only what is new is added");
    let wanted = |keep: &dyn Fn(&AttendanceSpan) -> bool| {
        let mut wanted: Vec<_> = spans.iter().filter(|span| keep(span)).copied().collect();
        wanted.sort_by_key(|span| std::cmp::Reverse((span.came_at, span.id)));
        wanted
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = attendance.of_session(school, session, after, 40).await.unwrap();
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, wanted(&|span| span.session == session));
    let of_ada = attendance.of_person(school, ada.id, None, 10).await.unwrap().items;
    assert_eq!(of_ada, wanted(&|span| span.person == ada.id));
}

#[tokio::test]
async fn a_batch_with_a_bad_span_is_refused_as_a_whole() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (attendance, session) = (store.attendance(), LiveSessionId::generate());
    let good = span(session, teacher, SEPTEMBER);
    let unknown = attendance.keep(school, &[good, span(session, PersonId::generate(), SEPTEMBER)]).await;
    assert!(matches!(unknown, Err(KeepSpansError::UnknownPerson)), "{unknown:?}");
    let backwards = AttendanceSpan { left_at: Micros(SEPTEMBER - 1), ..good };
    let refused = attendance.keep(school, &[good, backwards]).await;
    assert!(matches!(refused, Err(KeepSpansError::Backwards { index: 1 })), "{refused:?}");
    let many = attendance.keep(school, &vec![good; MAX_SPANS + 1]).await;
    assert!(matches!(many, Err(KeepSpansError::TooMany { most: MAX_SPANS })), "{many:?}");
    assert_eq!(attendance.of_session(school, session, None, 10).await.unwrap().items, []);
}
