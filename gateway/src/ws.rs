//! WebSocket: from the upgrade to a session and back. `accept` → `read` → (session) → `write`.

mod accept;
mod origin;
mod read;
mod write;

pub use accept::upgrade;
pub use origin::Origins;

use futures_util::StreamExt;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use protocol::{Disconnect, Encoding};
use realtime::{Session, session::Surroundings};
use std::{sync::Arc, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};
use tokio_util::task::TaskTracker;

/// Read buffer of a socket, bytes. Kept for as long as the connection lives, so it is small; larger messages grow a
/// buffer of their own.
const READ_BUFFER: usize = 2 * 1024;
/// Time to write what is queued and the close frame, once a connection is to be closed.
const CLOSE_GRACE: Duration = Duration::from_secs(5);
/// Time for the client to end its side after the close frame.
const LINGER: Duration = Duration::from_secs(1);
/// Reads of 4 KiB for that: 1 MiB, sixteen of the largest messages.
const LINGER_READS: usize = 256;

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
    async fn serve(self: Arc<Self>, upgraded: Upgraded, encoding: Encoding) {
        let limit = self.around.node.config.limits.message_bytes;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            // Frames are joined by the outbox already: each goes straight to the socket.
            .write_buffer_size(0)
            .max_write_buffer_size(2 * self.around.node.config.limits.outbox_bytes)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let stream =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let (mut sink, mut source) = stream.split();
        let mut session = match Session::new(self.around.clone(), encoding) {
            Ok(session) => session,
            Err(disconnect) => return write::close(&mut sink, disconnect).await,
        };
        let connection = Arc::clone(session.connection());
        let ended = {
            let mut writing = std::pin::pin!(write::outbox(&mut sink, &connection));
            tokio::select! {
                code = &mut writing => code,
                ended = read::commands(&mut source, &mut session) => {
                    // The client is told why, after everything that was queued for it.
                    connection.close(ended);
                    tokio::time::timeout(CLOSE_GRACE, writing).await.unwrap_or(Disconnect::WRITE_ERROR)
                }
            }
        };
        count(ended);
        // The channels are left before the client may come back, so that its old and new self do not meet.
        session.close().await;
        if let Ok(stream) = sink.reunite(source) {
            linger(stream.into_inner()).await;
        }
    }
}

/// Takes what the client had under way. A socket that is closed over unread input is reset, and a reset overtakes the
/// close frame: the client would see a broken connection instead of the code.
async fn linger(mut socket: impl AsyncRead + AsyncWrite + Unpin) {
    let taken = async {
        socket.shutdown().await?;
        // On the heap: an array here would be part of every connection's task from its first moment.
        let mut discarded = vec![0; 4096];
        for _ in 0..LINGER_READS {
            if socket.read(&mut discarded).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    match tokio::time::timeout(LINGER, taken).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "a client was gone before its end"),
        Err(_) => tracing::trace!("a client does not end its side"),
    }
}

fn count(disconnect: Disconnect) {
    let code = disconnect.code.to_string();
    metrics::counter!("schoolbell_disconnects_total", "code" => code).increment(1);
}
