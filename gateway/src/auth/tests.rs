#![expect(clippy::unwrap_used, reason = "tests")]

mod api_keys;
mod platform;
mod subscription;

use super::*;
use jsonwebtoken::{EncodingKey, Header};
use protocol::{
    ids::{GameId, ParticipantId, PersonId, SchoolId},
    role::Role,
};
use serde_json::{Value, json};
use std::path::PathBuf;

const NOW_S: u64 = 1_790_000_000;
const LEEWAY_S: u64 = 30;
const SHARED: &[u8] = b"a secret that is shared with the platform";
const LOCAL: &[u8] = b"the secret of this server alone, 32+";
const PERSON: &str = "0198a000-0000-7000-8000-000000000001";
const SCHOOL: &str = "0198a000-0000-7000-8000-0000000000aa";
const RSA_PUBLIC: &[u8] = include_bytes!("tests/rsa.pub.pem");

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now_ms(&self) -> u64 {
        NOW_S * 1_000
    }
}

fn auth(keys: Vec<VerifyingKey>) -> Auth {
    with_rules(keys, Rules { leeway_s: LEEWAY_S, ..Rules::default() })
}

fn with_rules(keys: Vec<VerifyingKey>, rules: Rules) -> Auth {
    Auth::new(KeyRing::new(keys), None, rules, Arc::new(StoppedClock))
}

fn usual() -> Auth {
    auth(vec![VerifyingKey::local(LOCAL), VerifyingKey::shared(SHARED, false).unwrap()])
}

fn public(pem: &[u8], algorithm: &str, kid: Option<&str>) -> VerifyingKey {
    VerifyingKey::public(PathBuf::from("key.pem"), pem, algorithm, kid.map(str::to_owned)).unwrap()
}

fn claims() -> Value {
    json!({"sub": PERSON, "email": "a@b.c", "role": "teacher", "schoolId": SCHOOL, "iat": NOW_S, "exp": NOW_S + 600})
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[key] = value;
    claims
}

fn shared_token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SHARED);
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// A token whose header is spelled by hand, signed with the shared secret as HS256.
fn spelled(header: &str, claims: &Value) -> String {
    let good = shared_token(claims);
    let payload = good.split('.').nth(1).unwrap();
    let message = format!("{}.{payload}", base64url(header.as_bytes()));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(SHARED), Algorithm::HS256);
    format!("{message}.{}", signature.unwrap())
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().chain([0, 0].iter()).take(3).fold(0, |word, byte| word << 8 | usize::from(*byte));
        for digit in 0..=chunk.len() {
            text.push(char::from(ALPHABET[word >> (18 - 6 * digit) & 63]));
        }
    }
    text
}

#[tokio::test]
async fn a_platform_token_speaks_for_its_person() {
    let identity = usual().verify(&shared_token(&claims())).await.unwrap();
    assert_eq!(identity.person, Some(PERSON.parse().unwrap()));
    assert_eq!(identity.user.as_str(), PERSON);
    assert_eq!(identity.school, SCHOOL.parse().unwrap());
    assert_eq!((identity.role, identity.expires_at), (Role::Teacher, Some(NOW_S + 600)));
    assert!(!identity.is_guest());
}

#[tokio::test]
async fn every_served_algorithm_verifies_with_its_own_key() {
    let pairs: [(&str, &[u8], EncodingKey); 3] = [
        ("RS256", RSA_PUBLIC, EncodingKey::from_rsa_pem(include_bytes!("tests/rsa.pem")).unwrap()),
        (
            "ES256",
            include_bytes!("tests/ec.pub.pem"),
            EncodingKey::from_ec_pem(include_bytes!("tests/ec.pem")).unwrap(),
        ),
        (
            "EdDSA",
            include_bytes!("tests/ed.pub.pem"),
            EncodingKey::from_ed_pem(include_bytes!("tests/ed.pem")).unwrap(),
        ),
    ];
    let all = auth(pairs.iter().map(|(algorithm, pem, _)| public(pem, algorithm, Some(algorithm))).collect());
    for (name, _, key) in &pairs {
        let algorithm = name.parse().unwrap();
        let header = Header { kid: Some((*name).to_owned()), ..Header::new(algorithm) };
        let token = jsonwebtoken::encode(&header, &claims(), key).unwrap();
        assert!(all.verify(&token).await.is_ok(), "{name}");
        let other = Header { kid: Some("unknown".to_owned()), ..Header::new(algorithm) };
        let token = jsonwebtoken::encode(&other, &claims(), key).unwrap();
        assert_eq!(all.verify(&token).await, Err(TokenError::Invalid), "{name} under an unknown key name");
    }
}

