//! Redis: scripts, pub/sub and the partitions that keys lie in. The only module that names the client.
//!
//! One server or a cluster. All that one step touches lies in one partition and is one script, so that it happens
//! altogether or not at all. Each call ends within two seconds, with an error if need be; nothing is sent twice, since a
//! command whose reply was lost may have been carried out.

mod address;
mod events;
mod link;
mod master;
mod partitions;
mod refusal;
mod routes;
mod script;
mod slots;
mod start;
mod subscriptions;
mod value;

pub use events::{Event, Events};
pub use partitions::{Partition, Partitions};
pub use script::Script;
pub use value::{Arg, Value};

use address::Access;
use fred::types::Value as Word;
use link::{Answer, Owned, wait_until};
use master::Master;
use partitions::slot_of_key;
use refusal::Refusal;
use routes::Routes;
use script::{Prepared, Scripts};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use subscriptions::Subscriptions;

/// Time limit of a call.
const COMMAND_LIMIT: Duration = Duration::from_secs(2);
/// Time limit of the start.
const START_LIMIT: Duration = Duration::from_secs(5);
/// Before a slot that is moving is asked again.
const MOVING: Duration = Duration::from_millis(20);

/// Where Redis is, and how it is used. Its text form leaves the password out.
#[derive(Clone)]
pub struct RedisConfig {
    /// `redis://[user[:password]@]host:port[/database]`, or `redis-cluster://…[?node=host:port&node=…]`; `rediss://` and
    /// `rediss-cluster://` use TLS. Credentials are percent-encoded.
    pub url: String,
    /// What all keys begin with, so that installations can share a server.
    pub prefix: String,
    /// Into how many parts channels and rooms are divided. It divides 16384 and never changes for an installation.
    pub partitions: u16,
    /// Certificates, in PEM form, of who signed the server's one; those of the system without it.
    pub ca_file: Option<PathBuf>,
}

impl RedisConfig {
    /// The usual: prefix `sb`, 128 partitions.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), prefix: "sb".to_owned(), partitions: 128, ca_file: None }
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, prefix, partitions, ca_file } = self;
        f.debug_struct("RedisConfig")
            .field("url", &address::without_credentials(url))
            .field("prefix", prefix)
            .field("partitions", partitions)
            .field("ca_file", ca_file)
            .finish()
    }
}

/// Why Redis cannot be used. Each text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be read.
    #[error("{0}")]
    Address(String),
    /// The server does not let us in, or not do what is needed.
    #[error("{0}")]
    Refused(String),
    /// A cluster was asked for and one server found, or the reverse, or a replica.
    #[error("{0}")]
    Mode(String),
    /// The server is too old.
    #[error("{0}")]
    Version(String),
    /// The server did not answer, or cannot work now.
    #[error("{0}")]
    Unreachable(String),
}

impl StartError {
    /// Whether trying again is of no use until an operator has changed something.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Unreachable(_))
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// No answer came in time, or the server cannot work now; try again. What was asked for may have happened, unless
    /// there was no connection.
    #[error("Redis is unavailable; try again: {0}")]
    Unavailable(String),
    /// A reply that no outage explains: a defect of a script, or a key of another kind.
    #[error("a step in Redis failed: {0}")]
    Script(String),
}

/// The connections to Redis. Clones share them; they end with the last clone.
#[derive(Clone)]
pub struct Redis {
    core: Arc<Core>,
}

