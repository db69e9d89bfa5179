//! Keys that tokens may be signed with.

use super::LOCAL_KEY;
use jsonwebtoken::{Algorithm, DecodingKey};
use std::path::PathBuf;

/// Who signs with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// This server: guests, the demo, development tokens.
    Local,
    /// The platform that this server works for.
    Platform,
}

/// A key that is bound to one algorithm.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    /// The key's name, if it has one.
    pub kid: Option<String>,
    /// The only algorithm that is tried with it.
    pub algorithm: Algorithm,
    /// The key.
    pub key: DecodingKey,
    /// Who signs with it.
    pub issuer: Issuer,
}

/// Why a configured key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key file {path}: {source}; check the path and its permissions")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no public key for its algorithm.
    #[error(
        "{path} is not a public key for {algorithm:?} in pem form; export the public key with that algorithm"
    )]
    NotAPublicKey {
        /// Which file.
        path: PathBuf,
        /// For what.
        algorithm: Algorithm,
    },
    /// The algorithm is not served.
    #[error("the algorithm {0:?} is not served; use RS256, ES256 or EdDSA")]
    Unserved(String),
    /// Too little to guess at.
    #[error("auth.hs256_secret is shorter than 32 bytes; make one with `openssl rand -hex 32`")]
    WeakSecret,
}

/// Shortest shared secret, bytes: as long as the hash (RFC 7518, 3.2).
pub const MIN_SECRET: usize = 32;

impl VerifyingKey {
    /// The key that this server signs with itself.
    #[must_use]
    pub fn local(secret: &[u8]) -> Self {
        Self {
            kid: Some(LOCAL_KEY.to_owned()),
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(secret),
            issuer: Issuer::Local,
        }
    }

    /// A secret shared with the platform, of any length if `weak` ones are allowed.
    ///
    /// # Errors
    /// [`KeyError::WeakSecret`], and for an empty secret always.
    pub fn shared(secret: &[u8], weak: bool) -> Result<Self, KeyError> {
        let shortest = if weak { 1 } else { MIN_SECRET };
        if secret.len() < shortest {
            return Err(KeyError::WeakSecret);
        }
        let key = DecodingKey::from_secret(secret);
        Ok(Self { kid: None, algorithm: Algorithm::HS256, key, issuer: Issuer::Platform })
    }

    /// A public key of the platform, in PEM form, read from `path` before.
    ///
    /// # Errors
    /// [`KeyError::Unserved`], [`KeyError::NotAPublicKey`]
    pub fn public(path: PathBuf, pem: &[u8], algorithm: &str, kid: Option<String>) -> Result<Self, KeyError> {
        let private = pem.windows(11).any(|window| window == b"PRIVATE KEY");
        let (algorithm, key) = match algorithm {
            "RS256" => (Algorithm::RS256, DecodingKey::from_rsa_pem(pem)),
            "ES256" => (Algorithm::ES256, DecodingKey::from_ec_pem(pem)),
            "EdDSA" => (Algorithm::EdDSA, DecodingKey::from_ed_pem(pem)),
            other => return Err(KeyError::Unserved(other.to_owned())),
        };
        let key = key.ok().filter(|_| !private).ok_or(KeyError::NotAPublicKey { path, algorithm })?;
        Ok(Self { kid, algorithm, key, issuer: Issuer::Platform })
    }

    /// Whether a token with this header could be signed with this key.
    pub(super) fn fits(&self, algorithm: Algorithm, kid: Option<&str>) -> bool {
        self.algorithm == algorithm && (self.kid.is_none() || self.kid.as_deref() == kid)
    }
}

/// All keys that are known from the start.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<VerifyingKey>);

impl KeyRing {
    /// A ring of these keys.
    #[must_use]
    pub fn new(keys: Vec<VerifyingKey>) -> Self {
        Self(keys)
    }

    pub(super) fn candidates(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> impl Iterator<Item = &VerifyingKey> {
        self.0.iter().filter(move |key| key.fits(algorithm, kid))
    }
}
