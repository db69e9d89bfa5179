//! One connection's subscription to one channel: its position, and what arrives while it is being made.

mod variants;

#[cfg(test)]
mod tests;

pub(crate) use variants::Variants;

use crate::{
    burst::Burst,
    connection::{Connection, Order},
    filter::Filter,
    key::ChannelKey,
    outbox::{ConflateKey, Sent},
};
use protocol::{
    ClientInfo, Message, Payload, Publication, PushBody, SharedMessage, Unsubscribed, command::StreamPosition,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Publications held while a subscription is being made. Of more the oldest are dropped, so that one with a position
/// has to be made anew.
const BUFFER: usize = 1024;

/// A subscription. The subscribe reply is queued before any push of its channel, and every publication reaches the
/// client once and in order, or the client is told to recover.
#[derive(Debug)]
pub struct Subscription {
    /// Which channel of which school.
    pub key: ChannelKey,
    /// What was granted.
    pub terms: Terms,
    connection: Arc<Connection>,
    state: Mutex<State>,
}

/// What a subscription was granted.
#[derive(Debug, Default)]
pub struct Terms {
    /// Whether the server made it.
    pub server_side: bool,
    /// Whether it is kept that the client is there.
    pub presence: bool,
    /// Whether others are told that the client comes and goes.
    pub announced: bool,
    /// Whether the client is told who comes and goes.
    pub join_leave: bool,
    /// What few subscriptions have. Behind one pointer, since there are hundreds of thousands.
    pub special: Option<Box<Special>>,
}

/// What few subscriptions have.
#[derive(Debug, Default)]
pub struct Special {
    /// What others see of the subscription (`chan_info`).
    pub info: Option<Payload>,
    /// Which publications the client wants.
    pub filter: Option<Filter>,
    /// Whether publications may come as deltas.
    pub delta: bool,
}

impl Special {
    fn wants(&self, publication: &Publication) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(&publication.tags))
    }
}

#[derive(Debug)]
enum State {
    /// The position is being read.
    Pending {
        /// Publications that wait. One above [`BUFFER`] shows that there were too many.
        buffer: VecDeque<SharedMessage>,
        /// What the position that is read belongs to may be over already.
        lost: bool,
    },
    /// Publications go out; positioned ones must follow each other.
    Live {
        position: Option<StreamPosition>,
        /// Number of the publication that the client got last, if deltas are made from that; else 0.
        base: u64,
    },
    /// Continuity is lost or the subscription has ended; nothing goes out.
    Over,
}

/// The subscription could not be made without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapWhileSubscribing;

/// A subscription that is about to go live. Nothing passes until then: its lock is held.
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    subscription: &'a Subscription,
    state: MutexGuard<'a, State>,
    /// What the client missed, in the form in which it gets publications.
    pub(crate) publications: Vec<Publication>,
    /// Where the client stands after these, none without positions.
    pub(crate) position: Option<StreamPosition>,
    live: Option<StreamPosition>,
    base: u64,
    late: Vec<SharedMessage>,
}

