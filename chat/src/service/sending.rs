//! Sending: a message is kept, then told, then acknowledged.
//!
//! What waits at this node for one school is kept together, in one transaction: a commit costs the same for one message as for
//! two hundred. While a batch is told the next one is committed; batches are told one after the other, so that a
//! conversation's messages are told in their order.

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

use super::notes::{Heard, Notes};
use super::{ChatError, Member, view, watch};
use crate::rules::modes::{Asked, SendRefusal, may_send};
use crate::rules::standing::standing;
use crate::rules::{body, mentions};
use futures_util::future::join_all;
use persistence::chat::{Asked as Turn, Draft, MAX_DRAFTS, SendError, Sent, Seq};
use persistence::{Micros, Store};
use protocol::chat::{Event, Message as Shown, NewMessage};
use protocol::ids::{ConversationId, MessageId, PersonId, SchoolId};
use protocol::role::Role;
use realtime::Node;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Messages that wait for one school at this node; more are refused as too many.
const WAITING: usize = 1_024;
/// A lane that nobody used for so long ends.
const IDLE: Duration = Duration::from_secs(30);
/// Tries to tell a batch, once something of it could not be told.
const TRIES: u32 = 3;

/// A message that waits, and who waits for it.
struct Waiting {
    draft: Draft,
    /// The sender's, by the token.
    role: Role,
    answer: oneshot::Sender<Result<Done, ChatError>>,
}

/// A message that is kept, as its sender sees it.
pub(super) struct Done {
    pub(super) message: Shown,
    /// It was sent before.
    pub(super) again: bool,
}

/// A message that is kept and not told yet.
struct Committed {
    sent: Sent,
    answer: oneshot::Sender<Result<Done, ChatError>>,
}

/// The ways of messages to the store, one for each school in which somebody writes now. The only place in this crate besides
/// [`Notes`] where tasks begin.
pub(super) struct Lanes {
    store: Store,
    node: Arc<Node>,
    notes: Notes,
    open: Mutex<HashMap<SchoolId, mpsc::Sender<Waiting>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Lanes {
    pub(super) fn new(
        store: Store,
        node: Arc<Node>,
        notes: Notes,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self { store, node, notes, open: Mutex::default(), tasks, stop })
    }

