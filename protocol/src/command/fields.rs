//! The fields of a command as they stand in a message, and what makes them a command.

use super::{Command, InvalidCommand, Request};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};
use std::fmt;

/// What was read of one message.
#[derive(Default)]
pub(crate) struct CommandFields {
    id: u32,
    request: Option<Request>,
    ambiguous: bool,
}

/// Names of the fields.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Id,
    Connect,
    Subscribe,
    Unsubscribe,
    Publish,
    Presence,
    PresenceStats,
    History,
    Rpc,
    Send,
    Refresh,
    SubRefresh,
    #[serde(other)]
    Unknown,
}

struct Fields;

impl CommandFields {
    /// A message without a request yet.
    pub(crate) fn new(id: u32) -> Self {
        Self { id, ..Self::default() }
    }

    /// Adds a request, if the message has it.
    pub(crate) fn add(&mut self, request: Option<Request>) {
        if let Some(request) = request {
            self.ambiguous |= self.request.replace(request).is_some();
        }
    }
}

impl<'de> Deserialize<'de> for CommandFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

impl<'de> Visitor<'de> for Fields {
    type Value = CommandFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CommandFields, A::Error> {
        fn read<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
            map: &mut A,
            request: impl FnOnce(T) -> Request,
        ) -> Result<Option<Request>, A::Error> {
            Ok(map.next_value::<Option<T>>()?.map(request))
        }
        let mut fields = CommandFields::default();
        let mut id = None;
        while let Some(field) = map.next_key()? {
            let request = match field {
                Field::Id => {
                    if id.replace(map.next_value()?).is_some() {
                        return Err(A::Error::duplicate_field("id"));
                    }
                    None
                }
                Field::Connect => read(&mut map, Request::Connect)?,
                Field::Subscribe => read(&mut map, Request::Subscribe)?,
                Field::Unsubscribe => read(&mut map, Request::Unsubscribe)?,
                Field::Publish => read(&mut map, Request::Publish)?,
                Field::Presence => read(&mut map, Request::Presence)?,
                Field::PresenceStats => read(&mut map, Request::PresenceStats)?,
                Field::History => read(&mut map, Request::History)?,
                Field::Rpc => read(&mut map, Request::Rpc)?,
                Field::Send => read(&mut map, |_: IgnoredAny| Request::Send)?,
                Field::Refresh => read(&mut map, Request::Refresh)?,
                Field::SubRefresh => read(&mut map, Request::SubRefresh)?,
                Field::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    None
                }
            };
            fields.add(request);
        }
        fields.id = id.unwrap_or(0);
        Ok(fields)
    }
}

impl TryFrom<CommandFields> for Command {
    type Error = InvalidCommand;

    fn try_from(fields: CommandFields) -> Result<Self, InvalidCommand> {
        match (fields.request, fields.id) {
            _ if fields.ambiguous => Err(InvalidCommand::Ambiguous),
            (Some(Request::Send), _) => Ok(Self { id: 0, request: Request::Send }),
            (Some(_), 0) => Err(InvalidCommand::NoId),
            (Some(request), id) => Ok(Self { id, request }),
            (None, 0) => Ok(Self { id: 0, request: Request::Pong }),
            (None, _) => Err(InvalidCommand::Empty),
        }
    }
}

#[derive(Serialize)]
struct Empty {}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = match self.request {
            Request::Pong => 0,
            Request::Send => 1,
            _ => 2,
        };
        let mut map = serializer.serialize_map(Some(fields))?;
        if fields == 2 {
            map.serialize_entry("id", &self.id)?;
        }
        match &self.request {
            Request::Connect(request) => map.serialize_entry("connect", request)?,
            Request::Subscribe(request) => map.serialize_entry("subscribe", request)?,
            Request::Unsubscribe(request) => map.serialize_entry("unsubscribe", request)?,
            Request::Publish(request) => map.serialize_entry("publish", request)?,
            Request::Presence(request) => map.serialize_entry("presence", request)?,
            Request::PresenceStats(request) => map.serialize_entry("presence_stats", request)?,
            Request::History(request) => map.serialize_entry("history", request)?,
            Request::Rpc(request) => map.serialize_entry("rpc", request)?,
            Request::Send => map.serialize_entry("send", &Empty {})?,
            Request::Refresh(request) => map.serialize_entry("refresh", request)?,
            Request::SubRefresh(request) => map.serialize_entry("sub_refresh", request)?,
            Request::Pong => {}
        }
        map.end()
    }
}
