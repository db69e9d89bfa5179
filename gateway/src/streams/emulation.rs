//! `/emulation`: commands for a session whose stream carries the answers. A load balancer brings them to any node; the
//! one that holds the session gets them from there.

use super::{
    Refused, Streams, cors, http_stream,
    mailbox::{Mailboxes, ROOM, SessionId, Undelivered},
};
use async_trait::async_trait;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use protocol::{Encoding, emulation::EmulationRequest};
use realtime::nodes::{Answer, AskError, Duties, MAX_BODY, NodeId, Peers};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// What nodes ask each other: the session's 32 digits and the commands as they came. Who can read what nodes tell each
/// other can speak for these clients, and for all others, too: that way is the operator's own.
const TOPIC: &str = "emulation";
/// Bytes of a session's text.
const DIGITS: usize = 32;
/// Requests on their way to other nodes at once. Verdict for more: the client is told to come again. Anybody may send
/// them, and the questions of rooms go the same way.
const FORWARDS: usize = 256;
/// Longer than a session may take to make room, so that this is what its node says.
const DEADLINE: Duration = ROOM.saturating_add(Duration::from_secs(1));

/// The answers of a session's node.
const ANSWERS: [(&[u8], Result<(), Undelivered>); 3] =
    [(b"taken", Ok(())), (b"unknown", Err(Undelivered::Unknown)), (b"full", Err(Undelivered::Full))];