struct Core {
    prefix: String,
    partitions: Arc<Partitions>,
    routes: Arc<Routes>,
    subscriptions: Arc<Subscriptions>,
    scripts: Scripts,
    tasks: Mutex<Vec<Owned<()>>>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.core.prefix).finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects: one try of at most 5 s. Checks that the server lets us in, is recent, is what the URL says, and may run
    /// our scripts. From then on broken connections are made anew, for ever.
    ///
    /// # Errors
    /// [`StartError`]; only [`StartError::Unreachable`] is worth another try.
    pub async fn connect(config: &RedisConfig) -> Result<Self, StartError> {
        if !Partitions::is_valid(config.partitions) {
            let text = format!("redis.partitions is {}; it must divide 16384", config.partitions);
            return Err(StartError::Address(text));
        }
        if config.prefix.is_empty() || config.prefix.contains(['{', '}']) {
            let text = "redis.prefix must have a character, and none of them a brace: keys need their own";
            return Err(StartError::Address(text.to_owned()));
        }
        let access = Access::read(config)?;
        let limit = tokio::time::timeout(START_LIMIT, Self::connect_with(config, access));
        limit.await.unwrap_or_else(|_| {
            let text = format!("Redis did not answer within {} s", START_LIMIT.as_secs());
            Err(StartError::Unreachable(text))
        })
    }

    async fn connect_with(config: &RedisConfig, access: Access) -> Result<Self, StartError> {
        let partitions = Arc::new(Partitions::new(config.partitions));
        let prefix = config.prefix.clone();
        let (trial_key, slot) =
            (key(&prefix, &partitions, Partition(0), "start"), partitions.slot(Partition(0)));
        let ranges = start::check(&access, &trial_key).await?;
        if access.cluster {
            start::check_master(&access, &ranges, slot, &trial_key).await?;
        }
        let subscriptions = Arc::new(Subscriptions::new(&partitions));
        let routes = Routes::open(access, Arc::clone(&partitions), Arc::clone(&subscriptions), ranges);
        let routes = Arc::new(routes);
        if !wait_until(START_LIMIT, || routes.all_connected()).await {
            return Err(StartError::Unreachable("not all masters can be reached".to_owned()));
        }
        let mut tasks = Vec::new();
        let (to_restore, on, of) = (Arc::clone(&subscriptions), Arc::clone(&routes), Arc::clone(&partitions));
        tasks.push(Owned::new(tokio::spawn(async move { to_restore.keep_restoring(&on, &of).await })));
        if routes.is_cluster() {
            let routes = Arc::clone(&routes);
            tasks.push(Owned::new(tokio::spawn(async move { routes.keep_looking().await })));
        }
        let tasks = Mutex::new(tasks);
        let core = Core { prefix, partitions, routes, subscriptions, scripts: Scripts::default(), tasks };
        Ok(Self { core: Arc::new(core) })
    }

    /// The partitions of channels and rooms.
    #[must_use]
    pub fn partitions(&self) -> &Partitions {
        &self.core.partitions
    }

    /// A key, or the name of a channel, in a partition: `sb:{tag}:rest`.
    #[must_use]
    pub fn key(&self, partition: Partition, rest: &str) -> String {
        key(&self.core.prefix, &self.core.partitions, partition, rest)
    }

    /// Runs a script as one atomic step, within 2 s. All keys are of one partition.
    ///
    /// # Errors
    /// [`RedisError`]; after [`RedisError::Unavailable`] the step may have been taken all the same.
    pub async fn run(&self, script: &Script, keys: Vec<String>, args: Vec<Arg>) -> Result<Value, RedisError> {
        let slot = keys.first().map(|key| slot_of_key(key.as_bytes()));
        let step = Step {
            routes: &self.core.routes,
            slot,
            script: self.core.scripts.prepare(script),
            words: words(keys, args),
            until: Instant::now() + COMMAND_LIMIT,
        };
        step.take(script.name).await
    }

    /// The command that publishes, for scripts: `SPUBLISH` in a cluster, where only the servers of one partition carry a
    /// message, else `PUBLISH`.
    #[must_use]
    pub fn publish_word(&self) -> &'static str {
        if self.core.routes.is_cluster() { "SPUBLISH" } else { "PUBLISH" }
    }

    /// Subscribes to channels of a partition (full names, see [`Redis::key`]) and waits, for at most 2 s, until Redis has
    /// confirmed it. They are subscribed to again whenever a connection was made anew. Again is as once.
    ///
    /// # Errors
    /// [`RedisError`]; the channels that were new are not followed then.
    pub async fn subscribe(&self, partition: Partition, channels: Vec<String>) -> Result<(), RedisError> {
        let slot = self.core.partitions.slot(partition);
        self.core.subscriptions.subscribe(&self.core.routes, slot, partition, channels).await
    }

    /// Unsubscribes from channels of a partition. Messages that are on their way may still come.
    ///
    /// # Errors
    /// [`RedisError`]; the channels are not restored any more, but until then the server may go on sending.
    pub async fn unsubscribe(&self, partition: Partition, channels: Vec<String>) -> Result<(), RedisError> {
        let slot = self.core.partitions.slot(partition);
        self.core.subscriptions.unsubscribe(&self.core.routes, slot, partition, &channels).await
    }

    /// What comes from the channels. Ask for it once, before the first subscription: there is one consumer, and whoever
    /// asks again gets no events.
    #[must_use]
    pub fn events(&self) -> Events {
        self.core.subscriptions.take_events().unwrap_or_else(Events::none)
    }

    /// Ends all connections, for all clones: calls fail from now on.
    pub async fn close(&self) {
        self.core.tasks.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.core.routes.close();
        // The tasks of the connections notice their end at their next turn.
        tokio::task::yield_now().await;
    }
}

