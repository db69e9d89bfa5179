//! Refusing sockets in a storm. Eighteen thousand clients that come back within a second cost a server more by the requests
//! that it refuses than by those that it admits, as long as each is a request: parsed, routed, observed, answered.

use crate::ws::Admission;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{sleep, timeout},
};

/// How a request begins that asks for a WebSocket.
const ASKS: &[u8] = b"GET /connection/websocket";
/// A head that is longer is left to the HTTP server, which knows what to do with it.
const LONGEST: usize = 2_048;
/// A head that is still coming is looked at again after so long.
const AGAIN: Duration = Duration::from_millis(5);

/// Answers for the HTTP server if the client asks for a WebSocket that there is no place for at this moment. Everything else is
/// as it was: nothing was read.
pub(super) async fn turned_away(
    stream: &mut TcpStream,
    admission: &Arc<Admission>,
    patience: Duration,
) -> bool {
    let Ok(Some(length)) = timeout(patience, head(stream)).await else {
        return false;
    };
    // It may have waited for its turn for long.
    let Some(refusal) = admission.refusal_in_storm() else {
        return false;
    };
    // What is left unread would turn the answer into a reset.
    let mut read = vec![0; length];
    if stream.try_read(&mut read).is_ok_and(|read| read == length)
        && stream.write_all(refusal.as_bytes()).await.is_ok()
    {
        // The client may have gone: it was to go.
        let _gone = stream.shutdown().await;
    }
    true
}

/// The length of the request's head, once it is there whole; `None` if it asks for something else.
async fn head(stream: &TcpStream) -> Option<usize> {
    let mut seen = vec![0; LONGEST];
    loop {
        let length = stream.peek(&mut seen).await.ok()?;
        let head = &seen[..length];
        let asks = head.starts_with(ASKS) || ASKS.starts_with(head);
        if length == 0 || length == LONGEST || !asks {
            return None;
        }
        if head.ends_with(b"\r\n\r\n") {
            return Some(length);
        }
        sleep(AGAIN).await;
    }
}
