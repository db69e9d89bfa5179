//! Messages between nodes: a head as one line of JSON, and behind it a body that only its receiver understands.

use crate::nodes::NodeId;
use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Who sent it.
    pub(super) from: NodeId,
    /// Which message; an answer has the id of what it answers. The same id again is the same message.
    pub(super) id: Uuid,
    #[serde(flatten)]
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Kind {
    /// The body tells all nodes what to do.
    Control,
    /// The body asks the receiver.
    Ask {
        topic: String,
        /// What is left of the asker's time, and no time of day: nodes need not agree on that.
        deadline_ms: u64,
    },
    /// The body is the answer.
    Answer,
    /// There is none.
    Refusal,
    /// The sender looks whether it hears itself.
    Probe,
}

impl Kind {
    pub(super) fn ask(topic: &str, deadline: Duration) -> Self {
        let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        Self::Ask { topic: topic.to_owned(), deadline_ms }
    }
}

/// What goes through Redis.
pub(super) fn encode(head: &Head, body: &[u8]) -> Bytes {
    // Names, numbers and texts always have a JSON form.
    let head = serde_json::to_vec(head).unwrap_or_default();
    let mut frame = BytesMut::with_capacity(head.len() + 1 + body.len());
    frame.put_slice(&head);
    frame.put_u8(b'\n');
    frame.put_slice(body);
    frame.freeze()
}

/// Head and body, the latter without a copy. None when the head cannot be read, as one of a version to come.
pub(super) fn decode(frame: &Bytes) -> Option<(Head, Bytes)> {
    // JSON escapes the line breaks of texts.
    let end = frame.iter().position(|byte| *byte == b'\n')?;
    Some((serde_json::from_slice(&frame[..end]).ok()?, frame.slice(end + 1..)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_frame_arrives_as_it_was_sent() {
        let kinds = [
            Kind::Control,
            Kind::ask("room\n\"quiz\"", Duration::from_millis(1_234)),
            Kind::ask("", Duration::MAX),
            Kind::Answer,
            Kind::Refusal,
            Kind::Probe,
        ];
        for kind in kinds {
            for body in [&b""[..], b"\n", b"{}\n{}", &[0, 255]] {
                let head = Head { from: "n\n1".into(), id: Uuid::now_v7(), kind: kind.clone() };
                let (read, rest) = decode(&encode(&head, body)).unwrap();
                assert_eq!((read, &rest[..]), (head, body));
            }
        }
    }

    #[test]
    fn what_is_no_frame_is_none() {
        let id = Uuid::now_v7();
        let unknown = format!("{{\"from\":\"a\",\"id\":\"{id}\",\"kind\":\"of tomorrow\"}}\n");
        for text in ["", "\n", "{}\n", "{\"from\":\"a\"}", "nonsense\nnonsense", &unknown] {
            assert_eq!(decode(&Bytes::copy_from_slice(text.as_bytes())), None, "{text}");
        }
    }
}
