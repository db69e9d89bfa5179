//! What subscribers and publishers say in each protocol, as far as a load needs it.

use crate::frame::{self, TEXT};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A protocol over WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dialect {
    /// The Centrifuge client protocol, JSON.
    Centrifuge,
    /// That of this crate's own broadcaster.
    Floor,
    /// Engine.IO 4 and Socket.IO 5.
    SocketIo,
}

/// Where a subscription goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Offset of the last publication that was seen.
    pub offset: u64,
    /// The stream that it belongs to.
    pub epoch: String,
}

/// Who comes and what for.
#[derive(Clone, Copy, Debug)]
pub struct Hello<'a> {
    /// The token, where there are any.
    pub token: Option<&'a str>,
    /// Channels to subscribe to.
    pub channels: &'a [String],
    /// Recover the first channel from here.
    pub position: Option<&'a Position>,
}

/// What a message means to somebody who is still being let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// Nothing: a push, or something unknown.
    Other,
    /// One of the replies that are waited for, with the position of a subscription.
    Accepted(Option<Position>),
    /// The server said no.
    Refused(String),
}

/// Where Centrifuge servers listen.
pub const CENTRIFUGE_PATH: &str = "/connection/websocket";

impl Dialect {
    /// Path of the request; the floor learns channels by it.
    pub fn path(self, channels: &[String]) -> String {
        match self {
            Self::Centrifuge => CENTRIFUGE_PATH.to_owned(),
            Self::Floor => format!("/?channels={}", channels.join(",")),
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket".to_owned(),
        }
    }

    /// Replies that make a connection ready.
    pub fn replies(self, channels: usize) -> usize {
        match self {
            Self::Centrifuge => 1 + channels,
            Self::Floor => 0,
            Self::SocketIo => 2,
        }
    }

    /// Writes what is said first, once upgraded.
    pub fn hello(self, hello: &Hello<'_>, out: &mut Vec<u8>) {
        match self {
            // All in one frame, as the JavaScript SDK does.
            Self::Centrifuge => {
                let mut lines = vec![match hello.token {
                    Some(token) => json!({"id":1,"connect":{"token":token}}),
                    None => json!({"id":1,"connect":{}}),
                }];
                for (index, channel) in hello.channels.iter().enumerate() {
                    let subscribe = match hello.position.filter(|_| index == 0) {
                        Some(Position { offset, epoch }) => {
                            json!({"channel":channel,"recover":true,"offset":offset,"epoch":epoch})
                        }
                        None => json!({"channel":channel}),
                    };
                    lines.push(json!({"id":2 + index,"subscribe":subscribe}));
                }
                let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
                frame::write_client(out, TEXT, lines.join("\n").as_bytes());
            }
            // The request has said it; Socket.IO waits for the server's handshake.
            Self::Floor | Self::SocketIo => {}
        }
    }

    /// Writes a subscription, or what the protocol has in its place, of one who is in already.
    pub fn subscribe(self, channel: &str, out: &mut Vec<u8>) {
        match self {
            Self::Centrifuge => {
                let line = json!({"id":8,"subscribe":{"channel":channel}}).to_string();
                frame::write_client(out, TEXT, line.as_bytes());
            }
            Self::SocketIo => {
                frame::write_client(out, TEXT, format!("421{}", json!(["join", [channel]])).as_bytes());
            }
            // It learns channels by the request alone.
            Self::Floor => {}
        }
    }

    /// Reads one message while being let in, and writes the next step if there is one.
    pub fn greeting(self, line: &[u8], hello: &Hello<'_>, out: &mut Vec<u8>) -> Greeting {
        match self {
            Self::Floor => Greeting::Other,
            Self::Centrifuge => {
                let Ok(reply) = serde_json::from_slice::<Value>(line) else { return Greeting::Other };
                if reply["id"].is_null() {
                    return Greeting::Other;
                }
                if !reply["error"].is_null() {
                    return Greeting::Refused(reply.to_string());
                }
                let position = reply["subscribe"]["epoch"].as_str().map(|epoch| Position {
                    offset: reply["subscribe"]["offset"].as_u64().unwrap_or(0),
                    epoch: epoch.to_owned(),
                });
                Greeting::Accepted(position)
            }
            Self::SocketIo => match line {
                [b'0', ..] => {
                    frame::write_client(out, TEXT, b"40");
                    Greeting::Other
                }
                [b'4', b'0', ..] => {
                    let join = format!("420{}", json!(["join", hello.channels]));
                    frame::write_client(out, TEXT, join.as_bytes());
                    Greeting::Accepted(None)
                }
                [b'4', b'3', ..] => Greeting::Accepted(None),
                [b'4', b'4', ..] => Greeting::Refused(String::from_utf8_lossy(line).into_owned()),
                _ => Greeting::Other,
            },
        }
    }