/// `POST /emulation`: 204 once the session has the commands; what comes of them is told in its stream.
pub async fn deliver(State(streams): State<Arc<Streams>>, headers: HeaderMap, body: Bytes) -> Response {
    match streams.deliver(&headers, &body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// `OPTIONS /emulation`
pub async fn preflight() -> Response {
    cors::preflight("POST, OPTIONS")
}

impl Streams {
    async fn deliver(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let encoding = if http_stream::is_protobuf(headers) { Encoding::Protobuf } else { Encoding::Json };
        let request = EmulationRequest::decode(encoding, body).map_err(|error| {
            tracing::debug!(%error, "commands for a stream were refused");
            Refused::Malformed
        })?;
        // Not 204 for what nobody will ever read: SDKs connect again after a 404, whether or not they have noticed the end
        // of their stream, and other clients learn at once that they have to.
        let session = request.session.parse().map_err(|_| Refused::UnknownSession)?;
        let node = &self.around.node;
        if request.node == node.id {
            return Ok(self.mailboxes.deliver(session, request.data).await?);
        }
        self.forwarding.forward(&*node.peers, &request.node.as_str().into(), session, &request.data).await
    }
}

impl From<Undelivered> for Refused {
    fn from(undelivered: Undelivered) -> Self {
        match undelivered {
            Undelivered::Unknown => Self::UnknownSession,
            Undelivered::Full => Self::Busy,
        }
    }
}

/// The way to sessions of other nodes.
#[derive(Debug)]
pub(super) struct Forwarding {
    places: Semaphore,
}

impl Default for Forwarding {
    fn default() -> Self {
        Self { places: Semaphore::new(FORWARDS) }
    }
}

impl Forwarding {
    /// Brings commands to the node that holds a session. Once this returns they stand in its mailbox or never will, unless
    /// it is [`Refused::Unreachable`].
    async fn forward(
        &self,
        peers: &dyn Peers,
        node: &NodeId,
        session: SessionId,
        data: &[u8],
    ) -> Result<(), Refused> {
        if DIGITS + data.len() > MAX_BODY {
            return Err(Refused::TooLarge);
        }
        let _place = self.places.try_acquire().map_err(|_| Refused::Busy)?;
        let mut body = BytesMut::with_capacity(DIGITS + data.len());
        body.extend_from_slice(session.to_string().as_bytes());
        body.extend_from_slice(data);
        match peers.ask(node, TOPIC, body.freeze(), DEADLINE).await {
            Ok(word) => {
                let answer = ANSWERS.iter().find(|(known, _)| *known == word);
                let (_, delivered) = answer.ok_or(Refused::Unreachable)?;
                Ok((*delivered)?)
            }
            Err(AskError::Gone) => Err(Refused::UnknownNode),
            Err(AskError::Deadline | AskError::Unavailable) => Err(Refused::Unreachable),
        }
    }
}

/// Takes in what other nodes bring to the sessions of this one.
struct Reception(Arc<Mailboxes>);

#[async_trait]
impl Answer for Reception {
    async fn answer(&self, mut body: Bytes) -> Option<Bytes> {
        let session = std::str::from_utf8(body.get(..DIGITS)?).ok()?.parse().ok()?;
        let data = body.split_off(DIGITS);
        let delivered = self.0.deliver(session, data).await;
        let (word, _) = ANSWERS.into_iter().find(|(_, answer)| *answer == delivered)?;
        Some(Bytes::from_static(word))
    }
}

/// From now on other nodes reach the sessions of this one.
pub(super) fn receive(duties: &Duties, mailboxes: &Arc<Mailboxes>) {
    // Not the streams as a whole: they hold the node, and the node its duties.
    duties.add(TOPIC, Arc::new(Reception(Arc::clone(mailboxes))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use realtime::{
        Node, RealtimeConfig,
        nodes::{ControlMessage, Handler as _, NodeInfo, TellError},
    };
    use tokio::{sync::watch, time::sleep};
    use tokio_util::sync::CancellationToken;

    /// The way to one node, which may be cut.
    struct Way {
        to: Arc<Node>,
        cut: Option<AskError>,
    }

    #[async_trait]
    impl Peers for Way {
        fn own_id(&self) -> &NodeId {
            unreachable!("it is only asked")
        }

        fn alive(&self) -> Arc<[NodeInfo]> {
            unreachable!("it is only asked")
        }

        fn changes(&self) -> watch::Receiver<Arc<[NodeInfo]>> {
            unreachable!("it is only asked")
        }

        fn is_isolated(&self) -> bool {
            unreachable!("it is only asked")
        }

        fn returns(&self) -> watch::Receiver<u64> {
            unreachable!("it is only asked")
        }

        async fn joined(&self) {}

        fn begin_drain(&self) {}

        async fn tell_all(&self, _: &ControlMessage) -> Result<(), TellError> {
            unreachable!("it is only asked")
        }

        async fn ask(
            &self,
            node: &NodeId,
            topic: &str,
            body: Bytes,
            limit: Duration,
        ) -> Result<Bytes, AskError> {
            if let Some(error) = self.cut {
                return Err(error);
            }
            if node.as_str() != self.to.id {
                return Err(AskError::Gone);
            }
            let answer = tokio::time::timeout(limit, self.to.duties.answer(topic, body)).await;
            answer.map_err(|_| AskError::Deadline)?.ok_or(AskError::Unavailable)
        }

        async fn run(self: Arc<Self>, _: CancellationToken) {}
    }

    /// A node that takes in what is brought to its sessions, and the way to it.
    fn reached() -> (Way, NodeId, Arc<Mailboxes>) {
        let to = Node::embedded(RealtimeConfig::default());
        let mailboxes = Arc::default();
        receive(&to.duties, &mailboxes);
        let name = to.id.as_str().into();
        (Way { to, cut: None }, name, mailboxes)
    }

    #[tokio::test(start_paused = true)]
    async fn commands_stand_at_the_other_node_in_the_order_in_which_they_were_sent() {
        let (way, node, mailboxes) = reached();
        let mut mailbox = Mailboxes::open(&mailboxes);
        let bytes: &[u8] = &[0, 255, b'\n'];
        // As if by two nodes in turn.
        let (one, other) = (Forwarding::default(), Forwarding::default());
        for (by, data) in [(&one, &b"a"[..]), (&other, b"b"), (&one, bytes), (&other, b"")] {
            assert_eq!(by.forward(&way, &node, mailbox.id(), data).await, Ok(()));
        }
        for data in [&b"a"[..], b"b", bytes, b""] {
            assert_eq!(mailbox.take().await, data);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_other_node_says_of_the_session_is_what_the_client_hears() {
        let (way, node, mailboxes) = reached();
        let forwarding = Forwarding::default();
        let mailbox = Mailboxes::open(&mailboxes);
        let id = mailbox.id();
        let full = join_all((0..17).map(|_| forwarding.forward(&way, &node, id, b"{}"))).await;
        assert_eq!(full.iter().filter(|outcome| outcome.is_ok()).count(), 16);
        assert_eq!(full[16], Err(Refused::Busy), "and not that nothing came in time");
        drop(mailbox);
        assert_eq!(forwarding.forward(&way, &node, id, b"{}").await, Err(Refused::UnknownSession));
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_has_left_is_told_from_one_that_does_not_answer() {
        let (mut way, node, mailboxes) = reached();
        let forwarding = Forwarding::default();
        let id = Mailboxes::open(&mailboxes).id();
        let to = async |way: &Way, node: &str| forwarding.forward(way, &node.into(), id, b"{}").await;
        assert_eq!(to(&way, "somebody else").await, Err(Refused::UnknownNode));
        for (cut, refused) in [
            (AskError::Gone, Refused::UnknownNode),
            (AskError::Deadline, Refused::Unreachable),
            (AskError::Unavailable, Refused::Unreachable),
        ] {
            way.cut = Some(cut);
            assert_eq!(to(&way, node.as_str()).await, Err(refused));
        }
        let deaf = Way { to: Node::embedded(RealtimeConfig::default()), cut: None };
        let name = deaf.to.id.clone();
        assert_eq!(to(&deaf, &name).await, Err(Refused::Unreachable), "a node that knows no such question");
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_brought_is_refused_before_it_is_sent() {
        let (way, node, mailboxes) = reached();
        let forwarding = Forwarding::default();
        let sessions: Vec<_> = (0..FORWARDS / 16).map(|_| Mailboxes::open(&mailboxes)).collect();
        for session in &sessions {
            join_all((0..16).map(|_| forwarding.forward(&way, &node, session.id(), b"{}"))).await;
        }
        let another = Mailboxes::open(&mailboxes);
        // All mailboxes are full, and all places taken by those that wait for them.
        let waiting = sessions.iter().flat_map(|session| {
            (0..16).map(|_| forwarding.forward(&way, &node, session.id(), b"{}")).collect::<Vec<_>>()
        });
        let one_more = async {
            sleep(ROOM / 2).await;
            assert_eq!(forwarding.forward(&way, &node, another.id(), b"{}").await, Err(Refused::Busy));
        };
        tokio::join!(join_all(waiting), one_more);
        assert_eq!(forwarding.forward(&way, &node, another.id(), b"{}").await, Ok(()), "places come back");
        let large = vec![b' '; MAX_BODY - DIGITS + 1];
        let refused = forwarding.forward(&way, &node, another.id(), &large).await;
        assert_eq!(refused, Err(Refused::TooLarge));
    }

    #[tokio::test]
    async fn a_body_of_another_form_is_not_answered() {
        let (way, ..) = reached();
        for body in [&b""[..], b"short", &[b'A'; 40], &[0xff; 40]] {
            assert_eq!(way.to.duties.answer(TOPIC, Bytes::from_static(body)).await, None);
        }
    }
}