#[tokio::test]
async fn a_forged_token_is_invalid() {
    let good = shared_token(&claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let other = base64url(with("role", json!("super_admin")).to_string().as_bytes());
    let wrong_key = jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        &claims(),
        &EncodingKey::from_secret(b"some other secret, long enough..."),
    );
    for token in [
        format!("{header}.{other}.{signature}"),
        format!("{message}."),
        message.to_owned(),
        format!("{good}.{signature}"),
        wrong_key.unwrap(),
        String::new(),
        "..".to_owned(),
        "x".repeat(MAX_TOKEN + 1),
    ] {
        assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid), "{token:.60}");
    }
}

#[tokio::test]
async fn none_is_refused_in_all_spellings() {
    let payload = base64url(claims().to_string().as_bytes());
    for alg in ["none", "None", "NONE", "nOnE", "", " none", "none\\u0000", "hs256", "HS256 "] {
        let header = base64url(format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#).as_bytes());
        for signature in ["", "AA"] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid), "{alg:?} {signature:?}");
        }
        let signed = spelled(&format!(r#"{{"alg":"{alg}"}}"#), &claims());
        assert_eq!(usual().verify(&signed).await, Err(TokenError::Invalid), "{alg:?} signed");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let auth = auth(vec![public(RSA_PUBLIC, "RS256", None)]);
    let key = EncodingKey::from_secret(RSA_PUBLIC);
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims(), &key).unwrap();
        assert_eq!(auth.verify(&token).await, Err(TokenError::Invalid), "{algorithm:?}");
    }
}

