//! Who a connection speaks for.

use protocol::{
    ids::{GameId, PersonId, SchoolId, UserId},
    role::Role,
};

/// What a verified token says. The school comes from here and from nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Subject of the token.
    pub user: UserId,
    /// The person behind the subject, none for guests.
    pub person: Option<PersonId>,
    /// The tenant.
    pub school: SchoolId,
    /// What the person is in the school.
    pub role: Role,
    /// Name to show.
    pub name: Option<String>,
    /// Address, as the token carries it.
    pub email: Option<String>,
    /// For guests: the one game that the token reaches.
    pub game: Option<GameId>,
    /// Seconds since the epoch.
    pub expires_at: u64,
}

impl Identity {
    /// Whether this is a guest, who may use nothing but one game.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.game.is_some()
    }
}
