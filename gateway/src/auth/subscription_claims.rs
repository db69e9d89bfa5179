//! What a subscription's token says.

use super::{
    Issuer,
    carried::{self, OverrideClaim},
    rules::{Audience, Dates, NumericDate, Rules},
    subject,
};
use protocol::{
    Channel, Payload,
    ids::{ClientId, SchoolId},
};
use realtime::{Identity, SubscriptionGrant, SubscriptionTokenError};
use serde::{Deserialize, Serialize};

/// The claims of a subscription's token. A claim that is given twice makes the token invalid.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SubscriptionClaims {
    /// The user of the connection; none for an anonymous one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The only channel that the token opens.
    pub channel: String,
    /// The only connection that may use it, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The tenant. A token that names none is for the default school, and good for nothing where there is none.
    #[serde(default, rename = "schoolId", skip_serializing_if = "Option::is_none")]
    pub school: Option<SchoolId>,
    /// Seconds since the epoch at which the token was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<NumericDate>,
    /// Seconds since the epoch before which the token does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// Seconds since the epoch from which on the token no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<NumericDate>,
    /// Seconds since the epoch at which the subscription needs a new token, where that is not `exp`; 0 is never.
    #[serde(default, skip_serializing)]
    pub expire_at: Option<NumericDate>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// What others see of the subscription.
    #[serde(default, skip_serializing)]
    pub info: Option<Payload>,
    /// The same, as base64 of any bytes.
    #[serde(default, skip_serializing)]
    pub b64info: Option<String>,
    #[serde(default, skip_serializing, rename = "override")]
    pub(super) overrides: Option<OverrideClaim>,
}

/// A subscription that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Whose connection.
    pub identity: &'a Identity,
    /// Which connection.
    pub client: ClientId,
    /// Where to.
    pub channel: &'a Channel,
}

impl SubscriptionClaims {
    /// What these claims, signed by a key of `issuer`, allow at `now_s` (seconds since the epoch).
    ///
    /// # Errors
    /// [`SubscriptionTokenError::Mismatch`] when they are for something else, though good otherwise.
    pub fn grant(
        self,
        rules: &Rules,
        issuer: Issuer,
        now_s: u64,
        wish: Wish<'_>,
    ) -> Result<SubscriptionGrant, SubscriptionTokenError> {
        rules.check_origin(issuer, self.iss.as_deref(), self.aud.as_ref())?;
        let (user, _) = subject::member(self.sub.as_deref())?;
        let info = carried::payload(self.info, self.b64info.as_deref())?;
        let dates = Dates { iat: self.iat, nbf: self.nbf, exp: self.exp, expire_at: self.expire_at };
        let expires_at = rules.expiry(dates, now_s)?;
        let school = self.school.or(rules.default_school).ok_or(SubscriptionTokenError::Invalid)?;
        let client = self.client.filter(|client| !client.is_empty());
        let for_it = user == wish.identity.user
            && self.channel == wish.channel.as_str()
            && school == wish.identity.school
            && client.is_none_or(|client| client == wish.client.to_string());
        if !for_it {
            return Err(SubscriptionTokenError::Mismatch);
        }
        let overrides = self.overrides.unwrap_or_default().overrides();
        Ok(SubscriptionGrant { expires_at, info, overrides })
    }
}
