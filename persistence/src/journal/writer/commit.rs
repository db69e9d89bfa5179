//! One batch: its rows, what is parked of it, and the checkpoint, in one transaction.
//!
//! **Decision: one transaction visits the schools of a batch one after the other**, rather than one transaction for each
//! school, or a role that may see all of them.
//! - The checkpoint is one row for all schools of a shard. With a transaction for each school it could not commit with the
//!   rows that it tells of, and a writer that died in between would have written some schools twice.
//! - A role with BYPASSRLS would have to be kept out of all other statements, and one wrong `$1` would cross schools.
//!   Here the policies stay FORCEd and in force: `set_config('app.current_school', …, TRUE)` names one school at a time
//!   for this transaction, a statement reads it when it begins, and each statement holds rows of that school alone. A sink that
//!   made a row of another school would be refused by the database, as any repository would.
//! - Schools are visited in the order of their ids, kinds in that of their sinks and rows in that of their keys, so that
//!   two writers lock in one order. The setting ends with the transaction, behind a pooler too.

use super::super::dead_letters;
use super::super::sink::{Poison, Sinks, Written, rows_of, write};
use super::checkpoint;
use super::shard::age;
use crate::Micros;
use crate::db::{Db, Reach, Sql, Tx};
use crate::journal::{Entry, EntryId, Tenure};
use protocol::ids::SchoolId;
use sqlx::{Error, FromRow};
use std::collections::BTreeMap;
use std::time::Duration;

/// The server ends a transaction whose writer stopped in the middle of it: a successor would wait for its locks.
const DO_NOT_LINGER: Sql = Sql::each(
    "SELECT set_config('idle_in_transaction_session_timeout', '10s', TRUE) AS told",
    "SELECT '' AS told",
);

/// What a deferred constraint has to say is known at the statement, not at the end.
const CHECK_AT_ONCE: Sql = Sql::each("SET CONSTRAINTS ALL IMMEDIATE", "SELECT 1");

/// Poison of a fact without that row.
const NO_REFERENCE: &str = "missing_reference";

const SAVE: &str = "SAVEPOINT facts";
const UNDO: &str = "ROLLBACK TO SAVEPOINT facts";

/// Facts that are tried together at first, once something among them was refused; twice as many after each success. With one
/// refusal in a hundred, about as many are best: by tens a refusal costs less, and there are more to try.
const TRIED_TOGETHER: usize = 48;

/// What a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it is written, but for the facts that are parked.
    Committed(Tally),
    /// Another writer has taken over; nothing was written.
    Stale,
    /// A fact speaks of a row that is not there, and may come with another part of the journal; nothing was written.
    Waits,
}

/// What was done of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Rows that were written.
    pub rows: usize,
    /// Facts that the database refused.
    pub refused: usize,
    /// Facts that are parked, those included.
    pub parked: usize,
}

/// Facts to write.
pub(super) struct Batch<'a> {
    pub stream: &'a str,
    pub tenure: &'a Tenure,
    /// The last entry that was committed.
    pub after: EntryId,
    /// What follows it.
    pub entries: &'a [Entry],
    pub now: Micros,
    /// For how long a fact waits for a row that it refers to.
    pub missing_row: Duration,
}

#[derive(FromRow)]
struct Told {
    #[expect(dead_code, reason = "a statement that sets something answers, too")]
    told: String,
}

/// The facts of a school.
#[derive(Default)]
struct OfSchool {
    /// By the places of their sinks.
    written: BTreeMap<usize, Vec<Written>>,
    /// With the places of their entries.
    parked: Vec<(usize, Poison)>,
}