#[tokio::test]
async fn a_key_is_bound_to_one_algorithm_of_its_family() {
    let key = EncodingKey::from_secret(SHARED);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims(), &key).unwrap();
        assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid), "{algorithm:?}");
    }
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_ignored() {
    let mine = EncodingKey::from_rsa_pem(include_bytes!("tests/rsa.pem")).unwrap();
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&mine, Algorithm::RS256).unwrap();
    let header = Header {
        jwk: Some(jwk),
        jku: Some("https://attacker.example/keys".to_owned()),
        x5u: Some("https://attacker.example/cert".to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    let token = jsonwebtoken::encode(&header, &claims(), &mine).unwrap();
    assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn a_key_name_is_only_compared_with_our_own() {
    let named = auth(vec![VerifyingKey::local(LOCAL)]);
    for kid in ["../../../../dev/null", "/dev/null", "' OR 1=1 --", "", "schoolbell-local\u{0}"] {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
        let mut claims = claims();
        claims["iss"] = json!("schoolbell");
        for secret in [LOCAL, b"".as_slice()] {
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(named.verify(&token).await, Err(TokenError::Invalid), "{kid:?}");
        }
    }
}

#[tokio::test]
async fn a_critical_extension_is_refused() {
    let token = spelled(r#"{"alg":"HS256","crit":["exp"]}"#, &claims());
    assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid));
    assert!(usual().verify(&spelled(r#"{"alg":"HS256"}"#, &claims())).await.is_ok());
}

#[tokio::test]
async fn a_claim_given_twice_makes_the_token_invalid() {
    let key = EncodingKey::from_secret(SHARED);
    let text = claims().to_string().replacen('{', r#"{"role":"student","#, 1);
    let message = format!("{}.{}", base64url(br#"{"alg":"HS256"}"#), base64url(text.as_bytes()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert_eq!(usual().verify(&format!("{message}.{signature}")).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn times_hold_to_the_second_with_leeway() {
    for (exp, expected) in [
        (json!(NOW_S - LEEWAY_S + 1), None),
        (json!(NOW_S - LEEWAY_S), Some(TokenError::Expired)),
        (json!(0), Some(TokenError::Expired)),
        (json!(NOW_S as f64 + 0.5), None),
        (json!(-1), Some(TokenError::Invalid)),
        (json!(1e300), Some(TokenError::Invalid)),
        (json!("1790000600"), Some(TokenError::Invalid)),
        (Value::Null, Some(TokenError::Invalid)),
    ] {
        let verdict = usual().verify(&shared_token(&with("exp", exp.clone()))).await;
        assert_eq!(verdict.err(), expected, "exp {exp}");
    }
    for begin in ["nbf", "iat"] {
        let early = usual().verify(&shared_token(&with(begin, json!(NOW_S + LEEWAY_S + 1)))).await;
        assert_eq!(early, Err(TokenError::Invalid), "{begin}");
        assert!(
            usual().verify(&shared_token(&with(begin, json!(NOW_S + LEEWAY_S)))).await.is_ok(),
            "{begin}"
        );
    }
}

#[tokio::test]
async fn a_token_without_an_end_is_invalid() {
    let mut endless = claims();
    endless.as_object_mut().unwrap().remove("exp");
    assert_eq!(usual().verify(&shared_token(&endless)).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn issuer_and_audience_must_be_the_configured_ones() {
    let rules = Rules {
        leeway_s: LEEWAY_S,
        issuer: Some("https://platform.example".to_owned()),
        audience: Some("schoolbell".to_owned()),
        ..Rules::default()
    };
    let auth = with_rules(vec![VerifyingKey::shared(SHARED, false).unwrap()], rules);
    let mut good = claims();
    good["iss"] = json!("https://platform.example");
    good["aud"] = json!(["other", "schoolbell"]);
    assert!(auth.verify(&shared_token(&good)).await.is_ok());
    for (key, value) in [
        ("iss", json!("https://platform.example/")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", Value::Null),
    ] {
        let mut bad = good.clone();
        bad[key] = value.clone();
        assert_eq!(auth.verify(&shared_token(&bad)).await, Err(TokenError::Invalid), "{key} {value}");
    }
}

#[tokio::test]
async fn claims_of_the_wrong_shape_are_invalid() {
    for (key, value) in [
        ("sub", json!(7)),
        ("sub", json!([PERSON])),
        ("role", json!("root")),
        ("role", json!("Teacher")),
        ("schoolId", json!("*")),
        ("schoolId", Value::Null),
    ] {
        let token = shared_token(&with(key, value.clone()));
        assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid), "{key} {value}");
    }
}

#[tokio::test]
async fn two_spellings_of_an_id_are_one_user() {
    let identity = usual().verify(&shared_token(&with("sub", json!(PERSON.to_uppercase())))).await.unwrap();
    assert_eq!(identity.user.as_str(), PERSON);
}

#[tokio::test]
async fn a_guest_token_reaches_its_game() {
    let (game, participant) = (GameId::generate(), ParticipantId::generate());
    let school: SchoolId = SCHOOL.parse().unwrap();
    let token = Minter::new(LOCAL).guest(school, game, participant, "Ada".to_owned(), NOW_S, 60);
    let identity = usual().verify(&token).await.unwrap();
    assert_eq!((identity.game, identity.person), (Some(game), None));
    assert_eq!(identity.user.as_str(), format!("guest:{participant}"));
    assert_eq!(identity.role, Role::Student);
}

#[tokio::test]
async fn the_platform_cannot_make_guests() {
    let mut guest = with("sub", json!(format!("guest:{PERSON}")));
    guest["game"] = json!(PERSON);
    guest["role"] = json!("student");
    assert_eq!(usual().verify(&shared_token(&guest)).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn a_person_token_of_our_own_is_good_until_its_end() {
    let subject = Subject {
        person: PersonId::generate(),
        school: SCHOOL.parse().unwrap(),
        role: Role::SchoolAdmin,
        name: Some("Ada".to_owned()),
        email: None,
    };
    let minter = Minter::new(LOCAL);
    let identity = usual().verify(&minter.person(subject.clone(), NOW_S, 60)).await.unwrap();
    assert_eq!((identity.person, identity.role), (Some(subject.person), subject.role));
    assert_eq!(identity.extras, None, "what is not carried takes no room");
    let over = minter.person(subject, NOW_S - 100, 60);
    assert_eq!(usual().verify(&over).await, Err(TokenError::Expired));
}

#[test]
fn a_short_shared_secret_is_refused() {
    assert!(matches!(VerifyingKey::shared(b"secret", false), Err(KeyError::WeakSecret)));
    assert!(VerifyingKey::shared(b"secret", true).is_ok());
    assert!(matches!(VerifyingKey::shared(b"", true), Err(KeyError::WeakSecret)), "no secret is no secret");
}

#[test]
fn a_private_key_or_a_key_of_another_kind_is_refused() {
    for (pem, algorithm) in [
        (include_bytes!("tests/ec.pub.pem").as_slice(), "RS256"),
        (RSA_PUBLIC, "ES256"),
        (RSA_PUBLIC, "EdDSA"),
        (include_bytes!("tests/rsa.pem").as_slice(), "RS256"),
        (b"no pem".as_slice(), "RS256"),
    ] {
        let refused = VerifyingKey::public(PathBuf::from("key.pem"), pem, algorithm, None);
        assert!(matches!(refused, Err(KeyError::NotAPublicKey { .. })), "{algorithm}");
    }
    let unserved = VerifyingKey::public(PathBuf::from("key.pem"), RSA_PUBLIC, "HS256", None);
    assert!(matches!(unserved, Err(KeyError::Unserved(_))));
}
