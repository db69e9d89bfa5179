//! From frames to the session.

use futures_util::{Stream, StreamExt};
use protocol::{Disconnect, Encoding};
use realtime::Session;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Error, Message, error::CapacityError, error::ProtocolError};

/// The largest message was exceeded (RFC 6455, 7.4.1).
const TOO_BIG: Disconnect = Disconnect { code: 1009, reason: "message too big" };
/// The frames break the WebSocket protocol.
const PROTOCOL_ERROR: Disconnect = Disconnect { code: 1002, reason: "protocol error" };
/// A text message is not UTF-8.
const NOT_UTF8: Disconnect = Disconnect { code: 1007, reason: "text is not utf-8" };

/// Feeds the session until one side ends the connection; gives the code to close with.
pub(super) async fn commands(
    source: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    session: &mut Session,
) -> Disconnect {
    let connection = std::sync::Arc::clone(session.connection());
    let mut timer = std::pin::pin!(sleep_until(session.deadline()));
    loop {
        let deadline = session.deadline();
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        let outcome = tokio::select! {
            frame = source.next() => match frame {
                Some(Ok(message)) => take(session, connection.encoding, message).await,
                Some(Err(error)) => Err(why(&error)),
                None => Err(Disconnect::CONNECTION_CLOSED),
            },
            () = connection.ordered() => session.obey().await,
            () = &mut timer => session.tick(Instant::now()),
        };
        if let Err(disconnect) = outcome {
            return disconnect;
        }
    }
}

async fn take(session: &mut Session, encoding: Encoding, message: Message) -> Result<(), Disconnect> {
    match (message, encoding) {
        (Message::Text(text), Encoding::Json) => session.frame(text.as_bytes()).await,
        (Message::Binary(bytes), Encoding::MsgPack) => session.frame(&bytes).await,
        (Message::Text(_) | Message::Binary(_), _) => Err(Disconnect::INAPPROPRIATE_PROTOCOL),
        // Pings are answered below this layer.
        (Message::Ping(_) | Message::Pong(_) | Message::Frame(_), _) => Ok(()),
        (Message::Close(_), _) => Err(Disconnect::CONNECTION_CLOSED),
    }
}

fn why(error: &Error) -> Disconnect {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => TOO_BIG,
        Error::Utf8(_) => NOT_UTF8,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => {
            Disconnect::CONNECTION_CLOSED
        }
        Error::Protocol(_) => PROTOCOL_ERROR,
        _ => Disconnect::CONNECTION_CLOSED,
    }
}
