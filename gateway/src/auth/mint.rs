//! Tokens that this server makes itself.

use super::{
    claims::Claims,
    rules::{LOCAL_ISSUER, NumericDate},
    subscription_claims::SubscriptionClaims,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use protocol::{
    Channel,
    ids::{GameId, ParticipantId, PersonId, SchoolId, UserId},
    role::Role,
};
use serde::Serialize;

/// Name of this server's own key.
pub const LOCAL_KEY: &str = "schoolbell-local";

/// Makes tokens for guests, for the demo and for development.
#[derive(Clone)]
pub struct Minter {
    key: EncodingKey,
}

impl std::fmt::Debug for Minter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Minter")
    }
}

/// A person as a token names them.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Who.
    pub person: PersonId,
    /// The tenant.
    pub school: SchoolId,
    /// What the person is there.
    pub role: Role,
    /// Name to show.
    pub name: Option<String>,
    /// Address.
    pub email: Option<String>,
}

impl Minter {
    /// Signs with the local secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self { key: EncodingKey::from_secret(secret) }
    }

    /// A token for a person, made at `now_s` and good for `ttl_s` (both seconds).
    #[must_use]
    pub fn person(&self, subject: Subject, now_s: u64, ttl_s: u64) -> String {
        let claims = claims(UserId::person(subject.person), subject.school, subject.role, now_s, ttl_s);
        self.sign(&Claims { name: subject.name, email: subject.email, ..claims })
    }

    /// A token for a guest that reaches `game` only.
    #[must_use]
    pub fn guest(
        &self,
        school: SchoolId,
        game: GameId,
        participant: ParticipantId,
        name: String,
        now_s: u64,
        ttl_s: u64,
    ) -> String {
        let claims = claims(UserId::guest(participant), school, Role::Student, now_s, ttl_s);
        self.sign(&Claims { name: Some(name), game: Some(game), ..claims })
    }

    /// A token that opens `channel` to a user.
    #[must_use]
    pub fn subscription(
        &self,
        user: UserId,
        school: SchoolId,
        channel: &Channel,
        now_s: u64,
        ttl_s: u64,
    ) -> String {
        self.sign(&SubscriptionClaims {
            sub: Some(user.0),
            channel: channel.to_string(),
            school: Some(school),
            iat: Some(NumericDate(now_s)),
            exp: Some(NumericDate(now_s.saturating_add(ttl_s))),
            iss: Some(LOCAL_ISSUER.to_owned()),
            ..SubscriptionClaims::default()
        })
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        let header = Header { kid: Some(LOCAL_KEY.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &self.key).expect("plain claims and a secret can be signed")
    }
}

fn claims(user: UserId, school: SchoolId, role: Role, now_s: u64, ttl_s: u64) -> Claims {
    Claims {
        sub: Some(user.0),
        role: Some(role),
        school: Some(school),
        iat: Some(NumericDate(now_s)),
        exp: Some(NumericDate(now_s.saturating_add(ttl_s))),
        iss: Some(LOCAL_ISSUER.to_owned()),
        ..Claims::default()
    }
}
