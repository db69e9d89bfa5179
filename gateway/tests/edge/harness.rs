//! A server on a port of its own with a data folder of its own.

use gateway::{auth::Subject, compose::App, config::Config, listen, router::router, ws::Admission};
use protocol::{
    ids::{PersonId, SchoolId},
    role::Role,
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Server {
    pub app: Arc<App>,
    pub address: SocketAddr,
    client: Client,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Server {
    /// A demo school.
    pub async fn demo() -> Self {
        Self::start(true, |_| {}).await
    }

    pub async fn start(demo: bool, set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        set(&mut config);
        config.check().unwrap();
        let listeners = listen::bind("127.0.0.1:0").await.unwrap();
        let address = listeners.addresses()[0];
        let app = App::start(config, demo).await.unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let admission = Admission::new(&app.config.limits);
            let (router, http, stop) =
                (router(&app, Arc::clone(&admission)), app.config.http.clone(), stop.clone());
            async move { listeners.serve(router, &http, admission, stop).await }
        });
        Self { app, address, client: Client::new(), stop, serving, _folder: folder }
    }

    /// On the Postgres of this process.
    #[cfg(unix)]
    pub async fn on_postgres() -> Self {
        use test_servers::postgres::{APP, OWNER, Server as Postgres};
        let secret = |url: String| Some(serde_json::from_value(json!(url)).unwrap());
        let (postgres, database) = (Postgres::shared(), Postgres::shared().empty_database());
        let server = Self::start(false, |config| {
            config.database_url = secret(postgres.url(APP, &database));
            config.postgres.owner_url = secret(postgres.url(OWNER, &database));
        });
        server.await
    }

    /// Ends the accept loop as a shutdown does.
    pub async fn stop_listening(self) -> Arc<App> {
        self.stop.cancel();
        self.serving.await.unwrap();
        self.app
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    /// A token for somebody of the demo school.
    pub async fn sign_in(&self, login: &str) -> String {
        let body = json!({"login": login, "password": "schoolbell"});
        let session = json_of(self.post("/api/v1/demo/session", &body), 200).await;
        session["token"].as_str().unwrap().to_owned()
    }

    pub async fn teacher(&self) -> String {
        self.sign_in("teacher@demo.school").await
    }

    /// A token for somebody whom only the token names.
    pub fn token(&self, school: SchoolId, role: Role) -> String {
        let subject = Subject {
            person: PersonId::generate(),
            school,
            role,
            name: Some("Somebody New".to_owned()),
            email: Some("new@school.example".to_owned()),
        };
        self.app.minter.person(subject, self.app.node.clock.now_ms() / 1_000, 600)
    }

    /// A lobby of the first quiz of the library: id and PIN.
    pub async fn open_game(&self, teacher: &str) -> (String, String) {
        let library = json_of(self.get("/api/v1/quizzes?limit=1").bearer_auth(teacher), 200).await;
        let body = json!({"quiz_id": library["items"][0]["id"]});
        let game = json_of(self.post("/api/v1/games", &body).bearer_auth(teacher), 201).await;
        (game["game"].as_str().unwrap().to_owned(), game["pin"].as_str().unwrap().to_owned())
    }
}

/// Sends, expects the status, reads JSON.
#[track_caller]
pub fn json_of(request: RequestBuilder, status: u16) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    async move {
        let response = request.send().await.unwrap();
        let got = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert_eq!(got, status, "{caller}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// Sends, expects a problem with this status and code.
#[track_caller]
pub fn problem(request: RequestBuilder, status: u16, code: &'static str) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    async move {
        let response = request.send().await.unwrap();
        assert_eq!(header(&response, "content-type"), "application/problem+json", "{caller}");
        let got = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{caller}: {body}");
        assert_eq!(body["status"], status, "{caller}");
        body
    }
}

pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// A quiz of one question of each kind.
pub fn quiz(title: &str) -> Value {
    let options = json!([{"text": "north"}, {"text": "south"}]);
    json!({"title": title, "questions": [
        {"prompt": "Which way does a compass point?", "kind": "single_choice", "options": options, "correct": 0},
        {"prompt": "Which of these are directions?", "kind": "multiple_choice", "options": options, "correct": [0, 1]},
        {"prompt": "The sun rises in the east.", "kind": "true_false", "correct": true},
        {"prompt": "The opposite of north?", "kind": "typed", "accepted": ["south"]},
        {"prompt": "How many degrees has a circle?", "kind": "numeric", "value": 360.0},
        {"prompt": "Clockwise from north:", "kind": "ordering", "items": ["north", "east", "south"]},
        {"prompt": "Which way do you like best?", "kind": "poll", "options": options},
    ]})
}
