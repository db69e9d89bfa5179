//! Who wants nothing of whom.

use super::{Friends, Pair, end, hold};
use crate::db::{Sql, Tx};
use crate::id_list::id_list;
use crate::{Micros, Unavailable};
use protocol::ids::{PersonId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// Most people whom somebody blocks.
pub const MOST_BLOCKED: u32 = 1_000;

/// Somebody who is blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Who.
    pub person: PersonId,
    /// As shown.
    pub name: String,
    /// Since when.
    pub since: Micros,
}

/// Why nobody was blocked.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The school does not know one of the two.
    #[error("nobody has this id; look at it again")]
    UnknownPerson,
    /// Nobody blocks themselves.
    #[error("this is you; block somebody else")]
    Oneself,
    /// As many are blocked as may be.
    #[error("{most} people are blocked; unblock one of them first")]
    TooMany {
        /// How many there may be.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl BlockError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::Oneself => "oneself",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

#[derive(FromRow)]
struct BlockedRow {
    person_id: Uuid,
    name: String,
    since_us: Micros,
}

const BLOCK: &str = "
    INSERT INTO person_block (school_id, person_id, blocked_id, since_us) VALUES ($1, $2, $3, $4)
    ON CONFLICT (school_id, person_id, blocked_id) DO NOTHING";

const UNBLOCK: &str = "
    DELETE FROM person_block WHERE school_id = $1 AND person_id = $2 AND blocked_id = $3";

const COUNT: &str = "
    SELECT COUNT(*) FROM person_block WHERE school_id = $1 AND person_id = $2";

const LIST: &str = "
    SELECT p.person_id, p.name, b.since_us FROM person_block b
    JOIN person p ON p.school_id = $1 AND p.person_id = b.blocked_id
    WHERE b.school_id = $1 AND b.person_id = $2
    ORDER BY p.name, p.person_id";

const AMONG: Sql = Sql::each(
    "SELECT COUNT(*) FROM jsonb_array_elements_text($3) AS listed (value)
    JOIN person_block AS b ON b.school_id = $1 AND ((b.person_id = $2 AND b.blocked_id = listed.value::uuid)
        OR (b.person_id = listed.value::uuid AND b.blocked_id = $2))",
    "SELECT COUNT(*) FROM json_each($3) AS listed
    JOIN person_block AS b ON b.school_id = $1 AND ((b.person_id = $2 AND b.blocked_id = unhex(listed.value))
        OR (b.person_id = unhex(listed.value) AND b.blocked_id = $2))",
);

const EITHER: &str = "
    SELECT COUNT(*) FROM person_block
    WHERE school_id = $1 AND ((person_id = $2 AND blocked_id = $3) OR (person_id = $3 AND blocked_id = $2))";

impl Friends {
    /// `by` wants nothing of `whom` any more; what the two were to each other ends. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`BlockError`]; nothing was changed then.
    pub async fn block(
        &self,
        school: SchoolId,
        by: PersonId,
        whom: PersonId,
        now: Micros,
    ) -> Result<(), BlockError> {
        if by == whom {
            return Err(BlockError::Oneself);
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !hold(&mut tx, school, Pair::of(by, whom)).await? {
            return Err(BlockError::UnknownPerson);
        }
        let values = [school.0.into(), by.0.into(), whom.0.into(), now.into()];
        let new = tx.execute(BLOCK, values).await.map_err(Unavailable::from)?;
        let (blocked,): (i64,) =
            tx.fetch_one(COUNT, [school.0.into(), by.0.into()]).await.map_err(Unavailable::from)?;
        if new > 0 && blocked > i64::from(MOST_BLOCKED) {
            return Err(BlockError::TooMany { most: MOST_BLOCKED });
        }
        end(&mut tx, school, by, whom).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(())
    }

    /// Takes a block back. Returns whether there was one.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; nothing was changed then.
    pub async fn unblock(&self, school: SchoolId, by: PersonId, whom: PersonId) -> Result<bool, Unavailable> {
        let values = [school.0.into(), by.0.into(), whom.0.into()];
        Ok(self.db.execute(school, UNBLOCK, values).await? > 0)
    }

    /// Whom somebody blocks, by name, at most [`MOST_BLOCKED`].
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn blocked(&self, school: SchoolId, by: PersonId) -> Result<Vec<Blocked>, Unavailable> {
        let rows: Vec<BlockedRow> = self.db.fetch_all(school, LIST, [school.0.into(), by.0.into()]).await?;
        let blocked = |row: BlockedRow| Blocked {
            person: PersonId(row.person_id),
            name: row.name,
            since: row.since_us,
        };
        Ok(rows.into_iter().map(blocked).collect())
    }

    /// Whether a person blocks one of the others, or one of them the person.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn block_among(
        &self,
        school: SchoolId,
        person: PersonId,
        others: &[PersonId],
    ) -> Result<bool, Unavailable> {
        let values = [school.0.into(), person.0.into(), id_list(others.iter().map(|other| other.0))?];
        let (blocks,): (i64,) = self.db.fetch_one(school, AMONG, values).await?;
        Ok(blocks > 0)
    }
}

pub(super) async fn either(
    tx: &mut Tx,
    school: SchoolId,
    a: PersonId,
    b: PersonId,
) -> Result<bool, Unavailable> {
    let (blocks,): (i64,) = tx.fetch_one(EITHER, [school.0.into(), a.0.into(), b.0.into()]).await?;
    Ok(blocks > 0)
}
