//! One connection to one server, kept alive.
//!
//! The client connects again by itself when a connection breaks, but it does not notice a server that stays silent: its
//! own watch counts from the last write, and there always is a newer one. So each link asks for a sign of life and, when
//! none comes, drops the client with all its state and makes a new one.

use super::address::ServerAddress;
use super::{RedisError, Value};
use bytes::Bytes;
use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike as _, PubsubInterface as _, Resp3Frame};
use fred::types::config::{Config, ConnectionConfig, Options, PerformanceConfig, ReconnectPolicy, TcpConfig};
use fred::types::{ClusterHash, ConnectHandle, CustomCommand, Value as Word};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// Between two signs of life.
const PING_EVERY: Duration = Duration::from_secs(1);
/// After so long without an answer a server counts as hung. Redis answers nobody while a script runs or a disk stalls,
/// so it must not be much less.
const SILENCE: Duration = Duration::from_secs(2);
/// Pings in a row that fail, without silence, while the client believes that it is connected.
const FAILURES: u32 = 3;
/// Between two clients on one link.
const PAUSE: Duration = Duration::from_millis(100);
/// For a TCP connection with TLS, and for each of the commands that begin it.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Commands that wait for the connection. Each gives up after its own time limit, so more would only come late.
const QUEUE: usize = 16_384;
/// Messages of channels between the connection and the task that takes them. More are dropped, and counted.
pub(super) const MESSAGES: usize = 4_096;
/// The same for a connection that subscribes to nothing: the client keeps the room for them all the time.
pub(super) const NO_MESSAGES: usize = 16;

/// What a server said: a value, or an error reply. An error reply means that the command was not carried out, except
/// for one that a script met half-way.
pub(super) type Answer = Result<Value, String>;

/// Aborts its task when it is dropped.
#[derive(Debug)]
pub(super) struct Owned<T>(JoinHandle<T>);

