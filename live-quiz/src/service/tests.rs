//! Games through sessions and a real store, without a socket.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use async_trait::async_trait;
use persistence::{DatabaseLocation, Micros, games::NewGame, people::Person};
use protocol::{
    Disconnect, Encoding, ErrorBody, Payload,
    ids::{ParticipantId, PersonId, QuizId, UserId},
    quiz::{GameSettings, QuizContent},
    role::Role,
};
use realtime::{
    Authenticator, Caller as RpcCaller, Connection, Dispatch, NamespaceOptions, RealtimeConfig, Session,
    TokenError, outbox::Next, session::Surroundings,
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
            expires_at: u64::from(u32::MAX),
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
        let quiz = LiveQuiz::new(self.store.clone(), Arc::clone(&node), Arc::new(PlainTokens), stop.clone());
        quiz.resume().await.unwrap();
        let dispatch = Arc::new(OnlyQuiz(Arc::clone(&quiz)));
        let around = Surroundings { node, authenticator: Arc::new(PlainTokens), dispatch };
        Server { quiz, around, stop }
    }

    async fn open(&self, server: &Server, settings: GameSettings) -> OpenedGame {
        server.quiz.open(self.school, self.teacher, self.quiz, settings).await.unwrap()
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
            expires_at: 0,
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
        let mut client =
            Client { session: Session::new(self.around.clone(), Encoding::Json).unwrap(), heard: Vec::new() };
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
        while let Ok(Next::Write(batch)) =
            tokio::time::timeout(Duration::from_millis(2), connection.outbox.next()).await
        {
            self.heard.extend(batch.iter().map(|message| serde_json::from_slice::<Value>(message).unwrap()));
        }
        self.session.obey().await.unwrap();
    }

    async fn send(&mut self, mut command: Value) -> Result<(), Disconnect> {
        command["id"] = json!(self.heard.len() + 1_000);
        self.session.frame(command.to_string().as_bytes()).await
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

#[tokio::test]
async fn a_whole_game_is_played_reported_and_replayed() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let (mut ada, mut ben) = (server.player(&opened, "Ada").await, server.player(&opened, "Ben").await);
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert_eq!(ada.pushed("open").await.len(), 1, "{:?}", ada.heard);
    ada.rpc(&opened, "answer", typed("a1", " ouagadougou ")).await.unwrap();
    ben.rpc(&opened, "answer", typed("b1", "Accra")).await.unwrap();
    // Both have answered: the question closes at once and is revealed a second later.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(ada.pushed("closed").await[0]["reason"], "all_answered");
    assert_eq!(ben.pushed("reveal").await[0]["solution"]["accepted"], json!([CANARY]));
    let result = ada.pushed("quiz.result").await.remove(0);
    assert_eq!((result["correct"].clone(), result["rank"].clone()), (json!(true), json!(1)));
    assert_eq!(ben.pushed("quiz.result").await[0]["ahead"]["nickname"], "Ada");
    for _ in 0..2 {
        host.rpc(&opened, "next", json!({})).await.unwrap();
    }
    ben.rpc(&opened, "answer", json!({"question":1,"op":"b2","answer":{"choice":1}})).await.unwrap();
    for _ in 0..3 {
        host.rpc(&opened, "next", json!({})).await.unwrap();
    }
    assert_eq!(ada.pushed("podium").await.len(), 1);
    assert_eq!(ada.pushed("ended").await[0]["reason"], "finished");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let kept = school.store.games().report(school.school, opened.game).await.unwrap().unwrap();
    let live = server.quiz.report(&school.identity(), opened.game).await.unwrap();
    assert_eq!(kept, live);
    let replay = server.quiz.replay(&school.identity(), opened.game).await.unwrap();
    assert_eq!((replay.equal, replay.differences), (true, vec![]));
    assert!(replay.entries > 8);
    let scores: Vec<u64> = kept.participants.iter().map(|player| u64::from(player.score)).collect();
    assert_eq!(
        ada.state(&opened).await["you"]["score"].as_u64(),
        scores.get(usize::from(kept.participants[0].nickname != "Ada")).copied()
    );
}

