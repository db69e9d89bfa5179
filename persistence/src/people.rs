//! People of a school.

use crate::db::{Db, Sql, Value};
use crate::id_list::id_list;
use crate::{Unavailable, column_word};
use protocol::ids::{PersonId, SchoolId};
use protocol::role::Role;
use sqlx::FromRow;
use uuid::Uuid;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Whose.
    pub school: SchoolId,
    /// Id within the school.
    pub id: PersonId,
    /// What the person is there.
    pub role: Role,
    /// Name, as shown.
    pub name: String,
    /// Address, unique within the school; empty when there is none. Kept trimmed and in lower case.
    pub email: String,
}

/// Why a person was not kept.
#[derive(Debug, thiserror::Error)]
pub enum UpsertPersonError {
    /// Another person of the school has the address.
    #[error("another person of this school has this e-mail address; use a different one")]
    EmailTaken,
    /// The school does not exist.
    #[error("the school does not exist; make it first")]
    UnknownSchool,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpsertPersonError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmailTaken => "email_taken",
            Self::UnknownSchool => "unknown_school",
            Self::Unavailable(error) => error.code(),
        }
    }
}

#[derive(FromRow)]
struct PersonRow {
    person_id: Uuid,
    role: String,
    name: String,
    email: String,
}

impl PersonRow {
    fn of(self, school: SchoolId) -> Result<Person, Unavailable> {
        let role = column_word::read(&self.role)?;
        Ok(Person { school, id: PersonId(self.person_id), role, name: self.name, email: self.email })
    }
}

const UPSERT: &str = "
    INSERT INTO person (school_id, person_id, role, name, email) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (school_id, person_id)
    DO UPDATE SET role = excluded.role, name = excluded.name, email = excluded.email";

const GET: &str = "
    SELECT person_id, role, name, email FROM person WHERE school_id = $1 AND person_id = $2";

const BY_EMAIL: &str = "
    SELECT person_id, role, name, email FROM person WHERE school_id = $1 AND email = $2 AND email <> ''";

/// More than any school employs; a list without pages needs an end.
const MOST_STAFF: i64 = 1_000;

const STAFF: &str = "
    SELECT person_id, role, name, email FROM person WHERE school_id = $1 AND role <> 'student'
    ORDER BY name, person_id LIMIT $2";

const FIND: Sql = Sql::each(
    "SELECT person_id, role, name, email FROM person WHERE school_id = $1
    AND (person_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
        OR (email <> '' AND email IN (SELECT value FROM jsonb_array_elements_text($3) AS listed (value))))",
    "SELECT person_id, role, name, email FROM person WHERE school_id = $1
    AND (person_id IN (SELECT unhex(value) FROM json_each($2))
        OR (email <> '' AND email IN (SELECT value FROM json_each($3))))",
);

/// The repository of people.
#[derive(Clone, Debug)]
pub struct People {
    db: Db,
}

impl People {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a person as given, new or changed.
    ///
    /// # Errors
    /// [`UpsertPersonError`]; nothing was changed then.
    pub async fn upsert(&self, person: &Person) -> Result<(), UpsertPersonError> {
        let values = [
            person.school.0.into(),
            person.id.0.into(),
            column_word::write(person.role)?.into(),
            (&person.name).into(),
            fold(&person.email).into(),
        ];
        match self.db.execute(person.school, UPSERT, values).await {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(UpsertPersonError::EmailTaken)
            }
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(UpsertPersonError::UnknownSchool)
            }
            Err(error) => Err(UpsertPersonError::Unavailable(error.into())),
        }
    }

    /// Looks a person up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, person: PersonId) -> Result<Option<Person>, Unavailable> {
        let row: Option<PersonRow> =
            self.db.fetch_optional(school, GET, [school.0.into(), person.0.into()]).await?;
        row.map(|row| row.of(school)).transpose()
    }

    /// All who have one of the ids or one of the addresses, in any case.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn find(
        &self,
        school: SchoolId,
        ids: &[PersonId],
        emails: &[&str],
    ) -> Result<Vec<Person>, Unavailable> {
        let emails: Vec<String> = emails.iter().map(|email| fold(email)).collect();
        let values = [school.0.into(), id_list(ids.iter().map(|id| id.0))?, Value::json(&emails)?];
        let rows: Vec<PersonRow> = self.db.fetch_all(school, FIND, values).await?;
        rows.into_iter().map(|row| row.of(school)).collect()
    }

    /// The staff of a school by name, at most 1,000.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn staff(&self, school: SchoolId) -> Result<Vec<Person>, Unavailable> {
        let rows: Vec<PersonRow> =
            self.db.fetch_all(school, STAFF, [school.0.into(), MOST_STAFF.into()]).await?;
        rows.into_iter().map(|row| row.of(school)).collect()
    }

    /// Looks a person up by address, in any case; nobody has the empty one.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn by_email(&self, school: SchoolId, email: &str) -> Result<Option<Person>, Unavailable> {
        let row: Option<PersonRow> =
            self.db.fetch_optional(school, BY_EMAIL, [school.0.into(), fold(email).into()]).await?;
        row.map(|row| row.of(school)).transpose()
    }
}

pub(crate) fn fold(email: &str) -> String {
    email.trim().to_lowercase()
}
