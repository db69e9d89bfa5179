//! Servers that can be measured. Each file starts one kind and says how to speak with it.

mod floor;
mod remote;
mod schoolbell;
mod socketio;

use crate::{
    dialect::Dialect,
    process::{Started, Usage},
    publisher::{ApiPublisher, ClientPublisher, Publisher},
    settings::{PublishBy, Settings},
    tokens::Signer,
};
use anyhow::Context as _;
use std::{fmt, net::SocketAddr, path::Path, str::FromStr, time::Duration};
use tempfile::TempDir;

/// A kind of server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// This project's server.
    Schoolbell,
    /// The bare broadcaster of this crate.
    Floor,
    /// Socket.IO with its Redis adapter.
    SocketIo,
    /// A server of the Centrifuge protocol that runs already.
    Remote(String),
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "schoolbell" => Ok(Self::Schoolbell),
            "floor" => Ok(Self::Floor),
            "socketio" => Ok(Self::SocketIo),
            _ => match text.strip_prefix("url=") {
                Some(url) if url.starts_with("ws://") => Ok(Self::Remote(url.to_owned())),
                _ => Err("choose schoolbell, floor, socketio or url=ws://host:port/connection/websocket"
                    .to_owned()),
            },
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schoolbell => f.write_str("schoolbell"),
            Self::Floor => f.write_str("floor"),
            Self::SocketIo => f.write_str("socketio"),
            Self::Remote(url) => f.write_str(url),
        }
    }
}

/// What a scenario asks of its server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    /// The demo school, to play in.
    pub demo: bool,
    /// Channels that can be recovered.
    pub recovery: bool,
}

/// A way to publish by HTTP.
#[derive(Clone, Debug)]
struct Api {
    path: String,
    key: String,
}

/// A server that runs. What was started ends when this is dropped.
pub struct Running {
    /// Where it listens.
    pub target: SocketAddr,
    /// What it speaks.
    pub dialect: Dialect,
    /// Process to read the use of, if it is known.
    pub pid: Option<u32>,
    /// A process that it cannot do without.
    pub beside: Option<u32>,
    signer: Option<Signer>,
    api: Option<Api>,
    namespace: &'static str,
    // Before the folder: it is theirs.
    _started: Vec<Started>,
    _folder: Option<TempDir>,
}

impl Running {
    /// Starts (or finds) a server.
    pub fn start(peer: &Peer, settings: &Settings, needs: Needs) -> anyhow::Result<Self> {
        let started = match peer {
            Peer::Schoolbell => schoolbell::start(settings, needs),
            Peer::Floor => floor::start(settings),
            Peer::SocketIo => socketio::start(settings),
            Peer::Remote(url) => remote::find(url, settings),
        };
        started.with_context(|| format!("{peer} cannot be measured"))
    }

    /// Names of channels.
    pub fn channels(&self, count: usize) -> Vec<String> {
        (0..count).map(|index| format!("{}{index}", self.namespace)).collect()
    }

    /// Tokens of different users; none where the server wants none.
    pub fn tokens(&self, count: usize) -> anyhow::Result<Vec<String>> {
        self.signer.as_ref().map_or(Ok(Vec::new()), |signer| signer.students(count))
    }

    /// A publisher to channels.
    pub fn publisher(&self, channels: &[String]) -> anyhow::Result<Publisher> {
        let count = channels.len();
        let channels = channels.to_vec();
        let mut publisher = match &self.api {
            Some(Api { path, key }) => {
                Publisher::new(Box::new(ApiPublisher::new(self.target, path, key, channels)?), count)
            }
            None => Publisher::new(Box::new(ClientPublisher::new(self, channels)?), count),
        };
        publisher.wait(Duration::from_millis(50))?;
        Ok(publisher)
    }

    /// How it is published, for the report.
    pub fn publishes_by(&self) -> &'static str {
        if self.api.is_some() { "HTTP API" } else { "client" }
    }

    /// What the server has used; nothing if its process is not known.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        self.pid.map_or(Ok(Usage::default()), |pid| Usage::read(Some(pid)))
    }

    /// What the process beside it has used.
    pub fn usage_beside(&self) -> anyhow::Result<Option<Usage>> {
        self.beside.map(|pid| Usage::read(Some(pid))).transpose()
    }
}

/// A folder for a server's data, gone with the server.
fn folder() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("schoolbell-load-").tempdir().context("no temporary folder")
}

/// Whether a file is there, with advice if not.
fn must_exist(path: &Path, advice: &str) -> anyhow::Result<()> {
    anyhow::ensure!(path.exists(), "{} is not there; {advice}", path.display());
    Ok(())
}

/// Whether publishing goes by the server's API, given that the server has one.
fn by_api(settings: &Settings, has_api: bool) -> bool {
    match settings.publish {
        PublishBy::Auto => has_api,
        PublishBy::Api => true,
        PublishBy::Client => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_named_as_it_is_shown() {
        for name in ["schoolbell", "floor", "socketio"] {
            assert_eq!(name.parse::<Peer>().map(|peer| peer.to_string()), Ok(name.to_owned()));
        }
        let url = "url=ws://localhost:8000/connection/websocket";
        assert!(matches!(url.parse(), Ok(Peer::Remote(_))));
        assert!("wss://localhost".parse::<Peer>().is_err());
    }
}