impl Batch<'_> {
    /// Writes it all, or nothing; `wary` when facts before it were refused.
    pub(super) async fn commit(&self, db: &Db, sinks: &Sinks, wary: bool) -> Result<Outcome, Error> {
        match self.commit_as(db, sinks, wary).await {
            Err(error) if !wary && refusal(&error).is_some() => self.commit_as(db, sinks, true).await,
            done => done,
        }
    }

    /// Whether a row that a fact refers to may still come.
    fn may_wait(&self, entry: &Entry) -> bool {
        Duration::from_micros(age(entry.id)) < self.missing_row
    }

    fn plan(&self, sinks: &Sinks) -> BTreeMap<SchoolId, OfSchool> {
        let mut plan: BTreeMap<SchoolId, OfSchool> = BTreeMap::new();
        for (at, Entry { fact, .. }) in self.entries.iter().enumerate() {
            let of_school = plan.entry(fact.school).or_default();
            let rows = sinks.of(&fact.kind).and_then(|(place, sink)| Ok((place, rows_of(sink, fact)?)));
            match rows {
                Ok((place, rows)) => of_school.written.entry(place).or_default().push(Written { at, rows }),
                Err(poison) => of_school.parked.push((at, poison)),
            }
        }
        plan
    }

    async fn commit_as(&self, db: &Db, sinks: &Sinks, carefully: bool) -> Result<Outcome, Error> {
        let to = self.entries.last().map_or(self.after, |entry| entry.id);
        let mut tx = db.write(Reach::Directory).await?;
        let _: Told = tx.fetch_one(DO_NOT_LINGER, []).await?;
        // First: whoever is stale learns it before any work, and a successor waits here for the end of this.
        let advanced =
            checkpoint::advance(&mut tx, self.stream, self.tenure, (self.after, to), self.now).await?;
        if !advanced {
            return Ok(Outcome::Stale);
        }
        if carefully {
            tx.execute(CHECK_AT_ONCE, []).await?;
        }
        let mut tally = Tally::default();
        for (school, mut of_school) in self.plan(sinks) {
            tx.enter(school).await?;
            for (place, facts) in of_school.written {
                let Some(sink) = sinks.at(place) else { continue };
                if carefully {
                    let (rows, refused) = write_carefully(&mut tx, sink, school, &facts).await?;
                    tally.rows += rows;
                    let waits = |(at, poison): &(usize, Poison)| {
                        poison.code == NO_REFERENCE
                            && self.entries.get(*at).is_some_and(|entry| self.may_wait(entry))
                    };
                    if refused.iter().any(waits) {
                        return Ok(Outcome::Waits);
                    }
                    tally.refused += refused.len();
                    of_school.parked.extend(refused);
                } else {
                    tally.rows += write(&mut tx, sink, school, &facts).await?;
                }
            }
            let parked =
                of_school.parked.iter().filter_map(|(at, poison)| Some((self.entries.get(*at)?, poison)));
            let parked: Vec<_> = parked.collect();
            if !parked.is_empty() {
                tally.parked += parked.len();
                let from = (self.stream, self.tenure.shard);
                dead_letters::park(&mut tx, from, school, &parked, self.now).await?;
            }
        }
        tx.commit().await?;
        Ok(Outcome::Committed(tally))
    }
}

/// Writes what can be written, in order; returns how many rows that are, and the rest.
///
/// Some facts are tried together. When they are refused, their first half is, until one stands alone; what follows that
/// one is as if it had not been tried: half of it would pass again. So a refusal among `n` facts costs about `log2(n)` tries.
async fn write_carefully(
    tx: &mut Tx,
    sink: &dyn super::super::Sink,
    school: SchoolId,
    mut facts: &[Written],
) -> Result<(usize, Vec<(usize, Poison)>), Error> {
    let (mut rows, mut refused) = (0, Vec::new());
    let mut together = TRIED_TOGETHER;
    // The first of these have one among them that is refused.
    let mut suspects: Option<usize> = None;
    tx.execute(SAVE, []).await?;
    while !facts.is_empty() {
        let count = suspects.map_or(together, |suspects| suspects.div_ceil(2)).min(facts.len());
        let (tried, behind) = facts.split_at(count);
        match write(tx, sink, school, tried).await {
            Ok(written) => {
                rows += written;
                facts = behind;
                // The refused one is among the others, and when those are one, it is that; it tells its cause when it is tried.
                suspects = suspects.map(|suspects| suspects - count).filter(|left| *left > 0);
                if suspects.is_none() {
                    together = together.saturating_mul(2);
                }
                tx.save_anew().await?;
            }
            Err(error) => {
                let Some(poison) = refusal(&error) else { return Err(error) };
                tx.execute(UNDO, []).await?;
                if let [alone] = tried {
                    refused.push((alone.at, poison));
                    (facts, suspects, together) = (behind, None, TRIED_TOGETHER);
                } else {
                    suspects = Some(count);
                }
            }
        }
    }
    Ok((rows, refused))
}

/// Why the database will never take some row, if that is what it says. Whatever else it says may heal: a table that is
/// missing, a right, a lock or a server.
pub(in super::super) fn refusal(error: &Error) -> Option<Poison> {
    // Classes of SQLSTATE: cardinality, data, integrity; and codes: an exception of a trigger, a row or key that is too large.
    const CLASSES: [&str; 3] = ["21", "22", "23"];
    const CODES: [&str; 2] = ["P0001", "54000"];
    // SQLite: too big, constraint, mismatch.
    const SQLITE: [u32; 3] = [18, 19, 20];
    // Of foreign keys, on either database.
    const REFERENCES: [&str; 2] = ["23503", "787"];
    let poison = |reason: String| Some(Poison { code: "refused_by_database", reason });
    match error {
        Error::Encode(error) => poison(error.to_string()),
        Error::Database(told) => {
            let code = told.code()?;
            // An SQLSTATE has five characters; SQLite's codes carry the primary one in their last byte.
            let refused = if code.len() == 5 {
                CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code.as_ref())
            } else {
                code.parse::<u32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)))
            };
            let reason = format!("{code}: {}", told.message());
            match refused {
                true if REFERENCES.contains(&code.as_ref()) => Some(Poison { code: NO_REFERENCE, reason }),
                true => poison(reason),
                false => None,
            }
        }
        _ => None,
    }
}
