//! From the outbox of a connection to the body of its response.

use super::format::Format;
use bytes::Bytes;
use futures_util::Stream;
use protocol::Disconnect;
use realtime::{connection::Connection, outbox::Next};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::{Notify, mpsc};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};

/// Pieces that wait for the HTTP server. What a reader does not take must fill its outbox, where it is counted.
const CHUNKS: usize = 2;

/// The end of a stream that is written to. Dropping it ends the stream.
pub(super) struct Outlet {
    format: Format,
    chunks: mpsc::Sender<Bytes>,
    ending: CancellationToken,
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

/// The body of a stream.
pub(super) struct Chunks {
    chunks: mpsc::Receiver<Bytes>,
    // A stream has not ended before its body is with the HTTP server.
    _tracked: TaskTrackerToken,
}

impl Stream for Chunks {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_recv(cx).map(|chunk| chunk.map(Ok))
    }
}

/// A stream. `ending` is cancelled as soon as nothing but its end is to come.
pub(super) fn open(format: Format, ending: CancellationToken, tracked: TaskTrackerToken) -> (Outlet, Chunks) {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let outlet = Outlet { format, chunks: sender, ending };
    if let Some(opening) = format.opening() {
        outlet.put(opening);
    }
    (outlet, Chunks { chunks: receiver, _tracked: tracked })
}

impl Outlet {
    /// Ends a stream that has just begun.
    pub(super) fn refuse(self, disconnect: Disconnect) {
        self.put(self.format.goodbye(disconnect));
    }

    /// Puts a piece into a stream that has just begun.
    fn put(&self, chunk: Bytes) {
        let put = self.chunks.try_send(chunk);
        debug_assert!(put.is_ok(), "a new stream has room for {CHUNKS} pieces");
    }

    /// Passes on what is sent to a connection until it is closed or the client is gone; gives why. Rings `bell` when the
    /// session has something to do or to notice.
    pub(super) async fn pump(&self, connection: &Connection, bell: &Notify) -> Disconnect {
        let outbox = &connection.outbox;
        let attend = || {
            let closing = outbox.closing().is_some();
            if closing {
                // From here on the reader has the HTTP server's time to take what is left.
                self.ending.cancel();
            }
            if closing || connection.has_orders() {
                bell.notify_one();
            }
        };
        let gone = || outbox.closing().unwrap_or(Disconnect::CONNECTION_CLOSED);
        loop {
            let room = tokio::select! {
                room = self.chunks.reserve() => room,
                () = outbox.attention() => {
                    attend();
                    continue;
                }
            };
            let Ok(room) = room else { return gone() };
            match outbox.take() {
                Some(Next::Write(frames)) => room.send(self.format.chunk(&frames)),
                Some(Next::Close(disconnect)) => {
                    room.send(self.format.goodbye(disconnect));
                    return disconnect;
                }
                None => {
                    drop(room);
                    tokio::select! {
                        () = outbox.attention() => attend(),
                        () = self.chunks.closed() => return gone(),
                    }
                }
            }
        }
    }
}
