//! A client below any WebSocket library: it writes frames byte by byte, right or wrong, and reads what comes back.

use crate::harness::Server;
use gateway::config::Config;
use protocol::ids::SchoolId;
use realtime::NamespaceOptions;
use serde_json::{Value, json};
use socket2::SockRef;
use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Far longer than anything here takes: only a test that would hang forever meets it.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const FIN: u8 = 0x80;
pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a frame of a client begins with, when its payload has `length` bytes: the shortest form.
pub fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes
}

/// A frame of a client. `first` is the opcode with its flags.
pub fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// A whole text message.
pub fn text(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | TEXT, payload)
}

/// A whole binary message.
pub fn binary(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | BINARY, payload)
}

/// A ping.
pub fn ping(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | PING, payload)
}

/// A message in fragments, with `between` after each but the last.
pub fn fragments<'a>(opcode: u8, pieces: impl IntoIterator<Item = &'a [u8]>, between: &[u8]) -> Vec<u8> {
    let pieces: Vec<&[u8]> = pieces.into_iter().collect();
    let mut bytes = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let last = at + 1 == pieces.len();
        let opcode = if at == 0 { opcode } else { CONTINUATION };
        bytes.extend(frame(if last { FIN | opcode } else { opcode }, piece));
        if !last {
            bytes.extend_from_slice(between);
        }
    }
    bytes
}

/// The payload of a close frame.
pub fn reason(code: u16, words: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes()[..], words.as_ref()].concat()
}

/// A command that is answered, of exactly `size` bytes.
pub fn command(id: u32, size: usize) -> String {
    let around = json!({"id":id,"rpc":{"method":"x","data":""}}).to_string().len();
    json!({"id":id,"rpc":{"method":"x","data":"x".repeat(size - around)}}).to_string()
}

/// A server that lets everybody in, so that what is tested is the socket, and answers as often as it is asked.
pub async fn open_server(set: impl FnOnce(&mut Config)) -> Server {
    Server::start(false, |config| {
        config.auth.default_school = Some(SchoolId::generate());
        config.insecure.clients = true;
        // No test lasts so long: none has to answer.
        config.client.ping_interval_s = 600;
        config.limits.commands_per_second = 1_000_000;
        config.limits.commands_burst = 1_000_000;
        config.namespaces.insert("open".to_owned(), NamespaceOptions::default());
        set(config);
    })
    .await
}

/// A frame of the server.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Seen {
    pub fn pong(payload: impl AsRef<[u8]>) -> Self {
        Self { opcode: PONG, payload: payload.as_ref().to_vec() }
    }
}

/// A socket after its handshake.
pub struct Raw {
    pub socket: TcpStream,
    pub channel: String,
    unread: Vec<u8>,
}

