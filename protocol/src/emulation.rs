//! Emulation: commands of clients whose transport carries the server's messages only, sent by HTTP.

use crate::encoding::{DecodeError, Encoding, decode_emulation, encode_emulation};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Longest session or node of a request, bytes.
pub const MAX_ID: usize = 128;

/// Commands for a session that some node holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmulationRequest {
    /// Which session; never empty.
    pub session: String,
    /// Which node holds it; never empty.
    pub node: String,
    /// A frame of commands in the session's encoding; not decoded yet.
    pub data: Bytes,
}

/// The request where `data` is a text.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TextRequest {
    pub(crate) session: String,
    pub(crate) node: String,
    pub(crate) data: String,
}

impl EmulationRequest {
    /// Reads a request. In JSON `data` is a text, in protobuf it is bytes; there is no MessagePack form.
    ///
    /// # Errors
    /// [`DecodeError`] when the body is no such request, an id is empty or longer than [`MAX_ID`], or there is no data.
    pub fn decode(encoding: Encoding, body: &[u8]) -> Result<Self, DecodeError> {
        let request = decode_emulation(encoding, body)?;
        let is_id = |text: &str| !text.is_empty() && text.len() <= MAX_ID;
        if !is_id(&request.session) || !is_id(&request.node) {
            return Err(DecodeError::Malformed(format!("session and node have 1 to {MAX_ID} bytes")));
        }
        if request.data.is_empty() {
            return Err(DecodeError::Empty);
        }
        Ok(request)
    }

    /// The request as a client sends it. None when the encoding cannot carry it: JSON without UTF-8, or MessagePack.
    #[must_use]
    pub fn encode(&self, encoding: Encoding) -> Option<Vec<u8>> {
        encode_emulation(encoding, self)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn request(data: &'static [u8]) -> EmulationRequest {
        EmulationRequest { session: "s".into(), node: "n".into(), data: Bytes::from_static(data) }
    }

    #[test]
    fn the_data_of_a_json_request_is_a_text_of_commands() {
        let body = br#"{"session":"s","node":"n","data":"{\"id\":1,\"rpc\":{}}\n{}","more":[1]}"#;
        let read = EmulationRequest::decode(Encoding::Json, body).unwrap();
        assert_eq!(read, request(b"{\"id\":1,\"rpc\":{}}\n{}"));
        assert_eq!(Encoding::Json.decode(&read.data).unwrap().len(), 2);
    }

    #[test]
    fn a_protobuf_request_has_node_first_then_session_then_data() {
        let body = [0x0a, 1, b'n', 0x12, 1, b's', 0x1a, 2, 0xff, 0x00];
        assert_eq!(EmulationRequest::decode(Encoding::Protobuf, &body).unwrap(), request(b"\xff\x00"));
        assert_eq!(request(b"\xff\x00").encode(Encoding::Protobuf).unwrap(), body);
        assert_eq!(request(b"\xff\x00").encode(Encoding::Json), None);
    }

    #[test]
    fn requests_without_an_address_or_data_are_refused() {
        let long = "x".repeat(MAX_ID + 1);
        let bodies = [
            String::new(),
            "[]".into(),
            r#"["s","n","d"]"#.into(),
            r#"{"session":"s","node":"n"}"#.into(),
            r#"{"session":"","node":"n","data":"{}"}"#.into(),
            r#"{"session":"s","data":"{}"}"#.into(),
            r#"{"session":"s","node":"n","data":{}}"#.into(),
            format!(r#"{{"session":"{long}","node":"n","data":"{{}}"}}"#),
            format!(r#"{{"session":"s","node":"{long}","data":"{{}}"}}"#),
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        ];
        for body in bodies {
            assert!(EmulationRequest::decode(Encoding::Json, body.as_bytes()).is_err(), "{body}");
        }
        let lies: [&[u8]; 5] = [
            b"",
            &[0x0a, 1, b'n', 0x12, 1, b's'],
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, b'n'],
            &[0x0a, 1, 0xff, 0x12, 1, b's', 0x1a, 1, b'd'],
            &[0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ];
        for body in lies {
            assert!(EmulationRequest::decode(Encoding::Protobuf, body).is_err(), "{body:?}");
        }
        assert!(EmulationRequest::decode(Encoding::MsgPack, &[0x80]).is_err());
    }
}
