//! One connection's subscription to one channel: its position, and what arrives while it is being made.

use crate::{connection::Connection, key::ChannelKey, outbox::ConflateKey};
use protocol::{Message, Publication, PushBody, SharedMessage, Unsubscribed, command::StreamPosition};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Publications held while a subscription is being made; more mean that it has to be made anew.
const BUFFER: usize = 1024;

/// A subscription. The subscribe reply is queued before any push of its channel, and every publication reaches the
/// client once and in order, or the client is told to recover.
#[derive(Debug)]
pub struct Subscription {
    /// Which channel of which school.
    pub key: ChannelKey,
    /// Whether the client is told who comes and goes.
    pub join_leave: bool,
    /// Whether the server made it (at connect).
    pub server_side: bool,
    connection: Arc<Connection>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// The position is being read; publications wait.
    Pending(Vec<SharedMessage>),
    /// The buffer overflowed.
    Overflowed,
    /// Publications go out; positioned ones must follow each other.
    Live(Option<StreamPosition>),
    /// Continuity is lost or the subscription has ended; nothing goes out.
    Over,
}

/// The subscription could not be made without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapWhileSubscribing;

impl Subscription {
    pub(crate) fn pending(
        key: ChannelKey,
        connection: Arc<Connection>,
        join_leave: bool,
        server_side: bool,
    ) -> Self {
        Self {
            key,
            join_leave,
            server_side,
            connection,
            state: Mutex::new(State::Pending(Vec::new())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No method leaves the state half changed, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that holds the subscription.
    #[must_use]
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Delivers a publication.
    pub(crate) fn publish(&self, message: &SharedMessage, conflate: Option<ConflateKey>) {
        let mut state = self.lock();
        match &mut *state {
            State::Pending(buffer) if buffer.len() < BUFFER => buffer.push(message.clone()),
            State::Pending(_) => *state = State::Overflowed,
            State::Overflowed | State::Over => {}
            State::Live(position) => match position.as_mut().map(|known| step(known, publication(message))) {
                None | Some(Step::Next) => self.write(message, conflate),
                Some(Step::Old) => {}
                Some(Step::Gap) => {
                    *state = State::Over;
                    drop(state);
                    self.connection
                        .order_unsubscribe(self.key.channel.clone(), Unsubscribed::INSUFFICIENT_STATE);
                }
            },
        }
    }

    /// Delivers a join or leave, if the client wants to know and the subscription stands.
    pub(crate) fn membership(&self, message: &SharedMessage) {
        if self.join_leave && matches!(*self.lock(), State::Live(_)) {
            self.write(message, None);
        }
    }

    fn write(&self, message: &SharedMessage, conflate: Option<ConflateKey>) {
        let bytes = message.encoded(self.connection.encoding);
        match conflate {
            Some(key) => self.connection.outbox.push_latest(key, bytes),
            None => self.connection.outbox.push(bytes),
        }
    }

    /// Makes the subscription live: lets `reply` queue the subscribe reply, and only then lets pushes pass.
    ///
    /// `top` is the position that was read, none for channels without positions. What arrived since is added to
    /// `recovered` when `merge` is set (the client recovers) and follows the reply as pushes otherwise.
    ///
    /// # Errors
    /// [`GapWhileSubscribing`] when what arrived meanwhile does not follow on.
    pub(crate) fn commit(
        &self,
        top: Option<StreamPosition>,
        mut recovered: Vec<Publication>,
        merge: bool,
        reply: impl FnOnce(Vec<Publication>, Option<&StreamPosition>),
    ) -> Result<(), GapWhileSubscribing> {
        let mut state = self.lock();
        let State::Pending(buffer) = &mut *state else {
            return Err(GapWhileSubscribing);
        };
        let buffer = std::mem::take(buffer);
        let told = top.clone();
        let mut position = top;
        let mut late = Vec::new();
        for message in buffer {
            match position.as_mut().map(|known| step(known, publication(&message))) {
                Some(Step::Old) => {}
                Some(Step::Gap) => return Err(GapWhileSubscribing),
                Some(Step::Next) if merge => recovered.extend(publication(&message).cloned()),
                Some(Step::Next) | None => late.push(message),
            }
        }
        reply(recovered, told.as_ref());
        for message in &late {
            self.write(message, None);
        }
        *state = State::Live(position);
        Ok(())
    }

    /// Ends it: nothing is delivered any more.
    pub(crate) fn end(&self) {
        *self.lock() = State::Over;
    }

    /// Whether publications pass.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(*self.lock(), State::Live(_))
    }
}

enum Step {
    Next,
    Old,
    Gap,
}

/// Moves a known position over a publication.
fn step(known: &mut StreamPosition, publication: Option<&Publication>) -> Step {
    let Some(publication) = publication.filter(|publication| publication.offset > 0) else {
        return Step::Next;
    };
    let new_epoch = publication
        .epoch
        .as_ref()
        .is_some_and(|epoch| *epoch != known.epoch);
    if new_epoch || publication.offset > known.offset + 1 {
        return Step::Gap;
    }
    if publication.offset <= known.offset {
        return Step::Old;
    }
    known.offset = publication.offset;
    Step::Next
}

fn publication(message: &SharedMessage) -> Option<&Publication> {
    match message.message() {
        Message::Push(push) => match &push.body {
            PushBody::Publication(publication) => Some(publication),
            _ => None,
        },
        _ => None,
    }
}