fn key(prefix: &str, partitions: &Partitions, partition: Partition, rest: &str) -> String {
    format!("{prefix}:{{{}}}:{rest}", partitions.tag(partition))
}

/// What stands behind the script's name or text: the number of keys, the keys, the arguments.
fn words(keys: Vec<String>, args: Vec<Arg>) -> Vec<Word> {
    let count = i64::try_from(keys.len()).unwrap_or(i64::MAX);
    let keys = keys.into_iter().map(Word::from);
    let args = args.into_iter().map(|arg| match arg {
        Arg::Text(text) => Word::from(text),
        Arg::Bytes(bytes) => Word::Bytes(bytes),
        Arg::Int(number) => Word::Integer(number),
    });
    std::iter::once(Word::Integer(count)).chain(keys).chain(args).collect()
}

/// One run of a script.
struct Step<'a> {
    routes: &'a Routes,
    slot: Option<u16>,
    script: Arc<Prepared>,
    words: Vec<Word>,
    until: Instant,
}

impl Step<'_> {
    /// Each turn of the loop follows a reply that says that nothing was done.
    async fn take(self, name: &str) -> Result<Value, RedisError> {
        let mut whole = false;
        let mut moving_to = None;
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(RedisError::Unavailable(format!("{name} found no server in time")));
            }
            let asked = moving_to.take();
            let master = match &asked {
                Some(address) => self.routes.at(address),
                None => self.routes.master(self.slot)?,
            };
            let answer = self.send(&master, whole, asked.is_some(), left).await?;
            let refusal = match answer {
                Ok(Value::List(mut items)) if items.len() == 2 => return Ok(items.remove(1)),
                Ok(Value::List(_)) => return Ok(Value::Nil),
                Ok(value) => return Ok(value),
                Err(text) => Refusal::read(&text, &master.address),
            };
            match refusal {
                Refusal::NoScript if !whole => {
                    whole = true;
                    moving_to = asked;
                }
                Refusal::Moved(to) if self.routes.is_cluster() => {
                    // Out of time here is seen at the beginning of the next turn.
                    let _ = tokio::time::timeout(left, self.routes.look(Some(&to))).await;
                }
                Refusal::Ask(to) if self.routes.is_cluster() => {
                    let target = self.routes.at(&to);
                    wait_until(left, || target.answers()).await;
                    moving_to = Some(to);
                }
                Refusal::Again => tokio::time::sleep(MOVING).await,
                Refusal::Demoted(text) => {
                    master.suspect();
                    return Err(RedisError::Unavailable(text));
                }
                other => return Err(other.into_error(name)),
            }
        }
    }

    async fn send(
        &self,
        master: &Master,
        whole: bool,
        moving: bool,
        left: Duration,
    ) -> Result<Answer, RedisError> {
        let (word, script) =
            if whole { ("EVAL", &self.script.source) } else { ("EVALSHA", &self.script.sha) };
        let mut words = Vec::with_capacity(self.words.len() + 1);
        words.push(Word::Bytes(script.clone()));
        words.extend(self.words.iter().cloned());
        if moving { master.ask_for_moving(word, words).await } else { master.ask(word, words, left).await }
    }
}
