//! From the outbox to frames.

use bytes::Bytes;
use futures_util::{Sink, SinkExt};
use protocol::{Disconnect, Encoding};
use realtime::{Connection, outbox::Next};
use tokio_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    protocol::{
        CloseFrame,
        frame::{
            Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

/// Writes what is queued, several messages a frame, until the connection is to be closed; gives the code.
pub(super) async fn outbox<S: Sink<Message, Error = Error> + Unpin>(
    sink: &mut S,
    connection: &Connection,
) -> Disconnect {
    loop {
        match connection.outbox.next().await {
            Next::Write(messages) => {
                let payload = connection.encoding.join(&messages);
                if sink.send(frame(connection.encoding, payload)).await.is_err() {
                    return Disconnect::WRITE_ERROR;
                }
            }
            Next::Close(disconnect) => {
                close(sink, disconnect).await;
                return disconnect;
            }
        }
    }
}

/// Sends a close frame. The client may be gone already.
pub(super) async fn close(sink: &mut (impl Sink<Message, Error = Error> + Unpin), disconnect: Disconnect) {
    let code = CloseCode::from(disconnect.code);
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(disconnect.reason) };
    if let Err(error) = sink.send(Message::Close(Some(frame))).await {
        tracing::trace!(%error, "a client was gone before it was told why");
    }
}

/// A data frame around a payload that is shared with other connections: nothing is copied or checked again.
fn frame(encoding: Encoding, payload: Bytes) -> Message {
    let opcode = match encoding {
        Encoding::Json => Data::Text,
        Encoding::MsgPack => Data::Binary,
    };
    Message::Frame(Frame::message(payload, OpCode::Data(opcode), true))
}
