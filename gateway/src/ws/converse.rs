//! The life of one connection's task: what the client sends goes to the session, what the session and the hub send goes
//! to the socket. It waits on the socket and on its outbox, and on no timer: the node's wheel keeps the time.

use super::{
    frames::{Event, FrameReader},
    socket::Socket,
};
use protocol::{Command, Disconnect, Encoding, Frame, Request};
use realtime::{
    Connection, Session,
    outbox::{ConflateKey, Outbox},
};
use std::{future::poll_fn, io, pin::pin};
use tokio::time::Instant;

/// Pongs for one read at most. Of more pings only the last needs its pong (RFC 6455, 5.5.3).
const PONGS: usize = 64;
/// The one pong of a client that does not read.
const PONG: ConflateKey = ConflateKey(0);

/// What one read brought.
#[derive(Default)]
struct Brought {
    commands: Vec<Command>,
    pongs: Vec<Frame>,
}

impl Brought {
    fn ping(&mut self, payload: &[u8]) {
        if self.pongs.len() == PONGS {
            self.pongs.pop();
        }
        self.pongs.push(Frame::pong(payload));
    }

    /// Queues the pongs and gives the commands.
    fn answer_pings(mut self, outbox: &Outbox) -> Vec<Command> {
        if outbox.is_blocked() {
            // A flood must not fill the outbox of a client that does not read.
            if let Some(last) = self.pongs.pop() {
                outbox.queue(last, Some(PONG));
            }
        } else {
            for pong in self.pongs {
                outbox.queue(pong, None);
            }
        }
        self.commands
    }
}

/// Takes what came together with the handshake.
///
/// # Errors
/// The code to close the connection with.
pub(super) async fn begin(
    socket: &Socket,
    session: &mut Session,
    reader: &mut FrameReader,
    mut early: Vec<u8>,
) -> Result<(), Disconnect> {
    let mut brought = Brought::default();
    let read = reader.feed(&mut early, &mut |event| take(session, event, &mut brought));
    let commands = brought.answer_pings(&session.connection().outbox);
    handle(socket, session, commands).await.and(read)
}

/// Serves until one side ends the connection; gives the code to close with.
pub(super) async fn converse(socket: &Socket, session: &mut Session, reader: &mut FrameReader) -> Disconnect {
    loop {
        let connection = session.connection();
        if let Some(disconnect) = connection.outbox.closing() {
            return disconnect;
        }
        if connection.has_orders() {
            match obey(socket, session).await {
                // The bell may have rung for more while the session was at work.
                Ok(()) => continue,
                Err(disconnect) => return disconnect,
            }
        }
        let outbox = &session.connection().outbox;
        let blocked = outbox.is_blocked();
        let ready = tokio::select! {
            ready = socket.ready(blocked) => ready,
            // The bell has rung: closing, orders, or a socket that became full.
            () = outbox.attention() => continue,
        };
        let Ok((readable, writable)) = ready else {
            return Disconnect::CONNECTION_CLOSED;
        };
        if writable {
            outbox.flush();
        }
        if readable && let Err(disconnect) = receive(socket, session, reader).await {
            return disconnect;
        }
        // A client that never stops sending must not keep the thread.
        tokio::task::consume_budget().await;
    }
}

/// Why reading ends.
struct Ended(Disconnect);

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self(Disconnect::CONNECTION_CLOSED)
    }
}

/// Reads once and handles what came.
async fn receive(socket: &Socket, session: &mut Session, reader: &mut FrameReader) -> Result<(), Disconnect> {
    let mut brought = Brought::default();
    let read = socket
        .read(|bytes| reader.feed(bytes, &mut |event| take(session, event, &mut brought)).map_err(Ended));
    let commands = brought.answer_pings(&session.connection().outbox);
    // What came before the end still counts.
    if !commands.is_empty() {
        handle(socket, session, commands).await?;
    } else if !session.connection().outbox.is_empty() && !session.connection().outbox.is_blocked() {
        // Pongs of the WebSocket protocol.
        session.connection().outbox.flush();
    }
    match read {
        Ok(true) => Ok(()),
        Ok(false) => Err(Disconnect::CONNECTION_CLOSED),
        Err(Ended(disconnect)) => Err(disconnect),
    }
}

fn take(session: &Session, event: Event<'_>, brought: &mut Brought) -> Result<(), Disconnect> {
    let connection = session.connection();
    let message = match (event, connection.encoding) {
        (Event::Text(text), Encoding::Json) => text,
        (Event::Binary(bytes), Encoding::MsgPack | Encoding::Protobuf) => bytes,
        (Event::Text(_) | Event::Binary(_), _) => return Err(Disconnect::INAPPROPRIATE_PROTOCOL),
        (Event::Ping(payload), _) => {
            brought.ping(payload);
            return Ok(());
        }
        (Event::Pong, _) if connection.native_pings => return connection.pong(Instant::now()),
        (Event::Pong, _) => return Ok(()),
        // The code is sent back (RFC 6455, 5.5.1).
        (Event::Close(code), _) => {
            return Err(Disconnect { code: code.unwrap_or(1000), reason: "" });
        }
    };
    for command in session.read(message)? {
        // Most of what an idle client sends.
        if command.request == Request::Pong {
            connection.pong(Instant::now())?;
        } else {
            brought.commands.push(command);
        }
    }
    Ok(())
}

async fn handle(socket: &Socket, session: &mut Session, commands: Vec<Command>) -> Result<(), Disconnect> {
    let connection = std::sync::Arc::clone(session.connection());
    // On the heap: a task is as large as its largest moment, and most of them are idle.
    at_work(socket, &connection, Box::pin(session.commands(commands))).await
}

async fn obey(socket: &Socket, session: &mut Session) -> Result<(), Disconnect> {
    let connection = std::sync::Arc::clone(session.connection());
    at_work(socket, &connection, Box::pin(session.obey())).await
}

/// Runs a piece of the session's work. What it sends leaves as one write at the end of each of its turns, and what
/// others send keeps flowing while it waits.
async fn at_work<T>(socket: &Socket, connection: &Connection, work: impl Future<Output = T>) -> T {
    let _deaf = connection.at_work();
    let outbox = &connection.outbox;
    let mut work = pin!(work);
    let mut turns = pin!(poll_fn(|context| {
        outbox.cork();
        let turn = work.as_mut().poll(context);
        outbox.uncork();
        turn
    }));
    loop {
        let blocked = outbox.is_blocked();
        tokio::select! {
            biased;
            done = &mut turns => return done,
            writable = socket.writable(), if blocked => match writable {
                Ok(()) => outbox.flush(),
                Err(_) => outbox.close(Disconnect::WRITE_ERROR),
            },
            // Whatever else the bell rang for is looked at once the work is done.
            () = outbox.attention() => {}
        }
    }
}
