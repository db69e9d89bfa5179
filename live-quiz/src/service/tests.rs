//! Games through sessions and a real store, without a socket.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod access;
mod playing;

use super::*;
use async_trait::async_trait;
use persistence::{
    DatabaseLocation, Micros,
    games::NewGame,
    journal::{Budget, Sinks, Writer, WriterConfig},
    people::Person,
};
use protocol::{
    Disconnect, Encoding, ErrorBody, Payload,
    ids::{ParticipantId, PersonId, QuizId, UserId},
    quiz::{GameReport, GameSettings, QuizContent},
    role::Role,
};
use realtime::{
    Authenticator, Caller as RpcCaller, Connection, Dispatch, NamespaceOptions, RealtimeConfig, Session,
    TokenError,
    outbox::Next,
    session::{Link, Surroundings},
};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Tokens are the identity as text: `<sub> <school> <role> <game?>`.
struct PlainTokens;

impl GuestTokens for PlainTokens {
    fn guest_token(&self, school: SchoolId, game: GameId, participant: ParticipantId, _: &str) -> String {
        format!("{} {school} guest {game}", UserId::guest(participant))
    }
}

#[async_trait]
impl Authenticator for PlainTokens {
    async fn authenticate(&self, token: &str) -> Result<Identity, TokenError> {
        let words: Vec<&str> = token.split(' ').collect();
        let [user, school, role, game] = words[..] else {
            return Err(TokenError::Invalid);
        };
        Ok(Identity {
            user: UserId(user.to_owned()),
            person: user.parse().ok(),
            school: school.parse().unwrap(),
            role: if role == "teacher" { Role::Teacher } else { Role::Student },
            name: Some("Grace".to_owned()),
            email: None,
            game: game.parse().ok(),
            expires_at: Some(u64::from(u32::MAX)),
            extras: None,
        })
    }
}

struct OnlyQuiz(Arc<LiveQuiz>);

#[async_trait]
impl Dispatch for OnlyQuiz {
    async fn rpc(&self, caller: RpcCaller, method: &str, params: Payload) -> Result<Payload, ErrorBody> {
        self.0.rpc(caller, method.trim_start_matches("quiz."), &params).await
    }
    fn owns(&self, namespace: &str) -> bool {
        namespace.starts_with("quiz")
    }
    async fn authorize(&self, identity: &Identity, channel: &Channel) -> Result<(), ErrorBody> {
        self.0.authorize(identity, channel).await
    }
    async fn joined(&self, connection: &Arc<Connection>, channel: &Channel) {
        self.0.joined(connection, channel).await;
    }
    async fn left(&self, connection: &Arc<Connection>, channel: &Channel) {
        self.0.left(connection, channel).await;
    }
}

/// A school with a teacher and a quiz.
struct School {
    store: Store,
    school: SchoolId,
    teacher: PersonId,
    quiz: QuizId,
}

/// A solution that nothing else looks like.
const CANARY: &str = "Ouagadougou";

fn content() -> QuizContent {
    serde_json::from_value(json!({"title":"Capitals","questions":[
        {"prompt":"Capital of Burkina Faso?","kind":"typed","accepted":[CANARY],"time_limit_s":30,"explanation":"It is Ouagadougou."},
        {"prompt":"Which is a capital?","kind":"single_choice","correct":1,"time_limit_s":30,
         "options":[{"text":"Sydney"},{"text":"Canberra"},{"text":"Perth"}]},
    ]}))
    .unwrap()
}

impl School {
    async fn new() -> Self {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let (school, teacher) = (SchoolId::generate(), PersonId::generate());
        store.schools().ensure(school, "Bellwood").await.unwrap();
        let (name, email) = ("Grace".to_owned(), "grace@school.example".to_owned());
        store
            .people()
            .upsert(&Person { school, id: teacher, role: Role::Teacher, name, email })
            .await
            .unwrap();
        let quiz = store.quizzes().create(school, teacher, &content(), Micros(1)).await.unwrap();
        Self { store, school, teacher, quiz }
    }

    /// One life of a server on this school's store.
    async fn server(&self) -> Server {
        let mut config = RealtimeConfig::default();
        let game = NamespaceOptions {
            history_size: 512,
            history_ttl_s: 600,
            force_recovery: true,
            ..Default::default()
        };
        config.namespaces.insert(GAME_NAMESPACE.into(), game);
        config.namespaces.insert(HOST_NAMESPACE.into(), NamespaceOptions::default());
        config.namespaces.insert("user".into(), NamespaceOptions::default());
        let node = Node::embedded(config);
        let stop = CancellationToken::new();
        let journal: Arc<dyn Journal> = Arc::new(self.store.local_journal(Budget::default()).unwrap());
        let sinks = Sinks::new(persistence::games::record::sinks()).unwrap();
        let config = WriterConfig { gather: Duration::ZERO, ..WriterConfig::new("test") };
        let writer = Writer::new(Arc::clone(&journal), &self.store, sinks, config);
        tokio::spawn(async move { writer.run(std::future::pending()).await });
        let quiz = LiveQuiz::new(
            self.store.clone(),
            (Arc::new(self.store.room_log()), Arc::clone(&journal)),
            Arc::clone(&node),
            Arc::new(PlainTokens),
            stop.clone(),
        );
        quiz.resume().await.unwrap();
        let dispatch = Arc::new(OnlyQuiz(Arc::clone(&quiz)));
        let around = Surroundings { node, authenticator: Arc::new(PlainTokens), dispatch };
        Server { quiz, around, stop }
    }

