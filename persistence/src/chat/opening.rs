//! Making conversations.

use super::ChatRecords;
use super::conversation::{Conversation, ConversationKind, ConversationRow, GET, MemberRole};
use super::members::MAX_PEOPLE;
use crate::db::{Sql, Tx, Values};
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ClassId, ConversationId, PersonId, SchoolId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A group that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its id.
    pub id: ConversationId,
    /// Title, as shown.
    pub title: String,
    /// Who makes and owns it.
    pub by: PersonId,
    /// The others, in any order.
    pub people: Vec<PersonId>,
}

/// Why a direct conversation was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenDirectError {
    /// Both are one person.
    #[error("nobody talks to themselves here; name another person")]
    SamePerson,
    /// The school lacks one of them.
    #[error("the school has no such person; look at the list again")]
    UnknownPerson,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl OpenDirectError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SamePerson => "same_person",
            Self::UnknownPerson => "unknown_person",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a group was not made.
#[derive(Debug, thiserror::Error)]
pub enum MakeGroupError {
    /// There is a conversation under the id.
    #[error("there is a conversation under this id; choose another id")]
    Exists,
    /// The school lacks one of them.
    #[error("the school has no such person; look at the list again")]
    UnknownPerson,
    /// Too many people.
    #[error("a group has {most} people at most; leave some out")]
    TooMany {
        /// How many it has at most.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl MakeGroupError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownPerson => "unknown_person",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why the conversation of a class was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenClassError {
    /// The school has no such class, or lacks the person who opens it.
    #[error("the school has no such class or no such person; make both first")]
    UnknownClass,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl OpenClassError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownClass => "unknown_class",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const MAKE: &str = "
    INSERT INTO conversation (school_id, conversation_id, kind, class_id, title, active_us, made_by, created_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
    ON CONFLICT DO NOTHING";

const ADD_MEMBERS: Sql = Sql::each(
    "INSERT INTO conversation_member (school_id, conversation_id, person_id, role, joined_us)
    SELECT $1, t.* FROM UNNEST($2::uuid[], $3::uuid[], $4::text[], $5::bigint[]) AS t
    ON CONFLICT (school_id, conversation_id, person_id) DO NOTHING",
    "INSERT INTO conversation_member (school_id, conversation_id, person_id, role, joined_us)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (school_id, conversation_id, person_id) DO NOTHING",
);

const OF_CLASS: &str = "
    SELECT conversation_id, kind, class_id, title, mode, slow_s, last_seq, made_by, created_us, active_us, version
    FROM conversation WHERE school_id = $1 AND class_id = $2";

/// The id of the conversation of two people: whoever opens it finds the same one.
#[must_use]
pub fn direct_id(school: SchoolId, a: PersonId, b: PersonId) -> ConversationId {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    let pair = [school.0.into_bytes(), first.0.into_bytes(), second.0.into_bytes()].concat();
    ConversationId(Uuid::new_v5(&DIRECT, &pair))
}

/// The namespace of [`direct_id`], chosen once.
const DIRECT: Uuid = Uuid::from_u128(0x6b1d_a3f4_3c0e_4b57_9c55_5f0d_0a4e_7d21);

struct Made<'m> {
    id: ConversationId,
    kind: ConversationKind,
    class: Option<ClassId>,
    title: Option<&'m str>,
    by: PersonId,
}

/// Returns whether it was not there before.
async fn make(tx: &mut Tx, school: SchoolId, made: &Made<'_>, now: Micros) -> Result<bool, sqlx::Error> {
    let kind = column_word::write(made.kind).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let values = [
        school.0.into(),
        made.id.0.into(),
        kind.into(),
        made.class.map(|class| class.0).into(),
        crate::db::Value::Text(made.title.map(Into::into)),
        now.into(),
        made.by.0.into(),
    ];
    Ok(tx.execute(MAKE, values).await? > 0)
}

async fn add_members(
    tx: &mut Tx,
    school: SchoolId,
    conversation: ConversationId,
    people: &[(PersonId, MemberRole)],
    now: Micros,
) -> Result<(), sqlx::Error> {
    let roles: Vec<String> = people
        .iter()
        .map(|(_, role)| column_word::write(role))
        .collect::<Result<_, _>>()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    let columns = [
        Values::Uuid(vec![Some(conversation.0); people.len()]),
        Values::Uuid(people.iter().map(|(person, _)| Some(person.0)).collect()),
        Values::Text(roles.iter().map(|role| Some(role.as_str())).collect()),
        Values::I64(vec![Some(now.0); people.len()]),
    ];
    tx.write_rows(ADD_MEMBERS, school, &columns, people.len()).await
}

fn is_unknown(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.is_foreign_key_violation())
}

impl ChatRecords {
    /// The conversation of two people, which is made if they have none.
    ///
    /// # Errors
    /// [`OpenDirectError`]; nothing was made then.
    pub async fn open_direct(
        &self,
        school: SchoolId,
        by: PersonId,
        with: PersonId,
        now: Micros,
    ) -> Result<Conversation, OpenDirectError> {
        if by == with {
            return Err(OpenDirectError::SamePerson);
        }
        let refused = |error: sqlx::Error| {
            if is_unknown(&error) { OpenDirectError::UnknownPerson } else { Unavailable::from(error).into() }
        };
        let id = direct_id(school, by, with);
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let made = Made { id, kind: ConversationKind::Direct, class: None, title: None, by };
        if make(&mut tx, school, &made, now).await.map_err(refused)? {
            let mut people = [(by, MemberRole::Member), (with, MemberRole::Member)];
            people.sort_unstable_by_key(|(person, _)| *person);
            add_members(&mut tx, school, id, &people, now).await.map_err(refused)?;
        }
        Ok(kept(tx, school, id).await?)
    }