#[tokio::test]
async fn nothing_that_a_player_receives_before_the_reveal_holds_the_solution() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let mut ada = server.player(&opened, "Ada").await;
    let _ben = server.player(&opened, "Ben").await;
    host.rpc(&opened, "next", json!({})).await.unwrap();
    ada.rpc(&opened, "answer", typed("a", "no idea")).await.unwrap();
    ada.state(&opened).await;
    let heard = serde_json::to_string(&ada.heard).unwrap();
    assert!(
        heard.contains("Burkina Faso") && !heard.contains(CANARY) && !heard.contains("Canberra"),
        "{heard}"
    );
    host.rpc(&opened, "skip", json!({})).await.unwrap();
    ada.pushed("reveal").await;
    assert!(
        serde_json::to_string(&ada.heard).unwrap().contains(CANARY),
        "the recording would have caught it"
    );
}

#[tokio::test]
async fn a_reconnect_in_mid_question_keeps_the_answer_and_allows_no_second() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let joined = server.join(&opened, "Ada").await;
    let mut ada = server.seated(&opened, &joined).await;
    let _ben = server.player(&opened, "Ben").await;
    host.rpc(&opened, "next", json!({})).await.unwrap();
    let first = ada.rpc(&opened, "answer", typed("op-1", CANARY)).await.unwrap();
    ada.session.close().await;
    let mut again = server.seated(&opened, &joined).await;
    assert_eq!(
        again.rpc(&opened, "answer", typed("op-1", CANARY)).await.unwrap(),
        first,
        "the same op is the same answer"
    );
    assert_eq!(again.rpc(&opened, "answer", typed("op-2", "Accra")).await, Err(1004));
    let state = again.state(&opened).await;
    assert_eq!(state["you"]["answer"]["answer"]["text"], CANARY);
    assert_eq!(state["you"]["score"], 0, "points come with the reveal");
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert!(again.state(&opened).await["you"]["score"].as_u64().unwrap() > 900);
}

#[tokio::test]
async fn a_game_outlives_its_server_in_mid_question() {
    let school = School::new().await;
    let first = school.server().await;
    let opened = school.open(&first, at_once()).await;
    let joined = first.join(&opened, "Ada").await;
    let mut host = first.host(&school, &opened).await;
    let mut ada = first.seated(&opened, &joined).await;
    host.rpc(&opened, "next", json!({})).await.unwrap();
    let before = ada.state(&opened).await;
    ada.rpc(&opened, "answer", typed("op", CANARY)).await.unwrap();
    // The process is killed: nothing is stopped or written, a new one starts on the same store.
    let second = school.server().await;
    let mut ada = second.seated(&opened, &joined).await;
    let mut host = second.host(&school, &opened).await;
    let state = ada.state(&opened).await;
    assert_eq!(state["closes_at"], before["closes_at"], "the clock went on");
    assert_eq!(state["you"]["answer"]["op"], "op");
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert!(ada.state(&opened).await["you"]["score"].as_u64().unwrap() > 900);
    assert_eq!(second.quiz.find(HOME, &opened.pin).await.unwrap().game, opened.game);
    drop(first.stop);
}

#[tokio::test]
async fn answers_of_a_hundred_at_once_all_count() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let mut players = Vec::new();
    for number in 0..100 {
        players.push(server.player(&opened, &format!("Player {number}")).await);
    }
    host.rpc(&opened, "next", json!({})).await.unwrap();
    let answers = players.iter_mut().enumerate().map(|(number, player)| {
        let command = json!({"rpc":{"method":"quiz.answer","data":{"game":opened.game,"question":0,"op":format!("{number}"),"answer":{"text":CANARY}}}});
        player.send(command)
    });
    for answered in futures_util::future::join_all(answers).await {
        answered.unwrap();
    }
    host.rpc(&opened, "next", json!({})).await.ok();
    let report = server.quiz.report(&school.identity(), opened.game).await.unwrap();
    assert_eq!((report.questions[0].answered, report.questions[0].correct), (100, 100));
    // The count goes to hosts alone, and seldom.
    assert!(!host.pushed("answers").await.is_empty());
    for player in &mut players {
        assert!(player.pushed_so_far("answers").await.is_empty());
        assert!(
            player.pushed_so_far("lobby").await.len() < 60,
            "the lobby is told now and then, not per player"
        );
    }
}

