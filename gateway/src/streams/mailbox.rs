//! Where commands for a stream wait for its session.

use bytes::Bytes;
use rand::Rng as _;
use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};

/// Messages that wait for one session, each as large as a request's body. Verdict when full: the sender waits for
/// [`ROOM`] and is then told to come again.
const MESSAGES: usize = 16;
/// Bytes of those who wait to put something into one session's mailbox. Verdict for more: they are told to come again without
/// a wait. A client may not occupy with one session what nodes have for each other.
const WAITING_BYTES: u32 = 1 << 20;
/// What a small message counts as. An SDK sends each command by a request of its own and waits for none, so that a page that
/// opens may send hundreds.
const LEAST_BYTES: u32 = 8 << 10;
/// Time for a session to make room: a command may wait for a database.
pub(super) const ROOM: Duration = Duration::from_secs(3);
/// Parts of the registry, each with a lock of its own.
const SHARDS: usize = 16;

/// Names a stream's session and is the secret of its client: whoever knows it speaks for the client. 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionId(u128);

impl SessionId {
    fn generate() -> Self {
        Self(rand::rng().random())
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId")
    }
}

/// The text is no session's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSessionId;

impl FromStr for SessionId {
    type Err = NoSessionId;

    fn from_str(text: &str) -> Result<Self, NoSessionId> {
        let plain = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = plain.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or(NoSessionId)
    }
}

/// Why commands did not reach a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undelivered {
    /// There is no such session, or there is none any more.
    Unknown,
    /// The session has more to do than it should.
    Full,
}

/// The end of a mailbox that is written to.
#[derive(Clone, Debug)]
struct Slot {
    messages: mpsc::Sender<Bytes>,
    /// A permit for each byte.
    waiting: Arc<Semaphore>,
}

/// The mailboxes of all live streams, which the node's limit of connections bounds.
#[derive(Debug, Default)]
pub(super) struct Mailboxes {
    shards: [Mutex<HashMap<SessionId, Slot>>; SHARDS],
}

/// The reading end of a mailbox. Dropping it takes it out of the registry.
#[derive(Debug)]
pub(super) struct Mailbox {
    id: SessionId,
    messages: mpsc::Receiver<Bytes>,
    registry: Arc<Mailboxes>,
}

impl Mailboxes {
    fn shard(&self, id: SessionId) -> MutexGuard<'_, HashMap<SessionId, Slot>> {
        let shard = &self.shards[(id.0 % SHARDS as u128) as usize];
        // No method leaves a shard half changed, so a panic elsewhere does not spoil it.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A mailbox for a new session.
    pub(super) fn open(registry: &Arc<Self>) -> Mailbox {
        let (sender, messages) = mpsc::channel(MESSAGES);
        let id = SessionId::generate();
        let slot = Slot { messages: sender, waiting: Arc::new(Semaphore::new(WAITING_BYTES as usize)) };
        registry.shard(id).insert(id, slot);
        Mailbox { id, messages, registry: Arc::clone(registry) }
    }

    /// Gives a message to a session. Messages stand in the order in which they were brought.
    pub(super) async fn deliver(&self, id: SessionId, message: Bytes) -> Result<(), Undelivered> {
        let slot = self.shard(id).get(&id).cloned().ok_or(Undelivered::Unknown)?;
        let bytes = u32::try_from(message.len()).unwrap_or(WAITING_BYTES).clamp(LEAST_BYTES, WAITING_BYTES);
        let _waiting = slot.waiting.try_acquire_many(bytes).map_err(|_| Undelivered::Full)?;
        match timeout(ROOM, slot.messages.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Undelivered::Unknown),
            Err(_) => Err(Undelivered::Full),
        }
    }
}

impl Mailbox {
    pub(super) fn id(&self) -> SessionId {
        self.id
    }

    /// The next message. Waits for ever if need be: the registry can always send another one.
    pub(super) async fn take(&mut self) -> Bytes {
        match self.messages.recv().await {
            Some(message) => message,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.registry.shard(self.id).remove(&self.id);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[test]
    fn a_session_is_named_by_its_own_text_only() {
        let id = SessionId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(SessionId(7).to_string().parse(), Ok(SessionId(7)));
        for wrong in ["", "7", "+0000000000000000000000000000007", "0000000000000000000000000000000A"] {
            assert_eq!(wrong.parse::<SessionId>(), Err(NoSessionId), "{wrong}");
        }
        assert!(!format!("{id:?}").contains(&id.to_string()), "a secret stays out of logs");
    }

    #[tokio::test(start_paused = true)]
    async fn messages_come_in_order_and_only_while_the_session_lives() {
        let registry = Arc::new(Mailboxes::default());
        let mut mailbox = Mailboxes::open(&registry);
        let id = mailbox.id();
        for message in ["a", "b"] {
            registry.deliver(id, Bytes::from_static(message.as_bytes())).await.unwrap();
        }
        assert_eq!(mailbox.take().await, "a");
        assert_eq!(mailbox.take().await, "b");
        assert_eq!(registry.deliver(SessionId(1), Bytes::new()).await, Err(Undelivered::Unknown));
        drop(mailbox);
        assert_eq!(registry.deliver(id, Bytes::new()).await, Err(Undelivered::Unknown));
        assert!(registry.shards.iter().all(|shard| shard.lock().unwrap().is_empty()), "nothing stays");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_mailbox_makes_its_sender_wait_and_then_gives_up() {
        let registry = Arc::new(Mailboxes::default());
        let mut mailbox = Mailboxes::open(&registry);
        let id = mailbox.id();
        for _ in 0..MESSAGES {
            registry.deliver(id, Bytes::new()).await.unwrap();
        }
        assert_eq!(registry.deliver(id, Bytes::new()).await, Err(Undelivered::Full));
        let (delivered, _) = tokio::join!(registry.deliver(id, Bytes::from_static(b"late")), async {
            tokio::time::sleep(ROOM / 2).await;
            mailbox.take().await
        });
        assert_eq!(delivered, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn only_some_wait_for_one_session_and_stay_in_their_order() {
        let registry = Arc::new(Mailboxes::default());
        let mut mailbox = Mailboxes::open(&registry);
        let (id, other) = (mailbox.id(), Mailboxes::open(&registry));
        let all = MESSAGES + (WAITING_BYTES / LEAST_BYTES) as usize;
        let deliver = |number: usize| registry.deliver(id, Bytes::from(number.to_string()));
        let waiting = join_all((0..all).map(deliver));
        let (delivered, ()) = tokio::join!(waiting, async {
            let began = tokio::time::Instant::now();
            assert_eq!(deliver(all).await, Err(Undelivered::Full));
            assert_eq!(began.elapsed(), Duration::ZERO, "no wait for who would be one too many");
            assert_eq!(registry.deliver(other.id(), Bytes::new()).await, Ok(()), "others are not concerned");
            for number in 0..all {
                assert_eq!(mailbox.take().await, number.to_string());
            }
        });
        assert_eq!(delivered, vec![Ok(()); all]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_session_that_ends_is_told_so() {
        let registry = Arc::new(Mailboxes::default());
        let mailbox = Mailboxes::open(&registry);
        let id = mailbox.id();
        for _ in 0..MESSAGES {
            registry.deliver(id, Bytes::new()).await.unwrap();
        }
        let (delivered, ()) = tokio::join!(registry.deliver(id, Bytes::new()), async {
            tokio::time::sleep(ROOM / 2).await;
            drop(mailbox);
        });
        assert_eq!(delivered, Err(Undelivered::Unknown));
    }
}
