//! A Postgres with a table such as events have: partitioned by month, with row-level security, a key of three columns and one
//! more index; and a Redis that the facts come from.

use crate::database::{copy, open};
use persistence::journal::{
    Accepted, Budget, Cell, Column, Durability, Fact, Journal, JournalError, Kind, OpId, Poison,
    RedisJournal, Row, Sink, Sinks, Upsert, Writer, WriterConfig,
};
use persistence::redis::{Redis, RedisConfig};
use persistence::{DatabaseLocation, Micros, Store};
use protocol::ids::SchoolId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use test_servers::{postgres, redis};
use uuid::Uuid;

const TABLE: &str = "
    CREATE TABLE bench_event (
        school_id uuid NOT NULL, happened_us bigint NOT NULL, event_id uuid NOT NULL, person_id uuid NOT NULL,
        points bigint NOT NULL CHECK (points >= 0), PRIMARY KEY (school_id, happened_us, event_id)
    ) PARTITION BY RANGE (happened_us);
    CREATE TABLE bench_event_1 PARTITION OF bench_event FOR VALUES FROM (0) TO (2000000000000);
    CREATE TABLE bench_event_2 PARTITION OF bench_event FOR VALUES FROM (2000000000000) TO (9000000000000000000);
    CREATE INDEX bench_event_person ON bench_event (school_id, person_id);
    CALL schoolbell_keep_apart('bench_event');
    CALL schoolbell_keep_apart('bench_event_1');
    CALL schoolbell_keep_apart('bench_event_2');
    GRANT SELECT, INSERT, UPDATE, DELETE ON bench_event, bench_event_1, bench_event_2 TO schoolbell_app;";

/// A thousand rows a transaction, of a server that makes them itself, under the same policies.
const GENERATOR: &str = "
    CREATE PROCEDURE bench_generate(seconds double precision, INOUT rows bigint) LANGUAGE plpgsql AS $$
    DECLARE
        until timestamptz := clock_timestamp() + seconds * interval '1 second';
        school uuid := gen_random_uuid();
    BEGIN
        WHILE clock_timestamp() < until LOOP
            PERFORM set_config('role', 'schoolbell_app', TRUE), set_config('app.current_school', school::text, TRUE);
            INSERT INTO bench_event (school_id, happened_us, event_id, person_id, points)
            SELECT school, 3000000000000 + rows + n, gen_random_uuid(), gen_random_uuid(), n FROM generate_series(1, 1000) n
            ON CONFLICT (school_id, happened_us, event_id) DO UPDATE SET points = excluded.points;
            rows := rows + 1000;
            COMMIT;
        END LOOP;
    END $$";

const STATEMENTS: [Upsert; 1] = [Upsert {
    postgres: "
        INSERT INTO bench_event (school_id, happened_us, event_id, person_id, points)
        SELECT $1, t.* FROM UNNEST($2::bigint[], $3::uuid[], $4::uuid[], $5::bigint[]) AS t
        ON CONFLICT (school_id, happened_us, event_id) DO UPDATE SET points = excluded.points",
    sqlite: "",
    columns: &[Column::I64, Column::Uuid, Column::Uuid, Column::I64],
    key: 2,
}];

/// Rows of one append.
const TOGETHER: usize = 500;
/// Rows that may wait: the writer must never have none, and lag is what waits.
const AHEAD: usize = 8_000;
/// Shards, as many as transactions at a time keep busy.
const SHARDS: u16 = 4;

#[derive(Serialize, Deserialize)]
struct Body {
    events: Vec<Event>,
}

#[derive(Serialize, Deserialize)]
struct Event {
    id: Uuid,
    person: Uuid,
    points: i64,
}

struct Events;

impl Sink for Events {
    fn kind(&self) -> Kind {
        Kind::new("bench.event")
    }

    fn statements(&self) -> &[Upsert] {
        &STATEMENTS
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        let body: Body = serde_json::from_slice(&fact.body)
            .map_err(|error| Poison { code: "unreadable", reason: error.to_string() })?;
        let row = |event: Event| {
            let cells: Vec<Cell> =
                vec![fact.occurred_at.0.into(), event.id.into(), event.person.into(), event.points.into()];
            Row { statement: 0, cells }
        };
        Ok(body.events.into_iter().map(row).collect())
    }
}

/// What comes in.
#[derive(Clone, Copy)]
pub struct Load {
    pub length: Duration,
    /// Of each fact.
    pub rows: usize,
    /// Of so many facts one is refused by the table, and by nothing before it.
    pub poison: Option<u64>,
}

/// What came of it.
pub struct Written {
    pub rows_per_s: f64,
    pub lag_p99: Duration,
    pub poison: u64,
    pub parked: u64,
}

pub struct Ground {
    redis: redis::Server,
    server: &'static postgres::Server,
    name: String,
    store: Store,
}

/// A store that nothing is written into.
pub struct Nothing {
    pub store: Store,
}

impl Nothing {
    pub async fn open() -> Self {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        Self { store }
    }
}