impl<T> Owned<T> {
    pub(super) fn new(task: JoinHandle<T>) -> Self {
        Self(task)
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One connection. The tasks behind it end when it is dropped.
pub(super) struct Link {
    client: Arc<Mutex<Client>>,
    suspicion: Arc<Notify>,
    _watch: Owned<()>,
}

impl Link {
    /// Begins to connect and goes on for ever. `attach` is called with each client before it connects, and may start
    /// tasks that live as long as that client.
    pub(super) fn open(
        address: &ServerAddress,
        config: Config,
        messages: usize,
        attach: impl Fn(&Client) -> JoinSet<()> + Send + 'static,
    ) -> Self {
        let settings = Settings { config, messages };
        let first = Life::begin(&settings, &attach);
        let client = Arc::new(Mutex::new(first.client.clone()));
        let suspicion = Arc::new(Notify::new());
        let watch =
            watch(address.clone(), settings, attach, first, Arc::clone(&client), Arc::clone(&suspicion));
        Self { client, suspicion, _watch: Owned::new(tokio::spawn(watch)) }
    }

    fn client(&self) -> Client {
        // A client is swapped in one step that cannot panic half-way.
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.client().is_connected()
    }

    /// Has the connection made anew, since the server is not what it was.
    pub(super) fn suspect(&self) {
        self.suspicion.notify_one();
    }

    /// Sends a command, or fails at once without a connection. It is never sent twice.
    pub(super) async fn ask(
        &self,
        word: &'static str,
        args: Vec<Word>,
        limit: Duration,
    ) -> Result<Answer, RedisError> {
        ask(&self.client(), word, args, limit, true).await
    }

    /// Sends a command that may touch a slot which is moving here.
    pub(super) async fn ask_for_moving(
        &self,
        word: &'static str,
        args: Vec<Word>,
    ) -> Result<Answer, RedisError> {
        let pipeline = self.client().pipeline();
        let queue = async {
            let () = pipeline.custom(command("ASKING"), Vec::<Word>::new()).await?;
            let () = pipeline.custom(command(word), args).await?;
            pipeline.last::<Word>().await
        };
        match queue.await {
            Ok(word) => plain(word).map(Ok),
            // The client keeps no other difference between an error reply and an error of its own.
            Err(error) if is_reply(error.details()) => Ok(Err(error.details().to_owned())),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Subscribes, and waits until the server has confirmed it.
    pub(super) async fn subscribe(
        &self,
        sharded: bool,
        channels: &[String],
        limit: Duration,
    ) -> Result<Result<(), String>, RedisError> {
        let client = self.client();
        if sharded {
            // One by one, though they are on their way together: one command has one reply then, which can be checked.
            let all = channels.iter().map(|channel| subscribe_to_shard(&client, channel, limit));
            let replies = futures_util::future::join_all(all).await;
            return replies.into_iter().find(|reply| !matches!(reply, Ok(Ok(())))).unwrap_or(Ok(Ok(())));
        }
        let until = Instant::now() + limit;
        let patient = client.with_options(&options(limit, false));
        patient.subscribe(channels.to_vec()).await.map_err(|error| unavailable(&error))?;
        // The client answers a SUBSCRIBE before it is sent. A ping behind it is answered by the server, in order.
        barrier(&client, until.saturating_duration_since(Instant::now())).await
    }

    /// Asks to unsubscribe. Nothing confirms it.
    pub(super) async fn unsubscribe(&self, sharded: bool, channels: &[String]) -> Result<(), RedisError> {
        let client = self.client().with_options(&options(super::COMMAND_LIMIT, true));
        let channels = channels.to_vec();
        let sent =
            if sharded { client.sunsubscribe(channels).await } else { client.unsubscribe(channels).await };
        sent.map_err(|error| unavailable(&error))
    }
}

struct Settings {
    config: Config,
    messages: usize,
}

/// One client and what belongs to it.
struct Life {
    client: Client,
    router: Owned<Result<(), Error>>,
    _side: JoinSet<()>,
}

impl Life {
    fn begin(settings: &Settings, attach: &impl Fn(&Client) -> JoinSet<()>) -> Self {
        let client = client(settings.config.clone(), settings.messages);
        let side = attach(&client);
        let router = Owned::new(client.connect());
        Self { client, router, _side: side }
    }

    /// Waits until this client is of no more use, and says why.
    async fn ends(&mut self, suspicion: &Notify) -> &'static str {
        let mut failures = 0;
        loop {
            tokio::select! {
                () = suspicion.notified() => return "the server has changed its role",
                _ = &mut self.router.0 => return "the connection's task ended",
                () = tokio::time::sleep(PING_EVERY) => {}
            }
            match ask_raw(&self.client, "PING", Vec::new(), SILENCE, true).await {
                Ok(_) => failures = 0,
                Err(error) if *error.kind() == ErrorKind::Timeout => return "the server does not answer",
                // It knows that there is no connection, and connects.
                Err(_) if !self.client.is_connected() => failures = 0,
                Err(_) => failures += 1,
            }
            if failures == FAILURES {
                return "the connection is of no use";
            }
        }
    }
}

async fn watch(
    address: ServerAddress,
    settings: Settings,
    attach: impl Fn(&Client) -> JoinSet<()>,
    mut life: Life,
    current: Arc<Mutex<Client>>,
    suspicion: Arc<Notify>,
) {
    loop {
        let reason = life.ends(&suspicion).await;
        tracing::warn!(server = %address, reason, "the connection to Redis is made anew");
        drop(life);
        tokio::time::sleep(PAUSE).await;
        life = Life::begin(&settings, &attach);
        *current.lock().unwrap_or_else(PoisonError::into_inner) = life.client.clone();
    }
}

/// A client for one try: it gives up at the first error.
pub(super) fn trial(config: Config) -> (Client, impl Future<Output = Result<ConnectHandle, Error>>) {
    let client = client(Config { fail_fast: true, ..config }, NO_MESSAGES);
    let trial = client.clone();
    (client, async move { trial.init().await })
}

fn client(config: Config, messages: usize) -> Client {
    let performance = PerformanceConfig {
        default_command_timeout: super::COMMAND_LIMIT,
        broadcast_channel_capacity: messages,
        ..PerformanceConfig::default()
    };
    let connection = ConnectionConfig {
        connection_timeout: CONNECT_LIMIT,
        internal_command_timeout: CONNECT_LIMIT,
        // A command that was written may have been carried out: whether it may be repeated only the caller knows.
        max_command_attempts: 1,
        max_command_buffer_len: QUEUE,
        tcp: TcpConfig { nodelay: Some(true), ..TcpConfig::default() },
        ..ConnectionConfig::default()
    };
    let mut policy = ReconnectPolicy::new_exponential(0, 50, 1_000, 2);
    policy.set_jitter(50);
    let policy = if config.fail_fast { None } else { Some(policy) };
    Client::new(config, Some(performance), Some(connection), policy)
}

fn command(word: &'static str) -> CustomCommand {
    CustomCommand::new_static(word, ClusterHash::Random, false)
}

/// Sends a command. With `or_fail` it fails at once without a connection; else it waits for one within the limit.
pub(super) async fn ask(
    client: &Client,
    word: &'static str,
    args: Vec<Word>,
    limit: Duration,
    or_fail: bool,
) -> Result<Answer, RedisError> {
    let frame = ask_raw(client, word, args, limit, or_fail).await.map_err(|error| unavailable(&error))?;
    read(frame)
}

async fn ask_raw(
    client: &Client,
    word: &'static str,
    args: Vec<Word>,
    limit: Duration,
    or_fail: bool,
) -> Result<Resp3Frame, Error> {
    client.with_options(&options(limit, or_fail)).custom_raw(command(word), args).await
}

fn options(limit: Duration, or_fail: bool) -> Options {
    // Zero would be no limit.
    let timeout = Some(limit.max(Duration::from_millis(1)));
    Options { timeout, max_attempts: Some(1), fail_fast: or_fail, ..Options::default() }
}

async fn subscribe_to_shard(
    client: &Client,
    channel: &str,
    limit: Duration,
) -> Result<Result<(), String>, RedisError> {
    let answer = ask(client, "SSUBSCRIBE", vec![channel.into()], limit, false).await?;
    Ok(answer.and_then(|value| {
        // Replies are matched by their order alone. One that belongs to something else must not pass for ours.
        let ours = value.list().is_ok_and(|items| {
            let [word, name, _] = items else { return false };
            word.text().is_ok_and(|word| word == "ssubscribe")
                && name.text().is_ok_and(|name| name == channel)
        });
        if ours { Ok(()) } else { Err(OUT_OF_STEP.to_owned()) }
    }))
}

/// Said of a reply that belongs to something else; asking again helps.
pub(super) const OUT_OF_STEP: &str = "TRYAGAIN the reply belongs to another command";

async fn barrier(client: &Client, limit: Duration) -> Result<Result<(), String>, RedisError> {
    let word = uuid::Uuid::new_v4().simple().to_string();
    let answer = ask(client, "PING", vec![word.clone().into()], limit, false).await?;
    Ok(answer.and_then(|value| {
        if value.text().is_ok_and(|text| text == word) { Ok(()) } else { Err(OUT_OF_STEP.to_owned()) }
    }))
}

/// Waits until a condition holds, by looking at it: for beginnings, where milliseconds do not count.
pub(super) async fn wait_until(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !holds() {
        if Instant::now() >= end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

pub(super) fn unavailable(error: &Error) -> RedisError {
    RedisError::Unavailable(error.to_string())
}

/// Whether a text is an error reply: those begin with a word in capitals.
fn is_reply(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn read(frame: Resp3Frame) -> Result<Answer, RedisError> {
    Ok(Ok(match frame {
        Resp3Frame::SimpleError { data, .. } => return Ok(Err(data.to_string())),
        Resp3Frame::BlobError { data, .. } => return Ok(Err(String::from_utf8_lossy(&data).into_owned())),
        Resp3Frame::Null => Value::Nil,
        Resp3Frame::Number { data, .. } => Value::Int(data),
        Resp3Frame::Boolean { data, .. } => Value::Int(data.into()),
        Resp3Frame::BlobString { data, .. }
        | Resp3Frame::SimpleString { data, .. }
        | Resp3Frame::VerbatimString { data, .. } => Value::Bytes(data),
        Resp3Frame::Array { data, .. } | Resp3Frame::Push { data, .. } => return read_list(data),
        // Key, value, key, value, as before RESP3. No script returns one; CLUSTER SLOTS does.
        Resp3Frame::Map { data, .. } => {
            return read_list(data.into_iter().flat_map(|(key, value)| [key, value]));
        }
        _ => return Err(strange()),
    }))
}

fn read_list(frames: impl IntoIterator<Item = Resp3Frame>) -> Result<Answer, RedisError> {
    let mut items = Vec::new();
    for frame in frames {
        match read(frame)? {
            Ok(value) => items.push(value),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(Value::List(items)))
}

/// The same from what the client's pipelines give.
fn plain(word: Word) -> Result<Value, RedisError> {
    Ok(match word {
        Word::Null => Value::Nil,
        Word::Integer(number) => Value::Int(number),
        Word::Boolean(yes) => Value::Int(yes.into()),
        Word::String(text) => Value::Bytes(text.into_inner()),
        Word::Bytes(bytes) => Value::Bytes(bytes),
        Word::Queued => Value::Bytes(Bytes::from_static(b"QUEUED")),
        Word::Array(items) => Value::List(items.into_iter().map(plain).collect::<Result<_, _>>()?),
        _ => return Err(strange()),
    })
}

fn strange() -> RedisError {
    RedisError::Script("the reply is of a kind that no script returns".to_owned())
}
