//! The floor: the least that a server can do which writes each delivery by itself.
//!
//! One thread, one epoll loop. A subscriber says its channels in its request; a publisher sends text frames of a channel's
//! name, a blank and a text. The text is made into one frame and written to every subscriber's socket in turn. There
//! are no queues: a socket without room loses the message, and one that takes half a frame is closed.

use crate::frame;
use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustix::{event::epoll, io::Errno, net::SendFlags};
use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::OwnedFd,
};

/// What RFC 6455 joins to a client's key.
const KEY_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Mark of the listener among the connections.
const LISTENER: u64 = u64::MAX;

struct Floor {
    epoll: OwnedFd,
    /// By id; ids are not used again, and looking one up costs nothing beside the write.
    connections: Vec<Option<Connection>>,
    channels: HashMap<String, Vec<usize>>,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    upgraded: bool,
    carry: Vec<u8>,
    channels: Vec<String>,
}

/// Serves until the process is ended.
pub fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    let mut floor =
        Floor { epoll, connections: Vec::new(), channels: HashMap::new(), buffer: vec![0; 64 * 1024] };
    let mut events = Vec::with_capacity(1024);
    loop {
        events.clear();
        match epoll::wait(&floor.epoll, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            match event.data.u64() {
                LISTENER => floor.accept(&listener)?,
                id => {
                    let id = usize::try_from(id)?;
                    if floor.read(id).is_none() {
                        floor.forget(id);
                    }
                }
            }
        }
    }
}

impl Floor {
    fn accept(&mut self, listener: &TcpListener) -> anyhow::Result<()> {
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let id = self.connections.len();
            epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(id as u64), epoll::EventFlags::IN)?;
            let connection = Connection { stream, upgraded: false, carry: Vec::new(), channels: Vec::new() };
            self.connections.push(Some(connection));
        }
        Ok(())
    }

    fn forget(&mut self, id: usize) {
        let Some(connection) = self.connections[id].take() else { return };
        for channel in connection.channels {
            if let Some(members) = self.channels.get_mut(&channel) {
                members.retain(|member| *member != id);
            }
        }
    }

    /// Reads what came; `None` when the connection is at its end.
    fn read(&mut self, id: usize) -> Option<()> {
        let connection = self.connections[id].as_mut()?;
        let read = match rustix::io::read(&connection.stream, &mut self.buffer[..]) {
            Ok(0) => return None,
            Ok(read) => read,
            Err(Errno::AGAIN | Errno::INTR) => return Some(()),
            Err(_) => return None,
        };
        connection.carry.extend_from_slice(&self.buffer[..read]);
        let mut bytes = std::mem::take(&mut connection.carry);
        if !connection.upgraded {
            let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") else {
                connection.carry = bytes;
                return Some(());
            };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let (answer, channels) = upgrade(&head)?;
            rustix::net::send(&connection.stream, answer.as_bytes(), SendFlags::NOSIGNAL).ok()?;
            connection.upgraded = true;
            connection.channels.clone_from(&channels);
            for channel in channels {
                self.channels.entry(channel).or_default().push(id);
            }
            bytes.drain(..end + 4);
        }
        let mut ended = false;
        let taken = frame::scan(&bytes, |frame| match frame.opcode {
            frame::TEXT => self.publish(&unmasked(&frame)),
            frame::CLOSE => ended = true,
            _ => {}
        });
        bytes.drain(..taken);
        if let Some(connection) = &mut self.connections[id] {
            connection.carry = bytes;
        }
        (!ended).then_some(())
    }

    /// One frame, written to one socket after the other.
    fn publish(&mut self, message: &[u8]) {
        let Some(blank) = memchr::memchr(b' ', message) else { return };
        let (channel, text) = (String::from_utf8_lossy(&message[..blank]), &message[blank + 1..]);
        let Some(members) = self.channels.get(channel.as_ref()) else { return };
        let mut ready = Vec::with_capacity(text.len() + 10);
        frame::write_server(&mut ready, frame::TEXT, text);
        let mut broken = Vec::new();
        for member in members {
            let Some(connection) = &self.connections[*member] else { continue };
            match rustix::net::send(&connection.stream, &ready, SendFlags::NOSIGNAL) {
                Ok(sent) if sent == ready.len() => {}
                Err(Errno::AGAIN) => {}
                Ok(_) | Err(_) => broken.push(*member),
            }
        }
        for member in broken {
            self.forget(member);
        }
    }
}

/// The answer to a request, and the channels that it names; `None` if it is no upgrade.
fn upgrade(head: &str) -> Option<(String, Vec<String>)> {
    let path = head.split(' ').nth(1)?;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    })?;
    let named = path.split_once("?channels=").map_or("", |(_, named)| named);
    let channels = named.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    );
    Some((answer, channels))
}

/// RFC 6455, 4.2.2.
fn accept_key(key: &str) -> String {
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}{KEY_SUFFIX}").as_bytes(),
    );
    STANDARD.encode(digest)
}

fn unmasked(frame: &frame::Frame<'_>) -> Vec<u8> {
    let mask = frame.mask.unwrap_or_default();
    frame.payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_answer_holds_the_key_of_the_standard_s_example() {
        let head =
            "GET /?channels=load:0,load:1 HTTP/1.1\r\nHost: a\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
        let (answer, channels) = upgrade(head).unwrap();
        assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(channels, ["load:0", "load:1"]);
        assert!(upgrade("GET / HTTP/1.1").is_none());
    }

    #[test]
    fn a_masked_frame_is_read() {
        let frame = frame::Frame { opcode: 1, payload: &[0, 3, 2], mask: Some([b'a'; 4]), length: 0 };
        assert_eq!(unmasked(&frame), b"abc");
    }
}
