//! Writing in conversations, each time as the next of their members.

use super::Publish;
use crate::{
    dialect::{Dialect, Greeting, Hello},
    fleet::{Fleet, Handler, Opening},
    frame::{self, TEXT},
    peer::Conversations,
};
use anyhow::{Context as _, bail, ensure};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Connections that are being made at once.
const AT_ONCE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who writes.
pub struct Speaker {
    /// Of the person.
    pub token: String,
    /// Where.
    pub conversation: usize,
}

/// A connection for each person; a message is a `chat.send`, and its acknowledgement is not waited for.
pub struct ChatPublisher {
    fleet: Fleet,
    speakers: Speakers,
    chat: Conversations,
    /// Who of each conversation is next.
    turns: Vec<usize>,
    /// What nonces are made of.
    sent: u64,
}

struct Speakers {
    speakers: Vec<Speaker>,
    ready: Vec<bool>,
    waiting: usize,
    failed: Option<String>,
}

impl ChatPublisher {
    /// Connects all of them.
    pub fn new(target: SocketAddr, speakers: Vec<Speaker>, chat: Conversations) -> anyhow::Result<Self> {
        let people = speakers.len();
        let speakers = Speakers { ready: vec![false; people], waiting: 0, failed: None, speakers };
        let opening = Opening { target, path: Dialect::Centrifuge.path(&[]), receive_buffer: None };
        let mut publisher =
            Self { fleet: Fleet::new()?, speakers, chat, turns: vec![0; chat.conversations], sent: 0 };
        let (mut begun, mut until) = (0, Instant::now() + PATIENCE);
        while begun < people || publisher.speakers.waiting > 0 {
            while begun < people && publisher.speakers.waiting < AT_ONCE {
                publisher.fleet.open(begun, &opening)?;
                publisher.speakers.waiting += 1;
                (begun, until) = (begun + 1, Instant::now() + PATIENCE);
            }
            publisher.turn(Instant::now() + Duration::from_millis(20))?;
            ensure!(Instant::now() < until, "those who write get no answer");
        }
        Ok(publisher)
    }

    fn turn(&mut self, until: Instant) -> anyhow::Result<()> {
        self.fleet.turn(until, &mut self.speakers)?;
        match self.speakers.failed.take() {
            Some(why) => bail!("a message was refused: {why}"),
            None => Ok(()),
        }
    }
}

impl Publish for ChatPublisher {
    fn publish(&mut self, messages: &[(usize, Vec<u8>)]) -> anyhow::Result<()> {
        for (channel, data) in messages {
            let turn = &mut self.turns[*channel];
            let person = channel + *turn * self.chat.conversations;
            *turn = (*turn + 1) % self.chat.members;
            self.sent += 1;
            // The mark is a text of its own within the payload, which is JSON itself.
            let text = serde_json::to_string(&String::from_utf8_lossy(data))?;
            let line = format!(
                r#"{{"id":9,"rpc":{{"method":"chat.send","data":{{"conversation":"{}","nonce":"{:08x}-0000-4000-9002-{:012x}","body":{text}}}}}}}"#,
                Conversations::id(*channel),
                std::process::id(),
                self.sent,
            );
            let mut out = Vec::new();
            frame::write_client(&mut out, TEXT, line.as_bytes());
            self.fleet.send(person, &out).context("the connection of somebody who writes is lost")?;
        }
        Ok(())
    }

    fn wait_until(&mut self, moment: Instant) -> anyhow::Result<()> {
        // Even when late: replies and pings must not pile up.
        self.turn(Instant::now())?;
        while Instant::now() < moment {
            self.turn(moment)?;
        }
        Ok(())
    }
}

impl Handler for Speakers {
    fn opened(&mut self, id: usize, out: &mut Vec<u8>) {
        let hello = Hello { token: Some(&self.speakers[id].token), channels: &[], position: None };
        Dialect::Centrifuge.hello(&hello, out);
    }

    fn message(&mut self, id: usize, payload: &[u8], _: Instant, out: &mut Vec<u8>) {
        Dialect::Centrifuge.answer_ping(payload, out);
        if self.ready[id] && memchr::memmem::find(payload, br#""error""#).is_none() {
            return;
        }
        for line in payload.split(|byte| *byte == b'\n') {
            let hello = Hello { token: None, channels: &[], position: None };
            match Dialect::Centrifuge.greeting(line, &hello, out) {
                Greeting::Accepted(_) if !self.ready[id] => {
                    self.ready[id] = true;
                    self.waiting -= 1;
                }
                Greeting::Other | Greeting::Accepted(_) => {}
                Greeting::Refused(why) => self.failed = Some(why),
            }
        }
    }

    fn ended(&mut self, id: usize, why: &str) {
        self.failed = Some(format!("person {id} of conversation {}: {why}", self.speakers[id].conversation));
    }
}