    /// Answers a ping of the protocol, if `payload` holds one.
    pub fn answer_ping(self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        let (answer, is_ping): (&[u8], bool) = match self {
            Self::Centrifuge => (b"{}", holds_empty_line(payload)),
            Self::Floor => (b"", false),
            Self::SocketIo => (b"3", payload == b"2"),
        };
        if is_ping {
            frame::write_client(out, TEXT, answer);
        }
        is_ping
    }

    /// Writes publications, sent at once.
    pub fn publish(self, messages: &[(&str, &[u8])], out: &mut Vec<u8>) {
        match self {
            Self::Centrifuge => {
                let mut lines = Vec::new();
                for (channel, data) in messages {
                    if !lines.is_empty() {
                        lines.push(b'\n');
                    }
                    lines.extend_from_slice(br#"{"id":9,"publish":{"channel":""#);
                    lines.extend_from_slice(channel.as_bytes());
                    lines.extend_from_slice(br#"","data":"#);
                    lines.extend_from_slice(data);
                    lines.extend_from_slice(b"}}");
                }
                frame::write_client(out, TEXT, &lines);
            }
            // As many bytes to each subscriber as the protocol takes.
            Self::Floor => {
                for (channel, data) in messages {
                    let mut text =
                        format!(r#"{channel} {{"push":{{"channel":"{channel}","pub":{{"data":"#).into_bytes();
                    text.extend_from_slice(data);
                    text.extend_from_slice(b"}}}");
                    frame::write_client(out, TEXT, &text);
                }
            }
            Self::SocketIo => {
                for (channel, data) in messages {
                    let mut text = format!(r#"42["publish","{channel}","#).into_bytes();
                    text.extend_from_slice(data);
                    text.push(b']');
                    frame::write_client(out, TEXT, &text);
                }
            }
        }
    }
}

/// Whether one of the lines is `{}`.
fn holds_empty_line(payload: &[u8]) -> bool {
    // Nearly every frame ends here: it begins with something else and is one line.
    if !payload.starts_with(b"{}") && memchr::memchr(b'\n', payload).is_none() {
        return false;
    }
    payload.split(|byte| *byte == b'\n').any(|line| line == b"{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frames: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        frame::scan(frames, |frame| seen.push(String::from_utf8_lossy(frame.payload).into_owned()));
        seen
    }

    #[test]
    fn centrifuge_pings_are_answered_wherever_they_stand() {
        let mut out = Vec::new();
        for ping in ["{}", "{}\n", "{\"push\":{}}\n{}", "{}\n{\"id\":3,\"publish\":{}}"] {
            out.clear();
            assert!(Dialect::Centrifuge.answer_ping(ping.as_bytes(), &mut out), "{ping}");
            assert_eq!(text(&out), ["{}"]);
        }
        assert!(!Dialect::Centrifuge.answer_ping(br#"{"id":3,"publish":{}}"#, &mut out));
        assert!(Dialect::SocketIo.answer_ping(b"2", &mut out));
    }

    #[test]
    fn a_refusal_is_told_apart_from_a_reply_and_a_push() {
        let hello = Hello { token: None, channels: &[], position: None };
        let said = |line: &str| Dialect::Centrifuge.greeting(line.as_bytes(), &hello, &mut Vec::new());
        assert_eq!(said(r#"{"id":1,"connect":{"client":"a"}}"#), Greeting::Accepted(None));
        assert_eq!(
            said(r#"{"id":2,"subscribe":{"epoch":"e","offset":7}}"#),
            Greeting::Accepted(Some(Position { offset: 7, epoch: "e".to_owned() }))
        );
        assert!(matches!(said(r#"{"id":2,"error":{"code":103}}"#), Greeting::Refused(_)));
        assert_eq!(said(r#"{"push":{}}"#), Greeting::Other);
    }

    #[test]
    fn socket_io_joins_after_its_two_handshakes() {
        let channels = ["a".to_owned()];
        let hello = Hello { token: None, channels: &channels, position: None };
        let mut out = Vec::new();
        assert_eq!(Dialect::SocketIo.greeting(b"0{}", &hello, &mut out), Greeting::Other);
        assert_eq!(Dialect::SocketIo.greeting(b"40{}", &hello, &mut out), Greeting::Accepted(None));
        assert_eq!(text(&out), ["40", r#"420["join",["a"]]"#]);
    }
}
