//! Thousands of WebSocket clients in one epoll loop.
//!
//! The generator shares the machine with what it measures, so a connection is a descriptor and a few words here, not a
//! task: all read into one buffer, and a frame is looked at where it lies. Only a cut frame is kept.

mod socket;

use crate::{frame, interrupt};
use anyhow::Context as _;
use rustix::{
    event::{Timespec, epoll},
    io::Errno,
};
use socket::{Phase, Socket};
use std::{
    mem::MaybeUninit,
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

/// Large enough for what piles up on one socket while the loop is busy with others.
const BUFFER: usize = 256 * 1024;
const EVENTS: usize = 1024;
/// Longest wait, so that an interrupt is noticed.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

/// What a connection needs to open.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Where the server listens.
    pub target: SocketAddr,
    /// Path and query of the request.
    pub path: String,
    /// Size of the kernel's receive buffer, if not the default.
    pub receive_buffer: Option<usize>,
}

/// What is done with what arrives. `out` takes bytes for the same connection.
pub trait Handler {
    /// The connection is upgraded.
    fn opened(&mut self, id: usize, out: &mut Vec<u8>);
    /// A text or binary frame came whole at `at`.
    fn message(&mut self, id: usize, payload: &[u8], at: Instant, out: &mut Vec<u8>);
    /// The connection has ended, not by this side. `why` is for the report.
    fn ended(&mut self, id: usize, why: &str);
}

/// The connections, by id.
pub struct Fleet {
    epoll: OwnedFd,
    sockets: Vec<Socket>,
    buffer: Vec<u8>,
    out: Vec<u8>,
    /// Bytes read since the start.
    pub bytes: u64,
    /// Data frames read since the start.
    pub frames: u64,
}

