#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Db, Reach};
use crate::db::postgres::{PostgresConfig, PostgresDb};
use crate::people::Person;
use crate::{DatabaseLocation, Store};
use protocol::ids::{PersonId, SchoolId};
use protocol::role::Role;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use std::time::Duration;
use test_servers::postgres::{APP, OWNER, PgBouncer, Server};
use tokio::task::JoinSet;

/// More than connections, so that each serves many.
const SCHOOLS: usize = 12;
const ROUNDS: usize = 40;

/// Not a word about the school: what comes back is what the database shows.
const ALL_PEOPLE: &str = "SELECT school_id FROM person";
const ALL_NAMES: &str = "UPDATE person SET name = name";

/// A database with schools of one, two, … people.
async fn schools(server: &Server) -> (String, Vec<(SchoolId, u64)>) {
    let name = server.empty_database();
    let at = PostgresConfig::new(server.url(OWNER, &name).parse().unwrap());
    let store = Store::open(&DatabaseLocation::Postgres(at)).await.unwrap();
    store.migrate().await.unwrap();
    let mut made = Vec::new();
    for people in 1..=SCHOOLS {
        let school = SchoolId::generate();
        store.schools().ensure(school, "Hillside").await.unwrap();
        for _ in 0..people {
            let (id, email) = (PersonId::generate(), String::new());
            let person = Person { school, id, role: Role::Student, name: "Ada".to_owned(), email };
            store.people().upsert(&person).await.unwrap();
        }
        made.push((school, people as u64));
    }
    (name, made)
}

async fn open(url: &str, connections: u32) -> Db {
    let config = PostgresConfig { connections, ..PostgresConfig::new(url.parse().unwrap()) };
    Db::Postgres(PostgresDb::open(&config).await.unwrap())
}

/// What one school sees and changes, by each way to a connection.
async fn look(db: &Db, school: SchoolId, people: u64) {
    let only_own = |rows: Vec<(uuid::Uuid,)>| {
        assert_eq!(rows.len() as u64, people);
        assert!(rows.iter().all(|(of,)| *of == school.0));
    };
    only_own(db.fetch_all(school, ALL_PEOPLE, []).await.unwrap());
    assert_eq!(db.execute(school, ALL_NAMES, []).await.unwrap(), people);
    let mut tx = db.read(school).await.unwrap();
    only_own(tx.fetch_all(ALL_PEOPLE, []).await.unwrap());
    // Given up without a word.
    drop(tx);
    let mut tx = db.write(school).await.unwrap();
    assert_eq!(tx.execute(ALL_NAMES, []).await.unwrap(), people);
    only_own(tx.fetch_all(ALL_PEOPLE, []).await.unwrap());
    tx.commit().await.unwrap();
    let nobody: Vec<(uuid::Uuid,)> = db.fetch_all(Reach::Directory, ALL_PEOPLE, []).await.unwrap();
    assert_eq!(nobody, []);
}

/// Schools whose requests interleave, some of which are given up at any moment.
async fn interleave(db: &Db, schools: &[(SchoolId, u64)]) {
    let mut tasks = JoinSet::new();
    for (number, &(school, people)) in schools.iter().enumerate() {
        let db = db.clone();
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                if (number + round) % 3 == 0 {
                    let patience = Duration::from_micros(50 * (1 + (number * 7 + round * 13) as u64 % 60));
                    let _given_up = tokio::time::timeout(patience, look(&db, school, people)).await;
                }
                look(&db, school, people).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn a_connection_carries_no_school_over_to_the_next() {
    let server = Server::shared();
    let (name, schools) = schools(server).await;
    for connections in [1, 3] {
        interleave(&open(&server.url(APP, &name), connections).await, &schools).await;
    }
}

#[tokio::test]
async fn a_pooler_with_one_connection_carries_no_school_over_to_the_next() {
    let server = Server::shared();
    let (name, schools) = schools(server).await;
    let bouncer = PgBouncer::before(server, 1);
    let url = bouncer.url(APP, &name);
    let (one, other) = (open(&url, 5).await, open(&url, 5).await);
    tokio::join!(interleave(&one, &schools[..SCHOOLS / 2]), interleave(&other, &schools[SCHOOLS / 2..]));
    // The same connection to the server, without any word about a school.
    let of_app =
        format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{APP}' AND datname = '{name}'");
    let rows = server.sql(&name, &of_app);
    assert_eq!(rows, "1");
    let options: PgConnectOptions = url.parse().unwrap();
    let mut raw = options.extra_float_digits(None).connect().await.unwrap();
    let (left,): (Option<String>,) =
        sqlx::query_as("SELECT NULLIF(current_setting('app.current_school', TRUE), '')")
            .persistent(false)
            .fetch_one(&mut raw)
            .await
            .unwrap();
    assert_eq!(left, None);
}

#[tokio::test]
async fn what_reads_cannot_write() {
    let server = Server::shared();
    let (name, schools) = schools(server).await;
    let db = open(&server.url(APP, &name), 1).await;
    let (school, _) = schools[0];
    let mut tx = db.read(school).await.unwrap();
    assert!(tx.execute(ALL_NAMES, []).await.unwrap_err().to_string().contains("read-only"));
    drop(tx);
    assert!(
        db.fetch_all::<(uuid::Uuid,)>(school, "DELETE FROM person RETURNING person_id", []).await.is_err()
    );
    assert_eq!(db.execute(school, ALL_NAMES, []).await.unwrap(), 1);
}