    /// Sends a message. Once it waits it is sent, whether or not its sender still waits for the answer.
    pub(super) async fn send(self: &Arc<Self>, who: &Member, draft: Draft) -> Result<Done, ChatError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(who.school, Waiting { draft, role: who.role, answer })?;
        // A lane that ends without an answer was stopped, or has failed.
        answered.await.unwrap_or(Err(ChatError::Unavailable))
    }

    fn enqueue(self: &Arc<Self>, school: SchoolId, waiting: Waiting) -> Result<(), ChatError> {
        let mut open = self.open();
        if self.stop.is_cancelled() {
            return Err(ChatError::Unavailable);
        }
        // One that has failed leaves its end behind.
        if open.get(&school).is_some_and(mpsc::Sender::is_closed) {
            open.remove(&school);
        }
        let lane = open.entry(school).or_insert_with(|| {
            let (lane, queue) = mpsc::channel(WAITING);
            self.tasks.spawn(Arc::clone(self).serve(school, queue));
            lane
        });
        lane.try_send(waiting).map_err(|_| {
            metrics::counter!("schoolbell_chat_refusals_total", "code" => "busy").increment(1);
            ChatError::Busy
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<SchoolId, mpsc::Sender<Waiting>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a school until nobody has written for a while, or until all that waits is done after a stop.
    async fn serve(self: Arc<Self>, school: SchoolId, mut queue: mpsc::Receiver<Waiting>) {
        let mut untold = Vec::new();
        loop {
            let mut batch = Vec::new();
            // Who has something to tell does not wait for somebody to write.
            if untold.is_empty() {
                let Some(first) = self.next(school, &mut queue).await else { return };
                batch.push(first);
            }
            while batch.len() < MAX_DRAFTS
                && let Ok(waiting) = queue.try_recv()
            {
                batch.push(waiting);
            }
            let (committed, ()) = tokio::join!(self.commit(school, batch), self.tell(school, untold));
            untold = committed;
        }
    }

    /// The next that waits; none when the lane is closed, which it is after a stop or when nobody wrote for long.
    async fn next(&self, school: SchoolId, queue: &mut mpsc::Receiver<Waiting>) -> Option<Waiting> {
        tokio::select! {
            biased;
            first = queue.recv() => return first,
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(IDLE) => {}
        }
        // Whoever comes from now on opens another lane; what came until now is still served by this one.
        self.open().remove(&school);
        queue.recv().await
    }

    /// Keeps what waited. Those who are refused are told so; the others once the channel has it.
    async fn commit(&self, school: SchoolId, batch: Vec<Waiting>) -> Vec<Committed> {
        if batch.is_empty() {
            return Vec::new();
        }
        metrics::histogram!("schoolbell_chat_batch_messages")
            .record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        let roles: HashMap<MessageId, Role> = batch.iter().map(|one| (one.draft.id, one.role)).collect();
        let now = Micros::from_millis(self.node.clock.now_ms());
        let mut drafts = Vec::with_capacity(batch.len());
        let mut answers = Vec::with_capacity(batch.len());
        for Waiting { draft, answer, .. } in batch {
            drafts.push(draft);
            answers.push(answer);
        }
        let decide = |turn: &Turn<'_>| {
            // A draft of this batch has a role.
            let role = roles.get(&turn.draft.id).copied().unwrap_or(Role::Student);
            decide(role, turn)
        };
        let records = self.store.chat();
        let outcomes = match records.send(school, now, &drafts, &decide).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::error!(%error, messages = drafts.len(), "messages may not be kept, and their senders know it");
                for answer in answers {
                    // Who has left does not want to know.
                    let _gone = answer.send(Err(ChatError::Unavailable));
                }
                return Vec::new();
            }
        };
        let mut committed = Vec::with_capacity(answers.len());
        for (outcome, answer) in outcomes.into_iter().zip(answers) {
            match outcome {
                Ok(sent) => committed.push(Committed { sent, answer }),
                Err(refused) => {
                    let error = told(&refused);
                    metrics::counter!("schoolbell_chat_refusals_total", "code" => error.code()).increment(1);
                    let _gone = answer.send(Err(error));
                }
            }
        }
        let new = committed.iter().filter(|one| !one.sent.again).count();
        metrics::counter!("schoolbell_chat_messages_total").increment(u64::try_from(new).unwrap_or(0));
        committed
    }

    /// Tells what is kept, conversation by conversation side by side, and within each in order.
    async fn tell(&self, school: SchoolId, untold: Vec<Committed>) {
        let mut by_conversation: BTreeMap<ConversationId, Vec<Committed>> = BTreeMap::new();
        for one in untold {
            by_conversation.entry(one.sent.message.conversation).or_default().push(one);
        }
        let mut told = Vec::with_capacity(by_conversation.len());
        for (conversation, of_one) in by_conversation {
            told.push(self.tell_in_order(school, conversation, of_one));
        }
        join_all(told).await;
    }

    async fn tell_in_order(&self, school: SchoolId, conversation: ConversationId, untold: Vec<Committed>) {
        let mut tries = TRIES;
        let last = untold.len().saturating_sub(1);
        for (place, Committed { sent, answer }) in untold.into_iter().enumerate() {
            let sender = sent.message.sender.id;
            for message in [Some(sent.message.clone()), sent.root].into_iter().flatten() {
                // A broker that hangs is not waited for once a message, which would hold the school up for minutes: only
                // the last one is tried again, by which readers see what they miss.
                if tries < TRIES && place < last {
                    break;
                }
                let event = Event::Message { message: Box::new(view::for_all(message)) };
                if !watch::tell(&self.node, school, conversation, &event, tries).await {
                    tries = 1;
                }
            }
            self.notes.hear(Heard::of(school, &sent.message));
            let message = view::message(sent.message, sender);
            // Who has left knows it by the channel, or sends it again.
            let _gone = answer.send(Ok(Done { message, again: sent.again }));
        }
    }
}

