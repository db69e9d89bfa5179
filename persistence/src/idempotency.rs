//! Requests that carry a key of their sender's: the first answer is kept, and the same request again gets it.

use crate::db::{Db, Value};
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{PersonId, SchoolId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// For so long an answer is kept.
pub const KEPT_FOR: Micros = Micros(24 * 3_600 * 1_000_000);
/// For so long a try may run before another one may begin: the process that ran it may be gone.
pub const LEASE: Micros = Micros(60 * 1_000_000);

/// Old keys that one claim takes away: more than one, so that they become fewer, and so few that nobody notices.
const SWEPT_AT_ONCE: u32 = 50;

/// A request and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedRequest<'a> {
    /// Who sends it.
    pub person: PersonId,
    /// The sender's key.
    pub key: &'a str,
    /// Of what is asked for; another one under the same key is another request.
    pub fingerprint: Uuid,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Status.
    pub status: u16,
    /// Names and values of headers that belong to the answer itself.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// What a claim of a key comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The request may be carried out; this is the id of the try.
    Ours(Uuid),
    /// Another try of the same request runs.
    Running,
    /// It was carried out.
    Answered(KeptAnswer),
    /// The key was used for another request.
    OtherRequest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Running,
    Answered,
}

const CLAIM: &str = "
    INSERT INTO idempotency_key
        (school_id, person_id, key, fingerprint, state, claim_id, claimed_us, created_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
    ON CONFLICT (school_id, person_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, state = excluded.state, claim_id = excluded.claim_id,
        claimed_us = excluded.claimed_us, created_us = excluded.created_us,
        status = NULL, headers = NULL, body = NULL
    WHERE idempotency_key.created_us <= $8
        OR (idempotency_key.state = excluded.state AND idempotency_key.claimed_us <= $9
            AND idempotency_key.fingerprint = excluded.fingerprint)";

#[derive(FromRow)]
struct KeyRow {
    fingerprint: Uuid,
    state: String,
    status: Option<i64>,
    headers: Option<Json<Vec<(String, String)>>>,
    body: Option<Vec<u8>>,
}

const GET: &str = "
    SELECT fingerprint, state, status, headers, body FROM idempotency_key
    WHERE school_id = $1 AND person_id = $2 AND key = $3";

/// A try that was taken for dead must not overwrite what another one is doing.
const KEEP: &str = "
    UPDATE idempotency_key SET state = $5, status = $6, headers = $7, body = $8
    WHERE school_id = $1 AND person_id = $2 AND key = $3 AND claim_id = $4";

const RELEASE: &str = "
    DELETE FROM idempotency_key WHERE school_id = $1 AND person_id = $2 AND key = $3 AND claim_id = $4";

const SWEEP: &str = "
    DELETE FROM idempotency_key WHERE school_id = $1 AND (person_id, key) IN
        (SELECT person_id, key FROM idempotency_key WHERE school_id = $1 AND created_us <= $2
        ORDER BY created_us LIMIT $3)";

/// The repository of keys.
#[derive(Clone, Debug)]
pub struct IdempotencyKeys {
    db: Db,
}

impl IdempotencyKeys {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Claims a key for a try of a request, or tells why there is nothing to try. A few keys that are older than
    /// [`KEPT_FOR`] go on the way.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn claim(
        &self,
        school: SchoolId,
        request: KeyedRequest<'_>,
        now: Micros,
    ) -> Result<Claim, Unavailable> {
        let KeyedRequest { person, key, fingerprint } = request;
        let claim = Uuid::now_v7();
        let (over, dead) = (Micros(now.0 - KEPT_FOR.0), Micros(now.0 - LEASE.0));
        let mut tx = self.db.write(school).await?;
        let values = [
            school.0.into(),
            person.0.into(),
            key.into(),
            fingerprint.into(),
            column_word::write(State::Running)?.into(),
            claim.into(),
            now.into(),
            over.into(),
            dead.into(),
        ];
        if tx.execute(CLAIM, values).await? > 0 {
            tx.execute(SWEEP, [school.0.into(), over.into(), SWEPT_AT_ONCE.into()]).await?;
            tx.commit().await?;
            return Ok(Claim::Ours(claim));
        }
        let row: Option<KeyRow> =
            tx.fetch_optional(GET, [school.0.into(), person.0.into(), key.into()]).await?;
        // Given back just now.
        let Some(row) = row else { return Ok(Claim::Running) };
        if row.fingerprint != fingerprint {
            return Ok(Claim::OtherRequest);
        }
        Ok(match (column_word::read(&row.state)?, row.status) {
            (State::Answered, Some(status)) => Claim::Answered(KeptAnswer {
                status: u16::try_from(status).unwrap_or(500),
                headers: row.headers.map(|headers| headers.0).unwrap_or_default(),
                body: row.body.unwrap_or_default(),
            }),
            _ => Claim::Running,
        })
    }

    /// Keeps the answer of a try; not if another try was begun meanwhile.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn keep(
        &self,
        school: SchoolId,
        request: KeyedRequest<'_>,
        claim: Uuid,
        answer: &KeptAnswer,
    ) -> Result<(), Unavailable> {
        let values = [
            school.0.into(),
            request.person.0.into(),
            request.key.into(),
            claim.into(),
            column_word::write(State::Answered)?.into(),
            i64::from(answer.status).into(),
            Value::json(&answer.headers)?,
            answer.body.as_slice().into(),
        ];
        self.db.execute(school, KEEP, values).await?;
        Ok(())
    }

    /// Gives a key back: what was tried under it did not happen, and may be tried again.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn release(
        &self,
        school: SchoolId,
        request: KeyedRequest<'_>,
        claim: Uuid,
    ) -> Result<(), Unavailable> {
        let values = [school.0.into(), request.person.0.into(), request.key.into(), claim.into()];
        self.db.execute(school, RELEASE, values).await?;
        Ok(())
    }
}
