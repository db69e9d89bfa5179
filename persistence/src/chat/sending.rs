//! Sending: many messages, of many people to many conversations, in one transaction.

mod batch;
mod rows;

use super::ChatRecords;
use super::conversation::{Place, PlaceRow, Seq};
use super::message::{self, Message, MessageState, Wanted};
use crate::db::{Tx, Value, Values};
use crate::id_list::id_list;
use crate::{Micros, Unavailable};
use batch::{Batch, Placed};
use protocol::ids::{ConversationId, MessageId, PersonId, SchoolId};
use rows::{KnownRow, ReferredRow};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Most drafts of one transaction.
pub const MAX_DRAFTS: usize = 256;

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where to.
    pub conversation: ConversationId,
    /// Who sends it.
    pub sender: PersonId,
    /// Its id, if it is new.
    pub id: MessageId,
    /// What the sender's client knows it by: under the same one it is the same message, whatever it says.
    pub nonce: Uuid,
    /// What it says.
    pub body: String,
    /// A message of the thread that it goes to.
    pub thread: Option<Seq>,
    /// The message that it quotes.
    pub reply_to: Option<Seq>,
    /// Whom it mentions.
    pub mentions: Vec<PersonId>,
    /// Whether it mentions all who are there; nobody's mentions are counted for that.
    pub everyone: bool,
}

/// A draft whose turn it is, and what a rule may want to know.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The sender's place, with what earlier drafts of the batch have made of it.
    pub place: &'a Place,
    /// What is to be sent.
    pub draft: &'a Draft,
    /// The root of the thread that it goes to.
    pub root: Option<&'a Referred>,
    /// When.
    pub now: Micros,
}

/// A message that a draft refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referred {
    /// Its number.
    pub seq: Seq,
    /// Who sent it.
    pub sender: PersonId,
    /// Whether it says something.
    pub state: MessageState,
}

/// Says whether a draft may be sent. Nothing that it is told changes meanwhile.
pub type Decide<'d, R> = &'d (dyn Fn(&Asked<'_>) -> Result<(), R> + Sync);

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// It, as its sender sees it.
    pub message: Message,
    /// Whether it had been sent before, under its nonce.
    pub again: bool,
    /// The root of its thread, with the new number of replies.
    pub root: Option<Message>,
}

/// Why one draft was not sent. The others of its batch are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError<R> {
    /// The school has no such conversation, or lacks the sender.
    #[error("the school has no such conversation; look at the list again")]
    UnknownConversation,
    /// The conversation lacks the message that it quotes or whose thread it goes to.
    #[error("the conversation has no such message to reply to; look at it again")]
    UnknownMessage,
    /// It mentions somebody who is not there.
    #[error("mention {index} is of somebody who is not in the conversation; leave it out")]
    UnknownMention {
        /// Which of its mentions, from 0.
        index: usize,
    },
    /// The rule says no.
    #[error("{0}")]
    Refused(R),
}

impl<R> SendError<R> {
    /// Stable name; that of a refusal is the rule's own.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownConversation => "unknown_conversation",
            Self::UnknownMessage => "unknown_message",
            Self::UnknownMention { .. } => "unknown_mention",
            Self::Refused(_) => "refused",
        }
    }
}

