//! What subscribers with deltas get instead of the message that all others share.
//!
//! Over JSON every payload of such a subscription is a JSON string, which holds the payload's JSON text or the delta
//! between two such texts; over protobuf payloads and deltas are bytes as they are.

use crate::{broker::Previous, delta};
use bytes::Bytes;
use protocol::{Encoding, Frame, Message, Payload, Publication, Push, PushBody, SharedMessage};
use std::sync::OnceLock;

/// The other forms of one publication, each made when its first receiver needs it.
#[derive(Debug, Default)]
pub(crate) struct Variants {
    previous: Option<Previous>,
    quoted: OnceLock<Frame>,
    json_delta: OnceLock<Frame>,
    protobuf_delta: OnceLock<Frame>,
}

impl Variants {
    pub(crate) fn new(previous: Option<Previous>) -> Self {
        Self { previous, ..Self::default() }
    }

    /// The publication for a subscriber with deltas, who got the one with the number `base` last (0: none yet).
    pub(super) fn frame<'a>(
        &'a self,
        message: &'a SharedMessage,
        encoding: Encoding,
        base: u64,
    ) -> &'a Frame {
        let previous = self.previous.as_ref().filter(|previous| previous.offset == base);
        let cell = match (encoding, previous) {
            (Encoding::Json, Some(_)) => &self.json_delta,
            (Encoding::Protobuf, Some(_)) => &self.protobuf_delta,
            (Encoding::Json, None) => &self.quoted,
            (Encoding::Protobuf, None) | (Encoding::MsgPack, _) => return message.frame(encoding),
        };
        cell.get_or_init(|| {
            let previous = previous.map(|previous| &previous.data);
            encoding.encode(&match message.message() {
                Message::Push(Push { channel, body: PushBody::Publication(publication) }) => {
                    let body = PushBody::Publication(encoded(publication, previous, encoding));
                    Message::Push(Push { channel: channel.clone(), body })
                }
                other => other.clone(),
            })
        })
    }
}

/// Turns publications that follow each other into a full one and deltas.
pub(super) fn chain(publications: &mut [Publication], encoding: Encoding) {
    let mut previous = None;
    for publication in publications {
        let data = publication.data.clone();
        *publication = encoded(publication, previous.as_ref(), encoding);
        previous = Some(data);
    }
}

/// A publication as a delta from `previous` if that is shorter, else in full.
fn encoded(publication: &Publication, previous: Option<&Payload>, encoding: Encoding) -> Publication {
    let target = text(&publication.data, encoding);
    let shorter = previous.and_then(|previous| {
        let delta = delta::create(&text(previous, encoding), &target);
        match encoding {
            _ if delta.len() >= target.len() => None,
            // A delta that was cut inside a character cannot stand in JSON.
            Encoding::Json => Payload::quoted(&delta),
            Encoding::Protobuf | Encoding::MsgPack => Some(Payload::binary(delta.into())),
        }
    });
    let delta = shorter.is_some();
    let data = shorter.unwrap_or_else(|| match encoding {
        Encoding::Json => Payload::of(&String::from_utf8_lossy(&target)),
        Encoding::Protobuf | Encoding::MsgPack => publication.data.clone(),
    });
    Publication { data, delta, ..publication.clone() }
}

/// What a client of an encoding holds of a payload, and applies deltas to.
fn text(data: &Payload, encoding: Encoding) -> Bytes {
    match encoding {
        // Bytes that are no JSON reach JSON clients as a base64 text.
        Encoding::Json if !data.is_json() => Payload::of(data).bytes().clone(),
        _ => data.bytes().clone(),
    }
}