/// Why a message is not taken when it is its turn.
enum Refused {
    Hidden,
    By(SendRefusal),
}

/// The rule, asked in the transaction: the place is as it is when the message has its turn.
fn decide(role: Role, turn: &Turn<'_>) -> Result<(), Refused> {
    let (place, conversation) = (turn.place, &turn.place.conversation);
    let standing = standing(role, conversation.kind, place.standing).ok_or(Refused::Hidden)?;
    if turn.again {
        // Taken before: whatever the mode is now. But to whom the conversation is closed, nothing is told of it.
        return if place.blocked { Err(Refused::By(SendRefusal::Blocked)) } else { Ok(()) };
    }
    let asked = Asked {
        standing,
        mode: conversation.mode,
        slow_s: conversation.slow_s,
        last_sent: place.last_sent_at,
        quiz_opened: place.quiz_opened_at,
        answers_another: turn.root.is_some_and(|root| root.sender != turn.draft.sender),
        everyone: turn.draft.everyone,
        blocked: place.blocked,
    };
    may_send(&asked, turn.now).map_err(Refused::By)
}

fn told(refused: &SendError<Refused>) -> ChatError {
    match refused {
        SendError::UnknownConversation | SendError::Refused(Refused::Hidden) => ChatError::NotFound,
        SendError::UnknownMessage => ChatError::UnknownMessage,
        SendError::UnknownMention { index } => {
            ChatError::UnknownMention { index: u64::try_from(*index).unwrap_or(u64::MAX) }
        }
        SendError::Refused(Refused::By(refusal)) => ChatError::Send(*refusal),
    }
}

impl super::Chat {
    /// Sends a message. Returns it, and whether it was sent before: a nonce makes it the same one.
    ///
    /// # Errors
    /// [`ChatError`]; nothing was sent then, but for [`ChatError::Unavailable`], after which it may be sent again.
    pub async fn send(
        &self,
        who: &Member,
        conversation: ConversationId,
        new: NewMessage,
    ) -> Result<(Shown, bool), ChatError> {
        let body = body::body(&new.body).map_err(|bad| ChatError::invalid("body", bad.to_string()))?;
        let named = mentions::mentions(&new.mentions)
            .map_err(|bad| ChatError::invalid("mentions", bad.to_string()))?;
        if [new.thread, new.reply_to].contains(&Some(0)) {
            return Err(ChatError::UnknownMessage);
        }
        self.paced(who)?;
        let draft = Draft {
            conversation,
            sender: who.person,
            id: MessageId::generate(),
            nonce: new.nonce,
            body,
            thread: new.thread.map(Seq),
            reply_to: new.reply_to.map(Seq),
            mentions: named.clone(),
            everyone: new.everyone,
        };
        let Done { message, again } = match self.lanes.send(who, draft).await {
            Err(ChatError::UnknownMention { index }) => return Err(unknown(&new.mentions, &named, index)),
            done => done?,
        };
        Ok((message, again))
    }

    /// Counts whom somebody turns to.
    pub(super) fn contacts(&self, who: &Member) -> Result<(), ChatError> {
        let taken = self.contacts.take((who.school, who.person), tokio::time::Instant::now());
        taken.map_err(|wait| ChatError::TooFast { wait })
    }

    /// Counts what somebody writes or changes.
    pub(super) fn paced(&self, who: &Member) -> Result<(), ChatError> {
        let taken = self.sends.take((who.school, who.person), tokio::time::Instant::now());
        taken.map_err(|wait| {
            metrics::counter!("schoolbell_chat_refusals_total", "code" => "too_many_requests").increment(1);
            ChatError::TooFast { wait }
        })
    }
}

/// The place of an unknown name in what was sent, where names may have been repeated.
fn unknown(sent: &[PersonId], named: &[PersonId], index: u64) -> ChatError {
    let person = usize::try_from(index).ok().and_then(|index| named.get(index));
    let place = person.and_then(|person| sent.iter().position(|one| one == person));
    ChatError::UnknownMention { index: place.and_then(|place| u64::try_from(place).ok()).unwrap_or(index) }
}