impl Subscription {
    pub(crate) fn pending(key: ChannelKey, connection: Arc<Connection>, terms: Terms) -> Self {
        let state = State::Pending { buffer: VecDeque::new(), lost: false };
        Self { key, terms, connection, state: Mutex::new(state) }
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

    /// The client as others see it in the channel.
    #[must_use]
    pub fn info(&self) -> ClientInfo {
        let chan_info = self.terms.special.as_ref().and_then(|special| special.info.clone());
        ClientInfo { chan_info, ..self.connection.info() }
    }

    /// Brings into the processor's cache what a delivery needs: reads that depend on nothing, so that many are under way
    /// at once.
    pub(crate) fn touch(&self) {
        std::hint::black_box((self.state.is_poisoned(), self.connection.encoding));
        self.connection.outbox.touch();
    }

    /// Delivers a publication.
    pub(crate) fn publish(
        &self,
        message: &SharedMessage,
        variants: &Variants,
        conflate: Option<ConflateKey>,
        burst: Burst,
    ) -> Sent {
        let mut state = self.lock();
        match &mut *state {
            State::Pending { buffer, .. } => {
                if buffer.len() > BUFFER {
                    buffer.pop_front();
                }
                buffer.push_back(message.clone());
                return Sent::Done;
            }
            State::Over => {}
            State::Live { position, base } => {
                match position.as_mut().map(|known| step(known, publication(message))) {
                    None | Some(Step::Next) => {
                        let Some(special) = &self.terms.special else {
                            let frame = message.frame(self.connection.encoding);
                            return self.connection.outbox.send(frame, conflate, burst);
                        };
                        return self.publish_special(special, base, message, variants, conflate, burst);
                    }
                    Some(Step::Old) => {}
                    Some(Step::Gap) => self.give_up(state),
                }
            }
        }
        Sent::Skipped
    }

    /// Something was lost that no publication shows. Whoever has a position is told so; where it is still being read, it
    /// cannot be used.
    pub(crate) fn lose(&self) {
        let mut state = self.lock();
        match &mut *state {
            State::Pending { lost, .. } => *lost = true,
            State::Live { position: Some(_), .. } => self.give_up(state),
            State::Live { position: None, .. } | State::Over => {}
        }
    }

    /// Ends it, and has the client told to recover.
    fn give_up(&self, mut state: MutexGuard<'_, State>) {
        *state = State::Over;
        drop(state);
        let channel = self.key.channel.clone();
        self.connection.order(Order::Unsubscribe(channel, Unsubscribed::INSUFFICIENT_STATE));
    }

    fn publish_special(
        &self,
        special: &Special,
        base: &mut u64,
        message: &SharedMessage,
        variants: &Variants,
        conflate: Option<ConflateKey>,
        burst: Burst,
    ) -> Sent {
        let Some(publication) = publication(message).filter(|publication| special.wants(publication)) else {
            return Sent::Skipped;
        };
        let encoding = self.connection.encoding;
        let frame = if special.delta {
            variants.frame(message, encoding, std::mem::replace(base, publication.offset))
        } else {
            message.frame(encoding)
        };
        self.connection.outbox.send(frame, conflate, burst)
    }

    /// Delivers a join or leave, if the client wants to know and the subscription stands.
    pub(crate) fn membership(&self, message: &SharedMessage, burst: Burst) -> Sent {
        if self.terms.join_leave && matches!(*self.lock(), State::Live { .. }) {
            return self.connection.outbox.send(message.frame(self.connection.encoding), None, burst);
        }
        Sent::Skipped
    }

    /// Prepares to go live. The caller queues the subscribe reply and then calls [`Commit::go_live`].
    ///
    /// `top` is the position that was read, none for channels without positions. What arrived since is added to
    /// `recovered` when the client recovers (and only the latest is told if `latest` is set), and follows the reply as
    /// pushes when that is none.
    ///
    /// # Errors
    /// [`GapWhileSubscribing`] when what arrived meanwhile does not follow on, or something was lost.
    pub(crate) fn commit(
        &self,
        top: Option<StreamPosition>,
        recovered: Option<Vec<Publication>>,
        latest: bool,
    ) -> Result<Commit<'_>, GapWhileSubscribing> {
        let mut state = self.lock();
        let State::Pending { buffer, lost } = &mut *state else {
            return Err(GapWhileSubscribing);
        };
        if *lost && top.is_some() {
            return Err(GapWhileSubscribing);
        }
        let mut buffer = std::mem::take(buffer);
        if buffer.len() > BUFFER {
            if top.is_some() {
                return Err(GapWhileSubscribing);
            }
            // Without positions nobody is promised more than the latest.
            buffer.pop_front();
        }
        let mut live = top.clone();
        let merge = recovered.is_some();
        let mut publications = recovered.unwrap_or_default();
        let mut late = Vec::new();
        for message in buffer {
            match live.as_mut().map(|known| step(known, publication(&message))) {
                Some(Step::Old) => {}
                Some(Step::Gap) => return Err(GapWhileSubscribing),
                Some(Step::Next) if merge => publications.extend(publication(&message).cloned()),
                Some(Step::Next) | None => late.push(message),
            }
        }
        let special = self.terms.special.as_deref();
        publications.retain(|publication| special.is_none_or(|special| special.wants(publication)));
        if latest && publications.len() > 1 {
            publications.drain(..publications.len() - 1);
        }
        let mut base = 0;
        if let Some(special) = special {
            late.retain(|message| publication(message).is_none_or(|publication| special.wants(publication)));
            if special.delta {
                base = publications.last().map_or(0, |publication| publication.offset);
                variants::chain(&mut publications, self.connection.encoding);
            }
        }
        let position = if merge { live.clone() } else { top };
        Ok(Commit { subscription: self, state, publications, position, live, base, late })
    }

    /// Ends it: nothing is delivered any more.
    pub(crate) fn end(&self) {
        *self.lock() = State::Over;
    }
}

impl Commit<'_> {
    /// Queues what arrived meanwhile and lets pushes pass.
    pub(crate) fn go_live(mut self) {
        let connection = &self.subscription.connection;
        let delta = self.subscription.terms.special.as_ref().is_some_and(|special| special.delta);
        for message in &self.late {
            let frame = if delta {
                self.base = publication(message).map_or(0, |publication| publication.offset);
                Variants::default().frame(message, connection.encoding, 0).clone()
            } else {
                message.frame(connection.encoding).clone()
            };
            connection.outbox.queue(frame, None);
        }
        *self.state = State::Live { position: self.live, base: self.base };
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
    let new_epoch = publication.epoch.as_ref().is_some_and(|epoch| *epoch != known.epoch);
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