pub async fn journal(server: &redis::Server, partitions: u16) -> RedisJournal {
    let prefix = format!("b{}", Uuid::new_v4().simple());
    let config = RedisConfig { prefix, partitions, ..RedisConfig::new(server.url()) };
    RedisJournal::new(Redis::connect(&config).await.unwrap(), Budget::default())
}

impl Ground {
    pub async fn prepare() -> Self {
        let (server, name) = copy().await;
        server.sql(&name, TABLE);
        server.sql(&name, GENERATOR);
        let store = open((server, name.clone())).await;
        Self { redis: redis::Server::single(), server, name, store }
    }

    /// Rows a second of one backend.
    pub fn generate(&self, length: Duration) -> f64 {
        let began = Instant::now();
        let call = format!("CALL bench_generate({}, 0)", length.as_secs_f64());
        let rows: f64 = self.server.sql(&self.name, &call).parse().unwrap();
        rows / began.elapsed().as_secs_f64()
    }

    /// Appends faster than is written, and counts what is.
    pub async fn write(&self, load: Load) -> Written {
        self.server.sql(
            &self.name,
            "TRUNCATE bench_event; DELETE FROM open_dead_letter; DELETE FROM wb_dead_letter",
        );
        let journal: Arc<dyn Journal> = Arc::new(journal(&self.redis, SHARDS).await);
        let sinks = Sinks::new([Arc::new(Events) as _]).unwrap();
        let writer = Writer::new(Arc::clone(&journal), &self.store, sinks, WriterConfig::new("bench"));
        let durability = Durability::new(Arc::clone(&journal), &self.store);
        let (over, poison) = (AtomicBool::new(false), AtomicU64::new(0));
        let mut lags = Vec::new();
        let mut written = Written { rows_per_s: 0.0, lag_p99: Duration::ZERO, poison: 0, parked: 0 };
        let play = async {
            let appending = append(journal.as_ref(), load, &over, &poison);
            let timed = async {
                let began = Instant::now();
                while began.elapsed() < load.length {
                    let asked = Instant::now();
                    let probe = [fact(SchoolId::generate(), &Uuid::new_v4().to_string(), 1, 1)];
                    let accepted: Accepted = journal.append(&probe).await.unwrap();
                    durability.wait(&accepted, Duration::from_secs(60)).await.unwrap();
                    lags.push(asked.elapsed());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let rows = self.server.sql(&self.name, "SELECT count(*) FROM bench_event");
                written.rows_per_s = rows.parse::<f64>().unwrap() / began.elapsed().as_secs_f64();
                over.store(true, Ordering::SeqCst);
            };
            let (accepted, ()) = tokio::join!(appending, timed);
            // What is parked among them is an error, and an expected one.
            let _parked = durability.wait(&accepted, Duration::from_secs(120)).await;
        };
        writer.run(play).await;
        lags.sort_unstable();
        written.lag_p99 = lags[(lags.len() * 99 / 100).min(lags.len() - 1)];
        written.poison = poison.load(Ordering::SeqCst);
        written.parked = self.server.sql(&self.name, "SELECT count(*) FROM wb_dead_letter").parse().unwrap();
        written
    }
}

/// A fact of some events.
fn fact(school: SchoolId, key: &str, rows: usize, points: i64) -> Fact {
    static HAPPENED: AtomicU64 = AtomicU64::new(4_000_000_000_000);
    let event = || Event { id: Uuid::new_v4(), person: Uuid::new_v4(), points };
    let body = Body { events: (0..rows).map(|_| event()).collect() };
    Fact {
        op: OpId(Uuid::now_v7()),
        school,
        kind: Kind::new("bench.event"),
        key: key.to_owned(),
        occurred_at: Micros(HAPPENED.fetch_add(1, Ordering::Relaxed).cast_signed()),
        body: serde_json::to_vec(&body).unwrap().into(),
    }
}

/// Appends until it is over; returns the last of each shard.
async fn append(journal: &dyn Journal, load: Load, over: &AtomicBool, poison: &AtomicU64) -> Accepted {
    let schools: Vec<SchoolId> = (0..4).map(|_| SchoolId::generate()).collect();
    let (mut last, mut number) = (Accepted::default(), 0_u64);
    let (together, ahead) = ((TOGETHER / load.rows).max(1), u64::try_from(AHEAD / load.rows).unwrap());
    while !over.load(Ordering::SeqCst) {
        let mut waiting = 0;
        for shard in 0..journal.shards() {
            waiting += journal.depth(persistence::journal::Shard(shard)).await.unwrap().entries;
        }
        if waiting > ahead {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        }
        let mut facts = Vec::with_capacity(together);
        for _ in 0..together {
            number += 1;
            let is_poison = load.poison.is_some_and(|every| number.is_multiple_of(every));
            poison.fetch_add(u64::from(is_poison), Ordering::SeqCst);
            let school = schools[usize::try_from(number).unwrap() % schools.len()];
            facts.push(fact(
                school,
                &format!("key {}", number % 64),
                load.rows,
                if is_poison { -1 } else { 1 },
            ));
        }
        match journal.append(&facts).await {
            Ok(accepted) => last = accepted,
            Err(JournalError::Full { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => unreachable!("{error}"),
        }
    }
    last
}
