//! The end of a connection: what is queued, the close frame, and an end that the client can see.

use super::socket::Socket;
use protocol::{Disconnect, Frame};
use realtime::outbox::{Outbox, Wire as _};
use std::{
    io::{self, IoSlice},
    time::{Duration, Instant},
};

/// Time to write what is queued and the close frame.
pub(super) const CLOSE_GRACE: Duration = Duration::from_secs(5);
/// Time for the client to end its side after the close frame.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes read for that: sixteen of the largest messages.
const LINGER_BYTES: usize = 1 << 20;

/// Writes what is queued and then the close frame, as far as the client takes them. A client that has not taken them in time
/// is cut off: what the system still holds for it would stay there for minutes. Gives what is left of that time if the client
/// was behind: then much of it may be with the system, which takes megabytes from a socket, and not with the client.
pub(super) async fn say(socket: &Socket, outbox: &Outbox, disconnect: Disconnect) -> Option<Duration> {
    let behind = !outbox.is_empty() || disconnect.code == Disconnect::SLOW.code;
    let began = Instant::now();
    let written = tokio::time::timeout(CLOSE_GRACE, async {
        outbox.flush();
        while !outbox.is_empty() {
            socket.writable().await?;
            outbox.flush();
        }
        send(socket, &Frame::close(disconnect.code, disconnect.reason)).await
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "a client was gone before it was told why"),
        Err(_) => {
            tracing::trace!("a client did not take what it was told");
            socket.cut_off();
        }
    }
    behind.then(|| CLOSE_GRACE.saturating_sub(began.elapsed()))
}

/// Writes a frame to a socket that nobody else writes to.
pub(super) async fn send(socket: &Socket, frame: &Frame) -> io::Result<()> {
    let mut bytes = &frame.bytes()[..];
    while !bytes.is_empty() {
        match socket.try_write(&[IoSlice::new(bytes)]) {
            Ok(taken) => bytes = &bytes[taken..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes what the client had under way. A socket that is closed over unread input is reset, and a reset overtakes the
/// close frame: the client would see a broken connection instead of the code. One that was behind has what
/// `left` says, if that is more, and is cut off after it.
pub(super) async fn linger(socket: &Socket, left: Option<Duration>) {
    let taken = async {
        socket.shut_down()?;
        let mut read = 0;
        while read < LINGER_BYTES {
            socket.ready(false).await?;
            let more = socket.read(|bytes| {
                read += bytes.len();
                io::Result::Ok(())
            });
            if !more? {
                break;
            }
        }
        io::Result::Ok(())
    };
    let patience = left.unwrap_or_default().max(LINGER);
    match tokio::time::timeout(patience, taken).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "a client was gone before its end"),
        Err(_) => {
            tracing::trace!("a client does not end its side");
            if left.is_some() {
                socket.cut_off();
            }
        }
    }
}