/// Why no draft was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendManyError {
    /// Too many drafts.
    #[error("send {most} messages at once; the others another time")]
    TooMany {
        /// How many it takes.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SendManyError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

impl ChatRecords {
    /// Sends drafts, at most [`MAX_DRAFTS`], in their order: each gets the next number of its conversation and counts for
    /// those who have not read it. One that was sent before is answered as it was then, and `decide` is not asked. On
    /// Postgres it takes as many statements for many drafts as for one.
    ///
    /// # Errors
    /// [`SendManyError`]; nothing was sent then.
    pub async fn send<R: Send>(
        &self,
        school: SchoolId,
        now: Micros,
        drafts: &[Draft],
        decide: Decide<'_, R>,
    ) -> Result<Vec<Result<Sent, SendError<R>>>, SendManyError> {
        if drafts.len() > MAX_DRAFTS {
            return Err(SendManyError::TooMany { most: MAX_DRAFTS });
        }
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let mut batch = load(&mut tx, school, drafts, now).await?;
        let placed: Vec<_> = drafts.iter().map(|draft| batch.judge(draft, decide)).collect();
        write(&mut tx, school, &batch).await?;
        let roots = load_roots(&mut tx, school, &batch).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        let sent = |placed: Placed| match placed {
            Placed::New(index) => {
                let message = batch.new[index].clone();
                let root = message.thread.and_then(|root| roots.get(&(message.conversation, root)).cloned());
                Sent { message, again: false, root }
            }
            Placed::Again(message) => Sent { message: *message, again: true, root: None },
        };
        Ok(placed.into_iter().map(|placed| placed.map(sent)).collect())
    }
}

/// Locks what the drafts go to and reads what they are judged by.
async fn load(tx: &mut Tx, school: SchoolId, drafts: &[Draft], now: Micros) -> Result<Batch, Unavailable> {
    let conversations: BTreeSet<Uuid> = drafts.iter().map(|draft| draft.conversation.0).collect();
    // What is read from here on is as those left it who had the locks before.
    let _locked: Vec<(Uuid,)> = tx.fetch_all(rows::LOCK, [school.0.into(), id_list(conversations)?]).await?;
    let places = load_places(tx, school, drafts).await?;
    let known = load_known(tx, school, drafts).await?;
    let referred = load_referred(tx, school, drafts).await?;
    Ok(Batch::new(now, places, known, referred))
}

async fn load_places(tx: &mut Tx, school: SchoolId, drafts: &[Draft]) -> Result<batch::Places, Unavailable> {
    let people = |draft: &Draft| {
        let conversation = draft.conversation.0;
        let mentions = draft.mentions.iter().map(move |person| rows::Pair { c: conversation, p: person.0 });
        mentions.chain([rows::Pair { c: conversation, p: draft.sender.0 }]).collect::<Vec<_>>()
    };
    let pairs: BTreeSet<rows::Pair> = drafts.iter().flat_map(people).collect();
    let found: Vec<PlaceRow> = tx.fetch_all(rows::PLACES, [school.0.into(), Value::json(&pairs)?]).await?;
    let mut places = HashMap::with_capacity(found.len());
    for row in found {
        let place = row.into_place()?;
        places.insert((place.conversation.id, place.person.id), place);
    }
    Ok(places)
}

async fn load_known(tx: &mut Tx, school: SchoolId, drafts: &[Draft]) -> Result<batch::Known, Unavailable> {
    let nonces: BTreeSet<rows::Nonce> = drafts.iter().map(rows::Nonce::of).collect();
    let found: Vec<KnownRow> = tx.fetch_all(rows::KNOWN, [school.0.into(), Value::json(&nonces)?]).await?;
    if found.is_empty() {
        return Ok(batch::Known::default());
    }
    let wanted: Vec<Wanted> = found.iter().map(KnownRow::wanted).collect();
    let messages = message::wanted(tx, school, &wanted).await?;
    Ok(messages.into_iter().map(|message| (batch::key_of(&message), message)).collect())
}

async fn load_referred(
    tx: &mut Tx,
    school: SchoolId,
    drafts: &[Draft],
) -> Result<batch::Referrals, Unavailable> {
    let named = |draft: &Draft| {
        let conversation = draft.conversation.0;
        let seqs = [draft.thread, draft.reply_to].into_iter().flatten();
        seqs.map(move |seq| rows::Reference { c: conversation, s: seq.column() }).collect::<Vec<_>>()
    };
    let references: BTreeSet<rows::Reference> = drafts.iter().flat_map(named).collect();
    if references.is_empty() {
        return Ok(batch::Referrals::default());
    }
    let found: Vec<ReferredRow> =
        tx.fetch_all(rows::REFERRED, [school.0.into(), Value::json(&references)?]).await?;
    found.into_iter().map(ReferredRow::into_referral).collect()
}

/// A statement for all rows of a table.
async fn write(tx: &mut Tx, school: SchoolId, batch: &Batch) -> Result<(), Unavailable> {
    if batch.new.is_empty() {
        return Ok(());
    }
    let new = &batch.new;
    let words: Vec<String> = new.iter().map(|message| super::words::column(&message.body)).collect();
    let columns = [
        Values::Uuid(new.iter().map(|message| Some(message.conversation.0)).collect()),
        Values::I64(new.iter().map(|message| Some(message.seq.column())).collect()),
        Values::Uuid(new.iter().map(|message| Some(message.id.0)).collect()),
        Values::Uuid(new.iter().map(|message| Some(message.sender.id.0)).collect()),
        Values::Uuid(new.iter().map(|message| Some(message.nonce)).collect()),
        Values::I64(new.iter().map(|message| message.thread.map(Seq::column)).collect()),
        Values::I64(new.iter().map(|message| message.reply_to.map(Seq::column)).collect()),
        Values::Text(new.iter().map(|message| Some(message.body.as_str())).collect()),
        Values::Text(words.iter().map(|words| Some(words.as_str())).collect()),
        Values::Bool(new.iter().map(|message| Some(message.everyone)).collect()),
        Values::I64(new.iter().map(|message| Some(message.sent_at.0)).collect()),
    ];
    tx.write_rows(rows::SEND, school, &columns, new.len()).await?;

    let heads: Vec<_> = batch.heads.iter().collect();
    let columns = [
        Values::Uuid(heads.iter().map(|(conversation, _)| Some(conversation.0)).collect()),
        Values::I64(heads.iter().map(|(_, seq)| Some(seq.column())).collect()),
        Values::I64(vec![Some(batch.now.0); heads.len()]),
    ];
    tx.write_rows(rows::COUNT, school, &columns, heads.len()).await?;

    let members: Vec<_> = batch.members.iter().collect();
    let columns = [
        Values::Uuid(members.iter().map(|((conversation, _), _)| Some(conversation.0)).collect()),
        Values::Uuid(members.iter().map(|((_, person), _)| Some(person.0)).collect()),
        Values::I64(members.iter().map(|(_, heard)| Some(heard.sent.column())).collect()),
        Values::I64(members.iter().map(|(_, heard)| Some(i64::from(heard.mentions))).collect()),
        Values::I64(vec![Some(batch.now.0); members.len()]),
    ];
    tx.write_rows(rows::MARK, school, &columns, members.len()).await?;

    let threads: Vec<_> = batch.threads.iter().collect();
    if !threads.is_empty() {
        let columns = [
            Values::Uuid(threads.iter().map(|((conversation, _), _)| Some(conversation.0)).collect()),
            Values::I64(threads.iter().map(|((_, root), _)| Some(root.column())).collect()),
            Values::I64(threads.iter().map(|(_, grown)| Some(i64::from(grown.by))).collect()),
            Values::I64(threads.iter().map(|(_, grown)| Some(grown.last.column())).collect()),
        ];
        tx.write_rows(rows::GROW, school, &columns, threads.len()).await?;
    }

    let mentioned =
        new.iter().flat_map(|message| message.mentions.iter().map(move |person| (message, person)));
    let mentioned: Vec<_> = mentioned.collect();
    if !mentioned.is_empty() {
        let columns = [
            Values::Uuid(mentioned.iter().map(|(message, _)| Some(message.conversation.0)).collect()),
            Values::I64(mentioned.iter().map(|(message, _)| Some(message.seq.column())).collect()),
            Values::Uuid(mentioned.iter().map(|(_, person)| Some(person.0)).collect()),
        ];
        tx.write_rows(rows::MENTION, school, &columns, mentioned.len()).await?;
    }
    Ok(())
}

/// The roots of threads that have grown, as those see them who sent.
async fn load_roots(
    tx: &mut Tx,
    school: SchoolId,
    batch: &Batch,
) -> Result<HashMap<(ConversationId, Seq), Message>, Unavailable> {
    if batch.threads.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted = batch
        .threads
        .iter()
        .map(|((conversation, root), grown)| Wanted::new(*conversation, *root, grown.sender));
    let wanted: Vec<Wanted> = wanted.collect();
    let roots = message::wanted(tx, school, &wanted).await?;
    Ok(roots.into_iter().map(|root| ((root.conversation, root.seq), root)).collect())
}
