//! Conversations: which there are, how they begin, and what they are called.

use super::{Chat, ChatError, Member, Seen, stands, view, watch};
use crate::rules::body;
use crate::rules::modes::{FASTEST_S, SLOWEST_S, SendRefusal};
use crate::rules::policy::may_talk;
use crate::rules::standing::standing;
use persistence::chat::{
    ConfigureError, Conversation as Kept, MAX_PEOPLE, MakeGroupError, NewGroup, OpenClassError,
    OpenDirectError, Settings as KeptSettings, Unread, direct_id,
};
use persistence::people::Person;
use persistence::{Cursor, Page};
use protocol::chat::{Conversation, ConversationKind, DirectPolicy, Event, Mode, Note, What};
use protocol::ids::{ClassId, ConversationId, PersonId};
use std::collections::{HashMap, HashSet};

/// Most people who are told that a conversation began; the others find it in their list.
const TOLD: u32 = 200;
/// The pace of the mode `slow` unless another one is chosen, seconds.
const USUAL_PACE_S: u32 = 30;

/// A conversation that is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// With one person.
    Direct(PersonId),
    /// With some, under an id of the caller's.
    Group(ConversationId, String, Vec<PersonId>),
}

/// What is to change about a conversation; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What it is called.
    pub title: Option<String>,
    /// Who may write.
    pub mode: Option<Mode>,
    /// Seconds between two messages of a student in the mode `slow`.
    pub slow_s: Option<u32>,
}

