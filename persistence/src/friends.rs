//! Who is whose friend, by what code somebody is found, and who wants nothing of whom.

mod blocks;
mod codes;

pub use blocks::{BlockError, Blocked, MOST_BLOCKED};
pub use codes::CodeTaken;

use crate::db::{Db, Sql, Tx};
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{PersonId, SchoolId};
use protocol::role::Role;
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

/// Most people whom somebody is friends with, has asked, or is asked by.
pub const MOST_FRIENDS: u32 = 1_000;

/// What two people are to each other, as one of them sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bond {
    /// Both want to be.
    Friends,
    /// The one who looks has asked.
    Asked,
    /// The other one has.
    AsksMe,
}

/// Somebody's friend, or somebody who may become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    /// Who.
    pub person: PersonId,
    /// As shown.
    pub name: String,
    /// What the person is in the school.
    pub role: Role,
    /// How far it is.
    pub bond: Bond,
    /// Since when it is so.
    pub since: Micros,
}

/// Somebody from the same classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Who.
    pub person: PersonId,
    /// As shown.
    pub name: String,
    /// How many classes both are in.
    pub classes: u32,
}

/// What a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What the two are now.
    pub bond: Bond,
    /// Whether that is new: asking twice changes nothing.
    pub changed: bool,
}

/// Why nobody was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The school does not know one of the two, or one has blocked the other: who asks cannot tell which.
    #[error("nobody who can be asked has this id or code; look at it again")]
    UnknownPerson,
    /// Nobody is their own friend.
    #[error("this is you; ask somebody else")]
    Oneself,
    /// One of the two has as many friends and requests as there may be.
    #[error("one of you has {most} friends and requests; end one of them first")]
    TooMany {
        /// How many there may be.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AskError {
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

/// Two people in the order of their rows.
#[derive(Clone, Copy)]
struct Pair {
    low: PersonId,
    high: PersonId,
}

impl Pair {
    fn of(a: PersonId, b: PersonId) -> Self {
        Self { low: a.min(b), high: a.max(b) }
    }
}

#[derive(FromRow)]
struct BondRow {
    asked_by: Uuid,
    friends: bool,
}

impl BondRow {
    fn seen_by(&self, who: PersonId) -> Bond {
        match (self.friends, PersonId(self.asked_by) == who) {
            (true, _) => Bond::Friends,
            (false, true) => Bond::Asked,
            (false, false) => Bond::AsksMe,
        }
    }
}

/// The two rows are held until the end, lesser id first: two who ask or block each other at the same moment take turns, and
/// nobody passes the limit beside somebody else.
const HOLD: Sql = Sql::each(
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id IN ($2, $3) ORDER BY person_id FOR NO KEY UPDATE",
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id IN ($2, $3)",
);

const BOND: &str = "
    SELECT asked_by, friends FROM friendship WHERE school_id = $1 AND low_id = $2 AND high_id = $3";

const COUNT: &str = "
    SELECT COUNT(*) FROM friendship WHERE school_id = $1 AND (low_id = $2 OR high_id = $2)";

const ASK: &str = "
    INSERT INTO friendship (school_id, low_id, high_id, asked_by, friends, since_us) VALUES ($1, $2, $3, $4, FALSE, $5)";

const ACCEPT: &str = "
    UPDATE friendship SET friends = TRUE, since_us = $4 WHERE school_id = $1 AND low_id = $2 AND high_id = $3";

const END: &str = "
    DELETE FROM friendship WHERE school_id = $1 AND low_id = $2 AND high_id = $3";

#[derive(FromRow)]
struct FriendRow {
    person_id: Uuid,
    name: String,
    role: String,
    asked_by: Uuid,
    friends: bool,
    since_us: Micros,
}

// Each half has an index of its own.
const LIST: &str = "
    SELECT p.person_id, p.name, p.role, f.asked_by, f.friends, f.since_us
    FROM (
        SELECT high_id AS other_id, asked_by, friends, since_us FROM friendship WHERE school_id = $1 AND low_id = $2
        UNION ALL
        SELECT low_id, asked_by, friends, since_us FROM friendship WHERE school_id = $1 AND high_id = $2
    ) f
    JOIN person p ON p.school_id = $1 AND p.person_id = f.other_id
    ORDER BY p.name, p.person_id";

#[derive(FromRow)]
struct SuggestionRow {
    person_id: Uuid,
    name: String,
    #[sqlx(try_from = "i64")]
    classes: u32,
}

const SUGGESTIONS: &str = "
    SELECT p.person_id, p.name, COUNT(*) AS classes
    FROM enrollment mine
    JOIN enrollment theirs ON theirs.school_id = $1 AND theirs.class_id = mine.class_id AND theirs.state = 'active'
        AND theirs.role = 'student' AND theirs.person_id <> $2
    JOIN person p ON p.school_id = $1 AND p.person_id = theirs.person_id AND p.role = 'student'
    WHERE mine.school_id = $1 AND mine.person_id = $2 AND mine.state = 'active' AND mine.role = 'student'
        AND NOT EXISTS (SELECT 1 FROM friendship f WHERE f.school_id = $1 AND f.low_id = $2 AND f.high_id = p.person_id)
        AND NOT EXISTS (SELECT 1 FROM friendship f WHERE f.school_id = $1 AND f.high_id = $2 AND f.low_id = p.person_id)
        AND NOT EXISTS (SELECT 1 FROM person_block b WHERE b.school_id = $1
            AND ((b.person_id = $2 AND b.blocked_id = p.person_id) OR (b.person_id = p.person_id AND b.blocked_id = $2)))
    GROUP BY p.person_id, p.name
    ORDER BY classes DESC, p.name, p.person_id
    LIMIT $3";

/// The repository of friends.
#[derive(Clone, Debug)]
pub struct Friends {
    db: Db,
}

impl Friends {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// `by` asks `whom` to be friends; whoever is asked already says yes by it.
    ///
    /// # Errors
    /// [`AskError`]; nothing was changed then.
    pub async fn ask(
        &self,
        school: SchoolId,
        by: PersonId,
        whom: PersonId,
        now: Micros,
    ) -> Result<Asked, AskError> {
        if by == whom {
            return Err(AskError::Oneself);
        }
        let pair = Pair::of(by, whom);
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        if !hold(&mut tx, school, pair).await? || blocks::either(&mut tx, school, by, whom).await? {
            return Err(AskError::UnknownPerson);
        }
        let two = [school.0.into(), pair.low.0.into(), pair.high.0.into()];
        let bond: Option<BondRow> = tx.fetch_optional(BOND, two).await.map_err(Unavailable::from)?;
        let before = bond.map(|row| row.seen_by(by));
        match before {
            Some(bond @ (Bond::Friends | Bond::Asked)) => return Ok(Asked { bond, changed: false }),
            Some(Bond::AsksMe) => {
                let values = [school.0.into(), pair.low.0.into(), pair.high.0.into(), now.into()];
                tx.execute(ACCEPT, values).await.map_err(Unavailable::from)?;
            }
            None => {
                for person in [by, whom] {
                    let (held,): (i64,) = tx
                        .fetch_one(COUNT, [school.0.into(), person.0.into()])
                        .await
                        .map_err(Unavailable::from)?;
                    if held >= i64::from(MOST_FRIENDS) {
                        return Err(AskError::TooMany { most: MOST_FRIENDS });
                    }
                }
                let values =
                    [school.0.into(), pair.low.0.into(), pair.high.0.into(), by.0.into(), now.into()];
                tx.execute(ASK, values).await.map_err(Unavailable::from)?;
            }
        }
        tx.commit().await.map_err(Unavailable::from)?;
        let bond = if before.is_some() { Bond::Friends } else { Bond::Asked };
        Ok(Asked { bond, changed: true })
    }

    /// Ends a friendship, takes a request back or declines it. Returns what the two were to `by`, if anything.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; nothing was changed then.
    pub async fn end(
        &self,
        school: SchoolId,
        by: PersonId,
        whom: PersonId,
    ) -> Result<Option<Bond>, Unavailable> {
        let mut tx = self.db.write(school).await?;
        let bond = end(&mut tx, school, by, whom).await?;
        tx.commit().await?;
        Ok(bond)
    }

    /// Somebody's friends and requests by name, at most [`MOST_FRIENDS`].
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(&self, school: SchoolId, person: PersonId) -> Result<Vec<Friend>, Unavailable> {
        let rows: Vec<FriendRow> =
            self.db.fetch_all(school, LIST, [school.0.into(), person.0.into()]).await?;
        let friend = |row: FriendRow| {
            let bond = BondRow { asked_by: row.asked_by, friends: row.friends }.seen_by(person);
            let role = column_word::read(&row.role)?;
            Ok(Friend { person: PersonId(row.person_id), name: row.name, role, bond, since: row.since_us })
        };
        rows.into_iter().map(friend).collect()
    }

    /// Students who are in classes with this one, those of most classes first: nobody who is a friend, asked, asks, has
    /// blocked or is blocked.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn suggestions(
        &self,
        school: SchoolId,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let values = [school.0.into(), person.0.into(), limit.into()];
        let rows: Vec<SuggestionRow> = self.db.fetch_all(school, SUGGESTIONS, values).await?;
        let suggestion = |row: SuggestionRow| Suggestion {
            person: PersonId(row.person_id),
            name: row.name,
            classes: row.classes,
        };
        Ok(rows.into_iter().map(suggestion).collect())
    }
}

/// Whether the school knows both.
async fn hold(tx: &mut Tx, school: SchoolId, pair: Pair) -> Result<bool, Unavailable> {
    let values = [school.0.into(), pair.low.0.into(), pair.high.0.into()];
    let known: Vec<(Uuid,)> = tx.fetch_all(HOLD, values).await?;
    Ok(known.len() == 2)
}

async fn end(
    tx: &mut Tx,
    school: SchoolId,
    by: PersonId,
    whom: PersonId,
) -> Result<Option<Bond>, Unavailable> {
    let pair = Pair::of(by, whom);
    let values = || [school.0.into(), pair.low.0.into(), pair.high.0.into()];
    let bond: Option<BondRow> = tx.fetch_optional(BOND, values()).await?;
    tx.execute(END, values()).await?;
    Ok(bond.map(|row| row.seen_by(by)))
}
