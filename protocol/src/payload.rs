//! An application's payload, carried but not understood.

mod native;
mod sound;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use sound::Sound;
use std::{borrow::Cow, fmt};

/// A payload: the text of one JSON value, or bytes that are none. Cloning shares the bytes.
///
/// JSON is embedded in JSON frames as it is and is a native value in MessagePack frames, so that a subscriber never
/// sees which encoding the publisher spoke. Other bytes are a base64 text in JSON frames and `bin` in MessagePack
/// frames. Protobuf frames carry either kind unchanged.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    bytes: Bytes,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One JSON value that every encoding can carry; line breaks are only space between its tokens.
    Json,
    Binary,
}

impl Payload {
    /// The payload of a value that the server itself made.
    ///
    /// # Panics
    /// When the value has no JSON form, such as a map with keys that are no text: a programmer's error.
    #[must_use]
    pub fn of<T: Serialize>(value: &T) -> Self {
        #[expect(clippy::expect_used, reason = "wire types of this workspace always have a json form")]
        let text = serde_json::to_vec(value).expect("wire types have a json form");
        Self { bytes: text.into(), form: Form::Json }
    }

    /// Checks and copies the text of one JSON value.
    ///
    /// # Errors
    /// When the text is no JSON value, or one that another encoding cannot carry.
    pub fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<Sound>(text)?;
        Ok(Self { bytes: Bytes::copy_from_slice(text.trim_ascii()), form: Form::Json })
    }

    /// Takes bytes over without a copy: as JSON when they are the text of one JSON value (nested at most 127 deep), as
    /// they are otherwise.
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        let form = if serde_json::from_slice::<Sound>(&bytes).is_ok() { Form::Json } else { Form::Binary };
        Self { bytes, form }
    }

    /// Takes bytes over that are no JSON whatever they look like.
    #[must_use]
    pub fn binary(bytes: Bytes) -> Self {
        Self { bytes, form: Form::Binary }
    }

    /// A JSON string that holds `text`, as deltas over JSON are sent. None when `text` is no UTF-8, as a delta that was
    /// cut inside a character.
    #[must_use]
    pub fn quoted(text: &[u8]) -> Option<Self> {
        std::str::from_utf8(text).ok().map(|text| Self::of(&text))
    }

    /// Reads the payload as a value.
    ///
    /// # Errors
    /// When the payload has another shape or is no JSON.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match self.form {
            Form::Json => serde_json::from_slice(&self.bytes),
            Form::Binary => Err(serde::de::Error::custom("the payload is not json")),
        }
    }

    /// The bytes: JSON text when [`Self::is_json`], anything otherwise.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether the bytes are the text of one JSON value. It may have line breaks between its tokens.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// A raw value is JSON by its grammar only: numbers out of range and lone surrogates would fail in another
    /// encoding, long after they were taken. So every value is read once, into nothing.
    fn from_raw(raw: Box<RawValue>) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<Sound>(raw.get())?;
        let text: Box<str> = raw.into();
        Ok(Self { bytes: text.into_boxed_bytes().into(), form: Form::Json })
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Payloads are messages and answers: they never reach a log.
        write!(f, "Payload({} bytes)", self.bytes.len())
    }
}

/// The text without line breaks, which separate the messages of a JSON frame.
fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_break = |&byte: &u8| byte == b'\n' || byte == b'\r';
    if text.as_bytes().iter().any(is_break) {
        Cow::Owned(text.replace(['\n', '\r'], ""))
    } else {
        Cow::Borrowed(text)
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        match (self.form, serializer.is_human_readable()) {
            (Form::Json, true) => {
                let raw: &RawValue = serde_json::from_slice(&self.bytes).map_err(S::Error::custom)?;
                match on_one_line(raw.get()) {
                    Cow::Borrowed(_) => raw.serialize(serializer),
                    Cow::Owned(text) => {
                        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
                    }
                }
            }
            (Form::Json, false) => {
                let mut json = serde_json::Deserializer::from_slice(&self.bytes);
                serde_transcode::transcode(&mut json, serializer)
            }
            (Form::Binary, true) => serializer.collect_str(&Base64Display::new(&self.bytes, &STANDARD)),
            (Form::Binary, false) => serializer.serialize_bytes(&self.bytes),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if deserializer.is_human_readable() {
            Self::from_raw(Box::deserialize(deserializer)?).map_err(D::Error::custom)
        } else {
            deserializer.deserialize_any(native::Native)
        }
    }
}

/// Reads an optional payload so that an explicit null stays a payload.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
