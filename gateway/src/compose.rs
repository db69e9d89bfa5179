//! What the server is made of, from the store up to the sockets. Reads as a stack.

mod database;
pub(crate) mod journal;
mod months;
mod practice;

pub use database::DatabaseError;
pub use journal::WriteBehind;

use crate::{
    auth::{ApiKeys, Auth, Jwks, KeyRing, Minter, Rules, VerifyingKey, load_or_generate},
    config::Config,
    demo::{Demo, refuse_shared_stores},
    dispatch::Features,
    streams::Streams,
    ws::{Origins, Sockets},
};
use anyhow::Context;
use chat::service::{CHAT_NAMESPACE, Chat, SIGNAL_NAMESPACE, class_channels};
use learning::service::{CLASS_NAMESPACE, Learning, STAFF_NAMESPACE, practice::Practice};
use live_quiz::service::{GAME_NAMESPACE, GuestTokens, HOST_NAMESPACE, LiveQuiz};
use persistence::{
    ArchivedRoomLog, Micros, Retention, RoomLog, Store,
    redis::{Redis, RedisConfig, StartError},
};
use protocol::ids::{GameId, ParticipantId, SchoolId};
use realtime::{
    Clock, Dispatch, NamespaceOptions, Node, RealtimeConfig,
    node::{Links, NotReady},
    session::Surroundings,
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Time for other nodes to take this one's games when it goes down.
const HAND_OVER: Duration = Duration::from_secs(5);

/// A running server, as its HTTP handlers see it.
pub struct App {
    /// The effective configuration.
    pub config: Config,
    /// The demo school, if this is a demo, open to everybody who reads its start page.
    pub demo: Option<Demo>,
    /// What lasts.
    pub store: Store,
    /// What is live.
    pub node: Arc<Node>,
    /// Verifies tokens.
    pub auth: Arc<Auth>,
    /// Keys of the platform's backend.
    pub api_keys: ApiKeys,
    /// Makes tokens for guests and the demo.
    pub minter: Arc<Minter>,
    /// What happened, on its way to what lasts.
    pub behind: Arc<WriteBehind>,
    /// Conversations.
    pub chat: Arc<Chat>,
    /// Live quizzes.
    pub quiz: Arc<LiveQuiz>,
    /// Records of schools.
    pub learning: Arc<Learning>,
    /// What people are asked, and what their answers tell.
    pub practice: Arc<Practice>,
    /// Which feature answers for what.
    pub features: Arc<dyn Dispatch>,
    /// WebSockets.
    pub sockets: Arc<Sockets>,
    /// Streams of SSE and HTTP.
    pub streams: Arc<Streams>,
    stop: CancellationToken,
    /// For the writer of the journal, which ends behind all that may add to it.
    stop_writing: CancellationToken,
    background: TaskTracker,
}

impl App {
    /// Builds the stack: store, node, journal, tokens, features, sockets; then wakes the games that were running. While
    /// Postgres or Redis is away, it is waited for.
    ///
    /// # Errors
    /// What is missing or wrong, in one line; a [`StartError`] or [`DatabaseError`] when Redis or Postgres cannot be used as
    /// configured.
    pub async fn start(config: Config, demo: bool) -> anyhow::Result<Arc<Self>> {
        if demo {
            refuse_shared_stores(&config)?;
        }
        let stop = CancellationToken::new();
        make_private(&config.data_dir)
            .with_context(|| format!("the data folder {} cannot be made", config.data_dir.display()))?;
        let store = database::open(&config).await?;
        // Boxed: with the Redis client's futures inside, this one is deeper than the compiler follows.
        let (node, log) = Box::pin(node(&config, &store)).await?;
        let journal = Box::pin(journal::open(&config, Some(&store), until_there(Redis::connect))).await?;
        let behind = WriteBehind::new(journal, &store, &node)?;
        let demo = if demo {
            let now = Micros::from_millis(node.clock.now_ms());
            Some(Demo::seed(&store, now, config.practice.schedule).await?)
        } else {
            None
        };
        let secret = load_or_generate(&config.data_dir)?;
        let minter = Arc::new(Minter::new(&secret));
        let auth = Arc::new(verifier(&config, &secret, Arc::clone(&node.clock))?);
        let api_keys = config.api_keys()?;
        let guests = Arc::new(Guests {
            minter: Arc::clone(&minter),
            clock: Arc::clone(&node.clock),
            ttl_s: config.auth.guest_ttl_s,
        });
        let logs = (log, Arc::clone(&behind.journal));
        let quiz = LiveQuiz::new(store.clone(), logs, Arc::clone(&node), guests, stop.child_token());
        let chat = Chat::new(store.clone(), Arc::clone(&node), stop.child_token());
        // Who leaves a class leaves its conversation.
        let learning = Learning::new(store.clone(), Arc::clone(&node), class_channels);
        let rules = Arc::new(practice::LiveQuizRules);
        let practice = Practice::new(Arc::clone(&learning), rules, config.practice.schedule);
        let features: Arc<dyn Dispatch> = Arc::new(Features {
            chat: Arc::clone(&chat),
            learning: Arc::clone(&learning),
            quiz: Arc::clone(&quiz),
        });
        let around = Surroundings {
            node: Arc::clone(&node),
            authenticator: Arc::<Auth>::clone(&auth),
            dispatch: Arc::clone(&features),
        };
        let origins = Origins::new(&origins(&config));
        let streams = Streams::new(around.clone(), origins.clone());
        let sockets = Sockets::new(around, origins);
        let background = TaskTracker::new();
        background.spawn(Arc::clone(&node).run(stop.child_token()));
        background.spawn(Arc::clone(&quiz).run(stop.child_token()));
        let retention = Retention::from(&config.retention);
        background.spawn(months::keep(store.clone(), retention, Arc::clone(&node.clock), stop.child_token()));
        let stop_writing = CancellationToken::new();
        background.spawn(Arc::clone(&behind).run(stop_writing.clone()));
        // What a finished quiz causes in its class's gradebook, and in what its players have mastered.
        background.spawn({
            let (learning, finished, stop) = (Arc::clone(&learning), quiz.finished(), stop.child_token());
            async move { learning.post_games(finished, stop).await }
        });
        let learned = practice::learn_from_games(Arc::clone(&practice), quiz.finished());
        background.spawn(stop.child_token().run_until_cancelled_owned(learned));
        Ok(Arc::new(Self {
            config,
            demo,
            store,
            node,
            auth,
            api_keys,
            minter,
            behind,
            chat,
            quiz,
            learning,
            practice,
            features,
            sockets,
            streams,
            stop,
            stop_writing,
            background,
        }))
    }

    /// Goes on with some work whatever becomes of who asked for it; [`Self::shut_down`] waits for it.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.background.spawn(work)
    }

    /// Whether the server takes new work.
    ///
    /// # Errors
    /// [`NotReady`]
    pub fn readiness(&self) -> Result<(), NotReady> {
        self.node.readiness()
    }

    /// Whether live play goes on while the database is away: what rooms need is in Redis then.
    #[must_use]
    pub fn plays_without_database(&self) -> bool {
        self.node.placement.is_shared()
    }

    /// Leaves in order: not ready, so that load balancers look elsewhere; games go to other nodes, if there are any; then
    /// connections are closed, spread over at most `over`. Requests are answered all the while.
    pub async fn drain(&self, over: Duration) {
        self.node.begin_drain();
        if self.node.placement.is_shared() {
            let notice = tokio::time::sleep(Duration::from_secs(self.config.shutdown_notice_s));
            let (left, ()) = tokio::join!(self.quiz.handed_over(HAND_OVER), notice);
            if left > 0 {
                tracing::warn!(
                    games = left,
                    "some games found no other node; they wait for one in their log"
                );
            }
        }
        self.node.drain(over).await;
    }

    /// Waits until connections have ended, lets games write their snapshots, and closes the store. [`Self::drain`] comes
    /// first.
    pub async fn shut_down(&self) {
        // Each has five seconds to write what is queued and one for the client to end its side.
        let closed = async { tokio::join!(self.sockets.closed(), self.streams.closed()) };
        let closed = tokio::time::timeout(Duration::from_secs(7), closed).await;
        if closed.is_err() {
            tracing::warn!("some connections did not close in time");
        }
        self.stop.cancel();
        tokio::join!(self.quiz.stopped(), self.chat.stopped());
        self.stop_writing.cancel();
        self.background.close();
        self.background.wait().await;
        if let Err(error) = self.store.clone().close().await {
            tracing::error!(%error, "the database was not closed cleanly; its log is replayed at the next start");
        }
    }
}

