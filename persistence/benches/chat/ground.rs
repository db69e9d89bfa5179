//! A school whose people have much to say.

use persistence::chat::{Asked, Draft, MAX_DRAFTS, NewGroup};
use persistence::people::Person;
use persistence::{DatabaseLocation, Micros, PostgresConfig, Store};
use protocol::ids::{ClassId, ConversationId, MessageId, PersonId, SchoolId};
use protocol::role::Role;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_servers::postgres::{APP, OWNER, Server};
use uuid::Uuid;

const PEOPLE: usize = 500;
/// Of a class or a group.
const TOGETHER: usize = 30;
const CLASSES: usize = 40;
const GROUPS: usize = 100;
const DIRECT: usize = 60;
/// Messages of each conversation before anything is measured.
const BEFORE: usize = 50;
const LISTS: usize = 300;
const BODY: &str =
    "Does anybody know whether the second exercise is about rivers or about lakes? I think rivers.";

/// What comes in.
#[derive(Clone, Copy)]
pub struct Load {
    pub length: Duration,
    /// Messages a second.
    pub rate: u32,
}

/// What came of it.
pub struct Sent {
    pub per_second: f64,
    /// Messages a transaction.
    pub together: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
}

pub struct Ground {
    store: Store,
    school: SchoolId,
    /// Who is in all of them.
    reader: PersonId,
    /// With two who write there.
    conversations: Vec<(ConversationId, [PersonId; 2])>,
    _server: Option<Server>,
    _folder: Option<TempDir>,
}

fn draft(conversation: ConversationId, sender: PersonId) -> Draft {
    Draft {
        conversation,
        sender,
        id: MessageId::generate(),
        nonce: Uuid::new_v4(),
        body: BODY.to_owned(),
        thread: None,
        reply_to: None,
        mentions: Vec::new(),
        everyone: false,
    }
}

impl Ground {
    /// A server that asks its disk, as a real one does.
    pub async fn on_postgres() -> Self {
        let server = Server::start_with(&["fsync=on", "full_page_writes=on", "shared_buffers=256MB"]);
        let name = server.empty_database();
        let config = PostgresConfig {
            owner_url: Some(server.url(OWNER, &name).parse().unwrap()),
            ..PostgresConfig::new(server.url(APP, &name).parse().unwrap())
        };
        let store = Store::open(&DatabaseLocation::Postgres(config)).await.unwrap();
        Self::prepare(store, Some(server), None).await
    }

    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = DatabaseLocation::SqliteFile(folder.path().join("schoolbell.sqlite"));
        let store = Store::open(&at).await.unwrap();
        Self::prepare(store, None, Some(folder)).await
    }

    async fn prepare(store: Store, server: Option<Server>, folder: Option<TempDir>) -> Self {
        store.migrate().await.unwrap();
        let school = SchoolId::generate();
        store.schools().ensure(school, "Hillside").await.unwrap();
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let (id, name) = (PersonId::generate(), format!("Person {number}"));
            let person = Person { school, id, role: Role::Student, name, email: String::new() };
            store.people().upsert(&person).await.unwrap();
            people.push(id);
        }
        let (reader, others) = (people[0], &people[1..]);
        let chat = store.chat();
        let mut conversations = Vec::new();
        let some = |number: usize| others.iter().copied().cycle().skip(number * 7).take(TOGETHER - 1);
        for number in 0..CLASSES {
            let (class, id) = (ClassId::generate(), ConversationId::generate());
            store.classes().ensure(school, class, "5a").await.unwrap();
            for person in some(number).chain([reader]) {
                store.classes().enroll(school, class, person, Role::Student, 1.0).await.unwrap();
            }
            chat.open_class(school, class, id, reader, "5a", Micros(1)).await.unwrap();
            conversations.push((id, [others[number * 7], others[number * 7 + 1]]));
        }
        for number in 0..GROUPS {
            let group = NewGroup {
                id: ConversationId::generate(),
                title: "Choir".to_owned(),
                by: reader,
                people: some(number).collect(),
            };
            chat.make_group(school, &group, Micros(1)).await.unwrap();
            conversations.push((group.id, [group.people[0], group.people[1]]));
        }
        for other in &others[..DIRECT] {
            let direct = chat.open_direct(school, reader, *other, Micros(1)).await.unwrap();
            conversations.push((direct.id, [reader, *other]));
        }
        let ground = Self { store, school, reader, conversations, _server: server, _folder: folder };
        let all = ground.conversations.len() * BEFORE;
        let drafts: Vec<Draft> = (0..all).map(|number| ground.next(number)).collect();
        for batch in drafts.chunks(MAX_DRAFTS) {
            ground.commit(batch).await;
        }
        ground
    }

    fn next(&self, number: usize) -> Draft {
        let (conversation, people) = self.conversations[number % self.conversations.len()];
        draft(conversation, people[number / 3 % 2])
    }

    async fn commit(&self, drafts: &[Draft]) {
        let sent = self.store.chat().send(self.school, now(), drafts, &|_: &Asked<'_>| Ok::<_, ()>(())).await;
        assert!(sent.unwrap().iter().all(Result::is_ok));
    }

    /// Messages come at their times, whatever became of those before; what waits goes together.
    pub async fn send(&self, load: Load) -> Sent {
        let began = Instant::now();
        let every = Duration::from_secs(1) / load.rate;
        let (mut sent, mut batches) = (0_u32, 0_u32);
        let mut times = Vec::new();
        while began.elapsed() < load.length {
            let come = u32::try_from(began.elapsed().as_nanos() / every.as_nanos()).unwrap();
            let waiting = (come - sent).min(u32::try_from(MAX_DRAFTS).unwrap());
            if waiting == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            }
            let numbers = sent..sent + waiting;
            let drafts: Vec<Draft> =
                numbers.clone().map(|number| self.next(usize::try_from(number).unwrap())).collect();
            self.commit(&drafts).await;
            let committed = began.elapsed();
            times.extend(numbers.map(|number| committed.saturating_sub(every * number)));
            sent += waiting;
            batches += 1;
        }
        times.sort_unstable();
        Sent {
            per_second: f64::from(sent) / began.elapsed().as_secs_f64(),
            together: f64::from(sent) / f64::from(batches),
            p50: times[times.len() / 2],
            p99: times[times.len() * 99 / 100],
            max: times[times.len() - 1],
        }
    }

    /// How long each list and each count took, in order.
    pub async fn list(&self) -> (Vec<Duration>, Vec<Duration>) {
        let (chat, mut listed, mut counted) = (self.store.chat(), Vec::new(), Vec::new());
        for _ in 0..LISTS {
            let began = Instant::now();
            let page = chat.list(self.school, self.reader, None, 200).await.unwrap();
            listed.push(began.elapsed());
            assert_eq!(page.items.len(), 200);
            let began = Instant::now();
            let unread = chat.unread(self.school, self.reader, now()).await.unwrap();
            counted.push(began.elapsed());
            assert!(unread.conversations >= 140);
        }
        listed.sort_unstable();
        counted.sort_unstable();
        (listed, counted)
    }
}

fn now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Micros(i64::try_from(since.as_micros()).unwrap())
}