    /// Makes a group of at most [`MAX_PEOPLE`] people.
    ///
    /// # Errors
    /// [`MakeGroupError`]; nothing was made then.
    pub async fn make_group(
        &self,
        school: SchoolId,
        group: &NewGroup,
        now: Micros,
    ) -> Result<Conversation, MakeGroupError> {
        let people: BTreeSet<PersonId> = group.people.iter().copied().chain([group.by]).collect();
        if people.len() > MAX_PEOPLE {
            return Err(MakeGroupError::TooMany { most: MAX_PEOPLE });
        }
        let refused = |error: sqlx::Error| {
            if is_unknown(&error) { MakeGroupError::UnknownPerson } else { Unavailable::from(error).into() }
        };
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let made = Made {
            id: group.id,
            kind: ConversationKind::Group,
            class: None,
            title: Some(&group.title),
            by: group.by,
        };
        if !make(&mut tx, school, &made, now).await.map_err(refused)? {
            return Err(MakeGroupError::Exists);
        }
        let role = |person| if person == group.by { MemberRole::Owner } else { MemberRole::Member };
        let people: Vec<_> = people.into_iter().map(|person| (person, role(person))).collect();
        add_members(&mut tx, school, group.id, &people, now).await.map_err(refused)?;
        Ok(kept(tx, school, group.id).await?)
    }

    /// The conversation of a class. If it has none, it is made under the id, with the title.
    ///
    /// # Errors
    /// [`OpenClassError`]; nothing was made then.
    pub async fn open_class(
        &self,
        school: SchoolId,
        class: ClassId,
        id: ConversationId,
        by: PersonId,
        title: &str,
        now: Micros,
    ) -> Result<Conversation, OpenClassError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let made = Made { id, kind: ConversationKind::Class, class: Some(class), title: Some(title), by };
        match make(&mut tx, school, &made, now).await {
            Ok(_) => {}
            Err(error) if is_unknown(&error) => return Err(OpenClassError::UnknownClass),
            Err(error) => return Err(Unavailable::from(error).into()),
        }
        let values = [school.0.into(), class.0.into()];
        let row: ConversationRow = tx.fetch_one(OF_CLASS, values).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(row.into_conversation()?)
    }
}

async fn kept(mut tx: Tx, school: SchoolId, id: ConversationId) -> Result<Conversation, Unavailable> {
    let row: ConversationRow = tx.fetch_one(GET, [school.0.into(), id.0.into()]).await?;
    tx.commit().await?;
    row.into_conversation()
}
