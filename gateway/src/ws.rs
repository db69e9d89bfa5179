//! WebSocket: from the upgrade to a session and back. `accept` → `converse` (`frames` → session → `socket`) → `goodbye`.
//!
//! `admission` and `origin` stand before it, and before the transports of one direction.

mod accept;
mod admission;
mod converse;
#[cfg(test)]
mod corpus;
mod frames;
mod goodbye;
mod origin;
mod socket;

pub use accept::upgrade;
pub use admission::{Admission, admit};
pub use origin::Origins;

use crate::listen::Stalled;
use accept::Asked;
use frames::FrameReader;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use protocol::{Disconnect, Frame};
use realtime::{
    Session,
    session::{Link, Surroundings},
};
use socket::Socket;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

/// What the sockets of this server share.
pub struct Sockets {
    around: Surroundings,
    origins: Origins,
    tasks: TaskTracker,
}

impl Sockets {
    /// Sockets whose sessions live in `around`.
    #[must_use]
    pub fn new(around: Surroundings, origins: Origins) -> Arc<Self> {
        Arc::new(Self { around, origins, tasks: TaskTracker::new() })
    }

    /// Waits until every socket is closed.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs one connection to its end.
    async fn serve(self: Arc<Self>, upgraded: Upgraded, asked: Asked) {
        // Our own accept loop gave the connection to the HTTP server, so this is what comes back.
        let Ok(parts) = upgraded.downcast::<TokioIo<Stalled<TcpStream>>>() else {
            tracing::error!("an upgraded connection is no socket");
            return;
        };
        let socket = Socket::new(parts.io.into_inner().into_inner());
        let mut reader = FrameReader::new(self.around.node.config.limits.message_bytes);
        let link = Link {
            encoding: asked.encoding,
            wire: Some(Arc::<Socket>::clone(&socket)),
            native_pings: asked.native_pings,
            session_id: None,
        };
        let mut session = match Session::new(self.around.clone(), link) {
            Ok(session) => session,
            Err(disconnect) => return refuse(socket, disconnect).await,
        };
        // Copied, so that the HTTP server's buffer is given back now and not with the connection.
        let early = parts.read_buf.to_vec();
        drop(parts.read_buf);
        let begun = if early.is_empty() {
            Ok(())
        } else {
            Box::pin(converse::begin(&socket, &mut session, &mut reader, early)).await
        };
        let ended = match begun {
            Ok(()) => converse::converse(&socket, &mut session, &mut reader).await,
            Err(disconnect) => disconnect,
        };
        // On the heap: a task is as large as its largest moment, and this one comes last.
        Box::pin(end(socket, session, ended)).await;
    }
}

/// Tells the client why, leaves its channels, and waits for it to end its side.
async fn end(socket: Arc<Socket>, session: Session, ended: Disconnect) {
    let outbox = &session.connection().outbox;
    // Nothing is queued behind the verdict, the first of which counts.
    outbox.close(ended);
    let told = outbox.closing().unwrap_or(ended);
    let left = goodbye::say(&socket, outbox, told).await;
    // A code without a reason is the client's own, which may be any: it must not become a series.
    let code = if told.reason.is_empty() { "client".to_owned() } else { told.code.to_string() };
    metrics::counter!("schoolbell_disconnects_total", "code" => code).increment(1);
    // The channels are left before the client may come back, so that its old and new self do not meet.
    session.close().await;
    goodbye::linger(&socket, left).await;
}

/// Sends a client away that there is no place for.
async fn refuse(socket: Arc<Socket>, disconnect: Disconnect) {
    let frame = Frame::close(disconnect.code, disconnect.reason);
    match tokio::time::timeout(goodbye::CLOSE_GRACE, goodbye::send(&socket, &frame)).await {
        Ok(Ok(())) => goodbye::linger(&socket, None).await,
        Ok(Err(_)) => {}
        Err(_) => socket.cut_off(),
    }
}
