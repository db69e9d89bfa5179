//! What a connection's token says.

use super::{
    Issuer,
    carried::{self, SubscriptionClaim},
    rules::{Audience, Dates, NumericDate, Rules},
    subject,
};
use protocol::{
    Channel, Payload,
    ids::{GameId, PersonId, SchoolId, UserId},
    role::Role,
};
use realtime::{Identity, ServerSubscription, TokenError, identity::Extras};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{collections::BTreeMap, sync::Arc};

/// The claims of a connection's token. A claim that is given twice makes the token invalid; claims that are not named
/// here, such as `meta`, are not read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// A person's id or another name of a user, or `guest:<participant id>`. None and empty are the anonymous user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// What the person is in the school. May be absent where there is a default school: then a student.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The tenant. May be absent where there is a default school.
    #[serde(rename = "schoolId", skip_serializing_if = "Option::is_none")]
    pub school: Option<SchoolId>,
    /// Name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// For guests: the one game that the token reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub game: Option<GameId>,
    /// Seconds since the epoch at which the token was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<NumericDate>,
    /// Seconds since the epoch before which the token does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// Seconds since the epoch from which on the token no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<NumericDate>,
    /// Seconds since the epoch at which the connection needs a new token, where that is not `exp`; 0 is never.
    #[serde(skip_serializing)]
    pub expire_at: Option<NumericDate>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// What others see of the connection.
    #[serde(skip_serializing)]
    pub info: Option<Payload>,
    /// The same, as base64 of any bytes.
    #[serde(skip_serializing)]
    pub b64info: Option<String>,
    #[serde(skip_serializing)]
    pub(super) channels: Option<Vec<Channel>>,
    #[serde(skip_serializing)]
    pub(super) subs: Option<BTreeMap<Channel, SubscriptionClaim>>,
    /// The mark of a subscription's token, which opens no connection.
    #[serde(skip_serializing)]
    pub(super) channel: Option<IgnoredAny>,
}

impl Claims {
    /// Who these claims, signed by a key of `issuer`, speak for at `now_s` (seconds since the epoch).
    ///
    /// # Errors
    /// [`TokenError::Expired`] when all but the time is right, else [`TokenError::Invalid`].
    pub fn identity(self, rules: &Rules, issuer: Issuer, now_s: u64) -> Result<Identity, TokenError> {
        rules.check_origin(issuer, self.iss.as_deref(), self.aud.as_ref())?;
        if self.channel.is_some() {
            return Err(TokenError::Invalid);
        }
        let (user, person) = self.subject(issuer)?;
        let school = self.school.or(rules.default_school).ok_or(TokenError::Invalid)?;
        let usual_role = rules.default_school.map(|_| Role::Student);
        let role = self.role.or(usual_role).ok_or(TokenError::Invalid)?;
        // Nobody in particular has no rights in particular.
        if user.as_str().is_empty() && !(rules.anonymous && role == Role::Student) {
            return Err(TokenError::Invalid);
        }
        let info = carried::payload(self.info, self.b64info.as_deref())?;
        let subs = subscriptions(self.channels, self.subs, rules.max_subscriptions)?;
        let carries = info.is_some() || !subs.is_empty();
        // Last, so that a token that is wrong as well is not asked for anew.
        let dates = Dates { iat: self.iat, nbf: self.nbf, exp: self.exp, expire_at: self.expire_at };
        let expires_at = rules.expiry(dates, now_s)?;
        Ok(Identity {
            user,
            person,
            school,
            role,
            name: self.name,
            email: self.email,
            game: self.game,
            expires_at,
            extras: carries.then(|| Arc::new(Extras { info, subs })),
        })
    }

    fn subject(&self, issuer: Issuer) -> Result<(UserId, Option<PersonId>), TokenError> {
        if self.game.is_none() {
            return subject::member(self.sub.as_deref());
        }
        // Guests are ours alone: no platform can make one, nor a guest with a role.
        match (issuer, self.role) {
            (Issuer::Local, Some(Role::Student)) => Ok((subject::guest(self.sub.as_deref())?, None)),
            _ => Err(TokenError::Invalid),
        }
    }
}

/// The subscriptions of both claims. One that is in both is as `subs` describes it.
fn subscriptions(
    channels: Option<Vec<Channel>>,
    described: Option<BTreeMap<Channel, SubscriptionClaim>>,
    most: usize,
) -> Result<Vec<ServerSubscription>, TokenError> {
    let plain = channels.into_iter().flatten().map(|channel| (channel, SubscriptionClaim::default()));
    let mut by_channel: BTreeMap<_, _> = plain.collect();
    by_channel.extend(described.into_iter().flatten());
    if by_channel.len() > most {
        return Err(TokenError::Invalid);
    }
    by_channel.into_iter().map(|(channel, claim)| claim.subscription(channel)).collect()
}
