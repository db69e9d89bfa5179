//! What travels between the nodes for a room: commands there, answers back.

use super::{Room, RoomKey, rooms::Refused};
use crate::room::RoomError;
use protocol::ids::SchoolId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// Asked of the rooms of one kind on another node.
#[derive(Serialize, Deserialize)]
pub(super) struct Errand<C> {
    school: SchoolId,
    id: Uuid,
    /// None only wakes the room.
    pub(super) command: Option<C>,
}

/// What comes back.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer<T> {
    Reply(T),
    Awake,
    NotFound,
    Busy,
    Unavailable,
    /// Ask this node instead.
    Elsewhere(String),
    /// Nobody owns the room at this moment.
    Moving,
}

impl<C: Serialize + DeserializeOwned> Errand<C> {
    pub(super) fn write(room: &RoomKey, command: Option<&C>) -> Vec<u8>
    where
        C: Clone,
    {
        encode(&Errand { school: room.school, id: room.id, command })
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(super) fn room<R: Room>(&self) -> RoomKey {
        RoomKey { school: self.school, kind: R::KIND.to_owned(), id: self.id }
    }
}

impl<T: Serialize + DeserializeOwned> Answer<T> {
    pub(super) fn write(&self) -> Vec<u8> {
        encode(self)
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The reply, if there is one.
    pub(super) fn into_reply(self) -> Result<T, Refused> {
        match self {
            Self::Reply(reply) => Ok(reply),
            Self::NotFound => Err(Refused::Error(RoomError::NotFound)),
            Self::Busy => Err(Refused::Error(RoomError::Busy)),
            Self::Unavailable | Self::Awake => Err(Refused::Error(RoomError::Unavailable)),
            Self::Elsewhere(node) => Err(Refused::Elsewhere(node)),
            Self::Moving => Err(Refused::Moving),
        }
    }
}

impl<T> From<Result<T, Refused>> for Answer<T> {
    fn from(result: Result<T, Refused>) -> Self {
        match result {
            Ok(reply) => Self::Reply(reply),
            Err(Refused::Error(RoomError::NotFound)) => Self::NotFound,
            Err(Refused::Error(RoomError::Busy)) => Self::Busy,
            Err(Refused::Error(RoomError::Unavailable)) => Self::Unavailable,
            Err(Refused::Elsewhere(node)) => Self::Elsewhere(node),
            Err(Refused::Moving) => Self::Moving,
        }
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "commands and replies are plain data with a json form")]
    serde_json::to_vec(value).expect("commands and replies have a json form")
}
