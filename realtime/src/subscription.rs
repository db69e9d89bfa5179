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
        Self { key, join_leave, server_side, connection, state: Mutex::new(State::Pending(Vec::new())) }
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::outbox::Next;
    use protocol::{Channel, Encoding, Payload, Push, ids::SchoolId};

    fn numbered(offset: u64) -> Publication {
        Publication { offset, ..Publication::new(Payload::of(&offset)) }
    }

    fn message(offset: u64) -> SharedMessage {
        let channel = Channel::parse("a:b").ok();
        SharedMessage::new(Message::Push(Push { channel, body: PushBody::Publication(numbered(offset)) }))
    }

    fn pending() -> Subscription {
        let key = ChannelKey::new(SchoolId::generate(), Channel::parse("a:b").unwrap());
        Subscription::pending(key, Arc::new(Connection::new(Encoding::Json, 1 << 20)), false, false)
    }

    fn top(offset: u64) -> Option<StreamPosition> {
        Some(StreamPosition { offset, epoch: "e".into() })
    }

    fn offsets(publications: &[Publication]) -> Vec<u64> {
        publications.iter().map(|publication| publication.offset).collect()
    }

    async fn pushes(subscription: &Subscription) -> usize {
        match tokio::time::timeout(
            std::time::Duration::from_millis(1),
            subscription.connection().outbox.next(),
        )
        .await
        {
            Ok(Next::Write(messages)) => messages.len(),
            _ => 0,
        }
    }

    #[tokio::test]
    async fn what_arrives_while_recovering_is_merged_into_the_reply() {
        let subscription = pending();
        for offset in 4..=6 {
            subscription.publish(&message(offset), None);
        }
        let mut told = Vec::new();
        // The history was read when 5 was the top: 4 and 5 are in both.
        subscription
            .commit(top(5), vec![numbered(4), numbered(5)], true, |publications, _| {
                told = publications;
            })
            .unwrap();
        assert_eq!(offsets(&told), [4, 5, 6]);
        assert_eq!(pushes(&subscription).await, 0);
        subscription.publish(&message(6), None);
        subscription.publish(&message(7), None);
        assert_eq!(pushes(&subscription).await, 1, "an old one is dropped, the next passes");
    }

    #[tokio::test]
    async fn what_arrives_while_subscribing_follows_the_reply() {
        let subscription = pending();
        subscription.publish(&message(5), None);
        subscription.publish(&message(6), None);
        let mut position = 0;
        subscription.commit(top(5), vec![], false, |_, told| position = told.unwrap().offset).unwrap();
        assert_eq!(position, 5);
        assert_eq!(pushes(&subscription).await, 1);
    }

    #[tokio::test]
    async fn a_hole_is_never_silent() {
        let subscription = pending();
        subscription.publish(&message(9), None);
        assert_eq!(subscription.commit(top(5), vec![], false, |_, _| ()), Err(GapWhileSubscribing));
        let subscription = pending();
        for _ in 0..=BUFFER {
            subscription.publish(&message(1), None);
        }
        assert_eq!(subscription.commit(top(0), vec![], false, |_, _| ()), Err(GapWhileSubscribing));
        let subscription = pending();
        subscription.commit(top(5), vec![], false, |_, _| ()).unwrap();
        subscription.publish(&message(7), None);
        subscription.publish(&message(8), None);
        assert_eq!(pushes(&subscription).await, 0);
        assert_eq!(
            subscription.connection().take_orders().len(),
            1,
            "the session is asked once to tell the client"
        );
    }
}
