//! A WebSocket client that says what it is told to.

use crate::harness::{Server, json_of};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lets a guest into a game; gives the answer of the join and the guest's token.
pub async fn guest_in_game(
    server: &Server,
    (game, pin): &(String, String),
    nickname: &str,
) -> (Value, String) {
    let body = json!({"pin": pin, "nickname": nickname});
    let joined = json_of(server.post(&format!("/api/v1/games/{game}/join"), &body), 200).await;
    let token = joined["token"].as_str().unwrap().to_owned();
    (joined, token)
}

/// A WebSocket client.
pub struct Client {
    socket: WebSocketStream<TcpStream>,
    inbox: VecDeque<Value>,
    next_id: u32,
}

impl Client {
    /// Opens a socket; says nothing yet.
    pub async fn open(server: &Server, query: &str) -> Self {
        let tcp = TcpStream::connect(server.address).await.unwrap();
        let url = format!("ws://{}/connection/websocket{query}", server.address);
        let (socket, _) = client_async(url, tcp).await.unwrap();
        Self { socket, inbox: VecDeque::new(), next_id: 10 }
    }

    /// Opens a socket and presents a token.
    pub async fn connected(server: &Server, token: &str) -> Self {
        let mut client = Self::open(server, "").await;
        let reply = client.ask(json!({"connect":{"token":token}})).await;
        assert!(reply["connect"]["client"].is_string(), "{reply}");
        client
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    /// The next binary frame.
    pub async fn binary(&mut self) -> Vec<u8> {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
            other => unreachable!("no binary frame but {other:?}"),
        }
    }

    /// The messages of the next text frame.
    pub async fn messages(&mut self) -> Vec<Value> {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => {
                text.split('\n').map(|line| serde_json::from_str(line).unwrap()).collect()
            }
            other => unreachable!("no text frame but {other:?}"),
        }
    }

    /// Sends a command and waits for its reply; pushes stay in the inbox.
    pub async fn ask(&mut self, mut command: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        command["id"] = json!(id);
        self.send_text(&command.to_string()).await;
        self.wait_for(|message| message["id"] == id).await
    }

    async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(index) = self.inbox.iter().position(&wanted) {
                return self.inbox.remove(index).unwrap();
            }
            let arrived = self.messages().await;
            self.inbox.extend(arrived);
        }
    }

    /// Waits for the next push and gives its inside.
    pub async fn pushed(&mut self) -> Value {
        self.wait_for(|message| message["push"].is_object()).await["push"].take()
    }

    /// Waits for the close frame and gives its code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => unreachable!("no close frame but {other:?}"),
            }
        }
    }

    /// Reads whatever still comes, and gives how many frames it was; the end must say that the reader was slow.
    pub async fn drained_until_closed(&mut self) -> usize {
        let mut frames = 0;
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => {
                    assert_eq!(u16::from(frame.code), 3008);
                    return frames;
                }
                Some(Ok(_)) => frames += 1,
                other => unreachable!("no close frame but {other:?}"),
            }
        }
    }
}
