//! What a token says, and when it holds.

use super::Issuer;
use protocol::{
    ids::{GameId, ParticipantId, PersonId, SchoolId, UserId},
    role::Role,
};
use realtime::{Identity, TokenError};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

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
}

/// The claims of a token. A claim that is given twice makes the token invalid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// A person's id, or `guest:<participant id>`.
    pub sub: String,
    /// What the person is in the school.
    pub role: Role,
    /// The tenant.
    #[serde(rename = "schoolId")]
    pub school: SchoolId,
    /// Name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// For guests: the one game that the token reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub game: Option<GameId>,
    /// Seconds since the epoch at which the token was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<NumericDate>,
    /// Seconds since the epoch before which the token does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// Seconds since the epoch from which on the token no longer holds.
    pub exp: NumericDate,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
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

impl Claims {
    /// Who these claims, signed by a key of `issuer`, speak for at `now_s` (seconds since the epoch).
    ///
    /// # Errors
    /// [`TokenError::Expired`] when all but the time is right, else [`TokenError::Invalid`].
    pub fn identity(self, rules: &Rules, issuer: Issuer, now_s: u64) -> Result<Identity, TokenError> {
        self.check_origin(rules, issuer)?;
        let expires_at = self.check_times(rules, now_s)?;
        let (user, person) = self.subject(issuer)?;
        Ok(Identity {
            user,
            person,
            school: self.school,
            role: self.role,
            name: self.name,
            email: self.email,
            game: self.game,
            expires_at,
        })
    }

    fn check_origin(&self, rules: &Rules, issuer: Issuer) -> Result<(), TokenError> {
        let iss = self.iss.as_deref();
        let good = match issuer {
            Issuer::Local => iss == Some(LOCAL_ISSUER),
            Issuer::Platform => {
                let right_issuer = rules.issuer.as_deref().is_none_or(|wanted| iss == Some(wanted));
                let right_audience = rules
                    .audience
                    .as_deref()
                    .is_none_or(|wanted| self.aud.as_ref().is_some_and(|aud| aud.has(wanted)));
                right_issuer && right_audience
            }
        };
        good.then_some(()).ok_or(TokenError::Invalid)
    }

    /// Seconds since the epoch at which the token ends.
    fn check_times(&self, rules: &Rules, now_s: u64) -> Result<u64, TokenError> {
        let NumericDate(expires_at) = self.exp;
        let latest_begin = now_s.saturating_add(rules.leeway_s);
        if [self.nbf, self.iat].into_iter().flatten().any(|begin| begin.0 > latest_begin) {
            return Err(TokenError::Invalid);
        }
        if now_s >= expires_at.saturating_add(rules.leeway_s) {
            return Err(TokenError::Expired);
        }
        Ok(expires_at)
    }

    fn subject(&self, issuer: Issuer) -> Result<(UserId, Option<PersonId>), TokenError> {
        if self.game.is_some() {
            // Guests are ours alone: no platform can make one, nor a guest with a role.
            let participant = self.sub.strip_prefix("guest:").and_then(|id| id.parse::<Uuid>().ok());
            return match (issuer, self.role, participant) {
                (Issuer::Local, Role::Student, Some(id)) => Ok((UserId::guest(ParticipantId(id)), None)),
                _ => Err(TokenError::Invalid),
            };
        }
        let person = self.sub.parse::<Uuid>().map(PersonId).map_err(|_| TokenError::Invalid)?;
        // Spelled by us, so that two spellings of one id are one user.
        Ok((UserId::person(person), Some(person)))
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
