//! Entries of scores. An entry is never changed: a correction is a later one.

mod rows;

use super::{Gradebooks, MAX_POINTS};
use crate::audit::{self, AuditAction, AuditSubject, Change};
use crate::classes::take_turn;
use crate::db::{Tx, Value};
use crate::id_list::id_list;
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{ClassId, LineItemId, PersonId, SchoolId, ScoreId};
use rows::{INSERT, RecordRow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Most entries that are appended at once.
pub const MAX_SCORES: usize = 5_000;

/// Where a score comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreSource {
    /// A person gave it.
    Teacher,
    /// It was worked out from what was handed in.
    Submission,
    /// A live game.
    Game,
    /// Another system.
    Import,
}

/// An entry to append.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewScore {
    /// Made by the caller; the same entry may be sent again under it.
    pub id: ScoreId,
    /// For what.
    pub line_item: LineItemId,
    /// Whose.
    pub student: PersonId,
    /// Points; none takes an earlier score back.
    pub given: Option<f64>,
    /// The line item does not count for this student.
    pub excused: bool,
    /// When; the last entry counts.
    pub scored_at: Micros,
    /// Where it comes from.
    pub source: ScoreSource,
    /// The game or the submission that it comes from, say.
    pub source_event: Option<Uuid>,
}

/// An entry as it was kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRecord {
    /// What was appended.
    pub score: NewScore,
    /// Who did; none if no person.
    pub entered_by: Option<PersonId>,
    /// When it came here.
    pub recorded_at: Micros,
}

/// What an entry came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreVerdict {
    /// It is kept now.
    Recorded,
    /// It was kept before.
    Duplicate,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadScore {
    /// The class has no such line item.
    #[error("the class has no such line item; look at the gradebook again")]
    UnknownLineItem,
    /// The person is not and was not a student of the class.
    #[error("the person is no student on the roster of the class; enroll the person first")]
    UnknownStudent,
    /// Out of range.
    #[error("the points must lie between -1,000,000 and 1,000,000")]
    InvalidPoints,
    /// The id is that of an entry that says something else.
    #[error("another entry has this id; an entry is never changed, so append a new one")]
    OtherEntry,
}

impl BadScore {
    /// Stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownLineItem => "unknown_line_item",
            Self::UnknownStudent => "unknown_student",
            Self::InvalidPoints => "invalid_points",
            Self::OtherEntry => "other_entry",
        }
    }
}

/// An entry that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedScore {
    /// Its place among those that were sent.
    pub index: usize,
    /// What is wrong with it.
    pub reason: BadScore,
}

/// Why no entry was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendScoresError {
    /// The school has no such class.
    #[error("the school has no such class; look at the list again")]
    UnknownClass,
    /// The school does not know who enters them.
    #[error("the school does not know the person who enters the scores; keep the person first")]
    UnknownAuthor,
    /// Some cannot be taken, so none was.
    #[error("{} of the scores cannot be taken; correct them and send all again", .refused.len())]
    Refused {
        /// Which, in their order.
        refused: Vec<RefusedScore>,
    },
    /// Too many at once.
    #[error("{most} scores are taken at once; send the others afterwards")]
    TooMany {
        /// How many are taken.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AppendScoresError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownClass => "unknown_class",
            Self::UnknownAuthor => "unknown_author",
            Self::Refused { .. } => "refused",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

impl Gradebooks {
    /// Appends entries, at most [`MAX_SCORES`], all or nothing, and says of each whether it is new. Sending the same again
    /// changes nothing.
    ///
    /// # Errors
    /// [`AppendScoresError`]; nothing was appended then.
    pub async fn append_scores(
        &self,
        school: SchoolId,
        class: ClassId,
        author: Option<PersonId>,
        scores: &[NewScore],
        now: Micros,
    ) -> Result<Vec<ScoreVerdict>, AppendScoresError> {
        if scores.len() > MAX_SCORES {
            return Err(AppendScoresError::TooMany { most: MAX_SCORES });
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        // Of two that send the same at once, the second one finds it.
        if !take_turn(&mut tx, school, class).await? {
            return Err(AppendScoresError::UnknownClass);
        }
        let verdicts = append(&mut tx, school, class, author, scores, now).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(verdicts)
    }

    /// The entries that a class has under these ids.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn entries(
        &self,
        school: SchoolId,
        class: ClassId,
        ids: &[ScoreId],
    ) -> Result<HashMap<ScoreId, NewScore>, Unavailable> {
        let ids = id_list(ids.iter().map(|id| id.0))?;
        let rows: Vec<RecordRow> = self.db.fetch_all(school, rows::ENTRIES, [school.0.into(), ids]).await?;
        let mut entries = HashMap::with_capacity(rows.len());
        for row in rows {
            let (of, record) = row.into_record()?;
            if of == class {
                entries.insert(record.score.id, record.score);
            }
        }
        Ok(entries)
    }

    /// What was ever entered for a student in a line item, the last first: that one counts. `limit` entries behind `after`;
    /// empty for what the class does not have.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn score_history(
        &self,
        school: SchoolId,
        class: ClassId,
        (line_item, student): (LineItemId, PersonId),
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ScoreRecord>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            class.0.into(),
            line_item.0.into(),
            student.0.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<RecordRow> = self.db.fetch_all(school, rows::HISTORY, values).await?;
        let records = rows.into_iter().map(|row| Ok(row.into_record()?.1));
        let items = records.collect::<Result<_, Unavailable>>()?;
        Ok(Page::cut(items, limit, |record: &ScoreRecord| Cursor {
            at: record.score.scored_at,
            id: record.score.id.0,
        }))
    }
}

