use super::Fixture;
use persistence::sessions::{
    AcademicSession, CreateSessionError, SessionContent, SessionKind, UpdateSessionError,
};
use persistence::{Micros, Store};
use protocol::ids::{SchoolId, SessionId};

fn content(kind: SessionKind, starts_at: i64) -> SessionContent {
    let (starts_at, ends_at) = (Micros(starts_at), Micros(starts_at + 100));
    SessionContent { kind, title: "Autumn".to_owned(), parent: None, starts_at, ends_at }
}

async fn made(store: &Store, school: SchoolId, content: &SessionContent) -> SessionId {
    let id = SessionId::generate();
    store.sessions().create(school, id, content).await.unwrap();
    id
}

#[tokio::test]
async fn an_academic_session_comes_back_as_it_was_written() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let year = made(&store, school, &content(SessionKind::SchoolYear, 0)).await;
    let term = SessionContent { parent: Some(year), ..content(SessionKind::Term, 10) };
    let id = made(&store, school, &term).await;
    let wanted = AcademicSession { id, version: 1, content: term.clone() };
    assert_eq!(store.sessions().get(school, id).await.unwrap(), Some(wanted));
    assert_eq!(store.sessions().get(school, SessionId::generate()).await.unwrap(), None);
    let again = store.sessions().create(school, id, &term).await;
    assert!(matches!(again, Err(CreateSessionError::Exists)), "{again:?}");
}

#[tokio::test]
async fn of_two_changes_of_an_academic_session_the_second_is_told_of_the_first() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (sessions, first) = (store.sessions(), content(SessionKind::Semester, 0));
    let id = made(&store, school, &first).await;
    let second = content(SessionKind::GradingPeriod, 50);
    assert_eq!(sessions.update(school, id, 1, &second).await.unwrap(), 2);
    let late = sessions.update(school, id, 1, &first).await;
    assert!(matches!(late, Err(UpdateSessionError::Conflict { current: 2 })), "{late:?}");
    assert_eq!(sessions.get(school, id).await.unwrap().unwrap().content, second);
    let unknown = sessions.update(school, SessionId::generate(), 1, &first).await;
    assert!(matches!(unknown, Err(UpdateSessionError::UnknownSession)), "{unknown:?}");
}

#[tokio::test]
async fn an_academic_session_needs_a_school_a_known_parent_and_a_length() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (sessions, plain) = (store.sessions(), content(SessionKind::Term, 0));
    let id = made(&store, school, &plain).await;
    let lost = SessionContent { parent: Some(SessionId::generate()), ..plain.clone() };
    let create = sessions.create(school, SessionId::generate(), &lost).await;
    assert!(matches!(create, Err(CreateSessionError::UnknownSchoolOrParent)), "{create:?}");
    let create = sessions.create(SchoolId::generate(), SessionId::generate(), &plain).await;
    assert!(matches!(create, Err(CreateSessionError::UnknownSchoolOrParent)), "{create:?}");
    let update = sessions.update(school, id, 1, &lost).await;
    assert!(matches!(update, Err(UpdateSessionError::UnknownParent)), "{update:?}");
    let empty = SessionContent { ends_at: plain.starts_at, ..plain };
    let create = sessions.create(school, SessionId::generate(), &empty).await;
    assert!(matches!(create, Err(CreateSessionError::Backwards)), "{create:?}");
    let update = sessions.update(school, id, 1, &empty).await;
    assert!(matches!(update, Err(UpdateSessionError::Backwards)), "{update:?}");
}

#[tokio::test]
async fn academic_sessions_come_in_pages_of_their_school() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    for start in 0..7 {
        made(&here.store, here.school, &content(SessionKind::Term, start / 3)).await;
    }
    let foreign = made(&here.store, there.school, &content(SessionKind::Term, 0)).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = here.store.sessions().list(here.school, after, 3).await.unwrap();
        seen.extend(page.items.into_iter().map(|session| (session.content.starts_at, session.id)));
        after = page.next.map(|cursor| cursor.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|before, behind| before > behind));
    let sessions = here.store.sessions();
    assert_eq!(sessions.get(here.school, foreign).await.unwrap(), None);
    let stolen = sessions.update(here.school, foreign, 1, &content(SessionKind::Term, 9)).await;
    assert!(matches!(stolen, Err(UpdateSessionError::UnknownSession)), "{stolen:?}");
    let child = SessionContent { parent: Some(foreign), ..content(SessionKind::Term, 0) };
    let planted = sessions.create(here.school, SessionId::generate(), &child).await;
    assert!(matches!(planted, Err(CreateSessionError::UnknownSchoolOrParent)), "{planted:?}");
}

#[tokio::test]
async fn an_academic_session_does_not_lie_in_itself_even_if_two_change_at_once() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let sessions = store.sessions();
    let inside = |parent| SessionContent { parent: Some(parent), ..content(SessionKind::Term, 0) };
    let year = made(&store, school, &content(SessionKind::SchoolYear, 0)).await;
    let term = made(&store, school, &inside(year)).await;
    let period = made(&store, school, &inside(term)).await;
    for parent in [year, term, period] {
        let ring = sessions.update(school, year, 1, &inside(parent)).await;
        assert!(matches!(ring, Err(UpdateSessionError::Cycle)), "{ring:?}");
    }
    assert_eq!(sessions.update(school, period, 1, &inside(year)).await.unwrap(), 2);
    for _ in 0..10 {
        let one = made(&store, school, &content(SessionKind::Term, 0)).await;
        let other = made(&store, school, &content(SessionKind::Term, 0)).await;
        let (first, second) = (inside(other), inside(one));
        let (first, second) = futures_util::future::join(
            sessions.update(school, one, 1, &first),
            sessions.update(school, other, 1, &second),
        )
        .await;
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    }
}
