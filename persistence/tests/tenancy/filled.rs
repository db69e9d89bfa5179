//! A school with a row in every table.

use crate::chat::Chat;
use crate::events::Events;
use crate::learning::Learning;
use crate::records::Records;
use crate::suite::{Fixture, content, finish::report, person};
use persistence::games::NewGame;
use persistence::idempotency::KeyedRequest;
use persistence::journal::{
    Budget, Durability, DurableError, Fact, Journal, Kind, OpId, Sinks, Writer, WriterConfig,
};
use persistence::room_log::{Fence, LogEntry, RoomKey, RoomLog as _};
use persistence::{DatabaseLocation, Micros, Store};
use protocol::ids::{ClassId, PersonId, SchoolId};
use protocol::role::Role;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub struct Filled {
    pub fixture: Fixture,
    pub class: ClassId,
    pub student: PersonId,
    pub open: NewGame,
    pub ended: NewGame,
    pub room: RoomKey,
    pub fence: Fence,
    pub parked: OpId,
    pub records: Records,
    pub events: Events,
    pub learning: Learning,
    pub chat: Chat,
}

impl Filled {
    /// A school in a store, with PINs that begin with a digit.
    pub async fn in_store(store: Store, digit: u8) -> Self {
        let fixture = Fixture::in_store(store).await;
        let (school, store) = (fixture.school, &fixture.store);
        let (class, student) = (ClassId::generate(), person(school, Role::Student, "Ada", "ada@example.org"));
        store.people().upsert(&student).await.unwrap();
        store.classes().ensure(school, class, "5a").await.unwrap();
        store.classes().enroll(school, class, fixture.teacher, Role::Teacher, 1.0).await.unwrap();
        store.classes().enroll(school, class, student.id, Role::Student, 1.5).await.unwrap();
        store.quizzes().update(school, fixture.quiz, 1, &content("Lakes"), Micros(2_000)).await.unwrap();
        let open = fixture.game(&format!("{digit}11111"), 1_000);
        let ended = NewGame { class: Some(class), ..fixture.game(&format!("{digit}22222"), 2_000) };
        store.games().create(&open).await.unwrap();
        store.games().create(&ended).await.unwrap();
        store.games().finish(school, &report(ended.id, 3)).await.unwrap();
        let room = RoomKey { school, kind: "quiz".to_owned(), id: Uuid::now_v7() };
        let log = store.room_log();
        let fence = log.acquire(&room).await.unwrap();
        let entries = [1, 2].map(|seq| LogEntry { seq, at: seq, body: b"entry".to_vec() });
        log.append(&room, fence, &entries).await.unwrap();
        log.snapshot(&room, fence, 1, b"state").await.unwrap();
        let parked = park(school, store).await;
        store.idempotency_keys().claim(school, keyed(fixture.teacher), Micros(5)).await.unwrap();
        let records = Records::in_store(store, school, fixture.teacher).await;
        let learning = Learning::in_store(store, school, fixture.quiz, student.id).await;
        let events = Events::in_store(store, &fixture).await;
        let chat = Chat::in_store(store, school, fixture.teacher).await;
        let student = student.id;
        Self { parked, class, student, open, ended, room, fence, records, events, learning, chat, fixture }
    }

    pub fn school(&self) -> SchoolId {
        self.fixture.school
    }
}

/// A request that runs.
pub fn keyed(person: PersonId) -> KeyedRequest<'static> {
    KeyedRequest { person, key: "one", fingerprint: Uuid::nil() }
}

/// A fact of a kind that nobody knows, come to its end by a journal and its writer.
async fn park(school: SchoolId, store: &Store) -> OpId {
    let beside = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    beside.migrate().await.unwrap();
    let journal: Arc<dyn Journal> = Arc::new(beside.local_journal(Budget::default()).unwrap());
    let op = OpId(Uuid::now_v7());
    let fact = Fact {
        op,
        school,
        kind: Kind::new("test.unknown"),
        key: "one".to_owned(),
        occurred_at: Micros(1),
        body: "{}".into(),
    };
    let accepted = journal.append(&[fact]).await.unwrap();
    let durability = Durability::new(Arc::clone(&journal), store);
    // Nobody will ever know it.
    let config = WriterConfig { unknown_kind: Duration::ZERO, ..WriterConfig::new("filler") };
    let writer = Writer::new(journal, store, Sinks::default(), config);
    let ended = async {
        let ended = durability.wait(&accepted, Duration::from_secs(20)).await;
        assert!(matches!(ended, Err(DurableError::Parked { op: parked }) if parked == op), "{ended:?}");
    };
    writer.run(ended).await;
    op
}