impl Fleet {
    /// An empty fleet.
    pub fn new() -> anyhow::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("no epoll")?;
        Ok(Self { epoll, sockets: Vec::new(), buffer: vec![0; BUFFER], out: Vec::new(), bytes: 0, frames: 0 })
    }

    /// Begins a connection; the handler hears of its end, whichever it is.
    pub fn open(&mut self, id: usize, opening: &Opening) -> anyhow::Result<()> {
        self.add(id, Self::connect(id, opening)?)
    }

    /// Begins a connection without the request: what is said on it is what is sent.
    pub fn open_mute(&mut self, id: usize, opening: &Opening) -> anyhow::Result<()> {
        self.add(id, Self::connect(id, opening)?.without_request())
    }

    fn connect(id: usize, opening: &Opening) -> anyhow::Result<Socket> {
        Socket::connect(opening)
            .with_context(|| format!("connection {id} to {} cannot be begun", opening.target))
    }

    fn add(&mut self, id: usize, socket: Socket) -> anyhow::Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT;
        epoll::add(&self.epoll, socket.fd()?, epoll::EventData::new_u64(id as u64), flags)?;
        if self.sockets.len() <= id {
            self.sockets.resize_with(id + 1, Socket::default);
        }
        self.sockets[id] = socket;
        Ok(())
    }

    /// Ends a connection without a word, as a lost network does.
    pub fn drop_connection(&mut self, id: usize) {
        // Closing the descriptor takes it out of epoll.
        self.sockets[id] = Socket::default();
    }

    /// Stops reading from a connection, so that the server's writes to it pile up.
    pub fn stall(&mut self, id: usize) -> anyhow::Result<()> {
        epoll::delete(&self.epoll, self.sockets[id].fd()?)?;
        Ok(())
    }

    /// Stops reading from a connection for good, but hears when it breaks, which a stalled one does not.
    pub fn deafen(&mut self, id: usize) -> anyhow::Result<()> {
        let data = epoll::EventData::new_u64(id as u64);
        epoll::modify(&self.epoll, self.sockets[id].fd()?, data, epoll::EventFlags::empty())?;
        Ok(())
    }

    /// Reads from a stalled connection again.
    pub fn resume(&mut self, id: usize) -> anyhow::Result<()> {
        epoll::add(
            &self.epoll,
            self.sockets[id].fd()?,
            epoll::EventData::new_u64(id as u64),
            epoll::EventFlags::IN,
        )?;
        Ok(())
    }

    /// Sends bytes (whole frames) on a connection.
    pub fn send(&mut self, id: usize, bytes: &[u8]) -> Result<(), Errno> {
        let wants_room = self.sockets[id].send(bytes)?;
        if wants_room {
            self.watch(id, true)?;
        }
        Ok(())
    }

    /// Waits for events until `until` at the latest, and handles them. Gives whether there were any.
    pub fn turn(&mut self, until: Instant, handler: &mut impl Handler) -> anyhow::Result<bool> {
        interrupt::check()?;
        let wait = until.saturating_duration_since(Instant::now()).min(LONGEST_WAIT);
        let timeout = Timespec::try_from(wait).context("a wait of a fraction of a second")?;
        let mut room = [MaybeUninit::<epoll::Event>::uninit(); EVENTS];
        let events = match epoll::wait(&self.epoll, &mut room, Some(&timeout)) {
            Ok((events, _)) => events,
            Err(Errno::INTR) => return Ok(false),
            Err(error) => return Err(error).context("epoll"),
        };
        for event in &*events {
            let id = usize::try_from(event.data.u64()).context("an id of ours")?;
            if let Err(why) = self.handle(id, event.flags, handler) {
                self.drop_connection(id);
                handler.ended(id, &why);
            }
        }
        Ok(!events.is_empty())
    }

    /// Handles what happens until a moment.
    pub fn run_until(&mut self, until: Instant, handler: &mut impl Handler) -> anyhow::Result<()> {
        while Instant::now() < until {
            self.turn(until, handler)?;
        }
        Ok(())
    }

    fn handle(
        &mut self,
        id: usize,
        flags: epoll::EventFlags,
        handler: &mut impl Handler,
    ) -> Result<(), String> {
        let said = |errno: Errno| errno.to_string();
        if flags.contains(epoll::EventFlags::OUT) {
            let socket = &mut self.sockets[id];
            if !socket.is_open() {
                return Ok(());
            }
            socket.check_connected().map_err(said)?;
            if !socket.flush().map_err(said)? {
                self.watch(id, false).map_err(said)?;
            }
        }
        if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
            self.read(id, handler)?;
        }
        Ok(())
    }

    fn read(&mut self, id: usize, handler: &mut impl Handler) -> Result<(), String> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.read_into(&mut buffer, id, handler);
        self.buffer = buffer;
        result
    }

    fn read_into(&mut self, buffer: &mut [u8], id: usize, handler: &mut impl Handler) -> Result<(), String> {
        let socket = &mut self.sockets[id];
        let Some(fd) = socket.fd.as_ref() else { return Ok(()) };
        let read = match rustix::io::read(fd.as_fd(), &mut *buffer) {
            Ok(0) => return Err("the server ended the connection".to_owned()),
            Ok(read) => read,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let at = Instant::now();
        self.bytes += read as u64;
        // What was cut comes first; it is rare.
        let mut joined = std::mem::take(&mut socket.carry);
        let mut bytes: &[u8] = &buffer[..read];
        if !joined.is_empty() {
            joined.extend_from_slice(bytes);
            bytes = &joined;
        }
        let mut out = std::mem::take(&mut self.out);
        if socket.phase == Phase::Upgrading {
            let Some(head) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
                socket.carry = bytes.to_vec();
                self.out = out;
                return Ok(());
            };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
                return Err(format!("refused: {}", String::from_utf8_lossy(line)));
            }
            socket.phase = Phase::Open;
            handler.opened(id, &mut out);
            bytes = &bytes[head + 4..];
        }
        let mut frames = 0;
        let mut closed = None;
        let taken = frame::scan(bytes, |frame| match frame.opcode {
            1 | 2 => {
                frames += 1;
                handler.message(id, frame.payload, at, &mut out);
            }
            frame::PING => frame::write_client(&mut out, frame::PONG, frame.payload),
            frame::CLOSE => closed = Some(close_text(frame.payload)),
            _ => {}
        });
        self.frames += frames;
        let socket = &mut self.sockets[id];
        if taken < bytes.len() {
            socket.carry = bytes[taken..].to_vec();
        }
        if let Some(why) = closed {
            return Err(why);
        }
        let sent = if out.is_empty() { Ok(()) } else { self.send(id, &out) };
        out.clear();
        self.out = out;
        sent.map_err(|error| error.to_string())
    }

    fn watch(&self, id: usize, room: bool) -> Result<(), Errno> {
        let Some(fd) = self.sockets[id].fd.as_ref() else { return Ok(()) };
        let out = if room { epoll::EventFlags::OUT } else { epoll::EventFlags::empty() };
        epoll::modify(&self.epoll, fd, epoll::EventData::new_u64(id as u64), epoll::EventFlags::IN | out)
    }
}

/// A close frame as text: its code and reason.
fn close_text(payload: &[u8]) -> String {
    match payload.split_first_chunk::<2>() {
        Some((code, reason)) => {
            format!("closed with {} {}", u16::from_be_bytes(*code), String::from_utf8_lossy(reason))
        }
        None => "closed without a code".to_owned(),
    }
}
