//! Who a token speaks for.
//!
//! A signature is only ever checked with a key of our own that is bound to one algorithm: what a token's header says
//! about keys (`jwk`, `jku`, `x5u`, `x5c`) is not read, and `kid` is compared with the names of our keys, never used
//! as a path or an address.

mod api_keys;
mod carried;
mod claims;
mod jwks;
mod keys;
mod mint;
mod rules;
mod secret;
mod subject;
mod subscription_claims;

pub use api_keys::{ApiKey, ApiKeys};
pub(crate) use carried::OverrideClaim;
pub use claims::Claims;
pub use jwks::{Jwks, JwksError};
pub use keys::{Issuer, KeyError, KeyRing, MIN_SECRET, VerifyingKey};
pub use mint::{LOCAL_KEY, Minter, Subject};
pub use rules::Rules;
pub use secret::{SecretError, load_or_generate};
pub use subscription_claims::{SubscriptionClaims, Wish};

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, Validation};
use protocol::{Channel, ids::ClientId};
use realtime::{Authenticator, Clock, Identity, SubscriptionGrant, SubscriptionTokenError, TokenError};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Longest token that is looked at, bytes. Ours have about 400, those of platforms up to a few thousand.
const MAX_TOKEN: usize = 8_192;

/// Verifies tokens.
#[derive(Debug)]
pub struct Auth {
    keys: KeyRing,
    jwks: Option<Jwks>,
    rules: Rules,
    clock: Arc<dyn Clock>,
}

impl Auth {
    /// Verifies by `keys` and, if there is one, by a key set at an address.
    #[must_use]
    pub fn new(keys: KeyRing, jwks: Option<Jwks>, rules: Rules, clock: Arc<dyn Clock>) -> Self {
        Self { keys, jwks, rules, clock }
    }

    /// Who a connection's token speaks for.
    ///
    /// # Errors
    /// [`TokenError::Expired`] for a token that was good, [`TokenError::Invalid`] for all others.
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let (claims, issuer) = self.signed::<Claims>(token).await?;
        claims.identity(&self.rules, issuer, self.now_s())
    }

    /// What a subscription's token allows.
    ///
    /// # Errors
    /// [`SubscriptionTokenError`]
    pub async fn grant(
        &self,
        wish: Wish<'_>,
        token: &str,
    ) -> Result<SubscriptionGrant, SubscriptionTokenError> {
        let (claims, issuer) = self.signed::<SubscriptionClaims>(token).await?;
        claims.grant(&self.rules, issuer, self.now_s(), wish)
    }

    /// The claims of a token that one of the keys has signed, and whose key that is.
    async fn signed<T: DeserializeOwned>(&self, token: &str) -> Result<(T, Issuer), TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // An extension that the issuer marks as critical must be understood, and this server understands none.
        if header.crit.is_some() || header.enc.is_some() {
            return Err(TokenError::Invalid);
        }
        let kid = header.kid.as_deref();
        for key in self.keys.candidates(header.alg, kid) {
            if let Some(claims) = claims_of(token, key) {
                return Ok((claims, key.issuer));
            }
        }
        if let Some(jwks) = &self.jwks {
            for key in jwks.candidates(header.alg, kid, self.clock.now_ms()).await {
                if let Some(claims) = claims_of(token, &key) {
                    return Ok((claims, key.issuer));
                }
            }
        }
        Err(TokenError::Invalid)
    }

    fn now_s(&self) -> u64 {
        self.clock.now_ms() / 1_000
    }
}

#[async_trait]
impl Authenticator for Auth {
    async fn authenticate(&self, token: &str) -> Result<Identity, TokenError> {
        self.verify(token).await
    }

    async fn authorize_subscription(
        &self,
        identity: &Identity,
        client: ClientId,
        channel: &Channel,
        token: &str,
    ) -> Result<SubscriptionGrant, SubscriptionTokenError> {
        self.grant(Wish { identity, client, channel }, token).await
    }
}

/// The claims of a token that this key has signed.
fn claims_of<T: DeserializeOwned>(token: &str, key: &VerifyingKey) -> Option<T> {
    let mut validation = signature_only(key.algorithm);
    validation.algorithms = vec![key.algorithm];
    jsonwebtoken::decode::<T>(token, &key.key, &validation).ok().map(|data| data.claims)
}

/// Checks of claims are ours ([`Rules`]): they take the time as an argument.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests;