#[tokio::test]
async fn players_cannot_lead_and_strangers_cannot_look() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let other = school.open(&server, at_once()).await;
    let mut ada = server.player(&opened, "Ada").await;
    for (verb, params) in [
        ("next", json!({})),
        ("skip", json!({})),
        ("pause", json!({})),
        ("end", json!({})),
        ("roster", json!({})),
        ("lock", json!({"locked":true})),
        ("add_time", json!({"seconds":5})),
    ] {
        assert_eq!(ada.rpc(&opened, verb, params).await, Err(1002), "{verb}");
    }
    assert_eq!(
        ada.rpc(&other, "state", json!({})).await,
        Err(1001),
        "a guest's token reaches its own game only"
    );
    assert_eq!(ada.rpc(&opened, "nonsense", json!({})).await, Err(104));
    assert_eq!(ada.rpc(&opened, "answer", json!({"question":"x"})).await, Err(107));
    for (channel, code) in [
        (format!("quiz-host:{}", opened.game), 1002),
        (format!("quiz:{}", other.game), 1001),
        (format!("quiz:{}", GameId::generate()), 1001),
        ("quiz:nothing".to_owned(), 103),
    ] {
        assert_eq!(
            ada.ask(json!({"subscribe":{"channel":channel}})).await["error"]["code"],
            code,
            "{channel}"
        );
    }
    // A teacher of another school does not even learn that the game exists.
    let mut foreign = server.connect(&format!("{} {} teacher -", school.teacher, SchoolId::generate())).await;
    assert_eq!(foreign.rpc(&opened, "state", json!({})).await, Err(1000));
    // Another teacher of the school is no host.
    let mut colleague =
        server.connect(&format!("{} {} teacher -", PersonId::generate(), school.school)).await;
    assert_eq!(colleague.rpc(&opened, "next", json!({})).await, Err(1001));
}

#[tokio::test]
async fn a_kicked_player_is_told_and_hears_no_more() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let joined = server.join(&opened, "Rude").await;
    let mut rude = server.seated(&opened, &joined).await;
    host.rpc(&opened, "kick", json!({"participant":joined.participant})).await.unwrap();
    assert_eq!(rude.pushed("quiz.kicked").await.len(), 1);
    rude.session.connection().ordered().await;
    rude.listen().await;
    rude.listen().await;
    assert!(rude.heard.iter().any(|message| message["push"]["unsubscribe"]["code"] == 2000));
    host.rpc(&opened, "next", json!({})).await.unwrap();
    assert!(rude.pushed_so_far("countdown").await.is_empty());
    assert_eq!(rude.rpc(&opened, "state", json!({})).await, Err(1013));
    let channel = format!("quiz:{}", opened.game);
    assert_eq!(rude.ask(json!({"subscribe":{"channel":channel}})).await["error"]["code"], 1013);
}

#[tokio::test]
async fn wrong_pins_are_paced_and_right_ones_are_not_locked_out() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let wrong = if opened.pin == "000000" { "000001" } else { "000000" };
    for _ in 0..crate::guess::BURST {
        assert!(matches!(server.quiz.find(HOME, wrong).await, Err(JoinError::UnknownPin)));
    }
    let before = std::time::Instant::now();
    assert_eq!(server.quiz.find(HOME, &opened.pin).await.unwrap().peek.title, "Capitals");
    assert!(before.elapsed() >= Duration::from_millis(crate::guess::PACE_MS), "an address over budget waits");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    assert!(server.quiz.find(elsewhere, &opened.pin).await.is_ok());
}

#[tokio::test]
async fn pins_of_open_games_differ_and_ended_games_give_theirs_back() {
    let school = School::new().await;
    let server = school.server().await;
    let mut pins = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let opened = school.open(&server, at_once()).await;
        assert_eq!(opened.pin.len(), 6);
        assert!(pins.insert(opened.pin.clone()));
        let mut host = server.host(&school, &opened).await;
        host.rpc(&opened, "end", json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(matches!(server.quiz.find(HOME, &opened.pin).await, Err(JoinError::UnknownPin)));
    }
}

