//! Who changed grades and rosters. An entry is written in the transaction of the change, and never changed.

use crate::db::{Db, Tx, Value};
use crate::multi_row::MultiRow;
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{ClassId, PersonId, SchoolId};
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use sqlx::FromRow;
use sqlx::types::Json;
use std::sync::LazyLock;
use uuid::Uuid;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// A score was entered or corrected. The detail is the entry.
    ScoreEntered,
    /// A class got another grading policy. The detail is its version.
    PolicySet,
    /// A person came to a class. The detail is the place.
    EnrollmentAdded,
    /// A person's place in a class became another one. The detail is the place, and the one before.
    EnrollmentChanged,
    /// A submission was given back. The detail names it and its assignment.
    SubmissionReturned,
    /// A message of a class's conversation was deleted by somebody else than its sender. The detail names it.
    MessageDeleted,
    /// A class's conversation was set up anew: its title, its mode. The detail is what it is now.
    ConversationConfigured,
}

/// Whom or what a change was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditSubject {
    /// A person: whose score, place or submission.
    Person(PersonId),
    /// A class.
    Class(ClassId),
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub occurred_at: Micros,
    /// Who did it; none if no person.
    pub actor: Option<PersonId>,
    /// What was done.
    pub action: AuditAction,
    /// To whom or what.
    pub subject: AuditSubject,
    /// In which class.
    pub class: Option<ClassId>,
    /// What is particular to the action.
    pub detail: JsonValue,
}

/// Which entries to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only of this person or class.
    pub subject: Option<Uuid>,
    /// Only in this class.
    pub class: Option<ClassId>,
}

/// What a repository tells of a change.
pub(crate) struct Change {
    pub(crate) action: AuditAction,
    pub(crate) subject: AuditSubject,
    pub(crate) class: ClassId,
    pub(crate) detail: JsonValue,
}

static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO audit_log (school_id, occurred_us, actor, event_id, action, subject_kind, subject_id, class_id,
            detail) VALUES";
    MultiRow::new(head, 3, 6)
});

#[derive(FromRow)]
struct EntryRow {
    event_id: Uuid,
    occurred_us: Micros,
    actor: Option<Uuid>,
    action: String,
    subject_kind: String,
    subject_id: Uuid,
    class_id: Option<Uuid>,
    detail: Json<JsonValue>,
}

// Each has an index of its own, by which it is read from its end.

const ALL: &str = "
    SELECT event_id, occurred_us, actor, action, subject_kind, subject_id, class_id, detail FROM audit_log
    WHERE school_id = $1 AND (occurred_us, event_id) < ($2, $3)
    ORDER BY occurred_us DESC, event_id DESC
    LIMIT $4";

const OF_SUBJECT: &str = "
    SELECT event_id, occurred_us, actor, action, subject_kind, subject_id, class_id, detail FROM audit_log
    WHERE school_id = $1 AND (occurred_us, event_id) < ($2, $3) AND subject_id = $5 AND ($6 IS NULL OR class_id = $6)
    ORDER BY occurred_us DESC, event_id DESC
    LIMIT $4";

const IN_CLASS: &str = "
    SELECT event_id, occurred_us, actor, action, subject_kind, subject_id, class_id, detail FROM audit_log
    WHERE school_id = $1 AND (occurred_us, event_id) < ($2, $3) AND class_id = $5
    ORDER BY occurred_us DESC, event_id DESC
    LIMIT $4";

impl AuditSubject {
    /// Stable name of its kind.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Class(_) => "class",
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Person(PersonId(id)) | Self::Class(ClassId(id)) => id,
        }
    }

    fn of(kind: &str, id: Uuid) -> Result<Self, Unavailable> {
        match kind {
            "person" => Ok(Self::Person(PersonId(id))),
            "class" => Ok(Self::Class(ClassId(id))),
            other => Err(sqlx::Error::Decode(format!("an audited {other}").into()).into()),
        }
    }
}

impl EntryRow {
    fn into_entry(self) -> Result<AuditEntry, Unavailable> {
        Ok(AuditEntry {
            id: self.event_id,
            occurred_at: self.occurred_us,
            actor: self.actor.map(PersonId),
            action: column_word::read(&self.action)?,
            subject: AuditSubject::of(&self.subject_kind, self.subject_id)?,
            class: self.class_id.map(ClassId),
            detail: self.detail.0,
        })
    }
}

/// Writes what a transaction changes.
pub(crate) async fn write(
    tx: &mut Tx,
    school: SchoolId,
    actor: Option<PersonId>,
    at: Micros,
    changes: &[Change],
) -> Result<(), Unavailable> {
    for (sql, batch) in INSERT.batches(changes) {
        let mut values = vec![school.0.into(), at.into(), actor.map(|actor| actor.0).into()];
        for change in batch {
            values.extend::<[Value<'_>; 6]>([
                Uuid::now_v7().into(),
                column_word::write(change.action)?.into(),
                change.subject.kind().into(),
                change.subject.id().into(),
                change.class.0.into(),
                Value::json(&change.detail)?,
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}

/// The repository of the audit log.
#[derive(Clone, Debug)]
pub struct AuditLog {
    db: Db,
}

impl AuditLog {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Lists entries of a school, the newest first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        filter: AuditFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AuditEntry>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let mut values: Vec<Value<'_>> =
            vec![school.0.into(), after.at.into(), after.id.into(), (i64::from(limit) + 1).into()];
        let sql = match (filter.subject, filter.class) {
            (None, None) => ALL,
            (None, Some(class)) => {
                values.push(class.0.into());
                IN_CLASS
            }
            (Some(subject), class) => {
                values.extend::<[Value<'_>; 2]>([subject.into(), class.map(|class| class.0).into()]);
                OF_SUBJECT
            }
        };
        let rows: Vec<EntryRow> = self.db.fetch_all(school, sql, values).await?;
        let items = rows.into_iter().map(EntryRow::into_entry).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |entry: &AuditEntry| Cursor { at: entry.occurred_at, id: entry.id }))
    }
}
