//! What must hold for every token besides its signature: where it comes from, and when it holds.

use super::Issuer;
use protocol::ids::SchoolId;
use realtime::TokenError;
use serde::{Deserialize, Deserializer, Serialize};

/// `iss` of the tokens that this server makes.
pub(super) const LOCAL_ISSUER: &str = "schoolbell";

/// What must hold besides the signature.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Seconds that clocks of issuers may be off.
    pub leeway_s: u64,
    /// `iss` that tokens of the platform must carry, if set.
    pub issuer: Option<String>,
    /// `aud` that tokens of the platform must carry, if set.
    pub audience: Option<String>,
    /// School of tokens that name none; without it they are invalid.
    pub default_school: Option<SchoolId>,
    /// Whether tokens may have no subject, and so speak for an anonymous user.
    pub anonymous: bool,
    /// Whether tokens may hold for ever.
    pub tokens_without_expiry: bool,
    /// Most subscriptions that one token may make.
    pub max_subscriptions: usize,
}

/// One audience or several.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    fn has(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Several(several) => several.iter().any(|one| one == wanted),
        }
    }
}

/// When a token holds, and until when what it opens.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dates {
    pub iat: Option<NumericDate>,
    pub nbf: Option<NumericDate>,
    pub exp: Option<NumericDate>,
    pub expire_at: Option<NumericDate>,
}

impl Rules {
    /// Checks `iss` and `aud` of a token that was signed with a key of `issuer`.
    pub(super) fn check_origin(
        &self,
        issuer: Issuer,
        iss: Option<&str>,
        aud: Option<&Audience>,
    ) -> Result<(), TokenError> {
        let good = match issuer {
            Issuer::Local => iss == Some(LOCAL_ISSUER),
            Issuer::Platform => {
                let right_issuer = self.issuer.as_deref().is_none_or(|wanted| iss == Some(wanted));
                let right_audience =
                    self.audience.as_deref().is_none_or(|wanted| aud.is_some_and(|aud| aud.has(wanted)));
                right_issuer && right_audience
            }
        };
        good.then_some(()).ok_or(TokenError::Invalid)
    }

    /// Seconds since the epoch at which what the token opens needs a new one, none when it never does. `exp` bounds
    /// the token itself; `expire_at` stands for what it opens, and 0 there means never.
    pub(super) fn expiry(&self, dates: Dates, now_s: u64) -> Result<Option<u64>, TokenError> {
        let latest_begin = now_s.saturating_add(self.leeway_s);
        if [dates.nbf, dates.iat].into_iter().flatten().any(|begin| begin.0 > latest_begin) {
            return Err(TokenError::Invalid);
        }
        if dates.exp.is_none() && !self.tokens_without_expiry {
            return Err(TokenError::Invalid);
        }
        let opened = match dates.expire_at {
            Some(NumericDate(0)) => None,
            Some(date) => Some(date),
            None => dates.exp,
        };
        let over = |date: NumericDate| now_s >= date.0.saturating_add(self.leeway_s);
        if [dates.exp, opened].into_iter().flatten().any(over) {
            return Err(TokenError::Expired);
        }
        Ok(opened.map(|date| date.0))
    }
}

/// Whole seconds since the epoch (RFC 7519, 2). Read from any number, a fraction is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NumericDate(pub u64);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Beyond 2^53 a double no longer tells seconds apart.
        const LATEST: f64 = 9_007_199_254_740_992.0;
        let date = f64::deserialize(deserializer)?;
        if !(0.0..=LATEST).contains(&date) {
            return Err(serde::de::Error::custom("a date is a number of seconds since 1970"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        Ok(Self(date as u64))
    }
}