    async fn open(&self, server: &Server, settings: GameSettings) -> OpenedGame {
        server.quiz.open(self.school, self.teacher, self.quiz, settings).await.unwrap()
    }

    /// The report of a game that has ended, once it is written.
    async fn kept(&self, opened: &OpenedGame) -> GameReport {
        for _ in 0..500 {
            if let Some(report) = self.store.games().report(self.school, opened.game).await.unwrap() {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the game's end is not written");
    }

    fn teacher_token(&self) -> String {
        format!("{} {} teacher -", self.teacher, self.school)
    }

    fn identity(&self) -> Identity {
        Identity {
            user: UserId::person(self.teacher),
            person: Some(self.teacher),
            school: self.school,
            role: Role::Teacher,
            name: None,
            email: None,
            game: None,
            expires_at: None,
            extras: None,
        }
    }
}

struct Server {
    quiz: Arc<LiveQuiz>,
    around: Surroundings,
    stop: CancellationToken,
}

fn at_once() -> GameSettings {
    GameSettings { countdown_ms: 0, ..GameSettings::default() }
}

impl Server {
    async fn connect(&self, token: &str) -> Client {
        let mut client = Client {
            session: Session::new(self.around.clone(), Link::drained(Encoding::Json)).unwrap(),
            heard: Vec::new(),
        };
        let reply = client.ask(json!({"connect":{"token":token}})).await;
        assert!(reply["connect"]["client"].is_string(), "{reply}");
        client
    }

    async fn join(&self, opened: &OpenedGame, nickname: &str) -> JoinedGame {
        self.quiz
            .join(HOME, opened.game, &opened.pin, &Wish { nickname: Some(nickname), op: None }, None)
            .await
            .unwrap()
    }

    async fn player(&self, opened: &OpenedGame, nickname: &str) -> Client {
        let joined = self.join(opened, nickname).await;
        self.seated(opened, &joined).await
    }

    async fn seated(&self, opened: &OpenedGame, joined: &JoinedGame) -> Client {
        let mut client = self.connect(joined.token.as_ref().unwrap()).await;
        let reply = client.ask(json!({"subscribe":{"channel":format!("quiz:{}", opened.game)}})).await;
        assert!(reply["error"].is_null(), "{reply}");
        client
    }

    async fn host(&self, school: &School, opened: &OpenedGame) -> Client {
        let mut host = self.connect(&school.teacher_token()).await;
        for namespace in ["quiz", "quiz-host"] {
            let reply =
                host.ask(json!({"subscribe":{"channel":format!("{namespace}:{}", opened.game)}})).await;
            assert!(reply["error"].is_null(), "{reply}");
        }
        host
    }
}

struct Client {
    session: Session,
    /// Everything that was sent to this client, in order.
    heard: Vec<Value>,
}

impl Client {
    /// Moves what is queued to what was heard.
    async fn listen(&mut self) {
        let connection = Arc::clone(self.session.connection());
        loop {
            while let Some(Next::Write(batch)) = connection.outbox.take() {
                let values =
                    batch.iter().map(|frame| serde_json::from_slice::<Value>(&frame.payload()).unwrap());
                self.heard.extend(values);
            }
            if tokio::time::timeout(Duration::from_millis(2), connection.outbox.attention()).await.is_err() {
                break;
            }
        }
        self.session.obey().await.unwrap();
    }

    async fn send(&mut self, mut command: Value) -> Result<(), Disconnect> {
        command["id"] = json!(self.heard.len() + 1_000);
        let commands = self.session.read(command.to_string().as_bytes())?;
        self.session.commands(commands).await
    }

    async fn ask(&mut self, command: Value) -> Value {
        self.listen().await;
        let id = self.heard.len() + 1_000;
        self.send(command).await.unwrap();
        // The reply is queued by the time a command is handled.
        self.listen().await;
        self.heard.iter().find(|message| message["id"] == id).cloned().unwrap()
    }

    async fn rpc(&mut self, opened: &OpenedGame, verb: &str, params: Value) -> Result<Value, u64> {
        let mut params = params;
        params["game"] = json!(opened.game);
        let reply = self.ask(json!({"rpc":{"method":format!("quiz.{verb}"),"data":params}})).await;
        match reply["error"]["code"].as_u64() {
            Some(code) => Err(code),
            None => Ok(reply["rpc"]["data"].clone()),
        }
    }

    async fn state(&mut self, opened: &OpenedGame) -> Value {
        self.rpc(opened, "state", json!({})).await.unwrap()
    }

    /// Payloads of publications of a type so far, in order.
    async fn pushed_so_far(&mut self, kind: &str) -> Vec<Value> {
        self.listen().await;
        let all = self.heard.iter().map(|message| message["push"]["pub"]["data"].clone());
        all.filter(|data| data["type"] == kind).collect()
    }

    /// The same, once there is one: pushes follow their reply.
    async fn pushed(&mut self, kind: &str) -> Vec<Value> {
        for _ in 0..500 {
            let pushed = self.pushed_so_far(kind).await;
            if !pushed.is_empty() {
                return pushed;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {kind} in {:?}", self.heard);
    }
}

fn typed(op: &str, text: &str) -> Value {
    json!({"question":0,"op":op,"answer":{"text":text}})
}
