//! Keys of servers that call the HTTP API.

use protocol::ids::SchoolId;
use std::fmt;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

/// A key and what it opens.
#[derive(Clone)]
pub struct ApiKey {
    /// Name for logs.
    pub name: String,
    /// The only school that the key reaches.
    pub school: SchoolId,
    /// The secret.
    pub secret: Vec<u8>,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({} of {})", self.name, self.school)
    }
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Vec<ApiKey>);

impl ApiKeys {
    /// A set of these keys.
    #[must_use]
    pub fn new(keys: Vec<ApiKey>) -> Self {
        Self(keys)
    }

    /// The school that a presented key opens, and the key's name. The time that it takes tells nothing of the keys but
    /// their number and lengths.
    #[must_use]
    pub fn school_of(&self, presented: &str) -> Option<(SchoolId, &str)> {
        let mut found = u64::MAX;
        for (at, key) in (0..).zip(&self.0) {
            let equal: Choice = key.secret.ct_eq(presented.as_bytes());
            found.conditional_assign(&at, equal);
        }
        let key = self.0.get(usize::try_from(found).ok()?)?;
        Some((key.school, &key.name))
    }
}
