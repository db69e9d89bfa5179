//! Payloads from MessagePack: native values become JSON text, `bin` stays bytes.

use super::Payload;
use bytes::Bytes;
use serde::{
    Deserializer,
    de::{
        Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use std::fmt;

pub(super) struct Native;

fn text<'de, D: Deserializer<'de>>(value: D) -> Result<Payload, D::Error> {
    let mut text = Vec::new();
    serde_transcode::transcode(value, &mut serde_json::Serializer::new(&mut text))
        .map_err(D::Error::custom)?;
    Ok(Payload { bytes: text.into(), form: super::Form::Json })
}

impl<'de> Visitor<'de> for Native {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a payload")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Payload, E> {
        Ok(Payload::binary(Bytes::copy_from_slice(bytes)))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Payload, E> {
        text(value.into_deserializer())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Payload, E> {
        text(value.into_deserializer())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Payload, E> {
        text(value.into_deserializer())
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<Payload, E> {
        text(value.into_deserializer())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Payload, E> {
        text(value.into_deserializer())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Payload, E> {
        text(value.into_deserializer())
    }

    fn visit_unit<E: Error>(self) -> Result<Payload, E> {
        text(().into_deserializer())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Payload, A::Error> {
        text(SeqAccessDeserializer::new(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Payload, A::Error> {
        text(MapAccessDeserializer::new(entries))
    }
}
