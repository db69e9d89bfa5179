//! The checks before anything relies on Redis: whether it lets us in, what it is, and whether it does what we need.

use super::address::{Access, ServerAddress};
use super::link::{Answer, Owned, ask, trial};
use super::partitions::SLOTS;
use super::routes::Routes;
use super::slots::{Range, covered, read_ranges};
use super::{RedisError, StartError, Value};
use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::ClientLike as _;
use fred::types::Value as Word;
use std::time::Duration;

/// For each question.
const LIMIT: Duration = Duration::from_secs(2);
/// The oldest version with sharded pub/sub.
const OLDEST: (u32, u32) = (7, 0);

/// Writes, reads the clock and publishes, as all scripts do, on a key and a channel of ours.
const TRIAL: &str = "redis.call('TIME')
redis.call('SET', KEYS[1], '1', 'PX', 1000)
redis.call(ARGV[1], KEYS[1], '')
return 1";

/// Asks the servers that the URL names, until one answers, and returns who serves which slots.
pub(super) async fn check(access: &Access, trial_key: &str) -> Result<Vec<Range>, StartError> {
    let mut last = None;
    for seed in &access.seeds {
        match check_server(access, seed, trial_key).await {
            Err(StartError::Unreachable(text)) => last = Some(text),
            checked => return checked,
        }
    }
    Err(StartError::Unreachable(last.unwrap_or_default()))
}

async fn check_server(
    access: &Access,
    address: &ServerAddress,
    trial_key: &str,
) -> Result<Vec<Range>, StartError> {
    let (client, connecting) = trial(access.to_server(address));
    // It ends with this function, whatever the checks say.
    let _router = Owned::new(connecting.await.map_err(|error| not_let_in(address, &error))?);
    let visit = Visit { client, address };
    visit.check_version_and_mode(access.cluster).await?;
    let ranges = if access.cluster {
        visit.ranges().await?
    } else {
        visit.check_scripts(trial_key, "PUBLISH").await?;
        Routes::one_range(address.clone())
    };
    let _ = tokio::time::timeout(LIMIT, visit.client.quit()).await;
    Ok(ranges)
}

/// Checks, in a cluster, the scripts at the master that serves the key.
pub(super) async fn check_master(
    access: &Access,
    ranges: &[Range],
    slot: u16,
    key: &str,
) -> Result<(), StartError> {
    let Some(range) = ranges.iter().find(|range| (range.from..=range.to).contains(&slot)) else {
        return Err(StartError::Unreachable(format!("no master of the cluster serves slot {slot}")));
    };
    let address = &range.address;
    let (client, connecting) = trial(access.to_server(address));
    let _router = Owned::new(connecting.await.map_err(|error| not_let_in(address, &error))?);
    let visit = Visit { client, address };
    visit.check_scripts(key, "SPUBLISH").await?;
    let _ = tokio::time::timeout(LIMIT, visit.client.quit()).await;
    Ok(())
}

struct Visit<'a> {
    client: Client,
    address: &'a ServerAddress,
}

impl Visit<'_> {
    async fn ask(&self, word: &'static str, args: Vec<Word>) -> Result<Value, StartError> {
        let answer: Result<Answer, RedisError> = ask(&self.client, word, args, LIMIT, true).await;
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(reply)) => Err(refused(self.address, word, &reply)),
            Err(error) => Err(StartError::Unreachable(format!("Redis at {}: {error}", self.address))),
        }
    }

    async fn check_version_and_mode(&self, cluster: bool) -> Result<(), StartError> {
        let address = self.address;
        let info = self.ask("INFO", vec!["server".into()]).await?;
        let info = info.text().unwrap_or_default();
        let field = |name| {
            let mut lines = info.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
        };
        let version = field("redis_version").unwrap_or("unknown");
        if !is_recent(version) {
            let (major, minor) = OLDEST;
            return Err(StartError::Version(format!(
                "Redis at {address} has version {version}; at least {major}.{minor} is needed"
            )));
        }
        match (field("redis_mode"), cluster) {
            (Some("standalone"), false) | (Some("cluster"), true) => Ok(()),
            (Some("cluster"), false) => Err(StartError::Mode(format!(
                "Redis at {address} is part of a cluster; use redis-cluster:// (or rediss-cluster://) in redis.url"
            ))),
            (Some("standalone"), true) => Err(StartError::Mode(format!(
                "Redis at {address} is no cluster; use redis:// (or rediss://) in redis.url"
            ))),
            (mode, _) => Err(StartError::Mode(format!(
                "Redis at {address} works as {}; a server or a cluster is needed",
                mode.unwrap_or("something unknown")
            ))),
        }
    }

    async fn ranges(&self) -> Result<Vec<Range>, StartError> {
        let reply = self.ask("CLUSTER", vec!["SLOTS".into()]).await?;
        let unreachable =
            |text: String| StartError::Unreachable(format!("the cluster of {}: {text}", self.address));
        let ranges = read_ranges(&reply, self.address).map_err(|error| unreachable(error.to_string()))?;
        let slots = covered(&ranges);
        if slots != u32::from(SLOTS) {
            return Err(unreachable(format!("only {slots} of {SLOTS} slots have a master")));
        }
        Ok(ranges)
    }

    async fn check_scripts(&self, key: &str, publish: &str) -> Result<(), StartError> {
        let args: Vec<Word> = vec![TRIAL.into(), 1.into(), key.into(), publish.into()];
        self.ask("EVAL", args).await.map(drop)
    }
}

