//! Publishing as a client does.

use super::Publish;
use crate::{
    dialect::{Dialect, Greeting, Hello},
    fleet::{Fleet, Handler, Opening},
    peer::Running,
};
use anyhow::{Context as _, bail, ensure};
use std::time::{Duration, Instant};

/// Channels of one publishing connection, below what servers allow a client.
const CHANNELS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(20);

/// Publishes on connections that, where the protocol asks for it, subscribe to what they publish to.
pub struct ClientPublisher {
    fleet: Fleet,
    speakers: Speakers,
}

struct Speakers {
    dialect: Dialect,
    tokens: Vec<String>,
    channels: Vec<String>,
    ready: usize,
    missing: Vec<usize>,
    failed: Option<String>,
}

impl ClientPublisher {
    /// Connects, with a token for each connection if there are any.
    pub fn new(running: &Running, channels: Vec<String>) -> anyhow::Result<Self> {
        let connections = channels.len().div_ceil(CHANNELS);
        let tokens = running.tokens(connections)?;
        let mut fleet = Fleet::new()?;
        let speakers = Speakers {
            dialect: running.dialect,
            tokens,
            channels,
            ready: 0,
            missing: vec![0; connections],
            failed: None,
        };
        let path =
            if speakers.dialect == Dialect::Floor { "/".to_owned() } else { speakers.dialect.path(&[]) };
        let opening = Opening { target: running.target, path, receive_buffer: None };
        for id in 0..connections {
            fleet.open(id, &opening)?;
        }
        let mut publisher = Self { fleet, speakers };
        let until = Instant::now() + PATIENCE;
        while publisher.speakers.ready < connections {
            publisher.turn(until)?;
            ensure!(Instant::now() < until, "the publisher gets no answer");
        }
        Ok(publisher)
    }

    fn turn(&mut self, until: Instant) -> anyhow::Result<()> {
        self.fleet.turn(until, &mut self.speakers)?;
        match self.speakers.failed.take() {
            Some(why) => bail!("the publisher was refused: {why}"),
            None => Ok(()),
        }
    }
}

impl Speakers {
    fn channels_of(&self, id: usize) -> &[String] {
        if self.dialect != Dialect::Centrifuge {
            return &[];
        }
        self.channels.chunks(CHANNELS).nth(id).unwrap_or_default()
    }
}

impl Publish for ClientPublisher {
    fn publish(&mut self, messages: &[(usize, Vec<u8>)]) -> anyhow::Result<()> {
        let dialect = self.speakers.dialect;
        let mut rest = messages;
        while let Some((first, _)) = rest.first() {
            // As many as belong to one connection go out in one write.
            let id = first / CHANNELS;
            let together = rest.iter().take_while(|(channel, _)| channel / CHANNELS == id).count();
            let (now, later) = rest.split_at(together);
            let named: Vec<(&str, &[u8])> = now
                .iter()
                .map(|(channel, data)| (self.speakers.channels[*channel].as_str(), data.as_slice()))
                .collect();
            let mut out = Vec::new();
            dialect.publish(&named, &mut out);
            self.fleet.send(id, &out).context("the publisher's connection is lost")?;
            rest = later;
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
        let channels = self.channels_of(id);
        let hello = Hello { token: self.tokens.get(id).map(String::as_str), channels, position: None };
        self.dialect.hello(&hello, out);
        let missing = self.dialect.replies(channels.len());
        self.missing[id] = missing;
        self.ready += usize::from(missing == 0);
    }

    fn message(&mut self, id: usize, payload: &[u8], _: Instant, out: &mut Vec<u8>) {
        self.dialect.answer_ping(payload, out);
        let entering = self.missing[id] > 0;
        if !entering && memchr::memmem::find(payload, br#""error""#).is_none() {
            return;
        }
        for line in payload.split(|byte| *byte == b'\n') {
            let channels = self.channels_of(id);
            let hello = Hello { token: None, channels, position: None };
            match self.dialect.greeting(line, &hello, out) {
                Greeting::Accepted(_) if entering => {
                    self.missing[id] -= 1;
                    self.ready += usize::from(self.missing[id] == 0);
                }
                Greeting::Other | Greeting::Accepted(_) => {}
                Greeting::Refused(why) => self.failed = Some(why),
            }
        }
    }

    fn ended(&mut self, _: usize, why: &str) {
        self.failed = Some(why.to_owned());
    }
}
