//! Tokens signed with keys of a set at an address.

use axum::{Json, Router, extract::State, routing::get};
use gateway::auth::{Auth, Jwks, KeyRing, Rules};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use realtime::{Clock, TokenError};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

const NOW_MS: u64 = 1_790_000_000_000;

#[derive(Debug, Default)]
struct SetClock(AtomicU64);

impl Clock for SetClock {
    fn now_ms(&self) -> u64 {
        NOW_MS + self.0.load(Ordering::Relaxed)
    }
}

/// A platform that serves a key set and counts who asks.
#[derive(Default)]
struct Platform {
    keys: Mutex<Vec<Value>>,
    asked: AtomicUsize,
}

async fn keys(State(platform): State<Arc<Platform>>) -> Json<Value> {
    platform.asked.fetch_add(1, Ordering::Relaxed);
    Json(json!({"keys": *platform.keys.lock().unwrap()}))
}

struct Scene {
    platform: Arc<Platform>,
    clock: Arc<SetClock>,
    auth: Auth,
}

async fn scene(published: Vec<Value>) -> Scene {
    let platform = Arc::new(Platform { keys: Mutex::new(published), ..Platform::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let router = Router::new().route("/keys", get(keys)).with_state(Arc::clone(&platform));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
        }
    });
    let clock = Arc::new(SetClock::default());
    let jwks = Jwks::new(url).unwrap();
    let rules = Rules { leeway_s: 30, ..Rules::default() };
    let auth = Auth::new(KeyRing::default(), Some(jwks), rules, Arc::<SetClock>::clone(&clock));
    Scene { platform, clock, auth }
}

fn signing_key() -> EncodingKey {
    EncodingKey::from_ec_pem(include_bytes!("../../src/auth/tests/ec.pem")).unwrap()
}

fn published(kid: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(&signing_key(), Algorithm::ES256).unwrap();
    jwk.common.key_id = Some(kid.to_owned());
    serde_json::to_value(jwk).unwrap()
}

fn token(kid: &str) -> String {
    let claims = json!({
        "sub": "0198a000-0000-7000-8000-000000000001", "role": "teacher",
        "schoolId": "0198a000-0000-7000-8000-0000000000aa", "exp": NOW_MS / 1_000 + 86_400,
    });
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, &claims, &signing_key()).unwrap()
}

impl Scene {
    fn asked(&self) -> usize {
        self.platform.asked.load(Ordering::Relaxed)
    }

    fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_key_of_the_set_verifies_and_the_set_is_kept() {
    let scene = scene(vec![json!({"kty": "unknown"}), published("one")]).await;
    for _ in 0..5 {
        assert!(scene.auth.verify(&token("one")).await.is_ok());
    }
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn invented_key_names_do_not_become_requests() {
    let scene = scene(vec![published("one")]).await;
    for number in 0..50 {
        let invented = scene.auth.verify(&token(&format!("invented-{number}"))).await;
        assert_eq!(invented, Err(TokenError::Invalid));
    }
    assert_eq!(scene.asked(), 1);
    scene.pass(30);
    assert_eq!(scene.auth.verify(&token("invented")).await, Err(TokenError::Invalid));
    assert_eq!(scene.asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_fetched_and_a_withdrawn_one_goes() {
    let scene = scene(vec![published("old")]).await;
    assert!(scene.auth.verify(&token("old")).await.is_ok());
    *scene.platform.keys.lock().unwrap() = vec![published("new")];
    scene.pass(31);
    assert!(scene.auth.verify(&token("new")).await.is_ok());
    assert_eq!(scene.auth.verify(&token("old")).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn those_who_come_at_once_share_one_request() {
    let scene = Arc::new(scene(vec![published("one")]).await);
    let all = (0..50).map(|_| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move { scene.auth.verify(&token("one")).await })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn a_secret_or_a_key_for_another_use_in_the_set_is_not_taken() {
    let secret =
        json!({"kty": "oct", "kid": "one", "alg": "HS256", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"});
    let mut encryption = published("one");
    encryption["use"] = json!("enc");
    let mut misnamed = published("one");
    misnamed["alg"] = json!("RS256");
    for key in [secret, encryption, misnamed] {
        let scene = scene(vec![key.clone()]).await;
        assert_eq!(scene.auth.verify(&token("one")).await, Err(TokenError::Invalid), "{key}");
    }
}

#[tokio::test]
async fn a_platform_that_is_down_signs_nobody_out() {
    let scene = scene(vec![published("one")]).await;
    assert!(scene.auth.verify(&token("one")).await.is_ok());
    // No longer a key set: as good as no answer.
    scene.platform.keys.lock().unwrap().clear();
    *scene.platform.keys.lock().unwrap() = vec![Value::Null; 100_000];
    scene.pass(601);
    assert!(scene.auth.verify(&token("one")).await.is_ok());
}
