//! An application's payload, carried but not understood.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::fmt;

/// A payload, held as the text of one JSON value without line breaks. Cloning shares the bytes.
///
/// In JSON frames it is embedded as it is; in MessagePack frames it is a native value, translated when a frame is
/// decoded or encoded, so that a subscriber never sees which encoding the publisher spoke.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Bytes);

impl Payload {
    /// The payload of a value that the server itself made.
    ///
    /// # Panics
    /// When the value has no JSON form, such as a map with keys that are no text: a programmer's error.
    #[must_use]
    pub fn of<T: Serialize>(value: &T) -> Self {
        #[expect(clippy::expect_used, reason = "wire types of this workspace always have a json form")]
        Self(serde_json::to_vec(value).expect("wire types have a json form").into())
    }

    /// Checks the text of one JSON value and takes the line breaks out (they may only be space between tokens).
    ///
    /// # Errors
    /// When the text is no JSON value.
    pub fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        let raw: &RawValue = serde_json::from_slice(text)?;
        Self::from_raw(raw)
    }

    /// A raw value is JSON by its grammar only: numbers out of range and lone surrogates would fail in another
    /// encoding, long after they were taken. So every value is read once, into nothing.
    fn from_raw(raw: &RawValue) -> Result<Self, serde_json::Error> {
        let text = raw.get();
        let mut values = serde_json::Deserializer::from_str(text);
        serde_transcode::transcode(&mut values, &mut serde_json::Serializer::new(std::io::sink()))?;
        Ok(Self::without_breaks(text))
    }

    fn without_breaks(text: &str) -> Self {
        if text.bytes().any(|byte| byte == b'\n' || byte == b'\r') {
            return Self(text.bytes().filter(|&byte| byte != b'\n' && byte != b'\r').collect());
        }
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// Reads the payload as a value.
    ///
    /// # Errors
    /// When the payload has another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The JSON text.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Payloads are messages and answers: they never reach a log.
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        if serializer.is_human_readable() {
            let raw: &RawValue = serde_json::from_slice(&self.0).map_err(S::Error::custom)?;
            raw.serialize(serializer)
        } else {
            let mut json = serde_json::Deserializer::from_slice(&self.0);
            serde_transcode::transcode(&mut json, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if deserializer.is_human_readable() {
            let raw = Box::<RawValue>::deserialize(deserializer)?;
            Self::from_raw(&raw).map_err(D::Error::custom)
        } else {
            let mut text = Vec::new();
            serde_transcode::transcode(deserializer, &mut serde_json::Serializer::new(&mut text))
                .map_err(D::Error::custom)?;
            Ok(Self(text.into()))
        }
    }
}

/// Reads an optional payload so that an explicit null stays a payload.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(deserializer).map(Some)
}
