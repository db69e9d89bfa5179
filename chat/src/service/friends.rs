//! Friends: who asks whom, who finds whom by a code, and who wants nothing of whom.

use super::{Chat, Member};
use crate::rules::friendship::{FriendCode, InvalidFriendCode, may_befriend, may_block};
use persistence::{
    Unavailable,
    friends::{AskError, Asked, BlockError, Blocked, Bond, CodeTaken, Friend, Suggestion},
};
use protocol::{
    Payload,
    ids::{PersonId, SchoolId, UserId},
    role::Role,
};
use realtime::PublishOptions;
use serde::Serialize;
use uuid::Uuid;

/// People who are suggested at most.
const MOST_SUGGESTED: u32 = 50;

/// Why something about friends is not done.
#[derive(Debug, thiserror::Error)]
pub enum FriendError {
    /// There is nobody of this id or code who can be asked: unknown, of another school, of the other kind (staff and
    /// students), or behind a block.
    #[error("nobody who can be asked has this id or code; look at it again")]
    UnknownPerson,
    /// It is the caller.
    #[error("this is you; choose somebody else")]
    Oneself,
    /// A student wants to block staff.
    #[error("students cannot block staff; talk to another teacher or to the school's office")]
    StaffNotBlocked,
    /// Too many.
    #[error("{0}")]
    TooMany(String),
    /// The caller asks faster than anybody answers.
    #[error("you are asking too fast; wait a moment")]
    TooFast,
    /// No code.
    #[error(transparent)]
    InvalidCode(#[from] InvalidFriendCode),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl FriendError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPerson => "not_found",
            Self::Oneself => "oneself",
            Self::StaffNotBlocked => "staff_not_blocked",
            Self::TooMany(_) => "too_many",
            Self::TooFast => "too_many_requests",
            Self::InvalidCode(_) => "invalid_code",
            Self::Unavailable(error) => error.code(),
        }
    }
}

impl From<AskError> for FriendError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::UnknownPerson => Self::UnknownPerson,
            AskError::Oneself => Self::Oneself,
            AskError::TooMany { .. } => Self::TooMany(error.to_string()),
            AskError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

impl From<BlockError> for FriendError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::UnknownPerson => Self::UnknownPerson,
            BlockError::Oneself => Self::Oneself,
            BlockError::TooMany { .. } => Self::TooMany(error.to_string()),
            BlockError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

/// What the other one is told, on all devices.
#[derive(Serialize)]
struct FriendNote {
    #[serde(rename = "type")]
    kind: &'static str,
    person: PersonId,
    /// None when it is over.
    bond: Option<Bond>,
}

impl Chat {
    /// The caller's friends and requests, by name.
    ///
    /// # Errors
    /// [`FriendError::Unavailable`]
    pub async fn friends(&self, who: &Member) -> Result<Vec<Friend>, FriendError> {
        Ok(self.store.friends().list(who.school, who.person).await?)
    }

    /// Asks somebody to be friends, or says yes to whoever asked.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn befriend(&self, who: &Member, whom: PersonId) -> Result<Asked, FriendError> {
        let other = self.store.people().get(who.school, whom).await?.ok_or(FriendError::UnknownPerson)?;
        if !may_befriend(who.role, other.role) {
            return Err(FriendError::UnknownPerson);
        }
        self.contacts(who).map_err(|_| FriendError::TooFast)?;
        let asked = self.store.friends().ask(who.school, who.person, whom, self.now()).await?;
        if asked.changed {
            let bond = if asked.bond == Bond::Asked { Bond::AsksMe } else { Bond::Friends };
            self.tell_of_friend(who.school, who.person, whom, Some(bond)).await;
        }
        Ok(asked)
    }

    /// As [`Self::befriend`], by the other one's code. Returns who it is.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn befriend_by_code(&self, who: &Member, code: &str) -> Result<(PersonId, Asked), FriendError> {
        let code: FriendCode = code.parse()?;
        let owner = self.store.friends().by_code(who.school, &code.to_string()).await?;
        let owner = owner.ok_or(FriendError::UnknownPerson)?;
        Ok((owner, self.befriend(who, owner).await?))
    }

    /// Ends a friendship, takes a request back or declines it. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn unfriend(&self, who: &Member, whom: PersonId) -> Result<(), FriendError> {
        self.known(who, whom).await?;
        if self.store.friends().end(who.school, who.person, whom).await?.is_some() {
            self.tell_of_friend(who.school, who.person, whom, None).await;
        }
        Ok(())
    }

    /// Students of the caller's classes; nobody for staff, who have [colleagues](persistence::people::People::staff).
    ///
    /// # Errors
    /// [`FriendError::Unavailable`]
    pub async fn suggested_friends(&self, who: &Member) -> Result<Vec<Suggestion>, FriendError> {
        if who.role != Role::Student {
            return Ok(Vec::new());
        }
        Ok(self.store.friends().suggestions(who.school, who.person, MOST_SUGGESTED).await?)
    }

    /// The caller's code, drawn when it is first asked for.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn friend_code(&self, who: &Member) -> Result<String, FriendError> {
        match self.store.friends().code(who.school, who.person).await? {
            Some(code) => Ok(code),
            None => self.new_friend_code(who).await,
        }
    }

    /// A new code in place of the one before.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn new_friend_code(&self, who: &Member) -> Result<String, FriendError> {
        loop {
            let random = Uuid::new_v4().into_bytes();
            // All bits of its beginning are random.
            let code = FriendCode::of([random[0], random[1], random[2], random[3], random[4]]).to_string();
            match self.store.friends().set_code(who.school, who.person, &code).await {
                Ok(()) => return Ok(code),
                Err(CodeTaken::Taken) => {}
                Err(CodeTaken::UnknownPerson) => return Err(FriendError::UnknownPerson),
                Err(CodeTaken::Unavailable(error)) => return Err(error.into()),
            }
        }
    }

    /// Wants nothing of somebody any more. The other one is not told.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn block(&self, who: &Member, whom: PersonId) -> Result<(), FriendError> {
        let other = self.store.people().get(who.school, whom).await?.ok_or(FriendError::UnknownPerson)?;
        if !may_block(who.role, other.role) {
            return Err(FriendError::StaffNotBlocked);
        }
        Ok(self.store.friends().block(who.school, who.person, whom, self.now()).await?)
    }

    /// Takes a block back. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`FriendError`]
    pub async fn unblock(&self, who: &Member, whom: PersonId) -> Result<(), FriendError> {
        self.known(who, whom).await?;
        self.store.friends().unblock(who.school, who.person, whom).await?;
        Ok(())
    }

    /// Whom the caller blocks, by name.
    ///
    /// # Errors
    /// [`FriendError::Unavailable`]
    pub async fn blocked(&self, who: &Member) -> Result<Vec<Blocked>, FriendError> {
        Ok(self.store.friends().blocked(who.school, who.person).await?)
    }

    async fn known(&self, who: &Member, whom: PersonId) -> Result<(), FriendError> {
        let known = self.store.people().get(who.school, whom).await?;
        known.map(|_| ()).ok_or(FriendError::UnknownPerson)
    }

    async fn tell_of_friend(&self, school: SchoolId, person: PersonId, whom: PersonId, bond: Option<Bond>) {
        let note = Payload::of(&FriendNote { kind: "friend", person, bond });
        let (user, options) = (UserId::person(whom), PublishOptions::default());
        if let Err(error) = self.node.publish_to_user(school, &user, note, options).await {
            tracing::warn!(%school, %error, "somebody is not told of a friend; their list shows it");
        }
    }
}
