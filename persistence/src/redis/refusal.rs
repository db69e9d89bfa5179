//! What an error reply means for who sent the command.

use super::RedisError;
use super::address::ServerAddress;

/// An error reply, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server does not have the script: it was started anew, or never had it.
    NoScript,
    /// The slot belongs to another master.
    Moved(ServerAddress),
    /// The slot is moving, and this key has moved.
    Ask(ServerAddress),
    /// The slot is moving, and some of the keys have moved. Again in a moment.
    Again,
    /// The server is no master any more.
    Demoted(String),
    /// The server cannot work now.
    Away(String),
    /// The command is wrong.
    Defect(String),
}

/// Replies of a server that will do the same command later, or of an operator's mistake that can be mended meanwhile.
const AWAY: [&str; 9] =
    ["LOADING", "BUSY", "CLUSTERDOWN", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "NOAUTH", "WRONGPASS"];

impl Refusal {
    /// Reads what `asked` has said.
    pub(super) fn read(text: &str, asked: &ServerAddress) -> Self {
        let mut words = text.split(' ');
        let word = words.next().unwrap_or_default();
        let mut place = || words.nth(1).and_then(|place| address(place, asked));
        match word {
            "NOSCRIPT" => Self::NoScript,
            "TRYAGAIN" => Self::Again,
            "READONLY" => Self::Demoted(text.to_owned()),
            "MOVED" => place().map_or_else(|| Self::Away(text.to_owned()), Self::Moved),
            "ASK" => place().map_or_else(|| Self::Away(text.to_owned()), Self::Ask),
            _ if AWAY.contains(&word) => Self::Away(text.to_owned()),
            _ => Self::Defect(text.to_owned()),
        }
    }

    /// The error for whoever waits, if nothing can be done about it.
    pub(super) fn into_error(self, what: &str) -> RedisError {
        match self {
            Self::Defect(text) => RedisError::Script(format!("{what}: {text}")),
            Self::Demoted(text) | Self::Away(text) => RedisError::Unavailable(text),
            Self::NoScript => RedisError::Unavailable(format!("{what}: the server forgets scripts")),
            Self::Moved(to) | Self::Ask(to) => RedisError::Unavailable(format!("the slot moves to {to}")),
            Self::Again => RedisError::Unavailable("the slot is moving".to_owned()),
        }
    }
}

/// A server as redirections name it: without a host if that is the host that was asked.
fn address(text: &str, asked: &ServerAddress) -> Option<ServerAddress> {
    let (host, port) = text.rsplit_once(':')?;
    let host = if host.is_empty() || host == "?" { &asked.host } else { host };
    Some(ServerAddress { host: host.to_owned(), port: port.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_by_their_first_word() {
        let asked = ServerAddress { host: "10.0.0.1".to_owned(), port: 7000 };
        let server = |host: &str, port| ServerAddress { host: host.to_owned(), port };
        for (text, refusal) in [
            ("NOSCRIPT No matching script. Please use EVAL.", Refusal::NoScript),
            ("MOVED 3999 10.0.0.2:7001", Refusal::Moved(server("10.0.0.2", 7001))),
            ("MOVED 3999 :7001", Refusal::Moved(server("10.0.0.1", 7001))),
            ("ASK 3999 ::1:7001", Refusal::Ask(server("::1", 7001))),
            ("TRYAGAIN Multiple keys request during rehashing of slot", Refusal::Again),
        ] {
            assert_eq!(Refusal::read(text, &asked), refusal);
        }
        for text in ["LOADING Redis is loading", "OOM command not allowed", "MOVED", "MOVED 1 nowhere"] {
            assert!(matches!(Refusal::read(text, &asked), Refusal::Away(_)), "{text}");
        }
        for text in ["ERR unknown command", "WRONGTYPE Operation against a key", "NOPERM no"] {
            assert!(matches!(Refusal::read(text, &asked), Refusal::Defect(_)), "{text}");
        }
    }
}
