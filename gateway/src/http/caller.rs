//! Who calls: the bearer token of a request.

use super::Problem;
use crate::compose::App;
use axum::{
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use protocol::ids::{PersonId, SchoolId};
use realtime::{Identity, TokenError};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Somebody with a good token: a person or a guest.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Identity);

/// Somebody who may make quizzes and host games in their school.
#[derive(Clone, Debug)]
pub struct Staff {
    /// What the token says.
    pub identity: Identity,
    /// The tenant.
    pub school: SchoolId,
    /// Who.
    pub person: PersonId,
}

/// Somebody of a school: a person with an account, in any role; no guest.
#[derive(Clone, Debug)]
pub struct Member {
    /// What the token says.
    pub identity: Identity,
    /// The person, as services know them.
    pub who: learning::service::Member,
}

impl Member {
    /// Passes staff only.
    ///
    /// # Errors
    /// 403
    pub fn staff(self) -> Result<Self, Problem> {
        if self.who.is_staff() {
            Ok(self)
        } else {
            Err(Problem::forbidden("this is for teachers; sign in as one"))
        }
    }
}

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let SignedIn(identity) = <SignedIn as FromRequestParts<_>>::from_request_parts(parts, app).await?;
        let who = learning::service::Member::of(&identity)
            .ok_or(Problem::forbidden("this needs an account of the school; sign in with one"))?;
        Ok(Self { identity, who })
    }
}

/// Somebody of a school, as the chat knows them; no guest.
#[derive(Clone, Debug)]
pub struct Chatter {
    /// What the token says.
    pub identity: Identity,
    /// The person.
    pub who: chat::service::Member,
}

impl FromRequestParts<Arc<App>> for Chatter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let SignedIn(identity) = <SignedIn as FromRequestParts<_>>::from_request_parts(parts, app).await?;
        let who = chat::service::Member::of(&identity)
            .ok_or(Problem::forbidden("this needs an account of the school; sign in with one"))?;
        Ok(Self { identity, who })
    }
}

/// Who a request's token speaks for, if it has a good one.
pub(super) async fn bearer_identity(app: &App, headers: &HeaderMap) -> Option<Identity> {
    app.auth.verify(bearer(headers)?).await.ok()
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or(Problem::unauthorized("sign in first"))?;
        match app.auth.verify(token).await {
            Ok(identity) => Ok(Self(identity)),
            Err(TokenError::Expired) => Err(Problem::unauthorized("your session has expired; sign in again")),
            Err(TokenError::Invalid) => Err(Problem::unauthorized("the token is not valid; sign in again")),
        }
    }
}

impl OptionalFromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<_>>::from_request_parts(parts, app).await.map(Some)
    }
}

impl FromRequestParts<Arc<App>> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let SignedIn(identity) = <SignedIn as FromRequestParts<_>>::from_request_parts(parts, app).await?;
        if !identity.role.is_staff() {
            return Err(Problem::forbidden("this is for teachers; sign in as one"));
        }
        let named = identity.person;
        let person = named.ok_or(Problem::forbidden("this needs a token whose sub is the id of a person"))?;
        Ok(Self { school: identity.school, person, identity })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A JSON body; whatever is wrong with it becomes a [`Problem`].
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Json<T>(pub T);

/// The query's fields; whatever is wrong with them becomes a [`Problem`].
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// The path's fields; a field of the wrong form is a place that does not exist.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(fields) =
            <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Self(fields))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_found_whatever_the_case_of_its_scheme() {
        let with = |value: &str| HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        assert_eq!(bearer(&with("Bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("bearer  abc")), Some("abc"));
        assert_eq!(bearer(&with("Basic abc")), None);
        assert_eq!(bearer(&with("abc")), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