fn is_recent(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST)
}

/// Why a connection did not come about.
fn not_let_in(address: &ServerAddress, error: &Error) -> StartError {
    let details = error.details();
    if details.contains("InvalidCertificate") {
        return StartError::Refused(format!(
            "the certificate of Redis at {address} is not trusted ({details}); \
             name the authority that signed it in redis.ca_file"
        ));
    }
    match error.kind() {
        // What the server said; all else is the client's or the system's.
        ErrorKind::Auth | ErrorKind::Unknown | ErrorKind::Cluster | ErrorKind::InvalidArgument => {
            refused(address, "HELLO", details)
        }
        _ => StartError::Unreachable(format!("Redis at {address} cannot be reached: {error}")),
    }
}

/// What a server's error reply means for the start.
fn refused(address: &ServerAddress, command: &str, reply: &str) -> StartError {
    let word = reply.split(' ').next().unwrap_or_default();
    // In a script the word is lost; the second is how 7.0 puts it, the third how later ones do.
    let lacks_right = word == "NOPERM"
        || reply.contains("The user executing the script can't")
        || reply.contains("ACL failure in script");
    match word {
        "NOAUTH" => StartError::Refused(format!(
            "Redis at {address} wants a password (NOAUTH); put user and password into redis.url"
        )),
        "WRONGPASS" => StartError::Refused(format!(
            "Redis at {address} refused the user or the password (WRONGPASS); check them in redis.url"
        )),
        "DENIED" => StartError::Refused(format!(
            "Redis at {address} is in protected mode (DENIED); give it a password and put it into redis.url"
        )),
        _ if lacks_right => StartError::Refused(format!(
            "Redis at {address} does not let this user do what is needed ({command}: {reply}); \
             its rights must cover scripts, INFO, CLUSTER, PUBLISH and SUBSCRIBE, \
             and all keys and channels that begin with redis.prefix"
        )),
        "READONLY" => StartError::Mode(format!(
            "Redis at {address} is a replica (READONLY); name its master in redis.url"
        )),
        "NOPROTO" => too_old(address),
        _ if command == "HELLO" && reply.contains("unknown command") => too_old(address),
        _ => StartError::Unreachable(format!("Redis at {address} cannot work now ({command}: {reply})")),
    }
}

fn too_old(address: &ServerAddress) -> StartError {
    let (major, minor) = OLDEST;
    StartError::Version(format!("Redis at {address} is too old; at least {major}.{minor} is needed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for recent in ["7.0.0", "7.0.15", "7.2.4", "8.0", "10.0.1"] {
            assert!(is_recent(recent), "{recent}");
        }
        for old in ["6.2.14", "6.9", "7", "", "seven.0"] {
            assert!(!is_recent(old), "{old}");
        }
    }

    #[test]
    fn what_a_server_says_is_told_apart() {
        let address = ServerAddress { host: "r".to_owned(), port: 1 };
        let read = |command, reply| refused(&address, command, reply);
        assert!(matches!(read("HELLO", "ERR unknown command 'HELLO'"), StartError::Version(_)));
        assert!(matches!(read("INFO", "NOPERM this user has no permissions"), StartError::Refused(_)));
        assert!(matches!(read("EVAL", "READONLY You can't write"), StartError::Mode(_)));
        assert!(matches!(read("EVAL", "OOM command not allowed"), StartError::Unreachable(_)));
        assert!(matches!(read("INFO", "LOADING Redis is loading"), StartError::Unreachable(_)));
    }
}
