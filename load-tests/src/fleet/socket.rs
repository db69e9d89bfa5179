//! One connection of a fleet.

use super::Opening;
use anyhow::Context as _;
use rustix::{
    io::Errno,
    net::{AddressFamily, SendFlags, SocketFlags, SocketType, sockopt},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Source addresses, from 127.0.0.2 on. One has about 28,000 ports, a closed connection holds its own for a minute, and
/// looking for a free one among few is what a storm of connections would spend its time on.
const SOURCES: usize = 200;

/// Connections begun so far: each takes the next source.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// How far a connection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// The connection is being made, or is none.
    #[default]
    Connecting,
    /// The request is sent.
    Upgrading,
    /// Frames flow.
    Open,
}

/// A descriptor and what waits on either side of it.
#[derive(Debug, Default)]
pub(super) struct Socket {
    pub(super) fd: Option<OwnedFd>,
    pub(super) phase: Phase,
    /// A frame (or head) that was cut by the end of a read.
    pub(super) carry: Vec<u8>,
    /// Bytes that the kernel had no room for.
    pending: Vec<u8>,
}

impl Socket {
    /// Begins to connect; the request waits for the connection.
    pub(super) fn connect(opening: &Opening) -> anyhow::Result<Self> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)
            .context("no more sockets; raise the limit of open files")?;
        if let Some(bytes) = opening.receive_buffer {
            sockopt::set_socket_recv_buffer_size(&fd, bytes)?;
        }
        if opening.target.ip().is_loopback() {
            let last = 2 + u8::try_from(BEGUN.fetch_add(1, Ordering::Relaxed) % SOURCES)?;
            rustix::net::bind(&fd, &SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        }
        sockopt::set_tcp_nodelay(&fd, true)?;
        match rustix::net::connect(&fd, &opening.target) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        // The key is the example of RFC 6455: who measures does not check the answer to it.
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            opening.path, opening.target
        );
        Ok(Self { fd: Some(fd), phase: Phase::Connecting, carry: Vec::new(), pending: request.into_bytes() })
    }

    /// The same with nothing to send yet.
    pub(super) fn without_request(self) -> Self {
        Self { pending: Vec::new(), ..self }
    }

    pub(super) fn is_open(&self) -> bool {
        self.fd.is_some()
    }

    pub(super) fn fd(&self) -> anyhow::Result<BorrowedFd<'_>> {
        Ok(self.fd.as_ref().context("the connection has ended")?.as_fd())
    }

    /// Whether the connection was made, once the descriptor can be written to.
    pub(super) fn check_connected(&mut self) -> Result<(), Errno> {
        if let (Phase::Connecting, Some(fd)) = (self.phase, &self.fd) {
            sockopt::socket_error(fd)??;
            self.phase = Phase::Upgrading;
        }
        Ok(())
    }

    /// Sends, or keeps what the kernel has no room for. Gives whether something waits for room.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<bool, Errno> {
        let Some(fd) = &self.fd else { return Ok(false) };
        if self.pending.is_empty() && self.phase != Phase::Connecting {
            let sent = match rustix::net::send(fd, bytes, SendFlags::NOSIGNAL) {
                Ok(sent) => sent,
                Err(Errno::AGAIN) => 0,
                Err(error) => return Err(error),
            };
            if sent == bytes.len() {
                return Ok(false);
            }
            self.pending.extend_from_slice(&bytes[sent..]);
        } else {
            self.pending.extend_from_slice(bytes);
        }
        Ok(true)
    }

    /// Sends what waits. Gives whether something still does.
    pub(super) fn flush(&mut self) -> Result<bool, Errno> {
        if self.pending.is_empty() {
            return Ok(false);
        }
        let waiting = std::mem::take(&mut self.pending);
        self.send(&waiting)
    }
}
