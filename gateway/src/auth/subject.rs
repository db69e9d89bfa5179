//! Whom a token's `sub` names.

use protocol::ids::{ParticipantId, PersonId, UserId};
use realtime::TokenError;
use uuid::Uuid;

/// Longest subject, bytes. A personal channel with a long namespace still fits a channel name.
const MAX_SUBJECT: usize = 128;
/// Begins the subjects of guests, which this server alone makes.
const GUEST: &str = "guest:";

/// A member of a school, whoever calls them so: a person when the subject is a person's id. An absent subject is the
/// anonymous user.
///
/// # Errors
/// [`TokenError::Invalid`] when no user may be called so.
pub(super) fn member(sub: Option<&str>) -> Result<(UserId, Option<PersonId>), TokenError> {
    let sub = sub.unwrap_or_default();
    if let Ok(id) = sub.parse::<Uuid>() {
        // Spelled by us, so that two spellings of one id are one user.
        return Ok((UserId::person(PersonId(id)), Some(PersonId(id))));
    }
    // `#` and `,` part the users in a channel's name.
    let nameable = sub.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'#' && byte != b',');
    if !nameable || sub.len() > MAX_SUBJECT || sub.starts_with(GUEST) {
        return Err(TokenError::Invalid);
    }
    Ok((UserId(sub.to_owned()), None))
}

/// A guest of a game.
///
/// # Errors
/// [`TokenError::Invalid`] when the subject is no guest's.
pub(super) fn guest(sub: Option<&str>) -> Result<UserId, TokenError> {
    let participant = sub.and_then(|sub| sub.strip_prefix(GUEST)).and_then(|id| id.parse::<Uuid>().ok());
    participant.map(|id| UserId::guest(ParticipantId(id))).ok_or(TokenError::Invalid)
}
