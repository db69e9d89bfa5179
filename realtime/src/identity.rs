//! Who a connection speaks for.

use protocol::{
    Channel, Payload,
    command::StreamPosition,
    ids::{GameId, PersonId, SchoolId, UserId},
    role::Role,
};
use std::sync::Arc;

/// What a verified token says. The school comes from here and from nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Subject of the token, empty for anonymous users.
    pub user: UserId,
    /// The person behind the subject; none for guests, anonymous users and subjects that are no person's id.
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
    /// Seconds since the epoch at which the connection needs a new token; none when it never does.
    pub expires_at: Option<u64>,
    /// What few tokens carry. Behind one pointer, since there are as many identities as connections.
    pub extras: Option<Arc<Extras>>,
}

/// The rarely used part of an [`Identity`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// What others see of the connection (`conn_info`).
    pub info: Option<Payload>,
    /// Channels that the connection is subscribed to from its start, in the order of their names, each once.
    pub subs: Vec<ServerSubscription>,
}

/// A subscription that a token or the platform's backend makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSubscription {
    /// Where.
    pub channel: Channel,
    /// What others see of the subscription (`chan_info`).
    pub info: Option<Payload>,
    /// Told to the client with the subscription.
    pub data: Option<Payload>,
    /// Seconds since the epoch at which it ends, and the connection with it (3006); none when it never does.
    pub expires_at: Option<u64>,
    /// What the token decides differently from the namespace.
    pub overrides: SubscriptionOverrides,
    /// For subscriptions that the platform adds later: what was published behind this position is sent, too.
    pub since: Option<StreamPosition>,
}

/// What a token decides differently from a namespace, for one subscription. See
/// [`NamespaceOptions::overridden`](crate::config::NamespaceOptions::overridden).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionOverrides {
    /// Whether presence is kept.
    pub presence: Option<bool>,
    /// Whether coming and going is told to those who ask.
    pub join_leave: Option<bool>,
    /// Whether the subscriber is told of comings and goings, asked for or not.
    pub force_join_leave: Option<bool>,
    /// Whether the subscription can be recovered, asked for or not.
    pub force_recovery: Option<bool>,
    /// Whether the subscription has a position, asked for or not.
    pub force_positioning: Option<bool>,
}

impl Identity {
    /// Somebody without a token: a student without a name.
    #[must_use]
    pub fn anonymous(school: SchoolId) -> Self {
        Self {
            user: UserId(String::new()),
            person: None,
            school,
            role: Role::Student,
            name: None,
            email: None,
            game: None,
            expires_at: None,
            extras: None,
        }
    }

    /// Whether this is a guest, who may use nothing but one game.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.game.is_some()
    }

    /// Whether nobody in particular is behind the connection.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.user.as_str().is_empty()
    }

    /// What others see of the connection (`conn_info`).
    #[must_use]
    pub fn info(&self) -> Option<&Payload> {
        self.extras.as_ref()?.info.as_ref()
    }

    /// Channels that the connection is subscribed to from its start, in the order of their names, each once.
    #[must_use]
    pub fn subs(&self) -> &[ServerSubscription] {
        self.extras.as_ref().map_or(&[], |extras| &extras.subs)
    }
}
