//! A Postgres with conversations, written as the server's own tables.

use crate::{http::Http, installation::SCHOOL};
use anyhow::ensure;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use test_servers::postgres::{APP, OWNER, Server};

const FILL: &str = include_str!("conversations.sql");
/// What the ids of conversations begin with; the last twelve digits are their numbers.
const ID: &str = "00000000-0000-4000-9001-";
/// For a server that has to make its tables first.
const READY: Duration = Duration::from_secs(60);

/// Conversations and their members: person `i` is in conversation `i` modulo their number.
#[derive(Clone, Copy, Debug)]
pub struct Conversations {
    /// How many there are.
    pub conversations: usize,
    /// People in each.
    pub members: usize,
}

impl Conversations {
    /// The id of one.
    pub fn id(index: usize) -> String {
        format!("{ID}{index:012}")
    }

    /// Its channel.
    pub fn channel(index: usize) -> String {
        format!("chat:{}", Self::id(index))
    }

    /// People in all.
    pub fn people(self) -> usize {
        self.conversations * self.members
    }

    fn filling(self) -> String {
        FILL.replace("{school}", SCHOOL)
            .replace("{conversations}", &self.conversations.to_string())
            .replace("{people}", &self.people().to_string())
    }
}

/// Before there are tables.
pub(super) struct Database {
    server: Server,
    name: String,
    chat: Conversations,
}

impl Database {
    /// With fsync: a message that is acknowledged is kept.
    pub(super) fn start(chat: Conversations) -> Self {
        let server = Server::start_with(&["fsync=on", "full_page_writes=on", "shared_buffers=256MB"]);
        let name = server.empty_database();
        Self { server, name, chat }
    }

    /// Lines for the head of a configuration.
    pub(super) fn head(&self) -> String {
        let (app, owner) = (self.server.url(APP, &self.name), self.server.url(OWNER, &self.name));
        format!("database_url = \"{app}\"\n[postgres]\nowner_url = \"{owner}\"\nconnections = 10\n")
    }

    /// Fills the tables that a server has made; lives as long as what is given back.
    pub(super) fn fill(self, node: SocketAddr) -> anyhow::Result<Server> {
        let until = Instant::now() + READY;
        while Http::connect(node)?.try_get("/ready", ("Accept", "*/*"))?.0 != 200 {
            ensure!(Instant::now() < until, "the server is not ready within {READY:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        self.server.sql(&self.name, &self.chat.filling());
        Ok(self.server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let sql = Conversations { conversations: 3, members: 2 }.filling();
        assert!(!sql.contains('{') && !sql.contains('}'), "{sql}");
    }

    #[test]
    fn a_number_is_the_end_of_an_id() {
        assert_eq!(Conversations::channel(1_200), "chat:00000000-0000-4000-9001-000000001200");
    }
}