/// The node, alone or over Redis, and the log that its rooms are kept in.
async fn node(config: &Config, store: &Store) -> anyhow::Result<(Arc<Node>, Arc<dyn RoomLog>)> {
    let realtime = realtime_config(config);
    let Some(redis) = config.shared() else {
        return Ok((Node::embedded(realtime), Arc::new(store.room_log())));
    };
    let links = until_there(Links::connect)(&redis).await?;
    let log = Arc::new(ArchivedRoomLog::new(Arc::new(links.room_log()), Arc::new(store.room_log())));
    Ok((Node::over_redis(realtime, links), log))
}

/// Connects to Redis, however long it is away.
fn until_there<T>(
    connect: impl AsyncFn(&RedisConfig) -> Result<T, StartError>,
) -> impl AsyncFn(&RedisConfig) -> Result<T, StartError> {
    const LONGEST: Duration = Duration::from_secs(5);
    async move |redis: &RedisConfig| {
        let mut pause = Duration::from_millis(250);
        loop {
            match connect(redis).await {
                Err(error) if !error.is_final() => {
                    tracing::warn!(%error, "Redis is away; this node is not ready, and goes on trying");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST);
                }
                connected => return connected,
            }
        }
    }
}

/// Makes the data folder for its owner only: it holds names and results of children. One that exists stays as it is.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The operator's namespaces and those of the features.
fn realtime_config(config: &Config) -> RealtimeConfig {
    let mut realtime = config.realtime();
    let game = NamespaceOptions {
        // A phase's pushes and minutes of lobby: whoever was away for longer reads the state.
        history_size: 512,
        history_ttl_s: 3_600,
        force_recovery: true,
        ..NamespaceOptions::default()
    };
    let class = NamespaceOptions {
        // Notes are short, and a lesson is about as long: whoever was away for longer reads what it shows anew.
        history_size: 512,
        history_ttl_s: 3_600,
        force_recovery: true,
        ..NamespaceOptions::default()
    };
    let chat = NamespaceOptions {
        // A day's talk of most classes, or a busy hour: whoever was away for longer reads what is kept.
        history_size: 512,
        history_ttl_s: 3_600,
        force_recovery: true,
        ..NamespaceOptions::default()
    };
    realtime.namespaces.insert(CHAT_NAMESPACE.to_owned(), chat);
    realtime.namespaces.insert(SIGNAL_NAMESPACE.to_owned(), NamespaceOptions::default());
    realtime.namespaces.insert(CLASS_NAMESPACE.to_owned(), class.clone());
    realtime.namespaces.insert(STAFF_NAMESPACE.to_owned(), class);
    realtime.namespaces.insert(GAME_NAMESPACE.to_owned(), game);
    realtime.namespaces.insert(HOST_NAMESPACE.to_owned(), NamespaceOptions::default());
    realtime.namespaces.entry(realtime.personal_namespace.clone()).or_default();
    realtime
}

