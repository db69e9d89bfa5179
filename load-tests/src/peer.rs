//! Servers that can be measured. Each file starts one kind and says how to speak with it.

mod conversations;
mod floor;
mod remote;
mod schoolbell;
mod socketio;

use crate::{
    dialect::Dialect,
    nodes::Nodes,
    process::{Started, Usage},
    publisher::{ApiPublisher, ChatPublisher, ClientPublisher, Lanes, Publisher, Speaker},
    settings::{PublishBy, Settings},
    tokens::Signer,
};
use anyhow::{Context as _, anyhow};
pub use conversations::Conversations;
use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};
use tempfile::TempDir;
use test_servers::{postgres, redis::Server};

/// Publishers that call the HTTP API at the same time.
const LANES: usize = 8;

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
    /// Processes over one Redis; none is one process by itself.
    pub nodes: usize,
    /// The first of them is only published to, on the generator's core; subscribers are at the others.
    pub apart: bool,
    /// Conversations in a Postgres, in the place of channels.
    pub chat: Option<Conversations>,
}

impl Needs {
    /// So many processes over one Redis; one does without.
    pub fn of_nodes(count: usize) -> Self {
        Self { nodes: if count > 1 { count } else { 0 }, ..Self::default() }
    }

    /// The core of a node.
    fn core(self, node: usize, settings: &Settings) -> Option<usize> {
        if self.apart && node == 0 { settings.load_core() } else { settings.server_core() }
    }

    /// Those of the nodes that subscribers go to.
    fn doors(self, nodes: &[SocketAddr]) -> Vec<SocketAddr> {
        nodes.iter().skip(usize::from(self.apart)).copied().collect()
    }
}

/// A way to publish by HTTP.
#[derive(Clone, Debug)]
struct Api {
    path: String,
    key: String,
}

/// A server that runs. What was started ends when this is dropped.
pub struct Running {
    /// Where it listens; of several processes the one that is published to.
    pub target: SocketAddr,
    /// Where subscribers go, in turn.
    pub doors: Vec<SocketAddr>,
    /// What it speaks.
    pub dialect: Dialect,
    /// Processes to read the use of, as far as they are known, the one at `target` first.
    pub pids: Vec<u32>,
    /// A process that it cannot do without.
    pub beside: Option<u32>,
    signer: Option<Signer>,
    api: Option<Api>,
    namespace: &'static str,
    chat: Option<Conversations>,
    nodes: Option<Nodes>,
    // Before the folder: it is theirs. So is Redis.
    _started: Vec<Started>,
    _redis: Option<Server>,
    _postgres: Option<postgres::Server>,
    _folder: Option<TempDir>,
}

impl Running {
    /// Starts (or finds) a server.
    pub fn start(peer: &Peer, settings: &Settings, needs: Needs) -> anyhow::Result<Self> {
        let started = match peer {
            Peer::Schoolbell => schoolbell::start(settings, needs),
            Peer::SocketIo => socketio::start(settings, needs),
            Peer::Floor | Peer::Remote(_) if needs.nodes > 0 => Err(anyhow!("it is one process")),
            Peer::Floor => floor::start(settings),
            Peer::Remote(url) => remote::find(url, settings),
        };
        started.with_context(|| format!("{peer} cannot be measured"))
    }

    /// What the names of channels begin with.
    pub fn namespace(&self) -> &'static str {
        self.namespace
    }

    /// Names of channels.
    pub fn channels(&self, count: usize) -> Vec<String> {
        let name = |index| match self.chat {
            Some(_) => Conversations::channel(index),
            None => format!("{}{index}", self.namespace),
        };
        (0..count).map(name).collect()
    }

    /// Tokens of different users; none where the server wants none.
    pub fn tokens(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let signer = self.signer.as_ref().or_else(|| self.nodes.as_ref().map(Nodes::signer));
        signer.map_or(Ok(Vec::new()), |signer| signer.students(count))
    }

    /// A publisher to channels.
    pub fn publisher(&self, channels: &[String]) -> anyhow::Result<Publisher> {
        let count = channels.len();
        let channels = channels.to_vec();
        if let Some(chat) = self.chat {
            return self.speakers(chat);
        }
        let mut publisher = match &self.api {
            // Over Redis an answer takes a while, and another publisher does not wait for it.
            Some(Api { path, key }) if self.nodes.is_some() => {
                let lane = || ApiPublisher::new(self.target, path, key, channels.clone());
                let lanes = (0..LANES).map(|_| lane()).collect::<anyhow::Result<_>>()?;
                Publisher::new(Box::new(Lanes::new(lanes)?), count)
            }
            Some(Api { path, key }) => {
                Publisher::new(Box::new(ApiPublisher::new(self.target, path, key, channels)?), count)
            }
            None => Publisher::new(Box::new(ClientPublisher::new(self, channels)?), count),
        };
        publisher.wait(Duration::from_millis(50))?;
        Ok(publisher)
    }

    /// Members of the conversations, who write in turn.
    fn speakers(&self, chat: Conversations) -> anyhow::Result<Publisher> {
        let tokens = self.tokens(chat.people())?;
        let speaker = |(person, token)| Speaker { token, conversation: person % chat.conversations };
        let speakers = tokens.into_iter().enumerate().map(speaker).collect();
        Ok(Publisher::new(Box::new(ChatPublisher::new(self.target, speakers, chat)?), chat.conversations))
    }

    /// How it is published, for the report.
    pub fn publishes_by(&self) -> &'static str {
        match (self.chat, &self.api) {
            (Some(_), _) => "chat.send",
            (None, Some(_)) => "HTTP API",
            (None, None) => "client",
        }
    }

    /// The process that is published to, if it is known.
    pub fn pid(&self) -> Option<u32> {
        self.pids.first().copied()
    }

    /// What the server has used, all its processes together; nothing if they are not known.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        Ok(self.usages()?.into_iter().sum())
    }

    /// What each process has used.
    pub fn usages(&self) -> anyhow::Result<Vec<Usage>> {
        self.pids.iter().map(|pid| Usage::read(Some(*pid))).collect()
    }

    /// What the process beside it has used.
    pub fn usage_beside(&self) -> anyhow::Result<Option<Usage>> {
        self.beside.map(|pid| Usage::read(Some(pid))).transpose()
    }
}

/// Redis for several processes, on the core of this one: only they are what is measured.
fn redis() -> anyhow::Result<Server> {
    program("redis-server", "install it (Debian: apt-get install redis-server)")?;
    Ok(Server::single())
}

fn redis_pid(redis: &Server) -> anyhow::Result<u32> {
    let info = redis.cli(&["info", "server"]);
    let line = info.lines().find_map(|line| line.strip_prefix("process_id:"));
    line.and_then(|pid| pid.trim().parse().ok()).context("redis does not say which process it is")
}

fn program(name: &str, advice: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| format!("{name} is missing; {advice}"))
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
