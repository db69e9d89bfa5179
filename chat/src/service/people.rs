//! Who is in a conversation, who may be brought into one, and what the school says about that.

use super::{Chat, ChatError, Member, Seen, view};
use crate::rules::policy::reachable;
use persistence::chat::{AddError, ChatPolicy, RemoveError, SetPolicyError, Standing as Kept};
use persistence::{Cursor, Page};
use protocol::chat::{ConversationKind, DirectPolicy, Event, MemberRole, Note, Somebody, What};
use protocol::ids::{ConversationId, PersonId};

/// Most characters of a name that is searched for.
const MOST_NAME_CHARS: usize = 100;

/// Somebody who is in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub person: Somebody,
    /// Whether a group is theirs.
    pub owner: bool,
}

impl Chat {
    /// The people of a conversation, the last to come first.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn people(
        &self,
        who: &Member,
        conversation: ConversationId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Participant>, ChatError> {
        self.see(who, conversation).await?;
        let found = self.records().people(who.school, conversation, after, limit).await?;
        let seen = found.items.into_iter().map(|one| Participant {
            owner: matches!(one.standing, Kept::Member { role: MemberRole::Owner, .. }),
            person: view::somebody(one.person),
        });
        Ok(Page { items: seen.collect(), next: found.next })
    }

    /// Brings somebody into a group; doing it again changes nothing.
    ///
    /// # Errors
    /// [`ChatError::NotAllowed`] for all but its owner; [`ChatError::PolicyForbids`]; [`ChatError::NotFound`] for people whom
    /// the school does not know; [`ChatError::TooMany`]
    pub async fn add(
        &self,
        who: &Member,
        conversation: ConversationId,
        person: PersonId,
    ) -> Result<(), ChatError> {
        let Seen { place, standing } = self.see(who, conversation).await?;
        let other = self.store.people().get(who.school, person).await?.ok_or(ChatError::NotFound)?;
        if place.conversation.kind != ConversationKind::Group || !standing.manages() {
            return Err(ChatError::NotAllowed);
        }
        self.may_talk(who, &[other]).await?;
        match self.records().add(who.school, conversation, person, self.now()).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(AddError::UnknownConversation | AddError::UnknownPerson) => return Err(ChatError::NotFound),
            Err(AddError::Full { most }) => return Err(ChatError::TooMany { code: "too_many_people", most }),
            Err(AddError::Unavailable(error)) => return Err(error.into()),
        }
        let seq = place.conversation.last_seq.0;
        self.note(who.school, person, Note { conversation, what: What::Opened, seq }).await;
        self.tell(who.school, conversation, &Event::Members).await;
        Ok(())
    }

    /// Takes somebody out of a group, or leaves it. Whoever owned it alone hands it over to who has been in it the longest.
    ///
    /// # Errors
    /// [`ChatError::NotAllowed`] for others than its owner and the person; [`ChatError::NotFound`] for people who are not in it.
    pub async fn remove(
        &self,
        who: &Member,
        conversation: ConversationId,
        person: PersonId,
    ) -> Result<(), ChatError> {
        let Seen { place, standing } = self.see(who, conversation).await?;
        let own = person == who.person;
        if !own && self.records().place(who.school, conversation, person).await?.is_none() {
            return Err(ChatError::NotFound);
        }
        if place.conversation.kind != ConversationKind::Group || !(own || standing.manages()) {
            return Err(ChatError::NotAllowed);
        }
        match self.records().remove(who.school, conversation, person).await {
            Ok(_) => {}
            Err(RemoveError::UnknownMember) => return Err(ChatError::NotFound),
            Err(RemoveError::Unavailable(error)) => return Err(error.into()),
        }
        self.let_go(who.school, conversation, person, place.conversation.last_seq.0).await;
        self.tell(who.school, conversation, &Event::Members).await;
        Ok(())
    }

    /// Whom the caller may begin a conversation with, by name, at most `limit`; those whose name has `name` in it.
    ///
    /// # Errors
    /// [`ChatError::Invalid`]; [`ChatError::Unavailable`]
    pub async fn reachable(&self, who: &Member, name: &str, limit: u32) -> Result<Vec<Somebody>, ChatError> {
        if name.chars().count() > MOST_NAME_CHARS || name.chars().any(char::is_control) {
            return Err(ChatError::invalid(
                "q",
                format!("write at most {MOST_NAME_CHARS} characters of a name"),
            ));
        }
        let policy = self.records().policy(who.school).await?.direct;
        let Some(whom) = reachable(policy, who.role) else { return Ok(Vec::new()) };
        let found = self.records().reachable(who.school, who.person, whom, name.trim(), limit).await?;
        Ok(found.into_iter().map(view::somebody).collect())
    }

    /// Who may begin a conversation with whom in the school.
    ///
    /// # Errors
    /// [`ChatError::NotAllowed`] for all but admins.
    pub async fn policy(&self, who: &Member) -> Result<ChatPolicy, ChatError> {
        if !who.is_admin() {
            return Err(ChatError::NotAllowed);
        }
        Ok(self.records().policy(who.school).await?)
    }

    /// Sets it, if `expected` is still its version; it is 0 while nobody has set it.
    ///
    /// # Errors
    /// As [`Self::policy`]; [`ChatError::Conflict`]
    pub async fn set_policy(
        &self,
        who: &Member,
        expected: u32,
        direct: DirectPolicy,
    ) -> Result<ChatPolicy, ChatError> {
        if !who.is_admin() {
            return Err(ChatError::NotAllowed);
        }
        match self.records().set_policy(who.school, expected, direct).await {
            Ok(version) => Ok(ChatPolicy { direct, version }),
            Err(SetPolicyError::Conflict { current }) => Err(ChatError::Conflict { current }),
            // An admin's school that nobody has named yet.
            Err(SetPolicyError::UnknownSchool) => Err(ChatError::NotFound),
            Err(SetPolicyError::Unavailable(error)) => Err(error.into()),
        }
    }
}
