//! People whom the platform's tokens name and the database has not met.

use persistence::{Store, Unavailable, people::Person, people::UpsertPersonError};
use realtime::Identity;

/// Keeps the caller's school and person, if they are new here, so that quizzes and games can belong to them.
///
/// # Errors
/// [`Unavailable`] when the store fails.
pub async fn acquaint(store: &Store, identity: &Identity) -> Result<(), Unavailable> {
    let Some(id) = identity.person else { return Ok(()) };
    if store.people().get(identity.school, id).await?.is_some() {
        return Ok(());
    }
    let name = identity.name.clone().or_else(|| identity.email.clone()).unwrap_or_default();
    let mut person = Person {
        school: identity.school,
        id,
        role: identity.role,
        name,
        email: identity.email.clone().unwrap_or_default(),
    };
    store.schools().ensure(identity.school, "").await?;
    match store.people().upsert(&person).await {
        Err(UpsertPersonError::EmailTaken) => {
            // The platform has given the address to somebody else since: the person counts, not the address.
            person.email.clear();
            store.people().upsert(&person).await.or_else(unavailable)
        }
        other => other.or_else(unavailable),
    }
}

fn unavailable(error: UpsertPersonError) -> Result<(), Unavailable> {
    match error {
        UpsertPersonError::Unavailable(error) => Err(error),
        // The school was made just before; without the person, the operation that needs them says so.
        UpsertPersonError::EmailTaken | UpsertPersonError::UnknownSchool => Ok(()),
    }
}