impl Chat {
    /// The caller's conversations, the one in which something was last said first.
    ///
    /// # Errors
    /// [`ChatError::Unavailable`]
    pub async fn conversations(
        &self,
        who: &Member,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Conversation>, ChatError> {
        let found = self.records().list(who.school, who.person, after, limit).await?;
        // A place on a roster may still be none by the token, as that of a teacher who teaches no more.
        let seen = found.items.into_iter().filter_map(|shown| {
            let standing = stands(who, &shown.place)?;
            Some(view::conversation(shown, standing))
        });
        Ok(Page { items: seen.collect(), next: found.next })
    }

    /// What the caller has not read, over all conversations.
    ///
    /// # Errors
    /// [`ChatError::Unavailable`]
    pub async fn unread(&self, who: &Member) -> Result<Unread, ChatError> {
        Ok(self.records().unread(who.school, who.person, self.now()).await?)
    }

    /// A conversation that the caller may see.
    ///
    /// # Errors
    /// [`ChatError::NotFound`]
    pub async fn conversation(&self, who: &Member, id: ConversationId) -> Result<Conversation, ChatError> {
        let shown = self.records().show(who.school, id, who.person).await?.ok_or(ChatError::NotFound)?;
        let standing = stands(who, &shown.place).ok_or(ChatError::NotFound)?;
        Ok(view::conversation(shown, standing))
    }

    /// Begins a conversation, or gives the one that there is: there is one of each two people.
    ///
    /// # Errors
    /// [`ChatError::PolicyForbids`]; [`ChatError::Invalid`] for people whom the school does not know, and for the caller.
    pub async fn open(&self, who: &Member, opening: Opening) -> Result<Conversation, ChatError> {
        let made = match opening {
            Opening::Direct(with) => self.open_direct(who, with).await?,
            Opening::Group(id, title, people) => self.make_group(who, id, &title, people).await?,
        };
        self.conversation(who, made).await
    }

    async fn open_direct(&self, who: &Member, with: PersonId) -> Result<ConversationId, ChatError> {
        let unknown = || ChatError::invalid("with", "choose a person of the school");
        if with == who.person {
            return Err(ChatError::invalid("with", "choose somebody else"));
        }
        let other = self.store.people().get(who.school, with).await?.ok_or_else(unknown)?;
        let there = direct_id(who.school, who.person, with);
        if self.records().place(who.school, there, who.person).await?.is_some() {
            // What was begun goes on, whatever the policy says of beginning.
            return Ok(there);
        }
        self.may_talk(who, &[other]).await?;
        let now = self.now();
        let made = match self.records().open_direct(who.school, who.person, with, now).await {
            Ok(made) => made,
            Err(OpenDirectError::SamePerson) => {
                return Err(ChatError::invalid("with", "choose somebody else"));
            }
            Err(OpenDirectError::UnknownPerson) => return Err(unknown()),
            Err(OpenDirectError::Unavailable(error)) => return Err(error.into()),
        };
        if made.created_at == now {
            self.note(who.school, with, Note { conversation: made.id, what: What::Opened, seq: 0 }).await;
        }
        Ok(made.id)
    }

    async fn make_group(
        &self,
        who: &Member,
        id: ConversationId,
        title: &str,
        mut people: Vec<PersonId>,
    ) -> Result<ConversationId, ChatError> {
        let title = title_in(title)?;
        people.retain(|person| *person != who.person);
        let too_many = || ChatError::invalid("people", format!("choose at most {} others", MAX_PEOPLE - 1));
        if people.len() >= MAX_PEOPLE {
            return Err(too_many());
        }
        let known = self.store.people().find(who.school, &people, &[]).await?;
        let by_id: HashMap<PersonId, &Person> = known.iter().map(|person| (person.id, person)).collect();
        if let Some(row) = people.iter().position(|person| !by_id.contains_key(person)) {
            return Err(ChatError::invalid_row("people", row, "choose people of the school"));
        }
        self.may_talk(who, &known).await?;
        people = by_id.into_keys().collect();
        people.sort_unstable();
        let group = NewGroup { id, title, by: who.person, people };
        let made = match self.records().make_group(who.school, &group, self.now()).await {
            Ok(made) => made,
            // The same request again.
            Err(MakeGroupError::Exists) => return Ok(id),
            Err(MakeGroupError::UnknownPerson) => {
                return Err(ChatError::invalid("people", "choose people of the school"));
            }
            Err(MakeGroupError::TooMany { .. }) => return Err(too_many()),
            Err(MakeGroupError::Unavailable(error)) => return Err(error.into()),
        };
        for person in group.people {
            self.note(who.school, person, Note { conversation: made.id, what: What::Opened, seq: 0 }).await;
        }
        Ok(made.id)
    }

    /// Passes if the school's policy lets the caller begin a conversation with all of these, and no block stands between them.
    pub(super) async fn may_talk(&self, who: &Member, others: &[Person]) -> Result<(), ChatError> {
        self.contacts(who)?;
        let policy = self.records().policy(who.school).await?.direct;
        let ids: Vec<PersonId> = others.iter().map(|other| other.id).collect();
        let classmates = match policy {
            DirectPolicy::SharedClass => self.records().classmates(who.school, who.person, &ids).await?,
            _ => HashSet::new(),
        };
        if !others.iter().all(|other| may_talk(policy, who.role, other.role, classmates.contains(&other.id)))
        {
            return Err(ChatError::PolicyForbids);
        }
        if self.store.friends().block_among(who.school, who.person, &ids).await? {
            return Err(ChatError::Send(SendRefusal::Blocked));
        }
        Ok(())
    }

    /// The conversation of a class, for which those who run the class are asked; it begins when one of them asks first.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] for classes that are none of the caller's; [`ChatError::NotAllowed`] for its students.
    pub async fn open_class(&self, who: &Member, class: ClassId) -> Result<Conversation, ChatError> {
        let enrolled = self.store.rosters().get(who.school, class, who.person).await?;
        let kept = enrolled.map_or(persistence::chat::Standing::Outside, |enrolled| {
            persistence::chat::Standing::Enrolled { role: enrolled.place.role, state: enrolled.place.state }
        });
        let standing = standing(who.role, ConversationKind::Class, kept).ok_or(ChatError::NotFound)?;
        let named = self.store.classes().get(who.school, class).await?.ok_or(ChatError::NotFound)?;
        if !standing.is_staff() {
            return Err(ChatError::NotAllowed);
        }
        // What a class is called may be longer than what a conversation is.
        let title: String = named.content.title.chars().take(body::MOST_TITLE_CHARS).collect();
        let title = body::title(&title).unwrap_or_else(|_| "Class".to_owned());
        let id = watch::of_class(who.school, class);
        let there = self.records().of_class(who.school, class).await?;
        let made = match there {
            Some(made) => made.id,
            None => {
                let records = self.records();
                let opened = records.open_class(who.school, class, id, who.person, &title, self.now());
                let made = match opened.await {
                    Ok(made) => made,
                    Err(OpenClassError::UnknownClass) => return Err(ChatError::NotFound),
                    Err(OpenClassError::Unavailable(error)) => return Err(error.into()),
                };
                self.tell_opened(who, &made).await?;
                made.id
            }
        };
        self.conversation(who, made).await
    }

    async fn tell_opened(&self, who: &Member, made: &Kept) -> Result<(), ChatError> {
        let people = self.records().audience(who.school, made.id, TOLD).await?;
        for person in people.into_iter().filter(|person| *person != who.person) {
            self.note(who.school, person, Note { conversation: made.id, what: What::Opened, seq: 0 }).await;
        }
        Ok(())
    }

    /// Changes what a conversation is called and who may write in it, if `expected` is still its version.
    ///
    /// # Errors
    /// [`ChatError::NotAllowed`] for those who do not look after it; [`ChatError::Conflict`]; [`ChatError::Invalid`]
    pub async fn configure(
        &self,
        who: &Member,
        id: ConversationId,
        expected: u32,
        wanted: &Settings,
    ) -> Result<Conversation, ChatError> {
        let Seen { place, standing } = self.see(who, id).await?;
        let kept = place.conversation;
        if !standing.manages() || kept.kind == ConversationKind::Direct {
            return Err(ChatError::NotAllowed);
        }
        if *wanted == Settings::default() {
            return Err(ChatError::invalid(
                "title",
                "say what is to change: the title, the mode or the pace",
            ));
        }
        let settings = settled(&kept, wanted)?;
        let done =
            self.records().configure(who.school, id, expected, &settings, who.person, self.now()).await;
        let changed = match done {
            Ok(changed) => changed,
            Err(ConfigureError::Conflict { current }) => return Err(ChatError::Conflict { current }),
            Err(ConfigureError::UnknownConversation) => return Err(ChatError::NotFound),
            Err(ConfigureError::Unavailable(error)) => return Err(error.into()),
        };
        self.tell(who.school, id, &Event::Conversation { conversation: view::changed(changed) }).await;
        self.conversation(who, id).await
    }
}

pub(super) fn title_in(sent: &str) -> Result<String, ChatError> {
    body::title(sent).map_err(|bad| ChatError::invalid("title", bad.to_string()))
}

fn settled(kept: &Kept, wanted: &Settings) -> Result<KeptSettings, ChatError> {
    let title = wanted.title.as_deref().map(title_in).transpose()?;
    let mode = wanted.mode.unwrap_or(kept.mode);
    if mode != Mode::Open && kept.kind != ConversationKind::Class {
        return Err(ChatError::invalid("mode", "only the chat of a class has modes; leave it open"));
    }
    let pace = FASTEST_S..=SLOWEST_S;
    if wanted.slow_s.is_some_and(|slow_s| slow_s != 0 && !pace.contains(&slow_s)) {
        return Err(ChatError::invalid("slow_s", format!("choose {FASTEST_S} to {SLOWEST_S} seconds")));
    }
    let slow_s = wanted.slow_s.unwrap_or(kept.slow_s);
    let slow_s = if mode == Mode::Slow && slow_s == 0 { USUAL_PACE_S } else { slow_s };
    Ok(KeptSettings { title: title.or_else(|| kept.title.clone()), mode, slow_s })
}
