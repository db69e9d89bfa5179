//! Conversations without a socket: commands in, what the client would receive out.

#![expect(clippy::unwrap_used, reason = "tests")]

mod commands;
mod connect;
mod crowd;
mod delta;
mod filter;
mod limits;
mod orders;
mod recovery;
mod subscribe;
mod tokens;

use super::*;
use crate::{
    broker::{Draft, PublishOptions},
    clock::{Clock, SystemClock},
    config::RealtimeConfig,
    dispatch::{SubscriptionGrant, SubscriptionTokenError, TokenError},
    identity::{Extras, ServerSubscription, SubscriptionOverrides},
    outbox::Next,
};
use async_trait::async_trait;
use protocol::{
    Payload,
    ids::{ClientId, GameId, PersonId, SchoolId, UserId},
    role::Role,
};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Tokens are `<user>@<school>`, `guest@…` is a guest, `expired@…` has expired. What follows behind `+` is a claim:
/// `forever`, `teacher`, `info`, or the channel of a server-side subscription.
struct Names {
    schools: [SchoolId; 2],
    ttl_s: u64,
}

/// A subscription token is this as JSON: user, channel, seconds left (none: for ever) and what it decides.
fn subscription_token(user: &str, channel: &str, ttl_s: Option<i64>, decides: &Value) -> String {
    json!({"user": user, "channel": channel, "ttl": ttl_s, "decides": decides}).to_string()
}

fn now_s() -> u64 {
    SystemClock::default().now_ms() / 1000
}

#[async_trait]
impl Authenticator for Names {
    async fn authenticate(&self, token: &str) -> Result<Identity, TokenError> {
        let (user, rest) = token.split_once('@').ok_or(TokenError::Invalid)?;
        let mut claims = rest.split('+');
        let school = claims.next();
        if user == "expired" {
            return Err(TokenError::Expired);
        }
        let mut identity = Identity {
            user: UserId(user.to_owned()),
            person: Some(PersonId::generate()),
            school: self.schools[usize::from(school == Some("b"))],
            role: Role::Student,
            name: None,
            email: None,
            game: (user == "guest").then(GameId::generate),
            expires_at: Some(now_s() + self.ttl_s),
            extras: None,
        };
        let mut extras = Extras::default();
        for claim in claims {
            match claim {
                "forever" => identity.expires_at = None,
                "teacher" => identity.role = Role::Teacher,
                "info" => extras.info = Some(Payload::of(&json!({"name": user}))),
                channel => extras.subs.push(server_subscription(channel)),
            }
        }
        identity.extras = Some(Arc::new(extras));
        Ok(identity)
    }

    async fn authorize_subscription(
        &self,
        identity: &Identity,
        _: ClientId,
        channel: &Channel,
        token: &str,
    ) -> Result<SubscriptionGrant, SubscriptionTokenError> {
        let claims: Value = serde_json::from_str(token).map_err(|_| SubscriptionTokenError::Invalid)?;
        if claims["user"] != identity.user.as_str() || claims["channel"] != channel.as_str() {
            return Err(SubscriptionTokenError::Mismatch);
        }
        if claims["ttl"].as_i64().is_some_and(|ttl| ttl < 0) {
            return Err(SubscriptionTokenError::Expired);
        }
        let decided = |name: &str| claims["decides"][name].as_bool();
        Ok(SubscriptionGrant {
            expires_at: claims["ttl"].as_u64().map(|ttl| now_s() + ttl),
            info: claims["decides"].get("info").map(Payload::of),
            overrides: SubscriptionOverrides {
                presence: decided("presence"),
                join_leave: decided("join_leave"),
                force_join_leave: decided("force_join_leave"),
                force_recovery: decided("force_recovery"),
                force_positioning: decided("force_positioning"),
            },
        })
    }
}

fn server_subscription(channel: &str) -> ServerSubscription {
    ServerSubscription {
        channel: Channel::parse(channel).unwrap(),
        info: Some(Payload::of(&json!({"by": "server"}))),
        data: Some(Payload::of(&json!("hello"))),
        expires_at: None,
        overrides: SubscriptionOverrides::default(),
        since: None,
    }
}

/// Owns `quiz:`; lets everybody but `ben` in, and notes who comes and goes.
#[derive(Default)]
struct Feature(Mutex<Vec<String>>);

#[async_trait]
impl Dispatch for Feature {
    async fn rpc(&self, caller: Caller, method: &str, params: Payload) -> Result<Payload, ErrorBody> {
        match method {
            "echo.user" => Ok(Payload::of(&json!({"user": caller.identity.user, "params": params}))),
            _ if method.starts_with("echo.") => Err(error::METHOD_NOT_FOUND),
            _ => Err(error::NOT_AVAILABLE),
        }
    }
    fn owns(&self, namespace: &str) -> bool {
        namespace == "quiz"
    }
    async fn authorize(&self, identity: &Identity, _: &Channel) -> Result<(), ErrorBody> {
        if identity.user.as_str() == "ben" { Err(error::PERMISSION_DENIED) } else { Ok(()) }
    }
    async fn joined(&self, connection: &Arc<Connection>, channel: &Channel) {
        self.0.lock().unwrap().push(format!("+{} {channel}", connection.info().user));
    }
    async fn left(&self, connection: &Arc<Connection>, channel: &Channel) {
        self.0.lock().unwrap().push(format!("-{} {channel}", connection.info().user));
    }
}

