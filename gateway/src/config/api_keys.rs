//! Keys of servers that call the HTTP API, as they are configured.

use super::{Config, SecretText};
use crate::auth::{ApiKey, ApiKeys, MIN_SECRET};
use protocol::ids::SchoolId;
use serde::{Deserialize, Serialize};
use std::{io, path::PathBuf};

/// A key of a server that calls the HTTP API. One of `key` and `key_file` is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyConfig {
    /// Name for logs.
    pub name: String,
    /// The key.
    #[serde(default)]
    pub key: Option<SecretText>,
    /// File of the key.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// The only school that the key reaches; the default school unless set.
    #[serde(default)]
    pub school: Option<SchoolId>,
}

/// Why a configured key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// It has no name, or the name of another one.
    #[error("a key needs a name of its own, for the log; {0:?} is none")]
    Name(String),
    /// Two secrets, or none.
    #[error("the key {0:?} needs either key or key_file")]
    Source(String),
    /// Nowhere to act.
    #[error("the key {0:?} needs a school; set its school, or auth.default_school")]
    NoSchool(String),
    /// Too little to guess at.
    #[error("the key {0:?} is shorter than {MIN_SECRET} bytes; make one with `openssl rand -hex 32`")]
    Weak(String),
    /// Whom it speaks for would be chance.
    #[error("the keys {0:?} and {1:?} are the same; make one for each")]
    Same(String, String),
    /// The file cannot be read.
    #[error(
        "the file of the key {name:?}, {path}, cannot be read: {source}; check the path and its permissions"
    )]
    Unreadable {
        /// Which key.
        name: String,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Config {
    /// The keys of the HTTP API, read from their files where they are in files.
    ///
    /// # Errors
    /// [`ApiKeyError`], which names the key.
    pub fn api_keys(&self) -> Result<ApiKeys, ApiKeyError> {
        let mut keys: Vec<ApiKey> = Vec::with_capacity(self.api_keys.len());
        for configured in &self.api_keys {
            let school = configured.school(self.auth.default_school)?;
            let secret = configured.secret()?;
            configured.check_strength(&secret, self.insecure.weak_secret)?;
            if let Some(same) = keys.iter().find(|key| key.secret == secret) {
                return Err(ApiKeyError::Same(same.name.clone(), configured.name.clone()));
            }
            keys.push(ApiKey { name: configured.name.clone(), school, secret });
        }
        Ok(ApiKeys::new(keys))
    }

    /// Checks of the keys what needs no file.
    pub(super) fn check_api_keys(&self) -> Result<(), ApiKeyError> {
        for (at, configured) in self.api_keys.iter().enumerate() {
            let taken = self.api_keys[..at].iter().any(|earlier| earlier.name == configured.name);
            if taken || configured.name.is_empty() {
                return Err(ApiKeyError::Name(configured.name.clone()));
            }
            configured.school(self.auth.default_school)?;
            match (&configured.key, &configured.key_file) {
                (Some(key), None) => {
                    configured.check_strength(key.reveal().as_bytes(), self.insecure.weak_secret)?;
                }
                (None, Some(_)) => {}
                _ => return Err(ApiKeyError::Source(configured.name.clone())),
            }
        }
        Ok(())
    }
}

impl ApiKeyConfig {
    fn school(&self, default_school: Option<SchoolId>) -> Result<SchoolId, ApiKeyError> {
        self.school.or(default_school).ok_or_else(|| ApiKeyError::NoSchool(self.name.clone()))
    }

    fn secret(&self) -> Result<Vec<u8>, ApiKeyError> {
        match (&self.key, &self.key_file) {
            (Some(key), None) => Ok(key.reveal().as_bytes().to_vec()),
            (None, Some(path)) => {
                let text = std::fs::read(path).map_err(|source| ApiKeyError::Unreadable {
                    name: self.name.clone(),
                    path: path.clone(),
                    source,
                })?;
                // Editors end a file with a line break.
                Ok(text.trim_ascii().to_vec())
            }
            _ => Err(ApiKeyError::Source(self.name.clone())),
        }
    }

    fn check_strength(&self, secret: &[u8], weak: bool) -> Result<(), ApiKeyError> {
        let shortest = if weak { 1 } else { MIN_SECRET };
        if secret.len() < shortest { Err(ApiKeyError::Weak(self.name.clone())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