fn origins(config: &Config) -> Vec<String> {
    config.allowed_origins.iter().chain(&config.public_url).cloned().collect()
}

fn verifier(config: &Config, local_secret: &[u8], clock: Arc<dyn Clock>) -> anyhow::Result<Auth> {
    let settings = &config.auth;
    let mut keys = vec![VerifyingKey::local(local_secret)];
    let shared = match (&settings.hs256_secret, &settings.hs256_secret_file) {
        (Some(secret), _) => Some(secret.reveal().as_bytes().to_vec()),
        (None, Some(path)) => {
            let text = std::fs::read(path)
                .with_context(|| format!("the secret {} cannot be read", path.display()))?;
            Some(text.trim_ascii().to_vec())
        }
        (None, None) => None,
    };
    if let Some(shared) = shared {
        keys.push(VerifyingKey::shared(&shared, config.insecure.weak_secret)?);
    }
    for key in &settings.public_keys {
        let pem = std::fs::read(&key.file)
            .with_context(|| format!("the public key {} cannot be read", key.file.display()))?;
        keys.push(VerifyingKey::public(key.file.clone(), &pem, &key.algorithm, key.kid.clone())?);
    }
    let jwks = settings.jwks_url.clone().map(Jwks::new).transpose()?;
    let rules = Rules {
        issuer: settings.issuer.clone(),
        audience: settings.audience.clone(),
        leeway_s: settings.leeway_s,
        default_school: settings.default_school,
        anonymous: config.admits_anonymous(),
        tokens_without_expiry: config.insecure.tokens_without_expiry,
        max_subscriptions: config.limits.subscriptions,
    };
    Ok(Auth::new(KeyRing::new(keys), jwks, rules, clock))
}

/// Guests' tokens, signed with this server's own key.
struct Guests {
    minter: Arc<Minter>,
    clock: Arc<dyn Clock>,
    ttl_s: u64,
}

impl GuestTokens for Guests {
    fn guest_token(
        &self,
        school: SchoolId,
        game: GameId,
        participant: ParticipantId,
        nickname: &str,
    ) -> String {
        let now_s = self.clock.now_ms() / 1000;
        self.minter.guest(school, game, participant, nickname.to_owned(), now_s, self.ttl_s)
    }
}
