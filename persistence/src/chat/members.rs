//! Who is put into groups and who leaves them.

use super::ChatRecords;
use super::conversation::{ConversationKind, lock};
use crate::{Micros, Unavailable};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// Most people of a group.
pub const MAX_PEOPLE: usize = 200;

/// Why a person was not put into a group.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The school has no such group.
    #[error("the school has no such group; look at the list again")]
    UnknownConversation,
    /// The school has no such person.
    #[error("the school has no such person; look at the list again")]
    UnknownPerson,
    /// Too many people.
    #[error("a group has {most} people at most; somebody has to leave it first")]
    Full {
        /// How many it has at most.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AddError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownConversation => "unknown_conversation",
            Self::UnknownPerson => "unknown_person",
            Self::Full { .. } => "full",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a person was not taken out of a group.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The school has no such group, or the person is not in it.
    #[error("the group has no such member; look at the list again")]
    UnknownMember,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RemoveError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownMember => "unknown_member",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// What came of a person's leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Who owns the group from now on, if nobody else did.
    pub owner: Option<PersonId>,
}

#[derive(FromRow)]
struct StateRow {
    role: String,
    state: String,
}

const STATE: &str = "
    SELECT role, state FROM conversation_member
    WHERE school_id = $1 AND conversation_id = $2 AND person_id = $3";

const COUNT: &str = "
    SELECT count(*) FROM conversation_member
    WHERE school_id = $1 AND conversation_id = $2 AND state = 'active'";

/// Who comes has read what was said before.
const ADD: &str = "
    INSERT INTO conversation_member (school_id, conversation_id, person_id, joined_us, read_seq, delivered_seq)
    VALUES ($1, $2, $3, $4, $5, $5)
    ON CONFLICT (school_id, conversation_id, person_id) DO UPDATE SET role = 'member', state = 'active',
        joined_us = excluded.joined_us, read_seq = excluded.read_seq, delivered_seq = excluded.delivered_seq,
        mentions = 0, muted_until_us = NULL";

const LEAVE: &str = "
    UPDATE conversation_member SET state = 'left', role = 'member'
    WHERE school_id = $1 AND conversation_id = $2 AND person_id = $3";

const OWNERS: &str = "
    SELECT count(*) FROM conversation_member
    WHERE school_id = $1 AND conversation_id = $2 AND state = 'active' AND role = 'owner'";

const OLDEST: &str = "
    SELECT person_id FROM conversation_member
    WHERE school_id = $1 AND conversation_id = $2 AND state = 'active'
    ORDER BY joined_us, person_id LIMIT 1";

const OWN: &str = "
    UPDATE conversation_member SET role = 'owner'
    WHERE school_id = $1 AND conversation_id = $2 AND person_id = $3";

impl ChatRecords {
    /// Puts a person into a group. Returns whether the person was not in it.
    ///
    /// # Errors
    /// [`AddError`]; nothing was changed then.
    pub async fn add(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
        now: Micros,
    ) -> Result<bool, AddError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let group = lock(&mut tx, school, conversation).await?;
        let group = group.filter(|found| found.kind == ConversationKind::Group);
        let group = group.ok_or(AddError::UnknownConversation)?;
        let member = [school.0.into(), conversation.0.into(), person.0.into()];
        let held: Option<StateRow> = tx.fetch_optional(STATE, member).await.map_err(Unavailable::from)?;
        if held.is_some_and(|row| row.state == "active") {
            return Ok(false);
        }
        let (people,): (i64,) =
            tx.fetch_one(COUNT, [school.0.into(), conversation.0.into()]).await.map_err(Unavailable::from)?;
        if usize::try_from(people).unwrap_or(usize::MAX) >= MAX_PEOPLE {
            return Err(AddError::Full { most: MAX_PEOPLE });
        }
        let values =
            [school.0.into(), conversation.0.into(), person.0.into(), now.into(), group.last_seq.into()];
        match tx.execute(ADD, values).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(AddError::UnknownPerson);
            }
            Err(error) => return Err(Unavailable::from(error).into()),
        }
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(true)
    }

    /// Takes a person out of a group. If nobody owns it then, who has been in it for longest does.
    ///
    /// # Errors
    /// [`RemoveError`]; nothing was changed then.
    pub async fn remove(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
    ) -> Result<Removed, RemoveError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let group = lock(&mut tx, school, conversation).await?;
        if group.is_none_or(|found| found.kind != ConversationKind::Group) {
            return Err(RemoveError::UnknownMember);
        }
        let member = || [school.0.into(), conversation.0.into(), person.0.into()];
        let held: Option<StateRow> = tx.fetch_optional(STATE, member()).await.map_err(Unavailable::from)?;
        let held = held.filter(|row| row.state == "active").ok_or(RemoveError::UnknownMember)?;
        tx.execute(LEAVE, member()).await.map_err(Unavailable::from)?;
        let mut owner = None;
        if held.role == "owner" {
            let group = || [school.0.into(), conversation.0.into()];
            let (owners,): (i64,) = tx.fetch_one(OWNERS, group()).await.map_err(Unavailable::from)?;
            if owners == 0 {
                let oldest: Option<(Uuid,)> =
                    tx.fetch_optional(OLDEST, group()).await.map_err(Unavailable::from)?;
                owner = oldest.map(|(id,)| PersonId(id));
            }
        }
        if let Some(owner) = owner {
            let values = [school.0.into(), conversation.0.into(), owner.0.into()];
            tx.execute(OWN, values).await.map_err(Unavailable::from)?;
        }
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(Removed { owner })
    }
}
