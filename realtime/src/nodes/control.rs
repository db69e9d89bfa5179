//! What all nodes are told to do with a user's connections, wherever these are.

use crate::{
    identity::{ServerSubscription, SubscriptionOverrides},
    node::{Node, Target},
};
use protocol::{
    Channel, Disconnect, Payload, Unsubscribed,
    command::StreamPosition,
    ids::{ClientId, SchoolId, UserId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What all nodes are told. To do it twice is to do it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlMessage {
    /// See [`Node::subscribe`].
    Subscribe {
        /// Whom.
        #[serde(with = "TargetForm")]
        target: Target,
        /// Where and how.
        #[serde(with = "SubscriptionForm")]
        subscription: ServerSubscription,
    },
    /// See [`Node::unsubscribe`].
    Unsubscribe {
        /// Whom.
        #[serde(with = "TargetForm")]
        target: Target,
        /// From what.
        channel: Channel,
        /// Why.
        #[serde(with = "unsubscribed")]
        reason: Unsubscribed,
    },
    /// See [`Node::disconnect`].
    Disconnect {
        /// Whom.
        #[serde(with = "TargetForm")]
        target: Target,
        /// Connections that stay.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        spared: BTreeSet<ClientId>,
        /// Why.
        #[serde(with = "disconnect")]
        reason: Disconnect,
    },
    /// See [`Node::refresh`].
    Refresh {
        /// Whose credentials.
        #[serde(with = "TargetForm")]
        target: Target,
        /// Until when they hold, seconds since the epoch; none for ever.
        expires_at: Option<u64>,
    },
}

impl ControlMessage {
    /// Does it on one node.
    pub fn carry_out(&self, node: &Node) {
        match self {
            Self::Subscribe { target, subscription } => node.subscribe(target, subscription),
            Self::Unsubscribe { target, channel, reason } => node.unsubscribe(target, channel, *reason),
            Self::Disconnect { target, spared, reason } => node.disconnect(target, spared, *reason),
            Self::Refresh { target, expires_at } => node.refresh(target, *expires_at),
        }
    }
}

/// A [`Target`] between nodes.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Target")]
struct TargetForm {
    school: SchoolId,
    user: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// A [`ServerSubscription`] between nodes.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ServerSubscription")]
struct SubscriptionForm {
    channel: Channel,
    #[serde(default, with = "payload", skip_serializing_if = "Option::is_none")]
    info: Option<Payload>,
    #[serde(default, with = "payload", skip_serializing_if = "Option::is_none")]
    data: Option<Payload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(with = "OverridesForm")]
    overrides: SubscriptionOverrides,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<StreamPosition>,
}

/// [`SubscriptionOverrides`] between nodes.
#[derive(Serialize, Deserialize)]
#[serde(remote = "SubscriptionOverrides")]
struct OverridesForm {
    presence: Option<bool>,
    join_leave: Option<bool>,
    force_join_leave: Option<bool>,
    force_recovery: Option<bool>,
    force_positioning: Option<bool>,
}

/// A payload's own JSON form is made for clients and does not tell bytes from the text that stands for them.
mod payload {
    use protocol::Payload;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Form {
        Json(Payload),
        Binary(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(
        payload: &Option<Payload>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let form = |payload: &Payload| match payload.is_json() {
            true => Form::Json(payload.clone()),
            false => Form::Binary(payload.bytes().to_vec()),
        };
        payload.as_ref().map(form).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Payload>, D::Error> {
        let form = Option::<Form>::deserialize(deserializer)?;
        Ok(form.map(|form| match form {
            Form::Json(payload) => payload,
            Form::Binary(bytes) => Payload::binary(bytes.into()),
        }))
    }
}

/// A disconnect travels as its code, which decides the text.
mod disconnect {
    use protocol::Disconnect;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(reason: &Disconnect, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(reason.code)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Disconnect, D::Error> {
        let code = u16::deserialize(deserializer)?;
        Disconnect::with_code(code.into()).ok_or_else(|| D::Error::custom("no disconnect has this code"))
    }
}

/// An unsubscribe travels as its code.
mod unsubscribed {
    use protocol::Unsubscribed;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    const KNOWN: [Unsubscribed; 4] = [
        Unsubscribed::SERVER,
        Unsubscribed::INSUFFICIENT_STATE,
        Unsubscribed::EXPIRED,
        Unsubscribed::STATE_INVALIDATED,
    ];

    pub(super) fn serialize<S: Serializer>(reason: &Unsubscribed, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(reason.code)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Unsubscribed, D::Error> {
        let code = u32::deserialize(deserializer)?;
        let known = KNOWN.into_iter().find(|known| known.code == code);
        known.ok_or_else(|| D::Error::custom("no unsubscribe has this code"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{
        config::RealtimeConfig,
        connection::{Connection, Order},
        identity::Identity,
    };
    use protocol::Encoding;
    use serde_json::json;
    use std::sync::Arc;

    fn target() -> Target {
        Target {
            school: SchoolId::generate(),
            user: UserId("ada".into()),
            client: Some(ClientId::generate()),
            session: Some("secret".into()),
        }
    }

    fn over_the_wire(message: &ControlMessage) -> ControlMessage {
        serde_json::from_slice(&serde_json::to_vec(message).unwrap()).unwrap()
    }

    #[test]
    fn every_message_arrives_as_it_was_sent() {
        let everybody = Target { client: None, session: None, ..target() };
        let overrides = SubscriptionOverrides {
            presence: Some(true),
            join_leave: Some(false),
            force_join_leave: None,
            force_recovery: Some(true),
            force_positioning: Some(false),
        };
        let subscription = ServerSubscription {
            channel: Channel::parse("news:a").unwrap(),
            info: Some(Payload::of(&json!({"name": "Ada"}))),
            data: Some(Payload::binary(vec![0, 255, b'"'].into())),
            expires_at: Some(1 << 60),
            overrides,
            since: Some(StreamPosition { offset: u64::MAX, epoch: "e".into() }),
        };
        let bare = ServerSubscription {
            info: None,
            data: Some(Payload::of(&json!(null))),
            expires_at: None,
            overrides: SubscriptionOverrides::default(),
            since: None,
            ..subscription.clone()
        };
        let channel = Channel::parse("news:a").unwrap();
        let messages = [
            ControlMessage::Subscribe { target: target(), subscription },
            ControlMessage::Subscribe { target: everybody.clone(), subscription: bare },
            ControlMessage::Unsubscribe {
                target: target(),
                channel: channel.clone(),
                reason: Unsubscribed::SERVER,
            },
            ControlMessage::Unsubscribe { target: target(), channel, reason: Unsubscribed::EXPIRED },
            ControlMessage::Disconnect {
                target: everybody.clone(),
                spared: BTreeSet::from([ClientId::generate(), ClientId::generate()]),
                reason: Disconnect::with_code(4001).unwrap(),
            },
            ControlMessage::Disconnect {
                target: target(),
                spared: BTreeSet::new(),
                reason: Disconnect::EXPIRED,
            },
            ControlMessage::Refresh { target: target(), expires_at: Some(17) },
            ControlMessage::Refresh { target: everybody, expires_at: None },
        ];
        for message in messages {
            assert_eq!(over_the_wire(&message), message);
        }
    }

    #[test]
    fn bytes_and_the_text_that_stands_for_them_stay_apart() {
        let subscription = |data| ServerSubscription {
            channel: Channel::parse("news:a").unwrap(),
            info: None,
            data: Some(data),
            expires_at: None,
            overrides: SubscriptionOverrides::default(),
            since: None,
        };
        for data in [Payload::of(&"/w=="), Payload::binary(vec![255].into()), Payload::binary("1".into())] {
            let message =
                ControlMessage::Subscribe { target: target(), subscription: subscription(data.clone()) };
            let ControlMessage::Subscribe { subscription, .. } = over_the_wire(&message) else {
                unreachable!("a subscribe stays one");
            };
            assert_eq!(subscription.data, Some(data));
        }
    }

    #[test]
    fn a_code_that_nobody_knows_is_refused() {
        let message = |code: u32| {
            let target = json!({"school": SchoolId::generate(), "user": "ada"});
            json!({"disconnect": {"target": target, "reason": code}})
        };
        assert!(serde_json::from_value::<ControlMessage>(message(3503)).is_ok());
        assert!(serde_json::from_value::<ControlMessage>(message(1000)).is_err());
    }

    #[tokio::test]
    async fn a_node_does_what_it_is_told() {
        let node = Node::embedded(RealtimeConfig::default());
        let school = SchoolId::generate();
        let connect = |user: &str| {
            let connection = Connection::new(Encoding::Json, 1 << 20, tokio::time::Instant::now());
            connection.identify(Identity { user: UserId(user.into()), ..Identity::anonymous(school) });
            let connection = Arc::new(connection);
            assert!(node.hub.connect(&connection, 9));
            connection
        };
        let [phone, laptop, other] = ["ada", "ada", "ben"].map(connect);
        let ada = Target { school, user: UserId("ada".into()), client: None, session: None };
        let channel = Channel::parse("news:a").unwrap();
        let subscription = ServerSubscription {
            channel: channel.clone(),
            info: None,
            data: None,
            expires_at: None,
            overrides: SubscriptionOverrides::default(),
            since: None,
        };
        let laptop_only = Target { client: Some(laptop.client), ..ada.clone() };
        for message in [
            ControlMessage::Subscribe { target: ada.clone(), subscription: subscription.clone() },
            ControlMessage::Unsubscribe {
                target: ada.clone(),
                channel: channel.clone(),
                reason: Unsubscribed::SERVER,
            },
            ControlMessage::Refresh { target: laptop_only, expires_at: Some(9) },
            ControlMessage::Disconnect {
                target: ada,
                spared: BTreeSet::from([laptop.client]),
                reason: Disconnect::FORCE_DISCONNECT,
            },
        ] {
            message.carry_out(&node);
        }
        let both = || {
            let subscribe = Order::Subscribe(Box::new(subscription.clone()));
            vec![subscribe, Order::Unsubscribe(channel.clone(), Unsubscribed::SERVER)]
        };
        assert_eq!(phone.take_orders(), both());
        assert_eq!(laptop.take_orders(), {
            let mut orders = both();
            orders.push(Order::Refresh(Some(9)));
            orders
        });
        let closing = [&phone, &laptop, &other].map(|connection| connection.outbox.closing());
        assert_eq!(closing, [Some(Disconnect::FORCE_DISCONNECT), None, None]);
        assert!(!other.has_orders());
    }
}