/// A namespace where much is allowed and everything is kept.
fn open() -> NamespaceOptions {
    NamespaceOptions {
        allow_subscribe: true,
        allow_publish: true,
        presence: true,
        allow_presence: true,
        join_leave: true,
        force_join_leave: true,
        history_size: 10,
        history_ttl_s: 300,
        allow_history: true,
        force_recovery: true,
        ..NamespaceOptions::default()
    }
}

/// No pings come between.
fn quiet() -> RealtimeConfig {
    RealtimeConfig { ping_interval: Duration::from_secs(99_999), ..RealtimeConfig::default() }
}

struct World {
    around: Surroundings,
    schools: [SchoolId; 2],
    feature: Arc<Feature>,
}

impl World {
    fn new() -> Self {
        Self::with(RealtimeConfig::default(), 3600)
    }

    /// A world with one more namespace.
    fn having(name: &str, options: NamespaceOptions) -> Self {
        let mut config = quiet();
        config.namespaces.insert(name.to_owned(), options);
        Self::with(config, 3600)
    }

    fn with(mut config: RealtimeConfig, ttl_s: u64) -> Self {
        let silent = NamespaceOptions { join_leave: false, force_join_leave: false, ..open() };
        let none = NamespaceOptions::default();
        for (name, options) in [
            ("open", open()),
            ("quiz", silent),
            ("user", none.clone()),
            ("closed", none.clone()),
            ("plain", NamespaceOptions { allow_subscribe: true, ..none }),
        ] {
            config.namespaces.entry(name.to_owned()).or_insert(options);
        }
        let schools = [SchoolId::generate(), SchoolId::generate()];
        if config.anonymous_school.is_some() {
            config.anonymous_school = Some(schools[0]);
        }
        let feature = Arc::new(Feature::default());
        let around = Surroundings {
            node: Node::embedded(config),
            authenticator: Arc::new(Names { schools, ttl_s }),
            dispatch: Arc::<Feature>::clone(&feature),
        };
        Self { around, schools, feature }
    }

    fn client(&self) -> Client {
        self.client_over(Link::drained(Encoding::Json))
    }

    fn client_over(&self, link: Link) -> Client {
        Client { session: Session::new(self.around.clone(), link).unwrap() }
    }

    async fn connected(&self, token: &str) -> Client {
        let mut client = self.client();
        client.send(json!({"id":1,"connect":{"token":token}})).await.unwrap();
        let replies = client.received().await;
        assert_eq!(replies[0]["connect"]["pong"], true, "{replies:?}");
        client
    }

    /// Connected and subscribed, with nothing left to receive.
    async fn subscribed(&self, token: &str, request: Value) -> Client {
        let mut client = self.connected(token).await;
        let reply = client.ask(json!({"id":2,"subscribe":request})).await;
        assert_eq!(reply["error"], Value::Null, "{request}: {reply}");
        client.received().await;
        client
    }

    async fn publish(&self, school: usize, channel: &str, data: Value) {
        self.publish_draft(school, channel, Draft::new(Payload::of(&data))).await;
    }

    async fn publish_tagged(&self, channel: &str, data: Value, tags: &[(&str, &str)]) {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.publish_draft(0, channel, Draft { tags, ..Draft::new(Payload::of(&data)) }).await;
    }

    async fn publish_draft(&self, school: usize, channel: &str, draft: Draft) {
        let key = self.key(school, channel);
        self.around.node.publish(&key, draft, PublishOptions::default()).await.unwrap();
    }

    fn key(&self, school: usize, channel: &str) -> ChannelKey {
        ChannelKey::new(self.schools[school], Channel::parse(channel).unwrap())
    }
}

struct Client {
    session: Session,
}

impl Client {
    async fn send(&mut self, command: Value) -> Result<(), Disconnect> {
        let commands = self.session.read(command.to_string().as_bytes())?;
        self.session.commands(commands).await
    }

    /// Looks at the clock as the wheel does, once the time has come; what it closes the connection with.
    async fn tick(&mut self) -> Option<Disconnect> {
        let connection = self.session.connection();
        let next = connection.tick(Instant::now())?;
        tokio::time::sleep_until(next).await;
        connection.tick(Instant::now());
        connection.outbox.closing()
    }

    /// Lets time pass, and does what the wheel and others ask for then.
    async fn pass(&mut self, time: Duration) -> Result<(), Disconnect> {
        tokio::time::advance(time).await;
        self.session.around.node.wheel.advance(Instant::now());
        self.session.obey().await?;
        self.session.connection().outbox.closing().map_or(Ok(()), Err)
    }

    /// All messages that are queued now. Every publication says when it was published; that is taken out.
    async fn received(&mut self) -> Vec<Value> {
        // What others do at the same moment comes first.
        tokio::task::yield_now().await;
        let mut messages = Vec::new();
        while let Some(Next::Write(batch)) = self.session.connection().outbox.take() {
            let values = batch.iter().map(|frame| serde_json::from_slice::<Value>(&frame.payload()).unwrap());
            messages.extend(values);
        }
        for publication in messages.iter_mut().filter_map(|message| message.pointer_mut("/push/pub")) {
            let time = publication.as_object_mut().unwrap().remove("time");
            assert!(time.unwrap().as_u64().unwrap().abs_diff(now_s() * 1000) < 60_000);
        }
        messages
    }

    async fn ask(&mut self, command: Value) -> Value {
        self.send(command).await.unwrap();
        self.received().await.remove(0)
    }

    /// Unsubscribes and subscribes again.
    async fn resubscribe(&mut self, request: Value) -> Value {
        self.received().await;
        self.ask(json!({"id":98,"unsubscribe":{"channel":request["channel"]}})).await;
        self.received().await;
        self.ask(json!({"id":99,"subscribe":request})).await["subscribe"].clone()
    }
}