impl Raw {
    pub async fn open(address: SocketAddr, query: &str) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), query).await
    }

    /// A socket whose window is as small as the system lets it be.
    pub async fn narrow(address: SocketAddr, query: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        Self::over(socket.connect(address).await.unwrap(), query).await
    }

    /// Ends what [`Self::narrow`] began. A small window is so slow that what waits behind it takes minutes to come.
    pub fn widen(&self) {
        SockRef::from(&self.socket).set_recv_buffer_size(1 << 20).unwrap();
    }

    async fn over(mut socket: TcpStream, query: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        socket.set_nodelay(true).unwrap();
        let request = format!(
            "GET /connection/websocket{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, socket.read_u8()).await.unwrap().unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        let channel = format!("open:{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { socket, channel, unread: Vec::new() }
    }

    /// A JSON client of an [`open_server`], subscribed to a channel of its own.
    pub async fn talking(address: SocketAddr) -> Self {
        let mut raw = Self::open(address, "").await;
        raw.introduce().await;
        raw
    }

    /// Connects and subscribes.
    pub async fn introduce(&mut self) {
        let connect = json!({"id":1,"connect":{}}).to_string();
        let subscribe = json!({"id":2,"subscribe":{"channel":self.channel}}).to_string();
        self.send(&text(format!("{connect}\n{subscribe}"))).await;
        assert!(self.reply().await["connect"]["client"].is_string());
        assert!(self.reply().await["subscribe"].is_object());
    }

    /// A command that sends `words` back to its sender.
    pub fn echo(&self, words: &str) -> String {
        json!({"id":3,"publish":{"channel":self.channel,"data":words}}).to_string()
    }

    /// Reads what [`Self::echo`] brings: a push and a reply, in any order.
    pub async fn echoed(&mut self) -> String {
        let (one, two) = (self.reply().await, self.reply().await);
        let (push, reply) = if one["push"].is_object() { (one, two) } else { (two, one) };
        assert_eq!((&reply["id"], reply["publish"].is_object()), (&json!(3), true), "{reply}");
        push["push"]["pub"]["data"].as_str().unwrap_or_else(|| unreachable!("no echo but {push}")).to_owned()
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.socket.write_all(bytes)).await.unwrap().unwrap();
    }

    /// Sends what may meet a closed door.
    pub async fn push_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.socket.write_all(bytes)).await.unwrap()
    }

    /// Sends in pieces of so many bytes, each in a write of its own.
    pub async fn chopped(&mut self, bytes: &[u8], piece: usize) {
        for chunk in bytes.chunks(piece) {
            self.send(chunk).await;
            // The server is on the same thread: now it sees this piece alone.
            tokio::task::yield_now().await;
        }
    }

    /// The next frame, none at the end of the stream. The server's frames must be flawless, too.
    pub async fn next(&mut self) -> Option<Seen> {
        loop {
            if let Some(seen) = self.take() {
                return Some(seen);
            }
            let mut more = [0; 16 * 1_024];
            match timeout(PATIENCE, self.socket.read(&mut more)).await.unwrap() {
                // A reset is an end, too.
                Ok(0) | Err(_) => return None,
                Ok(read) => self.unread.extend_from_slice(&more[..read]),
            }
        }
    }

    fn take(&mut self) -> Option<Seen> {
        let &[first, second, ref rest @ ..] = &self.unread[..] else { return None };
        assert_eq!(first & 0xf0, FIN, "one frame a message, nothing reserved");
        assert_eq!(second & 0x80, 0, "a server does not mask");
        let (extended, least) = match second {
            126 => (2, 126),
            127 => (8, 65_536),
            _ => (0, 0),
        };
        let field = rest.get(..extended)?;
        let long = field.iter().fold(0usize, |sum, &byte| (sum << 8) | usize::from(byte));
        let length = if extended == 0 { usize::from(second) } else { long };
        assert!(length >= least, "the shortest form");
        let payload = rest.get(extended..extended + length)?.to_vec();
        self.unread.drain(..2 + extended + length);
        Some(Seen { opcode: first & 0x0f, payload })
    }

    /// The next frame, which must be a message of JSON.
    pub async fn reply(&mut self) -> Value {
        match self.next().await {
            Some(Seen { opcode: TEXT, payload }) => serde_json::from_slice(&payload).unwrap(),
            other => unreachable!("no message but {other:?}"),
        }
    }

    /// The next frame must answer the command with this id.
    pub async fn answered(&mut self, id: u32) {
        let reply = self.reply().await;
        assert_eq!((&reply["id"], &reply["error"]["code"]), (&json!(id), &json!(108)), "{reply}");
    }

    /// Asks something and waits for the answer: the connection lives.
    pub async fn lives(&mut self) {
        self.send(&text(command(99, 60))).await;
        self.answered(99).await;
    }

    /// The next frame must be a close frame, and the end of the stream must follow. Gives the code.
    pub async fn closed(&mut self) -> u16 {
        let frame = self.next().await;
        self.ends_with(frame).await
    }

    /// As [`Self::closed`], whatever comes before.
    pub async fn closed_at_last(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(seen) if seen.opcode != CLOSE => {}
                last => return self.ends_with(last).await,
            }
        }
    }

    async fn ends_with(&mut self, last: Option<Seen>) -> u16 {
        let Some(Seen { opcode: CLOSE, payload }) = last else { unreachable!("no close frame but {last:?}") };
        let (code, words) = payload.split_first_chunk::<2>().expect("a code");
        std::str::from_utf8(words).expect("a reason is text");
        assert_eq!(self.next().await, None, "a close frame is the last one");
        u16::from_be_bytes(*code)
    }
}
