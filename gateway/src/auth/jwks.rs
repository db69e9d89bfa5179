//! A platform's key set at an address (RFC 7517).

use super::{Issuer, VerifyingKey};
use arc_swap::ArcSwap;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Least time between two requests. Tokens with invented key names must not become requests.
const MIN_PAUSE_MS: u64 = 30_000;
/// Age at which the set is fetched again, so that a withdrawn key goes.
const MAX_AGE_MS: u64 = 600_000;
/// Time for a whole request.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest set, bytes; real ones have a few thousand.
const MAX_BODY: usize = 262_144;
/// Most keys that are taken from a set.
const MAX_KEYS: usize = 64;

/// Why a key set is not there.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// No answer, or a bad one.
    #[error("cannot fetch the key set: {0}; check auth.jwks_url")]
    Fetch(#[from] reqwest::Error),
    /// Not a key set.
    #[error("the answer is not a json web key set: {0}; check auth.jwks_url")]
    Malformed(#[from] serde_json::Error),
    /// Unreasonably large.
    #[error("the key set is larger than {MAX_BODY} bytes; check auth.jwks_url")]
    TooLarge,
}

/// The set, fetched when it is first needed, when it is old, and when a token names a key that it does not have.
#[derive(Debug)]
pub struct Jwks {
    url: String,
    client: reqwest::Client,
    keys: ArcSwap<Vec<VerifyingKey>>,
    // Held across the request: those who need the new set wait for the one request instead of making more.
    attempts: Mutex<Attempts>,
}

#[derive(Debug, Default)]
struct Attempts {
    last_ms: Option<u64>,
}

impl Jwks {
    /// The set at `url`; nothing is fetched yet.
    ///
    /// # Errors
    /// [`JwksError::Fetch`] when no client can be made.
    pub fn new(url: String) -> Result<Self, JwksError> {
        // A redirect could lead to an address inside the operator's network.
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { url, client, keys: ArcSwap::default(), attempts: Mutex::default() })
    }

    /// The keys that a token with this header may be signed with.
    pub(super) async fn candidates(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        now_ms: u64,
    ) -> Vec<VerifyingKey> {
        let fitting = self.fitting(algorithm, kid);
        let mut attempts = if fitting.is_empty() {
            self.attempts.lock().await
        } else {
            // Somebody is refreshing the set: what is known is good enough meanwhile.
            let Ok(attempts) = self.attempts.try_lock() else {
                return fitting;
            };
            attempts
        };
        // Another caller may have fetched it while this one waited.
        let missing = self.fitting(algorithm, kid).is_empty();
        if attempts.due(now_ms, missing) {
            let fetched = self.fetch().await;
            // Only now: a caller who hangs up in the middle must not use up the attempt.
            attempts.last_ms = Some(now_ms);
            match fetched {
                Ok(keys) => self.keys.store(Arc::new(keys)),
                // The old keys stay: a platform that is down must not sign everybody out.
                Err(error) => tracing::warn!(%error, "the key set could not be refreshed"),
            }
        }
        self.fitting(algorithm, kid)
    }

    fn fitting(&self, algorithm: Algorithm, kid: Option<&str>) -> Vec<VerifyingKey> {
        self.keys.load().iter().filter(|key| key.fits(algorithm, kid)).cloned().collect()
    }

    async fn fetch(&self) -> Result<Vec<VerifyingKey>, JwksError> {
        let mut answer = self.client.get(&self.url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(JwksError::TooLarge);
            }
        }
        Ok(parse(&body)?)
    }
}

impl Attempts {
    fn due(&self, now_ms: u64, missing: bool) -> bool {
        let Some(last_ms) = self.last_ms else { return true };
        let age = now_ms.saturating_sub(last_ms);
        if missing { age >= MIN_PAUSE_MS } else { age >= MAX_AGE_MS }
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// The usable keys of a set. Others are left out: a set may hold keys of kinds that this server does not serve.
fn parse(body: &[u8]) -> Result<Vec<VerifyingKey>, serde_json::Error> {
    let set: Set = serde_json::from_slice(body)?;
    let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(jwks.filter_map(|jwk| usable(&jwk)).take(MAX_KEYS).collect())
}

fn usable(jwk: &Jwk) -> Option<VerifyingKey> {
    if jwk.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
        return None;
    }
    // Symmetric keys have no place in a set that everybody can read.
    let (algorithm, declared) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    if jwk.common.key_algorithm.is_some_and(|named| named != declared) {
        return None;
    }
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some(VerifyingKey { kid: jwk.common.key_id.clone(), algorithm, key, issuer: Issuer::Platform })
}