#[tokio::test]
async fn a_guest_whose_join_was_lost_joins_again_as_the_same() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let join = async |op: &str, nickname: &str| {
        let wish = Wish { nickname: Some(nickname), op: Some(op) };
        server.quiz.join(HOME, opened.game, &opened.pin, &wish, None).await
    };
    let first = join("a secret of Ada's", "Ada").await.unwrap();
    assert_eq!(join("a secret of Ada's", "Ada").await.unwrap(), first);
    assert!(matches!(
        join("a secret of others", "Ada").await,
        Err(JoinError::Refused(Refusal::NicknameTaken))
    ));
    assert!(matches!(join("short", "Ben").await, Err(JoinError::Refused(Refusal::InvalidSetting(_)))));
    assert_eq!(server.host(&school, &opened).await.state(&opened).await["players"], 1);
}

#[tokio::test]
async fn a_game_whose_opening_was_cut_off_is_ended_at_the_next_start() {
    let school = School::new().await;
    let server = school.server().await;
    let orphan = NewGame {
        school: school.school,
        id: GameId::generate(),
        quiz: school.quiz,
        version: 1,
        owner: school.teacher,
        title: "Capitals".into(),
        pin: "123456".into(),
        settings: at_once(),
        opened_at: Micros(1),
    };
    school.store.games().create(&orphan).await.unwrap();
    let opened = school.open(&server, at_once()).await;
    let next = school.server().await;
    assert!(matches!(next.quiz.find(HOME, "123456").await, Err(JoinError::UnknownPin)));
    assert_eq!(next.quiz.find(HOME, &opened.pin).await.unwrap().game, opened.game);
}

#[tokio::test]
async fn another_spelling_of_a_games_channel_is_no_channel() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut ada = server.player(&opened, "Ada").await;
    let plain = opened.game.to_string();
    for spelling in
        [plain.to_uppercase(), plain.replace('-', ""), format!("{{{plain}}}"), format!("urn:uuid:{plain}")]
    {
        let reply = ada.ask(json!({"subscribe":{"channel":format!("quiz:{spelling}")}})).await;
        assert_eq!(reply["error"]["code"], 103, "{spelling}");
    }
}

#[tokio::test]
async fn a_teacher_opens_a_bounded_number_of_games() {
    let school = School::new().await;
    let server = school.server().await;
    for _ in 0..open::MAX_OPEN {
        school.open(&server, at_once()).await;
    }
    let one_more = server.quiz.open(school.school, school.teacher, school.quiz, at_once()).await;
    assert!(matches!(one_more, Err(OpenError::TooManyOpen)));
}

#[tokio::test]
async fn a_cohost_leads_until_the_host_says_otherwise() {
    let school = School::new().await;
    let server = school.server().await;
    let opened = school.open(&server, at_once()).await;
    let mut host = server.host(&school, &opened).await;
    let colleague = PersonId::generate();
    let token = format!("{colleague} {} teacher -", school.school);
    let mut second = server.connect(&token).await;
    assert_eq!(second.rpc(&opened, "next", json!({})).await, Err(1001));
    host.rpc(&opened, "cohost", json!({"person":colleague,"on":true})).await.unwrap();
    assert_eq!(host.state(&opened).await["you"]["cohosts"], json!([colleague]));
    for namespace in ["quiz", "quiz-host"] {
        let reply = second.ask(json!({"subscribe":{"channel":format!("{namespace}:{}", opened.game)}})).await;
        assert!(reply["error"].is_null(), "{reply}");
    }
    second.rpc(&opened, "next", json!({})).await.unwrap();
    host.rpc(&opened, "cohost", json!({"person":colleague,"on":false})).await.unwrap();
    second.session.connection().ordered().await;
    second.listen().await;
    second.listen().await;
    let ended = second.heard.iter().filter(|message| message["push"]["unsubscribe"]["code"] == 2000);
    assert_eq!(ended.count(), 2, "both of the game's channels are closed to them");
    assert_eq!(second.rpc(&opened, "next", json!({})).await, Err(1001));
}