/// Appends entries within a transaction that has taken the class's turn.
pub(crate) async fn append(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    author: Option<PersonId>,
    scores: &[NewScore],
    now: Micros,
) -> Result<Vec<ScoreVerdict>, AppendScoresError> {
    let found = Found::look_up(tx, school, class, scores).await?;
    let verdicts = found.judge(scores)?;
    let new = scores.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == ScoreVerdict::Recorded);
    let new: Vec<NewScore> = new.map(|(score, _)| *score).collect();
    let changes: Vec<Change> = new.iter().map(|score| audited(class, score)).collect();
    match insert(tx, school, class, author, new, now).await {
        Ok(()) => {}
        // The rest was looked at.
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            return Err(AppendScoresError::UnknownAuthor);
        }
        Err(error) => return Err(AppendScoresError::Unavailable(error.into())),
    }
    audit::write(tx, school, author, now, &changes).await?;
    Ok(verdicts)
}

fn audited(class: ClassId, score: &NewScore) -> Change {
    let NewScore { id, line_item, student, given, excused, source, .. } = *score;
    let detail =
        json!({ "score": id, "line_item": line_item, "given": given, "excused": excused, "source": source });
    Change { action: AuditAction::ScoreEntered, subject: AuditSubject::Person(student), class, detail }
}

/// What the school has of that which entries name.
struct Found {
    class: ClassId,
    line_items: HashSet<LineItemId>,
    students: HashSet<PersonId>,
    /// With their classes: an id is used once in the school.
    entries: HashMap<ScoreId, (ClassId, NewScore)>,
}

impl Found {
    async fn look_up(
        tx: &mut Tx,
        school: SchoolId,
        class: ClassId,
        scores: &[NewScore],
    ) -> Result<Self, Unavailable> {
        // A column of a class names its line item once in each entry.
        let items: HashSet<Uuid> = scores.iter().map(|score| score.line_item.0).collect();
        let people: HashSet<Uuid> = scores.iter().map(|score| score.student.0).collect();
        let items: Vec<(Uuid,)> =
            tx.fetch_all(rows::LINE_ITEMS, [school.0.into(), class.0.into(), id_list(items)?]).await?;
        let people: Vec<(Uuid,)> =
            tx.fetch_all(rows::STUDENTS, [school.0.into(), class.0.into(), id_list(people)?]).await?;
        let ids = id_list(scores.iter().map(|score| score.id.0))?;
        let entries: Vec<RecordRow> = tx.fetch_all(rows::ENTRIES, [school.0.into(), ids]).await?;
        let entries = entries.into_iter().map(|row| {
            let (class, record) = row.into_record()?;
            Ok((record.score.id, (class, record.score)))
        });
        Ok(Self {
            class,
            line_items: items.into_iter().map(|(id,)| LineItemId(id)).collect(),
            students: people.into_iter().map(|(id,)| PersonId(id)).collect(),
            entries: entries.collect::<Result<_, Unavailable>>()?,
        })
    }

    fn judge(mut self, scores: &[NewScore]) -> Result<Vec<ScoreVerdict>, AppendScoresError> {
        let mut verdicts = Vec::with_capacity(scores.len());
        let mut refused = Vec::new();
        for (index, score) in scores.iter().enumerate() {
            match self.verdict(score) {
                Ok(verdict) => verdicts.push(verdict),
                Err(reason) => refused.push(RefusedScore { index, reason }),
            }
        }
        if refused.is_empty() { Ok(verdicts) } else { Err(AppendScoresError::Refused { refused }) }
    }

    fn verdict(&mut self, score: &NewScore) -> Result<ScoreVerdict, BadScore> {
        if !self.line_items.contains(&score.line_item) {
            return Err(BadScore::UnknownLineItem);
        }
        if !self.students.contains(&score.student) {
            return Err(BadScore::UnknownStudent);
        }
        // A NaN is in no range; SQLite would keep it as nothing.
        if score.given.is_some_and(|given| !(-MAX_POINTS..=MAX_POINTS).contains(&given)) {
            return Err(BadScore::InvalidPoints);
        }
        match self.entries.insert(score.id, (self.class, *score)) {
            None => Ok(ScoreVerdict::Recorded),
            Some(kept) if kept == (self.class, *score) => Ok(ScoreVerdict::Duplicate),
            Some(_) => Err(BadScore::OtherEntry),
        }
    }
}

async fn insert(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    author: Option<PersonId>,
    mut scores: Vec<NewScore>,
    now: Micros,
) -> Result<(), sqlx::Error> {
    // In the order of the key, for which the database need not search the place of each row.
    scores.sort_unstable_by_key(|score| score.id);
    let unreadable = |error: Unavailable| sqlx::Error::Encode(error.into());
    for (sql, batch) in INSERT.batches(&scores) {
        let mut values =
            vec![school.0.into(), class.0.into(), author.map(|author| author.0).into(), now.into()];
        for score in batch {
            values.extend::<[Value<'_>; 8]>([
                score.id.0.into(),
                score.line_item.0.into(),
                score.student.0.into(),
                // SQLite keeps no sign of a zero, so neither database does.
                Value::F64(score.given.map(|given| given + 0.0)),
                score.excused.into(),
                score.scored_at.into(),
                column_word::write(score.source).map_err(unreadable)?.into(),
                score.source_event.into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}
